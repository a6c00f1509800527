"""An image file in a store, of which what is asked for is fetched."""

from __future__ import annotations

import errno
import os
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO, cast

from convpipe.images.folder import OpenFile
from convpipe.stores.ranged import RangedFile, Ranges

if TYPE_CHECKING:
    from convpipe.stores.store import Store


def opened_remote(store: Store, relative: PurePath) -> RemoteFile:
    """Open an object of a store.

    Raises
    ------
    OSError
        It is not there, or cannot be asked for.
    """
    path = relative.as_posix()
    found = store.look(path)
    if found is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return RemoteFile(Path(relative), Ranges(store, found))


class RemoteFile(OpenFile):
    """An object that is read by ranges where its format can be, and else fetched whole.

    Parameters
    ----------
    path : Path
        By which it is known.
    ranges : Ranges
        Closed together with this.
    """

    def __init__(self, path: Path, ranges: Ranges) -> None:
        self.path, self._ranges = path, ranges
        self.version, self.opening = ranges.found.version, ranges.found.stamp

    @property
    def descriptor(self) -> int:  # type: ignore[override]
        """Of a file that holds all of it, which is fetched when this is asked for."""
        return self._ranges.whole().fileno()

    def __exit__(self, *_: object) -> None:
        self._ranges.close()

    def held(self) -> bytes | None:
        """Return None: it is not read for the sake of its content."""
        return None

    def open(self) -> BinaryIO:
        """Return it from its beginning; nothing is fetched."""
        return cast(BinaryIO, RangedFile(self._ranges))

    def stamp(self) -> tuple[int, ...]:
        """Return that of the version that is read."""
        return self._ranges.found.stamp
