"""What is measured of images, held against NumPy on the arrays themselves."""

import pickle

import numpy as np
import pytest

from convpipe import Pipeline, stage
from convpipe.errors import ParameterError, PlanError

FINE = stage("blur", "gaussian", sigma=1, name="fine")
MASK = stage("threshold", "fixed", level=128)
LAPLACIAN = "input[0, 1] + input[0, -1] + input[1, 0] + input[-1, 0] - 4 * input"


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(5).integers(0, 256, (37, 41), dtype=np.uint8)


@pytest.fixture(scope="module")
def pipeline():
    """Measures of all kinds of images: as they enter, as they are stored, between, and of several."""
    return Pipeline(
        [FINE, MASK],
        outputs={"soft": "fine"},
        measure={
            "share": "mean(result > 0)",
            "level": "mean(result)",
            "focus": f"var({LAPLACIAN})",
            "fine": "max(fine)",
            "soft": "sum(soft)",
            "off": "mean(abs(input - soft)) / std(input)",
            "held": "mean(soft > otsu(input))",
            "box": {"formula": "sum(result) + min(input)", "box": [3, 4, -2, None]},
        },
    )


def laplacian(image):
    x = np.pad(image.astype(float), 1, mode="reflect")
    return x[1:-1, 2:] + x[1:-1, :-2] + x[2:, 1:-1] + x[:-2, 1:-1] - 4 * x[1:-1, 1:-1]


def test_numbers_are_those_of_numpy(pipeline, image):
    from skimage.filters import threshold_otsu

    results, exact = pipeline(image), Pipeline([FINE])(image, dtype="float32")
    soft, mask = results["soft"].astype(float), results["result"].astype(float)
    expected = {
        "share": (mask > 0).mean(),
        "level": mask.mean(),
        "focus": laplacian(image).var(),
        "fine": exact.max(),
        "soft": soft.sum(),
        "off": abs(image - soft).mean() / image.std(),
        "held": (soft > threshold_otsu(image)).mean(),
        "box": mask[3:-2, 4:].sum() + image[3:-2, 4:].min(),
    }
    assert exact.max() != soft.max()  # a stage's name is what it gives, an output's what is stored
    assert pipeline.measure(image) == pytest.approx(expected, rel=1e-6)
    assert pipeline.measure(image, threads=1) == pipeline.measure(image)


def test_results_are_those_without_measures(pipeline, image):
    measured = pipeline.gauge.outputs(image)
    assert list(measured.results) == ["soft", "result"]
    for name, result in pipeline(image).items():
        np.testing.assert_array_equal(measured.results[name], result)
        assert measured.results[name].dtype == result.dtype


def test_a_result_in_a_formula_is_rounded_and_saturated(image):
    steep = stage("point", "scale", gain=1.7)
    measured = Pipeline([steep], measure={"top": "max(2 * result)", "odd": "mean(result - floor(result))"})
    assert measured.measure(image) == {"top": 510.0, "odd": 0.0}


def test_nan_that_is_stored_as_0_is_counted_as_lost_once():
    pixels = np.ones((4, 5), np.float32)
    pixels[1, 1] = np.nan
    pipeline = Pipeline([stage("point", "abs")], dtype="uint8", measure={"share": "mean(result == 0)"})
    measured = pipeline.gauge.outputs(pixels)
    assert measured.numbers == {"share": 1 / 20}
    assert measured.losses.nans == 1


