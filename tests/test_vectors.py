"""Sums of any number of taps: their bytes, the bytes that they touch, and how few loops many kernels need."""

import ctypes
import mmap

import defined
import interpreted
import numpy as np
import pytest
from kernels import pixels
from numba import njit
from rounding import fma

from convpipe.compile.cpu import loops, signatures
from convpipe.compile.cpu.compiled import drive, wide
from convpipe.compile.cpu.compiled.addresses import address
from convpipe.compile.cpu.compiled.rows import FLAGS
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.compile.cpu.lanes import Windows
from convpipe.compile.cpu.shapes import columns
from convpipe.compile.cpu.steps import packed
from convpipe.compile.runtime import cache, processor
from convpipe.plan import Settings, make_plan
from convpipe.stages import stage

NOTHING = 0
"""What may be done with a page: nothing."""


@njit
def call(loop, rows, count, parameters):
    return drive.call_loop(loop, address(rows), count, parameters)


def walled(values):
    """Return a copy of an array, which ends before a page that nobody may touch."""
    size, page = values.nbytes, mmap.PAGESIZE
    pages = -(-size // page)
    block = mmap.mmap(-1, (pages + 1) * page)
    end = ctypes.addressof(ctypes.c_char.from_buffer(block)) + pages * page
    assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(end), page, NOTHING) == 0
    copy = np.frombuffer(block, values.dtype, values.size, pages * page - size)
    copy[...] = values
    return copy


def run(loop, rows, count, numbers, weights):
    places = np.array([row.__array_interface__["data"][0] for row in rows], np.int64)
    given = packed(numbers, weights)
    call(
        cache.address(loop.source, "loop", signatures.LOOP),
        places,
        count,
        given.__array_interface__["data"][0],
    )


def summed(weights, samples):
    """A product and then fused multiply-adds, in the order of the taps."""
    total = weights[0] * samples[0].astype(weights.dtype)
    for weight, sample in zip(weights[1:], samples[1:], strict=True):
        total = fma(weight, sample.astype(weights.dtype), total)
    return total


WIDTHS = (1, 7, 15, 16, 17, 31, 32, 63, 64, 65, 100, 128, 129, 200, 300)
"""Shorter than a vector, just as long as some, and between."""


@pytest.mark.parametrize(
    ("sample", "compute", "windows", "step"),
    [
        ("uint8", "float32", 1, 1),
        ("uint8", "float32", 2, 1),
        ("float32", "float32", 2, 2),
        ("int16", "float32", 4, 1),
        ("float32", "float32", 4, 2),
        ("float64", "float64", 2, 1),
    ],
)
def test_sums_of_rows(sample, compute, windows, step, rng):
    for count, taps in zip(WIDTHS, [8, 9, 13, 41] * 4, strict=False):
        reads = taps + (windows - 1) * step
        rows = [walled(rng.normal(0, 60, count).astype(sample)) for _ in range(reads)]
        made = [walled(np.zeros(count, compute)) for _ in range(windows)]
        weights = rng.normal(size=taps).astype(compute)
        run(loops.dot_down(sample, compute, windows), [*rows, *made], count, [taps, step], weights)
        for k, own in enumerate(made):
            np.testing.assert_array_equal(own, summed(weights, rows[k * step : k * step + taps]))


@pytest.mark.parametrize(
    ("sample", "compute", "step"),
    [
        *(("float32", "float32", step) for step in (1, 3, 40)),
        ("uint8", "float32", 4),
        ("float64", "float64", 1),
    ],
)
def test_sums_of_neighbours(sample, compute, step, rng):
    for count, taps in zip(WIDTHS, [8, 9, 10, 11, 41] * 3, strict=True):
        row = walled(rng.normal(0, 60, count + (taps - 1) * step).astype(sample))
        made, weights = walled(np.zeros(count, compute)), rng.normal(size=taps).astype(compute)
        run(loops.dot_along(sample, compute, step), [row, made], count, [taps], weights)
        np.testing.assert_array_equal(made, summed(weights, [row[k * step :][:count] for k in range(taps)]))


def test_a_sum_of_one_minus_zero_is_that(rng):
    row, made = walled(np.full(20, -0.0, np.float32)), walled(np.ones(13, np.float32))
    run(loops.dot_along("float32", "float32", 1), [row, made], 13, [8], np.ones(8, np.float32))
    assert np.signbit(made).all()


