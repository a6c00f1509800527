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
from typing import Any

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.geometry import Border
from convpipe.ops import Cast, Op, Rank, Stencil, Taps, Window, is_integer, stored
from convpipe.plan.fixed import Fixed, integers_of, response_of, sums_under

NARROW = ("int16", "uint16")
"""The types that weighted sums gain by; 32 bits hold as many lanes as float32."""

KEPT = ("uint8", "int8", *NARROW)
"""The types that rows between two levels gain by."""

LEAST_WEIGHT = 2.0**-40
"""Weights from this size on, and products of two of them, can make up for fraction bits within the exponents
of float32."""


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
        >>> from convpipe.plan.fixed import samples_of
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
    >>> from convpipe.plan.fixed import samples_of
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


def kept(made: Fixed | None, readers: Sequence[Sequence[Op]], compute: str) -> str | None:
    """Return the type of integers in which rows between two levels can be kept; None if they cannot.

    Parameters
    ----------
    made : Fixed or None
        What the rows hold.
    readers : sequence of sequence of Op
        The ops of the nodes that read them.
    compute : str
        Type of the arithmetic.
    """
    dtype = None if made is None else made.narrowest(KEPT)
    if made is None or dtype is None:
        return None
    return dtype if all(_reads(ops, made, dtype, compute) for ops in readers) else None


def _reads(ops: Sequence[Op], made: Fixed, dtype: str, compute: str) -> bool:
    """Tell whether a node can read rows of integers, whose fraction bits its weights make up for."""
    window = ops[0]
    if isinstance(window, Window):
        held = _with_border(window, made)
        if held is None or held.narrowest([dtype]) is None:
            return False
    if not isinstance(window, Stencil) or window.keep_alpha:
        return made.fraction == 0
    parts = [part for taps in window.banks for part in taps.summed(compute)]
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
    weights = integers_of(taps, compute)
    made = None if weights is None else response_of(weights, given, compute)
    count = math.prod(taps.extent)
    if image and count > 1 and taps.uniform and given.size * count < 2**31:
        total = Fixed(min(given.low * count, 0), max(given.high * count, 0))
        return Sums(total.narrowest(NARROW) or "int32", made, counted=True)
    if made is None or weights is None:
        return Sums(compute)
    if taps.count == 1:
        return Sums(compute, made)
    columns = sums_under(weights[0].values, given)
    least, most = min(columns.low, made.low), max(columns.high, made.high)
    dtype = Fixed(least, most).narrowest(NARROW)
    if dtype is None:
        return Sums(compute, made)
    return Sums(dtype, made, tuple(each.fraction for each in weights))
