"""The size formula and the border maps against their definitions, by brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convpipe.errors import ParameterError, ParameterTypeError, PlanError
from convpipe.geometry import Axis, Border, Field, border_index, pair
from convpipe.padding import axes, fitted_padding, parse_padding, reach_around
from convpipe.plan import make_plan
from convpipe.stages import stage

windows = st.builds(
    Axis,
    kernel=st.integers(1, 9),
    stride=st.integers(1, 5),
    dilation=st.integers(1, 4),
    before=st.integers(0, 12),
    after=st.integers(0, 12),
)


def positions(axis, size):
    """Every place where the dilated window fits in the padded axis, found by sliding it."""
    found, start = [], 0
    while start + axis.dilation * (axis.kernel - 1) < axis.before + size + axis.after:
        found.append(start)
        start += axis.stride
    return found


@given(windows, st.integers(1, 60))
def test_output_counts_the_positions_of_the_window(axis, size):
    found = positions(axis, size)
    assert max(axis.output(size), 0) == len(found)
    if found:
        last_read = found[-1] + axis.dilation * (axis.kernel - 1)
        assert axis.dropped(size) == max(axis.before + size - 1 - last_read, 0)
        assert axis.reach == last_read - found[-1] + 1


@pytest.mark.parametrize(
    ("size", "axis", "want"),
    [
        (4, Axis(2), 3),
        (4, Axis(2, stride=2), 2),
        (4, Axis(2, stride=3), 1),
        (4, Axis(2, stride=3, before=1, after=1), 2),
        (224, Axis(7, stride=2, before=3, after=3), 112),
        (7, Axis(3, dilation=3), 1),
    ],
)
def test_output_of_known_windows(size, axis, want):
    assert axis.output(size) == want
    assert axis.formula(size).endswith(f"= {want}")


@pytest.mark.parametrize("border", list(Border))
@given(n=st.integers(1, 12), before=st.integers(0, 40), after=st.integers(0, 40))
def test_border_index_is_numpy_pad(border, n, before, after):
    numbers = np.arange(n)
    constant = {"constant_values": -1} if border is Border.CONSTANT else {}
    want = np.pad(numbers, (before, after), mode=border.name.lower(), **constant)
    got = [border_index(i, n, border) for i in range(-before, n + after)]
    assert got == want.tolist()


sizes = st.integers(1, 60)
kernels, strides, dilations = st.integers(1, 9), st.integers(1, 5), st.integers(1, 4)


@given(sizes, kernels, strides, dilations, st.sampled_from(["upper", "lower", 0]))
def test_same_reads_where_the_full_result_does(size, kernel, stride, dilation, anchor):
    before, after = reach_around(kernel, dilation, anchor)
    full, strided = (Axis(kernel, step, dilation, before, after) for step in (1, stride))
    assert full.output(size) == size
    assert strided.output(size) == -(-size // stride)
    assert before + after == dilation * (kernel - 1)
    if anchor != 0:
        assert after - before in ({0, 1} if anchor == "upper" else {0, -1})


@given(sizes, kernels, strides, dilations, st.sampled_from(["same_upper", "same_lower"]))
def test_fitted_padding_is_what_the_windows_need(size, kernel, stride, dilation, rule):
    before, after = fitted_padding(size, kernel, stride, dilation, rule)
    axis = Axis(kernel, stride, dilation, before, after)
    assert axis.output(size) == -(-size // stride)
    if before + after:
        assert positions(axis, size)[-1] + axis.reach == size + before + after  # the last one ends with it
    assert after - before in ({0, 1} if rule == "same_upper" else {0, -1})


@given(st.lists(windows, min_size=1, max_size=4), st.integers(1, 200))
def test_field_is_what_an_output_reads(chain, size):
    field, reads, length = Field(), None, size
    for axis in chain:
        if not positions(axis, length):
            return
        field, length = field.through(axis), axis.output(length)
    reads = {0}
    for axis in reversed(chain):
        reads = {o * axis.stride + k * axis.dilation - axis.before for o in reads for k in range(axis.kernel)}
    assert min(reads) == -field.before
    assert max(reads) - min(reads) + 1 == field.reach
    assert field.stride == np.prod([axis.stride for axis in chain])


@pytest.mark.parametrize(
    ("given", "want"),
    [
        (1, ((1, 1), (1, 1))),
        ([1, 2], ((1, 1), (2, 2))),
        ([1, 2, 3, 4], ((1, 2), (3, 4))),
        ("same", "same"),
        ("valid", "valid"),
        ("same_lower", "same_lower"),
        (np.int64(3), ((3, 3), (3, 3))),
        (((1, 2), (3, 4)), ((1, 2), (3, 4))),
    ],
)
def test_padding_forms(given, want):
    assert parse_padding(given) == want


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (-1, ParameterError, "at least 0; given -1"),
        (True, ParameterTypeError, "bool True"),
        (1.0, ParameterTypeError, "float 1.0"),
        ("full", ParameterError, "padding needs an int, .* or 'valid'; given 'full'"),
        ([1, 2, 3], ParameterError, r"\[top, bottom, left, right\]"),
        (2**40, ParameterError, "at most"),
    ],
)
def test_padding_refused(given, error, words):
    with pytest.raises(error, match=words):
        parse_padding(given)


def test_pair_refuses_three_numbers():
    with pytest.raises(ParameterError, match=r"stride needs an int or \[rows, cols\]; given \[1, 2, 3\]"):
        pair([1, 2, 3], "stride")


def test_a_padded_side_too_long_to_index_is_refused():
    padded = ((3, 3), (1, 1), (1, 1), ((1, 1), (0, 0)))
    assert axes((2**31 - 3, 5), *padded)[0].output(2**31 - 3) == 2**31 - 3
    with pytest.raises(PlanError, match="pass the largest side, 2147483647"):
        axes((2**31 - 2, 5), *padded)
    with pytest.raises(PlanError, match="a kernel that spans 2147483649 pass the largest side"):
        axes((5, 5), (3, 1), (1, 1), (2**30, 1), ((0, 0), (0, 0)))
    assert pair(2**31 - 1, "stride") == (2**31 - 1, 2**31 - 1)
    with pytest.raises(ParameterError, match="stride must be at most 2147483647; given 2147483648"):
        pair(2**31, "stride")


@settings(max_examples=60)
@given(
    extent=st.tuples(st.integers(1, 50), st.integers(1, 50)),
    kernel=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    stride=st.integers(1, 4),
    dilation=st.integers(1, 3),
    padding=st.sampled_from(["same", "valid", 0, 2, [1, 0], [0, 3, 2, 1]]),
)
def test_plan_refuses_exactly_what_does_not_fit(extent, kernel, stride, dilation, padding):
    one = stage(
        "custom", "k", kernel=np.ones(kernel), stride=stride, dilation=dilation, padding=padding
    )  # fmt: skip
    windows = axes(extent, kernel, (stride, stride), (dilation, dilation), parse_padding(padding))
    counts = tuple(len(positions(axis, size)) for axis, size in zip(windows, extent, strict=True))
    if min(counts) < 1:
        with pytest.raises(PlanError, match=r"stage 0 \(custom k\)"):
            make_plan([one], extent)
    else:
        assert make_plan([one], extent).extent == counts


def test_same_pads_what_the_dilated_window_reaches_round_its_anchor():
    def sides(anchor):
        return [(a.before, a.after) for a in axes((9, 9), (5, 4), (2, 1), (1, 3), "same", anchor)]

    assert sides("upper") == [(2, 2), (4, 5)]
    assert sides("lower") == [(2, 2), (5, 4)]
    assert sides((0, 3)) == [(0, 4), (9, 0)]


def test_fitted_rules_pad_what_each_side_needs():
    def sides(rule):
        return [(a.before, a.after) for a in axes((5, 9), (4, 2), (2, 3), (1, 5), rule)]

    # rows: 3 windows of 4, 2 apart, span 8 of 5; columns: 3 of 6, 3 apart, span 12 of 9
    assert sides("same_upper") == [(1, 2), (1, 2)]
    assert sides("same_lower") == [(2, 1), (2, 1)]


def test_valid_pads_nothing():
    windows = axes((9, 8), (3, 2), (2, 1), (1, 3), "valid")
    assert [(axis.before, axis.after) for axis in windows] == [(0, 0), (0, 0)]
