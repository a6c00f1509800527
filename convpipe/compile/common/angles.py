"""Sines, cosines and angles on scalars: plain Python, compiled by every backend to the same bits.

They are made of products, sums and fused multiply-adds of float64 alone, each of which rounds in one way
everywhere. Their results are off by at most 2^-52; of pixels that are float32 they are then rounded to that.

Source of the polynomials: Sun Microsystems, fdlibm 5.3 (k_sin.c, k_cos.c, s_atan.c), 1993.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from convpipe.interval import LARGEST_ANGLE

NAMES = ("sin", "cos", "arctan2")
"""What is computed in float64, whatever its arguments are."""

_ZERO, _ONE, _HALF, _NAN = map(np.float64, (0.0, 1.0, 0.5, np.nan))
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
