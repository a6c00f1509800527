"""Missing samples count for nothing, in every stage: against the definition, and against astropy."""

import pickle
import re

import numpy as np
import oracle
import pytest
import xarray
from astropy import convolution
from test_stages import EVERY_METHOD, ids, make, shaped, weighs

from convpipe import Pipeline, stage
from convpipe.errors import ParameterError, PlanError
from convpipe.geometry import Border
from convpipe.losses import Losses
from convpipe.plan import Settings, make_plan

SOBEL = stage("edge", "sobel")
GAUSSIAN = stage("blur", "gaussian", sigma=1.2)
METHODS = [method for method in EVERY_METHOD if weighs(method)]
# Projections say so of a stack, before there is a plan: tests of stacks hold them to it.
REFUSED = [method for method in EVERY_METHOD if not weighs(method) and method.family != "projection"]
ODD = [[1, 0, 2, -1], [0, -1, 0, 3], [2, 5, -4, 1]]


def holed(rng, shape=(23, 19), dtype="float32"):
    """Return an image with holes, single ones and one that a window does not reach across."""
    image = rng.uniform(0.1, 1, shape).astype(dtype)
    image[rng.random(shape) < 0.1] = np.nan
    image[4:12, 5:15] = np.nan
    return image


def check(stages, image, missing=np.nan, border="reflect", tolerance=2e-5, **options):
    """Hold a pipeline against the definition."""
    run = Pipeline(stages, border=border, missing=missing, **options)
    found = run(image, dtype="float64" if image.dtype == np.float64 else "float32")
    plan = make_plan(
        run.wiring,
        image.shape[:2],
        Settings(border=run.border),
        channels=image.shape[2] if image.ndim == 3 else 1,
        dtype=image.dtype.name,
    )
    samples = image.reshape(*image.shape[:2], -1)
    there = ~np.isnan(samples) if np.isnan(missing) else samples != missing
    values, cover = oracle.run_covered(plan, samples, there)[-1]
    found = found.reshape(values.shape)
    np.testing.assert_array_equal(np.isnan(found) if np.isnan(missing) else found == missing, cover == 0)
    scale = max(np.abs(values).max(), 1)
    np.testing.assert_allclose(found[cover > 0], values[cover > 0], rtol=0, atol=tolerance * scale)
    return found, cover


@pytest.mark.parametrize("method", METHODS, ids=ids)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_method_against_the_definition(method, channels, rng):
    check([make(method)], holed(rng, (23, 19, method.colours or channels)))


@pytest.mark.parametrize("border", list(Border), ids=lambda border: border.name.lower())
@pytest.mark.parametrize("method", METHODS, ids=ids)
def test_borders_and_strides(method, border, rng):
    check([make(method, stride=2, value=0.5, bias=0.25)], holed(rng, shaped(method, (23, 19))), border=border)


@pytest.mark.parametrize(
    "stages",
    [
        [GAUSSIAN, GAUSSIAN],
        [GAUSSIAN, SOBEL, stage("blur", "box", size=[2, 3], stride=2)],
        [stage("custom", "odd", kernel=ODD, padding=[0, 1, 2, 3]), stage("custom", "odd", kernel=ODD)],
        [stage("blur", "box", size=3, bias=1), SOBEL],
        [stage("point", "scale", gain=-2), SOBEL, stage("geometry", "crop", box=[2, 1, -3, None])],
        [stage("geometry", "crop", box=[3, 0, None, None]), GAUSSIAN],
        [stage("sharpen", "unsharp", sigma=1, anchor=[3, 5])],
        [stage("contrast", "stretch"), GAUSSIAN],
        [stage("geometry", "resize", size=[31, 9], method="area"), SOBEL],
        [GAUSSIAN, stage("geometry", "resize", size=[11, 40], method="bilinear"), GAUSSIAN],
        [stage("geometry", "resize", size=[30, 30], method="nearest"), stage("point", "scale", gain=2)],
        [stage("geometry", "resize", factor=0.7, method="lanczos3", bias=1)],
        [stage("geometry", "resize", factor=[1.7, 2], method="lanczos3"), stage("blur", "box", size=2)],
    ],
)
def test_chains(stages, rng):
    check(stages, holed(rng))
    check(stages, holed(rng, dtype="float64"), tolerance=1e-12)


