"""Choose the loop shape of a bank of taps: what is written out, what is a pass, what is a running sum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from convpipe.ops import Taps

Shape = Literal["unrolled", "separable", "uniform", "rows"]

UNROLLED_TAPS = 25
"""Up to this many non-zero taps are all written out; sparse kernels may have twice as many."""

PASS_COST = 2
"""Taps that a pass over a row in the L1 cache is worth: nine of 3x3 pixels gain by two passes (4096x4096 in
0.66 of the time for uint16, 0.7 for uint8, the same for float32, which waits for memory); the six of a Sobel
kernel take 1.1 to 1.4 times as long."""

PASS_TAPS, PASS_ROWS = 16, 8
"""Most taps, and most source rows, in one loop.

Measured at 2048x2048 float32, one thread: 5x5 in two loops takes 0.7 of the time of one loop, because what
the loop holds fits the registers; 9x9 at two kernel rows a loop (18 taps) 0.65. With more rows than that
LLVM's overlap checks are too many, and the loop stays scalar.
"""

ROLLED = 32
"""From more taps in line than this on, a loop goes over the loops of a pass: each that is written out takes
Numba 0.2 s to compile, and a loop with so many taps stays scalar."""

UNIFORM_COLUMNS = 8
"""From this width on, a row of equal taps is summed by doubling: sums of 2, of 4, of 8, ... neighbours."""


@dataclass(frozen=True)
class Bank:
    """The loop shape of one bank of taps.

    Parameters
    ----------
    name : str
        Of its response in the expression that follows.
    shape : {'unrolled', 'separable', 'uniform', 'rows'}
        All taps written out; a column pass then a row pass; the same for equal taps, with no products;
        or a loop over kernel rows. What does not fit one loop is summed into a row that stays in the L1
        cache.
    taps : tuple of (row, column)
        Where the non-zero taps are: of the kernel when unrolled; for `separable` those of the column
        factor (row, -1) then of the row factor (-1, column); for `rows` the whole rectangle; for
        `uniform` its last corner, for the one weight.
    offset : int
        Position of its first weight in the weight vector.
    exact : bool
        Whether uniform taps sum integers, exact in any order: rows then enter and leave a running sum.
    """

    name: str
    shape: Shape
    taps: tuple[tuple[int, int], ...]
    offset: int
    exact: bool = False

    @cached_property
    def passes(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """Taps of each loop but those of column passes; the last is part of the main loop."""
        if self.shape == "separable":
            taps = [(0, col) for col in self.row]
            lead = len(taps) % PASS_TAPS or PASS_TAPS
            starts = [0, *range(lead, len(taps), PASS_TAPS)] if is_long(self.row) else [0]
            return tuple(tuple(taps[a:b]) for a, b in zip(starts, [*starts[1:], None], strict=True))
        if self.shape == "rows":
            cols = self.taps[-1][1] + 1
            step = cols * max(1, (PASS_TAPS + 2) // cols)
            lead = len(self.taps) % step or step
            starts = [0, *range(lead, len(self.taps), step)]
        else:
            starts = _cuts(self.taps)
        return tuple(self.taps[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True))

    @property
    def choice(self) -> str:
        """Return the shape, and what it costs a sample, in words."""
        if self.shape == "separable":
            return f"separable: {len(self.column)} + {len(self.row)} taps"
        if self.shape == "uniform":
            rows = "running sums of rows" if self.exact else f"sums of {len(self.column)} rows"
            return f"uniform: {rows}, then {len(self.doubled) + len(self.parts) - 1} sums of neighbours"
        return f"{self.shape}: {len(self.taps)} taps, loops: {len(self.passes)}"

    @property
    def has_columns(self) -> bool:
        """Tell whether a column pass over whole rows precedes the main loop."""
        return self.shape in ("separable", "uniform")

    @property
    def accumulates(self) -> bool:
        """Tell whether passes of the main loop's kind precede it."""
        return len(self.passes) > 1

    @property
    def doubled(self) -> list[int]:
        """Widths, in taps, of the sums of neighbours that uniform taps need: 2, 4, 8, ..."""
        cols = self.taps[0][1] + 1
        return [2**k for k in range(1, cols.bit_length())] if cols >= UNIFORM_COLUMNS else []

    @property
    def parts(self) -> list[tuple[int, int]]:
        """Sums of neighbours that make up a row of uniform taps: (width, first column)."""
        left, found = self.taps[0][1] + 1, []
        for width in (*reversed(self.doubled), 1):
            while left >= width:
                found.append((width, self.taps[0][1] + 1 - left))
                left -= width
        return found

    @property
    def last_weights(self) -> range:
        """Positions of the weights of the main loop."""
        end = self.offset + len(self.taps)
        return range(end - len(self.passes[-1]), end)

    def weight(self, row: int, col: int) -> str:
        """Return the position, as source, of the weight of a tap."""
        return str(self.offset + self.taps.index((row, col)))

    @property
    def column(self) -> list[int]:
        """Kernel rows of the column pass."""
        if self.shape == "uniform":
            return list(range(self.taps[0][0] + 1))
        return [row for row, col in self.taps if col < 0]

    @property
    def row(self) -> list[int]:
        """Kernel columns of the row factor."""
        return [col for _, col in self.taps if col >= 0]

    @property
    def column_sums(self) -> str:
        """Name of the scratch row of column passes."""
        return f"v_{self.name}"

    @property
    def total(self) -> str:
        """Name of the scratch row in which it accumulates."""
        return f"total_{self.name}"

    @property
    def temporaries(self) -> list[str]:
        """Names of its scratch rows."""
        columns = [self.column_sums] if self.has_columns else []
        doubled = self.doubled if self.shape == "uniform" else []
        totals = [self.total] if self.accumulates else []
        return [*columns, *(f"sum{width}_{self.name}" for width in doubled), *totals]

    def weights(self, taps: Taps) -> list[float]:
        """Return the weights that its loops read, in their order."""
        if self.shape == "separable" and taps.factors is not None:
            column, row = taps.factors
            return [float(column[i]) if j < 0 else float(row[j]) for i, j in self.taps]
        return [taps.weight(i, j) for i, j in self.taps]


