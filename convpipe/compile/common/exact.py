"""Fused multiply-adds of single numbers, without a compiler.

Source: S. Boldo and G. Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using
rounding to odd", IEEE Transactions on Computers 57(4), 2008.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from fractions import Fraction

import numpy as np


def fma(a: float, b: float, c: float, compute: str) -> float:
    """Return ``a * b + c``, rounded once to the type `compute`, of which the three are numbers.

    Examples
    --------
    >>> fma(3.0, 2.0**-12, 2.0**12, "float32") - 2.0**12, fma(1 + 2.0**-52, 1 + 2.0**-52, -1.0, "float64")
    (0.0009765625, 4.440892098500626e-16)
    """
    if not all(map(math.isfinite, (a, b, c))) or a * b == 0:
        return a * b + c  # nothing is rounded, and signs of 0 count
    if compute == "float64":
        return float(Fraction(a) * Fraction(b) + Fraction(c)) or a * b + c
    product = a * b  # of two float32 it is exact
    total = product + c
    part = total - product
    lacks = (product - (total - part)) + (c - part)
    if lacks and struct.unpack("q", struct.pack("d", total))[0] % 2 == 0:  # to odd: it rounds right once more
        total = math.nextafter(total, math.copysign(math.inf, lacks))
    with np.errstate(over="ignore"):
        return float(np.float32(total))


def dot_of(weights: Sequence[float], sample: float, compute: str, before: float | None = None) -> float:
    """Return the sum of products of `weights` with equal samples: fused multiply-adds, each rounded once.

    Parameters
    ----------
    weights : sequence of float
    sample : float
    compute : str
        Type of the arithmetic, which weights, sample and sums are rounded to.
    before : float, optional
        What they are summed onto.

    Examples
    --------
    >>> dot_of([0.1, 0.2], 10.0, "float64"), dot_of([0.1, 0.2], 10.0, "float32")
    (3.0, 3.0)
    """
    kind = np.dtype(compute).type
    products = [float(kind(weight)) for weight in weights]
    value = float(kind(sample))
    total = float(kind(products.pop(0) * value)) if before is None else before
    for weight in products:
        total = fma(weight, value, total, compute)
    return total
