"""Windows over the pages of a stack against scipy.ndimage; `catalogue.py` prints them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import samples
from scipy import ndimage
from timing import Bench, Peer, Row

from convpipe import Pipeline, stage
from convpipe.stages import Stage


def volume(pages: int, side: int, kind: str) -> np.ndarray:
    """Return a stack whose pages are noise over a photograph, each another."""
    page, rng = samples.gray(side).astype(np.float32), np.random.default_rng(3)
    noisy = np.clip(page + rng.normal(0, 20, (pages, side, side)).astype(np.float32), 0, 255)
    return noisy if kind == "float32" else np.rint(noisy * 257).astype(np.uint16)


@dataclass(frozen=True)
class Over:
    """A window over the pages of a stack, here and in scipy.ndimage, which has one thread.

    Parameters
    ----------
    name : str
    pages : int
        Of the stack.
    ours : Stage
    theirs : callable
    dtype : str, optional
        Of both results, where SciPy would cut what it stores off after each axis.
    """

    name: str
    pages: int
    ours: Stage
    theirs: Callable[[np.ndarray], np.ndarray]
    dtype: str | None = None


STACKS = (
    Over(
        "gaussian, sigma 2",
        64,
        stage("blur", "gaussian", sigma=2, axis="stack", border="symmetric"),
        lambda pages: ndimage.gaussian_filter(pages, 2, output=np.float32),
        "float32",
    ),
    Over(
        "box 5",
        64,
        stage("blur", "box", size=5, axis="stack", border="symmetric"),
        lambda pages: ndimage.uniform_filter(pages, 5, output=np.float32),
        "float32",
    ),
    Over(
        "median 3",
        16,
        stage("rank", "median", axis="stack", border="symmetric"),
        lambda pages: ndimage.median_filter(pages, 3),
    ),
    Over(
        "maximum 3",
        64,
        stage("rank", "maximum", axis="stack", border="symmetric"),
        lambda pages: ndimage.maximum_filter(pages, 3),
    ),
)


def over_stacks(bench: Bench) -> Iterator[Row]:
    side = bench.side // 4
    for over in STACKS:
        for kind in ("uint16", "float32"):
            pages = volume(over.pages, side, kind)
            row = bench.compare(
                {"window": over.name, "stack": f"{over.pages}x{side}x{side} {kind}"},
                partial(Pipeline([over.ours]).stack, pages, over.dtype, threads=bench.threads),
                Peer(partial(over.theirs, pages), "scipy.ndimage"),
                pages,
                tolerance=0.0 if over.dtype is None else 3e-6 * float(pages.max()),
            )
            print(f"{over.name} {kind}: {row['ratio']:.3g}", flush=True)
            yield row
