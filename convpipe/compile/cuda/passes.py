"""What a device runs one after the other: a window that slides over an image, or a join of several.

A stage is one pass; a large separable one is two, down the columns and along the rows. As on the processor,
passes carry structure alone; weights, constants, extents and borders are run-time values. This module imports
no CUDA.
"""

from __future__ import annotations

from dataclasses import field
from fractions import Fraction
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.levels import Level
from convpipe.compile.common.segments import Spot
from convpipe.dataclass import dataclass
from convpipe.geometry import Axis, Border, Extent
from convpipe.ops import Alpha, ChannelMap, Mix
from convpipe.ops.bilateral import Distance
from convpipe.plan.costs import WEIGHED
from convpipe.plan.fixed import Fixed

Part = Literal["whole", "first", "second"]

Form = Literal["dot", "outer", "equal", "sums", "tree"]
"""How a bank of taps is summed: products in the order of its taps; products down every column, then those of
the columns; equal taps down every column, then along the row by halves, weighted once; and of these the first
part alone, and the second."""

UNROLLED_TAPS = 32
"""Up to this many non-zero taps of a bank stand in one expression, their weights in registers."""

SELECTED_PLACES = 25
"""Up to this many samples go through exchanges to the one of a rank; of more it is found bit by bit."""

COUNTED_PLACES = 96
"""Up to this many of these are held in registers."""

WRITTEN_RUNS = 8
"""Up to this many runs of places side by side, of a window that sorts, have a loop each; more are listed."""

ROWS = 4
"""Rows a thread computes at once, so that windows above each other share their loads."""

QUAD = 4
"""Columns a thread computes at once: it loads and stores so many samples by one instruction."""


SORTED = 64
"""Instructions of a window that sorts from which a thread computes a row alone: it has its own registers."""


@dataclass(frozen=True)
class Bank:
    """One bank of taps of a pass.

    Parameters
    ----------
    name : str
        Of its response.
    source : int
        Which of the planes that stand for one channel of the input it reads.
    taps : tuple of (row, column)
        Where its taps are, row by row; of one that weighs, those before the centre.
    offset : int
        Position of its first weight in the weight vector: of a product of two factors, those of the column.
    rank : int or None
        Of a window that sorts, which of its samples it gives; None of one that sums.
    places : int or None
        Of one with taps of its own for every output, the position in the vector of places of where the first
        one's begin. Its weights are those of all outputs. Of one that weighs, that of its taps; of one that
        sorts, if they are listed, that of their runs: a row, the first column, and the one after the last.
    form : {'dot', 'outer', 'equal', 'sums', 'tree'}
        Of one that sums.
    whole : bool
        Whether its samples are integers that are summed as such.
    skips : bool
        Whether a weight of 0 is no tap.
    integers : Fixed or None
        What samples are, of one that sorts, if they are integers of few bits: fewer than of the type of the
        arithmetic.
    distance : {'manhattan', 'euclidean'} or None
        Of colours, of one that weighs samples by how alike they are, all colours of a pixel together.
    onto : str or None
        Of one that sums, the name of the response before it that its sum begins with: another one's, or its
        own, of which it is one part then.
    """

    name: str
    source: int
    taps: tuple[tuple[int, int], ...]
    offset: int = 0
    rank: int | None = None
    places: int | None = None
    form: Form = "dot"
    whole: bool = False
    skips: bool = False
    integers: Fixed | None = None
    distance: Distance | None = None
    onto: str | None = None

    @property
    def looped(self) -> bool:
        """Whether its taps are a loop over the whole kernel instead of one expression."""
        return len(self.taps) > UNROLLED_TAPS and self.form not in ("outer", "equal")

    @property
    def alone(self) -> bool:
        """Whether a thread computes one column of its responses: in a loop, or as samples are exchanged."""
        return self.looped or (self.rank is not None and not self.is_extreme)

    @property
    def is_extreme(self) -> bool:
        """Whether it gives the least of its samples, or the greatest."""
        return self.rank in (0, len(self.taps) - 1)

    @property
    def rows(self) -> list[int]:
        """The rows of its taps, in their order."""
        return list(dict.fromkeys(row for row, _ in self.taps))

    @property
    def cols(self) -> list[int]:
        """The columns of its taps."""
        return sorted({col for _, col in self.taps})

    @property
    def weights(self) -> int:
        """How many weights it has."""
        if self.form == "outer":
            return len(self.rows) + len(self.cols)
        return {"dot": len(self.taps), "sums": 0}.get(self.form, 1)

    @property
    def operations(self) -> int:
        """Rough number of instructions for a sample."""
        count = len(self.taps)
        if self.distance is not None:
            return WEIGHED * (1 + 2 * count)
        if self.rank is None or self.is_extreme:
            return 2 * count
        if count <= SELECTED_PLACES:
            return 3 * count * count // 8
        return 2 * (32 if self.integers is None else self.integers.bits) * count


