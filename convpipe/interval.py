"""Interval arithmetic: the proof of the value range that the plan prints.

An :class:`Interval` encloses every value a pixel can take; the operators and functions enclose every
result. The functions are those of :mod:`convpipe.expression`, so that one expression is evaluated
here on ranges, by the emitters in machine code and by the tests in float64.

Bounds are those of exact arithmetic; floating point adds its relative error, :data:`ROUNDING` at most. Where
a value that is off by so much could take another branch, or cross zero, both are enclosed.

Source: R. E. Moore, "Interval Analysis", 1966.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import field

from convpipe.dataclass import dataclass

ROUNDING = 2.0**-12
"""More than rounding can move a value, relative to the largest of its range: a sum of 4,000 float32 terms."""

LARGEST = (2 - 2**-23) * 2.0**127
"""Largest float32. A bound beyond it is infinite, as the value would be."""

LARGEST_ANGLE = 2.0**40
"""Largest size, in radians, of what has a sine and a cosine: that of more is NaN."""


@dataclass(frozen=True)
class Interval:
    """All numbers from `low` to `high`, both included.

    Parameters
    ----------
    low, high : float
        An infinite bound is a value that occurs: a number that passes :data:`LARGEST`.
    nan : bool
        Whether NaN can occur beside them, as in a root of what can be negative.

    Examples
    --------
    >>> Interval(0, 255) * -2 + 1
    Interval(low=-509, high=1.0)
    >>> Interval(-1, 1) / Interval(0, 1)
    Interval(low=-inf, high=inf)
    """

    low: float
    high: float
    nan: bool = field(default=False, repr=False)

    def __post_init__(self) -> None:
        if self.high > LARGEST or self.low < -LARGEST:
            object.__setattr__(self, "low", -math.inf if self.low < -LARGEST else min(self.low, LARGEST))
            object.__setattr__(self, "high", math.inf if self.high > LARGEST else max(self.high, -LARGEST))

    def __str__(self) -> str:
        """Return the bounds for a person: integers in full.

        Examples
        --------
        >>> print(Interval(-0.0, 65535.0), Interval(-1 / 3, math.inf), sep="; ")
        0 to 65535; -0.33333 to inf
        """
        return f"{_bound(self.low)} to {_bound(self.high)}"

    def __add__(self, other: Interval | float) -> Interval:
        other = _interval(other)
        cancels = math.inf in (self.high, other.high) and -math.inf in (self.low, other.low)
        return Interval(self.low + other.low, self.high + other.high, self.nan or other.nan or cancels)

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low, self.nan)

    def __sub__(self, other: Interval | float) -> Interval:
        return self + -_interval(other)

    def __rsub__(self, other: float) -> Interval:
        return _interval(other) - self

    def __mul__(self, other: Interval | float) -> Interval:
        other = _interval(other)
        products = [_product(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        nan = (other.crosses_zero and not self.bounded) or (self.crosses_zero and not other.bounded)
        return Interval(min(products), max(products), self.nan or other.nan or nan)

    def __truediv__(self, other: Interval | float) -> Interval:
        other = _interval(other)
        nan = self.nan or other.nan or not (self.bounded or other.bounded)
        if other.crosses_zero:
            return Interval(-math.inf, math.inf, nan or self.crosses_zero)
        quotients = [_quotient(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(quotients), max(quotients), nan)

    def __rtruediv__(self, other: float) -> Interval:
        return _interval(other) / self

    __radd__, __rmul__ = __add__, __mul__

    @property
    def bounded(self) -> bool:
        """Tell whether no value is infinite."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def slack(self) -> float:
        """How far rounding can move a value that is finite."""
        return ROUNDING * max((abs(end) for end in (self.low, self.high) if math.isfinite(end)), default=0.0)

    @property
    def crosses_zero(self) -> bool:
        """Tell whether 0 can occur, by rounding too."""
        return self.low <= self._margin and self.high >= -self._margin

    @property
    def _margin(self) -> float:
        # One number is a constant, which nothing moves; what is below the least float32 is 0.
        return max(0.0 if self.low == self.high else self.slack, 2.0**-149)

    def join(self, other: Interval) -> Interval:
        """Return the smallest interval that holds both."""
        return Interval(min(self.low, other.low), max(self.high, other.high), self.nan or other.nan)

    def within(self, other: Interval) -> bool:
        """Tell whether every number of this interval lies in `other`."""
        return other.low <= self.low and self.high <= other.high


UNBOUNDED = Interval(-math.inf, math.inf, nan=True)
"""All that a floating-point type can hold."""


_IN_FULL = 1e12
"""Integers below are written with all their digits."""


def _bound(value: float) -> str:
    near = math.isfinite(value) and abs(value - round(value)) <= 1e-6 * abs(value)
    return str(round(value)) if near and abs(value) < _IN_FULL else f"{value:.5g}"


def _interval(value: Interval | float) -> Interval:
    return value if isinstance(value, Interval) else Interval(value, value)


def _product(a: float, b: float) -> float:
    # 0 * inf is NaN, which an interval holds apart; the product of numbers near them can be 0.
    return 0.0 if a == 0 or b == 0 else a * b


def _quotient(a: float, b: float) -> float:
    return math.copysign(0.0, a) if math.isinf(b) else a / b


def _sqrt(x: Interval) -> Interval:
    return Interval(math.sqrt(max(x.low, 0.0)), math.sqrt(max(x.high, 0.0)), x.nan or x.low < x.slack)


def _exp(x: Interval) -> Interval:
    low, high = (math.exp(end) if end < 700 else math.inf for end in (x.low, x.high))
    return Interval(low, high, x.nan)


