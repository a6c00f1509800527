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
    crop = stage("geometry", "crop", rows=rows, columns=cols)
    np.testing.assert_array_equal(
        Pipeline([crop, BLUR], border=border)(image), Pipeline([BLUR], border=border)(image[part])
    )
    np.testing.assert_array_equal(
        Pipeline([BLUR, crop], border=border)(image), Pipeline([BLUR], border=border)(image)[part]
    )
    thinned = stage("geometry", "crop", rows=rows, columns=cols, stride=stride)
    np.testing.assert_array_equal(Pipeline([thinned])(image), image[part][::stride, ::stride])


def test_the_rest_is_not_read():
    crop = stage("geometry", "crop", rows=[100, 120], columns=[-30, None])
    plan = Pipeline([crop, stage("blur", "box", size=3)]).plan((400, 300))
    regions = demand(plan.nodes, {1: (Span(0, 19), Span(0, 29))})
    assert regions[-1] == (Span(100, 119), Span(270, 299))
    assert plan.sampling().first == (100, 270)
    assert not plan.warnings


@pytest.mark.parametrize("rows", [[5, 5], [4, 2], [0.5, 2], [True, 2], 3, [1, 2, 3], "all", [None, 3]])
def test_what_is_no_slice(rows):
    with pytest.raises(ParameterError, match="rows needs two whole numbers"):
        stage("geometry", "crop", rows=rows)


def test_a_slice_that_an_image_does_not_have():
    more = "keeps more than there is of an image of 30 rows"
    for rows, what in (
        ([10, 40], f"'rows: [10, 40]' {more}; 'rows: [10, null]' keeps all to the last"),
        ([-40, None], f"'rows: [-40, null]' {more}"),
        ([-40, 20], f"'rows: [-40, 20]' {more}"),
        ([30, None], "'rows: [30, null]' keeps nothing of an image of 30 rows"),
        ([5, -25], "'rows: [5, -25]' keeps nothing of an image of 30 rows"),
        ([40, 50], f"'rows: [40, 50]' {more}"),
    ):
        with pytest.raises(PlanError, match=f"^stage 0 \\(geometry crop\\): {re.escape(what)}$"):
            Pipeline([stage("geometry", "crop", rows=rows)]).plan((30, 20))
    with pytest.raises(
        PlanError, match="'columns: \\[0, 21\\]' keeps more than there is of an image of 20 columns"
    ):
        Pipeline([stage("geometry", "crop", rows=[0, None], columns=[0, 21])]).plan((30, 20))
    with pytest.raises(ParameterError, match="takes no padding"):
        Pipeline([stage("geometry", "crop", rows=[1, 2], padding=1)]).plan((30, 20))
