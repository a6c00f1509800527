"""The mask of each image of a run: a file of its name in a folder of masks, or one file for all of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.batch.inputs import FolderInputs, Inputs, NamedInput
from convpipe.batch.listing import is_file
from convpipe.batch.reader import Opened, Reader
from convpipe.batch.remote import StoreInputs
from convpipe.engine import with_mask
from convpipe.errors import JobError, ReadError
from convpipe.geometry import Extent
from convpipe.images import DEFAULT_LIMITS, Folder, ImageInfo, Limits, OpenFile, OutsideError, format_of
from convpipe.images.rows import RowReader
from convpipe.paths import Location, tried
from convpipe.stores import Url


class Masks:
    """Masks by the names of images.

    Parameters
    ----------
    path : Path or Url
        A folder that has a file for every image, of the same name relative to its own folder, whatever its
        extension; or a file that is the mask of every image.

    Raises
    ------
    JobError
        If it is neither.
    """

    def __init__(self, path: Location, limits: Limits = DEFAULT_LIMITS) -> None:
        self._path, self._single = path, is_file(path)
        try:
            self._inputs = self._opened_at(path, limits)
        except OSError as error:
            why = f"{error.strerror}{tried(path)}"
            raise JobError(f"the folder of masks {str(path)!r} cannot be opened: {why}") from None
        self._names = lru_cache(maxsize=16)(self._listed)

    def _opened_at(self, path: Location, limits: Limits) -> Inputs:
        if isinstance(path, Url):
            return StoreInputs(path.parent if self._single else path, limits)
        return NamedInput(path.parent) if self._single else FolderInputs(Folder(path))

    def close(self) -> None:
        """Let go of the folder."""
        self._inputs.close()

    @contextmanager
    def open(self, image: Path) -> Iterator[OpenFile]:
        """Open the mask of an image, which is named relative to its folder.

        Raises
        ------
        ReadError
            If there is none, or more than one, or it cannot be opened.
        """
        with self._opened(image) as file:
            yield file

    def _opened(self, image: Path) -> OpenFile:
        if self._single:
            return self._inputs.open(Path(self._path.name))
        try:
            return self._inputs.open(self._found(image))
        except OutsideError:
            raise ReadError("its mask leads out of the folder of masks") from None
        except ReadError:
            raise
        except OSError as error:
            raise ReadError(f"its mask cannot be opened: {error.strerror or error}") from error

    def _found(self, image: Path) -> Path:
        """Return where in the folder the mask of an image is."""
        of_it = self._names(image.parent).get(image.stem, [])
        if not of_it:
            raise ReadError(f"there is no mask of it: {self._path / image.parent / image.stem}.*")
        if image.name not in of_it and len(of_it) > 1:
            raise ReadError(f"there are several masks of it: {', '.join(of_it)}")
        return image.parent / (image.name if image.name in of_it else of_it[0])

    def _listed(self, below: Path) -> dict[str, list[str]]:
        """Return the images of a folder of masks, by their names without extension."""
        names = sorted(name for name in self._inputs.names(below) if format_of(name) is not None)
        listed: dict[str, list[str]] = {}
        for name in names:
            listed.setdefault(Path(name).stem, []).append(name)
        return listed


def check_extents(mask: Extent, pages: Sequence[Extent]) -> None:
    """Refuse a mask that has another extent than the image, or a page of it.

    Raises
    ------
    ReadError
    """
    for page in pages:
        if page != mask:
            (rows, cols), (own_rows, own_cols) = page, mask
            raise ReadError(f"its mask is {own_rows}x{own_cols}, and it is {rows}x{cols}")


def mask_bytes_of(mask: Opened | None, infos: Sequence[ImageInfo]) -> int:
    """Return the bytes of a mask, decoded; refuse one of another extent than a page."""
    if mask is None:
        return 0
    (info,) = mask.infos
    check_extents(info.extent, [page.extent for page in infos])
    return math.prod(info.extent) * info.channels * np.dtype(info.dtype).itemsize


@contextmanager
def opened_mask(reader: Reader, file: OpenFile) -> Iterator[Opened]:
    """Read the header of a mask, and have it open; errors of that say that they are of it.

    Raises
    ------
    ReadError
    """
    with ExitStack() as stack:
        with _said_of_it():
            mask = stack.enter_context(reader.open(file, first=True))
        yield mask


def read_mask(mask: Opened) -> NDArray[np.bool_]:
    """Return where a mask is not 0 in any of its colours; alpha of its own says nothing.

    Raises
    ------
    ReadError
    """
    with _said_of_it():
        read = mask.read_page()
    return _shown(read.pixels, read.alpha)


def _shown(pixels: NDArray[Any], alpha: bool) -> NDArray[np.bool_]:
    colours: NDArray[Any] = pixels[..., :-1] if alpha else pixels
    shown = colours != 0  # a copy: what a decoder of its own gives lies in memory that the image will take
    return shown if shown.ndim == 2 else np.asarray(shown.any(axis=2))


class MaskRows:
    """Where a mask is not 0, by rows.

    Parameters
    ----------
    mask : Opened
        Of which nothing was read.

    Raises
    ------
    ReadError
        Its rows cannot be read one by one.
    """

    def __init__(self, mask: Opened) -> None:
        self._alpha = mask.infos[0].alpha
        with _said_of_it():
            self._reader = mask.rows()
        self.height = self._reader.height

    def read(self, first: int, last: int) -> NDArray[np.bool_]:
        """Return rows; as :meth:`convpipe.images.rows.RowReader.read`."""
        with _said_of_it():
            return _shown(self._reader.read(first, last), self._alpha)

    def expect(self, first: int, last: int) -> None:
        """Take note that rows will be read soon."""
        self._reader.expect(first, last)

    def forget(self, first: int) -> None:
        """Let go of those before one."""
        self._reader.forget(first)


class MaskedRows:
    """Rows of an image with those of its mask; as :class:`convpipe.images.rows.RowReader`.

    Parameters
    ----------
    reader : RowReader
    mask : MaskRows
    alpha : bool
        Whether the last channel of the image is alpha.
    """

    def __init__(self, reader: RowReader, mask: MaskRows, *, alpha: bool) -> None:
        self.rows = reader.rows
        self._reader, self._mask, self._alpha = reader, mask, alpha

    def read(self, first: int, last: int) -> NDArray[Any]:
        """Return rows."""
        return with_mask(self._reader.read(first, last), self._mask.read(first, last), self._alpha)

    def expect(self, first: int, last: int) -> None:
        """Take note that rows of both will be read soon."""
        self._reader.expect(first, last)
        self._mask.expect(first, last)

    def forget(self, first: int) -> None:
        """Let go of those before one, of both."""
        self._reader.forget(first)
        self._mask.forget(first)


@contextmanager
def _said_of_it() -> Iterator[None]:
    """Have errors of reading say that they are of the mask."""
    try:
        yield
    except ReadError as error:
        raise ReadError(f"its mask: {error}") from None
