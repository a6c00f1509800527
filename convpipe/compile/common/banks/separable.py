"""An outer product: sums down the columns, then of these along the row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.banks.base import Bank
from convpipe.dataclass import dataclass
from convpipe.ops import Taps
from convpipe.ops.terms import pass_cost
from convpipe.plan.arithmetic import Sums


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
        return len(self.weights) + pass_cost(self.sums.dtype)

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
    """Return a kernel's factors, if it is an outer product and its two passes are less work than its taps."""
    found = taps.products(sums.dtype)
    if found is None or len(found.terms) > 1:
        return None
    (term,) = found.terms
    column, row = np.flatnonzero(term.column), np.flatnonzero(term.row)
    weights = (*term.column[column].tolist(), *term.row[row].tolist())
    return Separable(name, weights, sums, tuple(column.tolist()), tuple(row.tolist()))
