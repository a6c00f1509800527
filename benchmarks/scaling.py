"""Growth with the size of the image, and small images, of the first chain: blur 5x5, Sobel magnitude, uint8.

    python benchmarks/scaling.py [--side 14142] [--threads 2]

`--side` is that of the largest image.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import cv2
import samples
from opencv_chains import CHAINS
from pipelines import image_for
from timing import Bench, Peer, Row, Table, compared, run

SIDES = (1000, 2000, 4000, 8000, 14142)
SMALL = (64, 256)


def growth(bench: Bench) -> Iterator[Row]:
    chain = CHAINS[0]
    for side in SIDES:
        if side > bench.side:
            continue
        image = samples.gray(side)
        found = bench.compare(
            {"megapixels": round(image.size / 1e6)},
            partial(chain.ours, image),
            Peer(partial(chain.usual, image)),
            image,
            tolerance=chain.tolerance,
        )
        per_pixel = {
            f"{name} ns a pixel": found[f"{name} ms"] * 1e6 / image.size for name in ("convpipe", "OpenCV")
        }
        yield {**found, **per_pixel}


def small(bench: Bench, tuned: bool) -> Iterator[Row]:
    for side in SMALL:
        for chain in CHAINS:
            image = image_for(chain.ours, side)
            theirs = chain.tuned(image.shape) if tuned else chain.usual
            found = bench.compare(
                {"side": side, "chain": chain.ours.name},
                partial(chain.ours, image),
                Peer(partial(theirs, image)),
                image,
                tolerance=chain.tolerance,
                outliers=chain.outliers,
            )
            del found["GB/s"], found["of copy speed"]
            yield found


def tables(bench: Bench) -> Iterator[Table]:
    rows = list(growth(bench))
    if rows:
        times = [row["convpipe ns a pixel"] for row in rows]
        note = (
            f"The largest of convpipe's times per pixel is {max(times) / min(times) - 1:.0%} over the least."
        )
        yield Table("Growth with the image", rows, note)
    calls = "Call overhead included."
    yield compared("Small images, OpenCV as usually written", small(bench, False), calls)
    kept = f"{calls} Intermediate arrays kept, and the fastest calls found for each step."
    yield compared("Small images, OpenCV tuned by hand", small(bench, True), kept)


if __name__ == "__main__":
    run(__doc__, tables, side=SIDES[-1], prepare=cv2.setNumThreads)
