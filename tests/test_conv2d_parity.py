"""conv2d against torch, on configurations drawn at random."""

import numpy as np
import pytest

from convpipe import Conv2d, conv2d

torch = pytest.importorskip("torch", reason="torch is not installed: no parity with it is tested")

CONFIGURATIONS = 400
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
"""Relative to the largest sum of |weight| * |x| + |bias|, which bounds the rounding of any order of sums."""

pytestmark = pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel:UserWarning")


def draw(seed):
    """One configuration: the arrays, and the arguments that torch.nn.Conv2d takes too."""
    rng = np.random.default_rng(seed)
    groups, kernel, stride, dilation = int(rng.integers(1, 5)), *rng.integers(1, [8, 4, 4], (2, 3)).T.tolist()
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    mode = str(rng.choice(["zeros", "zeros", "reflect", "replicate", "circular"]))
    form = rng.choice(["none", "int", "pair", "same", "valid"])
    extent = [int(n) for n in rng.integers(np.maximum(reach, 8), [40, 150])]
    padding = {
        "none": 0,
        "int": int(rng.integers(0, 8)),
        "pair": tuple(rng.integers(0, 8, 2).tolist()),
    }.get(form, str(form))
    if form == "same":
        stride = [1, 1]
        extent = [max(n, r) for n, r in zip(extent, reach)]
    options = {
        "stride": tuple(stride),
        "padding": padding,
        "dilation": tuple(dilation),
        "groups": groups,
        "padding_mode": mode,
    }
    dtype = str(rng.choice(["float32", "float64"]))
    inputs, outputs = (int(n) for n in rng.integers(1, [5, 10]))
    x = rng.standard_normal((int(rng.integers(1, 4)), inputs * groups, *extent)).astype(dtype)
    if rng.random() < 0.3:
        x = np.asfortranarray(x)
    weight = rng.standard_normal((outputs * groups, inputs, *kernel)).astype(dtype)
    bias = rng.standard_normal(outputs * groups).astype(dtype) if rng.random() < 0.5 else None
    return x, weight, bias, options


def by_torch(x, weight, bias, options):
    layer = torch.nn.Conv2d(
        weight.shape[1] * options.get("groups", 1),
        weight.shape[0],
        weight.shape[2:],
        bias=bias is not None,
        **options,
    )
    layer.weight = torch.nn.Parameter(torch.from_numpy(weight))
    if bias is not None:
        layer.bias = torch.nn.Parameter(torch.from_numpy(bias))
    with torch.no_grad():
        return layer(torch.from_numpy(np.ascontiguousarray(x))).numpy()


@pytest.mark.parametrize("block", range(10))
def test_same_as_torch(block):
    for seed in range(block, CONFIGURATIONS, 10):
        x, weight, bias, options = draw(seed)
        want = by_torch(x, weight, bias, options)
        got = conv2d(x, weight, bias, **options)
        assert got.dtype == want.dtype
        assert got.shape == want.shape, (seed, options)
        scale = by_torch(np.abs(x), np.abs(weight), None if bias is None else np.abs(bias), options).max()
        error = np.abs(got - want).max() / scale
        assert error < TOLERANCE[got.dtype.name], (seed, options, error)


def test_the_draw_covers_what_it_should():
    drawn = [draw(seed)[3] for seed in range(CONFIGURATIONS)]
    for key, values in {
        "padding": [0, "same", "valid", 7],
        "padding_mode": ["zeros", "reflect", "replicate", "circular"],
        "groups": [1, 2, 3, 4],
    }.items():
        assert set(values) <= {options[key] for options in drawn}


@pytest.mark.parametrize("sides", [(1, 2, 3, 4), (0, 0, 5, 0), (3, 0, 0, 1)])
@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_four_sides(rng, sides, mode):
    x, weight = rng.standard_normal((2, 3, 9, 11)), rng.standard_normal((4, 3, 3, 2))
    top, bottom, left, right = sides
    torch_mode = "constant" if mode == "zeros" else mode
    padded = torch.nn.functional.pad(torch.from_numpy(x), (left, right, top, bottom), torch_mode)
    want = torch.nn.functional.conv2d(padded, torch.from_numpy(weight), stride=2).numpy()
    got = conv2d(x, weight, stride=2, padding=sides, padding_mode=mode)
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-12)


def test_nan_and_infinity_as_torch(rng):
    x = rng.standard_normal((1, 2, 20, 70)).astype("float32")
    x[0, 0, 3, 5], x[0, 1, 10, 60], x[0, 0, 15, 33] = np.nan, np.inf, -np.inf
    weight = rng.standard_normal((5, 2, 3, 3)).astype("float32")
    want = by_torch(x, weight, None, {"padding": 1})
    got = conv2d(x, weight, padding=1)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    np.testing.assert_array_equal(got[np.isinf(want)], want[np.isinf(want)])


REFUSED = [
    ((1, 2, 4, 5), (4, 2, 5, 3), {}),
    ((1, 2, 4, 5), (4, 2, 3, 3), {"dilation": 2}),
    ((1, 2, 4, 5), (4, 2, 3, 3), {"stride": 0}),
    ((1, 2, 4, 5), (4, 2, 3, 3), {"dilation": 0}),
    ((1, 2, 4, 5), (4, 2, 3, 3), {"padding": -1}),
    ((1, 2, 4, 5), (4, 2, 3, 3), {"padding": "same", "stride": 2}),
    ((1, 2, 4, 5), (4, 2, 3, 3), {"padding": 4, "padding_mode": "reflect"}),
    ((1, 2, 4, 5), (4, 2, 3, 3), {"padding": 5, "padding_mode": "circular"}),
    ((0, 2, 4, 5), (4, 2, 5, 3), {}),
    ((1, 3, 4, 5), (4, 2, 3, 3), {}),
    ((1, 2, 4, 5), (3, 1, 3, 3), {"groups": 2}),
]


@pytest.mark.parametrize(("x", "weight", "options"), REFUSED)
def test_refuses_what_torch_refuses(x, weight, options):
    image, taps = np.ones(x, "float32"), np.ones(weight, "float32")
    with pytest.raises((RuntimeError, ValueError)):
        by_torch(image, taps, None, options)
    with pytest.raises(ValueError, match=r"\d"):
        conv2d(image, taps, **options)


@pytest.mark.parametrize(
    ("channels", "options"),
    [
        ((3, 16), {}),
        ((3, 16), {"padding": 1}),
        ((4, 8), {"padding": (1, 0), "stride": 2, "groups": 2, "bias": False}),
        ((3, 16), {"padding": "same", "dilation": 2, "padding_mode": "circular"}),
        ((3, 16), {"padding": "valid", "stride": (1, 2)}),
    ],
)
def test_same_repr_and_shapes_as_torch(channels, options):
    ours, theirs = Conv2d(*channels, 3, **options), torch.nn.Conv2d(*channels, 3, **options)
    assert repr(ours) == repr(theirs)
    assert ours.weight.shape == tuple(theirs.weight.shape)
