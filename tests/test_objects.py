"""Objects: what is one, what they are called, and what becomes of images that they are not of."""

import json
import tracemalloc

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import ndimage
from skimage import data, feature, filters, measure, morphology, segmentation

from convpipe import Pipeline, stage
from convpipe.cli import main
from convpipe.errors import ImageError, ParameterError, PlanError
from convpipe.geometry import Border
from convpipe.interval import Interval
from convpipe.stages import ImageKind, families

COINS = data.coins()
MASK = np.where(filters.threshold_otsu(COINS) < COINS, 255, 0).astype(np.uint8)

OBJECTS = sorted(set(families()["objects"]) - {"match_template"})


def made(method, image, **parameters):
    return Pipeline([stage("objects", method, **parameters)], dtype="float64")(image)


def flooded(image, connectivity):
    """Objects one after the other, each from its first pixel: slowly, and by no library."""
    found, count = np.zeros(image.shape), 0
    for start in zip(*np.nonzero(image)):
        if found[start]:
            continue
        count += 1
        waiting = [start]
        while waiting:
            i, j = at = waiting.pop()
            inside = 0 <= i < image.shape[0] and 0 <= j < image.shape[1]
            if not inside or found[at] or image[at] != image[start]:
                continue
            found[at] = count
            steps = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if abs(a) + abs(b) <= connectivity]
            waiting += [(i + a, j + b) for a, b in steps]
    return found


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64", "uint32"])
@pytest.mark.parametrize("connectivity", [1, 2])
def test_objects_are_of_one_value_and_numbered_by_their_first_pixels(dtype, connectivity, rng):
    values = {"f": [0, 0, 0.25, -1.5, 2.0**100], "i": [0, 0, 5, -7, 900], "u": [0, 0, 5, 7, 200]}
    image = rng.choice(values[np.dtype(dtype).kind], (19, 23)).astype(dtype)
    want = flooded(image, connectivity)
    np.testing.assert_array_equal(made("label", image, connectivity=connectivity), want)
    sizes = np.array([np.count_nonzero(want == one) for one in range(int(want.max()) + 1)])
    large = np.where((want > 0) & (sizes[want.astype(int)] >= 3), image, 0)
    np.testing.assert_array_equal(
        made("remove_small", image, connectivity=connectivity, size=3), large.astype(np.float32)
    )
    rim = np.ones(image.shape, bool)
    rim[2:-2, 2:-2] = False
    inner = np.where(np.isin(want, want[rim]), 0, image).astype(np.float32)
    got = made("clear_border", image, connectivity=connectivity, buffer=1)
    np.testing.assert_array_equal(got, inner)


def test_what_is_not_a_number_is_background():
    image = np.array([[1, np.nan, 1], [1, 0, np.nan], [np.nan, 2, 2]], np.float32)
    np.testing.assert_array_equal(made("label", image, connectivity=1), [[1, 0, 2], [1, 0, 0], [0, 3, 3]])
    np.testing.assert_array_equal(made("remove_small", image, size=2), [[1, 0, 0], [1, 0, 0], [0, 2, 2]])
    np.testing.assert_array_equal(made("distance", image)[:, 0], [1, 1, 0])
    assert not made("skeleton", np.full((3, 3), np.nan)).any()
    peak = np.array([[np.nan, 1, 0], [0, 0, 0], [0, 0, 3]], np.float32)
    np.testing.assert_array_equal(np.argwhere(made("local_maxima", peak)), [[0, 1], [2, 2]])
    np.testing.assert_array_equal(np.argwhere(made("peaks", peak, borders=True)), [[0, 1], [2, 2]])


def test_an_image_without_background_is_infinitely_far_from_it():
    assert np.isposinf(made("distance", np.ones((4, 5), np.uint8))).all()
    assert (Pipeline([stage("objects", "distance")])(np.ones((4, 5), np.uint8)) == 255).all()


def test_labels_have_a_type_of_their_own_that_holds_them():
    dots = np.zeros((600, 600), np.uint8)
    dots[::2, ::2] = 1
    few = dots[:100]
    assert Pipeline([stage("objects", "label")])(few).dtype == np.uint16
    assert Pipeline([stage("objects", "label", dtype="int32")])(few).max() == 15_000
    message = "stage 0: objects label: it finds 90000 objects, of which its dtype tells 65535 apart; give"
    with pytest.raises(ImageError, match=message):
        Pipeline([stage("objects", "label")])(dots)
    assert Pipeline([stage("objects", "label", dtype="int32")])(dots).max() == 90_000
    with pytest.raises(ImageError, match="tells 255 apart"):
        Pipeline([stage("objects", "label", dtype="uint8")])(few)
    with pytest.raises(ImageError, match="tells 2048 apart"):
        Pipeline([stage("objects", "watershed", markers="input", dtype="float16")])(few)


@pytest.mark.parametrize(
    ("method", "given", "image", "want"),
    [
        ("fill_holes", {}, Interval(-3, 9), Interval(-3, 9)),
        ("remove_small", {}, Interval(2, 9), Interval(0, 9)),
        ("clear_border", {}, Interval(2, 9), Interval(0, 9)),
        ("skeleton", {}, Interval(2, 9), Interval(0, 9)),
        ("local_maxima", {}, Interval(2, 9), Interval(0, 255)),
        ("peaks", {}, Interval(2, 9), Interval(0, 255)),
        ("label", {"dtype": "uint8"}, Interval(-3, 9), Interval(0, 255)),
        ("watershed", {}, Interval(-3, 9), Interval(0, 65535)),
        ("distance", {}, Interval(-3, 9), Interval(0, np.inf)),
    ],
)
def test_ranges_hold_what_is_kept_and_what_becomes_background(method, given, image, want):
    (op, *_) = stage("objects", method, **given).lower(Border.REFLECT, ImageKind()).nodes[0].ops
    assert op.range(image) == want


