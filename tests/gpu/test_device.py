"""CUDA kernels against the oracle and the processor: on a device, or in Numba's simulator.

Marked ``gpu``: with neither, they are skipped. ``test_simulated.py`` runs this file in the simulator.
"""

import itertools

import numpy as np
import pytest
from device import SIMULATED, check, compiled, make

from convpipe.compile.cuda.supported import unsupported
from convpipe.errors import BackendError
from convpipe.geometry import Border
from convpipe.losses import Losses
from convpipe.ops import Map, Stencil, Taps
from convpipe.plan import make_plan
from convpipe.stages import Method, Stage, families, stage

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.filterwarnings("ignore:.*overflow encountered"),  # the simulator computes with NumPy
]


def runs(method):
    """Tell whether a device runs a method on images of any type: not where an op of it has no kernel."""
    channels = method.colours or 1
    plans = [
        make_plan([make(method)], (5, 7), channels=channels, dtype=dtype) for dtype in ("uint8", "float32")
    ]
    return all(unsupported(plan) is None for plan in plans)


def small(*stages):
    """Shrink the examples' Gaussians: the simulator runs one Python statement a thread at a time."""
    return [
        stage(one.method.family, one.label, **{**one.given, "truncate": 1.5})
        if "sigma" in one.given and "truncate" in one.method.parameters
        else one
        for one in stages
    ]


METHODS = [method for methods in families().values() for method in methods.values() if runs(method)]


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (5, 7), dtype=np.uint8)


@pytest.mark.parametrize("common", [{"anchor": [1, 0]}, {"padding": "same_lower", "stride": [2, 1]}], ids=str)
def test_alpha_comes_from_the_tap_on_the_pixel(common, rng):
    image = rng.integers(0, 256, (5, 6, 4), dtype=np.uint8)
    dense = stage("custom", "even", kernel=[[1, -2, 3, 0.5], [0, 4, -1, 2]], **common)
    parts = stage("custom", "parts", kernel=np.outer(range(1, 9), range(2, 8)).tolist(), **common)
    for one in (dense, parts):  # of rank 1, it runs down the columns and along the rows
        check([one], image, alpha=True)


def test_what_no_kernel_is_written_for_is_refused_by_name(image):
    from convpipe.compile.cuda.run import compile_plan

    plan = make_plan([stage("edge", "sobel"), stage("denoise", "tv")], image.shape)
    with pytest.raises(BackendError, match=r"stage 1 \(denoise tv\) runs on the processor alone"):
        compile_plan(plan)


PIXELS = [(1, False), (3, False), (4, True)]


@pytest.mark.parametrize(
    ("method", "channels", "alpha"),
    [
        pytest.param(method, *pixels, id=f"{method.family}-{method.name}-{pixels[0]}")
        for method in METHODS
        for pixels in PIXELS
        if not (pixels[1] and method.alpha == "refuse")
    ],
)
def test_registry(method, channels, alpha, rng):
    channels = method.colours + alpha if method.colours else channels
    image = rng.integers(0, 256, (5, 7, channels), dtype=np.uint8)
    check(small(make(method)), image, alpha=alpha)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: f"{method.family}-{method.name}")
def test_registry_at_stride_two(method, rng):
    border = list(Border)[METHODS.index(method) % len(Border)]
    image = rng.random((6, 9, method.colours or 1)).astype(np.float32)
    common = {"stride": [2, 1], "value": 0.5, "bias": 0.25}
    taken = {name: value for name, value in common.items() if name not in method.unused}
    check(small(make(method, **taken)), image, border)


CHAINS = {
    "blur-sobel": [stage("blur", "gaussian", sigma=1, truncate=1), stage("edge", "sobel")],
    "separable": [stage("blur", "gaussian", sigma=2, truncate=2), stage("edge", "roberts")],
    "unsharp": [stage("sharpen", "unsharp", sigma=2, truncate=2), stage("edge", "laplacian", dtype="int16")],
    "strides": [
        stage("blur", "box", size=[2, 3], stride=[2, 1]),
        stage("edge", "prewitt", dilation=[1, 2], stride=[1, 2]),
        stage("point", "gamma", gamma=1.4),  # below 1 it is steepest at 0, and shows what was rounded there
    ],
    "casts": [stage("blur", "box", size=3, dtype="uint8"), stage("edge", "kirsch", dtype="uint8")],
}


