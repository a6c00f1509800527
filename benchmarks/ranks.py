"""Rank windows and morphology against OpenCV, and where it has none against SciPy.

    python benchmarks/ranks.py [--side 4096] [--threads 2]

OpenCV has medians of uint8 at any size, of uint16 and float32 at 3 and 5. SciPy has one thread. Images are
noise, of which no sorting is done before it begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import cv2
import numpy as np
from scipy import ndimage
from timing import Bench, Peer, Row, Table, compared, run

from convpipe import Pipeline, stage

Filter = Callable[[np.ndarray], np.ndarray]
EDGE = cv2.BORDER_REPLICATE


def noise(dtype: str, side: int) -> np.ndarray:
    random = np.random.default_rng(0)
    if dtype == "float32":
        return random.random((side, side), np.float32)
    return random.integers(0, np.iinfo(dtype).max, (side, side), dtype, endpoint=True)


def medians(bench: Bench) -> Iterator[Row]:
    sizes = {"uint8": (3, 5, 7, 9, 15, 33, 51), "uint16": (3, 5), "float32": (3, 5)}
    for dtype, each in sizes.items():
        image = noise(dtype, bench.side)
        for size in each:
            ours = Pipeline([stage("rank", "median", size=size)], border="edge")
            yield bench.compare(
                {"median": size, "dtype": dtype},
                partial(ours, image),
                Peer(partial(cv2.medianBlur, image, size)),
                image,
                tolerance=0,
            )


def medians_of_scipy(bench: Bench) -> Iterator[Row]:
    side = bench.side // 4
    for dtype in ("uint16", "float32"):
        image = noise(dtype, side)
        for size in (7, 9):
            ours = Pipeline([stage("rank", "median", size=size)], border="edge")
            yield bench.compare(
                {"median": size, "dtype": dtype, "side": side},
                partial(ours, image),
                Peer(partial(ndimage.median_filter, image, size, mode="nearest"), "SciPy"),
                image,
                tolerance=0,
            )


def erosions(bench: Bench) -> Iterator[Row]:
    for dtype in ("uint8", "float32"):
        image = noise(dtype, bench.side)
        for shape, sizes in (("square", (3, 5, 9, 15, 31)), ("ellipse", (15, 31))):
            for size in sizes:
                form = cv2.MORPH_ELLIPSE if shape == "ellipse" else cv2.MORPH_RECT
                kernel = cv2.getStructuringElement(form, (size, size))
                ours = Pipeline([stage("morphology", "erode", size=size, footprint=shape)], border="edge")
                yield bench.compare(
                    {"erosion": size, "footprint": shape, "dtype": dtype},
                    partial(ours, image),
                    Peer(partial(cv2.erode, image, kernel, borderType=EDGE)),
                    image,
                    tolerance=0,
                )


def gradients(bench: Bench) -> Iterator[Row]:
    kernel = np.ones((5, 5), np.uint8)
    for dtype in ("uint8", "float32"):
        image = noise(dtype, bench.side)
        for name, operation in (("gradient", cv2.MORPH_GRADIENT), ("tophat", cv2.MORPH_TOPHAT)):
            ours = Pipeline([stage("morphology", name, size=5)], border="edge")
            yield bench.compare(
                {"morphology": name, "dtype": dtype},
                partial(ours, image),
                Peer(partial(cv2.morphologyEx, image, operation, kernel, borderType=EDGE)),
                image,
                tolerance=0,
            )


def tables(bench: Bench) -> Iterator[Table]:
    yield compared("Medians", medians(bench))
    yield compared("Medians that OpenCV has not, against SciPy", medians_of_scipy(bench))
    yield compared("Erosions", erosions(bench))
    yield compared("Gradient and top-hat, 5x5", gradients(bench))


if __name__ == "__main__":
    run(__doc__, tables)
