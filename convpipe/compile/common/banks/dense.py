"""Taps as they are: all of one kernel, or those that are not zero."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from convpipe.compile.common.banks.base import Bank
from convpipe.dataclass import dataclass
from convpipe.ops import Taps
from convpipe.plan.arithmetic import Sums

UNITS = (2.0**-8, 2.0**8)
"""From and to which size weights keep sums of values of 32 bits, and squares of such sums, within the
exponents of float32 when a power of two is taken out of them."""


@dataclass(frozen=True)
class Dense(Bank):
    """A product and then fused multiply-adds, row by row.

    Parameters
    ----------
    taps : tuple of (row, column)
        Where they are: the ones that are not zero, or the whole rectangle.
    whole : bool
        Whether they are all of the rectangle, of which those of 0 multiply, too.
    """

    taps: tuple[tuple[int, int], ...]
    whole: bool

    @property
    def has_columns(self) -> bool:
        """No."""
        return False

    @property
    def rows(self) -> tuple[int, ...]:
        """Kernel rows of its taps."""
        return tuple(sorted({row for row, _ in self.taps}))

    @property
    def cols(self) -> tuple[int, ...]:
        """Kernel columns of its taps."""
        return tuple(sorted({col for _, col in self.taps}))

    @property
    def is_rectangle(self) -> bool:
        """Tell whether its taps are all that lie between the first and the last of a row and of a column."""
        sides = [places[-1] - places[0] + 1 for places in (self.rows, self.cols)]
        return len(self.taps) == sides[0] * sides[1]

    @property
    def cost(self) -> int:
        """Its taps."""
        return len(self.taps)

    @property
    def words(self) -> str:
        """The way, and its taps."""
        return f"{'rows' if self.whole else 'unrolled'}: {len(self.taps)} taps"

    @property
    def rows_of_sums(self) -> int:
        """One of the taps that do not fit the last loop."""
        return 1

    def in_units(self) -> Dense:
        """Return it with a power of two taken out of its weights, if some are 1 or -1 then.

        Examples
        --------
        >>> sobel = Taps([[-0.25, 0, 0.25], [-0.5, 0, 0.5], [-0.25, 0, 0.25]])
        >>> bank = dense("gx", sobel, Sums("float32")).in_units()
        >>> bank.weights, bank.worth
        ((-1.0, 1.0, -2.0, 2.0, -1.0, 1.0), 0.25)
        """
        sizes = [abs(weight) for weight in self.weights if weight]
        least, most = UNITS
        if self.sums.weighted or not sizes or min(sizes) < least or max(sizes) > most:
            return self
        mantissa, exponent = math.frexp(min(sizes))
        if mantissa != 0.5:
            return self
        weights = tuple(math.ldexp(weight, 1 - exponent) for weight in self.weights)
        return replace(self, weights=weights, worth=min(sizes))


def dense(name: str, taps: Taps, sums: Sums) -> Dense:
    """Return a kernel's taps as they are."""
    rows, cols = taps.extent
    if taps.stand_alone:
        at = (line.tolist() for line in np.nonzero(taps.weights))
        places = list(zip(*at, strict=True)) or [(0, 0)]
        return Dense(name, tuple(taps.weight(*tap) for tap in places), sums, tuple(places), whole=False)
    every = tuple((i, j) for i in range(rows) for j in range(cols))
    return Dense(name, tuple(taps.weights.ravel().tolist()), sums, every, whole=True)
