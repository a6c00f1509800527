"""The fused loop reads what it has written, within its rows, and takes no more memory than the plan says."""

import interpreted
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_fusion import CHAINS, STAGES, cases, planned, staged
from test_stages import EVERY_METHOD, ids, make

from convpipe.compile.cpu import layout
from convpipe.compile.cpu.graphs import GraphExecutable, compile_plan
from convpipe.errors import PlanError
from convpipe.geometry import Border
from convpipe.plan import Settings, make_plan, rings
from convpipe.stages import stage


def check(plan, image):
    executable = compile_plan(plan)
    want, _ = executable(image, threads=1)
    result, nbytes = interpreted.run(executable, image)
    np.testing.assert_array_equal(result.reshape(want.shape), want)
    assert nbytes <= plan.thread_bytes
    return nbytes


@settings(max_examples=60, deadline=None)
@given(cases())
def test_random_pipelines(case):
    stages, image, border = case
    image = image[:14, :14]
    try:
        plan = planned(stages, image, border)
    except PlanError:
        return
    check(plan, image)


@settings(max_examples=20, deadline=None)
@given(cases())
def test_strips(case):
    stages, image, border = case
    image = image[:10, :24]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rings, "NARROWEST", 5)
        patch.setattr(rings, "CACHE", 1)
        try:
            plan = planned(stages, image, border)
        except PlanError:
            return
        check(plan, image)


@pytest.mark.parametrize("chain", [chain for chain in CHAINS if "crop" not in chain], ids="-".join)
@pytest.mark.parametrize("border", list(Border))
def test_the_smallest_image(chain, border):
    image = np.full((1, 1, 3), 200, np.uint8)
    check(planned([STAGES[name]() for name in chain], image, border), image)


@pytest.mark.parametrize("method", EVERY_METHOD, ids=ids)
@pytest.mark.parametrize(("channels", "alpha"), [(1, False), (4, True)])
def test_every_filter(method, channels, alpha, rng):
    refused = alpha and (method.family == "projection" or method.alpha == "refuse")
    if method.colours not in (None, channels - alpha) or refused:
        return
    if method.title == "network conv":  # whose weights are of one channel
        channels = 1 + alpha
    image = rng.integers(0, 256, (6, 9, channels), dtype=np.uint8)
    stages = [make(method, stride=2, dilation=2)]
    plan = make_plan(stages, (6, 9), Settings(border=Border.WRAP), channels=channels, alpha=alpha)
    if not isinstance(compile_plan(plan), GraphExecutable):  # what stands before its loop is NumPy's
        check(plan, image)


FAR = st.builds(
    lambda reach, **common: stage("custom", "far", kernel=[[0.5], [0.25]], dilation=[reach, 1], **common),
    st.sampled_from([1, 10, 11, 12, 13, 40]),
    padding=st.sampled_from(["same", [30, 30, 0, 0]]),
    border=st.sampled_from([border.name.lower() for border in Border]),
)


@settings(max_examples=40, deadline=None)
@given(FAR, FAR)
def test_rings_about_as_high_as_their_input(one, other):
    image = np.random.default_rng(1).integers(0, 256, (12, 9, 1), dtype=np.uint8)
    stages = [STAGES["blur"](), one, other]
    try:
        plan = planned(stages, image, Border.REFLECT)
    except PlanError:
        return
    check(plan, image)
    np.testing.assert_array_equal(compile_plan(plan)(image)[0], staged(stages, image, Border.REFLECT))


@pytest.mark.parametrize("border", list(Border))
@pytest.mark.parametrize(("rows", "dilation"), [(60, 40), (60, 100_000)])
def test_a_ring_holds_the_rows_under_its_window_and_no_more_than_there_are(rows, dilation, border):
    image = np.full((rows, 64, 1), 200, np.uint8)
    far = stage("custom", "far", kernel=[[0.5], [0.5]], dilation=[dilation, 1])
    plan = planned([STAGES["blur"](), far, far], image, border)
    nbytes = check(plan, image)
    ring = min(rows, dilation + 1) * 64 * 4
    near = stage("custom", "near", kernel=[[0.5], [0.5]])
    rest = planned([STAGES["blur"](), near, near], image, border).thread_bytes
    assert 2 * ring < nbytes <= plan.thread_bytes < 2 * ring + rest


def test_it_notices_a_read_past_a_row(rng):
    image = rng.integers(0, 256, (6, 7, 1), dtype=np.uint8)
    executable = compile_plan(make_plan([STAGES["blur"]()], (6, 7), channels=1))
    table = executable.table
    table.words[table.calls[:, 0] + layout.COUNT] += 1
    with pytest.raises(AssertionError, match="sample"):
        interpreted.run(executable, image)
