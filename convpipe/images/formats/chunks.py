"""Chunks of a PNG (W3C PNG, third edition, 5.3): length, name, data, CRC."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from convpipe.errors import LimitError, ReadError
from convpipe.images.source import Source

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS = 1_000_000


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk as it stands in a file."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def chunks_of(source: Source) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, position, length of the data) of each chunk through IEND.

    Raises
    ------
    ReadError
        The file breaks off, or there is something else than a chunk.
    LimitError
        They are too many.
    """
    position = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        if len(head := source.at(position, 8)) < 8:
            raise ReadError("the file is truncated in a PNG chunk header")
        length, name = struct.unpack(">I4s", head)
        if not name.isalpha() or length > 2**31 - 1:
            raise ReadError(f"byte {position} should begin a PNG chunk, and does not")
        if position + 12 + length > source.size:
            raise ReadError(f"the file is truncated in a PNG {name.decode('ascii')} chunk")
        yield name, position, length
        if name == b"IEND":
            return
        position += 12 + length
    raise LimitError(f"more than {MAX_CHUNKS} PNG chunks")
