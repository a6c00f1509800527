"""Growth with the size of the image, with the threads, and with the number of stages.

    python benchmarks/scaling.py [--side 20000] [--threads 2]

`--side` is that of the largest image. Threads and stages are timed at 4096 x 4096.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import cv2
import numpy as np
import samples
from opencv_chains import CHAINS
from pipelines import BLUR, SHARPEN, image_for
from timing import Bench, Peer, Row, Table, run

from convpipe import Pipeline, stage

SIDES = (1000, 2000, 4000, 8000, 14142, 20000)
SIDE = 4096
STAGES = (1, 2, 3, 4, 6, 8, 9, 10, 12)
STAGE_NOTES = {
    "uint8": "One stage, again and again; the first reads the image, the last writes the result. The first"
    " two sharpenings are exact in integers of 16 bits, and take half of the others, which are of float32.",
    "float32": "All stages have the same arithmetic.",
}


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


def threads(bench: Bench) -> Iterator[Row]:
    for chain in CHAINS:
        image = image_for(chain.ours, SIDE)
        one, all_of_them = bench.medians(
            partial(chain.ours, image, threads=1), partial(chain.ours, image, threads=bench.threads)
        )
        yield {
            "chain": chain.ours.name,
            "1 thread ms": one * 1e3,
            f"{bench.threads} threads ms": all_of_them * 1e3,
            "ratio": one / all_of_them,
        }


def stages(bench: Bench, dtype: str) -> Iterator[Row]:
    image = samples.gray(SIDE).astype(dtype)
    kinds = {"blur 5x5": BLUR, "sharpen 3x3": stage("custom", "sharpen", kernel=SHARPEN)}
    found = {}
    for name, one in kinds.items():
        works = [partial(Pipeline([one] * count), image) for count in STAGES]
        found[name] = np.array(bench.medians(*works)) * 1e3
    for k, count in enumerate(STAGES):
        times = {name: float(values[k]) for name, values in found.items()}
        yield {
            "stages": count,
            **{f"{name} ms": ms for name, ms in times.items()},
            **{f"{name} ms a stage": ms / count for name, ms in times.items()},
        }


def over_least(rows: Sequence[Row], column: str) -> str:
    values = [row[column] for row in rows]
    return f"{max(values) / min(values) - 1:.0%}"


def tables(bench: Bench) -> Iterator[Table]:
    rows = list(growth(bench))
    if rows:
        over = over_least(rows, "convpipe ns a pixel")
        note = f"The largest of convpipe's times per pixel is {over} over the least."
        yield Table("Growth with the image", rows, note)
    yield Table("Growth with the threads, uint8", list(threads(bench)))
    for dtype, note in STAGE_NOTES.items():
        yield Table(f"Growth with the stages, {dtype}", list(stages(bench, dtype)), note)


if __name__ == "__main__":
    run(__doc__, tables, side=SIDES[-1], prepare=cv2.setNumThreads)