def test_the_pixel_stands_in_for_what_a_median_misses():
    """Of 1, 3, 4, 9, 6, 8, 2 and twice the pixel itself, 9, the fifth is 6; a hole stays one."""
    image = np.array([[1, np.nan, 3], [4, 9, 6], [np.nan, 8, 2]], np.float32)
    for missing, fill in ((np.nan, np.nan), (-1, -1)):
        given = np.where(np.isnan(image), np.float32(fill), image)
        found = Pipeline([stage("rank", "median", size=3)], missing=missing, border="edge")(given)
        assert found[1, 1] == 6
        np.testing.assert_array_equal(found[[0, 2], [1, 0]], [fill, fill])
    quarter = Pipeline([stage("rank", "percentile", percentile=75, size=3)], missing=np.nan)
    assert quarter(image)[1, 1] == 9
    whole = np.where(np.isnan(image), 255, image).astype(np.uint8)
    assert Pipeline([stage("rank", "median", size=3)], missing=255)(whole)[1, 1] == 6


@pytest.mark.parametrize("size", [3, 5, [2, 4]])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
def test_medians_are_the_plain_ones_where_nothing_is_missing(size, dtype, rng):
    image = (rng.random((19, 23)) * 200).astype(dtype)
    median = [stage("rank", "median", size=size)]
    want = Pipeline(median)(image)
    np.testing.assert_array_equal(Pipeline(median, missing=250)(image), want)
    opaque = np.dstack([image, np.full_like(image, 255)]).astype(np.uint8)
    found = Pipeline(median)(opaque, alpha=True)
    np.testing.assert_array_equal(found[..., 0], Pipeline(median)(opaque[..., 0]))


@pytest.mark.parametrize("method", REFUSED, ids=ids)
def test_what_does_not_know_of_holes_refuses_them(method):
    run = Pipeline([GAUSSIAN, make(method)], missing=np.nan)
    with pytest.raises(PlanError, match=rf"stage 1 \({method.title}\) does not know yet what to leave out"):
        run.plan((20, 20), "float32")
    whole = run.plan((20, 20), "uint8")  # of which no sample is NaN
    assert len(whole.nodes) == len(Pipeline(run.stages).plan((20, 20), "uint8").nodes)


def test_a_footprint_without_its_pixel_can_find_nothing(rng):
    """Where all places are missing nothing is known, even if the pixel itself is there."""
    image = holed(rng)
    image[7, 9] = 0.5
    for name in ("minimum", "maximum", "range"):
        one = stage("rank", name, footprint=[[0, 1, 0], [1, 0, 1], [0, 1, 0]])
        _, cover = check([one, SOBEL], image)
        assert cover[7, 9] == 0


def test_what_a_constant_border_adds_is_there(rng):
    frame = stage("point", "abs", padding=2, border="constant", value=0.5)
    check([frame, SOBEL, GAUSSIAN], holed(rng))
    check([GAUSSIAN, frame, SOBEL], holed(rng))


def test_a_mix_of_channels_that_count_in_part(rng):
    check([GAUSSIAN, stage("color", "gray"), SOBEL, GAUSSIAN], holed(rng, (23, 19, 3)))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
def test_a_number(dtype, rng):
    image = rng.integers(5, 100, (14, 15)).astype(dtype)
    image[3:7, 2:8] = 3
    check([GAUSSIAN, SOBEL], image, missing=3)


FINE = stage("blur", "gaussian", sigma=1, name="fine")
COARSE = stage("blur", "gaussian", sigma=2, name="coarse", from_="input")


def test_a_mix_counts_what_the_channels_do_that_it_reads(rng):
    image = rng.uniform(0.1, 1, (5, 6, 3)).astype(np.float32)
    image[1, 2, 0] = image[3, 4, 1] = np.nan
    same = Pipeline([stage("color", "saturation", amount=1)], missing=np.nan)(image)
    np.testing.assert_array_equal(np.isnan(same), np.isnan(image))
    np.testing.assert_allclose(same, image, rtol=1e-6)
    grey = Pipeline([stage("color", "saturation", amount=0)], missing=np.nan)(image)
    np.testing.assert_array_equal(
        np.isnan(grey), np.repeat(np.isnan(image).any(axis=2)[..., None], 3, axis=2)
    )


@pytest.mark.parametrize(("bias", "low", "high"), [(10, 0, 1285), (-2000, -2000, 0)])
def test_ranges_hold_the_0_that_stands_where_nothing_counts(bias, low, high):
    cross = stage("custom", "cross", kernel=[[0, 1, 0], [1, 1, 1], [0, 1, 0]], bias=bias)
    counts, lacks, samples = range(3)
    plan = Pipeline([cross], missing=7).plan((9, 9), "uint8")
    *_, of_samples, of_lacks, joined, result = plan.nodes
    inputs = [node.inputs for node in (of_samples, of_lacks, joined, result)]
    assert inputs == [(samples,), (lacks,), (samples, counts, 3, 4), (5, counts)]
    assert joined.is_join
    assert (joined.ranges.colour.low, joined.ranges.colour.high) == (low, high)


