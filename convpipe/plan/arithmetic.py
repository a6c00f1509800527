"""The arithmetic of a window's sums: floating point, which defines them, or integers that give the same.

A fixed-point number is an integer times a power of two. A sum of products of such numbers is one, too, and
float32 holds it and all that it is made of while the sizes of its terms stay within 2**24 together: nothing
is rounded then, so that any order, and any integers that hold the result, give the same number. In 16 bits
twice as many fit a register, and samples of 8 bits become them in one instruction where float32 takes two.

A zero has a sign in floating point alone: -0 is the sum of products that are all -0, as of 0 and weights
below 0. So one weight above 0 is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.geometry import Border
from convpipe.interval import Interval
from convpipe.ops import Cast, Op, Rank, Stencil, Taps, Window, dtype_range, is_integer, stored
from convpipe.ops.taps import fixed_point

NARROW = ("int16", "uint16")
"""The types that weighted sums gain by; 32 bits hold as many lanes as float32."""

KEPT = ("uint8", "int8", *NARROW)
"""The types that rows between two levels gain by."""

MOST_FRACTION = 32
"""Most fraction bits."""

LEAST_WEIGHT = 2.0**-40
"""Weights from this size on, and products of two of them, can make up for fraction bits within the exponents
of float32."""


@dataclass(frozen=True)
class Fixed:
    """Fixed-point numbers: integers from `low` to `high`, times ``2**-fraction``.

    Examples
    --------
    >>> Fixed(0, 4080, 4).values, Fixed(0, 4080, 4).narrowest(NARROW)
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


@dataclass(frozen=True)
class Sums:
    """How a bank of taps is summed.

    Parameters
    ----------
    dtype : str
        Of the sums.
    made : Fixed or None
        The response, if no operation of floating point rounds it.
    fractions : tuple of int
        Of weights that are integers: fraction bits of those of a kernel, or of its column and its row.
    counted : bool
        Whether samples are summed as they are, in integers, and the sum is multiplied once.
    """

    dtype: str
    made: Fixed | None = None
    fractions: tuple[int, ...] = ()
    counted: bool = False

    @property
    def weighted(self) -> bool:
        """Tell whether products of integers are summed."""
        return bool(self.fractions)


@dataclass(frozen=True)
class Arithmetic:
    """The arithmetic of a node.

    Parameters
    ----------
    compute : str
        Floating-point type that defines it.
    given : Fixed or None
        What its window can meet, if that is fixed-point numbers.
    sums : tuple of Sums
        Of each bank of its stencil.
    made : Fixed or None
        What it gives.
    """

    compute: str
    given: Fixed | None = None
    sums: tuple[Sums, ...] = ()
    made: Fixed | None = None

    def __str__(self) -> str:
        """Return of which type its sums are, and why, for a person.

        Examples
        --------
        >>> halves = Stencil((Taps([[-0.5, 0.5]]),))
        >>> print(plan_arithmetic([halves], samples_of("uint8"), "float32", image=True))
        int16: of 0 to 255, under taps that are integers / 2^1; -255 to 255 fits 16 bits
        """
        return "; ".join(dict.fromkeys(f"{each.dtype}: {self.reason(each)}" for each in self.sums))

    def reason(self, sums: Sums) -> str:
        """Return why sums are of their type."""
        if self.given is None:
            return "of any numbers"
        given = f"of {self.given.low} to {self.given.high}{_over(self.given.fraction)}"
        if sums.counted:
            return f"{given}, equal taps; samples are summed as they are and multiplied once"
        if sums.made is None:
            return f"{given}, under taps by which it can round"
        under = f"{given}, under taps that are integers{_over(sums.made.fraction - self.given.fraction)}"
        fits = "fits" if sums.weighted else "gains nothing by" if sums.made.narrowest(NARROW) else "is beyond"
        return f"{under}; {sums.made.low} to {sums.made.high} {fits} 16 bits"

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "sums": [each.dtype for each in self.sums],
            "reasons": [self.reason(each) for each in self.sums],
            "fraction_bits": None if self.made is None else self.made.fraction,
        }


def _over(fraction: int) -> str:
    return f" / 2^{fraction}" if fraction else ""


def samples_of(dtype: str) -> Fixed | None:
    """Return the samples of an image of `dtype`, if they are integers."""
    if not is_integer(dtype):
        return None
    values = dtype_range(stored(dtype))
    return Fixed(int(values.low), int(values.high))


