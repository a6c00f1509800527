"""Large Gaussians, whose time is not to grow with sigma, and an uneven background taken away.

    python benchmarks/gaussians.py [--side 4096] [--threads 2]

convpipe's sigmas take turns before OpenCV runs at all. OpenCV has one call for each sigma above 8, of up to
ten seconds. Of 8 bits its kernels are cut at 3 sigma, of other types at 4 as convpipe's. The background is
that of 2048x2048 pixels of 16 bits, as written with `combine`; scipy has the image as float32, and a thread
for a part of the columns, then of the rows.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import cv2
import numpy as np
from scipy import ndimage
from skimage import filters
from timing import Bench, Row, Table, Work, difference, run

from convpipe import Pipeline, stage

SIGMAS = (8, 20, 50, 100)
SPREAD = {"float32": 1.0, "uint8": 255.0, "uint16": 65535.0}
BACKGROUND = 50


def picture(side: int, dtype: str) -> np.ndarray:
    """Return bright and dark discs over uneven light, with noise, of all values that there are."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:side, :side].astype(np.float32) / side
    image = 0.4 + 0.3 * np.sin(5 * x + 3 * y) + 0.3 * np.sign(np.sin(50 * x) * np.sin(40 * y))
    image += rng.normal(0, 0.05, image.shape).astype(np.float32)
    found: np.ndarray = (image.clip(0, 1) * SPREAD[dtype]).astype(dtype)
    return found


def blurred(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)


def once(work: Work) -> tuple[np.ndarray, float]:
    """Return what a call gives, and the seconds that it takes."""
    begin = time.perf_counter()
    found = work()
    return found, time.perf_counter() - begin


def sizes(bench: Bench, dtype: str) -> Iterator[Row]:
    pipelines = {sigma: Pipeline([stage("blur", "gaussian", sigma=sigma)]) for sigma in SIGMAS}
    for side in (bench.side // 2, bench.side):
        image = picture(side, dtype)
        results = {sigma: ours(image) for sigma, ours in pipelines.items()}
        seconds = bench.medians(*(partial(ours, image) for ours in pipelines.values()))
        for (sigma, ours), own in zip(pipelines.items(), seconds, strict=True):
            theirs, taken = once(partial(blurred, image, sigma))
            if sigma == SIGMAS[0]:
                (taken,) = bench.medians(partial(blurred, image, sigma))
            (planned,) = ours.plan(image.shape, dtype).stages
            tolerance = SPREAD[dtype] * (8e-3 if dtype == "uint8" else 2e-4)
            yield {
                "type": dtype,
                "side": side,
                "sigma": sigma,
                "convpipe ms": own * 1e3,
                "of sigma 8": own / seconds[0],
                "OpenCV ms": taken * 1e3,
                "ratio": taken / own,
                "bound": f"{planned.rates.error:.1e}" if planned.rates else "0",
                "differs by": difference(f"{dtype} {sigma}", results[sigma], theirs, tolerance),
            }


def in_parts(image: np.ndarray, threads: int) -> np.ndarray:
    """Blur by scipy on several threads."""
    edges = np.linspace(0, len(image), threads + 1).astype(int)
    parts = [slice(first, last) for first, last in itertools.pairwise(edges)]
    given, down, found = image.astype(np.float32), *np.empty((2, *image.shape), np.float32)

    def pass_over(axis: int, part: slice) -> None:
        at = (slice(None), part) if axis == 0 else (part, slice(None))
        source, target = (given, down) if axis == 0 else (down, found)
        ndimage.gaussian_filter1d(source[at], BACKGROUND, axis, output=target[at], mode="mirror")

    with ThreadPoolExecutor(threads) as pool:
        for axis in (0, 1):
            list(pool.map(partial(pass_over, axis), parts))
    return found


def less(image: np.ndarray, light: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.rint(image - light).clip(0, 65535).astype(np.uint16)
    return found


def background(bench: Bench) -> Iterator[Row]:
    image = picture(2048, "uint16")
    ours = Pipeline(
        [
            stage("blur", "gaussian", sigma=BACKGROUND, name="light"),
            stage("combine", "detail", formula="input - light"),
        ]
    )
    result = ours(image)
    (own,) = bench.medians(partial(ours, image))
    peers: dict[str, Work] = {
        "OpenCV, GaussianBlur and subtract": lambda: cv2.subtract(image, blurred(image, BACKGROUND)),
        f"scipy, gaussian_filter1d on {bench.threads} threads": lambda: less(
            image, in_parts(image, bench.threads)
        ),
        "scikit-image, gaussian": lambda: less(
            image, filters.gaussian(image.astype(np.float32), BACKGROUND, mode="mirror", preserve_range=True)
        ),
    }
    for name, work in peers.items():
        theirs, taken = once(work)
        yield {
            "peer": name,
            "convpipe ms": own * 1e3,
            "ms": taken * 1e3,
            "ratio": taken / own,
            "differs by": difference(name, result, theirs, 2e-4 * 65535),
        }


def tables(bench: Bench) -> Iterator[Table]:
    for dtype in SPREAD:
        note = "`bound` is what the plan says the result can be off by, as a share of the samples' spread."
        yield Table(f"Gaussians of any sigma, {dtype}", list(sizes(bench, dtype)), note)
    yield Table("Uneven background taken away, 2048x2048 uint16, sigma 50", list(background(bench)))


if __name__ == "__main__":
    run(__doc__, tables, prepare=cv2.setNumThreads)
