"""What is handed to a pipeline as an image: each kind gives a right result, or says what to pass."""

from pathlib import Path

import dask.array
import numpy as np
import pytest
import xarray
from PIL import Image as Pillow

from convpipe import ParameterError, Pipeline, PlanError, stage
from convpipe.errors import ParameterTypeError

BOX = Pipeline([stage("blur", "box", size=3)])
LAPLACIAN = Pipeline([stage("edge", "laplacian")])


@pytest.fixture
def planes(rng):
    return rng.integers(0, 256, (5, 13, 15), dtype=np.uint8)


class TestChannels:
    @pytest.mark.parametrize("shape", [(5, 13, 15), (13, 15, 5), (3, 13, 15)])
    @pytest.mark.parametrize("call", [BOX, BOX.plan], ids=["call", "plan"])
    def test_many_need_channel_axis(self, shape, call):
        with pytest.raises(ParameterError) as caught:
            call(np.zeros(shape, np.uint8) if call is BOX else shape)
        assert str(caught.value) == (
            f"an image of shape {shape} needs channel_axis, the axis of its channels:"
            f" channel_axis=0 filters {shape[0]} channels of {shape[1]} x {shape[2]} pixels,"
            f" channel_axis=-1 {shape[2]} of {shape[0]} x {shape[1]}"
        )

    @pytest.mark.parametrize("axis", [0, 1, 2, -1, -3, np.int8(0)])
    def test_the_axis_may_stand_anywhere(self, planes, axis):
        want = np.stack([BOX(plane) for plane in planes])
        result = BOX(np.moveaxis(planes, 0, axis), channel_axis=axis)
        np.testing.assert_array_equal(result, np.moveaxis(want, 0, axis))
        assert BOX.plan(np.moveaxis(planes, 0, axis).shape, channel_axis=axis).channels == 5

    @pytest.mark.parametrize("channels", [2, 4, 5])
    def test_all_are_data_unless_alpha_is_said(self, planes, channels):
        image = np.moveaxis(planes[:1], 0, -1).repeat(channels, axis=2)
        result = BOX(image, channel_axis=-1)
        for k in range(channels):
            np.testing.assert_array_equal(result[..., k], BOX(planes[0]))
        image[..., -1] = 255  # what it hides would count for less
        edges = LAPLACIAN(image, channel_axis=-1, alpha=True, dtype="float32")
        assert (edges[..., -1] == 255).all()
        np.testing.assert_array_equal(edges[..., 0], LAPLACIAN(planes[0], dtype="float32"))

    def test_a_channel_keeps_its_axis_and_grey_has_none(self, planes):
        assert BOX(planes[:1], channel_axis=0).shape == (1, 13, 15)
        grey = Pipeline([stage("color", "gray")])
        assert grey(planes[:3], channel_axis=0).shape == (13, 15)
        assert grey(np.moveaxis(planes[:4], 0, -1), alpha=True).shape == (13, 15, 2)

    @pytest.mark.parametrize("axis", [3, -4, 1.5, True, "band"])
    def test_an_axis_that_is_none(self, planes, axis):
        with pytest.raises(ParameterError, match="channel_axis needs an"):
            BOX(planes, channel_axis=axis)
        with pytest.raises(ParameterError, match=r"three axes, and one of them; given 0 and \(13, 15\)"):
            BOX(planes[0], channel_axis=0)

    @pytest.mark.parametrize("channels", [2, 4])
    def test_grey_of_bands_without_alpha_is_refused(self, channels):
        words = rf"color gray needs 1 or 3 colour channels; the image has {channels}, none of them alpha"
        with pytest.raises(PlanError, match=words):
            Pipeline([stage("color", "gray")])(np.zeros((4, 5, channels), np.uint8))

    def test_alpha_alone_is_no_image(self):
        with pytest.raises(PlanError, match="an image with alpha has other channels beside it"):
            BOX(np.zeros((4, 5), np.uint8), alpha=True)


