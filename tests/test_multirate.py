"""Long Gaussians at three rates against the kernel that they stand for, summed tap by tap in float64."""

import math

import interpreted
import numpy as np
import oracle
import pytest

from convpipe import Pipeline, stage
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.geometry import Axis, Border
from convpipe.multirate import LONGEST, multirate, rates, spline
from convpipe.plan import Missing, Settings, make_plan
from convpipe.stages.blur import gaussian_taps

ROUNDING = 2e-6
"""What float32 rounds off in some dozens of sums, of the spread."""


def matrix(taps, axis, size, border, value):
    """Return the sums of a window as a matrix from `size` samples, and what a constant border adds."""
    places = np.arange(size)
    reached = max(axis.before, axis.after + axis.stride * axis.output(size))
    mode = "constant" if border == Border.CONSTANT else border.name.lower()
    fill = {"constant_values": -1} if border == Border.CONSTANT else {}
    padded = np.pad(places, reached, mode=mode, **fill)
    found, added = np.zeros((axis.output(size), size)), np.zeros(axis.output(size))
    for at in range(len(found)):
        begin = reached + at * axis.stride - axis.before
        for place, weight in zip(padded[begin : begin + len(taps)], taps, strict=True):
            if place < 0:
                added[at] += weight * value
            else:
                found[at, place] += weight
    return found, added


def blurred(image, sigma, border=Border.REFLECT, value=0.0, axes=None, truncate=4.0):
    """Blur (H, W, C) samples by the taps of the filter's definition; a constant is what lies outside."""
    values = image.astype(np.float64) - value
    for dim in range(2):
        taps = gaussian_taps(sigma, truncate)
        radius = len(taps) // 2
        axis = Axis(len(taps), before=radius, after=radius) if axes is None else axes[dim]
        weights, _ = matrix(taps, axis, values.shape[dim], border, 0.0)
        values = np.moveaxis(np.tensordot(weights, values, (1, dim)), 0, dim)
    return values + value