def test_per_channel(image):
    colours = np.stack([image, 255 - image, image // 2], axis=2)
    measures = {"level": {"formula": "mean(input) - mean(result)", "per": "channel"}, "all": "mean(input)"}
    found = Pipeline([stage("point", "invert")], measure=measures).measure(colours)
    assert list(found) == ["level.0", "level.1", "level.2", "all"]
    means = colours.mean(axis=(0, 1))
    assert list(found.values()) == pytest.approx([*(means - (255 - means)), colours.mean()])


def test_one_channel_counts_for_each(image):
    colours = np.stack([image, 255 - image], axis=2)
    gray = stage("color", "channel", index=1)
    measures = {"m": {"formula": "mean(input) - mean(result)", "per": "channel"}}
    found = Pipeline([gray], measure=measures).measure(colours, channel_axis=2)
    means = colours.mean(axis=(0, 1))
    assert list(found.values()) == pytest.approx([means[0] - means[1], 0])


def test_what_alpha_hides_counts_for_nothing(image):
    pixels = np.dstack([image, image, image, np.where(np.arange(41) < 20, 0, 9) + 0 * image]).astype(np.uint8)
    measures = {
        "all": "mean(input)",
        "some": "mean(input > 99)",
        "hidden": {"formula": "max(input)", "box": [0, 0, 9, 20]},
    }
    found = Pipeline([stage("point", "abs")], measure=measures).measure(pixels, alpha=True)
    shown = image[:, 20:]
    assert found == pytest.approx(
        {"all": shown.mean(), "some": (shown > 99).mean(), "hidden": np.nan}, nan_ok=True
    )


@pytest.mark.parametrize("missing", [0.0, "nan", None])
def test_what_is_missing_counts_for_nothing(image, missing):
    pixels, there = image.astype(np.float32) + 1, np.arange(41) % 3 > 0
    hole = np.nan if missing == "nan" else 0
    pixels[:, ~there] = hole
    mask = None if missing is not None else np.broadcast_to(there, image.shape)
    measures = {"in": "mean(input)", "zero": "mean(result == 0)", "level": "mean(result)"}
    pipeline = Pipeline([stage("threshold", "fixed", level=100)], missing=missing, measure=measures)
    shown = image[:, there].astype(float) + 1
    result = Pipeline([stage("threshold", "fixed", level=100)])(shown.astype(np.float32))
    expected = {"in": shown.mean(), "zero": (result == 0).mean(), "level": result.mean()}
    assert pipeline.measure(pixels, mask=mask) == pytest.approx(expected, rel=1e-6)


def test_in_linear_light_numbers_are_of_samples_as_they_are_stored(image):
    measures = {
        "in": "mean(input)",
        "named": "mean(same)",
        "out": "mean(result)",
        "off": "max(abs(input - same))",
    }
    same = stage("point", "abs", name="same")
    found = Pipeline([same], linear_light=True, measure=measures).measure(image)
    assert found == pytest.approx(
        {"in": image.mean(), "named": image.mean(), "out": image.mean(), "off": 0}, abs=1e-3
    )


def test_a_stage_may_be_there_to_be_measured_alone(image):
    from skimage.measure import label

    mask = stage("threshold", "fixed", level=200, name="mask")
    counted = stage("objects", "label", name="labels", dtype="int32")
    pipeline = Pipeline([mask, counted, stage("point", "invert", from_="mask")], measure={"n": "max(labels)"})
    assert pipeline.measure(image) == {"n": label(image > 200, connectivity=2).max()}
    np.testing.assert_array_equal(pipeline(image), np.where(image > 200, 0, 255))


def test_bool_images():
    pixels = np.eye(6, dtype=bool)
    pipeline = Pipeline([stage("point", "invert")], measure={"a": "mean(result)", "b": "sum(result > 0.5)"})
    assert pipeline.measure(pixels) == {"a": 30 / 36, "b": 30}


@pytest.mark.parametrize("dtype", ["uint16", "int16", "float16", "int32", "float64"])
def test_pixels_of_all_types(dtype):
    pixels = np.arange(-30, 90).reshape(8, 15).astype(dtype)
    measures = {"in": "sum(input)", "out": "sum(result * 1)", "far": "max(result) - min(input)"}
    found = Pipeline([stage("point", "abs")], measure=measures).measure(pixels)
    exact = pixels.astype(float)
    assert found == {"in": exact.sum(), "out": abs(exact).sum(), "far": abs(exact).max() - exact.min()}


@pytest.mark.parametrize("box", [[0, 0, 38, 9], [40, 0, None, None], [0, 0, -37, 9], [-99, 0, None, None]])
def test_a_box_lies_within_its_image(image, box):
    pipeline = Pipeline([MASK], measure={"m": {"formula": "mean(input)", "box": box}})
    with pytest.raises(PlanError, match=r"measure m: the box \[.*\] is not within an image of 37x41"):
        pipeline.measure(image)


def test_images_of_one_formula_have_one_extent(image):
    pipeline = Pipeline([stage("blur", "box", stride=2)], measure={"m": "mean(input - result)"})
    with pytest.raises(
        PlanError,
        match=r"measure \(measure of input - result\): its images have other extents: input 37x41, .*stored",
    ):
        pipeline.measure(image)


def test_a_pipeline_that_measures_is_a_value(pipeline):
    assert pickle.loads(pickle.dumps(pipeline)) == pipeline
    assert hash(pickle.loads(pickle.dumps(pipeline))) == hash(pipeline)
    assert eval(repr(pipeline), {"Pipeline": Pipeline, "stage": stage}) == pipeline
    assert Pipeline.from_yaml(pipeline.to_yaml()) == pipeline
    assert Pipeline([MASK]) != Pipeline([MASK], measure={"a": "mean(input)"})


@pytest.mark.parametrize(
    ("measures", "words"),
    [
        ({"a": "mean(fin)"}, "measure 'a': there is no stage 'fin'; did you mean 'fine'"),
        ({"a": "input"}, "is a pixel"),
        ({"page": "mean(input)"}, "cannot be called 'page'"),
        ({"a.b": "mean(input)"}, "letters, digits and _"),
        ({"a": {"per": "channel"}}, "needs a formula"),
        ({"a": {"formula": "mean(input)", "bxo": [0, 0, 1, 1]}}, "did you mean 'box'"),
        (["mean(input)"], "needs a mapping"),
    ],
)
def test_what_cannot_be_measured(measures, words):
    with pytest.raises(ParameterError, match=words):
        Pipeline([FINE, MASK], measure=measures)


def test_nothing_to_measure(image):
    with pytest.raises(ParameterError, match="measures nothing"):
        Pipeline([MASK]).measure(image)
