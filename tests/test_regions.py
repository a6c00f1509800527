"""Numbers of each object, held against scikit-image's regionprops_table and NumPy on the pixels."""

import numpy as np
import pytest
from skimage import measure as peer

from convpipe import Pipeline, stage
from convpipe.errors import ParameterError, PlanError
from convpipe.objects import PROPERTIES
from convpipe.regions import Regions
from convpipe.statistics import Statistic

SPOTS = stage("objects", "label", name="spots")
PARTS = stage("combine", "parts", formula="1 + (input > 4)", name="spots")
SAME = stage("point", "abs", from_="input", name="same")
KINDS = ["minimum", "maximum", "sum", "mean", "variance", "deviation", "percentile", "otsu", "triangle"]


def of_spots(formula, **more):
    return {"formula": formula, "per": "labels", "labels": "spots", **more}


def measured(measures, stages=(SPOTS, SAME), **options):
    return Pipeline(stages, measure={name: of_spots(text) for name, text in measures.items()}, **options)


@pytest.fixture(scope="module")
def labels():
    """Some hundreds of objects, a few of them of one pixel, not numbered in order of where they lie."""
    rng = np.random.default_rng(3)
    found = peer.label(rng.random((61, 83)) > 0.55, connectivity=1)
    numbers = rng.permutation(found.max()) + 1
    return np.where(found > 0, 3 * numbers[found - 1], 0)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
def test_numbers_are_those_of_each_object_alone(labels, dtype):
    image = np.random.default_rng(4).integers(0, 120, labels.shape).astype(dtype)
    if dtype.startswith("float"):
        image = image / 7
        image[3:9, 5:30], image[20, 20:40] = np.nan, np.inf
    regions = Regions(labels)
    samples = regions.samples(image)
    for kind in KINDS:
        one = Statistic("", kind, 30)
        alone = [one.of(alone_in(image[labels == number]))[0] for number in regions.labels]
        np.testing.assert_allclose(samples.number(one), alone, rtol=1e-6, err_msg=kind)


def alone_in(values):
    from convpipe.histograms import Counter, Samples

    return Samples(values.reshape(-1, 1), Counter())


@pytest.mark.parametrize("wide", [1, 10**6])
def test_geometry_is_that_of_scikit_image(labels, wide):
    found = Regions(labels * wide).geometry
    expected = peer.regionprops_table(labels, properties=("label", "area", "centroid", "bbox"))
    expected["label"] = expected["label"] * wide
    assert list(found) == list(expected)
    for name, numbers in expected.items():
        np.testing.assert_allclose(found[name], numbers, rtol=1e-12, err_msg=name)
        assert np.issubdtype(found[name].dtype, np.integer) == (not name.startswith("centroid"))


def test_samples_that_are_not_shown_count_for_nothing():
    regions = Regions(np.array([[1, 1, 1, 2]]))
    shown = np.array([[True, False, True, False]])
    samples = regions.samples(np.array([[[4, 1], [99, 9], [6, 1], [7, 3]]]), shown)
    np.testing.assert_array_equal(samples.number(Statistic("", "mean")), [3, np.nan])
    np.testing.assert_array_equal(samples.number(Statistic("", "maximum")), [6, np.nan])
    np.testing.assert_array_equal(samples.number(Statistic("", "percentile", 50)), [2.5, np.nan])


def test_labels_are_whole_numbers_above_0():
    found = Regions(np.array([[-1, np.nan, 2, 2.0]]))
    assert (found.labels.tolist(), found.areas.tolist()) == ([2], [2])
    for wrong in (0.5, np.inf):
        with pytest.raises(ValueError, match="is no label: objects have whole numbers"):
            Regions(np.array([[1, wrong]]))
    assert len(Regions(np.zeros((3, 4)))) == 0


