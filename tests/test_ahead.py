"""Rows in use at one time: as many as a sweep that is played through row by row has in use, at least."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convpipe.plan.ahead import Reader, look_ahead

STEPS = 12


BLUR = [1, 1, 1], [Reader(1, 0, 1, 2, 5), Reader(2, 0, 1, 0, 1), Reader(2, 1, 1, 0, 1)], {2: 1.0}
"""An image, a blur of it, and their difference."""

FOURS = [4, 4, 4], [Reader(1, 0, 1, 2, 8), Reader(2, 0, 1, 0, 4), Reader(2, 1, 1, 3, 10)], {2: 1.0}
HALVES = [1, 2, 1, 1], [Reader(1, 0, 2, 1, 5), Reader(2, 0, 2, 6, 7), Reader(3, 1, 1, 0, 1)], {2: 1.0, 3: 1.0}
TWO_RESULTS = [1, 1, 2], [Reader(1, 0, 1, 2, 5), Reader(2, 0, 2, 1, 5)], {1: 1.0, 2: 0.5}


def in_use(made, readers, sinks):
    """Return the most rows from the first under a window to the newest that is made when it is read.

    Each level makes a row after those that it lacks, as the driver does; here none is ever overwritten.
    """
    most, newest = [0] * len(made), [-1] * len(made)

    def make(level, first):
        own = [one for one in readers if one.level == level]
        for one in own:
            top = one.stride * first - one.above
            for row in range(max(top, 0), top + one.reach):
                if row > newest[one.source]:
                    make(one.source, row - row % made[one.source])
        for one in own:
            top = max(one.stride * first - one.above, 0)
            if top < one.stride * first - one.above + one.reach:
                most[one.source] = max(most[one.source], newest[one.source] - top + 1)
        newest[level] = max(newest[level], first + made[level] - 1)

    step = max(made[at] for at in sinks)
    for y in range(step, STEPS * step + 1, step):
        for at, rate in sorted(sinks.items()):
            while newest[at] + 1 < math.floor(rate * y) // made[at] * made[at]:
                make(at, newest[at] + 1)
    return most


@pytest.mark.parametrize(
    ("sweep", "rows"),
    [(BLUR, [14, 8, 5]), (FOURS, [38, 32, 14]), (HALVES, [30, 9, 6, 6]), (TWO_RESULTS, [25, 6, 7])],
    ids=["blur", "fours", "halves", "two results"],
)
def test_as_many_rows_as_are_in_use(sweep, rows):
    bounds = [one.rows for one in look_ahead(*sweep)]
    assert bounds == rows


def test_a_reader_that_lags_behind_one_that_runs_ahead():
    above = Reader(2, 0, 1, 4, 4)  # rows y - 4 to y - 1, beside rows y to y + 3
    readers = [Reader(1, 0, 1, 0, 4), above, Reader(3, 0, 1, 0, 2), Reader(3, 2, 1, 0, 2)]
    sweep = [1, 1, 1, 2], readers, {1: 1.0, 3: 1.0}
    assert in_use(*sweep)[0] <= look_ahead(*sweep)[0].rows


@pytest.mark.parametrize(("stride", "all_rows"), [(1, False), (2, True)])
def test_readers_that_drift_apart_may_have_all_rows_in_use(stride, all_rows):
    readers = [Reader(1, 0, 1, 0, 1), Reader(2, 0, stride, 0, 1)]
    image, *_ = look_ahead([1, 1, 1], readers, {1: 1.0, 2: 1.0})
    assert (image.rows >= 2**31) == all_rows


def test_strides_multiply_on_the_way_down():
    found = look_ahead([1, 1, 1], [Reader(1, 0, 2, 0, 2), Reader(2, 1, 3, 0, 3)], {2: 1.0})
    assert [one.rate for one in found] == [6, 3, 1]


@st.composite
def sweeps(draw):
    """Levels that read earlier ones, all or every second row of them, and some that are written."""
    count = draw(st.integers(2, 5))
    made = [draw(st.integers(1, 4)) for _ in range(count)]
    rates, readers = [1.0], []
    for level in range(1, count):
        source = draw(st.integers(0, level - 1))
        stride = draw(st.sampled_from([1, 1, 2]))
        rates.append(rates[source] / stride)
        same = [at for at in range(level) if rates[at] == rates[level]]
        for at, by in [(source, stride), *((at, 1) for at in same if draw(st.booleans()))]:
            reach = draw(st.integers(1, 9)) + (made[level] - 1) * by
            readers.append(Reader(level, at, by, draw(st.integers(0, reach)), reach))
    unread = set(range(count)) - {one.source for one in readers}
    written = unread | draw(st.sets(st.integers(1, count - 1)))
    tallest = max(rates[at] for at in written)
    return made, readers, {at: rates[at] / tallest for at in written}


@settings(max_examples=400, deadline=None)
@given(sweeps())
def test_no_sweep_has_more_rows_in_use(sweep):
    """Beside those that a level makes with the newest, which a ring has room for, too."""
    made, *_ = sweep
    bounds = [one.rows + own - 1 for one, own in zip(look_ahead(*sweep), made, strict=True)]
    assert all(most <= bound for most, bound in zip(in_use(*sweep), bounds, strict=True))
