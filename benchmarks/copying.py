"""Chains and filters against copies of the bytes they read and write.

    python benchmarks/copying.py [--side 4096] [--threads 2]

The loop copies words of eight bytes, each thread its band; one over bytes is not vectorised, and far slower.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import pipelines
from timing import Bench, Row, Table, run

from convpipe import Pipeline, stage
from convpipe.cli.timing import Work, copy_of
from convpipe.compile.cpu.copy import parallel_copy

PIPELINES = (
    pipelines.EDGES,
    pipelines.THRESHOLD,
    pipelines.LAPLACIAN,
    pipelines.PYRAMID,
    pipelines.MIX,
    Pipeline([stage("blur", "box", size=3)], name="box 3x3"),
    Pipeline([pipelines.BLUR], name="blur 5x5"),
)


def fresh_copy(nbytes: int, threads: int) -> Work:
    """Return a copy into an array that every call makes, as filters make their result."""
    source = np.ones(max(1, nbytes // 16), np.uint64)
    return lambda: parallel_copy(source, np.empty_like(source), threads)


def row(bench: Bench, pipeline: Pipeline, image: np.ndarray) -> Row:
    nbytes = image.nbytes + pipeline(image).nbytes
    ours, kept, fresh = bench.medians(
        partial(pipeline, image), copy_of(nbytes, bench.threads), fresh_copy(nbytes, bench.threads)
    )
    return {
        "pipeline": pipeline.name,
        "convpipe ms": ours * 1e3,
        "copy ms": kept * 1e3,
        "copy to a new array ms": fresh * 1e3,
        "times the copy": ours / kept,
        "times the new copy": ours / fresh,
    }


def tables(bench: Bench) -> Iterator[Table]:
    rows = [row(bench, each, pipelines.image_for(each, bench.side)) for each in PIPELINES]
    yield Table("Time over that of copying the same bytes, uint8", rows)


if __name__ == "__main__":
    run(__doc__, tables)
