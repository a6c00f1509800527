"""Pixels for the page are those of ``preview``, and histograms count all of them."""

import numpy as np
import pytest

from convpipe.display import Shown, Values, picture
from convpipe.tuner.desk import Desk
from convpipe.tuner.drawing import drawn, histogram, rounded
from convpipe.tuner.sample import Sample
from convpipe.tuner.session import Session


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "bool"])
def test_levels_are_those_of_every_picture(channels, dtype, rng):
    samples = rng.integers(0, 2 if dtype == "bool" else 200, (37, 50, channels)).astype(dtype)
    if dtype == "float32":
        samples = rng.normal(size=samples.shape).astype(dtype)
        samples[3, 4] = np.nan
        samples[5, 6] = np.inf
    values = Values(samples, dtype)
    made = drawn(values)
    assert made.pixels.shape == samples.shape
    want = picture(values).pixels[..., :channels]
    assert np.abs(made.pixels.astype(int) - want).max() <= 1  # a level is rounded in float32, not float64
    if dtype == "uint8":
        np.testing.assert_array_equal(made.pixels, samples)


def test_what_is_see_through(rng):
    samples = rng.integers(0, 256, (9, 8, 4), dtype=np.uint8)
    made = drawn(Values(samples, "uint8", alpha=True))
    np.testing.assert_array_equal(made.pixels, samples)
    holes = np.array([[1.0, np.nan], [3.0, 4.0]], np.float32)
    made = drawn(Values(holes, "float32", gap=np.nan))
    np.testing.assert_array_equal(made.pixels[..., 3], [[255, 0], [255, 255]])
    np.testing.assert_array_equal(drawn(Values(holes, "float32", gap=3.0)).pixels[1, 0, 3], 0)


def test_numbers_of_objects_are_the_colours_of_every_picture():
    values = Values(np.array([[0, 1, 2], [9, 10, 300]], np.uint16), "uint16", labels=True)
    made = drawn(values)
    np.testing.assert_array_equal(made.pixels, picture(values).pixels)
    assert len(np.unique(made.pixels.reshape(-1, 3), axis=0)) == 5
    assert made.notes == picture(values).notes == ("objects in colours, in turn by their numbers",)
    assert made.pixels.tobytes() == drawn(values, stretched=True).pixels.tobytes()


def test_stretched_on_demand():
    values = Values(np.linspace(100, 110, 64).astype(np.uint8).reshape(8, 8), "uint8")
    assert drawn(values).pixels.max() == 110
    made = drawn(values, stretched=True)
    assert (made.pixels.min(), made.pixels.max()) == (0, 255)
    assert made.notes[0].startswith("stretched: black 100")
    assert drawn(Values(np.full((3, 3), 7.0), "float64")).pixels[0, 0, 0] in (127, 128)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float16", "float32", "bool"])
def test_rounding_is_that_of_a_run(dtype, rng):
    from convpipe import Pipeline, stage

    image = (rng.normal(size=(20, 30)) * 400).astype(np.float64 if dtype == "int32" else np.float32)
    image[0, :6] = [0.5, 1.5, 2.5, -0.5, 255.5, 254.5]
    pipeline = Pipeline([stage("point", "scale", gain=1)], dtype=dtype)
    if dtype == "bool":
        image = (image > 0).astype(np.uint8)
        np.testing.assert_array_equal(rounded(image, dtype), image != 0)
        return
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(rounded(image, dtype), pipeline(image))


@pytest.mark.parametrize(
    ("low", "high"),
    [(0.3, np.nextafter(np.float32(0.3), np.float32(1))), (1e300, 1e300), (-1.7e308, 1.7e308)],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_that_are_almost_one_or_far_apart_have_bins(low, high, dtype):
    if dtype == "float32" and abs(low) > 1:
        low, high = low / 1e270, high / 1e270
    values = np.full((4, 4, 1), low, dtype)
    values[1] = high
    found = histogram(values, dtype)
    assert sum(found["counts"][0]) == 16
    assert found["from"] <= values.min() <= values.max() <= found["to"]
    assert np.isfinite([found["from"], found["to"]]).all()


def test_a_histogram_counts_everything(rng):
    values = rng.normal(size=(30, 40, 4)) * 200 + 100
    values[0, 0, 0] = np.nan
    made = histogram(values, "uint8", alpha=True)
    colours = values[..., :3]
    assert [sum(each) for each in made["counts"]] == [1199, 1200, 1200]
    assert made["missing"] == 1
    assert made["below"] == np.count_nonzero(colours < -0.5)
    assert made["above"] == np.count_nonzero(colours >= 255.5)
    assert made["mean"] == pytest.approx(np.nanmean(colours))
    assert histogram(np.full((2, 2, 1), np.nan), "float32")["mean"] is None
    assert histogram(np.full((2, 2, 1), 5.0), "float32")["counts"][0][128] == 4


def test_the_desk_draws_what_labels_in_colours(tmp_path):
    image = np.kron(np.eye(6, dtype=np.uint8), np.ones((3, 3), np.uint8))
    path = tmp_path / "a.yaml"
    path.write_text("stages:\n  - objects: label\n    connectivity: 1\n  - blur: box\n")
    desk = Desk(Session(path, [Sample("a.png", lambda: Shown(image))]))
    try:
        about, pixels = desk._picture({"stage": 0})
        want = np.kron(np.diag(np.arange(1, 7)), np.ones((3, 3), int))
        np.testing.assert_array_equal(pixels, picture(Values(want, "uint16", labels=True)).pixels[:18, :18])
        assert (about["channels"], about["notes"]) == (3, ["objects in colours, in turn by their numbers"])
        assert desk._picture({"stage": 1})[0]["channels"] == 1
    finally:
        desk.worker.shutdown()
