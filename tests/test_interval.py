"""Interval arithmetic against bounds written out; that every value is enclosed is test_expression's."""

import math

import numpy as np
import pytest

from convpipe.interval import FUNCTIONS, LARGEST, Interval
from convpipe.ops import Map

A, B, ABOVE, ZERO = Interval(-2, 3), Interval(4, 8), Interval(0.5, 2), Interval(0, 0)


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
    (A.join(B), (-2, 8)),
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
    above = Interval(0, LARGEST) + Interval(LARGEST, LARGEST)
    assert (above.low, above.high) == (LARGEST, math.inf)


def test_within():
    assert Interval(1, 2).within(Interval(1, 2))
    assert not Interval(0.9, 2).within(Interval(1, 2))
    assert not Interval(1, 2.1).within(Interval(1, 2))