@pytest.mark.parametrize("border", list(Border), ids=lambda border: border.name.lower())
@pytest.mark.parametrize("chain", CHAINS)
def test_chains_see_the_border_of_each_stage(chain, border, image):
    check(CHAINS[chain], image, border, "float32")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_stage_rounds_to_float16_as_numpy_does(dtype):
    ends = [0, 2**-25, 3 * 2**-25, 2**-15, 2049, 2051, 1 + 2**-11, 1 + 3 * 2**-11, 65519, 65520, 1e30, np.inf]
    image = np.array([ends, np.nextafter(np.array(ends, dtype), 0), np.negative(ends)], dtype)
    chain = [stage("custom", "same", kernel=[[1]], dtype="float16"), stage("custom", "next", kernel=[[1]])]
    _, run = compiled(chain, image)
    with np.errstate(all="ignore"):  # the simulator computes with NumPy
        np.testing.assert_array_equal(run(image)[0], image.astype(np.float16).astype(dtype))


@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_in_the_middle_of_a_chain(channels, rng):
    """Premultiplied after a stage that keeps alpha, and then mixed across channels."""
    image = rng.integers(0, 3, (6, 5, channels), dtype=np.uint8) * np.uint8(127)
    chain = [stage("edge", "sobel"), stage("blur", "box", size=3), stage("color", "gray")]
    check(chain, image, alpha=True)
    _, run, _ = check(chain, image, alpha=True, rows=(4,), cols=(4,), threads=2)
    assert len(run.groups) == 2  # in tiles as small as these, edges that weigh colours by alpha fill a kernel


@pytest.mark.parametrize("shared", [64, 48 * 1024])
def test_a_constant_border_beside_alpha_is_opaque(shared, rng):
    image = rng.integers(0, 256, (5, 6, 4), dtype=np.uint8)
    outside = {"border": "constant", "value": 40}
    for one in (
        stage("blur", "box", size=[3, 2], padding=2, **outside),
        stage("blur", "gaussian", sigma=2, truncate=1, **outside),
        stage("edge", "sobel", padding=2, **outside),
    ):
        check([one], image, output_dtype="float32", alpha=True, shared=shared)
        check([stage("edge", "laplacian"), one], image, alpha=True, shared=shared)
    check([CHAINS["separable"][0]], image.astype(np.int8), alpha=True, shared=shared)


def test_nans_that_a_stage_in_the_middle_rounds_are_counted_once():
    image = np.zeros((9, 10), np.float32)
    image[2, 2] = image[7, 8] = np.nan
    chain = [
        stage("blur", "box", size=3, dtype="uint8"),
        stage("point", "scale", gain=2),
        stage("edge", "sobel"),
    ]
    _, run = compiled(chain, image)
    result, lost = run(image)
    assert lost == Losses(nans=9 + 9)
    np.testing.assert_array_equal(result, 0)


@pytest.mark.parametrize(("stages", "dtype"), [(["float32"], "float16"), (["float16"], None)])
def test_what_a_float16_result_does_not_hold_is_counted(stages, dtype):
    image = np.zeros((9, 10), np.float32)
    image[2, 2], image[3, 3] = 1e6, np.inf
    chain = [stage("point", "scale", gain=1, dtype=one) for one in stages]
    _, run = compiled(chain, image, **({} if dtype is None else {"output_dtype": dtype}))
    result, losses = run(image)
    assert losses == Losses(overflows=1)
    assert result.dtype == np.float16
    assert np.isposinf(result[2, 2])


def test_what_is_cropped_away_is_skipped(rng):
    crop = stage("geometry", "crop", box=[2, 3, 8, None])
    for chain in ([crop], [stage("blur", "box", size=3), crop, stage("edge", "sobel")]):
        image = rng.random((9, 8)).astype(np.float32)
        _, run, got = check(chain, image)
        np.testing.assert_array_equal(run.run(image, 2)[0]["result"], got)


def test_wide_padding_and_images_smaller_than_it(rng):
    for border, extent in itertools.product(Border, [(1, 1), (2, 3)]):
        chain = [
            stage("edge", "laplacian", padding=[0, 3, 4, 1], value=2),
            stage("blur", "box", size=[2, 3], padding=[3, 0, 0, 4]),
        ]
        check(chain, rng.random(extent).astype(np.float32), border)


