"""An image of a folder that is a folder itself: an array, or an OME image, of Zarr."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from convpipe import images
from convpipe.batch.given import Stamp
from convpipe.batch.reader import DirectReader, Opened, Reader
from convpipe.dataclass import dataclass
from convpipe.errors import ReadError
from convpipe.images import Image, ImageInfo
from convpipe.images.rows import RowReader
from convpipe.images.source import read_errors
from convpipe.limits import Limits
from convpipe.streaming import Zarr, sources
from convpipe.streaming.drafts import LOCK
from convpipe.streaming.sources.zarr import MARKS, is_zarr


@dataclass(frozen=True)
class StoreImage:
    """The files of a store, as :class:`convpipe.batch.given.Given`.

    Parameters
    ----------
    path : Path
    """

    path: Path

    def seen(self) -> list[Stamp]:
        """As :meth:`stamps`."""
        return self.stamps()

    def stamps(self) -> list[Stamp]:
        """Return one of all its files: their bytes together, and what tells whether any was changed.

        Raises
        ------
        ReadError
            It is no store; or it holds a link, or what is no file: what that leads to is not of the input.
        """
        _check(self.path)
        size, marks = 0, list[int]()
        with read_errors("cannot look into the store"):
            for file in _files(self.path):
                looked = (self.path / file).lstat()
                if not stat.S_ISREG(looked.st_mode):
                    raise ReadError(
                        f"the store holds a link, or no file, {str(file)!r}; such are not followed"
                    )
                size += looked.st_size
                marks += [looked.st_size, looked.st_mtime_ns, looked.st_ctime_ns]
        return [(size, *marks)]

    def digest(self) -> str:
        """Return the hash of the names and hashes of its files."""
        with read_errors("cannot read the store"):
            return digest_of_folder(self.path)

    @contextmanager
    def open(self, reader: Reader) -> Iterator[Opened]:
        """Read what it says of its array.

        Raises
        ------
        ReadError
            It is no store, or one of several planes; or decoders are processes of their own.
        """
        if not isinstance(reader, DirectReader):
            raise ReadError("a decoder of its own (--isolate) reads files, no stores of Zarr; leave it out")
        with opened_store(self.path, reader.limits) as image:
            yield image


def size_of_folder(path: Path) -> int:
    """Return the bytes of all files of a store."""
    return sum((path / file).lstat().st_size for file in _files(path))


def digest_of_folder(path: Path) -> str:
    """Return the hash of the names and hashes of all files of a store."""
    whole = hashlib.sha256()
    for file in _files(path):
        line = f"{file.as_posix()}\0{images.digest_file(path / file)}\n"
        whole.update(line.encode("utf-8", "surrogateescape"))  # a name may be of any bytes
    return whole.hexdigest()


def _files(path: Path) -> list[Path]:
    """Return all that a store holds but folders, and what a run that makes it has there."""
    walk = os.walk(path, onerror=_refuse)
    found = [Path(at, name) for at, inner, names in walk for name in (*inner, *names)]
    kept = (each.relative_to(path) for each in found if not _is_folder(each))
    return sorted(each for each in kept if each.as_posix() != LOCK)


def _refuse(error: OSError) -> None:
    """Have a walk end at a folder that cannot be listed, which it would leave out."""
    raise error


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _check(path: Path) -> None:
    if not is_zarr(path):
        raise ReadError(f"a folder called as a store of Zarr, and none: it has no {' or '.join(MARKS)}")


@contextmanager
def opened_store(path: Path, limits: Limits) -> Iterator[OpenStore]:
    """Open a store, as an image file is opened.

    Raises
    ------
    ReadError
    """
    _check(path)
    with sources.opened(Zarr(path), limits) as source:
        yield OpenStore(source.info, source.reader)


class OpenStore:
    """The one page of a store, as :class:`convpipe.batch.reader.Opened`.

    Parameters
    ----------
    info : ImageInfo
    reader : RowReader
    """

    def __init__(self, info: ImageInfo, reader: RowReader) -> None:
        self.infos, self._reader = (info,), reader

    def read_page(self) -> Image:
        """Decode all of it."""
        reader = self._reader
        pixels = reader.read(0, reader.rows)
        return Image(pixels, self.infos[0].alpha, reader.metadata, "zarr", tuple(reader.notes))

    def rows(self) -> RowReader:
        """Return what reads its rows."""
        return self._reader
