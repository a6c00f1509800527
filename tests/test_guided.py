"""Guided filters: by another stage, with samples that are missing, and in flat regions."""

import numpy as np
import pytest
from scipy import ndimage

from convpipe import Pipeline, stage
from convpipe.errors import ParameterError


def by_formula(image, guide, size, eps):
    def mean(values):
        return ndimage.uniform_filter(values, size, mode="mirror")

    slope = (mean(guide * image) - mean(guide) * mean(image)) / (mean(guide**2) - mean(guide) ** 2 + eps)
    return mean(slope) * guide + mean(mean(image) - slope * mean(guide))


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_another_stage_can_be_the_guide(dtype, rng):
    full = 255 if dtype == "uint8" else 1
    image = (full * rng.random((30, 41))).astype(dtype)
    edges = stage("edge", "sobel", name="edges")
    guided = stage("blur", "guided", size=5, eps=0.02, guide="edges", **{"from": "input"})
    found = Pipeline([edges, guided], dtype="float64" if dtype == "float64" else "float32")(image)
    guide = Pipeline([edges], dtype="float64")(image)
    want = by_formula(image.astype(float), guide, 5, 0.02 * full**2)
    np.testing.assert_allclose(found, want, rtol=0, atol=full * (1e-12 if dtype == "float64" else 1e-5))


def test_flat_regions_stay_and_edges_too():
    image = np.full((30, 40), 20, np.uint8)
    image[:, 20:] = 220
    np.testing.assert_array_equal(Pipeline([stage("blur", "guided", eps=1e-4)])(image), image)


def test_missing_samples_count_for_nothing(rng):
    image = rng.random((30, 41)).astype(np.float32)
    holed = image.copy()
    holed[10:14, 12:15] = np.nan
    guided = Pipeline([stage("blur", "guided", size=3)], missing="nan")
    found = guided(holed)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(holed))
    far = np.s_[:, 20:]
    np.testing.assert_array_equal(found[far], guided(image)[far])
    assert np.nanmin(found) > -0.1
    assert np.nanmax(found) < 1.1


def test_a_window_has_a_middle():
    with pytest.raises(ParameterError, match="size needs an odd number; given 4"):
        stage("blur", "guided", size=4)
