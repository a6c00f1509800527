"""Interval arithmetic against bounds written out; that every value is enclosed is test_expression's."""

import math

import numpy as np
import pytest

from convpipe.interval import FUNCTIONS, LARGEST, Interval
from convpipe.ops import Map

A, B, ABOVE, ZERO = Interval(-2, 3), Interval(4, 8), Interval(0.5, 2), Interval(0, 0)
NEAR, BEYOND = Interval(1, 4096), Interval(1.5, 4096)
ENDLESS = Interval(4, math.inf)


def call(name, *given):
    return FUNCTIONS[name](*given)


CASES = [
    (A + B, (2, 11)),
    (A + 1, (-1, 4)),
    (1 + A, (-1, 4)),
    (A - B, (-10, -1)),
    (1 - A, (-2, 3)),
    (-A, (-3, 2)),
    (A * B, (-16, 24)),
    (A * -2, (-6, 4)),
    (A * A, (-6, 9)),
    (A / B, (-0.5, 0.75)),
    (B / A, (-math.inf, math.inf)),
    (8 / B, (1, 2)),
    (A * ZERO, (0, 0)),
    (call("abs", A), (0, 3)),
    (call("abs", -B), (4, 8)),
    (call("abs", ABOVE), (0.5, 2)),
    (call("abs", Interval(-3, 0.5)), (0, 3)),
    (call("square", A), (0, 9)),
    (call("square", -B), (16, 64)),
    (call("floor", Interval(-2.5, 2.5)), (-3, 2)),
    (call("round", Interval(-2.5, 1.75)), (-3, 2)),  # rounding reaches -2.5000001
    (call("round", Interval(2.5, 2.5)), (2, 2)),
    (call("floor", Interval(-math.inf, 7.5)), (-math.inf, 7)),
    (call("sqrt", B), (2, math.sqrt(8))),
    (call("sqrt", A), (0, math.sqrt(3))),
    (call("sqrt", Interval(0.25, 0.81)), (0.5, 0.9)),
    (call("exp", A), (math.exp(-2), math.exp(3))),
    (call("exp", Interval(0, 1000)), (1, math.inf)),
    (call("log", B), (math.log(4), math.log(8))),
    (call("log", A), (-math.inf, math.log(3))),
    (call("minimum", A, ABOVE), (-2, 2)),
    (call("maximum", A, ABOVE), (0.5, 3)),
    (call("power", B, Interval(2, 2)), (16, 64)),
    (call("power", B, Interval(-1, 0.5)), (0.125, math.sqrt(8))),
    (call("power", A, Interval(3, 3)), (-8, 27)),
    (Map("power(r, 2)").range({"r": A}), (0, 9)),
    (call("where", Interval(0, 1), A, B), (-2, 8)),
    (call("greater", A, B), (0, 0)),
    (call("greater", B, A), (1, 1)),
    (call("greater", A, ABOVE), (0, 1)),
    (call("less", A, B), (1, 1)),
    (call("equal", A, B), (0, 0)),
    (call("equal", A, ABOVE), (0, 1)),
    (call("not_equal", A, B), (1, 1)),
    (call("not_equal", A, ABOVE), (0, 1)),
    (call("log", Interval(0.25, 0.5)), (math.log(0.25), math.log(0.5))),
    (A.join(B), (-2, 8)),
    (B.join(A), (-2, 8)),
    # What passes the largest float is infinite, of its own sign.
    (call("power", Interval(-1e38, 1e38), Interval(9, 9)), (-math.inf, math.inf)),
    (call("power", Interval(-1e38, 2), Interval(9, 9)), (-math.inf, 512)),
    (call("power", Interval(-1e38, 2), Interval(10, 10)), (0, math.inf)),
    (call("power", Interval(2, 1e38), Interval(9.5, 9.5)), (2**9.5, math.inf)),
    (Interval(1, math.inf) / Interval(2, math.inf), (0, math.inf)),
    (call("power", Interval(-9, 4), Interval(0.5, 0.5)), (0, 2)),
    (call("power", Interval(-9, -4), Interval(0.5, 0.5)), (0, 0)),
    (call("power", A, Interval(0, 0)), (1, 1)),
    (call("power", Interval(0, 2), Interval(-1, 1)), (-math.inf, math.inf)),
    (call("where", Interval(1, 1), A, B), (-2, 3)),
    (call("where", ZERO, A, B), (4, 8)),
    # Rounding moves what lies in NEAR by 1 at most: to its neighbour, and no further.
    (call("log", NEAR), (-math.inf, math.log(4096))),
    (call("log", BEYOND), (math.log(1.5), math.log(4096))),
    (8 / NEAR, (-math.inf, math.inf)),
    (8 / BEYOND, (8 / 4096, 8 / 1.5)),
    (8 / -NEAR, (-math.inf, math.inf)),
    (8 / -BEYOND, (-8 / 1.5, -8 / 4096)),
    (call("greater", NEAR, ZERO), (0, 1)),
    (call("greater", BEYOND, ZERO), (1, 1)),
    (call("greater_equal", ZERO, NEAR), (0, 1)),
    (call("greater_equal", ZERO, BEYOND), (0, 0)),
    (call("less", ZERO, NEAR), (0, 1)),
    (call("less_equal", NEAR, ZERO), (0, 1)),
    (call("equal", NEAR, ZERO), (0, 1)),
    (call("equal", ZERO, NEAR), (0, 1)),
    (call("equal", BEYOND, ZERO), (0, 0)),
    (call("not_equal", ZERO, BEYOND), (1, 1)),
    (call("greater", BEYOND, call("sqrt", -B)), (0, 1)),  # NaN is greater than nothing
    (call("greater", call("sqrt", A) + 4, Interval(-9, -8)), (0, 1)),
    # A constant is what it is; below the least float32 it is 0.
    (8 / Interval(1e-9, 1e-9), (8e9, 8e9)),
    (8 / Interval(1e-46, 1e-46), (-math.inf, math.inf)),
    (8 / Interval(-1e-46, -1e-46), (-math.inf, math.inf)),
    (8 / Interval(1e-45, 1e-45), (-math.inf, math.inf)),  # the least is 2**-149, or 1.4e-45
    (1e-9 / Interval(2**-140, 2**-140), (1e-9 * 2**140, 1e-9 * 2**140)),
]


