"""What is around each pixel: means and deviations of windows, with what lies outside, and what is missing."""

import numpy as np
import pytest

from convpipe import Pipeline, stage
from convpipe.errors import ParameterError


def level(image, size, k):
    """Return the level of Niblack, of windows that lie inside."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (size, size))
    return np.nanmean(windows, (2, 3)) - k * np.nanstd(windows, (2, 3))


@pytest.mark.parametrize("name", ["niblack", "sauvola", "adaptive"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_flat_windows_are_all_alike(name, dtype, rng):
    """What sums round off must not decide."""
    if (name, dtype) == ("adaptive", "float32"):
        pytest.skip("pixels are held against the mean as it is")
    run = Pipeline([stage("threshold", name, size=51, offset=0)])
    full = 1 if dtype == "float32" else np.iinfo(dtype).max
    for share in rng.random(5):
        flat = np.full((60, 70), share * full, dtype)
        assert len(np.unique(run(flat))) == 1
        assert name == "sauvola" or not run(flat).any()


def test_what_lies_outside_a_square_is_a_square(rng):
    """The windows are over the image less a constant, and over its square."""
    image = rng.integers(0, 256, (20, 30)).astype(np.float32)
    got = Pipeline([stage("threshold", "niblack", size=5, border="constant", value=77)])(image)
    np.testing.assert_array_equal(got, image > level(np.pad(image, 2, constant_values=77), 5, 0.2))


def test_dilated(rng):
    image = rng.random((20, 30)).astype(np.float32)
    got = Pipeline([stage("threshold", "niblack", size=3, dilation=2)])(image)
    odd = Pipeline([stage("threshold", "niblack", size=3)])(image[::2, ::2])
    np.testing.assert_array_equal(got[::2, ::2][1:-1, 1:-1], odd[1:-1, 1:-1])


def test_missing_samples_count_for_nothing(rng):
    image = rng.integers(0, 256, (20, 30)).astype(np.float32)
    image[rng.random(image.shape) < 0.2] = np.nan
    got = Pipeline([stage("threshold", "niblack", size=5)], missing=np.nan)(image)
    want = np.where(np.isnan(image), np.nan, image > level(np.pad(image, 2, mode="reflect"), 5, 0.2))
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("name", ["niblack", "sauvola", "adaptive"])
def test_hidden_colours_count_for_nothing(name, rng):
    image = rng.integers(0, 256, (20, 30, 4), dtype=np.uint8)
    hidden = rng.random((20, 30)) < 0.3
    image[..., 3] = np.where(hidden, 0, 255)
    other = image.copy()
    other[hidden, :3] = 9
    run = Pipeline([stage("threshold", name, size=5)])
    ours, theirs = run(image, alpha=True), run(other, alpha=True)
    np.testing.assert_array_equal(ours[~hidden], theirs[~hidden])
    np.testing.assert_array_equal(ours[..., 3], image[..., 3])


@pytest.mark.parametrize("size", [4, [3, 6], 9001])
def test_a_window_has_a_middle(size):
    with pytest.raises(ParameterError, match="size needs odd numbers of at most 8191; given") as caught:
        Pipeline([stage("threshold", "sauvola", size=size)]).plan((20, 20))
    assert caught.value.parameter == "size"


@pytest.mark.parametrize("border", ["constant", "reflect"])
@pytest.mark.parametrize("value", [0, 1, 77])
@pytest.mark.parametrize("size", [3, 15, 31])
def test_nothing_of_a_flat_image_is_above_what_is_around_it(size, value, border):
    """Black, too, of which the mean about the middle is rounded as that of any other value."""
    outside = {"border": border, "value": value} if border == "constant" else {"border": border}
    flat = np.full((20, 23), value, np.uint8)
    assert not Pipeline([stage("threshold", "niblack", size=size, **outside)])(flat).any()
