"""Where windows lie: strided results against full ones, even windows and anchors against scipy.ndimage."""

import numpy as np
import pytest
import scipy.ndimage
from test_peers import SCIPY_MODES
from test_stages import EVERY_METHOD, check, ids, make

from convpipe import Pipeline, stage
from convpipe.errors import ParameterError
from convpipe.plan import make_plan

EVEN = [[1.0, 2.0, 0.5, -3.0], [0.0, 4.0, -1.0, 7.0]]
"""A kernel of two rows and four columns with no symmetry."""


def run(image, *stages, border="symmetric", **options):
    return Pipeline(stages, border=border)(image, dtype="float64", **options)


@pytest.fixture
def image(rng):
    return rng.random((11, 14))


STRIDED = {
    "gaussian": lambda **common: stage("blur", "gaussian", sigma=1, truncate=2, **common),
    "box": lambda **common: stage("blur", "box", size=[4, 3], **common),
    "roberts": lambda **common: stage("edge", "roberts", **common),
    "custom": lambda **common: stage("custom", "even", kernel=EVEN, **common),
}


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("name", STRIDED)
def test_a_strided_result_is_the_full_one_taken_at_every_stride(name, dilation, rng):
    for extent in [(10, 15), (11, 13)]:
        image = rng.random(extent)
        got = run(image, STRIDED[name](stride=[2, 3], dilation=dilation))
        assert got.shape == (-(-extent[0] // 2), -(-extent[1] // 3))
        full = run(image, STRIDED[name](dilation=dilation))
        np.testing.assert_allclose(got, full[::2, ::3], rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", EVERY_METHOD, ids=ids)
def test_no_method_s_windows_move_with_the_stride_or_the_size(method):
    for extent in [(20, 21), (21, 20)]:
        strided, full = (
            make_plan([make(method, stride=s)], extent, channels=method.colours or 1).stages[0]
            for s in (3, 1)
        )
        for one, other in zip(strided.field, full.field):
            assert (one.before, one.reach) == (other.before, other.reach)


@pytest.mark.parametrize("border", SCIPY_MODES)
@pytest.mark.parametrize("size", [[2, 4], [4, 1], [6, 3]])
def test_even_boxes_lie_where_scipy_s_do(size, border, image):
    got = run(image, stage("blur", "box", size=size), border=border)
    want = scipy.ndimage.uniform_filter(image, size, mode=SCIPY_MODES[border])
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-12)


def test_an_even_box_at_stride_two_is_every_second_pixel_of_scipy_s(image):
    want = scipy.ndimage.uniform_filter(image, 4, mode="reflect")[::2, ::2]
    np.testing.assert_allclose(run(image, stage("blur", "box", size=4, stride=2)), want, rtol=0, atol=1e-12)


def test_an_impulse_under_an_even_box_lights_what_opencv_s_does():
    # cv2.blur of size 4: pixel y is the mean of y - 2 to y + 1, so an impulse at 4 is seen from 3 to 6.
    impulse = np.zeros((1, 10), np.float32)
    impulse[0, 4] = 4
    lit = Pipeline([stage("blur", "box", size=[1, 4])])(impulse)
    assert np.flatnonzero(lit).tolist() == [3, 4, 5, 6]


def test_an_even_kernel_reaches_further_down_and_right_as_torch_s():
    impulse = np.zeros((1, 10), np.float32)
    impulse[0, 4] = 1
    lit = Pipeline([stage("custom", "even", kernel=[[1, 1, 1, 1]])])(impulse)
    assert np.flatnonzero(lit).tolist() == [2, 3, 4, 5]


@pytest.mark.parametrize("anchor", [[0, 0], [1, 3], [0, 2], [1, 0]])
def test_an_anchor_is_the_tap_on_the_pixel(anchor, image):
    # scipy's origin counts from tap n // 2.
    want = scipy.ndimage.correlate(
        image, np.array(EVEN), mode="reflect", origin=[anchor[0] - 1, anchor[1] - 2]
    )
    got = run(image, stage("custom", "even", kernel=EVEN, anchor=anchor))
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-12)
    strided = run(image, stage("custom", "even", kernel=EVEN, anchor=anchor, stride=3))
    np.testing.assert_allclose(strided, want[::3, ::3], rtol=0, atol=1e-12)
    boxed = run(image, stage("blur", "box", size=[2, 4], anchor=anchor))
    want = scipy.ndimage.uniform_filter(image, [2, 4], mode="reflect", origin=[anchor[0] - 1, anchor[1] - 2])
    np.testing.assert_allclose(boxed, want, rtol=0, atol=1e-12)


def test_an_anchor_is_one_of_the_taps():
    for anchor in ([2, 0], 4):
        with pytest.raises(ParameterError, match="anchor needs a tap of the 2x4 kernel, counted from 0"):
            stage("custom", "even", kernel=EVEN, anchor=anchor)
    with pytest.raises(ParameterError, match="anchor must be at least 0"):
        stage("custom", "even", kernel=EVEN, anchor=-1)


@pytest.mark.parametrize("method", ["roberts", "sobel"])
@pytest.mark.parametrize(
    "common", [{}, {"anchor": 1}, {"anchor": [1, 0]}, {"padding": "same_lower"}], ids=str
)
def test_alpha_stays_on_its_pixel(method, common, rng):
    image = rng.random((9, 8, 4)).astype(np.float32)
    result = Pipeline([stage("edge", method, **common)])(image, alpha=True)
    np.testing.assert_array_equal(result[..., 3], image[..., 3])


@pytest.mark.parametrize("padding", ["same_upper", "same_lower"])
@pytest.mark.parametrize("extent", [(10, 14), (11, 13), (2, 3)])
def test_fitted_padding_is_onnx_s(padding, extent, rng):
    # ONNX Conv: pads = max((ceil(in / s) - 1) * s + (k - 1) * d + 1 - in, 0), the odd one after for UPPER.
    image, (rows, cols) = rng.random(extent), (2, 4)
    sides = []
    for size, kernel, stride in zip(extent, (rows, cols), (2, 3)):
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        small, large = total // 2, total - total // 2
        sides += [small, large] if padding == "same_upper" else [large, small]
    common = {"kernel": EVEN, "stride": [2, 3]}
    want = run(image, stage("custom", "even", **common, padding=sides))
    np.testing.assert_array_equal(run(image, stage("custom", "even", **common, padding=padding)), want)


def test_the_halo_of_a_plan_is_where_the_window_lies():
    def halo(*given, **common):
        return make_plan([stage(*given, **common)], (20, 20)).stages[0].halo

    assert halo("blur", "box", size=[2, 3]) == ((1, 0), (1, 1))
    assert halo("custom", "even", kernel=EVEN) == ((0, 1), (1, 2))
    assert halo("custom", "even", kernel=EVEN, anchor=[0, 3], dilation=2) == ((0, 2), (6, 0))
    assert halo("custom", "even", kernel=EVEN, padding="same_lower", stride=2) == ((1, 0), (2, 1))


def test_both_ways_through_the_oracle(rng):
    image = rng.integers(0, 256, (9, 10, 4), dtype=np.uint8)
    for common in ({"anchor": [1, 0]}, {"padding": "same_lower", "stride": 2}, {"padding": "same_upper"}):
        check([stage("custom", "even", kernel=EVEN, **common), stage("blur", "box", size=2)], image)


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32"])
def test_signed_types_use_their_whole_range(dtype):
    limits = np.iinfo(dtype)
    image = np.array([[limits.min, -1, 0, 5, limits.max]], dtype)
    np.testing.assert_array_equal(Pipeline([stage("point", "invert")])(image), -1 - image)
    narrow = np.array([[-3, 0, 3]], dtype)
    stretched = Pipeline([stage("contrast", "stretch")])(narrow).tolist()[0]
    assert (stretched[0], stretched[2]) == (limits.min, limits.max)
    assert abs(stretched[1]) <= 1
    flat = Pipeline([stage("contrast", "stretch")])(np.full((2, 2), 7, dtype))
    assert (flat == limits.min).all()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "float32"])
def test_unsigned_types_and_floats_are_inverted_in_their_range(dtype):
    top = 1 if dtype == "float32" else np.iinfo(dtype).max
    image = np.array([[0, top // 4, top]], dtype)
    np.testing.assert_array_equal(Pipeline([stage("point", "invert")])(image), top - image)
