"""Reconstruction: a seed that grows under an image."""

import numpy as np
import pytest
from skimage import data, morphology

from convpipe import Pipeline, stage
from convpipe.errors import ParameterError, PlanError
from convpipe.interval import Interval
from convpipe.plan import make_plan

IMAGE = np.array(
    [
        [10, 10, 10, 10, 10, 10, 10],
        [10, 40, 45, 10, 20, 10, 10],
        [10, 40, 60, 10, 10, 35, 10],
        [10, 10, 10, 30, 10, 36, 10],
        [10, 10, 10, 10, 10, 10, 90],
    ],
    np.uint8,
)


def grown(image, seed, **given):
    """What a formula makes of the image, grown under it."""
    stages = [
        stage("combine", "seed", formula=f"input {seed}", name="seed"),
        stage("morphology", "reconstruct", from_="input", seed="seed", **given),
    ]
    return Pipeline(stages, dtype="float64")(image)


def written(text):
    return np.array([[float(word) for word in line.split()] for line in text.strip().splitlines()])


def test_it_gives_the_numbers_of_scikit_image():
    """Of 0.26.0, morphology.reconstruction."""
    lower = """
        10 10 10 10 10 10 10
        10 40 45 10 20 10 10
        10 40 45 10 10 35 10
        10 10 10 30 10 36 10
        10 10 10 10 10 10 75
    """
    np.testing.assert_array_equal(grown(IMAGE, "- 15"), written(lower))
    sides = """
        10 10 10 10 10 10 10
        10 40 45 10 10 10 10
        10 40 45 10 10 21 10
        10 10 10 15 10 21 10
        10 10 10 10 10 10 75
    """
    np.testing.assert_array_equal(grown(IMAGE, "- 15", connectivity=1), written(sides))
    higher = """
        25 25 25 25 25 25 25
        25 40 45 25 25 25 25
        25 40 60 25 25 35 25
        25 25 25 30 25 36 25
        25 25 25 25 25 25 90
    """
    np.testing.assert_array_equal(grown(IMAGE, "+ 15", method="erosion"), written(higher))


@pytest.mark.parametrize("method", ["dilation", "erosion"])
def test_each_colour_grows_by_itself_and_alpha_stays(method, rng):
    image = rng.integers(0, 256, (20, 30, 4), np.uint8)
    seed = "- 50" if method == "dilation" else "+ 50"
    got = Pipeline(
        [
            stage("combine", "seed", formula=f"input {seed}", name="seed"),
            stage("morphology", "reconstruct", from_="input", seed="seed", method=method),
        ],
        dtype="float64",
    )(image, alpha=True)
    for colour in range(3):
        values = image[..., colour].astype(float)
        want = morphology.reconstruction(values + float(seed.replace(" ", "")), values, method)
        np.testing.assert_array_equal(got[..., colour], want)
    np.testing.assert_array_equal(got[..., 3], image[..., 3])


def test_a_seed_counts_no_more_than_the_image():
    """Where scikit-image refuses it: after a blur it is, here and there."""
    np.testing.assert_array_equal(grown(IMAGE, "+ 1"), IMAGE)
    np.testing.assert_array_equal(grown(IMAGE, "- 1", method="erosion"), IMAGE)


def test_nothing_passes_what_is_not_a_number():
    image = np.array([[9, 5, np.nan, 5, 4], [9, 5, np.nan, 4, 4]], np.float32)
    seed = "* 1 - where(input > 8, 0, 10)"
    want = [[9, 5, np.nan, -5, -5], [9, 5, np.nan, -5, -5]]
    np.testing.assert_array_equal(grown(image, seed), want)
    high = "* 1 + where(input < 4.5, 0, 10)"
    want = [[15, 15, np.nan, 5, 4], [15, 15, np.nan, 4, 4]]
    np.testing.assert_array_equal(grown(image, high, method="erosion"), want)


def test_results_lie_between_the_seed_and_the_image():
    stages = [
        stage("combine", "seed", formula="input - 40", name="seed"),
        stage("morphology", "reconstruct", from_="input", seed="seed"),
    ]
    assert make_plan(stages, (8, 9)).nodes[-1].ranges.colour == Interval(-40, 255)


def test_the_seed_is_an_image_of_the_same_extent_and_channels():
    grey = stage("color", "gray", name="grey")
    grow = stage("morphology", "reconstruct", from_="input", seed="grey")
    with pytest.raises(PlanError, match=r"reconstruct.*: its images have other numbers of channels: 3, 1"):
        make_plan([grey, grow], (8, 9), channels=3)
    with pytest.raises(ParameterError, match="reconstruct needs seed: the name of a stage"):
        stage("morphology", "reconstruct")


def test_a_photograph_has_the_libraries_domes():
    coins = data.coins()
    want = morphology.reconstruction(coins - 30.0, coins)
    np.testing.assert_array_equal(grown(coins, "- 30"), want)
