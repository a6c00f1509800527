"""Images that are read from a store, and results that are written to one."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from threading import Event, Lock
from typing import Any, BinaryIO, cast

from convpipe.batch.destination import NewFile
from convpipe.batch.journal import Ledger
from convpipe.batch.remote_journal import StoreJournal
from convpipe.errors import ReadError
from convpipe.images import Limits, OpenFile, already_exists
from convpipe.images.encoded import write_errors
from convpipe.images.remote import opened_remote
from convpipe.images.spool import MOST_IN_MEMORY, Spool
from convpipe.paths import Location
from convpipe.shards import Shard
from convpipe.stores import Url
from convpipe.stores.store import Stamp, Store

MOST_FETCHED = 64 << 20
"""Bytes of an object that is fetched before it is decoded; of a larger one ranges are."""


class _Large(Exception):  # noqa: N818
    """An object is not to be fetched whole."""


class Fetched(OpenFile):
    """An object whose content is in a file without a name: it is of one version, whatever becomes of it.

    Parameters
    ----------
    path : Path
        By which it is known, relative to the input.
    descriptor : int
    stamp : tuple of int
        Of that version.
    """

    def __init__(self, path: Path, descriptor: int, stamp: Stamp) -> None:
        super().__init__(path, descriptor)
        self.opening = stamp

    def stamp(self) -> Stamp:
        """Return what tells this version from others."""
        return self.opening


class StoreInputs:
    """The objects below a URL.

    Parameters
    ----------
    url : Url
    limits : Limits
        What is larger than a file may be is not fetched.
    """

    def __init__(self, url: Url, limits: Limits) -> None:
        self._store, self._limits = Store(url), limits

    def open(self, relative: Path) -> OpenFile:
        """Fetch an object; a large one as far as it is asked for."""
        try:
            found, file = self._store.fetch(relative.as_posix(), self._room)
        except _Large:
            return opened_remote(self._store, relative)
        with file:
            file.flush()
            descriptor = os.dup(file.fileno())
        return Fetched(relative, descriptor, found.stamp)

    def _room(self, size: int) -> BinaryIO:
        """Return a nameless file for so many bytes, in memory if they are few."""
        self._limits.check_file(size)
        if size > MOST_FETCHED:
            raise _Large
        if hasattr(os, "memfd_create"):
            return os.fdopen(os.memfd_create("convpipe"), "w+b", buffering=0)
        return cast(BinaryIO, tempfile.TemporaryFile(buffering=0))

    def folder(self, relative: Path) -> Path | None:
        """Return None: what is below a key is no folder."""
        return None

    def names(self, folder: Path) -> list[str]:
        """Return the names right below a prefix."""
        store = Store(self._store.url / folder)
        return [found.path for found in store.listed(deep=False)]

    def close(self) -> None:
        """Do nothing: connections are shared."""


@contextmanager
def opened_at(root: Location, relative: Path, limits: Limits) -> Iterator[str | os.PathLike[str]]:
    """Have a file by which its header can be read: a path, or an object that was fetched.

    Raises
    ------
    ReadError
        It cannot be fetched.
    """
    if not isinstance(root, Url):
        yield root / relative
        return
    try:
        file = StoreInputs(root, limits).open(relative)
    except OSError as error:
        raise ReadError(f"cannot open: {error.strerror or error}") from error
    with file:
        yield file


class StoreDestination:
    """What lies below a URL: an object appears with all its content, by one request.

    Parameters
    ----------
    url : Url
    listed : bool
        Whether names that are taken are listed, once, and not looked for one by one. What appears meanwhile
        is not replaced either: the request says so.

    Raises
    ------
    JobError
        Nothing can be written there.
    """

    spool = None

    def __init__(self, url: Url, *, listed: bool) -> None:
        self._url, self._store, self._listed = url, Store(url.to_write("the output")), listed
        self._guard, self._ended = Lock(), Event()

    def __enter__(self) -> StoreDestination:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def shown(self, target: Path) -> str:
        """Return the URL of an object."""
        return str(self._url / target)

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(found.path for found in self._store.listed())

    def taken(self, target: Path) -> bool:
        """Tell whether there is an object of this name; in a listing, when it was first asked."""
        name = target.as_posix()
        with write_errors():
            if not self._listed:
                return self._store.look(name) is not None
            with self._guard:
                names = self._names
            return name in names

    def holds(self, target: Path, size: int, digest: str | None) -> bool:
        """Tell whether there is an object of this size and content, which is read."""
        with suppress(FileNotFoundError):
            return self._store.holds(target.as_posix(), size, digest)
        return False

    def head(self, target: Path, count: int) -> bytes:
        """Return the first bytes of an object."""
        with suppress(OSError):
            return self._store.read_range(target.as_posix(), 0, count)
        return b""

    def save(self, files: Sequence[NewFile]) -> None:
        """Write objects; none where one of several is there that may not be replaced."""
        with write_errors():
            if len(files) > 1 and any(
                not overwrite and self._store.look(path.as_posix()) is not None
                for path, _, overwrite, _ in files
            ):
                raise already_exists()
            for path, pieces, overwrite, _ in files:
                if self._ended.is_set():
                    raise InterruptedError(errno.EINTR, "the run has ended")
                content, size = _sized(pieces)
                self._store.write(path.as_posix(), content, size, new=not overwrite)

    def journal(self, shard: Shard | None) -> Ledger:
        """Open a journal of objects."""
        return StoreJournal(self._url, shard)

    def clear_stale(self, folders: Iterable[Path]) -> None:
        """Do nothing: what is not complete is not there."""

    def in_place(self) -> bool:
        """Tell that it is."""
        return True

    def end(self) -> None:
        """Begin no object from now on."""
        self._ended.set()

    def anew(self) -> StoreDestination:
        """Return one of the same URL."""
        return StoreDestination(self._url, listed=False)


def _sized(pieces: Iterable[Any]) -> tuple[Iterable[Any], int]:
    """Return content that can be iterated over again, and its size."""
    size = getattr(pieces, "size", None)
    if size is not None:
        return pieces, size
    if isinstance(pieces, list):
        return pieces, sum(len(memoryview(piece)) for piece in pieces)
    spool = Spool(MOST_IN_MEMORY + 1)
    spool.file.writelines(pieces)
    return spool, spool.size
