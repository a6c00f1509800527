"""A folder of photographs, whole processes: convpipe run, its codecs alone, and other libraries.

    python benchmarks/folder.py [--images 240] [--pngs 40] [--side 2048] [--threads 2] [--runs 3]

Blur, then the magnitude of the gradient, of RGB images of `side` rows and half as many columns again. Files
are in the page cache before anything is timed, contenders take turns, and each time is that of a process from
its start to its end. There are at most 24 different photographs, each under many names.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
import samples
from timing import Bench, Row, Table, difference, run

from convpipe import images

CONFIG = """\
name: edges
stages:
  - {blur: gaussian, sigma: 1, truncate: 2}
  - {edge: sobel}
"""
DISTINCT = 24
QUALITY = 90
"""Of the photographs; results have convpipe's default of 95."""

SLOW = 20
"""scikit-image gets one image of so many, and its time is scaled."""

LAUNCH = """\
import json, os, resource, subprocess, sys, time
began = time.perf_counter()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
seconds = time.perf_counter() - began
print(json.dumps([code, seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3]))
"""
"""Runs a command from a process that is small: a child's peak of memory counts that of who started it."""

NAMES = {
    "codecs": "its codecs alone",
    "convpipe": "convpipe run",
    "opencv": "OpenCV, pool of processes",
    "vips": "pyvips, threads, magnitude",
    "vips-native": "pyvips, threads, own Sobel",
    "skimage": "scikit-image, pool of processes",
}
GOALS = {"opencv": 2.0, "vips": 2.0, "vips-native": 2.0, "skimage": 10.0}
OF_CODECS = {"jpg": 1.35, "png": 1.10}
MEGABYTES = 400


