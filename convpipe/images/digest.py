"""Content hashes: SHA-256, which ``sha256sum`` computes too and processors have instructions for."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable
from typing import cast

from convpipe.images.folder import OpenFile, open_file

ALGORITHM = hashlib.sha256


def digest_of(pieces: Iterable[bytes | bytearray | memoryview]) -> str:
    """Return the hash of the pieces, joined, in hexadecimal.

    >>> digest_of([b"a", b"bc"])[:16]
    'ba7816bf8f01cfea'
    """
    hash = ALGORITHM()
    for piece in pieces:
        hash.update(piece)
    return hash.hexdigest()


def digest_file(path: str | os.PathLike[str]) -> str:
    """Return the hash of a regular file's content; a FIFO or device is refused without waiting.

    Raises
    ------
    OSError
        The file cannot be read, or is not a regular one.
    """
    if isinstance(path, OpenFile):
        if path.version is not None:
            return path.version
        if (content := path.held()) is not None:
            return digest_of([content])
        with path.open() as file:
            return hashlib.file_digest(cast(io.BufferedReader, file), ALGORITHM).hexdigest()
    with open_file(path) as opened:
        return digest_file(opened)
