"""Single filters and chains against OpenCV, same threads, same border, results compared first.

python benchmarks/opencv.py [--side 4096] [--threads 2] [--only dense]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import cv2
import numba
import numpy as np
from timing import Result, compare, table

from convpipe import Pipeline, stage

REFLECT = cv2.BORDER_REFLECT_101
SIZES = (3, 5, 7, 9, 11, 15)
rng = np.random.default_rng(0)


def out_of(pipeline: Pipeline, image: np.ndarray, dtype: str | None = None):
    return lambda: pipeline(image, dtype=dtype)


def dense(image: np.ndarray) -> Iterator[Result]:
    """A full kernel of random weights."""
    for size in SIZES:
        kernel = rng.random((size, size))
        kernel /= kernel.sum()
        ours = Pipeline([stage("custom", "k", kernel=kernel.tolist())])
        weights = kernel.astype(np.float32)
        tolerance = 1 if image.dtype == np.uint8 else 1e-4
        yield compare(
            f"filter2D {size}x{size} {image.dtype}",
            out_of(ours, image),
            lambda w=weights: cv2.filter2D(image, -1, w, borderType=REFLECT),
            tolerance=tolerance,
        )


def gaussian(image: np.ndarray) -> Iterator[Result]:
    for size in (*SIZES, 31):
        sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8
        ours = Pipeline([stage("blur", "gaussian", sigma=sigma, truncate=(size // 2) / sigma)])
        tolerance = 2 if image.dtype == np.uint8 else 1e-3
        column = cv2.getGaussianKernel(size, sigma, cv2.CV_32F)
        yield compare(
            f"sepFilter2D {size} {image.dtype}",
            out_of(ours, image),
            lambda c=column: cv2.sepFilter2D(image, -1, c, c, borderType=REFLECT),
            tolerance=tolerance,
        )
        yield compare(
            f"GaussianBlur {size} {image.dtype}",
            out_of(ours, image),
            lambda k=size, s=sigma: cv2.GaussianBlur(image, (k, k), s, borderType=REFLECT),
            tolerance=tolerance,
        )


def box(image: np.ndarray) -> Iterator[Result]:
    for size in (*SIZES, 31):
        ours = Pipeline([stage("blur", "box", size=size)])
        yield compare(
            f"blur {size} {image.dtype}",
            out_of(ours, image),
            lambda k=size: cv2.blur(image, (k, k), borderType=REFLECT),
            tolerance=1 if image.dtype == np.uint8 else 1e-3,
        )


def derivatives(image: np.ndarray) -> Iterator[Result]:
    # cv2.Sobel sums [1, 2, 1] and [-1, 0, 1] unscaled: gain 4; Scharr [3, 10, 3]: gain 16.
    depths = [("float32", cv2.CV_32F)] + [("int16", cv2.CV_16S)] * (image.dtype == np.uint8)
    for name, gain, peer in (("sobel", 4, cv2.Sobel), ("scharr", 16, cv2.Scharr)):
        for dtype, depth in depths:
            ours = Pipeline([stage("edge", name, direction="x", gain=gain)])
            yield compare(
                f"{name} x {image.dtype} to {dtype}",
                out_of(ours, image, dtype),
                lambda f=peer, d=depth: f(image, d, 1, 0, borderType=REFLECT),
                tolerance=1e-2,
            )


def colour(image: np.ndarray) -> Iterator[Result]:
    for size in (3, 5):
        kernel = rng.random((size, size))
        kernel /= kernel.sum()
        weights = kernel.astype(np.float32)
        ours = Pipeline([stage("custom", "k", kernel=kernel.tolist())])
        yield compare(
            f"RGB filter2D {size}x{size} uint8",
            out_of(ours, image),
            lambda w=weights: cv2.filter2D(image, -1, w, borderType=REFLECT),
        )


def stride_two(image: np.ndarray) -> Iterator[Result]:
    kernel = rng.random((3, 3)) / 9
    weights = kernel.astype(np.float32)
    ours = Pipeline([stage("custom", "k", kernel=kernel.tolist(), stride=2, padding=1)])
    yield compare(
        f"3x3 stride 2 {image.dtype} (OpenCV: full, then slice)",
        out_of(ours, image),
        lambda: np.ascontiguousarray(cv2.filter2D(image, -1, weights, borderType=REFLECT)[::2, ::2]),
        tolerance=1 if image.dtype == np.uint8 else 1e-4,
    )


def _blur(image: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(image, (5, 5), 1, borderType=REFLECT)


def _magnitude(image: np.ndarray, operator=cv2.Sobel) -> np.ndarray:
    x = operator(image, cv2.CV_32F, 1, 0, borderType=REFLECT)
    y = operator(image, cv2.CV_32F, 0, 1, borderType=REFLECT)
    return cv2.magnitude(x, y)


BLUR = stage("blur", "gaussian", sigma=1, truncate=2)


def chains(grey: np.ndarray) -> Iterator[Result]:
    root = float(np.sqrt(2))
    edges = Pipeline([BLUR, stage("edge", "sobel", gain=4 * root)])
    # OpenCV's chain rounds after the blur; the magnitude of the difference is a few levels.
    yield compare(
        "blur 5x5 -> sobel magnitude -> uint8",
        out_of(edges, grey),
        lambda: cv2.convertScaleAbs(_magnitude(_blur(grey))),
        tolerance=8,
    )
    half = Pipeline([stage("blur", "gaussian", sigma=1, truncate=2, stride=2, padding=2)] * 3)

    def pyramid() -> np.ndarray:
        image = grey
        for _ in range(3):
            image = np.ascontiguousarray(_blur(image)[::2, ::2])
        return image

    yield compare("pyramid of three stride-2 blurs", out_of(half, grey), pyramid, tolerance=3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", help="one group: chains, dense, separable, ...")
    options = parser.parse_args()
    cv2.setNumThreads(options.threads)
    numba.set_num_threads(options.threads)
    side = options.side
    grey = rng.integers(0, 256, (side, side), dtype=np.uint8)
    single = rng.random((side, side), dtype=np.float32)
    rgb = rng.integers(0, 256, (side // 2, side * 3 // 4, 3), dtype=np.uint8)
    groups = {
        "chains": [chains(grey)],
        "dense": [dense(single), dense(grey)],
        "separable": [gaussian(single), gaussian(grey)],
        "box": [box(single), box(grey)],
        "derivatives": [derivatives(grey), derivatives(single)],
        "colour": [colour(rgb)],
        "stride 2": [stride_two(single), stride_two(grey)],
    }
    for title, parts in groups.items():
        if options.only is None or options.only == title:
            print(table(title, [result for part in parts for result in part]), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