@pytest.mark.parametrize("dtype", ["uint16", "int16", "float16", "float64", "int32"])
def test_dtypes(dtype, rng):
    values = rng.random((5, 6)) * (1 if dtype.startswith("f") else 30000)
    tolerance = {"float64": 1e-13, "float16": 1e-3}.get(dtype, 1e-5)
    check(CHAINS["blur-sobel"], values.astype(dtype), tolerance=tolerance)


def test_many_channels_have_blocks_of_their_own(rng):
    image = rng.integers(0, 256, (5, 4, 6), dtype=np.uint8)
    _, run, _ = check(CHAINS["separable"], image, shared=600)
    assert all(group.by_channel for group in run.groups)


@pytest.mark.parametrize("channels", [1, 4])
def test_windows_that_no_tile_holds(channels, rng):
    image = rng.integers(0, 256, (5, 4, channels), dtype=np.uint8)
    kernel = np.arange(42.0).reshape(6, 7) / 99
    chain = [stage("custom", "big", kernel=kernel.tolist()), stage("blur", "box", size=3)]
    for border in (Border.REFLECT, Border.CONSTANT):
        _, run, _ = check(chain, image, border, shared=64)
        assert not any(group.fits for group in run.groups)


def outer(**common):
    """A stage of two large separable banks, whose factors do not sum to 1."""
    column, row = np.arange(1.0, 10), np.array([-1.0, 0, 2, 1, 0, 0, 3, 1, 1])
    banks = (Taps.outer(column, row / 40), Taps.outer(row / 9, column / 5))
    ops = (Stencil(banks, ("a", "b")), Map("a - b", ("a", "b")))
    declared = Method("test", "outer", "", "", (), lambda: ops)
    return Stage(declared, "outer", {}, {}, stage("edge", "laplacian", **common).common)


@pytest.mark.parametrize("shared", [64, 500, 48 * 1024])
@pytest.mark.parametrize("channels", [1, 4, 6])
def test_the_constant_beside_a_column_pass_is_its_sum(shared, channels, rng):
    image = rng.random((4, 3, channels)).astype(np.float32)
    check([outer(value=2), stage("point", "abs")], image, Border.CONSTANT, shared=shared)
    if channels == 4:  # alpha that stands outside the image is opaque
        check([outer(value=2, padding=6)], image, Border.CONSTANT, alpha=True, shared=shared)


@pytest.mark.parametrize("common", [{}, {"stride": [2, 1]}, {"dilation": [2, 1]}], ids=str)
def test_kernels_too_large_for_registers(common, image):
    kernel = np.random.default_rng(1).random((6, 7)) / 20
    _, run, _ = check(
        [stage("custom", "big", kernel=kernel.tolist(), **common)], image, output_dtype="float32"
    )
    assert run.groups[0].fits
    assert run.groups[0].passes[0].banks[0].looped


@pytest.mark.parametrize("chain", ["blur-sobel", "separable", "strides"])
def test_groups_and_tiles_give_the_same_bytes(chain, rng):
    image = rng.random((9, 7)).astype(np.float32)
    results = []
    for tiling in ({}, {"shared": 500}, {"rows": (8,), "cols": (3,), "threads": 3}):
        _, run = compiled(CHAINS[chain], image, **tiling)
        results.append(run(image)[0])
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


@pytest.mark.parametrize("border", list(Border), ids=lambda border: border.name.lower())
def test_bands_give_the_same_bytes(border, image):
    _, run = compiled(CHAINS["blur-sobel"], image, border)
    whole, _ = run(image)
    for bands in (2, 5):
        results, _ = run.run(image, bands)
        np.testing.assert_array_equal(results["result"], whole)


def test_too_little_memory_is_met_with_bands(rng, monkeypatch):
    from convpipe.compile.cuda.device import OutOfMemory, Slot

    image = rng.integers(0, 256, (14, 4), dtype=np.uint8)
    _, run = compiled(CHAINS["blur-sobel"], image)
    whole, _ = run(image)
    send, limit = Slot.send, 40

    def scarce(slot, array, number=0):
        if array.size > limit:
            raise OutOfMemory
        return send(slot, array, number)

    monkeypatch.setattr(Slot, "send", scarce)
    np.testing.assert_array_equal(run(image)[0], whole)
    assert "bands" in run.notes[0]
    limit = 0
    with pytest.raises(BackendError, match="one row"):
        run(image)


