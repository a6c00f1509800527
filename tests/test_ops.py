"""The ops themselves: what a kernel's taps cost before any pixel is read."""

import re
import tracemalloc
from dataclasses import replace

import defined
import numpy as np
import oracle
import pytest

from convpipe import Pipeline
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.errors import ParameterError, PlanError
from convpipe.geometry import Border
from convpipe.interval import Interval
from convpipe.ops import IDENTITY, ChannelMap, Rank, Stencil, Taps
from convpipe.ops.taps import fixed_point
from convpipe.plan import make_plan
from convpipe.stages import ImageKind, stage


@pytest.mark.parametrize(
    "large",
    [
        lambda: stage("blur", "gaussian", sigma=1000),
        lambda: stage("blur", "box", size=8192),
        lambda: stage("sharpen", "unsharp", sigma=1000),
        lambda: stage("custom", "line", kernel=[[1 + k % 7 for k in range(19_000)]]),
    ],
    ids=["gaussian", "box", "unsharp", "line"],
)
def test_a_large_kernel_is_planned_in_little_memory(large):
    tracemalloc.start()
    make_plan([large()], (40, 50))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6


def test_factors_answer_as_their_product_does():
    column, row = [0.0, -1.0, 2.0], [3.0, 0.0, -4.0, 5.0]
    factors, product = Taps.outer(column, row), Taps(np.outer(column, row))
    np.testing.assert_array_equal(factors.weights, product.weights)
    for taps in (factors, product):
        assert taps.extent == (3, 4)
        assert taps.count == 6
        assert taps.error == 0
        assert not taps.uniform
        assert taps.weight(2, 3) == 10
        assert taps.response(Interval(-1, 2)) == Interval(-20 - 2 * 16, 2 * 20 + 16)
    np.testing.assert_array_equal(factors.centred((5, 5)).weights, product.centred((5, 5)).weights)
    assert Taps.outer([2, 2], [3, 3]).uniform


def test_weights_of_very_unlike_sizes_are_no_integers():
    assert fixed_point(np.array([5e-324, 5.0])) is None
    assert fixed_point(np.array([1.0, 2.0**24]))[1] == 0
    assert fixed_point(np.array([1.0, 2.0**24 + 1])) is None


def test_blurs_reach_4096_pixels_and_no_further():
    (node,) = stage("blur", "gaussian", sigma=1024).lower(Border.REFLECT, ImageKind()).nodes
    assert node.ops[0].kernel == (8193, 8193)
    with pytest.raises(ParameterError, match="reaches 4097 pixels; at most 4096"):
        stage("blur", "gaussian", sigma=1024.25)
    stage("blur", "box", size=8192)
    with pytest.raises(ParameterError, match="size must be at most 8192; given"):
        stage("blur", "box", size=8193)


@pytest.mark.parametrize(
    ("sigma", "truncate", "radius"), [(8, 4, 32), (10.1, 3, 30), (10.2, 3, 31), (30, 0.5, 15)]
)
def test_a_gaussian_reaches_its_truncation_rounded(sigma, truncate, radius):
    blur = stage("blur", "gaussian", sigma=[sigma, 0], truncate=truncate)
    assert blur.lower(Border.REFLECT, ImageKind()).nodes[0].ops[0].kernel == (2 * radius + 1, 1)


def test_weights_that_sum_to_nothing_are_not_normalised():
    for kernel in ([[0, 0]], [[1, -1]], [[1e20, -1e20, 1e5]]):
        with pytest.raises(ParameterError, match="normalize needs weights that do not sum to 0"):
            stage("custom", "k", kernel=kernel, normalize=True)
    stage("custom", "k", kernel=[[1e20, -1e20, 1e10]], normalize=True)


@pytest.mark.parametrize(
    ("channels", "alpha", "words"),
    [(2, False, "2, none of them alpha"), (3, True, "2, beside alpha"), (4, False, "4, none of them alpha")],
)
def test_grey_is_made_of_one_colour_or_three(channels, alpha, words):
    gray = stage("color", "gray")
    with pytest.raises(PlanError, match=f"needs 1 or 3 colour channels; the image has {words}"):
        make_plan([gray], (4, 5), channels=channels, alpha=alpha)
    assert make_plan([gray], (4, 5), channels=2, alpha=True).output_channels == 2
    assert make_plan([gray], (4, 5), channels=4, alpha=True).output_channels == 2
    assert make_plan([gray], (4, 5)).output_channels == 1