def steep(shape, dtype, rng):
    """Return an image of the largest contrast there is: noise of two values, a corner and an edge."""
    high = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    image = high * rng.integers(0, 2, shape).astype(np.float64)
    image[: shape[0] // 2, : shape[1] // 3] = high
    image[shape[0] // 2 :, shape[1] // 2 :] = 0
    return image.astype(dtype)


def off(got, want, image):
    """Return the largest difference as a share of the spread of the samples."""
    return np.abs(got - want).max() / (float(image.max()) - float(image.min()))


@pytest.mark.parametrize("sigma", [10.2, 12, 16, 20, 33.3, 50, 100])
def test_the_bound_holds_for_the_worst_samples_of_every_phase(sigma):
    """Samples that are 1 where a tap is too large and 0 elsewhere reach it, in some phase."""
    taps = gaussian_taps(sigma, 4)
    found, radius = multirate(taps, 1e-4), len(taps) // 2
    assert found.step > 1
    assert found.error <= 1e-4
    size = 2 * found.reach + 4 * found.step
    window = Axis(len(taps), before=radius, after=radius)
    placed = found.place(window, size)
    fine, _ = matrix(
        found.decimating,
        Axis(len(found.decimating), placed.step, 1, placed.before, placed.after),
        size,
        Border.CONSTANT,
        0.0,
    )
    grid = np.stack([np.convolve(column, found.coarse, mode="valid") for column in fine.T], axis=1)
    own = placed.interpolation
    whole = np.stack(
        [
            weights @ grid[first : first + own.kernel]
            for first, weights in zip(own.first, own.weights, strict=True)
        ]
    )
    difference = whole - matrix(taps, window, size, Border.CONSTANT, 0.0)[0]
    worst = np.clip(difference, 0, None).sum(axis=1)
    inside = slice(found.reach, found.reach + found.step)  # whose windows lie inside
    assert worst[inside].max() == pytest.approx(found.error, rel=1e-9)
    assert worst.max() <= found.error * (1 + 1e-9)
    np.testing.assert_allclose(own.weights.sum(axis=1), 1, rtol=0, atol=0)


def test_the_spline_is_that_of_the_literature():
    """Unser, Aldroubi and Eden 1993, discrete cubic B-splines: [1 4 6 4 1] / 16, and of width 4 below."""
    np.testing.assert_array_equal(spline(1), [1])
    np.testing.assert_array_equal(16 * spline(2), [1, 4, 6, 4, 1])
    np.testing.assert_array_equal(256 * spline(4), [1, 4, 10, 20, 31, 40, 44, 40, 31, 20, 10, 4, 1])


@pytest.mark.parametrize(("sigma", "step"), [(10, 1), (10.2, 2), (20, 4), (50, 8), (100, 8), (200, 16)])
def test_the_grid_grows_with_sigma(sigma, step):
    taps = gaussian_taps(sigma, 4)
    assert (len(taps) > LONGEST) == (step > 1)
    assert rates((taps, taps), 1e-4)[0].step == step


def test_what_no_grid_approximates_is_summed_as_it_is():
    """A kernel that ends in a step is none: at 2 sigma it is an eighth of its height."""
    assert multirate(gaussian_taps(50, 2), 1e-4).step == 1
    assert multirate(gaussian_taps(50, 4), 0).step == 1


CASES = [
    # sigma, dtype, border, stride, shape
    (12, "uint8", Border.REFLECT, 1, (90, 203)),
    (20, "float32", Border.EDGE, 1, (150, 101)),
    (50, "uint16", Border.SYMMETRIC, 1, (64, 64)),  # which its windows reflect many times
    (50, "float64", Border.WRAP, 1, (64, 64)),
    (50, "uint8", Border.CONSTANT, 1, (64, 64)),
    (100, "float32", Border.REFLECT, 1, (70, 45)),
    (20, "uint16", Border.WRAP, 2, (131, 150)),
    (20, "float32", Border.CONSTANT, 3, (100, 101)),
    (33.3, "uint8", Border.SYMMETRIC, (2, 3), (97, 140)),
    (100, "float64", Border.EDGE, 5, (211, 90)),
    (20, "uint8", Border.REFLECT, 40, (300, 300)),
]


@pytest.mark.parametrize(("sigma", "dtype", "border", "stride", "shape"), CASES)
def test_in_every_border_and_stride(sigma, dtype, border, stride, shape, rng):
    value = 0.25 if np.dtype(dtype).kind == "f" else 40
    image = steep(shape, dtype, rng)
    blur = stage("blur", "gaussian", sigma=sigma, stride=stride, border=border.name.lower(), value=value)
    exact = stage(
        "blur", "gaussian", sigma=sigma, stride=stride, border=border.name.lower(), value=value, tolerance=0
    )
    plan, whole = (make_plan([one], shape, dtype=dtype).stages[0] for one in (blur, exact))
    got = Pipeline([blur])(image, dtype="float64" if dtype == "float64" else "float32")
    want = blurred(image[..., None], sigma, border, value, whole.axes)[..., 0]
    assert plan.rates is not None
    assert whole.rates is None
    assert (plan.extent, plan.formulas, plan.range) == (whole.extent, whole.formulas, whole.range)
    assert plan.rates.error < 1e-4
    assert off(got, want, image) < plan.rates.error + ROUNDING


@pytest.mark.parametrize("padding", ["valid", "same_upper", 30, [10, 90, 0, 120]])
@pytest.mark.parametrize("stride", [1, 3])
def test_other_padding(padding, stride, rng):
    """Windows that lie inside the image do not see its border, whose constant is far away here."""
    image = steep((190, 205), "float32", rng)
    value = 1e6 if padding == "valid" else 0.5
    given = {"sigma": 16, "padding": padding, "stride": stride, "border": "constant", "value": value}
    plan = make_plan([stage("blur", "gaussian", **given)], image.shape, dtype="float32").stages[0]
    got = Pipeline([stage("blur", "gaussian", **given)])(image)
    want = blurred(image[..., None], 16, Border.CONSTANT, 0.5, plan.axes)[..., 0]
    assert got.shape == want.shape
    assert off(got, want, image) < plan.rates.error + ROUNDING


def test_a_step_edge_is_the_normal_distribution():
    """Literal: Abramowitz and Stegun, table 26.1, P(x) for x = -1.5, 0.02, 0.5, 0.98, 2.5."""
    image = np.zeros((40, 400), np.float32)
    image[:, 200:] = 255
    places = [162, 200, 212, 224, 262]  # 0.5 pixels and more from the step, with a sigma of 25
    got = Pipeline([stage("blur", "gaussian", sigma=25)])(image)[20, places]
    want = [0.0668072013, 0.5079783137, 0.6914624613, 0.8364569407, 0.9937903347]
    np.testing.assert_allclose(got / 255, want, rtol=0, atol=1e-4)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64"])
@pytest.mark.parametrize("sigma", [16, 50])
def test_an_image_of_one_value_stays_as_it_is(dtype, sigma):
    value = 201.0 if dtype == "float64" else np.iinfo(dtype).max
    image = np.full((50, 60), value, dtype)
    got = Pipeline([stage("blur", "gaussian", sigma=sigma)])(image)
    np.testing.assert_allclose(got, image, rtol=1e-13)


def test_colours_and_alpha(rng):
    """Alpha, and colours multiplied by it, are within the bound; colours where alpha says something."""
    image = rng.integers(0, 256, (80, 90, 4)).astype(np.uint8)
    image[20:50, 30:, 3] = 0
    blur = stage("blur", "gaussian", sigma=15)
    got = Pipeline([blur])(image, alpha=True, dtype="float32").astype(np.float64)
    weighted = image.astype(np.float64)
    weighted[..., :3] *= weighted[..., 3:] / 255
    want = blurred(weighted, 15)
    found = got.copy()
    found[..., :3] *= got[..., 3:] / 255
    assert np.abs(found - want).max() < 255 * 1e-4
    plain = Pipeline([blur])(image[..., :3], dtype="float32")
    assert np.abs(plain - blurred(image[..., :3], 15)).max() < 255 * 1e-4


def test_missing_samples_are_weighed_by_the_taps_as_they_are(rng):
    image = rng.random((60, 70)).astype(np.float32)
    image[10:40, 20:50] = np.nan
    blur = stage("blur", "gaussian", sigma=12)
    plan = make_plan([blur], image.shape, Settings(missing=Missing(math.nan)), dtype="float32")
    assert plan.stages[0].rates is None
    there = ~np.isnan(image)
    want = blurred(np.where(there, image, 0)[..., None], 12) / blurred(there[..., None], 12)
    np.testing.assert_allclose(Pipeline([blur], missing="nan")(image), want[..., 0], atol=1e-5)


def test_far_from_what_is_missing_other_windows_give_the_same_bytes(rng):
    image = rng.random((150, 60)).astype(np.float32)
    sharpen = stage("sharpen", "unsharp", sigma=12)
    want = Pipeline([sharpen])(image)
    image[:20, 20:50] = np.nan
    got = Pipeline([sharpen], missing="nan")(image)
    np.testing.assert_array_equal(got[90:], want[90:])
    assert np.isnan(got[:20, 20:50]).all()
    assert np.isfinite(got[20:]).all()


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("stride", [1, 2])
def test_what_is_made_of_two_blurs(dtype, alpha, stride, rng):
    """Each window of a stage by itself, at one rate or at three, and then the expression."""
    shape = (100, 90, 4) if alpha else (100, 90)
    image = steep(shape, dtype, rng)
    for name, given in {
        "unsharp": {"sigma": 14, "amount": 0.5},
        "dog": {"sigma": 2, "ratio": 7},
    }.items():
        family = "sharpen" if name == "unsharp" else "edge"
        one, exact = (stage(family, name, stride=stride, **given, **more) for more in ({}, {"tolerance": 0}))
        plan = make_plan([one], (100, 90), channels=4 if alpha else 1, alpha=alpha, dtype=dtype)
        assert plan.stages[0].rates.error < 1e-4
        got, want = (Pipeline([each])(image, alpha=alpha, dtype="float32") for each in (one, exact))
        # Where alpha hides colours there is another sum, of how much of each pixel is hidden.
        assert off(got, want, image) < (2 if alpha else 1) * plan.stages[0].rates.error + ROUNDING


def test_bands_and_threads_give_the_same_bytes(rng):
    image = steep((700, 300), "uint16", rng)
    light = [stage("blur", "gaussian", sigma=25, name="light")]
    chain = [*light, stage("combine", "flat", formula="input - light + 1000")]
    run = compile_plan(make_plan(chain, image.shape, dtype="uint16"))
    want, _ = run(image, threads=1)
    np.testing.assert_array_equal(run(image, threads=2)[0], want)
    parts = [Pipeline(light)(image, threads=count) for count in (1, 2, 3)]
    np.testing.assert_array_equal(parts[0], parts[1])
    np.testing.assert_array_equal(parts[0], parts[2])


def test_the_oracle_of_the_three_steps(rng):
    """What runs is what the plan says, to float32's rounding."""
    image = steep((61, 83), "uint8", rng)
    plan = make_plan(
        [stage("blur", "gaussian", sigma=11, stride=2)], image.shape, Settings(output_dtype="float32")
    )
    run = compile_plan(plan)
    got, _ = run(image)
    _, nbytes = interpreted.run(run, image)
    assert nbytes <= plan.thread_bytes
    want = oracle.run_graph(plan, image[..., None])[-1][..., 0]
    np.testing.assert_allclose(got, want, rtol=0, atol=255 * ROUNDING)


def test_what_a_plan_says():
    """One stage, of the window that was asked for, and how far it can be off."""
    plan = make_plan([stage("blur", "gaussian", sigma=50)], (2048, 2000), dtype="uint16")
    (one,) = plan.stages
    assert [node.rates is not None for node in one.nodes] == [False, False, True]
    assert one.formulas[0] == "floor((2048 + 200 + 200 - 1*(401-1) - 1)/1) + 1 = 2048"
    assert one.halo == ((228, 228), (228, 228))
    assert [field.reach for field in one.field] == [453, 453]
    assert [field.stride for field in one.field] == [1, 1]
    assert plan.sampling().first == (0, 0)
    assert str(one.rates) == (
        "at three rates, on a grid of every 8 x 8 pixels: off by at most 5.5e-05 of the spread of its samples"
    )
    assert one.to_dict()["rates"] == {"steps": [8, 8], "error": one.rates.error}


@pytest.mark.parametrize("given", [{"sigma": 10}, {"sigma": 30, "dilation": 2}, {"sigma": 30, "truncate": 3}])
def test_one_rate(given):
    (node,) = make_plan([stage("blur", "gaussian", **given)], (300, 300)).nodes
    assert node.rates is None


def test_a_side_alone():
    """Of a long kernel along columns and a short one along rows, the short one is summed as it is."""
    plan = make_plan([stage("blur", "gaussian", sigma=[2, 40])], (300, 300))
    rows, cols = plan.stages[0].rates.rows, plan.stages[0].rates.cols
    assert (rows.step, cols.step, rows.error) == (1, 8, 0)
