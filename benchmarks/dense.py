"""Large dense kernels against OpenCV's filter2D, and our two ways of computing them against each other.

    python benchmarks/dense.py [--side 4096] [--threads 2]

Kernels of full rank (random numbers), of rank 2 (a Laplacian of a Gaussian) and disks.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from unittest import mock

import cv2
import numpy as np
import samples
from opencv import REFLECT, custom, levels, random_kernel
from timing import Bench, Peer, Row, Table, compared, run

from convpipe import Pipeline, fourier
from convpipe.plan import costs

SIZES = (13, 17, 21, 25, 31, 41, 63)
BOTH_WAYS = (9, 11, 13, 15, 17, 19, 21, 25, 31)


def laplacian_of_gaussian(size: int) -> np.ndarray:
    """Return a kernel of rank 2 whose Gaussian has a sixth of its size; absolute taps sum up to 1."""
    at = (np.arange(size) - size // 2) / (size / 6)
    squares = at[:, None] ** 2 + at**2
    kernel = (squares - 2) * np.exp(-squares / 2)
    return kernel / np.abs(kernel).sum()


def disk(size: int) -> np.ndarray:
    at = np.arange(size) - size // 2
    inside = np.hypot(at[:, None], at) <= size / 2
    return inside / inside.sum()


KINDS = {"full rank": random_kernel, "rank 2": laplacian_of_gaussian, "disk": disk}


def way(pipeline: Pipeline, image: np.ndarray) -> str:
    """Return how the planner has the kernel computed."""
    plan = pipeline.plan(image.shape, dtype=image.dtype.name)
    (tiles,) = (stage.tiles for stage in plan.stages)
    return "loop" if tiles is None else f"tiles {'x'.join(map(str, tiles.extent))}"


def against_opencv(bench: Bench, kind: str, image: np.ndarray) -> Iterator[Row]:
    for size in SIZES:
        kernel = KINDS[kind](size)
        ours, weights = custom(kernel), kernel.astype(np.float32)
        theirs = partial(cv2.filter2D, image, -1, weights, borderType=REFLECT)
        case = {"K": size, "way": way(ours, image)}
        yield bench.compare(case, partial(ours, image), Peer(theirs), image, tolerance=levels(image, 1))


def both_ways(bench: Bench, image: np.ndarray) -> Iterator[Row]:
    """Yield loop and transform of kernels around the size at which the planner goes from one to the other."""
    for size in BOTH_WAYS:
        kernel = random_kernel(size)
        chosen, works = way(custom(kernel), image), []
        for advantage in (np.inf, 0):
            with (
                mock.patch.object(fourier, "ADVANTAGE", advantage),
                mock.patch.object(costs, "LEAST_TAPS", 1),
            ):
                works.append(partial(custom(kernel), image))
                works[-1]()
        loop, transform = bench.medians(*works)
        yield {
            "K": size,
            "dtype": image.dtype.name,
            "chosen": chosen,
            "loop ms": loop * 1e3,
            "transform ms": transform * 1e3,
            "ratio": loop / transform,
        }


def tables(bench: Bench) -> Iterator[Table]:
    images = samples.single(bench.side), samples.gray(bench.side)
    for kind in KINDS:
        for image in images:
            title = f"filter2D of large kernels, {kind}, {image.dtype}"
            yield compared(title, against_opencv(bench, kind, image))
    note = "`ratio` is the loop's time over the transform's; `chosen` is what the planner takes."
    yield Table("Loop and transform", [row for image in images for row in both_ways(bench, image)], note)


if __name__ == "__main__":
    run(__doc__, tables, runs=5, prepare=cv2.setNumThreads)
