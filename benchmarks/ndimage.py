"""Filters and chains against scipy.ndimage and scikit-image, which run on one thread.

    python benchmarks/ndimage.py [--side 4096] [--threads 2]

scipy's `mirror` is our reflect. Images are float32 between 0 and 1, as scikit-image computes in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import samples
from scipy import ndimage
from skimage import filters
from timing import Bench, Peer, Row, Table, compared, run

from convpipe import Pipeline, stage

Case = tuple[str, Pipeline, Callable[[np.ndarray], np.ndarray]]
MIRROR = {"mode": "mirror"}


def one(*arguments: str, **options: object) -> Pipeline:
    return Pipeline([stage(*arguments, **options)])


def scipy_cases() -> Iterator[Case]:
    rng = np.random.default_rng(0)
    for size in (3, 7):
        kernel = rng.random((size, size)) / size**2
        weights = kernel.astype(np.float32)
        ours = one("custom", "kernel", kernel=kernel.tolist())
        yield f"correlate {size}x{size}", ours, partial(ndimage.correlate, weights=weights, **MIRROR)
    yield "uniform_filter 9", one("blur", "box", size=9), partial(ndimage.uniform_filter, size=9, **MIRROR)
    gaussian = partial(ndimage.gaussian_filter, sigma=2, **MIRROR)
    yield "gaussian_filter, sigma 2", one("blur", "gaussian", sigma=2), gaussian
    sobel = one("edge", "sobel", direction="y", gain=4)
    yield "sobel, one axis", sobel, partial(ndimage.sobel, axis=0, **MIRROR)
    yield "laplace", one("edge", "laplacian"), partial(ndimage.laplace, **MIRROR)


def scikit_cases() -> Iterator[Case]:
    yield "gaussian, sigma 2", one("blur", "gaussian", sigma=2), partial(filters.gaussian, sigma=2, **MIRROR)
    for name in ("sobel", "scharr", "prewitt"):
        yield name, one("edge", name), partial(getattr(filters, name), **MIRROR)
    # skimage.filters.unsharp_mask has no choice of border but scipy's reflect.
    sharpen = Pipeline([stage("sharpen", "unsharp", sigma=2)], border="symmetric")
    unsharp = partial(filters.unsharp_mask, radius=2, amount=1, preserve_range=True)
    yield "unsharp_mask, sigma 2", sharpen, unsharp
    chain = Pipeline([stage("blur", "gaussian", sigma=1), stage("edge", "sobel")])
    yield (
        "gaussian, then sobel",
        chain,
        lambda image: filters.sobel(filters.gaussian(image, 1, **MIRROR), **MIRROR),
    )


def rows(bench: Bench, cases: Iterator[Case], peer: str) -> Iterator[Row]:
    image = samples.single(bench.side)
    for name, ours, theirs in cases:
        yield bench.compare(
            {"filter": name}, partial(ours, image), Peer(partial(theirs, image), peer), image, tolerance=1e-5
        )


def tables(bench: Bench) -> Iterator[Table]:
    note = f"It runs on one thread, convpipe on {bench.threads}."
    for peer, cases in (("scipy", scipy_cases()), ("scikit-image", scikit_cases())):
        title = f"{'scipy.ndimage' if peer == 'scipy' else peer}, float32"
        yield compared(title, rows(bench, cases, peer), note)


if __name__ == "__main__":
    run(__doc__, tables)
