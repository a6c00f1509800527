"""A ball that rolls under the image: against scikit-image's, in every type, and where nothing holds it up."""

import numpy as np
import pytest
from skimage import restoration

from convpipe import Pipeline, stage
from convpipe.compile.cpu.rolling_ball import FEWEST, roll
from convpipe.ops import RollingBall


def by_library(image, radius, dark=False):
    """Background of a channel in float64."""
    sign = -1 if dark else 1
    return sign * restoration.rolling_ball(sign * image.astype(np.float64), radius=radius)


def rolled(image, radius, dark=False, dtype="float64", threads=1):
    """What the compiled loops make of a channel, and of none beside it."""
    made = np.full((*image.shape, 2), 99, dtype)
    roll(np.stack([image, image], axis=2), made, 1, RollingBall.of(radius, dark), threads)
    assert (made[..., 1] == 99).all()
    return made[..., 0]


@pytest.mark.parametrize("extent", [(1, 1), (1, 40), (40, 1), (7, 6), (37, 75)])
@pytest.mark.parametrize("radius", [0.5, 1.0, 2.5, 12.3, 50.0])
def test_the_bytes_are_those_of_scikit_image(extent, radius, rng):
    image = rng.integers(0, 256, extent).astype(np.uint8)
    for dark in (False, True):
        found = rolled(image, radius, dark)
        np.testing.assert_array_equal(found, by_library(image, radius, dark))
        same = RollingBall.of(radius, dark)(image[..., None])[..., 0]
        np.testing.assert_array_equal(same, found)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
def test_sums_are_of_the_type_of_the_arithmetic(dtype, rng):
    image = rng.integers(0, 256, (40, 61)).astype(dtype)
    found = rolled(image, 9.5, dtype="float32")
    np.testing.assert_allclose(found, by_library(image, 9.5), rtol=0, atol=2e-5)


def test_places_that_lower_nothing_are_left_out_and_no_others(rng):
    """Of values that lie closer together than the ball is deep, one far below all, and infinite ones."""
    image = rng.random((30, 41))
    np.testing.assert_array_equal(rolled(image, 15.0), by_library(image, 15.0))
    image[11, 17] = -8.0
    np.testing.assert_array_equal(rolled(image, 15.0), by_library(image, 15.0))
    image[20:, :9] = np.inf
    np.testing.assert_array_equal(rolled(image, 15.0), by_library(image, 15.0))
    flat = np.full((9, 12), 0.3)
    np.testing.assert_array_equal(rolled(flat, 50.0), flat)


@pytest.mark.parametrize("dark", [False, True])
def test_nan_holds_no_ball_up(dark, rng):
    image = rng.random((20, 33))
    image[4:15, 6:19] = np.nan
    expected = by_library(image, 3.0, dark)
    assert np.isinf(expected).sum() > 9
    np.testing.assert_array_equal(rolled(image, 3.0, dark), expected)
    np.testing.assert_array_equal(RollingBall.of(3.0, dark)(image[..., None])[..., 0], expected)


def test_rows_are_shared_among_threads(rng):
    image = rng.integers(0, 256, (5 * FEWEST + 3, 91), dtype=np.uint8)
    one = rolled(image, 20.0, dtype="float32")
    for threads in (2, 3, 5):
        np.testing.assert_array_equal(rolled(image, 20.0, dtype="float32", threads=threads), one)


def test_channels_are_apart_and_alpha_stays(rng):
    image = rng.integers(0, 256, (30, 41, 4), dtype=np.uint8)
    image[..., 3] = 255
    pipeline = Pipeline([stage("background", "subtract", method="rolling_ball", radius=12)])
    made = pipeline(image, alpha=True)
    np.testing.assert_array_equal(made[..., 3], image[..., 3])
    for channel in range(3):
        alone = image[..., channel]
        np.testing.assert_array_equal(made[..., channel], pipeline(np.ascontiguousarray(alone)))
        np.testing.assert_array_equal(made[..., channel], np.rint(alone - by_library(alone, 12)))
