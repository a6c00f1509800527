"""Fixed-point numbers: integers times a power of two, and sums of them under weights that are such."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.interval import Interval
from convpipe.ops import Taps, dtype_range, is_integer, stored
from convpipe.ops.taps import fixed_point

MOST_FRACTION = 32
"""Most fraction bits."""


@dataclass(frozen=True)
class Fixed:
    """Fixed-point numbers: integers from `low` to `high`, times ``2**-fraction``.

    Examples
    --------
    >>> Fixed(0, 4080, 4).values, Fixed(0, 4080, 4).narrowest(["int16", "uint16"])
    (Interval(low=0.0, high=255.0), 'int16')
    """

    low: int
    high: int
    fraction: int = 0

    @property
    def size(self) -> int:
        """The largest integer, without its sign."""
        return max(abs(self.low), abs(self.high))

    @property
    def bits(self) -> int:
        """How many bits tell them apart."""
        return (self.high - self.low).bit_length()

    @property
    def values(self) -> Interval:
        """Encloses the numbers."""
        return Interval(self.low * 2.0**-self.fraction, self.high * 2.0**-self.fraction)

    def narrowest(self, dtypes: Sequence[str]) -> str | None:
        """Return the first of the integer types `dtypes` that holds all of the integers."""
        for dtype in dtypes:
            limits = np.iinfo(dtype)
            if limits.min <= self.low and self.high <= limits.max:
                return dtype
        return None

    def scaled(self, value: float) -> float:
        """Return the number `value` in its units."""
        return value * 2.0**self.fraction

    def join(self, value: float) -> Fixed | None:
        """Return those that hold the number `value`, too, if it is an integer of them; -0 is none."""
        scaled = self.scaled(value)
        negative_zero = value == 0 and math.copysign(1, value) < 0
        if not math.isfinite(scaled) or not scaled.is_integer() or negative_zero:
            return None
        return Fixed(min(self.low, int(scaled)), max(self.high, int(scaled)), self.fraction)


def samples_of(dtype: str) -> Fixed | None:
    """Return the samples of an image of `dtype`, if they are integers."""
    if not is_integer(dtype):
        return None
    values = dtype_range(stored(dtype))
    return Fixed(int(values.low), int(values.high))


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights that are integers times ``2**-fraction``."""

    values: NDArray[np.int64]
    fraction: int


def integers_of(taps: Taps, compute: str) -> tuple[Weights, ...] | None:
    """Return the weights of a kernel, or of its column and its row, as integers; None if they are no such.

    Of a kernel that is given as it is and has factors, these have to be exact: either may be what is summed.
    """
    parts = [taps.weights] if taps.factors is None else taps.factors
    found = [_scaled(part, compute) for part in parts]
    if any(each is None for each in found):
        return None
    whole = tuple(each for each in found if each is not None)
    if len(whole) == 2 and taps.error:
        product = np.multiply.outer(whole[0].values, whole[1].values) * 2.0 ** -sum(w.fraction for w in whole)
        if not np.array_equal(product, taps.weights):
            return None
    return whole


def _scaled(weights: NDArray[np.float64], compute: str) -> Weights | None:
    """Return weights, as they are in the type of the arithmetic, as integers, one of them above 0."""
    found = fixed_point(weights.astype(compute).astype(np.float64))
    return Weights(*found) if found is not None and (found[0] > 0).any() else None


def response_of(weights: Sequence[Weights], given: Fixed, compute: str) -> Fixed | None:
    """Return the sums of samples that are `given`, if floating point holds all that they are made of."""
    significand, total = np.finfo(compute).nmant + 1, given
    for each in weights:
        if total.size * int(np.abs(each.values).sum()) > 2**significand:
            return None
        total = sums_under(each.values, total, each.fraction)
    return total if total.fraction <= MOST_FRACTION else None


def sums_under(weights: NDArray[np.int64], given: Fixed, fraction: int = 0) -> Fixed:
    """Return the sums of samples that are `given` under integer weights."""
    up, down = int(weights[weights > 0].sum()), int(weights[weights < 0].sum())
    low, high = given.low * up + given.high * down, given.high * up + given.low * down
    return Fixed(low, high, given.fraction + fraction)
