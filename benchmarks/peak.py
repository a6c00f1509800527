"""Dense kernels against the processor's peak of fused multiply-adds, and against OpenCV.

    python benchmarks/peak.py [--side 4096] [--threads 2]

The peak is that of a loop over sums that stay in registers, as many as keep every unit busy, with a vector as
wide as convpipe takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import cv2
import numpy as np
import samples
from llvmlite import ir
from numba import njit, prange, types
from numba.core import cgutils
from numba.extending import intrinsic
from opencv import custom, levels, random_kernel
from opencv_chains import REFLECT
from timing import Bench, Peer, Row, Table, compared, run

from convpipe.cli.timing import copy_of
from convpipe.compile.cpu.blocks import block_of

DENSE = (5, 7, 9, 11, 13, 15, 17, 21)
SUMS = 12
"""More than a unit's latency times the units there are."""

STEPS = 2_000_000
IN_CACHES = 512
"""Rows and columns of an image that stays in the caches with its result."""

LANES = block_of(4, 1, "float32").lanes


@intrinsic
def _multiply_adds(context, steps):
    """Return a float of as many steps, in each of which every lane of every sum takes a multiply-add."""

    def emit(context, builder, signature, arguments):
        kind = ir.VectorType(ir.FloatType(), LANES)
        fma = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(kind, [kind] * 3), f"llvm.fma.v{LANES}f32"
        )
        # A factor that LLVM does not know, so that it has to multiply.
        given = builder.sitofp(arguments[0], ir.FloatType())
        halves, first = ir.Constant(kind, [0.5] * LANES), ir.Constant(ir.IntType(32), 0)
        factor = builder.insert_element(halves, given, first)
        sums = [
            cgutils.alloca_once_value(builder, ir.Constant(kind, [float(k)] * LANES)) for k in range(SUMS)
        ]
        with cgutils.for_range(builder, arguments[0]):
            for each in sums:
                builder.store(builder.call(fma, [builder.load(each), factor, factor]), each)
        total = builder.load(sums[0])
        for each in sums[1:]:
            total = builder.fadd(total, builder.load(each))
        return builder.extract_element(total, ir.Constant(ir.IntType(32), 1))

    return types.float32(types.int64), emit


@njit(parallel=True, nogil=True)
def _on_threads(steps, threads):
    found = np.zeros(threads, np.float32)
    for k in prange(threads):
        found[k] = _multiply_adds(steps)
    return found


def peak(bench: Bench) -> float:
    """Return the multiply-adds of float32 that all threads do in a second."""
    (seconds,) = bench.medians(partial(_on_threads, STEPS, bench.threads))
    return STEPS * SUMS * LANES * bench.threads / seconds


def dense(bench: Bench, image: np.ndarray) -> Iterator[Row]:
    for size in DENSE:
        kernel = random_kernel(size)
        ours, weights = partial(custom(kernel), image), kernel.astype(np.float32)
        theirs = Peer(partial(cv2.filter2D, image, -1, weights, borderType=REFLECT))
        row = bench.compare({"K": size}, ours, theirs, image, tolerance=levels(image, 1))
        rate = image.size * size**2 / row["convpipe ms"] * 1e3
        yield {**row, "of the peak": rate / peak(bench)}


def bound(bench: Bench, sides: tuple[int, int]) -> Iterator[Row]:
    """Yield the shares of an image in the caches and of one in memory, and what memory would let be reached.

    On one thread, as two take longer to wake than a small image takes.
    """
    alone = replace(bench, threads=1)
    for size in (3, *DENSE[:4]):
        row: Row = {"K": size}
        for side in sides:
            image = samples.single(side)
            work = partial(custom(random_kernel(size)), image, threads=1)
            seconds, copy = alone.medians(work, copy_of(2 * image.nbytes, 1))
            adds = image.size * size**2 / peak(alone)
            row[f"{side}, of the peak"] = adds / seconds
            row[f"{side}, of copy speed"] = copy / seconds
            row[f"{side}, a copy's share"] = adds / copy
        yield row


def tables(bench: Bench) -> Iterator[Table]:
    note = f"The peak is {peak(bench) / 1e9:.0f} thousand million multiply-adds a second."
    for image in (samples.single(bench.side), samples.gray(bench.side)):
        title = f"Dense kernels and the peak of multiply-adds, {image.dtype}"
        yield compared(title, dense(bench, image), note)
    title = "Dense kernels, float32, one thread, in the caches and in memory"
    note = (
        "`a copy's share` is the share of the peak at which an image takes as long as a copy of its bytes:"
        " where it is below 1, memory is the limit, and not the multiply-adds."
    )
    yield Table(title, list(bound(bench, (IN_CACHES, bench.side))), note)


if __name__ == "__main__":
    run(__doc__, tables, prepare=cv2.setNumThreads)
