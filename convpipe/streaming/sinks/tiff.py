"""A result as a tiled TIFF."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import BinaryIO

import numpy as np

from convpipe.images import Metadata
from convpipe.images.tiff.sheet import Sheet
from convpipe.images.tiff.tiled import TiledWriter
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
        self._writer = TiledWriter(out, _sheet(target), pool, nbytes)

    def add(self, rows: np.ndarray, level: int = 0) -> None:
        """Take the next rows of a level."""
        self._writer.add(rows, level)

    def next_page(self, target: Target) -> None:
        """Begin another page of the file."""
        self._writer.next_page(_sheet(target))

    def finish(self) -> None:
        """Write the directory."""
        self._writer.finish()


def _sheet(target: Target) -> Sheet:
    """Return a result as it is written: with what a TIFF can carry of its metadata."""
    options = target.options

    def sheet(level: Level, metadata: Metadata, below: tuple[Sheet, ...] = ()) -> Sheet:
        return Sheet(
            level.raster, target.alpha, metadata, options.compression, options.tile, options.codec, below
        )

    page, *smaller = target.levels
    metadata = fitted(page.metadata, page.raster.channels, "tiff", target.notes)
    below = tuple(sheet(level, _of_level(metadata, level)) for level in smaller)
    return sheet(page, metadata, below)


def _of_level(metadata: Metadata, level: Level) -> Metadata:
    """Return what is said of a level again: what its pixels mean, and how many an inch has."""
    said = level.metadata
    return Metadata(metadata.icc, resolution=said.resolution, unit=said.unit, samples=metadata.samples)
