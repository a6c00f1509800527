"""A result as samples that lie one behind the other: NumPy's .npy, and files that say nothing of them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import BinaryIO

import numpy as np

from convpipe.images.formats.npy import head_of
from convpipe.streaming.sinks.model import Target


class RawSink:
    """Writes samples as they are, little-endian, those of a pixel together (BIP).

    As :class:`convpipe.streaming.sinks.Sink`.

    Parameters
    ----------
    out : file
        Empty, open to write.
    target : Target
    pool : Executor
        Not needed: nothing is encoded.
    """

    left: Sequence[tuple[int, np.ndarray]] = ()

    def __init__(self, out: BinaryIO, target: Target, pool: Executor) -> None:
        raster = target.raster
        self._out, self._left = out, raster.extent[0]
        self._dtype = np.dtype(raster.dtype).newbyteorder("<")
        self._row = (raster.extent[1], raster.channels) if raster.channels > 1 else (raster.extent[1],)

    def add(self, rows: np.ndarray, level: int = 0) -> None:
        """Write the next rows."""
        self._left -= len(rows)
        if self._left < 0:
            raise ValueError(f"{-self._left} rows more than the image has")
        self._store(np.asarray(rows, self._dtype))

    def _store(self, rows: np.ndarray) -> None:
        self._out.write(_bytes_of(rows))

    def finish(self) -> None:
        """Hold that all rows have come."""
        if self._left:
            raise ValueError(f"{self._left} rows are missing")


class LineSink(RawSink):
    """Writes a row of each channel after the other (BIL); parameters as before."""

    def _store(self, rows: np.ndarray) -> None:
        super()._store(rows if rows.ndim == 2 else rows.transpose(0, 2, 1))


class BandSink(RawSink):
    """Writes each channel as a whole (BSQ); parameters as before."""

    def __init__(self, out: BinaryIO, target: Target, pool: Executor) -> None:
        super().__init__(out, target, pool)
        self._row_bytes = target.raster.extent[1] * self._dtype.itemsize
        self._plane_bytes, self._done = target.raster.extent[0] * self._row_bytes, 0

    def _store(self, rows: np.ndarray) -> None:
        for band, plane in enumerate([rows] if rows.ndim == 2 else np.moveaxis(rows, -1, 0)):
            self._out.seek(band * self._plane_bytes + self._done * self._row_bytes)
            self._out.write(_bytes_of(plane))
        self._done += len(rows)


def _bytes_of(rows: np.ndarray) -> memoryview:
    return np.ascontiguousarray(rows).reshape(-1).view(np.uint8).data


class NpySink(RawSink):
    """Writes an array (rows, cols) or (rows, cols, channels), as `numpy.save` would; parameters as before."""

    def __init__(self, out: BinaryIO, target: Target, pool: Executor) -> None:
        super().__init__(out, target, pool)
        if target.alpha:
            target.notes.append("the last channel is alpha, which npy does not say")
        out.write(head_of((target.raster.extent[0], *self._row), self._dtype))