class TestBool:
    @pytest.mark.parametrize(
        ("stages", "want"),
        [
            ([stage("point", "threshold", level=0.5)], lambda mask: mask),
            ([stage("point", "invert")], lambda mask: ~mask),
            ([stage("blur", "box", size=1, stride=2)], lambda mask: mask[::2, ::2]),
            ([stage("blur", "box", size=3), stage("point", "threshold", level=0.99)], None),
        ],
        ids=["threshold", "invert", "take", "erode"],
    )
    def test_what_is_true_or_false_by_nature_is_bool(self, rng, stages, want):
        mask = rng.random((9, 11)) < 0.8
        result = Pipeline(stages)(mask)
        assert result.dtype == bool
        if want is None:
            padded = np.pad(mask, 1, mode="reflect")
            expected = np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).all(axis=(2, 3))
        else:
            expected = want(mask)
        np.testing.assert_array_equal(result, expected)

    def test_the_rest_is_uint8_in_which_true_is_one(self, rng):
        mask = rng.random((9, 11)) < 0.5
        for pipeline in (BOX, LAPLACIAN):
            result = pipeline(mask)
            assert result.dtype == np.uint8
            exact = pipeline(mask.astype("uint8"), dtype="float32")
            np.testing.assert_array_equal(result, np.clip(np.rint(exact), 0, 255))
        np.testing.assert_array_equal(BOX(mask, dtype="float32"), BOX(mask.astype("uint8"), dtype="float32"))

    def test_bool_when_asked_for_is_rounded_and_saturated(self):
        image = np.array([[-1, 0.4, 0.5, 0.6, 7, np.nan]], np.float32)
        same = Pipeline([stage("point", "scale", gain=1)])
        with pytest.warns(RuntimeWarning, match="1 NaN or missing sample became 0"):
            result = same(image, dtype="bool")
        np.testing.assert_array_equal(result, [[False, False, False, True, True, False]])


class TestDtypes:
    @pytest.mark.parametrize(
        ("image", "cast"),
        [
            (np.array([[0, 600]]), r"image\.astype\('int32'\), which holds its values, 0 to 600"),
            (np.array([[-1, 100]]), r"image\.astype\('int32'\)"),
            (np.array([[0, 2**32]], np.uint64), r"image\.astype\('float64'\)"),
            ([[0, 255], [3, 4]], r"numpy\.asarray\(image, 'int32'\), which holds its values, 0 to 255"),
            (np.array([[1, 2.5]], object), r"image\.astype\('float64'\)"),
            (np.zeros((2, 2), np.longdouble), r"image\.astype\('float64'\)"),
            (np.zeros((2, 2), complex), r"filter image\.real and image\.imag"),
        ],
        ids=range(7),
    )
    def test_others_are_refused_with_the_cast_to_use(self, image, cast):
        with pytest.raises(ParameterError, match=cast):
            BOX(image)

    @pytest.mark.parametrize(
        "image",
        ["photo.png", None, [["a"]], [[1], [2, 3]], {"a": 1}, np.array([[{}]]), np.zeros((2, 2), "M8[s]")],
        ids=range(7),
    )
    def test_what_holds_no_numbers(self, image):
        with pytest.raises(ParameterError, match="an image is an array of numbers; given"):
            BOX(image)

    def test_a_path_or_nothing_is_named_for_what_it_is(self):
        for image, given in (
            ("a.png", "a str; run_folder filters files"),
            (Path("a.png"), "a PosixPath; run_folder filters files"),
            (None, "None"),
        ):
            with pytest.raises(ParameterError) as refusal:
                BOX(image)
            assert str(refusal.value) == f"an image is an array of numbers; given {given}"

    @pytest.mark.filterwarnings("ignore:the matrix subclass")
    def test_lists_of_floats_and_matrices_are_arrays(self):
        rows = [[0.0, 9.0, 0.0], [0.0, 0.0, 0.0]]
        want = BOX(np.array(rows))
        assert want.dtype == np.float64
        for image in (rows, np.asmatrix(np.array(rows)), tuple(map(tuple, rows))):
            result = BOX(image)
            assert type(result) is np.ndarray
            np.testing.assert_array_equal(result, want)


class TestOut:
    def test_it_is_filled_and_returned(self, planes):
        out = np.empty((5, 13, 15), np.uint8)
        assert BOX(planes, channel_axis=0, out=out) is out
        np.testing.assert_array_equal(out, BOX(planes, channel_axis=0))
        wide = np.empty((13, 15), np.float32)
        BOX(planes[0], dtype="float32", out=wide)
        np.testing.assert_array_equal(wide, BOX(planes[0], dtype="float32"))

    def test_it_may_be_the_image_or_overlap_it(self, planes):
        image = planes[0].copy()
        BOX(image, out=image)
        np.testing.assert_array_equal(image, BOX(planes[0]))
        image = planes[0].copy()
        BOX(image[:-1], out=image[1:])
        np.testing.assert_array_equal(image[1:], BOX(planes[0, :-1]))

    @pytest.mark.parametrize(
        ("out", "words"),
        [
            (np.empty((13, 14), np.uint8), r"out needs uint8 \(13, 15\); given uint8 \(13, 14\)"),
            (np.empty((13, 15), np.int16), r"out needs uint8 \(13, 15\); given int16"),
            ([[0]], "out needs an array; given list"),
            (np.broadcast_to(np.uint8(0), (13, 15)), "out is read-only"),
        ],
        ids=range(4),
    )
    def test_another_shape_or_dtype_is_refused(self, planes, out, words):
        with pytest.raises(ParameterError, match=words):
            BOX(planes[0], out=out)


