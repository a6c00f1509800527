"""A band of the results from a band of the image has the bytes that the whole image gives."""

import graphs
import interpreted
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_fusion import cases, planned

from convpipe.compile.cpu.graphs import GraphExecutable
from convpipe.compile.cpu.sweep import Sweep
from convpipe.errors import PlanError
from convpipe.geometry import Border
from convpipe.plan import IMAGE, Settings, make_plan
from convpipe.plan.bands import PartBand, image_rows, part_bands, wanted_rows
from convpipe.plan.demand import NOTHING
from convpipe.stages import stage
from convpipe.stages.wiring import wire


def check(plan, image, first, last):
    """Hold the rows of a band against those of the whole image, with no other row given."""
    run = GraphExecutable(plan)
    whole, _ = run.outputs(image, threads=1)
    needed = image_rows(plan, first, last)
    rows = np.array(image[needed.first : needed.last + 1])  # by themselves: nothing lies beside them
    made, _ = run.band(rows, needed.first, first, last)
    tallest = max(len(result) for result in whole.values())
    assert made.keys() == whole.keys()
    for name, result in whole.items():
        share = slice(*(y * len(result) // tallest for y in (first, last)))
        np.testing.assert_array_equal(made[name], result[share], err_msg=name)
    return needed


@settings(max_examples=40, deadline=None)
@given(cases(), st.data())
def test_chains(case, data):
    stages, image, border = case
    try:
        plan = planned(stages, image, border)
        first, last = sorted(data.draw(st.tuples(*[st.integers(0, plan.extent[0])] * 2)))
        assume(first < last)
        check(plan, image, first, last)
    except PlanError:
        assume(False)


@settings(max_examples=40, deadline=None)
@given(graphs.graphs(), st.data())
def test_graphs(drawn, data):
    stages, _, rng = drawn
    image = rng.integers(0, 256, (33, 8, 1), dtype=np.uint8)
    outputs = {one.name: one.name for one in stages[:-1]}
    try:
        plan = make_plan(wire(stages, outputs), image.shape[:2])
    except PlanError:
        assume(False)
    tallest = max(plan.nodes[output.node].extent[0] for output in plan.outputs)
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, tallest)] * 2)))
    assume(first < last)
    check(plan, image, first, last)


@settings(max_examples=40, deadline=None)
@given(cases(), st.data())
def test_nothing_is_read_beside_it(case, data):
    stages, image, border = case
    image = image[:, :7]
    try:
        plan = planned(stages, image, border)
        run = GraphExecutable(plan)
        assume(len(run.runs) == 1 and isinstance(run.runs[0], Sweep))
        first, last = sorted(data.draw(st.tuples(*[st.integers(0, plan.extent[0])] * 2)))
        assume(first < last)
        (band,) = part_bands(plan, wanted_rows(plan, first, last))
    except PlanError:
        assume(False)
    needed = band.reads[IMAGE]
    rows = np.array(image[needed.first : needed.last + 1])
    given = [run._entering(rows, needed.first, needed)]
    (made,) = interpreted.run_band(run.runs[0], given, band.first, band.last)
    (want,), _ = run.runs[0].band(given, band.first, band.last)
    np.testing.assert_array_equal(made.rows, want.rows)


CHAINS = {
    "sums that slide": [stage("blur", "box", size=9), stage("edge", "sobel")],
    "ranks": [stage("rank", "median", size=5), stage("morphology", "tophat", size=3)],
    "strides": [stage("blur", "gaussian", sigma=1, stride=2), stage("edge", "scharr", stride=3)],
    "resize": [stage("geometry", "resize", factor=0.6), stage("blur", "box", size=3)],
    "a result of another type": [stage("blur", "box", size=3, dtype="uint8"), stage("point", "abs")],
    "many": [stage("blur", "box", size=3)] * 20,
}


def test_rows_that_are_made_to_spare_are_read_for():
    """Of 17 rows, two at a time, the last comes with one to spare, which reads the last row of the image."""
    unsharp = stage("sharpen", "unsharp", sigma=0.5, padding=0, stride=2)
    plan = make_plan([unsharp, stage("edge", "sobel")], (38, 7))
    assert plan.nodes[0].extent[0] == 17
    assert image_rows(plan, 15, 17).last == 37


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("border", list(Border))
def test_a_band_reads_few_rows(chain, border, rng):
    image = rng.integers(0, 256, (200, 31, 3), dtype=np.uint8)
    plan = make_plan(CHAINS[chain], image.shape[:2], Settings(border=border), channels=3)
    rows = plan.extent[0]
    for first, last in ((0, 1), (rows // 2 + 1, rows // 2 + 2), (rows - 3, rows), (0, rows)):
        needed = check(plan, image, first, last)
        if last - first == 1 and chain != "many" and border != Border.WRAP:
            assert len(needed) < 60


@pytest.mark.parametrize("stride", [2, 3, 5])
def test_results_of_other_heights_from_one_part(stride, rng):
    image = rng.integers(0, 256, (37, 9), dtype=np.uint8)
    stages = [
        stage("blur", "box", size=3, name="fine"),
        stage("edge", "sobel", stride=stride, name="coarse"),
    ]
    plan = make_plan(wire(stages, {"fine": "fine", "coarse": "coarse"}), image.shape)
    assert len(plan.parts) == 1
    for first in range(37):
        for last in {first + 1, min(first + 9, 37)}:
            check(plan, image, first, last)


def test_a_part_of_which_nothing_is_wanted():
    plan = make_plan([stage("edge", "sobel")], (40, 30))
    (band,) = part_bands(plan, {})
    assert band == PartBand(plan.parts[0], 0, 0, {IMAGE: NOTHING})


def test_large_kernels_and_what_needs_all(rng):
    image = rng.integers(0, 256, (200, 180), dtype=np.uint8)
    large = stage("custom", "large", kernel=rng.normal(size=(41, 41)))
    plan = make_plan([large, stage("blur", "box", size=3)], image.shape)
    assert plan.nodes[0].tiles is not None
    assert len(check(plan, image, 50, 60)) == 200
    stretched = make_plan([stage("contrast", "stretch")], (20, 30))
    with pytest.raises(PlanError, match=r"stage 0 .* needs the whole image"):
        image_rows(stretched, 2, 3)


def test_rows_that_lack(rng):
    run = GraphExecutable(make_plan([stage("edge", "sobel")], (40, 30)))
    rows = rng.integers(0, 256, (8, 30), dtype=np.uint8)
    assert run.band(rows, 10, 12, 16)[0]["result"].shape == (4, 30)
    with pytest.raises(ValueError, match="rows 6 to 12 of the image are needed; given 10 to 17"):
        run.band(rows, 10, 8, 12)
    with pytest.raises(ValueError, match="40 rows of 30 pixels of 1; given shape"):
        run.band(rows, 33, 35, 36)
