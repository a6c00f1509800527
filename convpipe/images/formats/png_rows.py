"""Rows of a PNG that come one after the other: inflated by ISA-L, and undone by libpng, some at a time.

libpng is shown small PNGs. One has the row above, as it is, and filtered rows behind it, as samples of bytes:
what it gives are the bytes of these rows. Where they are no pixels yet - palettes, few bits, transparent
colours - another has them unfiltered, with the header of the file.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

from convpipe.errors import ReadError
from convpipe.images.formats.chunks import SIGNATURE, chunk, chunks_of
from convpipe.images.rows import PIECE_BYTES, Blocks
from convpipe.images.source import Header, Source

BYTES = {1: (8, 0), 2: (8, 4), 3: (8, 2), 4: (8, 6), 6: (16, 2), 8: (16, 6)}
"""Depth and colour type whose pixels have so many bytes, which is all that filters look at."""

SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples of a pixel in the file, by colour type."""

STEP, MOST = 1 << 16, 1 << 20
"""Bytes of the file that are read at a time, and most of what they inflate to."""


def blocks(source: Source, header: Header) -> Blocks:
    """Return the rows of a PNG, which are decoded in their order.

    Raises
    ------
    ReadError
        It is interlaced, so that its rows are not whole before the end of the file.
    """
    rows = _Rows(source, header)
    return Blocks(rows.height, header.rows, rows.decoded, in_order=True)


class _Rows:
    """The rows of a PNG."""

    def __init__(self, source: Source, header: Header) -> None:
        self._source, self._header = source, header
        self._data, kept = list[tuple[int, int]](), dict[bytes, bytes]()
        for name, position, length in chunks_of(source):
            if name == b"IDAT":
                self._data.append((position, length))
            elif name in (b"IHDR", b"PLTE", b"tRNS"):
                kept.setdefault(name, source.at(position + 8, length))
        self._fields = kept.pop(b"IHDR")
        self._colours = b"".join(chunk(name, data) for name, data in kept.items() if data)
        _, _, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", self._fields)
        if interlaced:
            raise ReadError(
                "interlaced: no row of it is whole before the end of the file; save it without interlacing"
            )
        bits = depth * SAMPLES[colour]
        self._pixel = max(1, bits // 8)
        self._row = (header.cols * bits + 7) // 8
        self._finished = depth >= 8 and colour != 3 and b"tRNS" not in kept
        self.height = min(max(1, PIECE_BYTES // self._row), header.rows)
        self._next, self._above = 0, bytes(self._row)
        self._lines: Iterator[bytes] = iter(())

    def decoded(self, number: int) -> np.ndarray:
        """Return a block; the first begins anew, and any other follows the one before."""
        if number == 0:
            self._next, self._above, self._lines = 0, bytes(self._row), self._filtered()
        if number != self._next:
            raise ValueError(f"block {number} does not follow block {self._next - 1}")
        self._next += 1
        rows = min(self.height, self._header.rows - number * self.height)
        unfiltered = self._unfiltered(next(self._lines), rows)
        self._above = unfiltered[-1].tobytes()
        shape = (rows, self._header.cols, self._header.channels)
        if self._finished:
            pixels = unfiltered.view(">u2" if self._header.dtype == "uint16" else np.uint8).reshape(shape)
        else:
            pixels = self._expanded(unfiltered).reshape(shape)
        return pixels if self._header.channels > 1 else pixels[..., 0]

    def _unfiltered(self, lines: bytes, rows: int) -> np.ndarray:
        """Return the bytes of filtered rows, (rows, bytes)."""
        depth, colour = BYTES[self._pixel]
        fields = struct.pack(">IIBBBBB", self._row // self._pixel, rows + 1, depth, colour, 0, 0, 0)
        decoded = _decoded(fields, b"", b"\0" + self._above + lines)
        stored = decoded.astype(decoded.dtype.newbyteorder(">"), copy=False)
        return np.ascontiguousarray(stored).view(np.uint8).reshape(rows + 1, self._row)[1:]

    def _expanded(self, unfiltered: np.ndarray) -> np.ndarray:
        """Return the pixels of rows that are palettes or of few bits, or have a transparent colour."""
        fields = self._fields[:4] + struct.pack(">I", len(unfiltered)) + self._fields[8:]
        return _decoded(fields, self._colours, np.pad(unfiltered, ((0, 0), (1, 0))).tobytes())

    def _filtered(self) -> Iterator[bytes]:
        """Yield the filtered rows of each block; the last once it is known that nothing is behind it."""
        stream, waiting = self._inflated(), bytearray()
        for first in range(0, self._header.rows, self.height):
            size = min(self.height, self._header.rows - first) * (1 + self._row)
            while len(waiting) < size:
                piece = next(stream, None)
                if piece is None:
                    raise ReadError("the pixel data end before the last row")
                waiting += piece
            rows = bytes(waiting[:size])
            del waiting[:size]
            if first + self.height >= self._header.rows and (waiting or next(stream, None)):
                raise ReadError("there are more pixel data than rows")
            yield rows

    def _inflated(self) -> Iterator[bytes]:
        """Yield the inflated data of all chunks of pixels, at most `MOST` bytes at a time."""
        from isal import isal_zlib

        inflate = isal_zlib.decompressobj()
        for piece in self._pieces():
            while not inflate.eof:
                out = inflate.decompress(piece, MOST)
                piece = inflate.unconsumed_tail
                if out:
                    yield out
                if not piece and len(out) < MOST:
                    break
        if not inflate.eof:
            raise ReadError("the pixel data break off")

    def _pieces(self) -> Iterator[bytes]:
        """Yield the data of all chunks of pixels, piece by piece; a wrong CRC ends it."""
        from isal import isal_zlib

        for position, length in self._data:
            crc = isal_zlib.crc32(b"IDAT")
            for at in range(0, length, STEP):
                piece = self._source.at(position + 8 + at, min(STEP, length - at))
                crc = isal_zlib.crc32(piece, crc)
                yield piece
            if crc != int.from_bytes(self._source.at(position + 8 + length, 4), "big"):
                raise ReadError(f"the CRC of the PNG IDAT chunk at byte {position} is wrong")


def _decoded(fields: bytes, colours: bytes, lines: bytes) -> np.ndarray:
    """Return what libpng makes of rows: those of a PNG with this IHDR, and these chunks before the pixels."""
    import imagecodecs

    data = chunk(b"IDAT", zlib.compress(lines, 0))
    png = b"".join([SIGNATURE, chunk(b"IHDR", fields), colours, data, chunk(b"IEND", b"")])
    pixels: np.ndarray = imagecodecs.png_decode(png)
    return pixels
