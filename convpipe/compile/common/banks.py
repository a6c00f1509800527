"""Choose the loop shape of a bank of taps: how a sum over a window is taken apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convpipe.ops import Taps
from convpipe.plan.arithmetic import Sums

Shape = Literal["unrolled", "separable", "uniform", "rows"]

UNROLLED_TAPS = 25
"""Up to this many non-zero taps are all taken as they are; sparse kernels may have twice as many."""

PASS_COST = 2
"""Taps that a pass over a row in the L1 cache is worth: nine of 3x3 pixels gain by two passes (4096x4096 in
0.66 of the time for uint16, 0.7 for uint8, the same for float32, which waits for memory); the six of a Sobel
kernel take 1.1 to 1.4 times as long."""

WHOLE_PASS_COST = 0
"""The same of sums of 16-bit integers: a column pass widens each sample once, and the row pass reads what is
wide; taps as they are widen every sample for every tap, which is what they wait for."""

LONG = 32
"""From more taps in line than this on, a kernel of rank 1 is separable whatever its passes cost."""

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
        The taps that are not zero; a column pass then a row pass; the same for equal taps, with no products;
        or all taps of a dense kernel.
    taps : tuple of (row, column)
        Where the taps are: the non-zero ones when unrolled; for `separable` those of the column factor
        (row, -1) then of the row factor (-1, column); for `rows` the whole rectangle; for `uniform` its
        last corner, for the one weight.
    weights : tuple of float
        Of those taps.
    sums : Sums
        In which type: of integers, exact in any order, rows enter and leave a running sum.
    """

    name: str
    shape: Shape
    taps: tuple[tuple[int, int], ...]
    weights: tuple[float, ...]
    sums: Sums

    @property
    def choice(self) -> str:
        """Return the shape, and what it costs a sample, in words."""
        return f"{self._passes}, in {self.sums.dtype}"

    @property
    def _passes(self) -> str:
        if self.shape == "separable":
            return f"separable: {len(self.column)} + {len(self.row)} taps"
        if self.shape == "uniform":
            rows = "running sums of rows" if self.sums.counted else f"sums of {len(self.column)} rows"
            return f"uniform: {rows}, then {len(self.doubled) + len(self.parts) - 1} sums of neighbours"
        return f"{self.shape}: {len(self.taps)} taps"

    @property
    def has_columns(self) -> bool:
        """Tell whether it begins with a column pass over whole rows."""
        return self.shape in ("separable", "uniform")

    @property
    def rows_of_sums(self) -> int:
        """Rows that its sums stand in until they are a response."""
        return self.has_columns + len(self.doubled) if self.shape == "uniform" else 1 + self.has_columns

    @property
    def doubled(self) -> list[int]:
        """Widths, in taps, of the sums of neighbours that uniform taps need: 2, 4, 8, ..."""
        return _doubled(self.taps[0][1] + 1)

    @property
    def parts(self) -> list[tuple[int, int]]:
        """Sums of neighbours that make up a row of uniform taps: (width, first column)."""
        return halves(self.taps[0][1] + 1)

    @cached_property
    def column(self) -> list[int]:
        """Kernel rows of the column pass, whose weights come first."""
        if self.shape == "uniform":
            return list(range(self.taps[0][0] + 1))
        return [row for row, col in self.taps if col < 0]

    @cached_property
    def row(self) -> list[int]:
        """Kernel columns of the row factor."""
        return [col for _, col in self.taps if col >= 0]

    def reading(self, fraction: int) -> Bank:
        """Return it for samples of so many fraction bits; sums of integers have them, too."""
        if not fraction or self.sums.weighted:
            return self
        count = len(self.column) if self.shape == "separable" else len(self.weights)
        first, others = self.weights[:count], self.weights[count:]
        weights = (*(math.ldexp(weight, -fraction) for weight in first), *others)
        return replace(self, weights=weights)

    def values(self, compute: str) -> NDArray[Any]:
        """Return the weights as they multiply samples: integers, or in the type of the arithmetic."""
        rounded = np.array(self.weights, compute)
        if not self.sums.weighted:
            return rounded
        count = len(self.column) if self.shape == "separable" else 0
        bits = self.sums.fractions if count else (0, sum(self.sums.fractions))
        shifts = np.repeat(bits, (count, len(rounded) - count))
        whole: NDArray[Any] = np.ldexp(rounded.astype(np.float64), shifts).astype(self.sums.dtype)
        return whole


def halves(cols: int) -> list[tuple[int, int]]:
    """Return the sums of neighbours that make up a row of equal taps, in their order: (width, first column).

    Each of more than one is that of its two halves.

    Examples
    --------
    >>> halves(11), halves(3)
    ([(8, 0), (2, 8), (1, 10)], [(1, 0), (1, 1), (1, 2)])
    """
    left, found = cols, []
    for width in (*reversed(_doubled(cols)), 1):
        while left >= width:
            found.append((width, cols - left))
            left -= width
    return found


def _doubled(cols: int) -> list[int]:
    return [2**k for k in range(1, cols.bit_length())] if cols >= UNIFORM_COLUMNS else []


def choose(name: str, taps: Taps, sums: Sums) -> Bank:
    """Choose the loop shape of one bank, the one with the least work per sample.

    Unrolled costs its non-zero taps. Separable costs those of both factors and a pass over a row;
    it pays from 3x3 on, and is the loop for long rows; of integers a pass costs nothing. Uniform taps cost
    two rows and the logarithm of their width where samples are counted; else their rows and that.
    """
    size, count = math.prod(taps.extent), taps.count
    if size > 1 and taps.uniform:
        height, width = taps.extent
        if sums.counted or (width >= UNIFORM_COLUMNS and height > 1):
            corner = (height - 1, width - 1)
            return Bank(name, "uniform", (corner,), (taps.weight(*corner),), sums)
    if taps.factors is not None:
        factors = taps.factors
        column, row = (np.flatnonzero(factor).tolist() for factor in factors)
        pass_cost = WHOLE_PASS_COST if sums.weighted else PASS_COST
        if len(column) + len(row) + pass_cost < count or _is_long(row):
            places = (*((i, -1) for i in column), *((0, j) for j in row))
            weights = (*factors[0][column].tolist(), *factors[1][row].tolist())
            return Bank(name, "separable", places, weights, sums)
    if count <= UNROLLED_TAPS or (count <= 2 * UNROLLED_TAPS and 2 * count <= size):
        rows, cols = np.nonzero(taps.weights)
        nonzero = tuple(zip(rows.tolist(), cols.tolist(), strict=True)) or ((0, 0),)
        return Bank(name, "unrolled", nonzero, tuple(taps.weight(*tap) for tap in nonzero), sums)
    every = tuple((i, j) for i in range(taps.extent[0]) for j in range(taps.extent[1]))
    return Bank(name, "rows", every, tuple(taps.weights.ravel().tolist()), sums)


def _is_long(places: Sequence[int]) -> bool:
    """Tell whether so many taps are in line, with none left out."""
    return len(places) > LONG and places[-1] - places[0] + 1 == len(places)
