"""A crop: what it keeps, that the rest is not read, and where what is left lies."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convpipe import Pipeline, stage
from convpipe.errors import ParameterError, PlanError
from convpipe.plan.demand import Span, demand

BLUR = stage("blur", "gaussian", sigma=1.2)
BORDERS = ("reflect", "constant", "edge", "symmetric", "wrap")


def spans(size):
    return st.tuples(st.integers(0, size - 1), st.integers(1, size)).filter(lambda span: span[0] < span[1])


@settings(max_examples=60, deadline=None)
@given(spans(13), spans(11), st.sampled_from(BORDERS), st.integers(1, 3))
def test_a_crop_is_a_slice_before_and_after_windows(rows, cols, border, stride):
    image = np.random.default_rng(7).integers(0, 256, (13, 11, 3), dtype=np.uint8)
    part = (slice(*rows), slice(*cols))
    box = [rows[0], cols[0], rows[1], cols[1]]
    crop = stage("geometry", "crop", box=box)
    np.testing.assert_array_equal(
        Pipeline([crop, BLUR], border=border)(image), Pipeline([BLUR], border=border)(image[part])
    )
    np.testing.assert_array_equal(
        Pipeline([BLUR, crop], border=border)(image), Pipeline([BLUR], border=border)(image)[part]
    )
    thinned = stage("geometry", "crop", box=box, stride=stride)
    np.testing.assert_array_equal(Pipeline([thinned])(image), image[part][::stride, ::stride])


def test_the_rest_is_not_read():
    crop = stage("geometry", "crop", box=[100, -30, 120, None])
    plan = Pipeline([crop, stage("blur", "box", size=3)]).plan((400, 300))
    regions = demand(plan.nodes, {1: (Span(0, 19), Span(0, 29))})
    assert regions[-1] == (Span(100, 119), Span(270, 299))
    assert plan.sampling().first == (100, 270)
    assert not plan.warnings


@pytest.mark.parametrize(
    "box", [[5, 0, 5, 9], [4, 0, 2, 9], [0.5, 0, 2, 2], [True, 0, 2, 2], 3, [1, 2, 3], [None, 0, 3, 3]]
)
def test_what_is_no_box(box):
    with pytest.raises(ParameterError, match=r"box needs whole numbers \[top, left, bottom, right\]"):
        stage("geometry", "crop", box=box)


@pytest.mark.parametrize("part", [[0, 0, 1], [0.5, 0, 0.5, 1], [0, 0, 1.1, 1], [-0.1, 0, 1, 1]])
def test_what_is_no_part(part):
    with pytest.raises(ParameterError, match="relative needs "):
        stage("geometry", "crop", relative=part)


def test_one_of_the_ways_to_say_it_is_needed():
    for asked, found in (({}, "none"), ({"box": [0, 0, 1, 1], "center": 3}, "box and center")):
        with pytest.raises(ParameterError, match=f"crop needs one of box, relative, center; given {found}"):
            stage("geometry", "crop", **asked).lower()


def test_the_middle_and_a_part_follow_the_size_of_the_image():
    for size, middle, part in ((9, (3, 6), (2, 7)), (10, (3, 6), (3, 8)), (31, (14, 17), (8, 23))):
        image = np.arange(2 * size, dtype=np.uint8).reshape(size, 2)
        for asked, (first, end) in (({"center": [3, 2]}, middle), ({"relative": [0.25, 0, 0.75, 1]}, part)):
            made = Pipeline([stage("geometry", "crop", **asked)])(image)
            np.testing.assert_array_equal(made, image[first:end])


def test_a_box_that_an_image_does_not_have():
    more = "keeps more than there is of an image of 30 rows"
    for (first, end), what in (
        ([10, 40], f"the box from 10 to 40 {more}; null in the place of its end keeps all to the last"),
        ([-40, None], f"the box from -40 to null {more}"),
        ([-40, 20], f"the box from -40 to 20 {more}"),
        ([30, None], "the box from 30 to null keeps nothing of an image of 30 rows"),
        ([5, -25], "the box from 5 to -25 keeps nothing of an image of 30 rows"),
        ([40, 50], f"the box from 40 to 50 {more}"),
    ):
        with pytest.raises(PlanError, match=f"^stage 0 \\(geometry crop\\): {re.escape(what)}$"):
            Pipeline([stage("geometry", "crop", box=[first, 0, end, None])]).plan((30, 20))
    for asked, words in (
        ({"box": [0, 0, None, 21]}, "from 0 to 21 keeps more than there is of an image of 20 columns"),
        ({"center": [3, 21]}, "'center' keeps 21 columns, more than there are of an image of 20"),
        ({"relative": [0, 0, 0.01, 1]}, "the part from 0 to 0.01 keeps nothing of an image of 30 rows"),
    ):
        with pytest.raises(PlanError, match=re.escape(words)):
            Pipeline([stage("geometry", "crop", **asked)]).plan((30, 20))
    with pytest.raises(ParameterError, match="takes no padding"):
        Pipeline([stage("geometry", "crop", box=[1, 0, 2, None], padding=1)]).plan((30, 20))
