"""conv2d byte for byte: each sum from its bias on, a tap after the other, rounded once each."""

import ctypes
import mmap

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from rounding import fma

from convpipe import conv2d
from convpipe.compile.common.correlation import Correlation
from convpipe.compile.conv2d import buffers, correlate, words
from convpipe.compile.runtime.threads import count
from convpipe.geometry import Axis, Border

MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def summed(x, weight, bias=None, stride=(1, 1), padding=0, dilation=(1, 1), groups=1, mode="zeros"):
    """The definition: input channels, kernel rows and kernel columns in their order."""
    sides = np.broadcast_to(padding, 2)
    padded = np.pad(x, [(0, 0), (0, 0), *((side, side) for side in sides)], MODES[mode])
    filters, channels, *kernel = weight.shape
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    windows = sliding_window_view(padded, reach, (2, 3))[:, :, :: stride[0], :: stride[1]]
    windows = windows[..., :: dilation[0], :: dilation[1]]
    start = np.zeros(filters, x.dtype) if bias is None else bias
    out = np.broadcast_to(start[:, None, None], (len(x), filters, *windows.shape[2:4])).astype(x.dtype)
    first = np.arange(filters) // (filters // groups) * channels  # channel of the group of each filter
    for c, i, j in np.ndindex(channels, *kernel):
        out = fma(weight[:, c, i, j, None, None], windows[..., i, j][:, first + c], out)
    return out


def drawn(rng, x, weight, dtype="float32"):
    return [rng.standard_normal(shape).astype(dtype) for shape in (x, weight, weight[:1])]


@pytest.fixture
def small_strips(monkeypatch):
    """Let a few rows fill the caches, and be worth a thread."""
    monkeypatch.setattr(buffers, "NEAR_BYTES", 600)
    monkeypatch.setattr(buffers, "FAR_BYTES", 3000)
    monkeypatch.setattr(buffers, "FAR_ROWS", 5)
    monkeypatch.setattr(words, "SHARE_PRODUCTS", 1)
    correlate.work_of.cache_clear()
    yield
    correlate.work_of.cache_clear()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", range(1, 41))
def test_every_width(width, dtype, rng):
    arrays = drawn(rng, (1, 3, 6, width), (5, 3, 3, 3), dtype)
    for options in ({"padding": 1}, {"padding": 1, "stride": (1, 2)}, {"padding": (0, 1)}):
        np.testing.assert_array_equal(conv2d(*arrays, **options), summed(*arrays, **options))


@pytest.mark.parametrize("width", [385, 513, 770, 1041])
def test_long_rows_are_not_laid_end_to_end(width, rng):
    for filters in (2, 3, 5):
        arrays = drawn(rng, (1, 2, 5, width), (filters, 2, 3, 3))
        for padding in (0, 1):
            np.testing.assert_array_equal(conv2d(*arrays, padding=padding), summed(*arrays, padding=padding))


@pytest.mark.parametrize("filters", [1, 2, 3, 4, 5, 6, 7, 9, 11, 17])
def test_channels_that_fill_no_block(filters, rng):
    arrays = drawn(rng, (2, 3, 9, 130), (filters, 3, 2, 3))
    np.testing.assert_array_equal(conv2d(*arrays), summed(*arrays))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kernel", [(3, 3), (4, 1), (5, 2), (7, 5)])
@pytest.mark.parametrize("channels", [1, 3])
def test_rows_of_one_channel_that_share_samples(channels, kernel, dtype, rng):
    for rows in (1, 2, 3, 4, 5, 6, 8):
        for width in (1, 8, 16, 17, 33, 112, 260):
            extent = rows + kernel[0] - 1, width + kernel[1] - 1
            arrays = drawn(rng, (2, channels, *extent), (1, channels, *kernel), dtype)
            for padding in (0, (1, 2)):
                want = summed(*arrays, padding=padding)
                np.testing.assert_array_equal(conv2d(*arrays, padding=padding), want)


def test_a_row_has_no_taps_above_or_below_its_own(rng):
    x, weight, _ = drawn(rng, (1, 1, 12, 40), (1, 1, 3, 3))
    for row in range(12):
        image = x.copy()
        image[0, 0, row, 5] = np.nan
        np.testing.assert_array_equal(conv2d(image, weight, padding=1), summed(image, weight, padding=1))


