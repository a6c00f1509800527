"""Stages that are combined, each job in one sweep over the image, against OpenCV's calls.

    python benchmarks/joins.py [--side 4096] [--threads 2]

Images are float32 between 0 and 1, so that no side rounds between its steps. The second table is of several
results of one run, against each of them alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import cv2
import numpy as np
import samples
from timing import Bench, Peer, Row, Table, compared, run

from convpipe import Pipeline, stage
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.compile.cpu.sweep import Sweep

REFLECT = cv2.BORDER_REFLECT_101
DOWN = np.array([[-1, -3, -1], [0, 0, 0], [1, 3, 1]], np.float32)
Filter = Callable[[np.ndarray], np.ndarray]


def combine(formula: str, **common: Any) -> Any:
    return stage("combine", "of both", formula=formula, **common)


def gaussian(sigma: float, **common: Any) -> Any:
    return stage("blur", "gaussian", sigma=sigma, **common)


def soft(image: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian of convpipe's radius, by OpenCV's separable filter."""
    taps = cv2.getGaussianKernel(2 * int(4 * sigma + 0.5) + 1, sigma, cv2.CV_32F)
    return cv2.sepFilter2D(image, cv2.CV_32F, taps, taps, borderType=REFLECT)


def unsharp(image: np.ndarray) -> np.ndarray:
    return cv2.addWeighted(image, 1.75, soft(image, 1.5), -0.75, 0)


def spots(image: np.ndarray) -> np.ndarray:
    difference = cv2.subtract(soft(image, 1), soft(image, 2))
    return cv2.threshold(difference, 0.01, 1.0, cv2.THRESH_BINARY)[1]


def gradient(image: np.ndarray) -> np.ndarray:
    across = cv2.filter2D(image, cv2.CV_32F, DOWN.T, borderType=REFLECT)
    return cv2.magnitude(across, cv2.filter2D(image, cv2.CV_32F, DOWN, borderType=REFLECT))


def variance(image: np.ndarray) -> np.ndarray:
    mean = cv2.blur(image, (7, 7), borderType=REFLECT)
    squares = cv2.sqrBoxFilter(image, cv2.CV_32F, (7, 7), borderType=REFLECT)
    return cv2.subtract(squares, cv2.multiply(mean, mean))


CASES: dict[str, tuple[list[Any], Filter, float]] = {
    "unsharp mask, by hand": (
        [gaussian(1.5, name="soft"), combine("input + 0.75 * (input - soft)")],
        unsharp,
        0,
    ),
    "difference of Gaussians, threshold": (
        [
            gaussian(1, name="fine"),
            gaussian(2, name="coarse", from_="input"),
            combine("fine - coarse"),
            stage("point", "threshold", level=0.01),
        ],
        spots,
        1e-4,
    ),
    "magnitude of two custom kernels": (
        [
            stage("custom", "across", kernel=DOWN.T.tolist(), name="across"),
            stage("custom", "down", kernel=DOWN.tolist(), name="down", from_="input"),
            combine("sqrt(across * across + down * down)"),
        ],
        gradient,
        0,
    ),
    "local variance, 7x7": (
        [
            stage("blur", "box", size=7, name="mean"),
            combine("input * input", name="energy"),
            stage("blur", "box", size=7, name="squares"),
            combine("squares - mean * mean"),
        ],
        variance,
        0,
    ),
}


def joins(bench: Bench) -> Iterator[Row]:
    image = samples.single(bench.side)
    for name, (stages, theirs, outliers) in CASES.items():
        ours = Pipeline(stages)
        swept = compile_plan(ours.plan(image.shape, "float32")).runs
        row = bench.compare(
            {"job": name},
            partial(ours, image),
            Peer(partial(theirs, image)),
            image,
            tolerance=2e-5,
            outliers=outliers,
        )
        beside = max(run.fused.table.thread_bytes for run in swept if isinstance(run, Sweep))
        yield {**row, "sweeps": len(swept), "kB a thread beside": beside / 1e3}


def results(bench: Bench) -> Iterator[Row]:
    image = samples.single(bench.side)
    stages = [gaussian(4, name="background"), combine("input - background")]
    both = Pipeline(stages, outputs={"background": "background"})
    alone = {"difference": Pipeline(stages), "background": Pipeline(stages[:1])}
    together = both(image)
    for name, one in alone.items():
        np.testing.assert_array_equal(together["result" if name == "difference" else name], one(image))
    seconds, *others = bench.medians(partial(both, image), *(partial(one, image) for one in alone.values()))
    yield {
        "results": "a background, and the difference from it",
        "both ms": seconds * 1e3,
        **{f"{name} alone ms": each * 1e3 for name, each in zip(alone, others, strict=True)},
        "of the longer": seconds / max(others),
    }


def tables(bench: Bench) -> Iterator[Table]:
    yield compared("Combined stages, float32", joins(bench))
    yield Table("Several results of one run, float32", list(results(bench)))


if __name__ == "__main__":
    run(__doc__, tables)
