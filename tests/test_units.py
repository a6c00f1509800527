"""Sums whose weights are 1 and -1, and rows whose samples are made together: the bytes of multiply-adds."""

from dataclasses import replace
from unittest import mock

import numpy as np
import pytest

from convpipe import Pipeline, stage
from convpipe.compile.common.banks import Dense
from convpipe.compile.cpu import responses
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.compile.cpu.shapes import part
from convpipe.plan import make_plan
from convpipe.plan.arithmetic import Sums


def kernel(weights, **common):
    return stage("custom", "kernel", kernel=weights, **common)


BLURRED = {
    "sobel": [stage("edge", "sobel", gain=0.7)],
    "one way": [stage("edge", "sobel", direction="x")],
    "no gain": [kernel([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])],
    "laplacian": [stage("edge", "laplacian")],
    "strided": [
        kernel([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], stride=[1, 2]),
        stage("edge", "sobel", border="constant", value=9),
    ],
}
"""Each after a blur, whose rows are of float32."""


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("name", BLURRED)
def test_units_and_rows_made_together_give_the_bytes_of_multiply_adds(name, channels, rng):
    blur = stage("blur", "gaussian", sigma=1)
    chain = [blur, *BLURRED[name]]
    image = rng.integers(0, 256, (19, 41, channels), np.uint8)
    plan = replace(Pipeline(chain).engine.plan(image.shape, "uint8", channels == 4), output_dtype="float32")
    with (
        mock.patch.object(responses, "WIDE", False),
        mock.patch.object(part, "units", lambda weights: (0,) * len(weights)),
        mock.patch.object(Dense, "in_units", lambda self: self),
    ):
        want = compile_plan(plan)(image)[0]
    for wide in (True, False):
        with mock.patch.object(responses, "WIDE", wide):
            run = compile_plan(plan)
            np.testing.assert_array_equal(run(image)[0], want)
            assert ("of each of 2 rows" in run.source) is wide


def test_a_power_of_two_is_taken_out_of_weights_that_meet_small_numbers():
    blur = stage("blur", "gaussian", sigma=1)

    def is_taken(gain, *between, dtype="uint8"):
        stages = [blur, *between, stage("edge", "sobel", gain=gain)]
        return "-T(" in compile_plan(make_plan(stages, (40, 40), dtype=dtype)).source

    assert is_taken(1)
    assert not is_taken(1e30)  # which takes none
    assert not is_taken(1, dtype="float32")  # whose samples may be huge
    assert not is_taken(1, stage("point", "scale", gain=1e10))


def test_a_gain_takes_nothing_that_it_would_round(rng):
    image = rng.integers(0, 256, (20, 40), np.uint8)
    plan = make_plan([stage("blur", "box", size=3), stage("point", "scale", gain=0.7)], (20, 40))
    plan = replace(plan, output_dtype="float32")
    got = compile_plan(plan)(image)[0]
    with mock.patch.object(responses, "absorbing", return_value=None):
        np.testing.assert_array_equal(got, compile_plan(plan)(image)[0])


@pytest.mark.parametrize(
    ("weights", "want"),
    [
        ([0.25, -0.5, 0.25], ([1, -2, 1], 0.25)),
        ([3, -4, 6], ([3, -4, 6], 1)),  # the least is no power of two
        ([2.0**-9, 1, 1], ([2.0**-9, 1, 1], 1)),
        ([4, 2, -512], ([4, 2, -512], 1)),
        ([4, 2, -8], ([2, 1, -4], 2)),
    ],
)
def test_which_power_of_two_is_taken_out(weights, want):
    bank = Dense("r", tuple(weights), Sums("float32"), ((0, 0), (0, 1), (0, 2)), whole=False).in_units()
    assert (list(bank.weights), bank.worth) == want
