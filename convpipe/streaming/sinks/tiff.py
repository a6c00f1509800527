"""A result as a tiled TIFF."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import BinaryIO

import numpy as np

from convpipe.images.tiff.tiled import Sheet, TiledWriter
from convpipe.images.write import fitted
from convpipe.streaming.sinks.model import Level, Target


class TiffSink:
    """Writes a result as tiles; as :class:`convpipe.streaming.sinks.Sink`.

    Parameters
    ----------
    out : file
        Empty, open to write and to be read back.
    target : Target
    pool : Executor
        Of threads that encode.
    nbytes : int, optional
        Of the tiles of all pages, where others follow.
    """

    left: Sequence[tuple[int, np.ndarray]] = ()

    def __init__(self, out: BinaryIO, target: Target, pool: Executor, nbytes: int = 0) -> None:
        self._writer = TiledWriter(out, _sheet(target, target.levels[0]), pool, nbytes)

    def add(self, rows: np.ndarray, level: int = 0) -> None:
        """Take the next rows."""
        self._writer.add(rows)

    def next_page(self, target: Target) -> None:
        """Begin another page of the file."""
        self._writer.next_page(_sheet(target, target.levels[0]))

    def finish(self) -> None:
        """Write the directory."""
        self._writer.finish()


def _sheet(target: Target, level: Level) -> Sheet:
    """Return a level as it is written: with what a TIFF can carry of its metadata."""
    options = target.options
    metadata = fitted(level.metadata, level.raster.channels, "tiff", target.notes)
    return Sheet(level.raster, target.alpha, metadata, options.compression, options.tile)