@pytest.mark.skipif(SIMULATED, reason="the simulator has the host's memory")
def test_a_full_device_is_met_with_bands(rng):
    from numba import cuda
    from numba.cuda.cudadrv.driver import CudaAPIError

    image = rng.integers(0, 256, (8192, 8192), dtype=np.uint8)
    _, run = compiled(CHAINS["blur-sobel"], image)
    whole, _ = run(image)
    assert not run.notes
    with pytest.raises(CudaAPIError, match="OUT_OF_MEMORY"):  # Numba now frees what it had kept for later
        cuda.device_array(1 << 50, np.uint8)

    def free():
        return cuda.current_context().get_memory_info().free

    taken = [cuda.device_array(free() - (1 << 30), np.uint8)]  # whose pages take memory, too: measured again
    taken.append(cuda.device_array(free() - (32 << 20), np.uint8))
    try:
        banded, _ = run(image)
    finally:
        taken.clear()
    np.testing.assert_array_equal(banded, whole)
    assert "bands" in run.notes[0]


def test_nans_become_counted_zeros():
    image = np.full((6, 6), 7.0, np.float32)
    image[2, 2] = np.nan
    _, run = compiled([stage("blur", "box", size=3)], image, output_dtype="uint8")
    got, losses = run(image)
    assert losses == Losses(nans=9)
    assert (got[1:4, 1:4] == 0).all()
    assert (got[4:] == 7).all()


@pytest.mark.parametrize(
    ("dtype", "value", "want"),
    [("uint8", 2.5, 2), ("uint8", 3.5, 4), ("uint8", 300, 255), ("uint8", -5, 0), ("int16", -40000, -32768),
     ("int16", np.nan, 0), ("uint16", np.inf, 65535)],
)  # fmt: skip
def test_rounds_half_to_even_and_saturates(dtype, value, want):
    image = np.full((1, 2), value, np.float32)
    _, run = compiled([stage("custom", "same", kernel=[[1]])], image, output_dtype=dtype)
    assert (run(image)[0] == want).all()


def test_other_weights_compile_nothing(image):
    one, other = (
        compiled([stage("blur", "gaussian", sigma=s, truncate=1 / s)], image)[1] for s in (1.0, 1.4)
    )
    assert one.source == other.source
    assert one.parts[0].values.weights[0] != other.parts[0].values.weights[0]


@pytest.mark.parametrize(
    ("shape", "taps", "groups", "options", "mode"),
    [
        ((1, 1, 5, 6), (1, 1, 3, 3), 1, {"padding": 1}, "zeros"),
        ((2, 4, 4, 5), (6, 2, 2, 3), 2, {"stride": (2, 1), "padding": (0, 1)}, "reflect"),
        ((1, 2, 5, 4), (5, 2, 3, 1), 1, {"dilation": (2, 1), "padding": (1, 0)}, "circular"),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_conv2d(shape, taps, groups, options, mode, dtype, rng):
    from numba import cuda

    from convpipe import conv2d
    from convpipe.compile.common.correlation import Correlation
    from convpipe.compile.cuda.conv2d import adopt, correlate
    from convpipe.conv import checks

    x, weight, bias = (rng.standard_normal(size).astype(dtype) for size in (shape, taps, taps[0]))
    windows = checks.windows(
        shape, taps, options.get("stride", 1), options.get("padding", 0), options.get("dilation", 1)
    )
    given = [adopt(array) for array in (x, weight, bias)]
    got = correlate(*given, Correlation(windows, groups, checks.border(mode)), np.dtype(dtype)).copy_to_host()
    want = conv2d(x, weight, bias, groups=groups, padding_mode=mode, **options)
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-5 if dtype == "float32" else 1e-12)
    if not SIMULATED:  # the simulator's arrays have no __cuda_array_interface__
        result = conv2d(cuda.to_device(x), weight, bias, groups=groups, padding_mode=mode, **options)
        np.testing.assert_array_equal(result.copy_to_host(), got)


@pytest.mark.skipif(SIMULATED, reason="the simulator's arrays have no __cuda_array_interface__")
@pytest.mark.parametrize("library", ["torch", "cupy"])
def test_conv2d_gives_what_it_is_given(library):
    from convpipe import conv2d

    module = pytest.importorskip(library)
    x = module.ones((1, 1, 4, 4), **({"device": "cuda"} if library == "torch" else {"dtype": "float32"}))
    result = conv2d(x, np.ones((3, 3), np.float32))
    assert type(result) is type(x)
    assert float(result[0, 0, 0, 0]) == 9