class TestMasked:
    def test_nothing_masked_is_an_array(self, planes):
        result = BOX(np.ma.array(planes[0]))
        np.testing.assert_array_equal(result, BOX(planes[0]))

    def test_masked_pixels_are_refused(self, planes):
        image = np.ma.array(planes[0], mask=np.eye(13, 15))
        with pytest.raises(ParameterError, match=r"13 pixels of the image are masked.*image\.filled"):
            BOX(image)


class TestPillow:
    @pytest.mark.parametrize(
        ("mode", "call"),
        [
            ("RGB", "numpy.asarray(image)"),
            ("RGBA", "numpy.asarray(image), alpha=True"),
            ("P", "numpy.asarray(image.convert('RGB'))"),
            ("CMYK", "numpy.asarray(image.convert('RGB'))"),
        ],
    )
    def test_it_is_refused_with_its_array(self, mode, call):
        image = Pillow.new(mode, (6, 5))
        with pytest.raises(ParameterError) as caught:
            BOX(image)
        assert str(caught.value) == f"a Pillow image of mode {mode} is no array; pass {call}"
        assert eval(f"BOX({call})", {"BOX": BOX, "numpy": np, "image": image}).shape[:2] == (5, 6)


def test_a_subclass_that_says_more_is_refused(planes):
    class Quantity(np.ndarray):
        pass

    image = planes[0].view(Quantity)
    with pytest.raises(ParameterError, match=r"a Quantity says more .* image\.view\(numpy\.ndarray\)"):
        BOX(image)


def test_the_labels_of_a_table_are_not_lost_unseen(planes):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(planes[0], index=range(10, 23))
    with pytest.raises(ParameterTypeError) as refusal:
        BOX(table)
    assert str(refusal.value) == "a DataFrame has labels that a result would lose; pass image.to_numpy()"
    np.testing.assert_array_equal(BOX(table.to_numpy()), BOX(planes[0]))
    with pytest.raises(ParameterTypeError, match=r"pass image\.to_numpy"):
        BOX(pandas.DataFrame({"a": [1, 2], "b": ["x", "y"]}))


