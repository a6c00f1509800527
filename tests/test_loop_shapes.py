"""Every loop shape, for every dtype, stride and dilation, against the oracle, with kernels of no symmetry."""

import itertools
from unittest import mock

import interpreted
import numpy as np
import oracle
import pytest
from kernels import DTYPES, SHAPES, WINDOWS, pixels

from convpipe import fourier
from convpipe.compile.cpu.compiled import ahead
from convpipe.compile.cpu.graphs import GraphExecutable, compile_plan
from convpipe.ops import stored
from convpipe.plan import make_plan
from convpipe.stages import stage

EXTENT = (11, 46)


TRANSFORMED = {"plain": (70, 80), "dilation": (200, 220)}
"""Images large enough for transforms, where they pay at all: here they are taken anyway."""


def extent(shape, window):
    return TRANSFORMED.get(window, EXTENT) if shape == "transform" else EXTENT


def planned(shape, dtype, window):
    common = WINDOWS[window]
    if np.dtype(dtype).kind == "f" and "value" in common:
        common = common | {"value": 0.7}
    if shape == "transform" and "padding" in common:
        common = common | {"padding": [side + 40 for side in common["padding"]]}
    with mock.patch.object(fourier, "ADVANTAGE", 0 if shape == "transform" else fourier.ADVANTAGE):
        return make_plan([SHAPES[shape](**common)], extent(shape, window), dtype=dtype)


def tolerance(plan):
    """As a share of the largest value: what the arithmetic rounds off, and float16 on the way out."""
    return {"float16": 1e-3, "float64": 1e-13}.get(plan.dtype, 1e-12 if plan.compute == "float64" else 2e-6)


CASES = [
    (shape, dtype, window)
    for shape, dtype, window in itertools.product(SHAPES, DTYPES, WINDOWS)
    if shape != "transform" or dtype in ("uint8", "int32", "float32")
]


@pytest.mark.parametrize(("shape", "dtype", "window"), CASES)
def test_the_generated_loop(shape, dtype, window):
    plan, image = planned(shape, dtype, window), pixels(dtype, extent(shape, window))
    run = compile_plan(plan)
    if isinstance(run, GraphExecutable):
        assert plan.stages[0].tiles is not None
        got = run(image, threads=1)[0]
    else:
        got, nbytes = interpreted.run(run, image.astype(stored(dtype)))
        assert nbytes <= plan.thread_bytes
    oracle.near(got.astype(plan.output_dtype), plan, image, tolerance(plan))


COMPILED = [
    ("unrolled", "float64", "wrap"),
    ("column", "uint32", "all"),
    ("sparse", "int32", "stride"),
    ("separable", "float16", "all"),
    ("long", "int16", "dilation"),
    ("outer products", "uint8", "dilation"),
    ("outer products", "float64", "all"),
    ("equal columns", "float32", "stride"),
    ("rows", "uint16", "wrap"),
    ("transform", "int8", "all"),
    # Running sums count in integers.
    *(("uniform", dtype, "stride") for dtype in ("uint8", "int8", "uint16", "int32")),
]
"""Each takes seconds to compile."""


@pytest.mark.parametrize(("shape", "dtype", "window"), COMPILED)
def test_the_compiled_loop(shape, dtype, window):
    plan, image = planned(shape, dtype, window), pixels(dtype, extent(shape, window))
    oracle.near(compile_plan(plan)(image, threads=1)[0], plan, image, tolerance(plan))


def holed(rows, cols, outer):
    """Return a kernel with a row and a column of zeros, an outer product or not."""
    rng = np.random.default_rng(3)
    column, row = rng.uniform(1, 2, rows), rng.uniform(1, 2, cols)
    column[1], row[2] = 0, 0
    return np.outer(column, row) * (1 if outer else rng.uniform(1, 2, (rows, cols)))