def test_a_table_is_that_of_scikit_image():
    from skimage import data
    from skimage.filters import threshold_otsu

    image = data.coins()
    mask = stage("threshold", "otsu", name="mask")
    found = measured(
        {
            "spread": "std(input)",
            "middle": "median(input)",
            "bright": "mean(input) / 2 + 1",
            "size": "sum(spots > 0)",
        },
        [mask, SPOTS, stage("point", "invert", from_="mask")],
    ).measure_objects(image)["spots"]
    expected = peer.regionprops_table(
        peer.label(image > threshold_otsu(image)),
        image,
        (
            "label",
            "area",
            "centroid",
            "bbox",
            "intensity_mean",
            "intensity_min",
            "intensity_max",
            "intensity_std",
        ),
    )
    expected["spread"] = expected.pop("intensity_std")
    assert list(found) == [*PROPERTIES, "spread", "middle", "bright", "size"]
    for name, numbers in expected.items():
        np.testing.assert_allclose(found[name], numbers, rtol=1e-12, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(found["bright"], expected["intensity_mean"] / 2 + 1)
    np.testing.assert_array_equal(found["size"], expected["area"])


def test_numbers_of_the_image_come_of_those_of_its_objects():
    image = np.array([[9, 9, 0, 5], [0, 0, 0, 7]], np.uint8)
    spots = [stage("threshold", "fixed", level=0), SPOTS, SAME]
    found = measured({"level": "mean(input)", "flat": "0 / std(input)"}, spots).measure(image)
    level = {"level.count": 2, "level.mean": 7.5, "level.min": 6, "level.max": 9}
    assert found == pytest.approx(
        {**level, "flat.count": 2, "flat.mean": 0, "flat.min": 0, "flat.max": 0}, nan_ok=True
    )
    none = measured({"level": "mean(input)"}, spots).measure(np.zeros_like(image))
    assert none.pop("level.count") == 0
    assert np.isnan(list(none.values())).all()


def test_what_alpha_hides_is_no_part_of_an_object():
    image = np.array([[[5, 9], [7, 0], [3, 9], [3, 9]]], np.uint8)
    found = measured({"top": "max(input)"}, [PARTS, SAME]).measure_objects(image, alpha=True)["spots"]
    assert found["label"].tolist() == [1, 2]
    assert found["area"].tolist() == [2, 1]
    assert found["top"].tolist() == [3, 5]


@pytest.mark.parametrize("missing", ["nan", None])
def test_what_is_missing_counts_for_nothing(missing):
    image = np.array([[5, 7, 3, 3]], np.float32)
    mask = None if missing else np.array([[1, 0, 1, 1]])
    if missing:
        image[0, 1] = np.nan
    pipeline = measured({"top": "max(input)"}, [PARTS, SAME], missing=missing)
    found = pipeline.measure_objects(image, mask=mask)["spots"]
    assert found["area"].tolist() == [2, 1]
    assert found["intensity_mean"].tolist() == found["top"].tolist() == [3, 5]


def test_colours_count_together():
    image = np.zeros((2, 3, 3), np.uint8)
    image[0, :2] = [[1, 2, 3], [4, 5, 9]]
    gray = stage("color", "channel", index=0)
    found = measured({"spread": "std(input)"}, [gray, stage("threshold", "fixed", level=0), SPOTS, SAME])
    table = found.measure_objects(image)["spots"]
    assert table["intensity_mean"].tolist() == [4]
    assert table["spread"] == pytest.approx(np.std([1, 2, 3, 4, 5, 9]))


def test_an_input_of_another_extent_has_no_intensities():
    image = np.full((6, 8), 9, np.uint8)
    half = stage("geometry", "decimate", factor=2)
    found = measured({"level": "mean(spots)"}, [half, SPOTS, SAME]).measure_objects(image)["spots"]
    assert found["area"].tolist() == [12]
    assert not any(name.startswith("intensity") for name in found)
    with pytest.raises(PlanError, match="measure level: its images have other extents: input 6x8, spots 3x4"):
        measured({"level": "mean(input)"}, [half, SPOTS, SAME]).measure(image)


def test_several_labels_have_tables_of_their_own():
    image = np.array([[9, 9, 0, 5], [0, 0, 0, 5]], np.uint8)
    bright = [stage("threshold", "fixed", level=7, from_="input"), stage("objects", "label", name="bright")]
    own = {"formula": "sum(input)", "per": "labels", "labels": "bright"}
    pipeline = Pipeline([SPOTS, *bright, SAME], measure={"a": of_spots("mean(input)"), "b": own})
    found = pipeline.measure_objects(image)
    assert {name: table["label"].tolist() for name, table in found.items()} == {
        "spots": [1, 2],
        "bright": [1],
    }
    assert found["spots"]["a"].tolist() == [9, 5]
    assert found["bright"]["b"].tolist() == [18]


def test_a_pipeline_that_measures_objects_is_a_value():
    pipeline = measured({"level": "mean(input)"})
    assert Pipeline.from_yaml(pipeline.to_yaml()) == pipeline
    assert eval(repr(pipeline), {"Pipeline": Pipeline, "stage": stage}) == pipeline
    assert str(pipeline.measures["level"]) == "mean(input) of each object of spots"


def test_labels_of_several_colours_are_refused():
    with pytest.raises(
        PlanError, match="the objects of same: it has 3 colours, and labels are one; color: gray"
    ):
        Pipeline(
            [SAME], measure={"n": {"formula": "mean(input)", "per": "labels", "labels": "same"}}
        ).measure(np.zeros((4, 5, 3), np.uint8))


def test_what_is_no_label_is_said():
    half = stage("point", "scale", gain=0.5, name="half")
    pipeline = Pipeline([half], measure={"n": {"formula": "mean(input)", "per": "labels", "labels": "half"}})
    with pytest.raises(PlanError, match=r"the objects of half: 0.5 is no label"):
        pipeline.measure(np.ones((2, 2), np.uint8))


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        (
            {"n": {"formula": "mean(input)", "per": "labels"}},
            "'per: labels' needs 'labels', the name of a stage",
        ),
        ({"n": {"formula": "mean(input)", "labels": "spots"}}, "'labels' goes with 'per: labels'"),
        (
            {"n": of_spots("mean(input)", box=[0, 0, 1, 1])},
            "'box' does not go with 'per: labels'; geometry: crop",
        ),
        ({"n": of_spots("mean(input)", labels="spot")}, "there is no stage 'spot'; did you mean 'spots'"),
        ({"area": of_spots("mean(input)")}, "'area' is a column of the table of objects"),
        ({"n": of_spots("input")}, "is a pixel"),
    ],
)
def test_what_cannot_be_measured(measure, words):
    with pytest.raises(ParameterError, match=words):
        Pipeline([SPOTS, SAME], measure=measure)
