"""Kernels of low rank as images meet them: the bound that is said, and the same bytes however they run."""

import interpreted
import numpy as np
import oracle
import pytest

from convpipe.compile.cpu.graphs import GraphExecutable, compile_plan
from convpipe.geometry import Border
from convpipe.ops import COMPUTE
from convpipe.plan import Settings, make_plan
from convpipe.plan.bands import image_rows
from convpipe.stages import stage


def of_rank(rank, rows, cols, seed=4):
    """Return a random kernel of a rank, whose sizes sum to 1."""
    rng = np.random.default_rng(seed)
    kernel = rng.standard_normal((rows, rank)) @ rng.standard_normal((rank, cols))
    return kernel / np.abs(kernel).sum()


def pixels(dtype, extent, channels):
    """Return an image that reaches both ends of its type, or of 0 to 1."""
    rng = np.random.default_rng(6)
    if np.dtype(dtype).kind == "f":
        return rng.random((*extent, channels)).astype(dtype)
    return rng.integers(0, np.iinfo(dtype).max, (*extent, channels), dtype, endpoint=True)


def planned(kernel, dtype, extent, channels=1, **common):
    one = stage("custom", "low rank", kernel=kernel, **common)
    made = COMPUTE[dtype]
    return make_plan([one], extent, Settings(output_dtype=made), channels=channels, dtype=dtype)


CASES = [
    # rank, kernel, image, dtype, border, stride and dilation
    (2, (11, 12), (13, 14, 1), "uint8", "reflect", [1, 1], [1, 1]),
    (2, (12, 11), (41, 13, 3), "float64", "constant", [3, 1], [1, 2]),
    (3, (15, 14), (29, 23, 3), "uint16", "edge", [2, 3], [2, 1]),
    (4, (18, 19), (17, 21, 1), "float32", "symmetric", [1, 2], [1, 1]),
    (5, (21, 23), (22, 24, 1), "float64", "wrap", [2, 1], [1, 1]),
    (6, (26, 25), (14, 26, 3), "uint8", "wrap", [3, 2], [1, 1]),
    (7, (28, 31), (16, 19, 3), "float32", "constant", [3, 1], [1, 1]),
    (8, (33, 32), (18, 23, 1), "uint16", "reflect", [3, 1], [1, 1]),
    (8, (33, 34), (13, 20, 1), "float64", "edge", [2, 1], [1, 1]),
]


@pytest.mark.parametrize(("rank", "size", "shape", "dtype", "border", "stride", "dilation"), CASES)
def test_no_pixel_is_further_off_than_the_plan_says(rank, size, shape, dtype, border, stride, dilation):
    kernel, extent, channels = of_rank(rank, *size), shape[:2], shape[2]
    common = {"border": border, "stride": stride, "dilation": dilation}
    plan = planned(kernel, dtype, extent, channels, **common)
    said = plan.stages[0].separation
    assert said.products == rank
    image = pixels(dtype, extent, channels)
    got, _ = interpreted.run(compile_plan(plan), image)
    exact = oracle.run_stage(plan.stages[0].ops, image.astype(np.longdouble))
    off = np.abs(got.reshape(exact.shape) - exact).max()
    assert said.error / 1e4 < off <= said.error
    assert said.error < 1e-3 * np.abs(exact).max()


def chain():
    """Return a kernel of rank 3 onto which a small one is fused."""
    return [
        stage("custom", "low rank", kernel=of_rank(3, 16, 15), border="edge"),
        stage("custom", "small", kernel=of_rank(3, 3, 3), stride=[1, 2], border="wrap"),
    ]


@pytest.fixture(scope="module", params=["uint8", "float32"])
def run(request):
    """A chain, compiled once for all that it must not depend on."""
    image = pixels(request.param, (61, 38), 1)
    plan = make_plan(chain(), (61, 38), Settings(output_dtype="float32"), dtype=request.param)
    executable = GraphExecutable(plan)
    (whole,) = executable.outputs(image, threads=1)[0].values()
    return plan, executable, image, whole


@pytest.mark.parametrize("bands", [2, 3, 61])
def test_threads_give_the_same_bytes(run, bands):
    plan, _, image, whole = run
    out = np.empty(whole.shape[:2], np.float32)
    compile_plan(plan).fused.run((image[..., 0],), (out,), bands)
    np.testing.assert_array_equal(out, whole[..., 0])


@pytest.mark.parametrize(("first", "last"), [(0, 1), (0, 30), (17, 40), (60, 61)])
def test_bands_give_the_same_bytes(run, first, last):
    plan, executable, image, whole = run
    needed = image_rows(plan, first, last)
    rows = np.array(image[needed.first : needed.last + 1])
    (made,) = executable.band(rows, needed.first, first, last)[0].values()
    np.testing.assert_array_equal(made, whole[first:last])


def test_fused_is_staged(run):
    _, _, image, whole = run
    for one in chain():
        settings = Settings(border=Border.REFLECT, output_dtype="float32")
        plan = make_plan([one], image.shape[:2], settings, dtype=image.dtype.name)
        image, _ = compile_plan(plan)(image, threads=1)
    np.testing.assert_array_equal(image, whole)
