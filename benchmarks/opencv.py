"""Single filters and chains against OpenCV: same threads, same border, results compared first.

    python benchmarks/opencv.py [--side 4096] [--threads 2]

Both sides make their result anew in every call.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import cv2
import numpy as np
import samples
from opencv_chains import CHAINS, REFLECT
from pipelines import image_for
from timing import Bench, Peer, Row, Table, compared, run

from convpipe import Pipeline, stage

DENSE = (3, 5, 7, 9, 11, 15)
WIDE = (3, 5, 7, 9, 11, 15, 21, 31)


def levels(image: np.ndarray, uint8: float, single: float = 1e-5) -> float:
    """Return the tolerance for images of this dtype."""
    return uint8 if image.dtype == np.uint8 else single


def random_kernel(size: int) -> np.ndarray:
    kernel = np.random.default_rng(size).random((size, size))
    return kernel / kernel.sum()


def custom(kernel: np.ndarray, **options: object) -> Pipeline:
    return Pipeline([stage("custom", "kernel", kernel=kernel.tolist(), **options)])


def gaussian(size: int) -> tuple[Pipeline, float]:
    """Return our Gaussian of `size` taps, and its sigma: the one OpenCV would choose."""
    sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8
    return Pipeline([stage("blur", "gaussian", sigma=sigma, truncate=(size // 2) / sigma)]), sigma


def dense(bench: Bench, image: np.ndarray) -> Iterator[Row]:
    for size in DENSE:
        kernel = random_kernel(size)
        ours, weights = custom(kernel), kernel.astype(np.float32)
        theirs = partial(cv2.filter2D, image, -1, weights, borderType=REFLECT)
        yield bench.compare(
            {"K": size}, partial(ours, image), Peer(theirs), image, tolerance=levels(image, 1)
        )


def separable(bench: Bench, image: np.ndarray) -> Iterator[Row]:
    for size in WIDE:
        ours, sigma = gaussian(size)
        taps = cv2.getGaussianKernel(size, sigma, cv2.CV_32F)
        theirs = partial(cv2.sepFilter2D, image, -1, taps, taps, borderType=REFLECT)
        yield bench.compare(
            {"K": size}, partial(ours, image), Peer(theirs), image, tolerance=levels(image, 2)
        )


def gaussian_blur(bench: Bench, image: np.ndarray) -> Iterator[Row]:
    for size in WIDE:
        ours, sigma = gaussian(size)
        theirs = partial(cv2.GaussianBlur, image, (size, size), sigma, borderType=REFLECT)
        yield bench.compare(
            {"K": size}, partial(ours, image), Peer(theirs), image, tolerance=levels(image, 2)
        )


def box(bench: Bench, image: np.ndarray) -> Iterator[Row]:
    for size in WIDE:
        ours = Pipeline([stage("blur", "box", size=size)])
        theirs = partial(cv2.blur, image, (size, size), borderType=REFLECT)
        yield bench.compare(
            {"K": size}, partial(ours, image), Peer(theirs), image, tolerance=levels(image, 1)
        )


def derivatives(bench: Bench, image: np.ndarray, dtype: str, depth: int) -> Iterator[Row]:
    # OpenCV's taps have the sums 4 and 16, ours 1.
    for name, gain, operator in (("sobel", 4, cv2.Sobel), ("scharr", 16, cv2.Scharr)):
        for direction, order in (("x", (1, 0)), ("y", (0, 1))):
            ours = Pipeline([stage("edge", name, direction=direction, gain=gain)])
            yield bench.compare(
                {"operator": f"{name} {direction}", "from": image.dtype.name, "to": dtype},
                partial(ours, image, dtype=dtype),
                Peer(partial(operator, image, depth, *order, borderType=REFLECT)),
                image,
                tolerance=1e-3 if dtype == "float32" else 1,
            )


def colour(bench: Bench, image: np.ndarray) -> Iterator[Row]:
    for size in (3, 5):
        kernel = random_kernel(size)
        theirs = partial(cv2.filter2D, image, -1, kernel.astype(np.float32), borderType=REFLECT)
        yield bench.compare({"K": size}, partial(custom(kernel), image), Peer(theirs), image)


def stride_two(bench: Bench, image: np.ndarray) -> Iterator[Row]:
    for size in (3, 5):
        kernel = random_kernel(size)
        ours, weights = custom(kernel, stride=2, padding=size // 2), kernel.astype(np.float32)
        yield bench.compare(
            {"K": size, "dtype": image.dtype.name},
            partial(ours, image),
            Peer(lambda w=weights: cv2.filter2D(image, -1, w, borderType=REFLECT)[::2, ::2]),
            image,
            tolerance=levels(image, 1),
        )


def chains(bench: Bench, tuned: bool) -> Iterator[Row]:
    for chain in CHAINS:
        image = image_for(chain.ours, bench.side)
        theirs = chain.tuned(image.shape) if tuned else chain.usual
        yield bench.compare(
            {"chain": chain.ours.name},
            partial(chain.ours, image),
            Peer(partial(theirs, image)),
            image,
            tolerance=chain.tolerance,
            outliers=chain.outliers,
        )


ROUNDING = "OpenCV's chain rounds to 8 bits between its calls, so results differ by a few levels."


def tables(bench: Bench) -> Iterator[Table]:
    yield compared("Chains, uint8, against OpenCV as usually written", chains(bench, False), ROUNDING)
    kept = "Intermediate arrays kept, and the fastest calls found for each step."
    yield compared("Chains, uint8, against OpenCV tuned by hand", chains(bench, True), kept)
    gray, single = samples.gray(bench.side), samples.single(bench.side)
    for name, rows in (
        ("filter2D", dense),
        ("sepFilter2D", separable),
        ("GaussianBlur", gaussian_blur),
        ("blur (box)", box),
    ):
        for image in (single, gray):
            yield compared(f"{name}, {image.dtype}", rows(bench, image))
    kinds = ((gray, "float32", cv2.CV_32F), (gray, "int16", cv2.CV_16S), (single, "float32", cv2.CV_32F))
    yield compared("Derivatives", (row for kind in kinds for row in derivatives(bench, *kind)))
    photo = samples.rgb(bench.side // 2, bench.side * 3 // 4)
    yield compared(f"filter2D, RGB uint8, {photo.shape[0]}x{photo.shape[1]}", colour(bench, photo))
    whole = "OpenCV filters the whole image, then slices it."
    both = (row for image in (single, gray) for row in stride_two(bench, image))
    yield compared("filter2D at stride 2", both, whole)


if __name__ == "__main__":
    run(__doc__, tables, prepare=cv2.setNumThreads)
