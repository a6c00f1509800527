"""Transforms of pairs of tiles: against exact numbers, within their bound, and each tile for itself."""

import itertools
import subprocess
import sys
from unittest import mock

import numpy as np
import pytest
from test_fourier import assert_local, custom, reference, transformed

from convpipe import fourier
from convpipe.compile.cpu.fourier import lines, spectra
from convpipe.compile.cpu.fourier.hand import Hand
from convpipe.compile.cpu.fourier.job import LANES
from convpipe.compile.cpu.fourier.transform import Transform
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.geometry import Axis
from convpipe.ops import stored
from convpipe.plan import Settings, make_plan


def hand_of(rows, cols, kernel=(1, 1)):
    sides = [fourier.Side(Axis(taps), 1000, size, 1) for taps, size in zip(kernel, (rows, cols))]
    tiles = fourier.Tiles(*sides, 1)
    return Hand(tiles, spectra.ROUNDING * lines.rounding(tiles.extent))


def roots(count):
    angles = np.arctan(np.longdouble(1)) * 8 * np.arange(count) / count
    return np.cos(angles) - 1j * np.sin(angles)


def matrix(count):
    return roots(count)[np.outer(np.arange(count), np.arange(count)) % count]


def transform_of(hand, samples):
    """Return the transform of samples, in the usual order, and without its scale."""
    rows, cols = hand.tiles.extent
    values = hand.spectrum(samples).values.reshape(cols // LANES, rows, 2, LANES) * (rows * cols)
    scrambled = (values[:, :, 0] - 1j * values[:, :, 1]).transpose(1, 0, 2).reshape(rows, cols)
    found = np.empty_like(scrambled)
    found[np.ix_(lines.order(rows), lines.order(cols))] = scrambled
    return found


EXTENTS = [*((size, 64) for size in lines.FACTORS), *((64, size) for size in lines.FACTORS if size != 64)]


@pytest.mark.parametrize("extent", EXTENTS)
def test_a_transform_is_off_by_no_more_than_its_roundings(extent, rng):
    samples = rng.standard_normal(extent)
    samples[rng.integers(extent[0])] *= 1e6
    kernel = samples[: extent[0], : extent[1]]
    found = transform_of(hand_of(*extent, extent), kernel)
    want = matrix(extent[0]) @ samples.astype(np.longdouble) @ matrix(extent[1])
    norm = np.sqrt((np.abs(want) ** 2).sum())
    roundings = sum(lines.ADDITIONS[r] + lines.ROOT for size in extent for r in lines.FACTORS[size]) + 3
    error = np.sqrt((np.abs(found - want) ** 2).sum())
    assert error <= roundings * 2.0**-53 * norm
    assert error > 2.0**-55 * norm  # the reference is better


@pytest.mark.parametrize("extent", EXTENTS)
def test_an_impulse_becomes_roots_of_unity(extent):
    rows, cols = extent
    hand = hand_of(*extent, extent)
    for y, x in [(0, 0), (1, 0), (0, 1), (5, 7), (rows - 1, cols - 1)]:
        impulse = np.zeros(extent)
        impulse[y, x] = 1
        want = np.outer(roots(rows)[np.arange(rows) * y % rows], roots(cols)[np.arange(cols) * x % cols])
        np.testing.assert_allclose(transform_of(hand, impulse), want.astype(complex), atol=2e-15)


@pytest.mark.parametrize("count", lines.FACTORS)
def test_roots_are_correctly_rounded(count):
    exact, found = roots(count), lines.roots(count)
    for part in ("real", "imag"):
        rounded, number = getattr(found, part), getattr(exact, part)
        half = np.spacing(np.abs(rounded)) / np.longdouble(2)
        small = np.abs(rounded) < 1e-15
        assert (np.abs(rounded - number)[~small] <= half[~small] * (1 + 2.0**-8) + 2.0**-60).all()
        assert (rounded[small] == 0).all()


def worst(extent, kernel):
    """Yield samples and taps that are hard on a transform."""
    rng = np.random.default_rng(5)
    noise, taps = rng.standard_normal(extent), rng.standard_normal(kernel)
    spike = noise * 1e-9
    spike[extent[0] // 2, extent[1] // 3] = 1e6
    wave = np.cos(np.add.outer(np.arange(extent[0]), np.arange(extent[1])) * 2.4)
    yield from itertools.product((noise, spike, wave, np.ones(extent)), (taps, np.ones(kernel)))


@pytest.mark.parametrize("extent", [(64, 96), (128, 64), (192, 64), (64, 256), (384, 64), (64, 512)])
def test_responses_are_within_their_bound(extent):
    kernel = (9, 8)
    hand = hand_of(*extent, kernel)
    made = extent[0] - 8, extent[1] - 7
    seen = 0
    for samples, taps in worst(extent, kernel):
        got, error = hand.responses(hand.spectrum(taps), samples, made)
        windows = np.lib.stride_tricks.sliding_window_view(samples.astype(np.longdouble), kernel)
        want = np.einsum("ijkl,kl->ij", windows, taps.astype(np.longdouble))
        seen = max(seen, np.abs(got - want).max() / error)
    assert 1e-3 < seen <= 1


def test_integers_come_back_exactly(rng):
    hand = hand_of(64, 64, (5, 5))
    samples, taps = rng.integers(0, 2**20, (64, 64)), rng.integers(-99, 99, (5, 5))
    got, error = hand.responses(hand.spectrum(taps.astype(float)), samples.astype(float), (60, 60))
    windows = np.lib.stride_tricks.sliding_window_view(samples, (5, 5))
    assert error < 0.25
    np.testing.assert_array_equal(np.rint(got), (windows * taps).sum(axis=(2, 3)))


def test_samples_that_no_bound_can_be_given_for_are_left_alone():
    hand = hand_of(64, 64, (5, 5))
    kernel = hand.spectrum(np.ones((5, 5)))
    got, error = hand.responses(kernel, np.zeros((64, 64)), (60, 60))
    assert (got == 0).all()
    assert error == 0


@pytest.fixture
def small(monkeypatch):
    """Take transforms, of small tiles."""
    monkeypatch.setattr(fourier, "ADVANTAGE", 0)
    monkeypatch.setattr(fourier, "SIZES", (64,))


carefully = spectra.Spectra.responses

KERNEL = np.random.default_rng(3).standard_normal((14, 13))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("value", [np.nan, np.inf, -3e38, 1e-30])
@pytest.mark.parametrize("col", [20, 70], ids=["first of a pair", "second"])
def test_the_other_tile_of_a_pair_does_not_meet_it(value, col, rng):
    """0 * NaN is NaN: a tile that holds one is no part of a pair."""
    image = rng.random((64, 110)).astype(np.float32)
    one = custom(KERNEL, padding=0)
    clean, stencil = transformed(one, image)
    assert clean.shape[1] == 98  # two tiles
    image[30, col] = value
    with mock.patch.object(spectra.Spectra, "responses", autospec=True, side_effect=carefully) as careful:
        got, _ = transformed(one, image)
    assert careful.call_count == 1 or np.isfinite(value)
    assert_local(got, *reference(stencil, image))
    other = np.s_[:, 52:] if col < 52 else np.s_[:, :52]
    np.testing.assert_allclose(got[other], clean[other], rtol=1e-6, atol=1e-6)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("cols", [60, 110, 160])
@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize(
    "common", [{}, {"stride": [2, 3]}, {"dilation": [3, 2]}, {"stride": 2, "dilation": 4}]
)
def test_any_number_of_tiles(cols, channels, common, rng):
    image = rng.integers(0, 256, (90, cols, channels), dtype=np.uint8)
    image[20:60, 10:50] = 0
    one = custom(KERNEL, border="reflect", padding="same", **common)
    got, stencil = transformed(one, image)
    assert_local(got, *reference(stencil, image))
    np.testing.assert_array_equal(got, transformed(one, image, threads=3)[0])


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("dtype", ["bool", "uint8", ">u2", "int16", "float16", ">f4", ">f8"])
def test_an_image_of_any_type_byte_order_and_strides(dtype, rng):
    image = (rng.random((80, 160)) * 200).astype(dtype)
    one, name = custom(KERNEL), np.dtype(dtype).name
    plan = make_plan([one], (40, 80), Settings(output_dtype="float64"), dtype=name)
    run = compile_plan(plan)
    assert isinstance(run.runs[0], Transform)
    got = run(image[::-2, ::2])[0]
    same = np.ascontiguousarray(image[::-2, ::2]).astype(stored(name))
    want, _ = reference(plan.stages[0].ops[0], same)
    np.testing.assert_allclose(got, want.astype(float), rtol=1e-6, atol=1e-4)


@pytest.mark.usefixtures("small")
def test_a_channel_with_a_nan_leaves_the_others_alone(rng):
    image = rng.random((70, 130, 3)).astype(np.float32)
    clean, stencil = transformed(custom(KERNEL), image)
    image[40, 90, 1] = np.nan
    got, _ = transformed(custom(KERNEL), image)
    assert_local(got, *reference(stencil, image))
    np.testing.assert_allclose(got[..., [0, 2]], clean[..., [0, 2]], rtol=1e-6, atol=1e-6)


@pytest.mark.usefixtures("small")
def test_a_dim_tile_beside_a_bright_one(rng):
    image = rng.random((64, 110)).astype(np.float32)
    image[:, :52] *= 1e20
    got, stencil = transformed(custom(KERNEL, padding=0), image)
    assert_local(got, *reference(stencil, image))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("level", [0, 255])
def test_flat_regions_are_shown_to_be_right_without_care(level, rng, monkeypatch):
    """A kernel whose taps sum up to nothing gives nothing there, which says nothing of the sizes."""
    image = rng.integers(1, 256, (120, 130), dtype=np.uint8)
    image[20:100, 20:110] = level
    kernel = KERNEL - KERNEL.mean()
    want = reference(transformed(custom(kernel), image)[1], image)

    def careless(*given):
        raise AssertionError("a tile was looked at with care")

    monkeypatch.setattr(spectra.Spectra, "responses", careless)
    assert_local(transformed(custom(kernel), image)[0], *want)


@pytest.mark.parametrize("extent", [(300, 290), (64, 64)])
def test_a_thread_has_the_memory_that_is_planned(extent):
    plan = make_plan([custom(np.ones((70, 45)) + np.eye(70, 45), padding=60)], extent)
    tiles = fourier.tiles(plan.nodes[0].axes, (400, 400), 3)
    hand = Hand(tiles, 1.0)
    assert hand._memory.nbytes <= tiles.thread_bytes - 8 * fourier.ARRAYS * np.prod(tiles.extent)


PROGRAM = """
import hashlib
import llvmlite.binding as llvm
import numpy as np

features = llvm.get_host_cpu_features()
features.update({{name: False for name in features if name.startswith({without})}})
llvm.get_host_cpu_features = lambda: features

from convpipe import Pipeline, fourier, stage
from convpipe.compile.cpu.fourier.job import LANES

fourier.ADVANTAGE = 0
rng = np.random.default_rng(4)
image, kernel = rng.random((90, 200)), rng.standard_normal((14, 13))
image[20:60, 30:90], image[70, 150] = 0, np.nan
image[:, 120:] *= 1e12
pipeline = Pipeline([stage("custom", "large", kernel=kernel)])
assert pipeline.plan(image.shape, "float64").stages[0].tiles
print(LANES, hashlib.sha256(pipeline(image).tobytes()).hexdigest())
"""


@pytest.mark.skipif(LANES != 8, reason="this processor has no vectors of 512 bits")
def test_vectors_of_any_width_give_the_same_bytes():
    """Code is generated as for processors that have less."""
    found = {}
    for without in (("none",), ("avx", "fma")):
        program = PROGRAM.format(without=without)
        run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        lanes, digest = run.stdout.split()
        found[int(lanes)] = digest
    assert sorted(found) == [2, 8]
    assert len(set(found.values())) == 1