class TestJoins:
    """A map of several images counts what the first does, and nothing where another counts nothing."""

    @pytest.mark.parametrize(
        "formula", ["fine - coarse", "input - fine", "fine / input", "where(coarse > 0.5, input, fine)"]
    )
    @pytest.mark.parametrize("dtype", ["float32", "int16"])
    def test_against_the_definition(self, formula, dtype, rng):
        first = FINE if "fine" in formula else stage("blur", "box", name="fine")
        stages = [one for one in (first, COARSE) if one.common["name"] in formula]
        check([*stages, stage("combine", "c", formula=formula, dtype=dtype), SOBEL], holed(rng))

    def test_of_branches_that_lose_other_samples(self, rng):
        moved = stage("geometry", "crop", box=[0, 2, -2, None], name="moved", from_="input")
        cut = stage("geometry", "crop", box=[2, 0, None, -2], name="cut", from_="input")
        check([moved, cut, stage("combine", "shift", formula="moved - 2 * cut")], holed(rng))

    def test_every_result_is_filled(self, rng):
        image = holed(rng)
        stages = [FINE, COARSE, stage("combine", "d", formula="input - coarse + 0 * fine", name="d")]
        run = Pipeline(stages, missing=np.nan, outputs={"fine": "fine", "coarse": "coarse"})
        results = run(image)
        for name, one in (("fine", FINE), ("coarse", COARSE)):
            np.testing.assert_array_equal(results[name], Pipeline([one], missing=np.nan)(image))
        np.testing.assert_array_equal(np.isnan(results["result"]), np.isnan(image))


class TestStatistics:
    """Numbers of a whole image leave out what is missing."""

    @pytest.mark.parametrize("missing", [7, 255])
    @pytest.mark.parametrize(
        "one", [stage("contrast", "stretch"), stage("point", "threshold", level="otsu", dtype="uint8")]
    )
    def test_of_the_others_alone(self, one, missing, rng):
        image = rng.integers(20, 90, (15, 16), dtype=np.uint8)
        image[3:9, 2:7] = missing
        held = image != missing
        result = Pipeline([one], missing=missing)(image)
        want = Pipeline([one])(image[held][None])[0]
        np.testing.assert_array_equal(result[held], want)
        assert (result[~held] == missing).all()

    def test_of_an_image_with_nothing_in_it(self):
        image = np.full((4, 5), np.nan, np.float32)
        assert np.isnan(Pipeline([stage("contrast", "stretch")], missing=np.nan)(image)).all()


def test_no_nan_is_counted_that_is_missing(rng):
    """What stands for a missing sample inside a pipeline is no NaN that is lost, where a stage rounds."""
    image = holed(rng)
    image[0, 0] = 0
    stages = [
        stage("contrast", "stretch", dtype="uint8", name="spread"),
        stage("combine", "c", formula="input / input * spread"),
    ]
    run = Pipeline([*stages, stage("point", "abs", dtype="uint8"), SOBEL], missing=np.nan)
    _, lost = run.engine.filter(image, 1, "float32")
    assert lost == Losses(nans=1)  # 0 / 0, of what is there


def test_masks_of_a_pipeline_are_not_rounded_into_data(rng):
    """An integer result has the number where nothing counts, and what counts is rounded as ever."""
    image = np.full((20, 20), 77, np.uint8)
    image[5:15, 5:15] = 0
    run = Pipeline([stage("blur", "box", size=3)], missing=0)
    result = run(image)
    assert set(np.unique(result)) == {0, 77}
    np.testing.assert_array_equal(result == 0, np.pad(np.ones((8, 8), bool), 6))


