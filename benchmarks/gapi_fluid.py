"""Chains of 3x3 windows against G-API of OpenCV 4, by its fluid backend, which makes them row by row.

    python benchmarks/gapi_fluid.py [--side 4096] [--threads 2]

OpenCV 5 has no G-API in Python. $GAPI_PYTHON names an interpreter with opencv-python-headless 4; without one
an environment is made for it. Fluid runs on one thread and holds Python's lock: each thread gets a process of
its own, with a band of the image. The two sides take turns; results are made anew, and G-API's stay in bands.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import venv
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
from pipelines import GRAY, LEVEL, SHARPEN, image_for
from timing import Bench, Peer, Row, Table, compared, run

from convpipe import Pipeline, stage

PEER = Path(__file__).with_name("gapi_peer.py")
NEEDED = "opencv-python-headless>=4.14,<5"

GAUSSIAN = stage("blur", "gaussian", sigma=1, truncate=1)
"""3x3."""

CHAINS = {
    "edges": Pipeline([stage("blur", "box", size=3), stage("edge", "sobel")], name="box, sobel magnitude"),
    "threshold": Pipeline(
        [GRAY, GAUSSIAN, stage("edge", "scharr"), stage("point", "threshold", level=LEVEL)],
        name="RGB to gray, blur, scharr, threshold",
    ),
    "unsharp": Pipeline([stage("sharpen", "unsharp", sigma=1, truncate=1)], name="unsharp"),
    "sharpen": Pipeline([GAUSSIAN, stage("custom", "sharpen", kernel=SHARPEN)], name="blur, sharpen"),
}
DIFFERENCES = {"edges": (2.0, 0.0), "threshold": (0.0, 0.05), "unsharp": (1.0, 0.0), "sharpen": (8.0, 0.0)}
"""Levels by which results may differ, as fluid rounds to 8 bits between stages, and a share of outliers."""


def interpreter() -> str:
    """Return one that has G-API, in an environment made for it if need be."""
    if given := os.environ.get("GAPI_PYTHON"):
        return given
    folder = Path(tempfile.gettempdir()) / f"gapi-{os.getuid()}"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", NEEDED], check=True)
    return str(python)


class Fluid:
    """A process that filters a band of an image when it is told to.

    Parameters
    ----------
    chain : str
    image, result : Path
        Where the image is, and where the rows of the result go.
    first, last : int
        Those rows.
    """

    def __init__(self, chain: str, image: Path, result: Path, first: int, last: int) -> None:
        command = [interpreter(), str(PEER), chain, str(image), str(result), str(first), str(last)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.version = self.answer()

    def start(self) -> None:
        """Have it filter its band."""
        assert self.process.stdin
        self.process.stdin.write("\n")

    def answer(self) -> str:
        """Wait until it has."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("G-API's process ended")
        return line.strip()

    def close(self) -> None:
        """End it."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


class Bands:
    """An image in bands, each filtered by a process; called, all of them filter theirs at once."""

    def __init__(self, chain: str, image: np.ndarray, count: int, folder: Path) -> None:
        np.save(given := folder / "image.npy", image)
        cuts = [k * len(image) // count for k in range(count + 1)]
        self.files = [folder / f"{k}.npy" for k in range(count)]
        self.processes = [
            Fluid(chain, given, file, cuts[k], cuts[k + 1]) for k, file in enumerate(self.files)
        ]
        self.result = np.concatenate([np.load(file) for file in self.files])

    def __call__(self) -> np.ndarray:
        """Return the result, of which every call makes the same."""
        for process in self.processes:
            process.start()
        for process in self.processes:
            process.answer()
        return self.result

    def close(self) -> None:
        """End the processes."""
        for process in self.processes:
            process.close()


def rows(bench: Bench) -> Iterator[Row]:
    for chain, ours in CHAINS.items():
        image = image_for(ours, bench.side)
        tolerance, outliers = DIFFERENCES[chain]
        for threads in sorted({1, bench.threads}):
            with ExitStack() as stack:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                theirs = Bands(chain, image, threads, folder)
                stack.callback(theirs.close)
                yield bench.compare(
                    {"chain": ours.name, "threads": threads},
                    partial(ours, image, threads=threads),
                    Peer(theirs, "G-API"),
                    image,
                    tolerance=tolerance,
                    outliers=outliers,
                )


def tables(bench: Bench) -> Iterator[Table]:
    version = subprocess.run(
        [interpreter(), "-c", "import cv2; print(cv2.__version__)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    note = f"G-API of OpenCV {version}: of several threads, a process with its band of the image for each."
    yield compared("Chains, uint8, against G-API's fluid backend", rows(bench), note)


if __name__ == "__main__":
    run(__doc__, tables)
