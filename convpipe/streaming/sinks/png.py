"""A result as a PNG: its scanlines are filtered and deflated as they come, one after the other."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any, BinaryIO

import numpy as np

from convpipe.images.formats import scanlines
from convpipe.images.formats.png import chunk, head_of
from convpipe.images.write import fitted
from convpipe.streaming.sinks.model import Target

SAMPLE = 8
"""One row in so many says which filter a group of rows has."""

CHUNK_BYTES = 1 << 20
"""Of pixel data in a chunk, and those of a piece more."""


class PngSink:
    """Writes a result as scanlines; as :class:`convpipe.streaming.sinks.Sink`.

    Rows are filtered in groups of as many, however they come, so that the bytes do not depend on it.

    Parameters
    ----------
    out : file
        Empty, open to write.
    target : Target
    pool : Executor
        Not needed: scanlines are one stream.
    """

    left: Sequence[tuple[int, np.ndarray]] = ()

    def __init__(self, out: BinaryIO, target: Target, pool: Executor) -> None:
        raster, level = target.raster, target.options.compression
        metadata = fitted(target.levels[0].metadata, raster.channels, "png", target.notes)
        self._out, self._left = out, raster.extent[0]
        self._pixel = raster.channels * np.dtype(raster.dtype).itemsize
        self._above = np.zeros((1, raster.extent[1] * self._pixel), np.uint8)
        self._group = max(1, scanlines.GROUP // self._above.size)
        self._waiting: list[np.ndarray] = []
        self._deflate = _deflater(level)
        self._pieces: list[bytes] = []
        out.writelines(head_of(raster, metadata))

    def add(self, rows: np.ndarray, level: int = 0) -> None:
        """Take the next rows."""
        self._left -= len(rows)
        if self._left < 0:
            raise ValueError(f"{-self._left} rows more than the image has")
        lines = np.concatenate([*self._waiting, scanlines.lines_of(rows)])
        whole = len(lines) if self._left == 0 else len(lines) // self._group * self._group
        for first in range(0, whole, self._group):
            self._encode(lines[first : first + self._group])
        self._waiting = [lines[whole:].copy()]

    def finish(self) -> None:
        """End the stream, and the file."""
        if self._left:
            raise ValueError(f"{self._left} rows are missing")
        self._pieces.append(self._deflate.flush())
        self._write()
        self._out.write(chunk(b"IEND", b""))

    def _encode(self, lines: np.ndarray) -> None:
        """Filter and deflate a group of rows."""
        above = np.concatenate([self._above, lines[:-1]])
        kind = scanlines.smallest(lines[::SAMPLE], above[::SAMPLE], self._pixel)
        self._pieces.append(self._deflate.compress(scanlines.filtered(lines, above, self._pixel, kind)))
        self._above = lines[-1:].copy()
        if sum(map(len, self._pieces)) >= CHUNK_BYTES:
            self._write()

    def _write(self) -> None:
        self._out.write(chunk(b"IDAT", b"".join(self._pieces)))
        self._pieces.clear()


def _deflater(level: int | None) -> Any:
    """Return what deflates scanlines: as quickly as may be, or at a level."""
    if level is not None:
        return zlib.compressobj(level)
    return scanlines.deflater()