class TestLabelled:
    @pytest.fixture
    def scene(self, planes):
        coords = {
            "band": ["r", "g", "b", "nir", "swir"],
            "y": np.arange(13) * -30.0, "x": 100 + np.arange(15) * 30.0,
            "latitude": (("y", "x"), np.arange(195.0).reshape(13, 15)), "spatial_ref": 0,
        }  # fmt: skip
        return xarray.DataArray(
            planes, dims=("band", "y", "x"), coords=coords, attrs={"units": "1"}, name="scene"
        )

    def test_dims_coords_name_and_attrs_stay(self, scene):
        result = BOX(scene, channel_axis=0)
        xarray.testing.assert_identical(result, scene.copy(data=BOX(scene.values, channel_axis=0)))

    @pytest.mark.parametrize(
        ("given", "taken"),
        [
            ({"stride": 2}, np.s_[::2, ::2]),
            ({"stride": [3, 1], "padding": 0}, np.s_[1:-1:3, 1:-1]),
            ({"size": [4, 1], "padding": 0}, np.s_[1:-2, :]),
            ({"dilation": 2, "padding": [0, 2, 1, 1]}, np.s_[2:, 1:-1]),
        ],
        ids=range(4),
    )
    def test_coordinates_follow_the_geometry(self, scene, given, taken):
        plane = scene[0]
        # 4 rows in the window: the pixel it stands for is the second of them
        run = Pipeline([stage("custom", "mean", kernel=np.full(given.pop("size", [3, 3]), 0.1), **given)])
        result = run(plane)
        expected = plane[taken]
        assert result.shape == expected.shape
        xarray.testing.assert_identical(result, expected.copy(data=run(plane.values)))

    def test_strides_add_up(self, scene):
        run = Pipeline([stage("blur", "box", size=3, stride=2), stage("edge", "sobel", stride=2, padding=0)])
        result = run(scene[0])
        np.testing.assert_array_equal(result.y, scene.y[2::4][: result.sizes["y"]])
        np.testing.assert_array_equal(result.x, scene.x[2::4][: result.sizes["x"]])

    def test_coordinates_lie_between_those_of_the_pixels_of_a_resize(self, scene):
        run = Pipeline([stage("geometry", "resize", size=[26, 5])])
        result = run(scene[0])
        np.testing.assert_allclose(result.y, (np.arange(26) / 2 - 0.25) * -30)
        np.testing.assert_allclose(result.x, scene.x[1::3])
        assert "latitude" not in result.coords
        back = Pipeline([*run.stages, stage("geometry", "resize", size=[13, 15])])(scene[0])
        np.testing.assert_array_equal(back.latitude, scene.latitude)
        named = run(scene[0].assign_coords(y=list("abcdefghijklm")))
        assert "y" not in named.coords

    def test_coordinates_that_do_not_reach_are_dropped_with_the_reason(self, scene):
        with pytest.warns(
            UserWarning, match="no coordinates along 'y': its padding passes those of the image"
        ):
            result = Pipeline([stage("blur", "box", size=3, padding=[3, 1])])(scene[0])
        assert "y" not in result.coords
        assert "latitude" not in result.coords
        np.testing.assert_array_equal(result.x, scene.x)

    def test_grey_has_no_bands(self, scene):
        result = Pipeline([stage("color", "gray")])(scene[:3], channel_axis=0)
        assert result.dims == ("y", "x")
        assert set(result.coords) == {
            "y",
            "x",
            "latitude",
            "spatial_ref",
        }

    def test_bool_and_many_channels_are_told_as_of_arrays(self, scene):
        shape = scene.shape
        with pytest.raises(ParameterError) as refusal:
            BOX(scene)
        assert str(refusal.value) == (
            f"an image of shape {shape} and dims ('band', 'y', 'x') needs channel_axis,"
            " the axis of its channels:"
            f" channel_axis='band' filters {shape[0]} channels of {shape[1]} x {shape[2]} pixels,"
            f" channel_axis='x' {shape[2]} of {shape[0]} x {shape[1]}"
        )
        assert Pipeline([stage("point", "invert")])(scene[0] > 9).dtype == bool
        with pytest.raises(ParameterError, match=r"image\.astype\('int32'\)"):
            BOX(scene[0].astype("int64"))

    def test_the_axis_of_channels_may_be_a_dim(self, scene):
        xarray.testing.assert_identical(BOX(scene, channel_axis="band"), BOX(scene, channel_axis=0))
        with pytest.raises(ParameterError, match=r"needs one of the dims \('band', 'y', 'x'\); given 'c'"):
            BOX(scene, channel_axis="c")
        with pytest.raises(ParameterTypeError, match=r"needs an int, as arrays have no dims; given 'band'"):
            BOX(scene.values, channel_axis="band")

    def test_a_dataset_is_refused(self, scene):
        with pytest.raises(ParameterError, match="pass one of its variables"):
            BOX(scene.to_dataset())


class TestDask:
    """Lazy images are not computed unasked: see :mod:`test_map_blocks`."""

    @pytest.fixture
    def never(self):
        def compute(block):
            raise AssertionError("computed")

        return dask.array.zeros((40, 60), dtype="uint8", chunks=(20, 30)).map_blocks(compute, dtype="uint8")

    def test_it_is_never_computed(self, never):
        with pytest.raises(ParameterError, match="a dask array is not computed unasked"):
            BOX(never)
        with pytest.raises(ParameterError, match="a dask array is not computed unasked"):
            BOX(xarray.DataArray(never, dims=("y", "x")), out=np.empty((40, 60), np.uint8))
        assert isinstance(BOX(xarray.DataArray(never, dims=("y", "x"))).data, dask.array.Array)

    @pytest.mark.parametrize("shape", [(40, 60), (3, 40, 60, 3)])
    def test_the_calls_that_are_named_give_the_same_bytes(self, rng, shape):
        values = rng.integers(0, 256, shape, dtype=np.uint8)
        image = dask.array.from_array(values, chunks=20)
        with pytest.raises(ParameterError, match="a dask array is not computed unasked") as caught:
            BOX(image)
        call = str(caught.value).split("; ")[1].split(" filters")[0]
        result = eval(call, {"image": image, "pipeline": BOX}).compute()
        whole = BOX(values) if len(shape) == 2 else [BOX(page) for page in values]
        np.testing.assert_array_equal(result, whole)