@pytest.mark.parametrize("stages", [[], [stage("point", "invert")], [stage("edge", "sobel")]])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_gaussian_has_the_bytes_that_are_defined(dtype, stages, rng):
    """As the result, before a map, and before another window; with rows that are made to spare."""
    image = rng.integers(0, 256, (21, 46, 1)).astype(dtype)
    plan = make_plan(
        [stage("blur", "gaussian", sigma=1.3), *stages],
        (21, 46),
        Settings(output_dtype="float32"),
        dtype=dtype,
    )
    np.testing.assert_array_equal(compile_plan(plan)(image, threads=1)[0], defined.run(plan, image))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_gaussians_of_many_sizes_share_loops(dtype):
    """Sigma from 0.5 to 10, as a person moves a slider: kernels of 5x5 to 81x81."""
    kernels, known = set(), set()
    for sigma in np.arange(5, 101) / 10:
        plan = make_plan([stage("blur", "gaussian", sigma=float(sigma))], (512, 768), dtype=dtype)
        executable = compile_plan(plan)
        kernels.add(executable.schedule.levels[-1].inputs[0].axes[0].kernel)
        known.update(executable.table.loops)
    assert len(kernels) == 39
    assert len(known) <= 12, sorted(loop.title for loop in known)


@pytest.mark.parametrize(
    ("dtype", "stride", "channels"),
    [
        ("float32", 2, 1),
        ("uint16", 2, 3),
        ("float32", 3, 3),
        ("float64", 4, 2),
        ("int32", 2, 4),
        ("float32", 2, 7),
    ],
)
def test_pixels_in_phases(dtype, stride, channels, rng):
    """Also of a last pixel that is in no whole group of them; nothing is read or written beyond."""
    loop = loops.phases(dtype, stride, channels)
    for count in (*WIDTHS, 1000):
        row = walled(rng.integers(0, 60_000, count * channels).astype(dtype))
        want = [row.reshape(-1, channels)[phase::stride].ravel() for phase in range(stride)]
        made = [walled(np.zeros_like(phase)) if len(phase) else np.zeros(1, dtype) for phase in want]
        run(loop, [row, *made], len(row), [], np.empty(0))
        for got, phase in zip(made, want, strict=True):
            np.testing.assert_array_equal(got[: len(phase)], phase)


