"""Interval arithmetic: the proof of the value range that the plan prints.

An :class:`Interval` encloses every value a pixel can take; the operators and functions enclose every
result. The vocabulary is that of :mod:`convpipe.ops` expressions, so that one expression is evaluated
here on ranges, by the emitters in machine code and by the tests in float64.

Source: R. E. Moore, "Interval Analysis", 1966.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """All numbers from `low` to `high`, both included.

    Examples
    --------
    >>> Interval(0, 255) * -2 + 1
    Interval(low=-509, high=1.0)
    """

    low: float
    high: float

    def __add__(self, other: Interval | float) -> Interval:
        other = _interval(other)
        return Interval(self.low + other.low, self.high + other.high)

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __sub__(self, other: Interval | float) -> Interval:
        return self + -_interval(other)

    def __rsub__(self, other: float) -> Interval:
        return _interval(other) - self

    def __mul__(self, other: Interval | float) -> Interval:
        other = _interval(other)
        products = [_product(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(products), max(products))

    def __truediv__(self, other: Interval | float) -> Interval:
        other = _interval(other)
        if other.low <= 0 <= other.high:
            return UNBOUNDED
        quotients = [a / b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(quotients), max(quotients))

    def __rtruediv__(self, other: float) -> Interval:
        return _interval(other) / self

    __radd__, __rmul__ = __add__, __mul__

    # Comparisons feed `where` alone, and `where` joins both branches whatever they answer.
    def __gt__(self, other: Interval | float) -> bool:
        return True

    __lt__ = __ge__ = __le__ = __gt__

    def join(self, other: Interval) -> Interval:
        """Return the smallest interval that holds both."""
        return Interval(min(self.low, other.low), max(self.high, other.high))

    def within(self, other: Interval) -> bool:
        """Tell whether every value of this interval lies in `other`."""
        return other.low <= self.low and self.high <= other.high


UNBOUNDED = Interval(-math.inf, math.inf)


def _interval(value: Interval | float) -> Interval:
    return value if isinstance(value, Interval) else Interval(value, value)


def _product(a: float, b: float) -> float:
    # 0 * inf is nan in floating point; here an unbounded value times a weight of zero is zero.
    return 0.0 if a == 0 or b == 0 else a * b


def _monotone(function: Callable[[float], float]) -> Callable[[Interval | float], Interval]:
    def apply(x: Interval | float) -> Interval:
        x = _interval(x)
        return Interval(function(x.low), function(x.high))

    return apply


def _sqrt(x: float) -> float:
    return math.sqrt(max(x, 0.0))


def _exp(x: float) -> float:
    return math.exp(x) if x < 700 else math.inf


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf


def _absolute(x: Interval | float) -> Interval:
    x = _interval(x)
    low = 0.0 if x.low <= 0 <= x.high else min(abs(x.low), abs(x.high))
    return Interval(low, max(abs(x.low), abs(x.high)))


def _square(x: Interval | float) -> Interval:
    size = _absolute(x)
    return Interval(_product(size.low, size.low), _product(size.high, size.high))


def _power(x: Interval | float, exponent: Interval | float) -> Interval:
    x, exponent = _interval(x), _interval(exponent)
    if x.low < 0 or exponent.low != exponent.high:
        return UNBOUNDED
    ends = (_pow(x.low, exponent.low), _pow(x.high, exponent.low))
    return Interval(min(ends), max(ends))


def _pow(x: float, exponent: float) -> float:
    try:
        return float(x**exponent)
    except (OverflowError, ZeroDivisionError):  # Python raises where floating point has infinity
        return math.inf


def _minimum(a: Interval | float, b: Interval | float) -> Interval:
    a, b = _interval(a), _interval(b)
    return Interval(min(a.low, b.low), min(a.high, b.high))


def _maximum(a: Interval | float, b: Interval | float) -> Interval:
    a, b = _interval(a), _interval(b)
    return Interval(max(a.low, b.low), max(a.high, b.high))


def _where(condition: bool, a: Interval | float, b: Interval | float) -> Interval:
    return _interval(a).join(_interval(b))


FUNCTIONS: dict[str, Callable[..., Interval]] = {
    "sqrt": _monotone(_sqrt),
    "exp": _monotone(_exp),
    "log": _monotone(_log),
    "abs": _absolute,
    "square": _square,
    "power": _power,
    "minimum": _minimum,
    "maximum": _maximum,
    "where": _where,
}
"""The functions an expression may call, on intervals; each backend has its own table of the same names."""
