"""conv2d against the definition, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convpipe import Conv2d, conv2d
from convpipe.errors import ParameterError, ParameterTypeError

NUMPY_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def naive(x, weight, bias, stride, padding, dilation, groups, mode):
    """The sum as it is defined, in float64, output by output; `padding` is ((top, bottom), (left, right))."""
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), *padding), NUMPY_MODES[mode])
    outputs, per_group, *kernel = weight.shape
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    sizes = [(n - r) // s + 1 for n, r, s in zip(padded.shape[2:], reach, stride)]
    out = np.zeros((len(x), outputs, *sizes))
    for n, o, y, x_ in np.ndindex(out.shape):
        first = o // (outputs // groups) * per_group
        window = padded[
            n,
            first : first + per_group,
            y * stride[0] : y * stride[0] + reach[0] : dilation[0],
            x_ * stride[1] : x_ * stride[1] + reach[1] : dilation[1],
        ]
        out[n, o, y, x_] = (window * weight[o]).sum() + (0 if bias is None else bias[o])
    return out


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@given(
    seed=st.integers(0, 2**32),
    images=st.integers(1, 2),
    groups=st.integers(1, 3),
    inputs=st.integers(1, 3),
    outputs=st.integers(1, 6),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=pairs,
    dilation=pairs,
    extra=st.tuples(st.integers(0, 9), st.integers(0, 70)),
    sides=st.tuples(*[st.integers(0, 3)] * 4),
    mode=st.sampled_from(sorted(NUMPY_MODES)),
    dtype=st.sampled_from(["float32", "float64"]),
    with_bias=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_the_sum_as_defined(
    seed, images, groups, inputs, outputs, kernel, stride, dilation, extra, sides, mode, dtype, with_bias
):
    rng = np.random.default_rng(seed)
    extent = [max(d * (k - 1) + 1, 4) + e for d, k, e in zip(dilation, kernel, extra)]
    x = rng.standard_normal((images, inputs * groups, *extent)).astype(dtype)
    weight = rng.standard_normal((outputs * groups, inputs, *kernel)).astype(dtype)
    bias = rng.standard_normal(outputs * groups).astype(dtype) if with_bias else None
    got = conv2d(x, weight, bias, stride, list(sides), dilation, groups, mode)
    want = naive(x, weight, bias, stride, (sides[:2], sides[2:]), dilation, groups, mode)
    assert got.dtype == dtype
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=0, atol=2e-5 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("size", [1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 200])
@pytest.mark.parametrize("outputs", [1, 2, 3, 4, 5, 7, 8])
def test_every_width_and_number_of_outputs(rng, size, outputs):
    x = rng.standard_normal((1, 2, 3, size + 2))
    weight = rng.standard_normal((outputs, 2, 3, 3))
    want = naive(x, weight, None, (1, 1), ((0, 0), (0, 0)), (1, 1), 1, "zeros")
    np.testing.assert_allclose(conv2d(x, weight), want, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("padding", "sides"),
    [
        (1, ((1, 1), (1, 1))),
        ([1, 2], ((1, 1), (2, 2))),
        ([0, 1, 2, 3], ((0, 1), (2, 3))),
        ("valid", ((0, 0), (0, 0))),
        ("same", ((1, 1), (1, 2))),
    ],
)
def test_padding_forms(rng, padding, sides):
    x, weight = rng.standard_normal((1, 1, 6, 7)), rng.standard_normal((1, 1, 3, 4))
    want = naive(x, weight, None, (1, 1), sides, (1, 1), 1, "zeros")
    np.testing.assert_allclose(conv2d(x, weight, padding=padding), want, atol=1e-12)


@pytest.mark.parametrize(
    ("x", "weight", "want"),
    [
        ((2, 3, 6, 7), (4, 3, 3, 3), (2, 4, 4, 5)),
        ((3, 6, 7), (4, 3, 3, 3), (4, 4, 5)),
        ((6, 7), (4, 1, 3, 3), (4, 4, 5)),
        ((6, 7), (3, 3), (4, 5)),
        ((1, 6, 7), (3, 3), (1, 4, 5)),
        ((2, 1, 6, 7), (3, 3), (2, 1, 4, 5)),
        ((0, 3, 6, 7), (4, 3, 3, 3), (0, 4, 4, 5)),
        ((1, 7), (1, 3), (1, 5)),
        ((7, 1), (7, 1), (1, 1)),
    ],
)
def test_axes_in_and_out(x, weight, want):
    got = conv2d(np.ones(x), np.ones(weight))
    assert got.shape == want
    np.testing.assert_array_equal(got, np.prod(weight[-3:]) if len(weight) == 4 else np.prod(weight))


@pytest.mark.parametrize(
    ("x", "weight", "want"),
    [
        ("float32", "float32", "float32"),
        ("float64", "float32", "float64"),
        ("float32", ">f8", "float64"),
        (">f4", "float32", "float32"),
        ("float16", "float16", "float32"),
        ("uint8", "float32", "float32"),
        ("int64", "float32", "float64"),
        ("float32", "int64", "float64"),
        ("uint32", "uint8", "float64"),
        (">i4", "int8", "float64"),
        ("uint16", "int16", "float32"),
        ("bool", "float32", "float32"),
        ("uint16", "float64", "float64"),
    ],
)
def test_dtypes(rng, x, weight, want):
    image = rng.integers(0, 2, (1, 2, 5, 6)).astype(x)
    taps = rng.integers(0, 5, (3, 2, 2, 2)).astype(weight)
    got = conv2d(image, taps)
    assert got.dtype == np.dtype(want)
    np.testing.assert_array_equal(got, naive(image, taps, None, (1, 1), ((0, 0), (0, 0)), (1, 1), 1, "zeros"))


def test_large_integers_are_summed_as_they_are():
    x = np.array([[2**24 + 1, 2**31 - 1]], np.int32)
    np.testing.assert_array_equal(conv2d(x, [[1, -1]]), [[2**24 + 1 - (2**31 - 1)]])
    np.testing.assert_array_equal(conv2d(x.astype(np.uint64), np.ones((1, 1), np.uint8)), x)
    np.testing.assert_array_equal(
        conv2d(x.astype(np.uint8), np.array([[2**24 + 1]])), [[2**24 + 1, 255 * (2**24 + 1)]]
    )


def test_any_memory_layout_and_nothing_is_written(rng):
    x = rng.standard_normal((2, 3, 8, 9)).astype("float32")
    weight = rng.standard_normal((4, 3, 3, 3)).astype("float32")
    want = conv2d(x, weight)
    kept = x.copy(), weight.copy()
    channels_last = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    unaligned = np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view("float32").reshape(x.shape)
    frozen = x.copy()
    frozen.flags.writeable = False
    reversed_twice = np.flip(np.flip(x, 3).copy(), 3)
    for other in (channels_last, unaligned, frozen, reversed_twice, x.astype(">f4"), x.tolist()):
        np.testing.assert_array_equal(conv2d(other, weight).astype("float32"), want, strict=True) if (
            not isinstance(other, list)
        ) else np.testing.assert_allclose(conv2d(other, weight), want, atol=1e-5)
    np.testing.assert_array_equal(conv2d(x, np.asfortranarray(weight)), want)
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(weight, kept[1])


def test_nan_and_infinity_reach_exactly_the_outputs_that_see_them():
    x = np.zeros((1, 1, 9, 40), "float32")
    x[0, 0, 4, 20], x[0, 0, 2, 5] = np.nan, np.inf
    weight = np.ones((1, 1, 3, 3), "float32")
    got = conv2d(x, weight, padding=1)[0, 0]
    want = np.zeros_like(got)
    want[3:6, 19:22], want[1:4, 4:7] = np.nan, np.inf
    np.testing.assert_array_equal(got, want)
    weight[0, 0, 1, 1] = 0  # 0 * inf is NaN: a zero tap is not left out
    assert np.isnan(conv2d(x, weight, padding=1)[0, 0, 2, 5])


def test_same_bytes_on_any_number_of_threads_and_in_any_batch(rng):
    numba = pytest.importorskip("numba")
    x = rng.standard_normal((3, 4, 40, 90)).astype("float32")
    weight = rng.standard_normal((6, 2, 3, 3)).astype("float32")
    want = conv2d(x, weight, padding=1, groups=2)
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        np.testing.assert_array_equal(conv2d(x, weight, padding=1, groups=2), want)
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(conv2d(x[1], weight, padding=1, groups=2), want[1])
    np.testing.assert_array_equal(
        conv2d(x[:, :, 10:], weight, padding=1, groups=2)[:, :, 1:], want[:, :, 11:]
    )


def test_wide_dilation_and_far_replication(rng):
    x, weight = rng.standard_normal((1, 2, 30, 33)), rng.standard_normal((2, 2, 2, 2))
    want = naive(x, weight, None, (2, 3), ((40, 40), (9, 80)), (25, 31), 1, "replicate")
    got = conv2d(x, weight, None, (2, 3), [40, 40, 9, 80], (25, 31), padding_mode="replicate")
    np.testing.assert_allclose(got, want, atol=1e-12)


X, W = np.ones((1, 2, 4, 5)), np.ones((4, 2, 3, 3))

REFUSED = {
    "kernel larger than x": ((X, np.ones((4, 2, 3, 7))), {}, "weight", ["(4, 2, 3, 7)", "(1, 2, 4, 5)"]),
    "dilated kernel": ((X, W), {"dilation": 3}, "weight", ["spans 7 rows", "has 4"]),
    "stride 0": ((X, W), {"stride": 0}, "stride", ["at least 1", "0"]),
    "stride of three": ((X, W), {"stride": [1, 1, 1]}, "stride", ["[1, 1, 1]"]),
    "dilation 0": ((X, W), {"dilation": [1, 0]}, "dilation", ["at least 1", "[1, 0]"]),
    "negative padding": ((X, W), {"padding": -1}, "padding", ["at least 0", "-1"]),
    "three paddings": ((X, W), {"padding": [1, 2, 3]}, "padding", ["[1, 2, 3]"]),
    "unknown padding": ((X, W), {"padding": "full"}, "padding", ["'full'", "'same'"]),
    "same with stride": ((X, W), {"padding": "same", "stride": 2}, "padding", ["stride 1", "(2, 2)"]),
    "channels": ((X, np.ones((4, 3, 3, 3))), {}, "weight", ["(4, 3, 3, 3)", "(1, 2, 4, 5)", "3 channels"]),
    "groups": ((X, np.ones((3, 1, 3, 3))), {"groups": 2}, "groups", ["groups=2", "(3, 1, 3, 3)"]),
    "groups 0": ((X, W), {"groups": 0}, "groups", ["at least 1"]),
    "bias length": ((X, W, np.ones(3)), {}, "bias", ["(4,)", "(3,)"]),
    "bias axes": ((X, W, np.ones((4, 1))), {}, "bias", ["(4,)", "(4, 1)"]),
    "one axis": ((np.ones(5), W), {}, "x", ["(5,)", "(N, C, H, W)"]),
    "five axes": ((np.ones((1, 1, 2, 4, 5)), W), {}, "x", ["(1, 1, 2, 4, 5)"]),
    "no rows": ((np.ones((1, 2, 0, 5)), W), {}, "x", ["(1, 2, 0, 5)"]),
    "weight axes": ((X, np.ones((2, 3, 3))), {}, "weight", ["(2, 3, 3)", "(KH, KW)"]),
    "no filters": ((X, np.ones((0, 2, 3, 3))), {}, "weight", ["(0, 2, 3, 3)"]),
    "ragged": (([[1, 2], [3]], W), {}, "x", ["array of numbers"]),
    "reflect too far": ((X, W), {"padding": 4, "padding_mode": "reflect"}, "padding", ["at most 3"]),
    "circular too far": ((X, W), {"padding": 5, "padding_mode": "circular"}, "padding", ["at most 4"]),
    "unknown mode": ((X, W), {"padding_mode": "mirror"}, "padding_mode", ["'mirror'", "reflect"]),
    "empty batch, kernel too large": ((X[:0], np.ones((4, 2, 7, 7))), {}, "weight", ["spans 7 rows"]),
    "padding past any index": ((X, W), {"padding": 2**31}, "padding", ["at most"]),
    "padded side past any index": ((X, W), {"padding": 2**31 - 1}, "padding", ["largest side"]),
    "padded row past any memory": (
        (X, W),
        {"padding": [0, 2**29], "padding_mode": "replicate"},
        "padding",
        ["samples of padded rows"],
    ),
    "output past any memory": (
        (np.broadcast_to(np.float32(1), (2**40, 1, 4, 5)), np.ones((2, 1, 1, 1))),
        {"padding": 2**12},
        "padding",
        ["too large for any memory"],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_argument_given_and_needed(case):
    arguments, options, parameter, parts = REFUSED[case]
    with pytest.raises(ParameterError) as caught:
        conv2d(*arguments, **options)
    assert isinstance(caught.value, ValueError)
    assert caught.value.parameter == parameter
    for part in [parameter, *parts]:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "options", "parameter"),
    [
        ((X + 1j, W), {}, "x"),
        ((X, W.astype(object)), {}, "weight"),
        ((X, W, np.array(["a"] * 4)), {}, "bias"),
        ((X.astype(np.longdouble), W), {}, "x"),
        ((X, W), {"stride": 1.0}, "stride"),
        ((X, W), {"stride": True}, "stride"),
        ((X, W), {"dilation": "2"}, "dilation"),
        ((X, W), {"padding": 0.5}, "padding"),
        ((X, W), {"groups": [1, 1]}, "groups"),
    ],
)
def test_wrong_types_are_type_errors(arguments, options, parameter):
    with pytest.raises(ParameterTypeError) as caught:
        conv2d(*arguments, **options)
    assert isinstance(caught.value, TypeError)
    assert caught.value.parameter == parameter


def test_nothing_large_is_allocated_before_a_refusal():
    """These views are of 4 TB; a copy would fail otherwise."""
    huge = np.broadcast_to(np.float32(1), (1, 1, 10**6, 10**6))
    with pytest.raises(ParameterError, match="does not fit"):
        conv2d(X[:, :1], huge)
    with pytest.raises(ParameterError, match="channels"):
        conv2d(huge, W)


@pytest.mark.parametrize(
    ("options", "want"),
    [
        ({}, "Conv2d(3, 16, kernel_size=(3, 3), stride=(1, 1))"),
        ({"padding": 1}, "Conv2d(3, 16, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))"),
        (
            {"padding": [1, 2, 3, 4]},
            "Conv2d(3, 16, kernel_size=(3, 3), stride=(1, 1), padding=(1, 2, 3, 4))",
        ),
        (
            {"padding": "same", "dilation": 2, "bias": False, "padding_mode": "reflect"},
            "Conv2d(3, 16, kernel_size=(3, 3), stride=(1, 1), padding=same, dilation=(2, 2), bias=False, "
            "padding_mode=reflect)",
        ),
    ],
)
def test_repr(options, want):
    assert repr(Conv2d(3, 16, 3, **options)) == want


def test_layer_is_conv2d_with_its_parameters(rng):
    layer = Conv2d(
        4, 6, (3, 2), stride=2, padding=[1, 0], dilation=2, groups=2, padding_mode="circular", seed=3
    )
    x = rng.standard_normal((2, 4, 9, 11)).astype("float32")
    want = conv2d(x, layer.weight, layer.bias, 2, [1, 0], 2, 2, "circular")
    np.testing.assert_array_equal(layer(x), want)
    np.testing.assert_array_equal(layer(x[0]), want[0])
    layer.weight = np.zeros_like(layer.weight)
    layer.bias = np.arange(6, dtype="float32")
    np.testing.assert_array_equal(layer(x), np.broadcast_to(layer.bias[:, None, None], want.shape))


def test_layer_starts_as_torchs_do():
    layer = Conv2d(8, 64, 5, groups=2, seed=0)
    assert layer.weight.shape == (64, 4, 5, 5)
    assert layer.bias.shape == (64,)
    assert layer.weight.dtype == layer.bias.dtype == "float32"
    bound = 1 / np.sqrt(4 * 5 * 5)
    for drawn in (layer.weight, layer.bias):
        assert np.abs(drawn).max() <= bound
        assert np.abs(drawn).max() > 0.9 * bound
        assert drawn.min() < -0.9 * bound
    np.testing.assert_array_equal(layer.weight, Conv2d(8, 64, 5, groups=2, seed=0).weight)
    assert (layer.weight != Conv2d(8, 64, 5, groups=2).weight).any()
    assert Conv2d(1, 1, 1, bias=False).bias is None
    assert Conv2d(1, 1, 1, dtype="float64").weight.dtype == "float64"


@pytest.mark.parametrize(
    ("arguments", "options", "parameter"),
    [
        ((3, 4, 3), {"groups": 2}, "in_channels"),
        ((4, 3, 3), {"groups": 2}, "out_channels"),
        ((0, 3, 3), {}, "in_channels"),
        ((3, 3, 0), {}, "kernel_size"),
        ((3, 3, 3), {"stride": 2, "padding": "same"}, "padding"),
        ((3, 3, 3), {"padding_mode": "edge"}, "padding_mode"),
        ((3, 3, 3), {"dtype": "float16"}, "dtype"),
        ((2**31 - 1, 2**31 - 1, 3), {}, "kernel_size"),
    ],
)
def test_layer_refuses_without_an_image(arguments, options, parameter):
    with pytest.raises(ParameterError) as caught:
        Conv2d(*arguments, **options)
    assert caught.value.parameter == parameter
