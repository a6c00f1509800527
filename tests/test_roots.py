"""Thresholds of roots are thresholds of what they are of, and no sample changes."""

import numpy as np
import pytest

from convpipe import Pipeline, stage
from convpipe.compile.cpu.roots import largest_within

LEVELS = [-1.0, 0.0, 1e-30, 0.25, 1.0, 3e38]


@pytest.mark.parametrize("compute", [np.float32, np.float64])
def test_the_level_parts_roots_as_they_are_rounded(compute, rng):
    for gain, level in 10 ** rng.uniform(-9, 9, (100, 2)):
        last = compute(largest_within(gain, level, compute.__name__))
        assert not compute(gain) * np.sqrt(last) > compute(level)
        assert compute(gain) * np.sqrt(np.nextafter(last, compute(np.inf))) > compute(level)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64", "int32"])
@pytest.mark.parametrize("operator", ["sobel", "scharr"])
def test_a_threshold_of_a_magnitude_is_that_of_its_square(dtype, operator, rng):
    image = rng.integers(0, 5, (12, 70)).astype(dtype)
    if image.dtype.kind == "f":
        image[3, 3:5], image[8, 60] = (np.inf, -np.inf), np.nan
        image[:, 30:34] *= 1e-25
    edge = stage("edge", operator)
    magnitudes = Pipeline([edge])(image, dtype="float32" if dtype in ("uint8", "float32") else "float64")
    for level in [*LEVELS, *map(float, np.unique(magnitudes[np.isfinite(magnitudes)])[[1, 20]])]:
        both = Pipeline([edge, stage("threshold", "fixed", level=level)])
        assert "sqrt" not in both.source(image.shape, dtype)
        above = magnitudes > magnitudes.dtype.type(level)
        np.testing.assert_array_equal(both(image) != 0, above)


def test_a_root_stays_where_more_is_asked_of_it():
    edge = stage("edge", "sobel")
    for after in (stage("threshold", "otsu"), stage("point", "invert"), stage("point", "scale", gain=2)):
        assert "sqrt" in Pipeline([edge, after]).source((20, 30), "float32")