class TestFlat:
    """Of a flat colour, whatever is missing: no edges, and the mean is that colour."""

    @pytest.mark.parametrize("kernel", [ODD, [[0, 1, 0], [1, -4, 1], [0, 1, 0]]])
    def test_a_window_gives_what_it_gives_of_a_whole_image(self, kernel, rng):
        holes = rng.random((12, 13)) < 0.4
        image = np.where(holes, np.nan, np.float32(3))
        one = stage("custom", "odd", kernel=kernel)
        result = Pipeline([one], missing=np.nan)(image.astype(np.float32))
        whole = Pipeline([one])(np.full_like(image, 3, np.float32))
        np.testing.assert_allclose(result[~holes], whole[~holes], rtol=1e-6, atol=1e-5)
        assert np.isnan(result[holes]).all()

    def test_a_mean_is_the_colour(self, rng):
        image = np.where(rng.random((12, 13)) < 0.4, np.nan, 3).astype(np.float32)
        np.testing.assert_allclose(Pipeline([GAUSSIAN], missing=np.nan)(image), 3, rtol=1e-6)


@pytest.mark.parametrize("method", METHODS, ids=ids)
def test_what_fills_a_hole_leaks_nowhere(method, rng):
    image = rng.integers(0, 200, shaped(method, (13, 17))).astype(np.float32)
    image[4:7, 3:9] = 250
    other = np.where(image == 250, np.float32(-1e30), image)
    np.testing.assert_array_equal(
        Pipeline([make(method), SOBEL], missing=250)(image, dtype="float32") == 250,
        Pipeline([make(method), SOBEL], missing=-1e30)(other, dtype="float32") == np.float32(-1e30),
    )
    one, two = (
        np.where(result == fill, 0, result)
        for fill, given in ((np.float32(250), image), (np.float32(-1e30), other))
        for result in [Pipeline([make(method), SOBEL], missing=float(fill))(given, dtype="float32")]
    )
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    "one", [SOBEL, stage("edge", "kirsch"), stage("custom", "odd", kernel=ODD), stage("edge", "laplacian")]
)
def test_far_from_holes_nothing_changes(one, rng):
    image = holed(rng, (40, 41))
    plain, covered = Pipeline([one])(image), Pipeline([one], missing=np.nan)(image)
    whole = ~np.isnan(Pipeline([stage("blur", "box", size=5)])(image))
    assert whole.any()
    np.testing.assert_array_equal(covered[whole], plain[whole])


@pytest.mark.filterwarnings("ignore:nan_treatment")
class TestAstropy:
    """Blurs of images with NaN are those of astropy.convolution."""

    @pytest.mark.parametrize(
        ("border", "boundary"), [("constant", "fill"), ("edge", "extend"), ("wrap", "wrap")]
    )
    @pytest.mark.parametrize(("sigma", "size"), [(1.0, 9), (1.5, 13)])
    def test_interpolates(self, border, boundary, sigma, size, rng):
        image = holed(rng)
        kernel = convolution.Gaussian1DKernel(sigma, x_size=size)
        kernel = np.outer(kernel.array, kernel.array)
        want = convolution.convolve(image, kernel, boundary=boundary, nan_treatment="interpolate")
        result = Pipeline([stage("blur", "gaussian", sigma=sigma)], border=border, missing=np.nan)(image)
        np.testing.assert_allclose(result, want, rtol=2e-6)

    def test_replaces_nans(self, rng):
        image = holed(rng)
        want = convolution.interpolate_replace_nans(image, np.full((5, 5), 1 / 25), boundary="extend")
        run = Pipeline([stage("blur", "box", size=5)], border="edge", missing=np.nan)
        result = np.where(np.isnan(image), run(image), image)
        np.testing.assert_allclose(result, want, rtol=2e-6)

    def test_what_no_window_reaches_stays_missing(self, rng):
        image = holed(rng)
        want = convolution.convolve(image, np.full((3, 3), 1 / 9), boundary="extend")
        result = Pipeline([stage("blur", "box", size=3)], border="edge", missing=np.nan)(image)
        assert np.isnan(result).any()
        np.testing.assert_allclose(result, want, rtol=2e-6)


