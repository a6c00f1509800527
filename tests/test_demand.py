"""The span of an input that a span of an output reads: by brute force, and by poking pixels."""

import itertools

import graphs
import numpy as np
import oracle
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convpipe.errors import PlanError
from convpipe.geometry import Axis, Border, border_index
from convpipe.plan import IMAGE, Settings, make_plan
from convpipe.plan.demand import NOTHING, Span, demand, read
from convpipe.stages import stage
from convpipe.stages.wiring import wire

AXES = st.builds(
    Axis,
    kernel=st.integers(1, 6),
    stride=st.integers(1, 4),
    dilation=st.integers(1, 3),
    before=st.integers(0, 12),
    after=st.integers(0, 12),
)


@settings(max_examples=500, deadline=None)
@given(AXES, st.sampled_from(list(Border)), st.integers(1, 9), st.data())
def test_every_sample_that_is_read_and_no_wider(axis, border, size, data):
    count = axis.output(size)
    assume(count >= 1)
    first = data.draw(st.integers(0, count - 1))
    last = data.draw(st.integers(first, count - 1))
    places = {
        border_index(at * axis.stride - axis.before + tap * axis.dilation, size, border)
        for at in range(first, last + 1)
        for tap in range(axis.kernel)
    } - {-1}
    assert read(axis, border, size, Span(first, last)) == Span.around(places)


def test_spans():
    assert len(Span(2, 4)) == 3
    assert not NOTHING
    assert Span(2, 4) | NOTHING == NOTHING | Span(2, 4) == Span(2, 4)
    assert Span(2, 4) | Span(7, 8) == Span(2, 8)
    assert read(Axis(3, before=1, after=1), Border.REFLECT, 5, NOTHING) == NOTHING
    assert read(Axis(1, before=5), Border.CONSTANT, 5, Span(0, 4)) == NOTHING


def test_large_windows_take_no_time_by_the_sample():
    wide = Axis(8193, before=4096, after=4096)
    assert read(wide, Border.REFLECT, 30_000, Span(100, 20_000)) == Span(0, 24_096)
    assert read(Axis(3, before=10**6, after=0), Border.REFLECT, 4, Span(0, 10**6)) == Span(0, 3)


@pytest.mark.parametrize("border", list(Border))
def test_the_field_of_a_plan_is_the_demand_of_a_pixel(border):
    """Where no border is near; of joins the union over their ways."""
    stages = [
        stage("blur", "box", size=[3, 5], stride=2, name="half"),
        stage("custom", "a", kernel=[[1, 2, 3, 4]], dilation=2, name="wide"),
        stage("custom", "b", kernel=[[1], [2]], from_="half", anchor=0, name="low"),
        stage("combine", "c", formula="wide - low"),
        stage("blur", "box", size=3),
    ]
    plan = make_plan(stages, (90, 80), Settings(border=border))
    rows, cols = demand(plan.nodes, {4: (Span(20, 20), Span(19, 19))})[IMAGE]
    for span, field, at in zip((rows, cols), plan.stages[-1].field, (20, 19), strict=True):
        assert (span.first, len(span)) == (at * field.stride - field.before, field.reach)


@settings(max_examples=150, deadline=None)
@given(graphs.graphs(), st.data())
def test_pixels_outside_change_nothing_and_those_at_its_ends_something(drawn, data):
    stages, exact, rng = drawn
    image = rng.random((9, 8, 1))
    outputs = {one.name: one.name for one in stages[:-1]}
    try:
        plan = make_plan(wire(stages, outputs), image.shape[:2], dtype="float64")
    except PlanError:
        assume(False)
    last = len(plan.nodes) - 1
    region = tuple(
        Span(*sorted(data.draw(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)))))
        for size in plan.nodes[last].extent
    )
    rows, cols = demand(plan.nodes, {last: region})[IMAGE]

    def made(pixels):
        result = oracle.run_graph(plan, pixels)[last]
        return result[region[0].first : region[0].last + 1, region[1].first : region[1].last + 1]

    before = made(image)
    inside = np.zeros(image.shape, bool)
    inside[rows.first : rows.last + 1, cols.first : cols.last + 1] = True
    np.testing.assert_array_equal(made(np.where(inside, image, rng.random(image.shape))), before)
    # Between windows that are further apart than they reach lie samples that none reads.
    if not exact or any(axis.rate > axis.reach for node in plan.nodes for axis in node.axes):
        return
    for span, axis in ((rows, 0), (cols, 1)):
        for place in {span.first, span.last} if span else ():
            line = np.zeros(image.shape, bool)
            line[place if axis == 0 else slice(None), place if axis else slice(None)] = True
            assert (made(image + (line & inside)) != before).any(), (span, place)


def test_a_stage_that_needs_the_whole_image():
    plan = make_plan([stage("blur", "box", size=3), stage("contrast", "stretch")], (7, 9))
    needed = demand(plan.nodes, {1: (Span(2, 2), Span(3, 4))})
    assert needed[0] == needed[IMAGE] == (Span(0, 6), Span(0, 8))


def test_what_nothing_wants_is_not_read():
    plan = make_plan([stage("blur", "box", size=3), stage("edge", "sobel")], (7, 9))
    nothing = (NOTHING, NOTHING)
    assert demand(plan.nodes, {0: (Span(1, 1), Span(1, 1))})[1] == nothing
    assert set(itertools.chain(demand(plan.nodes, {}).values())) == {nothing}