HSV = stage("color", "hsv")


def test_a_map_of_channels_is_checked_when_it_is_made():
    made = ChannelMap("low = minimum(a, b)\nc = gain * low", ("a", "b"), ("c",), (("gain", 2.0),))
    assert [name for name, _ in made.lines] == ["low", "c"]
    assert made.lines[1][1].constants == (("gain", 2.0),)
    assert (made.made(5), made.taken(4)) == (4, 5)
    for text, words in (
        ("c = a\nd =", "needs the form 'name = expression'; given 'd ='"),
        ("c == a", "needs the form"),
        ("c = a; d = b", "expression"),
        ("c = later\nlater = a", "unknown name 'later'"),
        ("c = a.real", "is none of its forms"),
        ("a = b\nc = a", "needs different names; given a, b, gain, a, c"),
        ("d = a", "no line makes c"),
        ("c_1 = a", "needs the form"),
        ("sqrt = a\nc = a", "cannot be named 'sqrt'"),
    ):
        with pytest.raises(ParameterError, match=re.escape(words)):
            ChannelMap(text, ("a", "b"), ("c",), (("gain", 2.0),))


def test_a_map_of_channels_has_a_range_for_what_is_proven_and_for_what_is_not():
    made = ChannelMap("c = a / b", ("a", "b"), ("c",), proven=(Interval(1, 4), Interval(0.25, 4)))
    assert made.range(Interval(1, 4)) == made.proven[1]
    assert made.range(Interval(1, 8)) == Interval(0.125, 8)
    two = ChannelMap("c = a + b\nd = a - b", ("a", "b"), ("c", "d"))
    assert two.range(Interval(1, 4)) == Interval(-3, 8)


def test_maps_of_channels_may_have_more_or_fewer(rng):
    """Of 2 channels 3, of 3 one, in a row that is read where it is and after a window."""
    image = rng.integers(0, 256, (7, 9, 2), dtype=np.uint8)
    three = ChannelMap("c = a + b\nd = a - b\ne = a * b / k", ("a", "b"), ("c", "d", "e"), (("k", 3.0),))
    one = ChannelMap("m = maximum(maximum(x, y), z)", ("x", "y", "z"), ("m",))
    box = Taps.outer([1, 1, 1], [1, 2, 1])
    for window in (IDENTITY, box):
        plan = make_plan([stage("custom", "k", kernel=window.weights.tolist())], (7, 9), channels=2)
        node = replace(plan.nodes[0], ops=(*plan.nodes[0].ops, three, one), channels=1)
        plan = replace(plan, nodes=(node,), output_dtype="float32")
        got, _ = compile_plan(plan)(image, threads=1)
        np.testing.assert_array_equal(got, defined.run(plan, image)[..., 0])
        oracle.near(got, plan, image, 1e-5)


def test_constants_of_a_map_of_channels_are_values_at_run_time():
    def loops(k):
        op = ChannelMap("c = a * b / k", ("a", "b"), ("c",), (("k", k),))
        plan = make_plan([stage("point", "abs")], (7, 9), channels=2)
        node = replace(plan.nodes[0], ops=(plan.nodes[0].ops[0], op), channels=1)
        return set(compile_plan(replace(plan, nodes=(node,))).table.loops)

    assert loops(3.0) == loops(5.0)


def test_colours_of_another_number_are_refused():
    with pytest.raises(PlanError, match="color hsv needs 3 colour channels; the image has 2, beside alpha"):
        make_plan([HSV], (4, 5), channels=3, alpha=True)
    assert make_plan([HSV], (4, 5), channels=4, alpha=True).output_channels == 4


def test_conversions_lead_back_and_leave_alpha(rng):
    image = rng.integers(0, 256, (9, 8, 4), dtype=np.uint8)
    for space in ("hsv", "lab", "xyz", "ycbcr"):
        there, back = stage("color", space), stage("color", space, inverse=True)
        np.testing.assert_array_equal(Pipeline([there, back])(image, alpha=True), image)