class Folder:
    """Photographs in one format, and a place for results.

    Parameters
    ----------
    root : Path
    format : {'jpg', 'png'}
    count : int
    bench : Bench
    """

    def __init__(self, root: Path, format: str, count: int, bench: Bench) -> None:
        self.format, self.count, self._threads = format, count, bench.threads
        self.source, self.target = root / format, root / "results" / format
        self._some, self._config = root / f"{format}-some", root / "job.yaml"
        self._config.write_text(CONFIG)
        for folder in (self.source, self._some):
            folder.mkdir()
        self.target.parent.mkdir(exist_ok=True)
        quality = QUALITY if format == "jpg" else None
        for k in range(min(count, DISTINCT)):
            photo = samples.photograph(bench.side, bench.side * 3 // 2, k)
            images.write(self.source / f"{k:04}.{format}", photo, images.Encoding(quality=quality))
        for k in range(DISTINCT, count):
            shutil.copy(self.source / f"{k % DISTINCT:04}.{format}", self.source / f"{k:04}.{format}")
        for k in range(self.few):
            os.link(self.source / f"{k:04}.{format}", self._some / f"{k:04}.{format}")
        os.sync()

    @property
    def few(self) -> int:
        """Number of images that are enough for slow peers, and to start everybody once."""
        return min(self.count, max(2 * self._threads, self.count // SLOW))

    def time(self, who: str, few: bool = False) -> tuple[float, float]:
        """Return seconds and megabytes of a process that filters the folder, or a few of its images."""
        shutil.rmtree(self.target, ignore_errors=True)
        source = str(self._some if few else self.source)
        if who == "convpipe":
            arguments = ["-m", "convpipe", "run", str(self._config), source, str(self.target)]
            arguments += ["--jobs", str(self._threads), "--backend", "cpu"]
        else:
            script = str(Path(__file__).parent / "folder_peers.py")
            arguments = [script, who, source, str(self.target), str(self._threads)]
        return launch(arguments)

    def result(self) -> np.ndarray:
        """Return what the last contender made of the first image."""
        return images.read(self.target / f"0000.{self.format}").pixels


def launch(arguments: Sequence[str]) -> tuple[float, float]:
    """Return seconds and megabytes of a Python process."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "VIPS_CONCURRENCY": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-SE", "-c", LAUNCH, sys.executable, *arguments]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    code, seconds, megabytes = json.loads(done.stdout)
    if code:
        raise SystemExit(f"failed: {' '.join(arguments)}")
    return seconds, megabytes


def compare(folder: Folder, who: Sequence[str]) -> dict[str, str]:
    """Run everybody on a few images, and return how far the results of the first are from convpipe's."""
    folder.time("convpipe", few=True)
    ours = folder.result()
    shutil.copy(folder.target / f"0000.{folder.format}", folder.target.parent / f"result.{folder.format}")
    found = {"convpipe": "0", "codecs": "", "vips-native": "another filter"}
    for name in who:
        folder.time(name, few=True)
        if name not in found:
            # Lossy: decoders and encoders, and 8 bits between the filters, may each move a sample.
            lossy = folder.format == "jpg"
            tolerance, outliers = (6.0, 0.01) if lossy else (2.0, 0.001)
            found[name] = difference(NAMES[name], ours, folder.result(), tolerance, outliers)
    return found


def rows(folder: Folder, who: Sequence[str], rounds: int) -> Iterator[Row]:
    """Yield the numbers of each contender, codecs first."""
    differs = compare(folder, who)
    taken: dict[str, list[float]] = {name: [] for name in who}
    peak = dict.fromkeys(who, 0.0)
    for _ in range(rounds):
        for name in who:
            few = name == "skimage"
            seconds, megabytes = folder.time(name, few)
            taken[name].append(seconds * folder.count / folder.few if few else seconds)
            peak[name] = max(peak[name], megabytes)
    for name in who:
        pairs = list(zip(taken[name], taken["convpipe"], strict=True))
        ratios = [theirs / ours for theirs, ours in pairs]
        yield {
            "who": NAMES[name],
            "seconds": median(taken[name]),
            "ms an image": median(taken[name]) / folder.count * 1e3,
            "ratio": median(ratios),
            "lowest": min(ratios),
            "goal": goal(name, folder.format),
            "MB at most": peak[name],
            "pixels that differ": differs[name].removesuffix(" of pixels"),
        }


def goal(name: str, format: str) -> str:
    """Return what was set out for a contender's ratio."""
    if name == "codecs":
        return f"{1 / OF_CODECS[format]:.3f}"
    if name == "convpipe":
        return f"{MEGABYTES} MB"
    return f"{GOALS[name]:g}" if format == "jpg" else ""


def one_image(folder: Folder, rounds: int) -> Row:
    """Return how long one image takes from the shell, its loop compiled before."""
    photo = folder.source / f"0000.{folder.format}"
    arguments = ["-m", "convpipe", "run", str(folder._config), str(photo), str(folder.target), "--overwrite"]
    taken = [launch(arguments)[0] for _ in range(rounds + 1)][1:]
    return {"what": f"one {folder.format} from the shell", "seconds": median(taken), "goal": "1.5"}


def tables(bench: Bench) -> Iterator[Table]:
    others = ["opencv", *(["vips", "vips-native"] if find_spec("pyvips") else []), "skimage"]
    with tempfile.TemporaryDirectory() as name:
        for format, count, who in (
            ("jpg", bench.flags["images"], ["codecs", "convpipe", *others]),
            ("png", bench.flags["pngs"], ["codecs", "convpipe", "opencv"]),
        ):
            if not count:
                continue
            folder = Folder(Path(name), format, count, bench)
            found = list(rows(folder, who, bench.runs))
            over = 1 / found[0]["ratio"]
            note = (
                f"convpipe takes {over:.3g} times what its codecs take that do nothing else, process and all."
                " `lowest` is the lowest ratio of a round. Memory is that of the largest process; a pool has"
                " several."
            )
            if "skimage" in who:
                note += f" scikit-image filtered {folder.few} images, and its time is scaled."
            size = f"{bench.side} x {bench.side * 3 // 2} RGB"
            yield Table(f"Folder of {count} {format.upper()}s, {size}", found, note)
            yield Table(f"One {format.upper()}, {size}", [one_image(folder, bench.runs)])


if __name__ == "__main__":
    run(__doc__, tables, side=2048, runs=3, flags={"images": (240, "JPEGs"), "pngs": (40, "PNGs")})