def test_touching_objects_are_parted_by_stages_that_read_each_other():
    stages = [
        stage("threshold", "otsu"),
        stage("objects", "fill_holes", name="mask"),
        stage("objects", "distance", name="depth"),
        stage("objects", "peaks", min_distance=15, name="seeds"),
        stage("combine", "hills", formula="-depth"),
        stage("objects", "watershed", markers="seeds", mask="mask"),
    ]
    pipeline = Pipeline(stages)
    mask = ndimage.binary_fill_holes(MASK)
    depth = ndimage.distance_transform_edt(mask).astype(np.float32)
    seeds = np.zeros(mask.shape, bool)
    seeds[tuple(feature.peak_local_max(depth, min_distance=15).T)] = True
    want = segmentation.watershed(-depth, measure.label(seeds), mask=mask)
    np.testing.assert_array_equal(pipeline(COINS), want)
    assert Pipeline.from_yaml(pipeline.to_yaml()) == pipeline
    assert pipeline.wiring.reads[-1] == (4, 3, 1)


def test_other_methods_give_the_libraries_results_on_a_photograph():
    mask = MASK > 0
    np.testing.assert_array_equal(made("clear_border", MASK) > 0, segmentation.clear_border(mask))
    np.testing.assert_array_equal(made("skeleton", MASK) > 0, morphology.skeletonize(mask))
    np.testing.assert_array_equal(made("local_maxima", COINS) > 0, morphology.local_maxima(COINS))
    np.testing.assert_array_equal(made("fill_holes", MASK) > 0, ndimage.binary_fill_holes(mask))


@pytest.mark.parametrize("method", OBJECTS)
def test_colours_alpha_and_missing_samples_are_refused(method):
    one = Pipeline([stage("objects", method)])
    with pytest.raises(PlanError, match=f"objects {method} needs 1 colour channels; the image has 3"):
        one(np.zeros((5, 6, 3), np.uint8))
    with pytest.raises(PlanError, match=f"objects {method} needs an image without alpha"):
        one(np.zeros((5, 6, 2), np.uint8), alpha=True)
    for given in ({}, {"markers": "input"} if method == "watershed" else {}):
        with pytest.raises(PlanError, match="it takes no image in which samples can be missing"):
            Pipeline([stage("objects", method, **given)], missing=0)(np.zeros((5, 6), np.uint8))


@pytest.mark.filterwarnings("ignore:.*objects watershed.*markers:RuntimeWarning")  # that it parts nothing
@pytest.mark.parametrize("method", OBJECTS)
def test_nothing_slides_and_nothing_lies_outside(method):
    for name, value in (("dilation", 2), ("anchor", 0), ("border", "edge")):
        with pytest.raises(ParameterError, match=f"objects {method} takes no {name}"):
            stage("objects", method, **{name: value})
    image = np.where(np.arange(48).reshape(6, 8) % 5 > 1, 9, 0).astype(np.uint8)
    got = Pipeline([stage("objects", method, stride=2, padding=1)], dtype="float64")(image)
    whole = np.pad(made(method, image), 1, mode="reflect")
    np.testing.assert_array_equal(got, whole[::2, ::2])


@pytest.mark.filterwarnings("ignore:.*objects watershed.*markers:RuntimeWarning")  # that it parts nothing
@pytest.mark.parametrize("method", OBJECTS)
def test_memory_is_what_they_take(method):
    pipeline = Pipeline([stage("objects", method)])
    noise = np.random.default_rng(1).integers(0, 2, (300, 400), np.uint8)  # many objects
    pipeline(noise)
    tracemalloc.start()
    pipeline(noise)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    plan = pipeline.plan(noise.shape)
    assert taken <= plan.shared_bytes + plan.output_bytes + 100_000


def test_a_stage_that_is_not_there_is_named_with_its_parameter():
    sobel = stage("edge", "sobel", name="edges")
    with pytest.raises(ParameterError, match=r"stage 1 .*: there is no stage 'edgs'; did you mean") as caught:
        Pipeline([sobel, stage("objects", "watershed", mask="edgs")])
    assert caught.value.parameter == "mask"
    half = stage("blur", "box", stride=2, name="half")
    flood = stage("objects", "watershed", from_="input", markers="half")
    with pytest.raises(PlanError, match="its images have other extents: input 8x9"):
        Pipeline([half, flood]).plan((8, 9))


def test_the_plan_and_explain_say_it(tmp_path):
    config = tmp_path / "a.yaml"
    config.write_text("stages:\n- {objects: watershed, markers: input, compactness: 0.5}\n")
    run = CliRunner().invoke
    found = json.loads(run(main, ["plan", str(config), "--size", "9x9", "--json"]).stdout)
    assert found["jobs"][0]["sizes"][0]["stages"][0]["library"] == "skimage.segmentation.watershed"
    text = run(main, ["explain", str(config), "--size", "9x9", "--at", "1", "2"]).output
    assert "goes through skimage.segmentation.watershed(named=('markers',), connectivity=1" in text
    assert "compactness=0.5" in text


@pytest.mark.parametrize(
    ("entry", "given", "words"),
    [
        (("objects", "label"), 4, "given 4; 1 is the 4 neighbours at a side"),
        (("objects", "watershed"), 8, "given 8; 2 is all 8, those at a corner, too"),
        (("objects", "clear_border"), 8, "given 8; 2 is all 8"),
        (("objects", "label"), 3, "needs an int from 1 to 2; given 3$"),
    ],
)
def test_neighbours_that_are_counted_are_said_to_be_one_of_ours(entry, given, words):
    with pytest.raises(ParameterError, match=words):
        stage(*entry, connectivity=given)
