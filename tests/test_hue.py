"""Hues turned: whole thirds of a turn move the colours on, a whole turn and greys change nothing."""

import colorsys

import numpy as np
import pytest

from convpipe import Pipeline, stage


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_thirds_of_a_turn(dtype, rng):
    full = 1 if dtype == "float32" else np.iinfo(dtype).max
    image = (rng.random((20, 30, 3)) * full).astype(dtype)
    for degrees, moved in ((0, 0), (120, 1), (240, 2), (-120, 2), (480, 1), (360, 0)):
        found = Pipeline([stage("color", "hue", shift=degrees)])(image).astype(np.float64)
        np.testing.assert_allclose(found, np.roll(image, moved, axis=2), atol=2e-6 * full)


def test_any_angle_and_alpha(rng):
    image = rng.integers(0, 256, (6, 7, 4), dtype=np.uint8)
    found = Pipeline([stage("color", "hue", shift=37.5)], dtype="float32")(image, alpha=True)
    np.testing.assert_array_equal(found[..., 3], image[..., 3])
    for at in np.ndindex(6, 7):
        hue, saturation, value = colorsys.rgb_to_hsv(*image[at][:3] / 255)
        want = np.multiply(colorsys.hsv_to_rgb(hue + 37.5 / 360, saturation, value), 255)
        np.testing.assert_allclose(found[at][:3], want, atol=2e-3)


def test_greys_stay():
    grey = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=2)
    np.testing.assert_array_equal(Pipeline([stage("color", "hue", shift=77)])(grey), grey)
