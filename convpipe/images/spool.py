"""Content that may be too large for memory: there if it is short, else in a file that has no name."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

from convpipe.dataclass import dataclass
from convpipe.images.folder import Folder

MOST_IN_MEMORY = 64 << 20
PIECE = 1 << 20


class Spool:
    """A file to write, whose content can then be iterated over in pieces, any number of times.

    Parameters
    ----------
    nbytes : int
        That it will hold, roughly.
    folder : Folder, optional
        Where the nameless file is made if they are many; default: the system's for temporary files.
    """

    def __init__(self, nbytes: int, folder: Folder | None = None) -> None:
        if nbytes <= MOST_IN_MEMORY:
            self.file: BinaryIO = io.BytesIO()
        elif folder is None:
            self.file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115
        else:
            self.file = folder.nameless()

    def __del__(self) -> None:
        if hasattr(self, "file"):
            self.file.close()

    def __iter__(self) -> Iterator[bytes]:
        self.file.seek(0)
        while piece := self.file.read(PIECE):
            yield piece

    @property
    def size(self) -> int:
        """Number of bytes."""
        return self.file.seek(0, os.SEEK_END)

    def put(self, pieces: Iterable[bytes | bytearray | memoryview]) -> Part:
        """Write the content of one file of several behind what is there, and return where it is.

        Examples
        --------
        >>> spool = Spool(10)
        >>> parts = [spool.put([b"one"]), spool.put([b"t", b"wo"])]
        >>> [b"".join(part) for part in parts]
        [b'one', b'two']
        """
        begin = self.size
        self.file.writelines(pieces)
        self.file.flush()
        return Part(self, begin, self.size - begin)


@dataclass(frozen=True)
class Part:
    """The content of one of the files that a spool holds, to be iterated over in pieces."""

    spool: Spool
    begin: int
    size: int

    def __iter__(self) -> Iterator[bytes]:
        for at in range(self.begin, self.begin + self.size, PIECE):
            self.spool.file.seek(at)
            yield self.spool.file.read(min(PIECE, self.begin + self.size - at))
