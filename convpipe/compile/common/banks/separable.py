"""An outer product: sums down the columns, then of these along the row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.banks.base import Bank
from convpipe.ops import Taps
from convpipe.plan.arithmetic import Sums

PASS_COST = 2
"""Taps that a pass over a row in the L1 cache is worth: nine of 3x3 pixels gain by two passes (4096x4096 in
0.66 of the time for uint16, 0.7 for uint8, the same for float32, which waits for memory); the six of a Sobel
kernel take 1.1 to 1.4 times as long."""

WHOLE_PASS_COST = 0
"""The same of sums of 16-bit integers: a column pass widens each sample once, and the row pass reads what is
wide; taps as they are widen every sample for every tap, which is what they wait for."""


@dataclass(frozen=True)
class Separable(Bank):
    """A product and then fused multiply-adds down the column factor, then along the row factor.

    Parameters
    ----------
    column, row : tuple of int
        Kernel rows of the one, and kernel columns of the other, whose weights are not zero; the weights are
        those of the column and then those of the row.
    """

    column: tuple[int, ...]
    row: tuple[int, ...]

    @property
    def rows(self) -> tuple[int, ...]:
        """Kernel rows of the column factor."""
        return self.column

    @property
    def cols(self) -> tuple[int, ...]:
        """Kernel columns of the row factor."""
        return self.row

    @property
    def cost(self) -> int:
        """Taps of both, and a pass."""
        return len(self.column) + len(self.row) + (WHOLE_PASS_COST if self.sums.weighted else PASS_COST)

    @property
    def words(self) -> str:
        """The way, and its taps."""
        return f"separable: {len(self.column)} + {len(self.row)} taps"

    @property
    def meeting(self) -> int:
        """Those of its column."""
        return len(self.column)

    @property
    def _fractions(self) -> NDArray[np.int64]:
        return np.repeat(self.sums.fractions, (len(self.column), len(self.row)))


def separable(name: str, taps: Taps, sums: Sums) -> Separable | None:
    """Return a kernel's factors, if it is an outer product."""
    found = taps.terms(sums.dtype)
    if found is None or len(found.terms) > 1:
        return None
    (term,) = found.terms
    column, row = np.flatnonzero(term.column), np.flatnonzero(term.row)
    weights = (*term.column[column].tolist(), *term.row[row].tolist())
    return Separable(name, weights, sums, tuple(column.tolist()), tuple(row.tolist()))
