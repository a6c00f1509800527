"""Memory of a fused run beyond its input and output, in a process of its own.

    python benchmarks/memory.py [--side 4096] [--threads 2]

How far the peak of the resident set rises over what stood before plus the result. Linux alone tells it.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numba
import pipelines
from timing import Bench, Row, Table, resident, run

from convpipe.compile.runtime import threads as layer

CHAINS = (pipelines.EDGES, pipelines.THRESHOLD, pipelines.LAPLACIAN, pipelines.PYRAMID, pipelines.MIX)


def measure(index: int, side: int, threads: int) -> Row:
    """Return the numbers of one chain; called in a fresh process."""
    layer.prepare()
    numba.set_num_threads(threads)
    pipeline = CHAINS[index]
    image = pipelines.image_for(pipeline, side, side)
    pipeline.warm(image.shape, image.dtype.name)
    pipeline(pipelines.image_for(pipeline, 512 * threads, 32))  # starts the threads
    ctypes.CDLL(None).malloc_trim(0)  # nothing that was freed before may hide what the run takes
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = resident("VmRSS")
    result = pipeline(image)
    extra = resident("VmHWM") - before - result.nbytes
    return {
        "chain": pipeline.name,
        "peak beyond input and output, KB a thread": max(extra, 0) / threads / 1e3,
    }


def rows(bench: Bench) -> Iterator[Row]:
    for index in range(len(CHAINS)):
        call = (
            f"import json, memory; print(json.dumps(memory.measure({index}, {bench.side}, {bench.threads})))"
        )
        done = subprocess.run(
            [sys.executable, "-c", call],
            cwd=Path(__file__).parent,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        yield json.loads(done.stdout)


def tables(bench: Bench) -> Iterator[Table]:
    if not Path("/proc/self/clear_refs").exists():
        raise SystemExit("memory.py reads Linux's /proc; there is none here")
    yield Table(f"Memory beyond input and output, {bench.side} columns, uint8", list(rows(bench)))


if __name__ == "__main__":
    run(__doc__, tables)
