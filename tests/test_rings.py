"""What a thread is said to need at most, against what the schedule takes, of random pipelines."""

import random

import numpy as np
import pytest

from convpipe import stage
from convpipe.compile.cpu import layout
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.compile.cpu.sweep import Sweep
from convpipe.errors import ConvpipeError
from convpipe.geometry import Border
from convpipe.plan import Settings, make_plan
from convpipe.plan.rings import ALIGNMENT, AT_ONCE, CACHE, NARROWEST, UNCUT, strip_columns

PIPELINES = 150

DISK = (np.hypot(*np.mgrid[-6:7, -6:7]) < 6.1).tolist()

FULL = [[1, 2, 4, 3], [5, 7, 2, 1], [1, 1, 9, 2], [8, 1, 2, 2]]


def some(rng):
    """Return stages, tall and wide, that read each other or not."""
    common = {
        "border": rng.choice(["edge", "wrap", "constant"]),
        "dilation": rng.choice([1, 2, [6, 1], [1, 4]]),
    }
    size = rng.choice([3, [15, 2], [2, 60]])
    first = rng.choice(
        [
            lambda: stage("custom", "tall", kernel=[[1, 2]] * 33, name="a", **common),
            lambda: stage("blur", "box", size=size, name="a", **common),
            lambda: stage("morphology", "erode", size=size, name="a", **common),
            lambda: stage("rank", "median", size=5, name="a", stride=rng.choice([1, [2, 3]]), **common),
            lambda: stage("custom", "full", kernel=FULL, name="a", stride=rng.choice([1, [2, 1]]), **common),
            lambda: stage("edge", "kirsch", name="a", stride=rng.choice([1, 2]), **common),
            lambda: stage("custom", "disk", kernel=DISK, name="a", stride=rng.choice([2, [1, 3]]), **common),
            lambda: stage("blur", "gaussian", sigma=rng.choice([1, 6]), name="a", stride=[1, 2], **common),
        ]
    )()
    if rng.random() < 0.5:
        return [
            first,
            stage("rank", "midpoint", size=[9, 2]),
            stage("blur", "gaussian", sigma=rng.choice([1, 6])),
        ]
    second = stage("blur", "box", size=[17, 1], from_=rng.choice(["a", "input"]), name="b")
    return [first, second, stage("combine", "difference", formula="a - b")]


def allocated(plan):
    """Return the most that a thread of the parts of a plan works in."""
    run = compile_plan(plan)
    fused = (
        [part.fused for part in run.runs if isinstance(part, Sweep)] if hasattr(run, "runs") else [run.fused]
    )
    return max(int(each.table.words[layout.MEMORY]) for each in fused)


def test_a_thread_needs_no_more_than_is_said():
    rng, seen = random.Random(3), 0
    while seen < PIPELINES:
        extent, channels = (rng.choice([5, 40, 300]), rng.choice([3, 64, 1100, 5000])), rng.choice([1, 3])
        dtype, settings = (
            rng.choice(["uint8", "float32", "float64"]),
            Settings(border=rng.choice(list(Border))),
        )
        try:
            plan = make_plan(some(rng), extent, settings, channels=channels, dtype=dtype)
        except ConvpipeError:  # images of several extents
            continue
        assert allocated(plan) <= plan.thread_bytes
        seen += 1


def test_rows_in_use_fit_half_of_a_cache_where_they_can():
    assert strip_columns(50_000, 64) == CACHE // 64 == 8192
    assert strip_columns(50_000, CACHE) == NARROWEST
    least = CACHE // 4096
    assert strip_columns(4096, least * UNCUT) == 4096
    assert strip_columns(4096, least * UNCUT + 1) == CACHE // (least * UNCUT + 1)


SUMMED = {
    "uint8": (1, "uint8", {"sigma": 1}),
    "RGB": (3, "uint8", {"sigma": 1}),
    "float32": (1, "float32", {"sigma": 1}),
    "many": (1, "uint8", {"sigma": 3}),
    "in phases": (1, "uint8", {"sigma": 1, "stride": 2, "truncate": 2}),
    "in phases, from an odd column": (1, "uint8", {"sigma": 1, "stride": 2, "truncate": 3}),
}


@pytest.mark.parametrize("name", SUMMED)
def test_what_is_written_of_sums_of_columns_begins_a_line(name):
    channels, dtype, settings = SUMMED[name]
    plan = make_plan([stage("blur", "gaussian", **settings)], (40, 80), channels=channels, dtype=dtype)
    down, *_ = compile_plan(plan).fused.table.steps[0]
    written = [place.offset for place in down.places if place.row == layout.WORKSPACE]
    assert len(written) >= AT_ONCE
    assert {offset % ALIGNMENT for offset in written} == {0}
