"""Fused multiply-adds in NumPy, rounded once: what the arithmetic of the compiled loops is defined by.

Source: S. Boldo and G. Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using
rounding to odd", IEEE Transactions on Computers 57(4), 2008.
"""

import math
import struct

import numpy as np


def fma(a, b, c):
    """Return a * b + c, rounded once; arrays of one floating-point type, float32 or float64."""
    a, b, c = np.broadcast_arrays(a, b, c)
    with np.errstate(all="ignore"):
        return _of_float32(a, b, c) if a.dtype == np.float32 else _of_float64(a, b, c)


def fma_of_floats(a, b, c):
    """Return the same of three float32, as a float that rounds to it."""
    exact, c = float(a) * float(b), float(c)
    total = exact + c
    part = total - exact
    lacks = (exact - (total - part)) + (c - part)
    if lacks and math.isfinite(lacks) and struct.unpack("q", struct.pack("d", total))[0] % 2 == 0:
        total = math.nextafter(total, math.copysign(math.inf, lacks))
    return total


def _of_float32(a, b, c):
    """A product of two float32 is exact in float64; a sum rounded to odd there rounds right once more."""
    exact, c = a.astype(np.float64) * b.astype(np.float64), c.astype(np.float64)
    return _odd_sum(exact, c).astype(np.float32)


def _of_float64(a, b, c):
    high, low = _two_product(a, b)
    middle, lowest = _two_sum(c, low)
    top, rest = _two_sum(high, middle)
    result = top + _odd_sum(rest, lowest)
    return np.where(np.isfinite(high) & np.isfinite(c), result, a * b + c)


def _two_sum(a, b):
    """Return the rounded sum and what it lacks (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _two_product(a, b):
    """Return the rounded product and what it lacks (Dekker, with Veltkamp's splitting)."""
    product = a * b
    halves = []
    for x in (a, b):
        big = x * 134217729.0
        top = big - (big - x)
        halves.append((top, x - top))
    (a_high, a_low), (b_high, b_low) = halves
    return product, a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)


def _odd_sum(a, b):
    """Return a + b in float64, rounded to the neighbour whose last bit is 1 where it is not exact."""
    total, lacks = _two_sum(a, b)
    bits = total.view(np.int64)
    inexact = np.isfinite(total) & (lacks != 0) & (bits & 1 == 0)
    # One step towards what is lacking: away from zero where both have one sign.
    away = (lacks > 0) == (total > 0)
    return np.where(inexact, bits + np.where(away, 1, -1), bits).view(np.float64)
