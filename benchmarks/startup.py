"""From the shell: the first run of a five-stage pipeline, which compiles, and later runs of one image.

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

CONFIG = """\
name: five
input: {path: photos}
output: {path: out}
stages:
  - {color: gray, luma: bt601}
  - {blur: gaussian, sigma: 1, truncate: 2}
  - {custom: sharpen, kernel: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]}
  - {edge: sobel}
  - {point: invert}
"""
REPEATS = 7


def seconds(folder: Path, *arguments: str) -> float:
    """Return the wall time of ``convpipe ARGUMENTS`` in `folder`, with compiled loops kept there."""
    environment = {**os.environ, "CONVPIPE_CACHE_DIR": str(folder / "loops")}
    command = [sys.executable, "-m", "convpipe", *arguments]
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    return time.perf_counter() - began


def rows(side: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "photos").mkdir()
        (folder / "five.yaml").write_text(CONFIG)
        images.write(folder / "photos" / "one.png", samples.rgb(side))
        run_one = ("run", "five.yaml", "--overwrite")
        for what, arguments, repeats, goal in (
            ("--help", ("--help",), REPEATS, 0.3),
            ("check", ("check", "five.yaml"), REPEATS, 0.3),
            ("plan", ("plan", "five.yaml", "--size", f"{side}x{side}x3"), REPEATS, 0.3),
            (f"first run of one {side}x{side} image, compiling", run_one, 1, 4.0),
            (f"later run of one {side}x{side} image", run_one, REPEATS, 1.5),
        ):
            taken = median(seconds(folder, *arguments) for _ in range(repeats))
            yield {"command": what, "seconds": taken, "goal": goal}


def tables(bench: Bench) -> Iterator[Table]:
    note = "Five stages: gray, blur, sharpen, sobel, invert. Medians, but for the first run."
    yield Table("From the shell", list(rows(bench.side)), note)


if __name__ == "__main__":
    run(__doc__, tables, side=512)