class TestPlan:
    def test_says_what_is_missing(self):
        plan = Pipeline([SOBEL], missing=-9999).plan((9, 9), "float32")
        assert str(plan).splitlines()[0].endswith("computed in float32, -9999 missing")
        assert plan.to_dict()["missing"] == "-9999"
        assert (plan.stages[0].range.low, plan.stages[0].range.high) == (-9999, pytest.approx(1))
        assert plan.notes == []

    @pytest.mark.parametrize(
        ("missing", "dtype"), [("nan", "uint8"), (-1, "uint16"), (0.5, "int16"), (2, "bool")]
    )
    def test_a_value_that_a_type_cannot_hold_is_missing_nowhere(self, missing, dtype, rng):
        run = Pipeline([SOBEL], missing=missing)
        plan = run.plan((9, 9), dtype)
        assert plan.is_chain
        said = f"missing: {missing} is no value of {dtype} images; no sample of them is missing by it"
        assert plan.notes[-1] == said
        image = rng.integers(0, 2, (9, 9)).astype(dtype)
        np.testing.assert_array_equal(run(image), Pipeline([SOBEL])(image))

    def test_a_result_that_does_not_hold_the_number_is_warned_of(self):
        run = Pipeline([stage("blur", "box", dtype="uint8")], missing=-9999)
        assert "its values can be -9999 to 1;" in run.plan((9, 9), "float32").notes[0]

    def test_stages_read_and_reach_what_they_do_without(self):
        stages = [FINE, COARSE, stage("combine", "d", formula="fine - coarse"), SOBEL]
        plain, covered = (Pipeline(stages, missing=each).plan((30, 31), "float32") for each in (None, 0))
        for one, other in zip(plain.stages, covered.stages, strict=True):
            assert (one.inputs, one.halo, one.extent, one.formulas) == (
                other.inputs, other.halo, other.extent, other.formulas,
            )  # fmt: skip
            assert (one.field, one.dtype, one.origin) == (other.field, other.dtype, other.origin)


class TestForms:
    @pytest.mark.parametrize("text", ["nan", ".nan", "NaN", ".NaN"])
    def test_nan_is_written_in_any_way(self, text):
        run = Pipeline.from_yaml(f"missing: {text}\nstages:\n  - edge: sobel\n")
        assert run == Pipeline([SOBEL], missing=float("nan"))
        assert repr(run) == "Pipeline([stage('edge', 'sobel')], missing='nan')"
        assert run == pickle.loads(pickle.dumps(run)) == Pipeline.from_yaml(run.to_yaml())
        assert hash(run) == hash(Pipeline.from_dict(run.to_dict())) != hash(Pipeline([SOBEL]))

    def test_numbers(self):
        run = Pipeline.from_yaml("missing: -9999\nstages:\n  - edge: sobel\n")
        assert run == Pipeline([SOBEL], missing=-9999.0) != Pipeline([SOBEL], missing=9999)
        assert run.to_dict()["missing"] == -9999

    @pytest.mark.parametrize("value", ["none", "inf", float("inf"), [1], True])
    def test_others_are_refused(self, value):
        with pytest.raises(ParameterError, match="missing needs a finite number, or one of nan, file"):
            Pipeline([SOBEL], missing=value)

    def test_beside_alpha_it_is_refused(self):
        with pytest.raises(PlanError, match="it is alpha that says what is missing"):
            Pipeline([SOBEL], missing=0).plan((9, 9, 4), alpha=True)


class TestMask:
    """A mask is 0 where a pixel is missing, whatever stands there."""

    @pytest.mark.parametrize("dtype", ["uint8", "float32", "int32", "bool"])
    @pytest.mark.parametrize("channels", [None, 1, 3])
    def test_gives_what_a_value_gives(self, dtype, channels, rng):
        shape = (14, 15) if channels is None else (14, 15, channels)
        image = rng.integers(0, 2 if dtype == "bool" else 100, shape).astype(dtype)
        mask = rng.integers(0, 3, (14, 15), dtype=np.uint8)
        holes = image.astype("float64" if dtype == "int32" else "float32")
        holes[mask == 0] = np.nan
        stages = [stage("sharpen", "unsharp", sigma=1), GAUSSIAN]
        result = Pipeline(stages)(image, dtype="float64", mask=mask)
        want = Pipeline(stages, missing=np.nan)(holes, dtype="float64")
        np.testing.assert_array_equal(result, want.reshape(result.shape))
        assert result.shape == Pipeline(stages)(image).shape

    def test_fills_integers_with_0_and_others_with_nan_unless_told(self, rng):
        image = rng.integers(50, 100, (9, 9), dtype=np.uint8)
        mask = np.ones((9, 9), bool)
        mask[2:6, 3:5] = False
        point = stage("point", "scale", gain=0.5)
        with pytest.warns(RuntimeWarning, match="^8 NaNs or missing samples became 0"):
            assert (Pipeline([point])(image, mask=mask)[~mask] == 0).all()
        assert np.isnan(Pipeline([point])(image, "float32", mask=mask)[~mask]).all()
        assert (Pipeline([point], missing=255)(image, mask=mask)[~mask] == 255).all()

    def test_counts_beside_a_value(self, rng):
        image = holed(rng)
        mask = rng.random(image.shape) < 0.7
        both = np.where(mask, image, np.nan)
        run = Pipeline([GAUSSIAN, SOBEL], missing=np.nan)
        np.testing.assert_array_equal(run(image, mask=mask), run(both))

    def test_beside_alpha_is_alpha(self, rng):
        image = rng.integers(0, 256, (9, 11, 4), dtype=np.uint8)
        mask = rng.random((9, 11)) < 0.6
        clear = image.copy()
        clear[~mask, 3] = 0
        run = Pipeline([GAUSSIAN])
        np.testing.assert_array_equal(run(image, alpha=True, mask=mask), run(clear, alpha=True))
        assert (image[~mask, 3] > 0).any()  # the caller's image is as it was

    def test_goes_with_several_results_and_out(self, rng):
        image, mask = holed(rng), rng.random((23, 19)) < 0.6
        run = Pipeline([FINE, SOBEL], outputs={"fine": "fine"})
        results = run(image, mask=mask)
        np.testing.assert_array_equal(results["fine"], Pipeline([FINE])(image, mask=mask))
        out = np.empty((23, 19), np.float32)
        assert Pipeline([FINE, SOBEL])(image, out=out, mask=mask) is out
        np.testing.assert_array_equal(out, results["result"])

    @pytest.mark.parametrize(
        ("mask", "said"),
        [
            (np.ones((3, 3), bool), "a mask has the extent of its image, 9 x 9; given (3, 3)"),
            (
                np.ones((9, 9, 1)),
                "a mask is an array of numbers, (rows, cols); given float64 of shape (9, 9, 1)",
            ),
            (np.full((9, 9), "a"), "a mask is an array of numbers"),
        ],
    )
    def test_others_are_refused(self, mask, said):
        with pytest.raises(ParameterError, match=re.escape(said)):
            Pipeline([SOBEL])(np.zeros((9, 9)), mask=mask)


