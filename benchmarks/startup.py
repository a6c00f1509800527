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

HEAD = """\
name: {name}
input: {{path: photos}}
output: {{path: out}}
stages:
"""
STAGES = {
    "invert": ("{point: invert}",),
    "one": ("{blur: gaussian, sigma: 1, truncate: 2}",),
    "two": ("{blur: gaussian, sigma: 1, truncate: 2}", "{edge: sobel}"),
    "five": (
        "{color: gray, luma: bt601}",
        "{blur: gaussian, sigma: 1, truncate: 2}",
        "{custom: sharpen, kernel: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]}",
        "{edge: sobel}",
        "{point: invert}",
    ),
}
GOALS = {"one": (1.3, 0.9), "two": (1.3, 0.9), "five": (1.7, 1.2)}
"""Seconds of a first run with an empty cache, and where another pipeline ran before."""

FIRST = 5
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
            ("check", ("check", "five.yaml")),
            ("plan", ("plan", "five.yaml", "--size", f"{side}x{side}x3")),
        ):
            taken = median(seconds(folder, *arguments) for _ in range(REPEATS))
            yield {"command": what, "seconds": taken, "goal": 0.3}
        for name, goals in GOALS.items():
            yield from first_runs(folder, name, goals)
        run_one = ("run", "five.yaml", "--overwrite")
        seconds(folder, *run_one)
        taken = median(seconds(folder, *run_one) for _ in range(REPEATS))
        yield {"command": "run, five stages: later run", "seconds": taken, "goal": 1.5}


def first_runs(folder: Path, name: str, goals: tuple[float, float]) -> Iterator[Row]:
    """Yield what first runs of a pipeline take, with an empty cache and with another pipeline's loops."""
    run_one = ("run", f"{name}.yaml", "--overwrite")
    empty, known = [], []
    for k in range(FIRST):
        empty.append(seconds(folder, *run_one, cache=f"{name}-empty-{k}"))
        seconds(folder, "run", "invert.yaml", "--overwrite", cache=f"{name}-known-{k}")
        known.append(seconds(folder, *run_one, cache=f"{name}-known-{k}"))
    for what, taken, goal in zip(("empty cache", "driver in cache"), (empty, known), goals, strict=True):
        yield {"command": f"run, {name}: {what}", "seconds": median(taken), "goal": goal}


def tables(bench: Bench) -> Iterator[Table]:
    note = "Medians. one: blur. two: and sobel. five: gray, blur, sharpen, sobel, invert."
    yield Table("From the shell", list(rows(bench.side)), note)


if __name__ == "__main__":
    run(__doc__, tables, side=512)