def choose(name: str, taps: Taps, offset: int, exact: bool) -> Bank:
    """Choose the loop shape of one bank, the one with the least work per sample.

    Unrolled costs its non-zero taps. Separable costs those of both factors and a pass over a row;
    it pays from 3x3 on, and is the loop for long rows. Uniform taps cost two rows and the logarithm
    of their width where sums are exact; else their rows and that.
    """
    size, count = math.prod(taps.extent), taps.count
    if size > 1 and taps.uniform:
        height, width = taps.extent
        if exact or (width >= UNIFORM_COLUMNS and height > 1):
            return Bank(name, "uniform", ((height - 1, width - 1),), offset, exact)
    if taps.factors is not None:
        column, row = (np.flatnonzero(factor).tolist() for factor in taps.factors)
        if len(column) + len(row) + PASS_COST < count or is_long(row):
            return Bank(name, "separable", (*((i, -1) for i in column), *((0, j) for j in row)), offset)
    if count <= UNROLLED_TAPS or (count <= 2 * UNROLLED_TAPS and 2 * count <= size):
        rows, cols = np.nonzero(taps.weights)
        nonzero = tuple(zip(rows.tolist(), cols.tolist(), strict=True))
        return Bank(name, "unrolled", nonzero or ((0, 0),), offset)
    return Bank(name, "rows", tuple(np.ndindex(*taps.extent)), offset)


def is_long(places: Sequence[int]) -> bool:
    """Tell whether so many taps are in line, with none left out, that a loop goes over their passes."""
    return len(places) > ROLLED and places[-1] - places[0] + 1 == len(places)


def _cuts(taps: Sequence[tuple[int, int]]) -> list[int]:
    """Return where the loops over `taps` begin: of even length, none with too many taps or rows."""
    for loops in range(-(-len(taps) // PASS_TAPS), len(taps) + 1):
        starts = [len(taps) * k // loops for k in range(loops)]
        parts = [taps[a:b] for a, b in zip(starts, [*starts[1:], len(taps)], strict=True)]
        if all(len({row for row, _ in part}) <= PASS_ROWS for part in parts):
            return starts
    raise AssertionError("one tap has one row")
