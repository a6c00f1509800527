"""Graphs of stages on a device: joins, several results, statistics; the same bytes however they are cut."""

import graphs
import numpy as np
import oracle
import pytest
from device import TILING
from graphs import COARSE, FINE, combine
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from convpipe.compile.cuda.groups import Tiling
from convpipe.errors import PlanError
from convpipe.losses import Losses
from convpipe.plan import Missing, Settings, make_plan
from convpipe.stages import stage
from convpipe.stages.wiring import wire

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.filterwarnings("ignore:.*overflow encountered"),  # the simulator computes with NumPy
]

WAYS = [
    (1, {"shared": 64}),
    (1, {"shared": 700}),
    (1, {"rows": (8,), "cols": (3,), "threads": 3}),
    (2, {}),
    (3, {"shared": 700}),
]
"""Bands, and blocks of other sizes: with 64 bytes no tile fits, with 700 some do."""


def compiled(plan, **tiling):
    from convpipe.compile.cuda.run import compile_plan

    return compile_plan(plan, Tiling(**tiling))


def run(plan, image, bands=1, **tiling):
    """Return what runs `plan`, its results by name, and what was lost."""
    executable = compiled(plan, **{**TILING, **tiling})
    return executable, *executable.run(image, bands)


def check(plan, image, tolerance=1e-5, ways=WAYS):
    """Hold all results against the oracle, and those of other groups, tiles and bands against them."""
    executable, results, losses = run(plan, image)
    made = oracle.run_graph(plan, image.reshape(*plan.input, plan.channels))
    for output in plan.outputs:
        assert results[output.name].dtype == output.dtype
        oracle.near_values(results[output.name], made[output.node], output.dtype, tolerance)
    for bands, tiling in ways:
        _, others, lost = run(plan, image, bands, **tiling)
        assert lost == losses
        for name, result in results.items():
            np.testing.assert_array_equal(others[name], result)
    return executable, results


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs.graphs(), st.sampled_from(["uint8", "float32"]), st.booleans(), st.permutations(WAYS))
def test_random_graphs(drawn, dtype, all_of_them, ways):
    stages, _, rng = drawn
    read = {name for one in stages for name in one.reads}
    needed = [one.name for one in stages[:-1] if all_of_them or one.name not in read]
    try:
        plan = make_plan(wire(stages, {name: name for name in needed}), (9, 8), dtype=dtype)
    except PlanError:
        assume(False)
    image = (rng.random((9, 8)) * (255 if dtype == "uint8" else 1)).astype(dtype)
    check(plan, image, ways=ways[:2])


@pytest.mark.parametrize("name", graphs.GRAPHS)
@pytest.mark.parametrize(("channels", "alpha"), [(1, False), (3, False), (4, True)])
def test_graphs(name, channels, alpha, rng):
    image = rng.integers(0, 256, (9, 7, channels), dtype=np.uint8)
    plan = make_plan(
        graphs.GRAPHS[name], (9, 7), Settings(output_dtype="float32"), channels=channels, alpha=alpha
    )
    check(plan, image, 2e-5, WAYS[1:2])


def test_a_join_of_many_channels_and_one(rng):
    image = rng.integers(0, 256, (6, 7, 6), dtype=np.uint8)
    stages = [stage("custom", "k", kernel=[[1, 2, 1]], name="soft"), combine("soft - input")]
    executable, _ = check(make_plan(stages, (6, 7), channels=6), image, ways=WAYS[:2])
    assert all(group.by_channel for group in executable.groups)
    stages = [stage("color", "gray", name="grey"), stage("blur", "box", size=3), combine("input - grey")]
    check(make_plan(wire(stages[::2]), (6, 7), channels=3), image[..., :3], ways=WAYS[:2])


def test_readers_of_one_image_find_other_things_outside_of_it(rng):
    """Of the image that enters, and of one that a kernel makes."""
    borders = [
        {"border": "reflect"},
        {"border": "constant", "value": 60},
        {"border": "constant"},
        {"border": "edge"},
    ]
    for first in ([], [stage("blur", "box", size=3, name="soft")]):
        source = "soft" if first else "input"
        readers = [
            stage("custom", "k", kernel=[[1, 2, 3]] * 2, name=f"s{at}", from_=source, **border)
            for at, border in enumerate(borders)
        ]
        joined = combine("s0 + 2 * s1 + 3 * s2 + 4 * s3", dtype="float32")
        check(make_plan([*first, *readers, joined], (6, 7)), rng.integers(0, 256, (6, 7), dtype=np.uint8))


def test_an_image_that_is_read_twice_is_loaded_once():
    """And computed once, for all that read it and as a result."""
    plan = make_plan(wire(graphs.GRAPHS["difference"], {"fine": "fine"}), (480, 640))
    (group,) = compiled(plan).groups
    titles = [one.level.title for one in group.passes]
    assert titles.count("stage 0: blur gaussian") == 1
    assert len(group.block.loads) == 1
    assert len(group.writes) == 2


