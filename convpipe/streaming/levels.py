"""Results in several sizes: each level is the means of 2 x 2 pixels of the one before, as it is stored."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from convpipe.engine import Engine
from convpipe.geometry import Extent
from convpipe.images import Metadata
from convpipe.images.metadata.raster import Raster
from convpipe.sampling import Sampling
from convpipe.stages import stage
from convpipe.stages.wiring import wire
from convpipe.streaming.grid import Grid
from convpipe.streaming.options import Options
from convpipe.streaming.sinks import Level, Sink

STEP = 64
"""Rows that are halved together, if tiles are cut into such."""

Halve = Callable[[np.ndarray], np.ndarray]
"""Returns a row for every two, and a column for every two; what is left of an odd number is left out."""


def extents(extent: Extent, smallest: int) -> list[Extent]:
    """Return the extents of an image and its levels, until no side is longer than `smallest`.

    Examples
    --------
    >>> extents((1001, 600), 256)
    [(1001, 600), (500, 300), (250, 150)]
    """
    found = [extent]
    while max(found[-1]) > smallest and min(found[-1]) > 1:
        rows, cols = found[-1]
        found.append((rows // 2, cols // 2))
    return found


def extents_of(extent: Extent, least: int | None) -> list[Extent]:
    """Return the extents in which an image is written: its own, and those of levels if `least` is given."""
    return [extent] if least is None else extents(extent, least)


def levels_of(
    raster: Raster, metadata: Metadata, sampling: Sampling, grid: Grid, options: Options, notes: list[str]
) -> tuple[Level, ...]:
    """Return a result and its levels, all but their pixels.

    Parameters
    ----------
    raster : Raster
        Of the result.
    metadata : Metadata
        Of the image that it is made of, as far as they are true of its values.
    sampling : Sampling
        Where the pixels of the result lie in that image.
    grid : Grid
        Where the pixels of that image lie.
    options : Options
    notes : list of str
        Told what of the metadata is not true of the result.
    """
    found = []
    for at, extent in enumerate(extents_of(raster.extent, options.least)):
        own = Raster(extent, raster.channels, raster.dtype)
        placed = sampling.then(sampling_of(at))
        followed = metadata.followed(placed, own, notes if at == 0 else [])
        found.append(Level(own, followed, grid.followed(placed)))
    return tuple(found)


def sampling_of(level: int) -> Sampling:
    """Return where the pixels of a level lie in its image.

    >>> sampling_of(2)
    Sampling(step=(4.0, 4.0), first=(1.5, 1.5), transposed=False)
    """
    factor = float(2**level)
    return Sampling((factor, factor), ((factor - 1) / 2, (factor - 1) / 2))


def halving(engine: Engine, dtype: str, *, alpha: bool, nodata: float | None) -> Halve:
    """Return what halves results of a pipeline: its `geometry: bin`, which minds alpha and what is missing.

    Parameters
    ----------
    engine : Engine
    dtype : str
        Of the result.
    alpha : bool
        Whether its last channel is alpha.
    nodata : float or None
        The value of missing samples of the image that it is made of.
    """
    binned = engine.rewired(wire([stage("geometry", "bin", factor=2)]))

    def halve(rows: np.ndarray) -> np.ndarray:
        return binned.filter(rows, 1, dtype, alpha=alpha, nodata=nodata)[0]

    return halve


class Pyramid:
    """Hands the rows of a result over, and of every level what becomes of them.

    Parameters
    ----------
    sink : Sink
    halve : callable
    heights : sequence of int
        Rows of the result and of each level.
    tile : int
        Rows of a tile.

    Examples
    --------
    >>> class Told:
    ...     left = ()
    ...
    ...     def add(self, rows, level=0):
    ...         print(level, rows.tolist())
    >>> pyramid = Pyramid(Told(), lambda rows: rows[1::2, 1::2], (3, 1), 16)
    >>> pyramid.add(np.arange(12).reshape(3, 4))
    0 [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    1 [[5, 7]]
    """

    def __init__(self, sink: Sink, halve: Halve, heights: Sequence[int], tile: int) -> None:
        self._sink, self._halve, self._heights = sink, halve, heights
        self._step = math.gcd(tile, STEP)
        self._rows = [rows for rows, _ in sink.left] or [0] * len(heights)
        self._waiting = [self._begun(tail) for _, tail in sink.left] or [[] for _ in heights]

    def add(self, rows: np.ndarray, level: int = 0) -> None:
        """Take the next rows of a level.

        Piece by piece: levels take turns in a file, which is to have the same bytes however many rows come.
        """
        if level + 1 == len(self._heights):
            self._take(rows, level)
            return
        first = 0
        while first < len(rows):
            last = min(first + self._step - self._rows[level] % self._step, len(rows))
            self._take(rows[first:last], level)
            self._waiting[level].append(rows[first:last])
            if self._rows[level] % self._step == 0 or self._rows[level] == self._heights[level]:
                self._halve_waiting(level)
            elif last == len(rows):
                self._waiting[level][-1] = rows[first:last].copy()  # these rows are not ours
            first = last

    def _take(self, rows: np.ndarray, level: int) -> None:
        self._sink.add(rows, level)
        self._rows[level] += len(rows)

    def _halve_waiting(self, level: int) -> None:
        slab = np.concatenate(self._waiting[level])
        self._waiting[level].clear()
        if len(slab) > 1:
            self.add(self._halve(slab), level + 1)

    def _begun(self, tail: np.ndarray) -> list[np.ndarray]:
        """Return those of a level's last rows that were not halved yet."""
        return [tail[len(tail) - len(tail) % self._step :]]
