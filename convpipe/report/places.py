"""Where the files of a report are kept: in a folder, or below the URL of a store."""

from __future__ import annotations

import os
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Protocol, TextIO

from convpipe.errors import JobError
from convpipe.images import Drafts, File, Folder
from convpipe.images.spool import MOST_IN_MEMORY, Spool
from convpipe.paths import Location, tried
from convpipe.stores import Url


class ReportPlace(Protocol):
    """Takes files, each complete or not at all; methods raise OSError."""

    def exists(self, name: str) -> bool:
        """Tell whether there is something of this name."""

    def opened(self, name: str) -> TextIO:
        """Open a file to be read."""

    def write(self, name: str, pieces: Iterable[bytes], replace: bool) -> None:
        """Write a file; `replace` one that is there."""

    def close(self) -> None:
        """Let go of it."""


class OnDisk:
    """A folder, which is made if need be."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self._folder, self._drafts = Folder(path), Drafts()
        self.exists, self.close = self._folder.exists, self._folder.close

    def opened(self, name: str) -> TextIO:
        """Open a file that is no link."""
        descriptor = self._folder.open(name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        return os.fdopen(descriptor, encoding="utf-8")

    def write(self, name: str, pieces: Iterable[bytes], replace: bool) -> None:
        """Write a file, never through a link."""
        self._drafts.write(File(self._folder, name, pieces, replace))


class InStore:
    """What lies below a URL."""

    def __init__(self, url: Url) -> None:
        from convpipe.stores.store import Store

        self._store = Store(url.to_write("the report folder"))

    def exists(self, name: str) -> bool:
        """Tell whether there is an object of this name."""
        return self._store.look(name) is not None

    def opened(self, name: str) -> TextIO:
        """Fetch an object."""
        return StringIO(self._store.read(name).decode("utf-8"))

    def write(self, name: str, pieces: Iterable[bytes], replace: bool) -> None:
        """Write an object; what is long is put together on the disk before."""
        spool = Spool(MOST_IN_MEMORY + 1)
        spool.file.writelines(pieces)
        self._store.write(name, spool, spool.size, new=not replace)

    def close(self) -> None:
        """Do nothing: connections are shared."""


def opened_place(where: Location) -> ReportPlace:
    """Open where a report goes.

    Raises
    ------
    JobError
        Nothing can be written there.
    """
    try:
        return InStore(where) if isinstance(where, Url) else OnDisk(where)
    except OSError as error:
        why = f"{error.strerror}{tried(where)}"
        raise JobError(f"the report folder {str(where)!r} cannot be made: {why}") from None
