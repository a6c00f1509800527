"""A region of what a stage gives has the bytes of the whole, from regions of the image or of other stages."""

import graphs
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_fusion import cases, planned

from convpipe.compile.common.pictures import Picture
from convpipe.compile.cpu.graphs import GraphExecutable
from convpipe.errors import PlanError
from convpipe.geometry import Border
from convpipe.ops import stored
from convpipe.plan import IMAGE, Missing, Settings, make_plan
from convpipe.plan.demand import Span
from convpipe.plan.roi import everything, holds, needs_all, regions, roi_plan
from convpipe.stages import stage
from convpipe.stages.wiring import wire


def cut(array, region, held=None):
    """The part of an array that a region is; of the whole, or of another region."""
    rows, cols = region
    top, left = (0, 0) if held is None else (held[0].first, held[1].first)
    return array[rows.first - top : rows.last + 1 - top, cols.first - left : cols.last + 1 - left]


def make(plan, image, wanted, held):
    """What a roi plan makes, by the positions of the nodes; `held` has a region and its values."""
    roi = roi_plan(plan, wanted, {at: region for at, (region, _) in held.items()})
    given = []
    for at, region in roi.reads:
        whole = image if at == IMAGE else held[at][1]
        given.append(np.array(cut(whole, region, None if at == IMAGE else held[at][0])))
    pictures = tuple(Picture(each.shape[:2], each.shape[2], stored(each.dtype.name)) for each in given)
    results, _ = GraphExecutable(roi.plan, pictures).outputs(given[0], threads=1, others=given[1:])
    return {at: (roi.made[at], results[name]) for at, name in roi.names.items()}


def wholes(plan, image):
    """All that the nodes give, of the whole image."""
    nodes = {at: everything(node.extent) for at, node in enumerate(plan.nodes)}
    return {at: values for at, (_, values) in make(plan, image, nodes, {}).items()}


def check(plan, image, at, region, kept=()):
    """Hold a region of a node against the whole, from the image, and from regions of the nodes `kept`."""
    whole = wholes(plan, image)
    result, _ = GraphExecutable(plan).outputs(image, threads=1)
    assert plan.output_dtype == plan.compute
    np.testing.assert_array_equal(
        whole[len(plan.nodes) - 1], result["result"].reshape(whole[len(plan.nodes) - 1].shape)
    )
    alone = make(plan, image, {at: region}, {})[at]
    np.testing.assert_array_equal(cut(alone[1], region, alone[0]), cut(whole[at], region))
    held = {k: (everything(plan.nodes[k].extent), whole[k]) for k in kept if k != at}
    _, read = regions(plan, {at: region}, {k: each for k, (each, _) in held.items()})
    held = {k: (read[k], np.array(cut(whole[k], read[k]))) for k in held if k in read}
    again = make(plan, image, {at: region}, held)[at]
    np.testing.assert_array_equal(cut(again[1], region, again[0]), cut(whole[at], region))
    return read


def region_of(data, extent):
    spans = []
    for size in extent:
        first, last = sorted(data.draw(st.tuples(*[st.integers(0, size - 1)] * 2)))
        spans.append(Span(first, last))
    return tuple(spans)


@settings(max_examples=60, deadline=None)
@given(cases(), st.data())
def test_chains(case, data):
    stages, image, border = case
    image = np.atleast_3d(image)
    try:
        plan = planned(stages, image, border)
    except PlanError:
        assume(False)
    at = data.draw(st.integers(0, len(plan.nodes) - 1))
    kept = data.draw(st.sets(st.integers(0, len(plan.nodes) - 1), max_size=2))
    check(plan, image, at, region_of(data, plan.nodes[at].extent), kept)


@settings(max_examples=60, deadline=None)
@given(graphs.graphs(), st.data())
def test_graphs(drawn, data):
    stages, _, rng = drawn
    image = rng.integers(0, 256, (33, 18, 1), dtype=np.uint8)
    try:
        outputs = {one.name: one.name for one in stages[:-1]}
        plan = make_plan(wire(stages, outputs), image.shape[:2], Settings(output_dtype="float32"))
    except PlanError:
        assume(False)
    at = data.draw(st.integers(0, len(plan.nodes) - 1))
    kept = data.draw(st.sets(st.integers(0, len(plan.nodes) - 1), max_size=3))
    check(plan, image, at, region_of(data, plan.nodes[at].extent), kept)