@pytest.mark.parametrize(("got", "want"), CASES, ids=str)
def test_bounds(got, want):
    assert (got.low, got.high) == pytest.approx(want)


@pytest.mark.parametrize(
    ("got", "nan"),
    [
        (A + B, False),
        (Interval(0, math.inf) + Interval(-math.inf, 0), True),
        (Interval(0, math.inf) + Interval(0, math.inf), False),
        (call("sqrt", A), True),
        (call("sqrt", B), False),
        (call("log", A), True),
        (call("log", B), False),
        (-call("sqrt", A), True),
        (B - call("sqrt", A), True),
        (B * call("sqrt", A), True),
        (B.join(call("sqrt", A)), True),
        (call("sqrt", A).join(B), True),
        (call("sqrt", ZERO), False),
        (call("sqrt", NEAR), False),
        (call("sqrt", Interval(0.5, 4096)), True),
        (call("power", ZERO, Interval(0.5, 0.5)), False),
        (call("power", NEAR, Interval(0.5, 0.5)), False),
        (call("power", Interval(0.5, 4096), Interval(0.5, 0.5)), True),
        (call("power", A, Interval(3, 3)), False),
        (call("power", A, Interval(-1, -1)), True),
        (call("power", NEAR, Interval(-0.5, -0.5)), True),
        (call("power", BEYOND, Interval(-0.5, -0.5)), False),
        (call("power", ENDLESS, Interval(-0.5, 0.5)), True),
        (call("power", B, Interval(-1, math.inf)), True),
        (A * ENDLESS, True),
        (ENDLESS * A, True),
        (B * ENDLESS, False),
        (ENDLESS * B, False),
        (A / A, True),
        (B / A, False),
        (A / B, False),
        (ENDLESS / ENDLESS, True),
        (ENDLESS / B, False),
        (B / ENDLESS, False),
        (B / (call("sqrt", A) + 4), True),
        (ZERO / Interval(1e-46, 1e-46), True),
        (ZERO / Interval(1e-44, 1e-44), False),
        (call("exp", call("sqrt", A)), True),
        (call("exp", A), False),
        (call("abs", call("sqrt", A)), True),
        (call("square", call("sqrt", A)), True),
        (call("minimum", B, call("sqrt", A)), True),
        (call("minimum", call("sqrt", A), B), True),
        (call("maximum", B, call("sqrt", A)), True),
        (call("maximum", call("sqrt", A), B), True),
        (call("maximum", A, B), False),
        (call("minimum", A, B), False),
        (call("power", B, call("sqrt", A)), True),
        (call("log", call("sqrt", A) + 4), True),
    ],
    ids=str,
)
def test_what_can_be_nan(got, nan):
    assert got.nan == nan


def test_what_passes_float32_is_infinite():
    assert float(np.finfo(np.float32).max) == LARGEST
    assert Interval(-LARGEST, LARGEST) == Interval(-LARGEST, LARGEST) * 1
    beyond = Interval(-LARGEST, LARGEST) * (1 + 2**-20)
    assert (beyond.low, beyond.high) == (-math.inf, math.inf)
    below = -Interval(2 * LARGEST, 4 * LARGEST)
    assert (below.low, below.high) == (-math.inf, -LARGEST)
    above = Interval(0, LARGEST) + Interval(LARGEST, LARGEST)
    assert (above.low, above.high) == (LARGEST, math.inf)
    assert Interval(-LARGEST, math.inf).low == -LARGEST
    assert Interval(-math.inf, LARGEST).high == LARGEST


def test_integers_below_a_million_million_are_in_full():
    assert str(Interval(-123456, 999_999_999_999)) == "-123456 to 999999999999"
    assert str(Interval(123456.7, 1e12)) == "1.2346e+05 to 1e+12"


def test_within():
    assert Interval(1, 2).within(Interval(1, 2))
    assert not Interval(0.9, 2).within(Interval(1, 2))
    assert not Interval(1, 2.1).within(Interval(1, 2))


def test_what_is_bounded():
    assert A.bounded
    assert not ENDLESS.bounded
    assert not (-ENDLESS).bounded