def _log(x: Interval) -> Interval:
    near = x.low <= x.slack
    low, high = (math.log(end) if end > 0 else -math.inf for end in (0.0 if near else x.low, x.high))
    return Interval(low, high, x.nan or near)


def _absolute(x: Interval) -> Interval:
    low = 0.0 if x.low <= 0 <= x.high else min(abs(x.low), abs(x.high))
    return Interval(low, max(abs(x.low), abs(x.high)), x.nan)


def _square(x: Interval) -> Interval:
    size = _absolute(x)
    return Interval(_product(size.low, size.low), _product(size.high, size.high), x.nan)


def _floor(x: Interval) -> Interval:
    low, high = (math.floor(end) if math.isfinite(end) else end for end in _reached(x))
    return Interval(low, high, x.nan)


def _round(x: Interval) -> Interval:
    low, high = (round(end) if math.isfinite(end) else end for end in _reached(x))
    return Interval(low, high, x.nan)


def _reached(x: Interval) -> tuple[float, float]:
    """Return the ends that rounding can reach, beyond which a little is one more of what is made whole."""
    slack = 0.0 if x.low == x.high else x.slack
    return x.low - slack, x.high + slack


def _sin(x: Interval) -> Interval:
    low, high = _reached(x)
    nan = x.nan or low < -LARGEST_ANGLE or high > LARGEST_ANGLE
    if nan or high - low >= 2 * math.pi:
        return Interval(-1.0, 1.0, nan)
    ends = sorted(map(math.sin, (low, high)))
    # A crest stands a quarter of a turn after each whole turn, a trough as far before it.
    crest, trough = (
        math.floor(high / (2 * math.pi) - at) > math.floor(low / (2 * math.pi) - at) for at in (0.25, -0.25)
    )
    return Interval(-1.0 if trough else ends[0], 1.0 if crest else ends[1], nan)


def _cos(x: Interval) -> Interval:
    found = _sin(x + math.pi / 2)
    return Interval(found.low, found.high, found.nan or x.nan)


def _arctan2(y: Interval, x: Interval) -> Interval:
    nan = x.nan or y.nan
    if x.low <= x.slack:  # it jumps from one half turn to the other
        return Interval(-math.pi, math.pi, nan)
    corners = [math.atan2(a, b) for a in (y.low, y.high) for b in (x.low, x.high)]
    return Interval(min(corners), max(corners), nan)


def _power(x: Interval, exponent: Interval) -> Interval:
    nan = x.nan or exponent.nan
    if exponent.low == exponent.high and exponent.low >= 0:
        return _to_the(x, exponent.low, nan)
    if x.low <= x.slack or not (x.bounded and exponent.bounded):
        return UNBOUNDED
    corners = [_pow(a, b) for a in (x.low, x.high) for b in (exponent.low, exponent.high)]
    return Interval(min(corners), max(corners), nan)


def _to_the(x: Interval, exponent: float, nan: bool) -> Interval:
    """Enclose `x` to the power of a constant of at least 0."""
    if float(exponent).is_integer():
        x = _absolute(x) if exponent % 2 == 0 else x
    elif x.low < x.slack:  # a root of what is negative is NaN
        x, nan = Interval(max(x.low, 0.0), max(x.high, 0.0)), True
    return Interval(_pow(x.low, exponent), _pow(x.high, exponent), nan)


def _pow(x: float, exponent: float) -> float:
    try:
        return float(x**exponent)
    except OverflowError:  # Python raises where floating point has infinity
        return math.copysign(math.inf, x)  # only odd powers are asked of what is negative


def _minimum(a: Interval, b: Interval) -> Interval:
    return Interval(min(a.low, b.low), min(a.high, b.high), a.nan or b.nan)


def _maximum(a: Interval, b: Interval) -> Interval:
    return Interval(max(a.low, b.low), max(a.high, b.high), a.nan or b.nan)


def _where(condition: Interval, a: Interval, b: Interval) -> Interval:
    if condition.low == condition.high:
        return a if condition.low else b
    return a.join(b)


# A comparison encloses 1 (it holds) and 0 (it does not): [1, 1], [0, 0], or [0, 1] where both can be.


def _greater(a: Interval, b: Interval) -> Interval:
    """Enclose ``a > b``, and ``a >= b`` just as well, as ends that meet are not decided."""
    always = a.low > b.high + _between(a, b) and not (a.nan or b.nan)
    never = a.high < b.low - _between(a, b)
    return Interval(float(always), float(not never))


def _less(a: Interval, b: Interval) -> Interval:
    return _greater(b, a)


def _equal(a: Interval, b: Interval) -> Interval:
    apart = max(a.low - b.high, b.low - a.high) > _between(a, b)
    return Interval(0.0, float(not apart))


def _not_equal(a: Interval, b: Interval) -> Interval:
    return 1 - _equal(a, b)


def _between(a: Interval, b: Interval) -> float:
    return max(a.slack, b.slack)


FUNCTIONS: dict[str, Callable[..., Interval]] = {
    "sqrt": _sqrt,
    "exp": _exp,
    "log": _log,
    "abs": _absolute,
    "square": _square,
    "floor": _floor,
    "round": _round,
    "sin": _sin,
    "cos": _cos,
    "power": _power,
    "arctan2": _arctan2,
    "minimum": _minimum,
    "maximum": _maximum,
    "where": _where,
    "greater": _greater,
    "greater_equal": _greater,
    "less": _less,
    "less_equal": _less,
    "equal": _equal,
    "not_equal": _not_equal,
}
"""The functions and comparisons of :mod:`convpipe.expression` on intervals; each backend has its own."""
