"""Content hashes: SHA-256, which ``sha256sum`` computes too and processors have instructions for."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable

ALGORITHM = "sha256"


def digest_of(pieces: Iterable[bytes | bytearray | memoryview]) -> str:
    """Return the hash of the pieces, joined, in hexadecimal.

    >>> digest_of([b"a", b"bc"])[:16]
    'ba7816bf8f01cfea'
    """
    hash = hashlib.new(ALGORITHM)
    for piece in pieces:
        hash.update(piece)
    return hash.hexdigest()


def digest_file(path: str | os.PathLike[str], *, follow_symlinks: bool = True) -> str:
    """Return the hash of a regular file's content; a FIFO or device is refused without waiting.

    Raises
    ------
    OSError
        The file cannot be read, or is not a regular one.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    flags |= getattr(os, "O_BINARY", 0) | (0 if follow_symlinks else getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("not a regular file (a pipe, socket or device)")
        return hashlib.file_digest(file, ALGORITHM).hexdigest()