LAYERS = {
    "stride 2 of few channels": ((2, 3, 41, 63), (8, 3, 7, 7), {"stride": (2, 2), "padding": 3}),
    "stride 3, kernel 2": ((1, 2, 32, 47), (3, 2, 2, 2), {"stride": (3, 3)}),
    "stride past the kernel": ((1, 2, 37, 75), (3, 2, 2, 1), {"stride": (5, 3), "padding": 1}),
    "dilation": ((1, 3, 40, 50), (4, 3, 3, 3), {"dilation": (3, 2), "padding": (3, 5)}),
    "dilation and stride": ((1, 3, 40, 50), (4, 3, 3, 3), {"dilation": (2, 3), "stride": (2, 2)}),
    "dilation that skips most rows": ((1, 2, 60, 30), (2, 2, 2, 2), {"dilation": (25, 7), "padding": (9, 3)}),
    "padding past the kernel": ((1, 2, 9, 11), (3, 2, 3, 3), {"padding": 7}),
    "padding past the image": ((1, 2, 3, 4), (3, 2, 3, 3), {"padding": (5, 20)}),
    "replicated": ((1, 2, 9, 21), (3, 2, 3, 5), {"padding": (9, 30), "mode": "replicate"}),
    "reflected at stride 2": (
        (1, 2, 9, 21),
        (3, 2, 3, 5),
        {"padding": 8, "stride": (2, 2), "mode": "reflect"},
    ),
    "wrapped": ((1, 2, 9, 21), (3, 2, 3, 5), {"padding": 9, "mode": "circular"}),
    "depthwise": ((2, 7, 19, 33), (7, 1, 5, 5), {"groups": 7, "padding": 2}),
    "groups": ((2, 6, 19, 33), (10, 3, 3, 3), {"groups": 2, "padding": 1}),
    "1x1": ((2, 6, 13, 17), (9, 6, 1, 1), {}),
    "1x1 at stride 2": ((2, 6, 13, 17), (9, 6, 1, 1), {"stride": (2, 2)}),
    "one pixel": ((3, 9, 1, 1), (9, 9, 1, 1), {}),
    "no padding": ((2, 5, 23, 57), (6, 5, 3, 5), {}),
    "few rows of many channels": ((1, 5, 2, 20), (40, 5, 1, 3), {"padding": (0, 1)}),
}


def both(case, rng):
    x, weight, options = LAYERS[case]
    arrays = drawn(rng, x, weight)
    given = {"padding_mode" if key == "mode" else key: value for key, value in options.items()}
    return conv2d(*arrays, **given), summed(*arrays, **options)


@pytest.mark.parametrize("case", LAYERS)
def test_every_kind_of_layer(case, rng):
    np.testing.assert_array_equal(*both(case, rng))


@pytest.mark.parametrize("case", LAYERS)
def test_in_strips_and_parts_of_the_channels(case, rng, small_strips):
    np.testing.assert_array_equal(*both(case, rng))


def test_small_layers_are_cut_then(small_strips):
    """Else the test above would look at nothing."""
    how = Correlation((Axis(3, before=1, after=1), Axis(3)), 1, Border.CONSTANT)
    threads = count()

    def cut(rows, filters):
        return correlate.work_of((1, 5, rows, 20), (filters, 5, 3, 3), how, np.dtype("float32"), threads)

    assert cut(40, 4).units >= 40 // buffers.FAR_ROWS
    assert cut(40, 4).shares == min(threads, cut(40, 4).units)
    assert cut(2, 64).units >= threads


def test_infinite_weights_meet_the_padding(rng):
    x, weight, _ = drawn(rng, (1, 1, 5, 40), (1, 1, 3, 3))
    weight[0, 0, 0, 0] = np.inf
    got = conv2d(x, weight, padding=1)
    np.testing.assert_array_equal(np.isnan(got[0, 0, 0]), True)
    np.testing.assert_array_equal(np.isnan(got[0, 0, :, 0]), True)
    assert not np.isnan(got[0, 0, 1:, 1:]).any()


@pytest.mark.parametrize("shape", [(1, 2, 3, 5), (1, 2, 4, 31), (1, 3, 9, 17), (1, 3, 9, 50)])
@pytest.mark.parametrize("filters", [1, 3])
@pytest.mark.parametrize("kernel", [1, 3])
def test_nothing_is_read_past_the_image(shape, kernel, filters, rng):
    """It ends where a page that cannot be read begins."""
    x, weight, _ = drawn(rng, shape, (filters, shape[1], kernel, kernel))
    page = mmap.PAGESIZE
    block = mmap.mmap(-1, 8 * page)
    start = ctypes.addressof(ctypes.c_char.from_buffer(block))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.mprotect(ctypes.c_void_p(start + 7 * page), page, 0) == 0
    own = np.frombuffer(block, np.float32, x.size, 7 * page - x.nbytes).reshape(shape)
    own[...] = x
    np.testing.assert_array_equal(conv2d(own, weight), conv2d(x, weight))
    libc.mprotect(ctypes.c_void_p(start + 7 * page), page, mmap.PROT_READ | mmap.PROT_WRITE)