def test_tiles_take_the_place_of_those_that_are_no_longer_read():
    blurs = [stage("custom", "k", kernel=[[1, 2, 1]] * 3, name=f"s{at}") for at in range(6)]
    ends = combine("s5 - s0")
    for stages, held in ((blurs, 2), ([*blurs, ends], 3)):  # of the join, the first stands all along
        plan = make_plan(stages, (90, 90))
        (group,) = compiled(plan, rows=(64,), cols=(64,), shared=10**6).groups  # of little halo: one kernel
        tiles = [(tile.base, tile.end) for tile in group.block.tiles.values()]
        largest = max(end - base for base, end in tiles)
        assert (held - 1) * largest < group.block.samples <= held * largest
        assert len(tiles) == len(stages)


def test_images_between_kernels_take_the_place_of_those_that_are_no_longer_read(monkeypatch, rng):
    from convpipe.compile.cuda.device import Slot

    made, empty = [], Slot.empty
    monkeypatch.setattr(Slot, "empty", lambda slot, *of: made.append(of) or empty(slot, *of))
    blurs = [stage("custom", "k", kernel=[[1, 2, 1]] * 3) for _ in range(5)]
    plan = make_plan(blurs, (5, 6), dtype="float32")
    executable, *_ = run(plan, rng.random((5, 6)).astype(np.float32), shared=64)
    assert len(executable.groups) == 5
    assert len(made) == 2


def test_images_of_other_steps_beside_each_other(rng):
    """A grid of tiles holds both, or their passes are parted."""
    stages = [
        stage("geometry", "resize", size=[6, 6], method="box", name="small"),
        stage("blur", "box", size=3, name="soft"),
        stage("blur", "box", size=3, stride=2, from_="input", name="half"),
        stage("blur", "box", size=[2, 3], stride=[3, 1], from_="input", name="third"),
        stage("edge", "sobel", from_="soft"),
    ]
    plan = make_plan(wire(stages, {name: name for name in ("half", "third", "soft")}), (9, 8))
    check(plan, rng.integers(0, 256, (9, 8), dtype=np.uint8))


STATISTICS = {
    "stretch": [FINE, stage("contrast", "stretch")],
    "otsu": [FINE, COARSE, combine("fine - coarse"), stage("point", "threshold", level="otsu")],
    "both": [
        stage("contrast", "stretch", name="stretched"),
        stage("blur", "box", size=3, name="soft"),
        combine("abs(stretched - soft)"),
        stage("contrast", "stretch", name="again"),
        stage("blur", "box", size=[1, 2], name="last"),
        combine("last + soft - again"),
    ],
}


@pytest.mark.parametrize("name", STATISTICS)
def test_numbers_of_a_whole_image(name, rng):
    image = rng.integers(0, 256, (9, 7, 4), dtype=np.uint8)
    stages = wire(STATISTICS[name], {"soft": "soft"} if name == "both" else {})
    plan = make_plan(stages, (9, 7), channels=4, alpha=True)
    executable, _ = check(plan, image, ways=[WAYS[1], WAYS[4]])
    assert len(executable.parts) == sum(node.reduces for node in plan.nodes) + (not plan.nodes[0].reduces)


def test_nans_are_counted_once_in_every_band(rng):
    image = rng.random((12, 7)).astype(np.float32)
    image[5, 3] = np.nan
    stages = [
        stage("blur", "box", size=3, dtype="uint8", name="rounded"),
        stage("blur", "box", size=5, dtype="uint8", name="again"),
        combine("again - input"),
    ]
    plan = make_plan(
        wire(stages, {"rounded": "rounded"}), (12, 7), Settings(output_dtype="uint8"), dtype="float32"
    )
    (_, _, losses), (_, _, banded) = run(plan, image), run(plan, image, bands=3)
    assert losses == banded == Losses(nans=9 + 1)


COVERED = {
    "blur": [stage("blur", "gaussian", sigma=1, truncate=1.5)],
    "chain": [
        stage("blur", "box", size=3),
        stage("edge", "sobel"),
        stage("blur", "box", size=[2, 3], stride=2),
    ],
    "join": [FINE, combine("fine - input")],
    "sizes": [stage("geometry", "resize", size=[5, 9], method="bilinear"), stage("blur", "box", size=3)],
}


@pytest.mark.filterwarnings("ignore:.*invalid value")  # the simulator computes with NumPy
@pytest.mark.parametrize("name", COVERED)
@pytest.mark.parametrize("hole", [np.nan, 7.0])
def test_what_is_missing_counts_for_nothing(name, hole, rng):
    image = rng.uniform(0.1, 1, (9, 8)).astype(np.float32)
    image[2:5, 3:7] = hole
    plain = make_plan(COVERED[name], (9, 8), dtype="float32")
    plan = make_plan(COVERED[name], (9, 8), Settings(missing=Missing(hole)), dtype="float32")
    there = np.ones(image.shape, bool)
    there[2:5, 3:7] = False
    values, cover = oracle.run_covered(plain, image[..., None], there[..., None])[-1]
    found, *others = (
        run(plan, image, bands, **tiling)[1]["result"][..., None] for bands, tiling in [(1, {}), *WAYS[1::3]]
    )
    np.testing.assert_array_equal(np.isnan(found) if np.isnan(hole) else found == hole, cover == 0)
    np.testing.assert_allclose(found[cover > 0], values[cover > 0], rtol=0, atol=2e-5)
    for other in others:
        np.testing.assert_array_equal(other, found)
