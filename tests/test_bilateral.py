"""Bilateral windows: their bytes, what they do with what is missing or hidden, and what is refused."""

import numpy as np
import pytest
from rounding import fma

from convpipe import Pipeline, stage
from convpipe.compile.common.exponential import LEAST, POLYNOMIAL
from convpipe.errors import ParameterError
from convpipe.geometry import Border
from convpipe.ops import Bilateral
from convpipe.stages import ImageKind


def bilateral(**given):
    return stage("blur", "bilateral", **{"sigma_color": 25, **given})


def by_definition(op, image):
    """The mean in the order that the op has, in float32: a centre, then pairs of opposite places."""
    kind, (high, wide) = np.float32, op.kernel
    rows, cols, _ = image.shape
    padded = np.pad(image, [(high // 2,) * 2, (wide // 2,) * 2, (0, 0)], "reflect").astype(kind)
    centre = image.astype(kind)
    weights, total = np.ones((rows, cols), kind), np.zeros_like(centre)
    factor = kind(-0.5 * np.log2(np.e) / op.sigma**2)
    for (i, j), weight in op.pairs:
        for y, x in ((i, j), (high - 1 - i, wide - 1 - j)):
            apart = padded[y : y + rows, x : x + cols] - centre
            square = apart[..., 0] * apart[..., 0]
            for c in range(1, apart.shape[2]):
                square = fma(apart[..., c], apart[..., c], square)
            if op.distance == "manhattan" and apart.shape[2] > 1:
                square = sum(np.abs(apart[..., c]) for c in range(apart.shape[2])) ** 2
            own = power_of_two(fma(square, factor, kind(np.log2(weight))))
            weights = weights + own
            total = np.stack([fma(own, apart[..., c], total[..., c]) for c in range(apart.shape[2])], axis=2)
    return centre + total / weights[..., None]


def power_of_two(x):
    """In float32, by the nearest integer and the polynomial of the rest."""
    x = np.maximum(x, np.float32(LEAST["float32"]))
    whole = np.rint(x)
    *terms, found = map(np.float32, POLYNOMIAL["float32"])
    found = np.full_like(x, found)
    for term in reversed(terms):
        found = fma(found, x - whole, np.full_like(x, term))
    return np.ldexp(found, whole.astype(int))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(("channels", "distance"), [(1, "euclidean"), (3, "euclidean"), (3, "manhattan")])
def test_bytes(dtype, channels, distance, rng):
    image = rng.integers(0, 256, (11, 75, channels)).astype(dtype)
    one = bilateral(size=5, distance=distance, footprint="square")
    op = one.lower(Border.REFLECT, ImageKind(channels)).nodes[0].ops[0]
    np.testing.assert_array_equal(Pipeline([one], dtype="float32")(image), by_definition(op, image))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_exponential_is_as_near_as_its_type(dtype):
    x = np.linspace(-0.5, 0.5, 10001)
    found = np.polynomial.Polynomial(POLYNOMIAL[dtype])(x)
    assert np.abs(found / np.exp2(x) - 1).max() < {"float32": 2.1e-7, "float64": 4e-16}[dtype]
    assert POLYNOMIAL[dtype][0] == 1


def test_flat_regions_stay_as_they_are():
    image = np.full((9, 12), 0.3, np.float32)
    image[:, 6:] = 100
    np.testing.assert_array_equal(Pipeline([bilateral(sigma_color=1)])(image), image)


def test_bands_and_threads_give_the_same_bytes(rng):
    image = rng.random((200, 90, 3), dtype=np.float32)
    pipeline = Pipeline([bilateral(sigma_color=0.2, size=7), stage("edge", "sobel")])
    np.testing.assert_array_equal(pipeline(image, threads=1), pipeline(image, threads=2))


def test_missing_samples_count_for_nothing(rng):
    image = rng.random((20, 30)).astype(np.float32)
    image[5:9, 7:12] = np.nan
    found = Pipeline([bilateral(sigma_color=0.3, size=5)], missing="nan")(image)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(image))
    y, x = 4, 9
    under = image[y - 2 : y + 3, x - 2 : x + 3].astype(float)
    weights = Bilateral(_spatial(5, 3), 0.3).weights(np.nan_to_num(under)[..., None]) * ~np.isnan(under)
    assert found[y, x] == pytest.approx(np.nansum(weights * under) / weights.sum(), rel=1e-6)


def _spatial(size, sigma):
    away = np.add.outer(*[(np.arange(size) - size // 2) ** 2] * 2)
    return np.where(away <= (size // 2) ** 2, np.exp(-away / (2 * sigma**2)), 0)


def test_hidden_colours_reach_no_pixel(rng):
    image = rng.integers(1, 256, (20, 30, 4), dtype=np.uint8)
    image[5:9, 7:12, 3] = 0
    other = image.copy()
    other[5:9, 7:12, :3] = 99
    pipeline = Pipeline([bilateral()])
    seen = pipeline(image, alpha=True), pipeline(other, alpha=True)
    np.testing.assert_array_equal(seen[0][..., 3], image[..., 3])
    np.testing.assert_array_equal(seen[0][image[..., 3] > 0], seen[1][image[..., 3] > 0])


@pytest.mark.parametrize("size", [2, 8])
def test_a_window_has_a_middle(size):
    with pytest.raises(ParameterError, match=f"size needs an odd number; given {size}"):
        bilateral(size=size)


@pytest.mark.parametrize("spatial", [np.ones((3, 4)), np.zeros((3, 3)), np.arange(9).reshape(3, 3) / 4])
def test_weights_of_another_form_are_refused(spatial):
    with pytest.raises(ParameterError, match="alike in opposite places, 1 in the middle"):
        Bilateral(spatial, 1.0)
    with pytest.raises(ParameterError, match="sigma needs a number above 0; given 0"):
        Bilateral([[1]], 0)