@pytest.mark.parametrize("dilation", [1, 3])
@pytest.mark.parametrize(
    ("shape", "kernel"),
    [
        ("separable", holed(7, 6, outer=True)),
        ("unrolled", holed(3, 5, outer=False)),
        ("rows", holed(7, 8, outer=False)),
    ],
    ids=["separable", "unrolled", "rows"],
)
def test_a_tap_of_0_meets_nan_in_the_loop_over_all_taps_alone(shape, kernel, dilation):
    image = np.ones((45, 46), np.float32)
    image[22, 23] = np.nan
    plan = make_plan(
        [stage("custom", "holed", kernel=kernel, dilation=dilation, padding=0)], image.shape, dtype="float32"
    )
    run = compile_plan(plan)
    (bank,) = compile_plan(plan).schedule.levels[-1].recipe.banks
    assert bank.words.startswith(shape)
    got = np.isnan(interpreted.run(run, image)[0]).reshape(plan.extent)
    meets = np.ones(kernel.shape, bool) if shape == "rows" else kernel != 0
    want = np.zeros(plan.extent, bool)
    for i, j in np.argwhere(meets):
        want[22 - i * dilation, 23 - j * dilation] = True
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_shape_is_what_it_is_called(shape):
    plan = planned(shape, "uint8", "plain")
    if shape == "transform":
        assert plan.stages[0].tiles is not None
        return
    (bank,) = compile_plan(plan).schedule.levels[-1].recipe.banks
    words = {"column": "unrolled", "sparse": "unrolled", "long": "separable"}
    words |= {"outer products": "2 outer products", "equal columns": "3 outer products"}
    assert bank.words.startswith(words.get(shape, shape))


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "uniform"])
def test_no_kernel_is_its_own_mirror(shape):
    kernel = np.array(SHAPES[shape]().given["kernel"])
    turned = {"left-right": kernel[:, ::-1], "top-bottom": kernel[::-1], "both": kernel[::-1, ::-1]}
    if 1 in kernel.shape:
        turned = {"both": turned["both"]}
    for other in turned.values():
        assert np.abs(kernel - other).max() > 0.1 * np.abs(kernel).max()


@pytest.mark.parametrize("border", ["reflect", "wrap", "constant", "edge"])
@pytest.mark.parametrize(
    "common", [{}, {"padding": [1, 2, 9, 0]}, {"padding": [1, 2, 0, 9]}, {"padding": 0}, {"stride": [2, 3]}]
)
def test_a_tap_beside_sums_of_columns_is_read_where_it_is(border, common):
    """Of an unsharp mask; padded copies are made where it meets what lies outside alone."""
    image = pixels("uint8", (23, 46))
    plan = make_plan([stage("sharpen", "unsharp", sigma=1.2, border=border, **common)], (23, 46))
    run = compile_plan(plan)
    got, nbytes = interpreted.run(run, image)
    assert nbytes <= plan.thread_bytes
    oracle.near(got, plan, image, 2e-6)
    if border in ("reflect", "edge") and "padding" not in common:
        assert len(run.schedule.levels) == 1


STRIDED = {
    "a mean": stage("geometry", "resize", factor=0.5, method="area"),
    "a kernel": stage("custom", "kernel", kernel=[[1, 2, 3], [4, 5, 6], [7, 8, 9.5]], stride=[2, 3]),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", STRIDED)
def test_pixels_of_four_samples_are_made_as_each_channel_is(name, dtype, rng):
    image = rng.normal(0, 1, (14, 18, 4)).astype(dtype)
    image[3, 4] = np.nan
    run, one = (
        compile_plan(make_plan([STRIDED[name]], (14, 18), channels=count, dtype=dtype)) for count in (4, 1)
    )
    assert "put_pixel" in run.source
    want = np.dstack([one(image[..., k].copy())[0] for k in range(4)])
    np.testing.assert_array_equal(run(image)[0], want)
    got, _ = interpreted.run(run, image)
    np.testing.assert_array_equal(got.reshape(want.shape), want)


def test_halves_of_wide_samples_ask_for_the_rows_after_theirs():
    asked, asked_to_write, image, out = [], [], 1 << 20, 1 << 30
    with (
        mock.patch.object(ahead, "fetch", asked.append),
        mock.patch.object(ahead, "fetch_to_write", asked_to_write.append),
    ):
        ahead.ask.py_func([image, image + 8192, out], 128, 256, 4096, 4160)
        ahead.ask.py_func([image, image + 2048, out], 128, 256, 4096, 4160)
    assert sorted(asked) == [image + row * 8192 + k for row in (2, 3) for k in (128, 192)]
    assert asked_to_write == [out + 4096]
    for dtype in ("float32", "uint16"):
        run = compile_plan(make_plan([STRIDED["a mean"]], (8, 16), dtype=dtype))
        assert ("ask(" in run.source) is (dtype == "float32")
