"""A result as samples that lie one behind the other: NumPy's .npy, and files that say nothing of them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import BinaryIO

import numpy as np

from convpipe.images.formats.npy import head_of
from convpipe.streaming.sinks.model import Target


class RawSink:
    """Writes samples as they are, little-endian, those of a pixel together.

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
        stored = np.ascontiguousarray(rows, self._dtype)
        self._out.write(stored.reshape(-1).view(np.uint8).data)

    def finish(self) -> None:
        """Hold that all rows have come."""
        if self._left:
            raise ValueError(f"{self._left} rows are missing")


class NpySink(RawSink):
    """Writes an array (rows, cols) or (rows, cols, channels), as `numpy.save` would; parameters as before."""

    def __init__(self, out: BinaryIO, target: Target, pool: Executor) -> None:
        super().__init__(out, target, pool)
        if target.alpha:
            target.notes.append("the last channel is alpha, which npy does not say")
        out.write(head_of((target.raster.extent[0], *self._row), self._dtype))
