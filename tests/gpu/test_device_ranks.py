"""Windows that sort on a device: each form, border, stride and dilation; NaN; ranks of several at once."""

import numpy as np
import pytest
from device import compiled

from convpipe.compile.cuda.passes import SELECTED_PLACES
from convpipe.compile.cuda.ranked import selection
from convpipe.geometry import Border
from convpipe.ops import Map, Rank
from convpipe.stages import Method, Stage, stage

pytestmark = pytest.mark.gpu


FOOTPRINTS = {
    "square": np.ones((3, 3), bool),
    "cross": np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool),
    "ragged": np.array([[1, 1, 0, 1], [0, 0, 1, 1], [1, 0, 0, 1]], bool),
    "even": np.ones((4, 6), bool),  # through exchanges still
    "six": np.ones((6, 6), bool),  # bit by bit, in registers
    "ring": np.arange(110).reshape(10, 11) % 9 > 0,  # bit by bit, from the tile
    "wide": np.ones((1, 40), bool),
}


SIZES = {"ring": (3, 4), "six": (4, 5)}
"""Extents of images, where not (6, 7): a simulator takes its time."""


def ranked(footprint, *ranks, anchor=None, **common):
    """A stage that sums what stands at some ranks, the second ten times, and so on."""
    names = tuple("abcd"[: len(ranks)])
    window = Rank(FOOTPRINTS[footprint], ranks, names)
    total = Map(" + ".join(f"{10**at} * {name}" for at, name in enumerate(names)), names)
    declared = Method("test", "ranked", "", "", (), lambda: (window, total))
    return Stage(
        declared, "ranked", {}, {}, {**stage("edge", "laplacian", **common).common, "anchor": anchor}
    )


def defined(plan, image, kind=np.float32):
    """Sort the samples under each window of a plan of one stage, by the definition."""
    (node,) = plan.nodes
    window = node.ops[0]
    value = {"constant_values": window.value} if window.border == Border.CONSTANT else {}
    sides = [(axis.before, axis.after) for axis in node.axes]
    padded = np.pad(image.astype(kind), sides, mode=window.border.name.lower(), **value)
    made = np.empty(node.extent, kind)
    places = np.argwhere(window.footprint) * window.dilation
    for at in np.ndindex(*node.extent):
        samples = np.sort([padded[tuple(at * np.array(window.stride) + place)] for place in places])
        made[at] = sum(10**k * samples[rank] for k, rank in enumerate(window.ranks))
    return made


def check(one, image, border=Border.REFLECT, **tiling):
    plan, run = compiled([one], image, border, "float32", **tiling)
    got, _ = run(image)
    np.testing.assert_array_equal(got, defined(plan, image))
    return run


def test_the_sample_of_a_rank_among_all():
    for count in range(3, SELECTED_PLACES + 1):
        for rank in range(1, count - 1):
            steps, result = selection(count, rank)
            for values in (np.random.default_rng(count).permutation(count), np.arange(count) // 2):
                held = {}
                for step in steps:
                    if isinstance(step, int):
                        held[step] = values[step]
                    else:
                        held[step[0]], held[step[1]] = sorted(held[at] for at in step)
                assert held[result] == np.sort(values)[rank]


@pytest.mark.parametrize("footprint", FOOTPRINTS)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("shared", [64, 48 * 1024])
def test_every_form(footprint, share, shared, rng):
    """Tap by tap from the image, too, where no tile fits."""
    rank = round(share * (np.count_nonzero(FOOTPRINTS[footprint]) - 1))
    image = rng.integers(-9, 9, SIZES.get(footprint, (6, 7))).astype(np.float32)
    run = check(ranked(footprint, rank), image, shared=shared)
    assert all(group.fits for group in run.groups) == (shared > 64)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "int32"])
@pytest.mark.parametrize("footprint", ["six", "ring"])
def test_integers_bit_by_bit(footprint, dtype, rng):
    """Of few bits, and with a border that is none of them, or a half."""
    limits = np.iinfo(dtype)
    image = rng.integers(limits.min, limits.max, SIZES[footprint], dtype=dtype, endpoint=True)
    count = np.count_nonzero(FOOTPRINTS[footprint])
    for rank, value in ((count // 2, 0), (count // 3, -0.5), (count - 2, 300)):
        one = ranked(footprint, rank, value=value)
        plan, run = compiled([one], image, Border.CONSTANT, "float64")
        np.testing.assert_array_equal(run(image)[0], defined(plan, image, np.float64))


@pytest.mark.parametrize("border", list(Border), ids=lambda border: border.name.lower())
@pytest.mark.parametrize("ranks", [(0, -1), (0, 4, -1)])
def test_borders_and_several_ranks(border, ranks, rng):
    image = rng.integers(0, 256, (5, 7), dtype=np.uint8)
    for footprint, common in (
        ("square", {"stride": [2, 1], "padding": [0, 3, 2, 1], "value": 40}),
        ("ragged", {"dilation": [2, 1], "anchor": (0, 2)}),
        ("even", {"padding": "same_lower"}),
    ):
        check(ranked(footprint, *ranks, **common), image, border)


def test_extremes_of_rectangles_are_two_passes(rng):
    image = rng.integers(0, 256, (9, 8), dtype=np.uint8)
    for footprint, passes in (("six", 2), ("square", 1), ("ring", 1)):
        (group,) = check(ranked(footprint, 0, -1), image).groups
        assert len(group.passes) == passes


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("footprint", ["square", "six", "ring"])
def test_nan_is_the_largest_of_all(footprint, dtype, rng):
    image = rng.standard_normal(SIZES.get(footprint, (6, 7))).astype(dtype)
    image[2, 3], image[1, 1:3], image[2, 0], image[0, 0] = np.nan, np.inf, -np.inf, -np.nan
    count = np.count_nonzero(FOOTPRINTS[footprint])
    for rank in (0, count // 2, count - 1):
        plan, run = compiled([ranked(footprint, rank)], image)
        np.testing.assert_array_equal(run(image)[0].astype(np.float32), defined(plan, image))


def test_channels_and_bands(rng):
    image = rng.integers(0, 256, (6, 5, 4), dtype=np.uint8)
    _, run = compiled(
        [ranked("cross", 2), stage("blur", "box", size=3), ranked("even", 0)], image, alpha=True
    )
    whole, _ = run.run(image)
    for bands in (2, 4):
        np.testing.assert_array_equal(run.run(image, bands)[0]["result"], whole["result"])
    together, alone = (compiled([ranked("cross", 2)], each)[1](each)[0] for each in (image, image[..., 1]))
    np.testing.assert_array_equal(together[..., 1], alone)
