"""Elementary functions on scalars: plain Python, compiled by every backend to the same bits.

They are made of products, sums and fused multiply-adds of float64 alone, each of which rounds in one way
everywhere; no product stands in a sum that is not written as such, unless it is exact. Sines are off by at
most 2^-52, angles by 2^-50, exponentials and logarithms by 2^-51 of their size; of pixels that are float32
they are then rounded to that.

Source of the polynomials: Sun Microsystems, fdlibm 5.3 (k_sin.c, k_cos.c, s_atan.c, e_log.c), 1993; that of
the exponential is Taylor's.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from convpipe.interval import LARGEST_ANGLE

NAMES = ("sin", "cos", "arctan2", "exp", "log")
"""What is computed in float64, whatever its arguments are."""

_ZERO, _ONE, _TWO, _HALF, _NAN, _INF = map(np.float64, (0.0, 1.0, 2.0, 0.5, np.nan, np.inf))
_ROUND = np.float64(1.5 * 2**52)  # added and taken away, it leaves a whole number, of two the even one
_LIMIT = np.float64(LARGEST_ANGLE)

_TURNS = np.float64(2 / np.pi)
_QUARTER = tuple(map(np.float64, (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33)))
"""A quarter of a turn as a sum of three numbers."""

_SINE = tuple(map(np.float64, (
    -1.66666666666666324348e-01, 8.33333333332248946124e-03, -1.98412698298579493134e-04,
    2.75573137070700676789e-06, -2.50507602534068634195e-08, 1.58969099521155010221e-10,
)))  # fmt: skip
_COSINE = tuple(map(np.float64, (
    4.16666666666666019037e-02, -1.38888888888741095749e-03, 2.48015872894767294178e-05,
    -2.75573143513906633035e-07, 2.08757232129817482790e-09, -1.13596475577881948265e-11,
)))  # fmt: skip
_ARCTANGENT = tuple(map(np.float64, (
    3.33333333333329318027e-01, -1.99999999998764832476e-01, 1.42857142725034663711e-01,
    -1.11111104054623557880e-01, 9.09088713343650656196e-02, -7.69187620504482999495e-02,
    6.66107313738753120669e-02, -5.83357013379057348645e-02, 4.97687799461593236017e-02,
    -3.65315727442169155270e-02, 1.62858201153657823623e-02,
)))  # fmt: skip
_EIGHTH = np.float64(np.tan(np.pi / 8))
_LOGARITHM = tuple(map(np.float64, (
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
    1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860510658591e-01,
)))  # fmt: skip
_TAYLOR = tuple(np.float64(1 / math.factorial(n)) for n in range(14))
_DOUBLINGS = np.float64(math.log2(math.e))
_LN2 = tuple(map(np.float64, (6.93147180369123816490e-01, 1.90821492927058770002e-10)))
"""The logarithm of 2 as a sum of two numbers, the first with so few digits that its multiples are exact."""
_EXPONENTS = tuple(map(np.float64, (-760.0, 720.0)))
"""What is beyond has an exponential of 0, and of infinity, as these have."""
_ROUND_BITS, _ROOT_BITS = (int(np.float64(x).view(np.int64)) for x in (_ROUND, math.sqrt(0.5)))
_TINY, _RAISED, _RAISES = np.float64(2.0**-1000), np.float64(2.0**200), np.float64(200)
_ANGLES = tuple(map(np.float64, (np.pi / 4, np.pi / 2, np.pi)))


def angles(inline: Callable[..., Any], dot_onto: Callable[..., Any]) -> tuple[Any, Any, Any]:
    """Return `sin`, `cos` and `arctan2`, compiled by `inline` with a backend's fused multiply-add.

    Zeros have no sign, and a sine of what is larger than :data:`convpipe.interval.LARGEST_ANGLE` is NaN.
    """
    s1, s2, s3, s4, s5, s6 = _SINE
    c1, c2, c3, c4, c5, c6 = _COSINE
    a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11 = _ARCTANGENT
    first, second, third = _QUARTER
    eighth_turn, quarter_turn, half_turn = _ANGLES

    @inline
    def turned(given, quarters):
        # The sine of so many quarters of a turn more than what is given.
        x = np.float64(given)
        count = dot_onto(_ROUND, x, _TURNS) - _ROUND
        rest = dot_onto(dot_onto(dot_onto(x, count, -first), count, -second), count, -third)
        z = rest * rest
        p = dot_onto(s2, z, dot_onto(s3, z, dot_onto(s4, z, dot_onto(s5, z, s6))))
        sine = dot_onto(rest, rest * z, dot_onto(s1, z, p))
        q = dot_onto(c2, z, dot_onto(c3, z, dot_onto(c4, z, dot_onto(c5, z, c6))))
        cosine = dot_onto(dot_onto(_ONE, z, -_HALF), z * z, dot_onto(c1, z, q))
        count = count + quarters
        odd = abs(count - ((count * _HALF + _ROUND) - _ROUND) - ((count * _HALF + _ROUND) - _ROUND))
        halves = (count - odd) * _HALF
        flips = halves - ((halves * _HALF + _ROUND) - _ROUND) - ((halves * _HALF + _ROUND) - _ROUND)
        found = cosine if odd != _ZERO else sine
        found = -found if flips != _ZERO else found
        return found if abs(x) <= _LIMIT else _NAN

    @inline
    def sin(x):
        return turned(x, _ZERO)

    @inline
    def cos(x):
        return turned(x, _ONE)

    @inline
    def arctan2(rise, run):
        y, x = np.float64(rise), np.float64(run)
        high, wide = abs(y), abs(x)
        large, small = (wide, high) if wide > high else (high, wide)
        alike = large == small  # both may be infinite
        ratio = (_ONE if alike and large > _ZERO else small) / (_ONE if alike else large)
        steep = ratio > _EIGHTH
        t = (ratio - _ONE) / (ratio + _ONE) if steep else ratio
        z = t * t
        p = dot_onto(a7, z, dot_onto(a8, z, dot_onto(a9, z, dot_onto(a10, z, a11))))
        p = dot_onto(a2, z, dot_onto(a3, z, dot_onto(a4, z, dot_onto(a5, z, dot_onto(a6, z, p)))))
        angle = dot_onto(t, -t, z * dot_onto(a1, z, p))
        angle = eighth_turn + angle if steep else angle
        angle = quarter_turn - angle if high > wide else angle
        angle = half_turn - angle if x < _ZERO else angle
        angle = -angle if y < _ZERO else angle
        return angle if x == x and y == y else _NAN

    return sin, cos, arctan2


def exponentials(
    inline: Callable[..., Any],
    dot_onto: Callable[..., Any],
    bits: Callable[..., Any],
    number: Callable[..., Any],
) -> tuple[Any, Any]:
    """Return `exp` and `log`, compiled by `inline` with a backend's multiply-add and bits of numbers."""
    p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13 = _TAYLOR
    g1, g2, g3, g4, g5, g6, g7 = _LOGARITHM
    ln2, rest_of_ln2 = _LN2
    least, most = _EXPONENTS

    @inline
    def exp(given):
        x = np.float64(given)
        x = most if x > most else x
        x = least if x < least else x
        shifted = dot_onto(_ROUND, x, _DOUBLINGS)
        count = shifted - _ROUND
        r = dot_onto(dot_onto(x, count, -ln2), count, -rest_of_ln2)
        p = dot_onto(p9, r, dot_onto(p10, r, dot_onto(p11, r, dot_onto(p12, r, p13))))
        p = dot_onto(p4, r, dot_onto(p5, r, dot_onto(p6, r, dot_onto(p7, r, dot_onto(p8, r, p)))))
        p = dot_onto(p0, r, dot_onto(p1, r, dot_onto(p2, r, dot_onto(p3, r, p))))
        # Two factors, as the power of two alone may be no number.
        doublings = bits(shifted) - _ROUND_BITS
        first = doublings >> 1
        return p * number((first + 1023) << 52) * number((doublings - first + 1023) << 52)

    @inline
    def log(given):
        x = np.float64(given)
        raised = x * _RAISED if x < _TINY else x
        held = bits(raised)
        doublings = (held - _ROOT_BITS) >> 52
        count = (number(doublings + _ROUND_BITS) - _ROUND) - (_RAISES if x < _TINY else _ZERO)
        f = number(held - (doublings << 52)) - _ONE
        s = f / (_TWO + f)
        z = s * s
        p = dot_onto(
            g1, z, dot_onto(g2, z, dot_onto(g3, z, dot_onto(g4, z, dot_onto(g5, z, dot_onto(g6, z, g7)))))
        )
        half = f * f * _HALF
        part = dot_onto(count * rest_of_ln2, s, dot_onto(half, z, p))
        found = dot_onto(f - (half - part), count, ln2)
        found = found if x > _ZERO else (-_INF if x == _ZERO else _NAN)
        return x if x == _INF else found

    return exp, log
