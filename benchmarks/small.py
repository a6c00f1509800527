"""Chains on small images against OpenCV, where a call's overhead counts.

    python benchmarks/small.py [--side 1024] [--threads 2]

`--side` is that of the largest image.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import cv2
from opencv_chains import CHAINS
from pipelines import image_for
from timing import Bench, Row, Table, compared, difference, run

SIDES = (64, 128, 256, 512, 1024)


def rows(bench: Bench, tuned: bool) -> Iterator[Row]:
    for side in SIDES:
        if side > bench.side:
            continue
        for chain in CHAINS:
            image = image_for(chain.ours, side)
            theirs = partial(chain.tuned(image.shape) if tuned else chain.usual, image)
            ours = partial(chain.ours, image)
            differs = difference(chain.ours.name, ours(), theirs(), chain.tolerance, chain.outliers)
            seconds, peers = bench.medians(ours, theirs)
            yield {
                "side": side,
                "chain": chain.ours.name,
                "convpipe ms": seconds * 1e3,
                "OpenCV ms": peers * 1e3,
                "ratio": peers / seconds,
                "differs by": differs,
            }


def tables(bench: Bench) -> Iterator[Table]:
    calls = "Call overhead included."
    yield compared("Small images, OpenCV as usually written", rows(bench, False), calls)
    kept = f"{calls} Intermediate arrays kept, and the fastest calls found for each step."
    yield compared("Small images, OpenCV tuned by hand", rows(bench, True), kept)


if __name__ == "__main__":
    run(__doc__, tables, side=SIDES[-1], prepare=cv2.setNumThreads)
