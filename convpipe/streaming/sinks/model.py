"""What a result is to those who write it as its rows come, whatever it is stored as."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import field
from typing import Protocol

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.images import Metadata
from convpipe.images.metadata.raster import Raster
from convpipe.stores import Url
from convpipe.streaming.grid import Grid
from convpipe.streaming.options import Options


@dataclass(frozen=True)
class Level:
    """An image that is written: all but its pixels.

    Parameters
    ----------
    raster : Raster
    metadata : Metadata
        What is true of it, whether or not its format can carry it.
    grid : Grid
        Where its pixels lie.
    """

    raster: Raster
    metadata: Metadata
    grid: Grid


@dataclass(frozen=True)
class Target:
    """A result, and where and how it is written.

    Parameters
    ----------
    path : path-like or Url
    levels : tuple of Level
        The result, and behind it the same in smaller.
    alpha : bool
        Whether the last channel is alpha.
    options : Options
    notes : list of str
        Told what the format cannot carry.
    """

    path: str | os.PathLike[str] | Url
    levels: tuple[Level, ...]
    alpha: bool
    options: Options
    notes: list[str] = field(default_factory=list)

    @property
    def raster(self) -> Raster:
        """The pixels of the result itself."""
        return self.levels[0].raster


class Sink(Protocol):
    """What takes a result row by row. It is complete once it is finished; else nothing is left of it.

    Attributes
    ----------
    left : sequence of (int, ndarray)
        What another run left of it, if it goes on with that: of each level the rows that are there, and the
        last of them, which fill no row of tiles.
    """

    @property
    def left(self) -> Sequence[tuple[int, np.ndarray]]:
        """What another run left of it."""

    def add(self, rows: np.ndarray, level: int = 0) -> None:
        """Take the next rows of a level, (rows, cols) or (rows, cols, channels)."""

    def finish(self) -> None:
        """Complete it: all rows have come."""
