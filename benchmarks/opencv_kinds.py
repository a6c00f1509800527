"""Chains on RGB and on 16-bit images against OpenCV: their ratios, and those of 8-bit images of one channel.

    python benchmarks/opencv_kinds.py [--side 4096] [--threads 2]

OpenCV's chains are those of opencv_chains.py as usually written, with what 16 bits need: it has no call that
takes the size of 16-bit numbers, or of float32 ones as 16 bits, so that is two calls, the quickest found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import cv2
import numpy as np
import opencv_chains
import pipelines
import samples
from opencv_chains import CHAINS, REFLECT, SHARPEN_KERNEL, Chain, Filter, blur, magnitude
from pipelines import LEVEL, SCHARR_GAIN, SOBEL_GAIN, THRESHOLD
from timing import Bench, Row, Table, difference, run

from convpipe import Pipeline, stage

WORTH = 257
"""Of a level of 8 bits, in 16."""

KINDS = {"gray uint8": samples.gray, "RGB uint8": samples.rgb}


def deep(image: np.ndarray) -> np.ndarray:
    """Return an 8-bit image in 16 bits."""
    return image.astype(np.uint16) * np.uint16(WORTH)


def rounded(found: np.ndarray, gain: float) -> np.ndarray:
    return cv2.multiply(found, (1, 1, 1, 1), scale=gain, dtype=cv2.CV_16U)


def edges(image: np.ndarray) -> np.ndarray:
    return rounded(magnitude(blur(image), cv2.Sobel), SOBEL_GAIN)


def threshold(image: np.ndarray) -> np.ndarray:
    found = magnitude(blur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)), cv2.Scharr)
    return cv2.compare(found, WORTH * LEVEL / SCHARR_GAIN, cv2.CMP_GT)


def laplacian(image: np.ndarray) -> np.ndarray:
    blurred = cv2.GaussianBlur(image, (9, 9), 2, borderType=REFLECT)
    sharp = cv2.addWeighted(image, 2, blurred, -1, 0)
    found = cv2.Laplacian(sharp, cv2.CV_32F, ksize=1, borderType=REFLECT)
    return rounded(np.abs(found, out=found), 1)


def mix(image: np.ndarray) -> np.ndarray:
    blurred = blur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    sharp = cv2.filter2D(blurred, -1, SHARPEN_KERNEL, borderType=REFLECT)
    return cv2.bitwise_not(rounded(magnitude(sharp, cv2.Sobel), SOBEL_GAIN))


DEEP_THRESHOLD = Pipeline(
    [*THRESHOLD.stages[:-1], stage("point", "threshold", level=WORTH * LEVEL)],
    name=THRESHOLD.name,
    dtype="uint8",
)
DEEP: dict[str, Filter] = {
    pipelines.EDGES.name: edges,
    pipelines.THRESHOLD.name: threshold,
    pipelines.LAPLACIAN.name: laplacian,
    pipelines.PYRAMID.name: opencv_chains.pyramid,
    pipelines.BINOMIAL_PYRAMID.name: opencv_chains.binomial_pyramid,
    pipelines.MIX.name: mix,
}


def in_16_bits(chain: Chain) -> Chain:
    ours = DEEP_THRESHOLD if chain.ours is THRESHOLD else chain.ours
    return replace(chain, ours=ours, usual=DEEP[chain.ours.name], tolerance=chain.tolerance * WORTH)


def cases(chain: Chain, side: int) -> Iterator[tuple[str, Chain, np.ndarray]]:
    """Yield the chain on each kind of image, the one that the others are held against first."""
    colour = chain.ours.stages[0] is pipelines.GRAY
    for kind, make in KINDS.items():
        if colour and make is samples.gray:
            continue
        image = make(side)
        yield kind, chain, image
        if colour or make is samples.gray:
            yield kind.replace("8", "16"), in_16_bits(chain), deep(image)


def rows(bench: Bench) -> Iterator[Row]:
    for given in CHAINS:
        first = None
        for kind, chain, image in cases(given, bench.side):
            ours, theirs = partial(chain.ours, image), partial(chain.usual, image)
            differs = difference(chain.ours.name, ours(), theirs(), chain.tolerance, chain.outliers)
            seconds, peers = bench.medians(ours, theirs)
            first = first or peers / seconds
            yield {
                "chain": chain.ours.name,
                "image": kind,
                "convpipe ms": seconds * 1e3,
                "OpenCV ms": peers * 1e3,
                "ratio": peers / seconds,
                "of the first ratio": peers / seconds / first,
                "differs by": differs,
            }


def tables(bench: Bench) -> Iterator[Table]:
    note = "`of the first ratio`: over the ratio of the 8-bit image that the chain is usually timed on."
    yield Table("Chains on other kinds of images", list(rows(bench)), note)


if __name__ == "__main__":
    run(__doc__, tables, prepare=cv2.setNumThreads)