@pytest.mark.parametrize(
    ("sample", "dtype", "onto"),
    [
        ("uint8", "float32", False),
        ("int16", "float32", False),
        ("uint16", "float32", True),
        ("float32", "float32", False),
        ("int8", "float64", True),
    ],
)
def test_rows_are_summed_in_two_phases(sample, dtype, onto, rng):
    """Also of a last sample that is in no pair; nothing is read or written beyond."""
    windows, sets, dtype = Windows(3, 2, 2), 2, np.dtype(dtype)
    loop = loops.dot_rows_in_phases(sample, dtype.name, windows, onto, sets)
    weights = rng.normal(size=(sets, windows.rows)).astype(dtype)
    for count in (*WIDTHS, 2):
        rows = [walled(row) for row in pixels(sample, (windows.reads, count))]
        before = rng.normal(size=(sets, windows.many, count)).astype(dtype)
        phases = [walled(own[phase::2]) for own in before.reshape(-1, count) for phase in range(2)]
        run(loop, [*rows, *phases], count, [], weights)
        for number, made in enumerate(zip(phases[::2], phases[1::2], strict=True)):
            own, window = divmod(number, windows.many)
            under = rows[window * windows.step :][: windows.rows]
            want = summed(weights[own], under)
            if onto:
                want = summed(np.append(dtype.type(1), weights[own]), [before[own, window], *under])
            for phase, got in enumerate(made):
                np.testing.assert_array_equal(got[: len(want[phase::2])], want[phase::2])


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(
    ("dtype", "extent", "border"),
    [
        ("uint8", (5, 5), "reflect"),
        ("int16", (3, 3), "symmetric"),
        ("uint16", (7, 7), "edge"),
        ("uint16", (6, 6), "constant"),
        ("float32", (7, 7), "reflect"),
        ("int8", (5, 6), "wrap"),
    ],
)
def test_few_rows_are_summed_in_the_phases_of_a_stride(dtype, extent, border, wide, monkeypatch, rng):
    """Of windows that begin an even and an odd number of columns outside, over rows of both widths."""
    monkeypatch.setattr(columns, "WIDE", wide)
    kernel = np.outer(*(rng.normal(size=size) for size in extent)).tolist()
    common = {"kernel": kernel, "stride": 2, "padding": extent[1] // 2, "border": border}
    for width in (87, 90):
        image = pixels(dtype, (19, width))[..., np.newaxis]
        settings = Settings(output_dtype="float32")
        plan = make_plan(
            [stage("custom", "outer", **common)] * 2, image.shape[:2], settings, channels=1, dtype=dtype
        )
        run = compile_plan(plan)
        for steps in run.table.steps:  # one for all rows that are made at a time
            assert sum(step.loop.title.startswith("responses") for step in steps) <= 1
        titles = [loop.title for loop in run.table.loops]
        assert any("weighted, in 2 phases" in title for title in titles) == (wide or dtype != "float32")
        assert any("float32 in 2 phases" in title for title in titles) == (not wide and extent[1] > 4)
        want = defined.run(plan, image).astype(np.float32)
        np.testing.assert_array_equal(run(image, threads=1)[0].reshape(want.shape), want)
        got, nbytes = interpreted.run(run, image)
        np.testing.assert_array_equal(got.reshape(want.shape), want)
        assert nbytes <= plan.thread_bytes


@pytest.mark.parametrize("border", ["reflect", "wrap", "constant"])
@pytest.mark.parametrize(
    ("dtype", "channels", "stride", "dilation"),
    [("uint8", 3, 2, 1), ("uint16", 1, 2, 1), ("float32", 3, 3, 2), ("float64", 2, 2, 3), ("uint8", 5, 4, 1)],
)
def test_sums_at_a_stride_have_the_bytes_that_are_defined(dtype, channels, stride, dilation, border, rng):
    """A Gaussian, which is sorted into phases; then a kernel of two products, and a map."""
    image = rng.integers(0, 256, (23, 301, channels)).astype(dtype)
    disk = (np.hypot(*np.mgrid[-4:5, -6:7]) < 5.1) * 0.37
    common = {"stride": [1, stride], "dilation": dilation, "border": border}
    plan = make_plan(
        [
            stage("blur", "gaussian", sigma=2, truncate=2.5, **common),
            stage("custom", "disk", kernel=disk.tolist(), bias=0.5, stride=stride, border=border),
        ],
        image.shape[:2],
        Settings(output_dtype="float32"),
        channels=channels,
        dtype=dtype,
    )
    executable = compile_plan(plan)
    sorting = [loop for loop in executable.table.loops if "phases" in loop.title]
    assert sorting
    want = defined.run(plan, image).astype(np.float32)
    np.testing.assert_array_equal(executable(image, threads=1)[0].reshape(want.shape), want)
    got, nbytes = interpreted.run(executable, image)
    np.testing.assert_array_equal(got.reshape(want.shape), want)
    assert nbytes <= plan.thread_bytes


def test_llvm_makes_vectors_as_wide_as_the_processors():
    @njit(**FLAGS)
    def doubled(samples):
        for x in range(len(samples)):
            samples[x] += samples[x]

    doubled(np.ones(100, np.float32))
    (code,) = doubled.inspect_asm().values()
    registers = {16: "%xmm", 32: "%ymm", 64: "%zmm"}
    is_slowed = processor.name() in wide.SLOWED
    assert registers[32 if is_slowed else processor.VECTOR_BYTES] in code
    (text,) = doubled.inspect_llvm().values()
    assert wide.ATTRIBUTE in text  # also where LLVM would make them as wide by itself


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("skylake-avx512", 256),
        ("cascadelake", 256),
        ("icelake-server", 512),
        ("emeraldrapids", 512),
        ("znver4", 512),
    ],
)
def test_wide_vectors_are_left_alone_where_they_slow_the_clock(monkeypatch, name, bits):
    monkeypatch.setattr(wide, "VECTOR_BYTES", 64)
    assert wide.width(name) == bits


def test_narrow_vectors_are_as_wide_everywhere(monkeypatch):
    monkeypatch.setattr(wide, "VECTOR_BYTES", 16)
    assert wide.width("skylake-avx512") == wide.width("nehalem") == 128
