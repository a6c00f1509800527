"""The fused loop reads and writes within its rows, and reads nothing that it has not written."""

import interpreted
import numpy as np
import pytest
from hypothesis import given, settings
from test_fusion import CHAINS, STAGES, cases, planned
from test_stages import EVERY_METHOD, ids, make

from convpipe.compile.cpu import strips
from convpipe.compile.cpu.groups import Groups, compile_plan
from convpipe.errors import PlanError
from convpipe.geometry import Border
from convpipe.plan import make_plan


def check(plan, image):
    executable = compile_plan(plan)
    want, _ = executable(image, threads=1)
    result = interpreted.run(executable, image)
    np.testing.assert_array_equal(result.reshape(want.shape), want)


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
        patch.setattr(strips, "NARROWEST", 5)
        patch.setattr(strips, "CACHE", 1)
        try:
            plan = planned(stages, image, border)
        except PlanError:
            return
        check(plan, image)


@pytest.mark.parametrize("chain", CHAINS, ids="-".join)
@pytest.mark.parametrize("border", list(Border))
def test_the_smallest_image(chain, border):
    image = np.full((1, 1, 3), 200, np.uint8)
    check(planned([STAGES[name]() for name in chain], image, border), image)


@pytest.mark.parametrize("method", EVERY_METHOD, ids=ids)
@pytest.mark.parametrize(("channels", "alpha"), [(1, False), (4, True)])
def test_every_filter(method, channels, alpha, rng):
    image = rng.integers(0, 256, (6, 9, channels), dtype=np.uint8)
    stages = [make(method, stride=2, dilation=2)]
    plan = make_plan(stages, (6, 9), channels=channels, alpha=alpha, border=Border.WRAP)
    if not isinstance(compile_plan(plan), Groups):  # what stands before its loop is NumPy's
        check(plan, image)


def test_it_notices_a_read_past_a_row(rng):
    image = rng.integers(0, 256, (6, 7, 1), dtype=np.uint8)
    executable = compile_plan(make_plan([STAGES["blur"]()], (6, 7), channels=1))
    loop = interpreted.band(executable.source)
    geometry = executable.values.geometry.copy()
    geometry[:, :, strips.GEOMETRY.index("output_cols")] += 1
    values = executable.values
    with pytest.raises(AssertionError, match="sample"):
        loop(
            image.reshape(6, 7), np.empty((6, 7), np.uint8), 0, 6, geometry,
            values.weights, values.constants, values.outside,
        )  # fmt: skip