class TestFile:
    def test_a_plain_array_says_of_no_value_that_it_is_missing(self):
        with pytest.raises(ParameterError, match="a plain array says nothing of it"):
            Pipeline([SOBEL], missing="file")(np.zeros((9, 9)))

    @pytest.mark.parametrize("value", [-9999, np.float32("nan")])
    def test_of_a_data_array_it_is_the_fill_value(self, value, rng):
        image = holed(rng)
        image[np.isnan(image)] = value
        labelled = xarray.DataArray(image, dims=("y", "x"), attrs={"_FillValue": value, "units": "m"})
        result = Pipeline([GAUSSIAN, SOBEL], missing="file")(labelled)
        np.testing.assert_array_equal(result, Pipeline([GAUSSIAN, SOBEL], missing=float(value))(image))
        assert result.attrs == labelled.attrs
        assert not (Pipeline([GAUSSIAN], missing="file")(labelled.drop_attrs()) == -9999).any()


@pytest.mark.parametrize("method", ["bicubic", "lanczos3"])
@pytest.mark.parametrize("factor", [0.5, 1.7, 3])
@pytest.mark.parametrize("share", [0.05, 0.4, 0.7])
def test_weights_below_0_pass_the_samples_that_are_there_by_no_more_than_the_plan_says(
    method, factor, share, rng
):
    image = rng.integers(-30_000, 30_000, (40, 50), dtype=np.int16)
    image[rng.random(image.shape) < share] = -32768
    run = Pipeline(
        [stage("geometry", "resize", factor=factor, method=method)], missing=-32768, dtype="float64"
    )
    made, proven = run(image), run.plan(image.shape, "int16").stages[-1].range
    found = made[made != -32768]
    assert proven.high < 140_000  # twice the span of int16, from its middle
    assert proven.low <= found.min()
    assert found.max() <= proven.high
    assert 0 < np.isin(made, -32768).mean() < 0.6 or share == 0.05


def test_a_plan_says_of_its_stages_what_it_does_without_holes():
    stages = [stage("point", "scale", gain=3, dtype="uint8"), SOBEL]
    held, plain = (Pipeline(stages, missing=given).plan((9, 9), "uint8") for given in (7, None))
    assert held.missing is not None
    for one, other in zip(held.stages, plain.stages, strict=True):
        assert (one.dtype, one.warnings) == (other.dtype, other.warnings)
    assert held.notes == plain.notes != []


def test_a_map_of_many_ranks_is_planned_beside_alpha_and_holes():
    mode = [stage("rank", "mode", size=5)]
    assert Pipeline(mode).plan((9, 9, 4), alpha=True).output_channels == 4
    assert Pipeline(mode, missing=0).plan((9, 9)).output_channels == 1
