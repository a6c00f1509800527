"""Where a plan is cut into parts."""

import numpy as np
import pytest

from convpipe.plan import make_plan
from convpipe.plan.parts import cut_at_need, overflows
from convpipe.stages import stage

BLUR = stage("blur", "box", size=3)
STRETCH = stage("contrast", "stretch")
SOBEL = stage("edge", "sobel")
HALF = stage("blur", "box", size=3, dtype="float16")
ROUNDED = stage("blur", "box", size=3, dtype="uint8")
INVERSE = stage("combine", "inverse", formula="1 / input", dtype="float16")
LARGE = stage("custom", "large", kernel=np.random.default_rng(1).normal(size=(41, 41)))


def places(parts):
    return [part.at for part in parts]


@pytest.mark.parametrize(
    ("stages", "dtype", "want"),
    [
        ([BLUR, STRETCH, BLUR, SOBEL], "uint8", [(0,), (1, 2, 3)]),
        ([STRETCH, BLUR], "uint8", [(0, 1)]),
        ([ROUNDED, BLUR, SOBEL], "uint8", [(0, 1, 2)]),
        ([ROUNDED, BLUR, SOBEL], "float32", [(0,), (1, 2)]),
        ([BLUR, SOBEL, ROUNDED], "float32", [(0, 1, 2)]),
    ],
)
def test_what_keeps_no_rows_is_cut_where_it_needs_all_or_counts_what_is_lost(stages, dtype, want):
    plan = make_plan(stages, (40, 50), dtype=dtype)
    assert places(cut_at_need(plan.nodes, [len(stages) - 1], dtype)) == want


@pytest.mark.parametrize(
    ("stages", "dtype", "floating"),
    [
        ([BLUR], "uint8", [False]),
        ([BLUR], "float32", [True]),
        ([BLUR, STRETCH], "int16", [False, True]),
        ([LARGE], "uint8", [True]),
    ],
)
def test_a_part_reads_numbers_of_floating_point(stages, dtype, floating):
    plan = make_plan(stages, (200, 210), dtype=dtype)
    assert [part.floating for part in plan.parts] == floating


@pytest.mark.parametrize(
    ("stages", "dtype", "want"),
    [
        ([HALF, SOBEL], "uint8", [(0, 1)]),
        ([HALF, SOBEL], "float32", [(0,), (1,)]),
        ([INVERSE, SOBEL], "uint8", [(0,), (1,)]),
        ([SOBEL, HALF], "float32", [(0, 1)]),
        ([BLUR, SOBEL], "float32", [(0, 1)]),
    ],
)
def test_what_float16_can_overflow_is_written(stages, dtype, want):
    plan = make_plan(stages, (40, 50), dtype=dtype)
    assert places(plan.parts) == want
    assert overflows(plan.nodes[0], dtype) == (len(want) == 2)
