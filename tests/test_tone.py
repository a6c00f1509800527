"""Curves through control points, against SciPy's."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline, PchipInterpolator

from convpipe import Pipeline, stage
from convpipe.errors import ParameterError
from convpipe.stages.tone import curve

PEERS = {"monotone": PchipInterpolator, "natural": lambda x, y: CubicSpline(x, y, bc_type="natural")}


@pytest.mark.parametrize("interpolation", PEERS)
@pytest.mark.parametrize("count", [2, 3, 4, 9])
def test_curves_are_those_of_scipy(interpolation, count, rng):
    x = np.sort(rng.choice(100, count, replace=False)).astype(float)
    at = np.linspace(x[0], x[-1], 301)
    for y in (rng.normal(size=count), np.sort(rng.normal(size=count)), np.repeat([1.0, 2.0], [1, count - 1])):
        want = PEERS[interpolation](x, y)(at)
        np.testing.assert_allclose(curve(list(zip(x, y, strict=True)), interpolation, at), want, atol=1e-12)


def test_a_rising_curve_rises():
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    run = Pipeline([stage("contrast", "curves", points=[[0, 0], [100, 10], [101, 200], [255, 255]])])
    assert (np.diff(run(ramp).ravel().astype(int)) >= 0).all()


@pytest.mark.parametrize("points", [[[0, 0]], [[1, 2], [1, 3]], [[3, 0], [2, 1]], [[0, 1, 2], [1, 2, 3]]])
def test_points_that_give_no_curve_are_refused(points):
    with pytest.raises(ParameterError, match=r"points needs two and more rows \[value, becomes\]") as caught:
        stage("contrast", "curves", points=points)
    assert caught.value.parameter == "points"


@pytest.mark.parametrize("interpolation", PEERS)
def test_points_are_as_near_as_float32_can_tell_the_slope(interpolation):
    for y in ([0, 40, 220], [0, 0, 0]):
        with pytest.raises(ParameterError, match=r"points has two values nearer than 7\.9e-31; given 0 and"):
            stage("contrast", "curves", points=[[0, y[0]], [1e-308, y[1]], [192, y[2]]])
    step = stage(
        "contrast", "curves", points=[[0, 0], [2.0**-100, 40], [255, 255]], interpolation=interpolation
    )
    assert np.isfinite(Pipeline([step], dtype="float64")(np.arange(256.0, dtype=np.float32)[None])).all()
    tiny = stage("contrast", "curves", points=[[0, 10], [2.0**-100, 40]], interpolation=interpolation)
    image = np.array([[-1, 0, 2.0**-101, 2.0**-100, 1]], np.float32)
    want = [[10, 10, 25, 40, 40]]
    np.testing.assert_allclose(Pipeline([tiny], dtype="float64")(image), want, rtol=1e-6)
