"""Numbers of a whole image: what they are of, and that stages take them."""

import numpy as np
import pytest
from skimage import filters

from convpipe import Pipeline, stage
from convpipe.statistics import EXTREMES, THRESHOLDS, Statistic, measure

OTSU = stage("point", "threshold", level="otsu")


def test_nan_and_infinities_count_for_nothing_but_as_extremes():
    samples = np.array([np.nan, 1, 2, 3, np.inf, 10, 11, 12])
    assert measure(EXTREMES, samples) == [1, np.inf]
    level, low, middle = measure(
        [Statistic("l", "otsu"), Statistic("a", "minimum"), Statistic("p", "percentile", 50)], samples
    )
    assert (level, low, middle) == (3, 1, 6.5)


@pytest.mark.parametrize("samples", [np.array([np.nan, np.nan]), np.array([])])
def test_of_nothing_is_nan(samples):
    assert np.isnan(measure([Statistic("level", kind) for kind in THRESHOLDS], samples)).all()


@pytest.mark.parametrize("kind", THRESHOLDS)
def test_a_flat_image_is_all_below_its_level(kind):
    image = np.full((5, 6), 7, np.uint8)
    assert not Pipeline([stage("point", "threshold", level=kind)])(image).any()


def test_whole_numbers_have_one_level_whatever_their_type(rng):
    image = rng.integers(0, 60_000, (20, 30))
    levels = {
        measure([Statistic("level", "otsu")], image.astype(dtype))[0] for dtype in ("uint16", "float64")
    }
    assert len(levels) == 1


def test_alpha_is_no_sample(rng):
    colours = rng.integers(0, 100, (8, 9, 3), dtype=np.uint8)
    image = np.concatenate([colours, np.full((8, 9, 1), 255, np.uint8)], axis=2)
    result = Pipeline([OTSU])(image, alpha=True)
    np.testing.assert_array_equal(result[..., :3], Pipeline([OTSU])(colours))
    assert (result[..., 3] == 255).all()


def test_the_level_is_of_what_enters_the_stage(rng):
    """After a difference of blurs, which is made in one sweep, and before others that are in the next one."""
    image = rng.integers(0, 256, (40, 50), dtype=np.uint8)
    blurs = [
        stage("blur", "gaussian", sigma=1, name="fine"),
        stage("blur", "gaussian", sigma=3, name="coarse", from_="input"),
        stage("combine", "spots", formula="fine - coarse"),
    ]
    spots = Pipeline(blurs, dtype="float32")(image)
    (level,) = measure([Statistic("level", "otsu")], spots)
    pipeline = Pipeline([*blurs, OTSU, stage("blur", "box", size=3)], dtype="float32")
    assert len(pipeline.plan(image.shape).parts) == 2
    mask = np.where(spots > np.float32(level), np.float32(255), np.float32(0))
    np.testing.assert_array_equal(pipeline(image), Pipeline([stage("blur", "box", size=3)])(mask))


def test_percentiles_clip_what_lies_beyond(rng):
    image = rng.normal(0, 1, (30, 40)).astype(np.float32)
    result = Pipeline([stage("contrast", "stretch", low=5, high=95)])(image)
    assert (result.min(), result.max()) == (0, 1)
    assert (result == 0).mean() == pytest.approx(0.05, abs=0.001)
    assert (result == 1).mean() == pytest.approx(0.05, abs=0.001)


@pytest.mark.parametrize("kind", ["otsu", "triangle", "yen", "isodata", "multiotsu"])
def test_samples_that_no_bins_part_are_one(kind):
    """Between them are fewer numbers of float64 than a histogram has edges."""
    samples = np.array([1.0, np.nextafter(1.0, 2.0), 1.0])
    assert measure([Statistic("t", kind)], samples) == [1.0]


@pytest.mark.parametrize("values", [[3, 250], [0, 1, 65535], [10, 900, 901, 40_000, 41_000, 60_000]])
def test_otsu_of_few_values_far_apart_is_that_of_all_bins(values, rng):
    image = rng.choice(np.array(values, np.uint16), (30, 40))
    assert measure([Statistic("t", "otsu")], image) == [filters.threshold_otsu(image, nbins=65536)]
