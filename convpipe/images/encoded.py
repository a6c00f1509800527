"""The content of image files, and how it gets to the disk: complete, or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable

from convpipe.dataclass import dataclass
from convpipe.errors import ConvpipeError, Retelling, WriteError
from convpipe.images.atomic import Drafts, File
from convpipe.images.digest import digest_of
from convpipe.images.folder import Folder
from convpipe.images.source import Pieces, one_line
from convpipe.images.spool import Part, Spool

EXISTS = "the output exists; overwrite replaces it"
"""Reason of a result that would need ``overwrite``."""


@dataclass(frozen=True)
class Encoded:
    """The content of an image file.

    Parameters
    ----------
    pieces : list of bytes, Spool, or Part of one
        To be written one after the other.
    notes : tuple of str
        What of the metadata was dropped, and why.
    """

    pieces: Pieces | Spool | Part
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Number of bytes."""
        return self.pieces.size if isinstance(self.pieces, Spool | Part) else sum(map(len, self.pieces))

    @property
    def digest(self) -> str:
        """Content hash, as :func:`~convpipe.images.digest_file` returns it for the written file."""
        return digest_of(self.pieces)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the file. At every moment, even of a kill, ``path`` is absent, old or complete.

        Parameters
        ----------
        path : path-like
            Its folder must exist. A symbolic link there is replaced or refused, never followed.
        overwrite : bool, optional
            Replace an existing file. Without it, one that appears even while this runs is kept.

        Raises
        ------
        WriteError
            The file exists, the disk is full, ...; ``errno`` is the system's.
        """
        with write_errors(), Folder(os.path.dirname(path) or os.curdir) as folder:
            Drafts().write(File(folder, os.path.basename(path), self.pieces, overwrite))


def save_all(files: Iterable[File], drafts: Drafts) -> None:
    """Write files that belong together: the content of all is on the disk before the first gets its name.

    Parameters
    ----------
    files : iterable of File
    drafts : Drafts
        Holds the temporary files while they are written.

    Raises
    ------
    WriteError
        As :meth:`Encoded.save` raises it.
    """
    with write_errors():
        drafts.write(*files)


def already_exists() -> WriteError:
    """Return the error for an output that is there and may not be replaced."""
    failure = WriteError(EXISTS)
    failure.errno = errno.EEXIST
    return failure


class write_errors(Retelling):  # noqa: N801 - called as a function
    """Say what the system refused as an error of an image."""

    __slots__ = ()

    def retold(self, error: Exception) -> WriteError | None:
        """Return what stands for an error of the system."""
        if isinstance(error, ConvpipeError) or not isinstance(error, OSError):  # the former says it already
            return None
        if isinstance(error, FileExistsError):
            return already_exists()
        failure = WriteError(f"cannot write: {one_line(error)}")
        failure.errno = error.errno
        return failure