@dataclass(frozen=True)
class Pass:
    """One sliding window, or a join.

    Parameters
    ----------
    index : int
        Position among the passes, and row of the run-time geometry.
    level : Level
        The stage it belongs to.
    reads : tuple of int
        Positions of the passes whose results it reads; -1, -2, ... are the images that enter.
    axes : (Axis, Axis)
        Window over rows and over columns.
    step : (rows, cols)
        Pixels of the image that enters between its results, or fractions of them.
    banks : tuple of Bank
        None of a join.
    sources : int
        Planes that stand for one channel of its input: one, or one a bank after a column pass.
    outside : int
        Position, in the vector of border values, of those of its first source: in all channels but the last,
        and there.
    edge : tuple of float
        Its border and what a constant one holds, to compare with others.
    part : {'whole', 'first', 'second'}
        Of its stage: of two passes, mostly down the columns and then along the rows.
    counts_nan : bool
        Whether NaNs become 0 as it rounds, which are counted where its result is written.
    """

    index: int
    level: Level
    reads: tuple[int, ...]
    axes: tuple[Axis, Axis]
    step: tuple[Fraction, Fraction]
    banks: tuple[Bank, ...]
    sources: int
    outside: int
    edge: tuple[float, ...] = field(compare=False)
    part: Part
    counts_nan: bool

    @property
    def names(self) -> list[str]:
        """Names of its responses."""
        return list(dict.fromkeys(bank.name for bank in self.banks))

    @property
    def kernel(self) -> Extent:
        """Rows and columns of its window, before dilation."""
        rows, cols = self.axes
        return rows.kernel, cols.kernel

    @property
    def stride(self) -> Extent:
        """Rows and columns from a window to the next."""
        rows, cols = self.axes
        return rows.stride, cols.stride

    @property
    def dilation(self) -> Extent:
        """Rows and columns from a tap to the next."""
        rows, cols = self.axes
        return rows.dilation, cols.dilation

    @property
    def final(self) -> bool:
        """Whether its responses go on through the stage's steps, and not to the row pass."""
        return self.part != "first"

    @property
    def centre(self) -> Extent:
        """The tap that alpha is kept from."""
        row, col = self.level.centre
        return (row if self.part != "second" else 0), (col if self.part != "first" else 0)

    @cached_property
    def premultiply(self) -> bool:
        """Whether the colours of its input are multiplied by alpha."""
        return self.level.premultiply and self.part != "second"

    @cached_property
    def pixelwise(self) -> bool:
        """Whether a thread needs all channels of a pixel at once, whatever follows."""
        mixes = any(isinstance(step, Mix | ChannelMap | Alpha) for step in self.level.steps)
        return self.level.keep_alpha or (self.final and mixes) or self.weighs is not None

    @cached_property
    def weighs(self) -> Bank | None:
        """Its bank, if that weighs samples by how alike they are."""
        return next((bank for bank in self.banks if bank.distance is not None), None)

    @cached_property
    def padded(self) -> bool:
        """Whether windows reach outside the image that it reads."""
        return any(axis.before > 0 or axis.after > 0 for axis in self.axes)

    @property
    def wraps(self) -> bool:
        """Whether they find the far side of the image there."""
        return self.padded and self.edge[0] == Border.WRAP

    @cached_property
    def pointwise(self) -> bool:
        """Whether it reads the pixel alone that it computes."""
        return self.axes == (Axis(1), Axis(1))

    @cached_property
    def rows_at_once(self) -> int:
        """Rows a thread computes at once: one where windows above each other share nothing."""
        rows, _ = self.axes
        if self.level.resamples or self.weighs is not None:
            return 1
        sorts = any(bank.rank is not None and bank.operations > SORTED for bank in self.banks)
        return ROWS if rows.reach > rows.stride and not sorts else 1

    @cached_property
    def in_fours(self) -> bool:
        """Whether a thread may compute four columns at once: their windows are neighbours, and no loops."""
        _, cols = self.axes
        apart = self.level.resamples or self.weighs is not None or any(bank.alone for bank in self.banks)
        return cols.stride == cols.dilation == 1 and not apart

    def planes(self, which: int) -> int:
        """Return the planes of the image that it reads as one of its inputs."""
        return self.level.joins[which] if self.level.joins else self.level.channels * self.sources

    @cached_property
    def outputs(self) -> int:
        """Planes of its result."""
        return self.level.output_channels if self.final else self.level.channels * len(self.names)

    @cached_property
    def work(self) -> float:
        """Rough cost of an output sample, in instructions."""
        return 8 + sum(bank.operations for bank in self.banks)


GEOMETRY = ("rows", "cols", "output_cols", "border")
"""Columns of the run-time geometry, one row a pass: of what it reads, and of its result."""


def geometry(index: int, name: str) -> str:
    """Return a number of the run-time geometry of a pass as source.

    Examples
    --------
    >>> geometry(2, "border")
    'g[2, 3]'
    """
    return f"g[{index}, {GEOMETRY.index(name)}]"


@dataclass(frozen=True)
class Values:
    """Run-time values of passes.

    Parameters
    ----------
    geometry : ndarray of int64, shape (passes, 4)
        Columns as in :data:`GEOMETRY`.
    places : ndarray of int64, shape (n,)
        Where the taps of every output begin, of windows with taps of their own; rows and columns of taps, of
        those that weigh.
    weights, constants, outside : ndarray, shape (n,)
        In the type of the arithmetic. No vector is empty.
    measured : tuple of Spot
        Which of the constants are numbers that an image gives.
    """

    geometry: NDArray[np.int64]
    places: NDArray[np.int64]
    weights: NDArray[np.floating]
    constants: NDArray[np.floating]
    outside: NDArray[np.floating]
    measured: tuple[Spot, ...]
