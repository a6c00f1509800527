"""The ops themselves: what a kernel's taps cost before any pixel is read."""

import tracemalloc

import numpy as np
import pytest

from convpipe.errors import ParameterError, PlanError
from convpipe.geometry import Border
from convpipe.interval import Interval
from convpipe.ops import Taps
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
