"""Blocks of sums: each is a product and then fused multiply-adds, and nothing beside them is written."""

import platform
import re

import numpy as np
import pytest
from numba import njit
from rounding import fma

from convpipe import Pipeline, memory, stage
from convpipe.compile.cpu import loops, schedule, signatures
from convpipe.compile.cpu.blocks import HEAD, Block, block_of
from convpipe.compile.cpu.compiled import drive
from convpipe.compile.runtime import cache

WIDE, NARROW = 64, 32
"""Bytes of the vectors of processors with AVX-512, and of others."""

BLOCKS = [
    ("float32", "float32", Block(4, 1, 4, WIDE // 4)),
    ("float32", "float32", Block(4, 2, 2, NARROW // 4)),
    ("uint8", "float32", Block(4, 1, 4, WIDE // 4)),
    ("int16", "float32", Block(2, 2, 4, NARROW // 4)),
    ("uint16", "float32", Block(1, 1, 8, WIDE // 4)),
    ("float64", "float64", Block(4, 1, 4, WIDE // 8)),
    ("int32", "float64", Block(2, 1, 4, NARROW // 8)),
    ("uint32", "float64", Block(1, 1, 8, WIDE // 8)),
    ("float32", "float64", Block(2, 3, 8, WIDE // 8)),
]

KERNELS = [(7, 5, 1), (9, 1, 1), (4, 3, 3), (5, 17, 2)]
"""Rows, columns, and samples from one of these to the next."""


def compiled(sample, compute, block):
    function = cache.module_of(loops.blocks(sample, compute, block).source, "seen").loop
    function.compile(drive.LOOP)
    return function


@njit
def call(loop, rows, count, parameters):
    return drive.call_loop(loop, drive.address(rows), count, drive.place_of(parameters))


def address(array):
    return array.__array_interface__["data"][0]


@pytest.mark.parametrize(("sample", "compute", "block"), BLOCKS)
def test_the_sums_and_nothing_else(sample, compute, block, rng):
    loop = cache.address(loops.blocks(sample, compute, block).source, "loop", signatures.LOOP)
    kernels = [each for each in KERNELS if each[0] > block.ramp]
    assert kernels
    for height, width, step in kernels:
        for count in (1, block.lanes, block.columns - 1, block.columns, 2 * block.columns + 3):
            extent = height + block.ramp, count + (width - 1) * step
            samples = rng.normal(0, 60, extent).astype(sample)
            if sample.startswith("float"):
                samples[2, 0], samples[3, -1], samples[0, -1] = -0.0, np.nan, np.inf
            weights = rng.normal(size=(height, width)).astype(compute)
            found = np.full((block.rows, count + block.columns), 7, compute)
            rows = np.array([*map(address, samples), *map(address, found)], np.int64)
            head = np.zeros(HEAD, np.int64)
            head[:3] = height, width, step
            parameters = np.frombuffer(head.tobytes() + weights.T.tobytes(), np.uint8)
            assert call(loop, rows, count, parameters.copy()) == 0
            np.testing.assert_array_equal(found[:, :count], summed(samples, weights, step, block))
            assert (found[:, count:] == 7).all()


@pytest.mark.parametrize(("sample", "compute", "block"), BLOCKS[::3])
@pytest.mark.parametrize("shift", [0, 1])  # of rows that begin where a line of the caches does
def test_past_the_caches_go_the_same_sums_and_nothing_else(sample, compute, block, shift, rng):
    source = loops.blocks(sample, compute, block, streams=True).source
    loop, count = cache.address(source, "loop", signatures.LOOP), 3 * block.columns + 5
    samples = rng.normal(0, 60, (5 + block.ramp, count + 4)).astype(sample)
    weights = rng.normal(size=(5, 5)).astype(compute)
    written = memory.empty((block.rows, 1 << 17), compute)  # large enough to begin with a line
    assert address(written) % memory.LINE == 0
    written[:] = 7
    found = written[:, shift:]
    rows = np.array([*map(address, samples), *map(address, found)], np.int64)
    head = np.array([5, 5, 1, *[0] * (HEAD - 3)])
    call(loop, rows, count, np.frombuffer(head.tobytes() + weights.T.tobytes(), np.uint8).copy())
    np.testing.assert_array_equal(found[:, :count], summed(samples, weights, 1, block))
    assert (found[:, count:] == 7).all()
    assert (written[:, :shift] == 7).all()


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the name of an instruction")
def test_only_streamed_blocks_pass_the_caches():
    for streams in (False, True):
        function = cache.module_of(
            loops.blocks("float32", "float32", BLOCKS[0][2], streams).source, "seen"
        ).loop
        function.compile(drive.LOOP)
        (assembly,) = function.inspect_asm().values()
        assert ("movnt" in assembly) == streams


@pytest.mark.parametrize("shape", [(9, 300), (40, 37, 3), (23, 4000, 2)])
def test_a_result_written_past_the_caches_has_the_same_bytes(shape, rng, monkeypatch):
    image = rng.random(shape, np.float32)
    kernel = stage("custom", "any", kernel=rng.normal(size=(5, 5)).tolist())
    usual = Pipeline([kernel])(image)
    monkeypatch.setattr(schedule, "STREAMED", 1)
    streamed = Pipeline([kernel])
    assert "past the caches" in streamed.source(shape, "float32")
    for threads in (1, 2):
        assert streamed(image, threads=threads).tobytes() == usual.tobytes()


def summed(samples, weights, step, block):
    (height, width), made = weights.shape, []
    for row in range(block.rows):
        total = None
        for i, j in np.ndindex(height, width):
            line = samples[row * block.step + i, j * step :].astype(weights.dtype)
            line = line[: samples.shape[1] - (width - 1) * step]
            with np.errstate(all="ignore"):
                total = weights[i, j] * line if total is None else fma(weights[i, j], line, total)
        made.append(total)
    return np.array(made)


def test_a_sum_of_zeros_has_the_sign_of_the_products():
    block = Block(4, 1, 4, WIDE // 4)
    loop = cache.address(loops.blocks("float32", "float32", block).source, "loop", signatures.LOOP)
    samples, found = np.zeros((8, 70), np.float32), np.ones((4, 66), np.float32)
    parameters = np.zeros(HEAD * 8 + 100, np.uint8)
    parameters[: HEAD * 8].view(np.int64)[:3] = 5, 5, 1
    parameters[HEAD * 8 :].view(np.float32)[:] = -1
    rows = np.array([*map(address, samples), *map(address, found)], np.int64)
    call(loop, rows, 66, parameters)
    assert (found == 0).all()
    assert np.signbit(found).all()


@pytest.mark.parametrize(("sample", "compute", "rows", "step"), [
    ("float32", "float32", 4, 1), ("uint8", "float32", 4, 2), ("uint16", "float32", 2, 1),
    ("float32", "float32", 1, 1), ("int32", "float64", 4, 1),
])  # fmt: skip
def test_sums_stay_in_vectors_that_stay_in_registers(sample, compute, rows, step):
    block = block_of(rows, step, compute)
    function = compiled(sample, compute, block)
    (code,), (assembly,) = function.inspect_llvm().values(), function.inspect_asm().values()
    number = "float" if compute == "float32" else "double"
    assert re.search(rf"<{block.lanes} x {number}> @llvm\.fma\.", code)
    assert not re.search(r"%[xyz]mm\d+, -?\d*\(%rsp", assembly)