CHAINS = {
    "ranks": [stage("rank", "median", size=5), stage("morphology", "tophat", size=3)],
    "numbers of the image": [
        stage("blur", "box", size=3),
        stage("contrast", "stretch"),
        stage("edge", "sobel"),
        stage("threshold", "otsu"),
        stage("morphology", "open", size=3),
    ],
    "another side": [
        stage("edge", "sobel"),
        stage("geometry", "rotate90"),
        stage("blur", "box", size=[3, 5]),
    ],
    "three rates": [stage("blur", "gaussian", sigma=12), stage("edge", "scharr")],
    "a transform": [
        stage("custom", "k", kernel=np.random.default_rng(1).normal(size=(41, 41))),
        stage("point", "abs"),
    ],
    "alike": [stage("blur", "bilateral", sigma_color=20, sigma_space=1)],
    "pools": [stage("network", "max_pool", size=3, padding=1), stage("blur", "box", size=3)],
    "a layer": [stage("network", "conv", weights=np.ones((2, 1, 3, 3)).tolist()), stage("network", "relu")],
    "pools of strides": [
        stage("network", "max_pool", size=3, stride=2, padding=1, dilation=2, ceil_mode=True),
        stage("network", "avg_pool", size=2, padding=1),
    ],
    "a layer of strides": [
        stage("network", "conv", weights=np.arange(18).reshape(2, 1, 3, 3).tolist(), stride=2, border="wrap"),
        stage("network", "relu"),
    ],
    "resizes": [
        stage("geometry", "resize", size=[61, 170]),
        stage("edge", "sobel"),
        stage("geometry", "resize", size=[200, 101], method="cubic"),
    ],
    "an area": [stage("geometry", "resize", factor=0.3, method="area"), stage("blur", "box", size=3)],
    "groups": [stage("blur", "gaussian", sigma=1), stage("geometry", "bin", factor=3)],
    "levels of its own": [stage("threshold", "sauvola", size=7), stage("geometry", "pyramid_up")],
}
TILES = [((0, 9), (0, 9)), ((20, 37), (31, 58)), ((30, 44), (40, 59))]


@pytest.mark.parametrize("chain", CHAINS)
def test_what_needs_all_is_made_of_all(chain, rng):
    image = rng.integers(0, 256, (90, 120, 1), dtype=np.uint8)
    plan = make_plan(CHAINS[chain], image.shape[:2], Settings(output_dtype="float32"))
    at = len(plan.nodes) - 1
    for rows, cols in TILES:
        region = tuple(
            Span(min(a, size - 1), min(b, size - 1))
            for (a, b), size in zip((rows, cols), plan.nodes[at].extent)
        )
        read = check(plan, image, at, region, {0})
        if not any(map(needs_all, plan.nodes)):
            assert max(map(len, read[0 if 0 in read else IMAGE])) < 90


@pytest.mark.parametrize("border", list(Border))
@pytest.mark.parametrize("kind", ["alpha", "missing"])
def test_what_is_hidden_or_missing(kind, border, rng):
    image = rng.integers(0, 256, (40, 50, 4 if kind == "alpha" else 1)).astype(np.float32)
    image[rng.random(image.shape[:2]) < 0.2, -1] = 0 if kind == "alpha" else np.nan
    stages = [
        stage("blur", "gaussian", sigma=1),
        stage("edge", "sobel", stride=2),
        stage("rank", "median", size=3),
    ]
    missing = Missing(np.nan) if kind == "missing" else None
    plan = make_plan(
        stages,
        image.shape[:2],
        Settings(border, "float32", missing),
        channels=image.shape[2],
        alpha=kind == "alpha",
        dtype="float32",
    )
    for region in ((Span(0, 5), Span(3, 9)), (Span(7, 19), Span(10, 24))):
        check(plan, image, len(plan.nodes) - 1, region, {0, len(plan.nodes) // 2})


def test_the_inside_of_a_chain_reads_what_is_around_it():
    plan = make_plan([stage("blur", "box", size=5), stage("edge", "sobel", stride=2)], (100, 100))
    region = Span(20, 29), Span(30, 30)
    made, read = regions(plan, {1: region}, {})
    assert made == {1: region, 0: (Span(39, 59), Span(59, 61))}
    assert read == {IMAGE: (Span(37, 61), Span(57, 63))}
    (only,) = roi_plan(plan, {1: region}, {0: everything((100, 100))}).plan.nodes
    assert (only.input, only.axes[0].before, only.axes[0].after) == ((21, 3), 0, 0)


def test_regions_that_are_held_too_small_are_made():
    plan = make_plan([stage("blur", "box", size=5), stage("edge", "sobel")], (100, 100))
    region = Span(20, 29), Span(30, 39)
    assert regions(plan, {1: region}, {0: region})[1].keys() == {IMAGE}
    assert holds(everything((9, 9)), (Span(0, 8), Span(3, 4)))
    assert not holds((Span(1, 8), Span(0, 8)), (Span(0, 8), Span(3, 4)))


@pytest.mark.parametrize("border", list(Border))
def test_more_padding_than_the_window_spans(border, rng):
    image = rng.integers(0, 256, (33, 18, 1), dtype=np.uint8)
    one = stage("custom", "one", kernel=[[2.0]], padding=[1, 0, 2, 3], border=border.name.lower())
    plan = make_plan([one, stage("blur", "box", size=3)], image.shape[:2], Settings(output_dtype="float32"))
    for columns in (Span(17, 22), Span(0, 1), Span(22, 22), Span(9, 9)):
        check(plan, image, 1, (Span(0, 1), columns), {0})