def test_nan_stays_where_it_is(rng):
    image = rng.random((5, 6, 3)).astype(np.float32)
    want = Pipeline([HSV])(image)
    image[2, 3, 1] = np.nan
    got = Pipeline([HSV])(image)
    others = np.ones((5, 6), bool)
    others[2, 3] = False
    np.testing.assert_array_equal(got[others], want[others])


def test_factors_of_integers_are_exact():
    rng = np.random.default_rng(8)
    for shape in [(1, 7), (3, 3), (5, 2), (9, 9)]:
        for bits in (0, 3, 8):
            column, row = (rng.integers(-9, 10, size) for size in shape)
            column[0], row[-1] = -6, 4
            weights = np.ldexp(np.outer(column, row).astype(float), -bits)
            taps = Taps.separated(weights)
            assert taps.error == 0
            np.testing.assert_array_equal(np.outer(*taps.factors), weights)
            assert (taps.factors[0] > 0).any()
    assert Taps.separated([[1, 2], [2, 5]]).factors is None
    assert Taps.separated(np.outer([0.1, 0.3], [0.7, 0.9])).factors is not None


GRADED = Taps(np.arange(1.0, 21).reshape(4, 5))


@pytest.mark.parametrize(
    ("given", "halo", "centre"),
    [
        ({}, ((1, 2), (2, 2)), (1, 2)),
        ({"anchor": "lower"}, ((2, 1), (2, 2)), (2, 2)),
        ({"anchor": (0, 4)}, ((0, 3), (4, 0)), (0, 4)),
        ({"dilation": (2, 3)}, ((3, 3), (6, 6)), (1, 2)),
        ({"dilation": (3, 1), "anchor": "lower"}, ((5, 4), (2, 2)), (2, 2)),
    ],
)
def test_how_far_a_window_reaches(given, halo, centre):
    window = Stencil((GRADED,), **given)
    assert (window.halo, window.centre) == (halo, centre)


def test_a_border_is_among_the_samples_where_there_is_one():
    inside, samples = {"r": Interval(0, 210)}, Interval(0, 1)
    constant = Stencil((GRADED,), border=Border.CONSTANT, value=9)
    assert constant.ranges(samples) == {"r": Interval(0, 9 * 210)}
    assert replace(constant, padding="valid").ranges(samples) == inside
    assert Stencil((GRADED,), value=9).ranges(samples) == inside
    assert Stencil((GRADED,), border=Border.CONSTANT).ranges(Interval(1, 1)) == inside


def test_nobody_writes_to_a_footprint():
    given = np.ones((2, 2), bool)
    window = Rank(given, (0,))
    given[0] = False
    assert window.footprint.all()
    with pytest.raises(ValueError, match="read-only"):
        window.footprint[0] = False


def test_which_windows_are_the_pixel():
    pixel = np.ones((1, 1), bool)
    assert Stencil((IDENTITY,)).is_identity
    assert Rank(pixel, (0,)).is_identity
    for other in (
        Stencil((Taps([[2.0]]),)),
        Stencil((Taps([[1.0, 0.0]]),)),
        Stencil((IDENTITY, IDENTITY), ("r", "s")),
        Rank(np.ones((1, 2), bool), (0,)),
        Rank(pixel, (0, 0), ("r", "s")),
    ):
        assert not other.is_identity


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"padding": "some"}, "padding needs .* given 'some'"),
        ({"anchor": (4, 0)}, r"a tap of the 4x5 kernel, counted from 0; given \[4, 0\]"),
        ({"anchor": (0, 5)}, r"a tap of the 4x5 kernel, counted from 0; given \[0, 5\]"),
        ({"anchor": (-1, 0)}, "anchor"),
        ({"stride": (0, 1)}, "stride"),
        ({"dilation": (1, 0)}, "dilation"),
        ({"names": ("r", "s")}, "a name for each bank"),
        ({"names": ("r r",)}, "a response needs a name of letters"),
    ],
)
def test_windows_that_are_none(given, words):
    with pytest.raises(ParameterError, match=words):
        Stencil((GRADED,), **given)