def plan_arithmetic(ops: Sequence[Op], given: Fixed | None, compute: str, *, image: bool) -> Arithmetic:
    """Return the arithmetic of a node.

    Parameters
    ----------
    ops : sequence of Op
    given : Fixed or None
        What it reads.
    compute : str
        Floating-point type that defines it.
    image : bool
        Whether it reads the image itself.

    Examples
    --------
    >>> halves = Stencil((Taps([[0.5, 0.5]]),))
    >>> plan_arithmetic([halves], samples_of("uint8"), "float32", image=True).made
    Fixed(low=0, high=510, fraction=1)
    """
    window, *rest = ops
    if not isinstance(window, Window):  # a join, an op that stands apart, or colours times alpha first
        banks = sum(len(op.banks) for op in rest if isinstance(op, Stencil))
        return Arithmetic(compute, None, (Sums(compute),) * banks, _after(rest, None))
    held = _with_border(window, given)
    if not isinstance(window, Stencil):
        return Arithmetic(compute, held, (), _after(rest, held if isinstance(window, Rank) else None))
    sums = tuple(_sums(taps, held, compute, image) for taps in window.banks)
    response = sums[0].made if len(sums) == 1 and not window.keep_alpha else None
    return Arithmetic(compute, held, sums, _after(rest, response))


def kept(made: Fixed | None, readers: Sequence[Sequence[Op]]) -> str | None:
    """Return the type of integers in which rows between two levels can be kept; None if they cannot.

    Parameters
    ----------
    made : Fixed or None
        What the rows hold.
    readers : sequence of sequence of Op
        The ops of the nodes that read them.
    """
    dtype = None if made is None else made.narrowest(KEPT)
    if made is None or dtype is None:
        return None
    return dtype if all(_reads(ops, made, dtype) for ops in readers) else None


def _reads(ops: Sequence[Op], made: Fixed, dtype: str) -> bool:
    """Tell whether a node can read rows of integers, whose fraction bits its weights make up for."""
    window = ops[0]
    if isinstance(window, Window):
        held = _with_border(window, made)
        if held is None or held.narrowest([dtype]) is None:
            return False
    if not isinstance(window, Stencil) or window.keep_alpha:
        return made.fraction == 0
    parts = [part for taps in window.banks for part in taps.factors or (taps.weights,)]
    return all((np.abs(part[part != 0]) >= LEAST_WEIGHT).all() for part in parts)


def _with_border(window: Window, given: Fixed | None) -> Fixed | None:
    """Return what a window can meet: what it is given, and what a constant border holds."""
    if window.border != Border.CONSTANT or window.padding == "valid":
        return given
    for value in (window.value, window.opaque):
        given = given if given is None or value is None else given.join(value)
    return given


def _after(ops: Sequence[Op], made: Fixed | None) -> Fixed | None:
    """Return what ops on one pixel make of a value."""
    for op in ops:
        if not isinstance(op, Cast):
            made = None
        elif is_integer(op.dtype) and (made is None or made.fraction or not made.narrowest([op.dtype])):
            # What rounds to 0 from below is -0, which a type without sign gives as 0.
            limits = np.iinfo(stored(op.dtype))
            made = Fixed(0, int(limits.max)) if limits.min == 0 and limits.bits <= 16 else None
        elif op.dtype == "float16":
            made = None
    return made


def _sums(taps: Taps, given: Fixed | None, compute: str, image: bool) -> Sums:
    """Return how a bank is summed over samples that are `given`."""
    if given is None:
        return Sums(compute)
    weights = _integers(taps, compute)
    made = None if weights is None else _response(weights, given, compute)
    count = math.prod(taps.extent)
    if image and count > 1 and taps.uniform and given.size * count < 2**31:
        total = Fixed(min(given.low * count, 0), max(given.high * count, 0))
        return Sums(total.narrowest(NARROW) or "int32", made, counted=True)
    if made is None or weights is None:
        return Sums(compute)
    if taps.count == 1:
        return Sums(compute, made)
    columns = _range(weights[0].values, given)
    least, most = min(columns.low, made.low), max(columns.high, made.high)
    dtype = Fixed(least, most).narrowest(NARROW)
    if dtype is None:
        return Sums(compute, made)
    return Sums(dtype, made, tuple(each.fraction for each in weights))


@dataclass(frozen=True, eq=False)
class _Weights:
    """Weights that are integers times ``2**-fraction``."""

    values: NDArray[np.int64]
    fraction: int


def _integers(taps: Taps, compute: str) -> tuple[_Weights, ...] | None:
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


def _scaled(weights: NDArray[np.float64], compute: str) -> _Weights | None:
    """Return weights, as they are in the type of the arithmetic, as integers, one of them above 0."""
    found = fixed_point(weights.astype(compute).astype(np.float64))
    return _Weights(*found) if found is not None and (found[0] > 0).any() else None


def _response(weights: Sequence[_Weights], given: Fixed, compute: str) -> Fixed | None:
    """Return the sums of samples that are `given`, if floating point holds all that they are made of."""
    significand, total = np.finfo(compute).nmant + 1, given
    for each in weights:
        if total.size * int(np.abs(each.values).sum()) > 2**significand:
            return None
        total = _range(each.values, total, each.fraction)
    return total if total.fraction <= MOST_FRACTION else None


def _range(weights: NDArray[np.int64], given: Fixed, fraction: int = 0) -> Fixed:
    """Return the sums of samples that are `given` under integer weights."""
    up, down = int(weights[weights > 0].sum()), int(weights[weights < 0].sum())
    low, high = given.low * up + given.high * down, given.high * up + given.low * down
    return Fixed(low, high, given.fraction + fraction)
