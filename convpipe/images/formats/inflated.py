"""PNGs as libpng is shown them: the pixels inflated by ISA-L, in blocks that are stored (RFC 1951, 3.2.4).

Of the time that libpng takes for a photograph, zlib's `inflate` has two thirds. Whatever is not as it should
be is left to libpng as it is, so that it alone says what is damaged, and how.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence

from convpipe import memory
from convpipe.images.formats.chunks import SIGNATURE

ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""First row, first column, step of rows, step of columns of each pass of an interlaced PNG."""

LEAST, MOST_SHRUNK = 1 << 14, 8
"""Inflated bytes from which, and up to how many for one of the file, the way over ISA-L is the shorter one:
long repeats, as in masks, zlib copies as fast as anybody."""

STEP = 1 << 17
"""Bytes that are inflated at a time, so that what comes out is still in the cache when it is stored."""

BLOCK = (1 << 16) - 1
"""Most bytes of a stored block."""

ZLIB = b"\x08\x1d"
"""Head of a zlib stream that looks back 256 bytes: stored blocks do not at all, and zlib keeps no more."""

LAST = b"\x01\0\0\xff\xff"
"""An empty stored block, which ends a stream."""

CHUNK = 12
"""Bytes of a chunk beside its data: length, name, CRC."""


def raw_size(rows: int, cols: int, bits: int, interlaced: bool) -> int:
    """Return the inflated bytes of a picture of so many bits a pixel.

    Each row of each pass begins with the number of its filter.

    Examples
    --------
    >>> raw_size(2, 9, 1, False), raw_size(2, 9, 1, True)
    (6, 11)
    """
    size = 0
    for row, col, row_step, col_step in ADAM7 if interlaced else ((0, 0, 1, 1),):
        height, width = math.ceil((rows - row) / row_step), math.ceil((cols - col) / col_step)
        if height > 0 and width > 0:
            size += height * (1 + math.ceil(width * bits / 8))
    return size


def with_stored_pixels(png: bytes | memoryview, size: int) -> bytes | memoryview:
    """Return a PNG with its pixel data inflated and stored; the same one where that fails, or does not pay.

    Parameters
    ----------
    png : bytes-like
        The signature, and whole chunks.
    size : int
        Inflated bytes of the pixels, see :func:`raw_size`.
    """
    if not LEAST <= size <= MOST_SHRUNK * len(png):
        return png
    content = memoryview(png)
    spans = _pixel_chunks(content)
    if not spans:
        return png
    (first, _), (_, last) = spans[0], spans[-1]
    data = [content[begin + 8 : end - 4] for begin, end in spans]
    steps = [each[at : at + STEP] for each in data for at in range(0, len(each), STEP)]
    adler = b"".join(each[-4:] for each in data if each)[-4:]
    return _restored(content[:first], steps, adler, content[last:], size) or png


def _pixel_chunks(png: memoryview) -> list[tuple[int, int]]:
    """Return where each chunk of pixel data begins and ends; none if one is damaged or another between."""
    from isal import isal_zlib

    spans: list[tuple[int, int]] = []
    at = len(SIGNATURE)
    while at < len(png):
        length, name = struct.unpack_from(">I4s", png, at)
        end = at + CHUNK + length
        if name == b"IDAT":
            (crc,) = struct.unpack_from(">I", png, end - 4)
            if crc != isal_zlib.crc32(png[at + 4 : end - 4]) or (spans and spans[-1][1] != at):
                return []
            spans.append((at, end))
        at = end
    return spans


def _restored(
    before: memoryview, steps: Sequence[memoryview], adler: bytes, after: memoryview, size: int
) -> memoryview | None:
    """Return a PNG of the chunks before and after its pixels, and of these; None if they are not so many.

    The checksum `adler` stands behind them as in the file, where ISA-L has found that it is theirs.
    """
    from isal import isal_zlib

    blocks = size // BLOCK + len(steps)
    length = len(ZLIB) + size + 5 * blocks + len(LAST) + 4
    out = memory.buffer(len(before) + CHUNK + length + len(after))
    begin = len(before)
    out[:begin] = before
    at = _put(out, begin + 8, [ZLIB])
    inflate, left = isal_zlib.decompressobj(), size
    try:
        for step in steps:
            part = memoryview(inflate.decompress(step, left + 1))
            left -= len(part)
            if left < 0:
                return None
            for first in range(0, len(part), BLOCK):
                block = part[first : first + BLOCK]
                at = _put(out, at, [struct.pack("<BHH", 0, len(block), len(block) ^ BLOCK), block])
    except isal_zlib.error:  # type: ignore[misc]  # its stub has an instance of it
        return None
    if left or not inflate.eof or inflate.unused_data:
        return None
    at = _put(out, at, [LAST, adler])
    struct.pack_into(">I4s", out, begin, at - begin - 8, b"IDAT")
    crc = isal_zlib.crc32(out[begin + 4 : at])
    return out[: _put(out, at, [struct.pack(">I", crc), after])]


def _put(out: memoryview, at: int, pieces: Iterable[bytes | memoryview]) -> int:
    """Write pieces one after the other, and return where the next one goes."""
    for piece in pieces:
        out[at : at + len(piece)] = piece
        at += len(piece)
    return at
