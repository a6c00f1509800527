"""From the shell: first runs, which compile, with an empty cache and with the driver there; and later runs.

    python benchmarks/startup.py [--side 512]

Wall time of processes, start of Python included.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import samples
from timing import Bench, Row, Table, run

from convpipe import images
from convpipe.compile.cpu.executable import address_of, compile_fused
from convpipe.compile.cpu.loops import Loop, copy
from convpipe.plan import make_plan
from convpipe.stages import stage

HEAD = """\
name: "{name}"
input: {{path: photos}}
output: {{path: out}}
stages:
"""
CHAIN = (
    "{blur: gaussian, sigma: 1, truncate: 2}",
    "{edge: sobel}",
    "{point: invert}",
    "{custom: sharpen, kernel: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]}",
    "{blur: box, size: 5}",
    "{blur: gaussian, sigma: 2}",
    "{point: scale, gain: 1.5}",
    "{edge: laplacian}",
    "{blur: gaussian, sigma: 3}",
    "{custom: emboss, kernel: [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]}",
    "{blur: box, size: 3}",
    "{edge: scharr}",
)
STAGES = {"invert": CHAIN[2:3], **{str(count): CHAIN[:count] for count in (1, 2, 3, 5, 8, 12)}}
GOALS = {"1": (1.3, 0.9), "2": (1.3, 0.9), "5": (1.7, 1.2)}
"""Seconds of a first run with an empty cache, and where another pipeline ran before."""

FIRST = 3
"""First runs, each with a cache of its own."""

REPEATS = 7


def seconds(folder: Path, *arguments: str, cache: str = "loops") -> float:
    """Return the wall time of ``convpipe ARGUMENTS`` in `folder`; its loops are kept in `cache`."""
    environment = {**os.environ, "CONVPIPE_CACHE_DIR": str(folder / cache)}
    command = [sys.executable, "-m", "convpipe", *arguments]
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    return time.perf_counter() - began


def rows(side: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "photos").mkdir()
        for name, stages in STAGES.items():
            lines = "".join(f"  - {stage}\n" for stage in stages)
            (folder / f"{name}.yaml").write_text(HEAD.format(name=name) + lines)
        images.write(folder / "photos" / "one.png", samples.rgb(side))
        for what, arguments in (
            ("--help", ("--help",)),
            ("check", ("check", "5.yaml")),
            ("plan", ("plan", "5.yaml", "--size", f"{side}x{side}x3")),
        ):
            taken = median(seconds(folder, *arguments) for _ in range(REPEATS))
            yield {"command": what, "seconds": taken, "goal": 0.3}
        for name in list(STAGES)[1:]:
            yield from first_runs(folder, name, GOALS.get(name))


def first_runs(folder: Path, name: str, goals: tuple[float, float] | None) -> Iterator[Row]:
    """Yield what first runs of a pipeline take, with an empty cache and with another pipeline's loops."""
    run_one = ("run", f"{name}.yaml", "--overwrite")
    empty, known = [], []
    for k in range(FIRST):
        empty.append(seconds(folder, *run_one, cache=f"{name}-empty-{k}"))
        seconds(folder, "run", "invert.yaml", "--overwrite", cache=f"{name}-known-{k}")
        known.append(seconds(folder, *run_one, cache=f"{name}-known-{k}"))
    later = [seconds(folder, *run_one, cache=f"{name}-empty-0") for _ in range(REPEATS)]
    found = (*zip(("empty cache", "driver in cache"), (empty, known), goals or (None, None), strict=True),)
    for what, taken, goal in (*found, ("later run", later, 1.5 if name == "5" else None)):
        yield {"command": f"run, stages {name}: {what}", "seconds": median(taken), "goal": goal}


def sweep(dtype: str) -> Row:
    """What sigma from 0.5 to 10 in steps of 0.1 compiles in this process: loops, and the longest of them."""
    known: dict[Loop, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CONVPIPE_CACHE_DIR"] = folder
        address_of(copy("uint8", "float64"))  # what Numba loads before its first loop
        for sigma in range(5, 101):
            plan = make_plan([stage("blur", "gaussian", sigma=sigma / 10)], (512, 768), dtype=dtype)
            for loop in set(compile_fused(plan).table.loops) - set(known):
                began = time.perf_counter()
                address_of(loop)
                known[loop] = time.perf_counter() - began
    return {
        "image": dtype,
        "loops": len(known),
        "longest, s": max(known.values()),
        "all, s": sum(known.values()),
    }


def tables(bench: Bench) -> Iterator[Table]:
    note = "Medians. The chain: " + ", ".join(each.strip("{}").split(",")[0] for each in CHAIN)
    yield Table("From the shell", list(rows(bench.side)), note)
    note = "Loops that are compiled in one process, with an empty cache."
    yield Table("A Gaussian, sigma from 0.5 to 10 in steps of 0.1", [sweep("uint8"), sweep("float32")], note)


if __name__ == "__main__":
    run(__doc__, tables, side=512)
