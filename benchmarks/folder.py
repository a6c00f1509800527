"""A folder of photographs, whole processes: convpipe run, its codecs alone, and other libraries.

    python benchmarks/folder.py [--jpgs 240] [--pngs 40] [--tiffs 40] [--lzws 40] [--small 10000]

Blur, then the magnitude of the gradient, of images of `side` rows and half as many columns again: JPEG and
PNG of 8-bit RGB, TIFF of 16-bit grey, deflated or LZW; and of many small PNGs. Files are in the page cache
before anything is timed, contenders take turns, and each time is that of a process from its start to its end.
There are at most 24 different photographs, each under many names; 240 of the small ones. A kind of which
there are 0 is left out: `--jpgs 40 --pngs 0 --tiffs 0 --lzws 0 --small 0 --runs 1` takes a minute.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
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
QUALITY = 90
"""Of the photographs; results have convpipe's default of 95."""

LEVEL = 1
"""Of deflate, in TIFFs of results."""

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
    "libpng": "libpng alone, no filter",
    "libdeflate": "libdeflate alone, no filter",
    "convpipe": "convpipe run",
    "opencv": "OpenCV, pool of processes",
    "vips": "pyvips, threads, magnitude",
    "vips-loop": "pyvips, a loop, magnitude",
    "vips-native": "pyvips, threads, own Sobel",
    "skimage": "scikit-image, pool of processes",
}
ALONE = ("codecs", "libpng", "libdeflate")
"""Who filters nothing."""

MEGABYTES = 400
VIPS = {"vips", "vips-loop", "vips-native"}


@dataclass(frozen=True)
class Kind:
    """Images of one kind, and who filters them.

    Parameters
    ----------
    name : str
        Of the flag that says how many there are.
    title : str
    extension : str
    goals : mapping
        By contender, the lowest ratio that was set out; of the codecs, that of their time to convpipe's.
    compression : str, optional
        TIFF's; results are deflated.
    small : int, optional
        Rows and columns, if they are not those that were asked for.
    distinct : int
        Different photographs.
    """

    name: str
    title: str
    extension: str
    goals: Mapping[str, float]
    compression: str | None = None
    small: int | None = None
    distinct: int = 24

    @property
    def who(self) -> list[str]:
        """Contenders, its codecs first."""
        there = find_spec("pyvips") is not None
        return [
            "codecs",
            "convpipe",
            *(
                name
                for name in NAMES
                if name in self.goals and name != "codecs" and (there or name not in VIPS)
            ),
        ]

    def extent(self, side: int) -> tuple[int, int]:
        """Return rows and columns, where `side` rows were asked for."""
        return (self.small, self.small) if self.small else (side, side * 3 // 2)

    def write(self, path: Path, photo: np.ndarray) -> None:
        """Write a photograph."""
        if self.compression is None:
            quality = QUALITY if self.extension == "jpg" else None
            images.write(path, photo, images.Encoding(quality=quality))
            return
        import tifffile

        grain = np.random.default_rng(0).integers(0, 200, photo.shape[:2], dtype=np.uint16)
        grey = photo.sum(axis=2, dtype=np.uint16) * np.uint16(80) + grain
        tifffile.imwrite(path, grey, compression=self.compression, predictor=True, metadata=None)


KINDS = (
    Kind(
        "jpgs", "JPGs", "jpg", {"codecs": 1 / 1.35, "opencv": 2, "vips": 2, "vips-native": 2, "skimage": 10}
    ),
    Kind("pngs", "PNGs", "png", {"codecs": 0, "libpng": 1 / 1.10, "opencv": 0}),
    Kind("tiffs", "deflated TIFFs", "tif", {"codecs": 0, "libdeflate": 1 / 1.20}, "deflate"),
    Kind("lzws", "LZW TIFFs", "tif", {"codecs": 0, "libdeflate": 1 / 1.20}, "lzw"),
    Kind(
        "small",
        "small PNGs",
        "png",
        {"codecs": 0, "libpng": 0, "opencv": 3, "vips": 2, "vips-loop": 2},
        small=256,
        distinct=240,
    ),
)


class Folder:
    """Photographs of one kind, and a place for results.

    Parameters
    ----------
    root : Path
    kind : Kind
    bench : Bench
    """

    def __init__(self, root: Path, kind: Kind, bench: Bench) -> None:
        self.kind, self.count, self.threads = kind, bench.flags[kind.name], bench.threads
        self.extent = kind.extent(bench.side)
        self.source, self.target = root / "all", root / "results" / "filtered"
        self._some, self.config = root / "some", root / "job.yaml"
        self._turns = count()
        deflated = f"output: {{compression: {LEVEL}}}\n" if kind.compression else ""
        self.config.write_text(CONFIG + deflated)
        for folder in (self.source, self._some, self.target.parent):
            folder.mkdir(parents=True)
        distinct = min(self.count, kind.distinct)
        for k in range(distinct):
            kind.write(self.source / self._name(k), samples.photograph(*self.extent, k))
        for k in range(distinct, self.count):
            shutil.copy(self.source / self._name(k % distinct), self.source / self._name(k))
        for k in range(self.few):
            os.link(self.source / self._name(k), self._some / self._name(k))
        os.sync()

    def _name(self, k: int) -> str:
        return f"{k:05}.{self.kind.extension}"

    @property
    def first(self) -> Path:
        """The first image."""
        return self.source / self._name(0)

    @property
    def few(self) -> int:
        """Number of images that are enough for slow peers, and to start everybody once."""
        return min(self.count, max(2 * self.threads, self.count // SLOW))

    def time(self, who: str, few: bool = False) -> tuple[float, float]:
        """Return seconds and megabytes of a process that filters the folder, or a few of its images."""
        self._set_aside()
        source = str(self._some if few else self.source)
        if who == "convpipe":
            arguments = ["-m", "convpipe", "run", str(self.config), source, str(self.target)]
            arguments += ["--jobs", str(self.threads), "--backend", "cpu"]
        else:
            script = str(Path(__file__).parent / "folder_peers.py")
            arguments = [script, who, source, str(self.target), str(self.threads)]
        return launch(arguments)

    def _set_aside(self) -> None:
        """Empty and rename what the last contender wrote, to remove it with everything else.

        After many files were removed ext4 passes over their inodes for minutes: half a millisecond for each
        new file, in whoever comes next.
        """
        if self.target.exists():
            for path in self.target.iterdir():
                os.truncate(path, 0)
            self.target.rename(self.target.with_name(f"aside{next(self._turns)}"))

    def result(self) -> np.ndarray:
        """Return what the last contender made of the first image."""
        return images.read(self.target / self._name(0)).pixels

    def keep_result(self) -> None:
        """Keep the result of the first image for who encodes it, and does nothing else."""
        shutil.copy(self.target / self._name(0), self.target.parent / f"result.{self.kind.extension}")


def launch(arguments: Sequence[str]) -> tuple[float, float]:
    """Return seconds and megabytes of a Python process."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "VIPS_CONCURRENCY": "1"}
    if "vips-loop" in arguments:
        del environment["VIPS_CONCURRENCY"]  # its own threads are all it has
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
    folder.keep_result()
    found = {"convpipe": "0", **dict.fromkeys(ALONE, ""), "vips-native": "another filter"}
    for name in who:
        folder.time(name, few=True)
        if name not in found:
            # Lossy: decoders and encoders, and 8 bits between the filters, may each move a sample.
            tolerance = 6.0 if folder.kind.extension == "jpg" else 2.0
            # libvips repeats the edge, where others mirror the image.
            outliers = 0.01 if folder.kind.extension == "jpg" or name in VIPS else 0.001
            found[name] = difference(NAMES[name], ours, folder.result(), tolerance, outliers)
    return found


def rows(folder: Folder, rounds: int) -> Iterator[Row]:
    """Yield the numbers of each contender, codecs first."""
    who = folder.kind.who
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
            "goal": goal(name, folder.kind),
            "MB at most": peak[name],
            "pixels that differ": differs[name].removesuffix(" of pixels"),
        }


def goal(name: str, kind: Kind) -> str:
    """Return what was set out for a contender's ratio."""
    if name == "convpipe":
        return f"{MEGABYTES} MB"
    return f"{kind.goals[name]:.3g}" if kind.goals[name] else ""


def one_image(folder: Folder, rounds: int) -> Row:
    """Return how long one image takes from the shell, its loop compiled before."""
    arguments = ["-m", "convpipe", "run", str(folder.config), str(folder.first), str(folder.target)]
    taken = [launch([*arguments, "--overwrite"])[0] for _ in range(rounds + 1)][1:]
    return {"what": f"one {folder.kind.extension} from the shell", "seconds": median(taken), "goal": "1.5"}


def note(folder: Folder, over: float) -> str:
    """Return what a reader of the table must know."""
    text = (
        f"convpipe takes {over:.3g} times what its codecs take that do nothing else, process and all."
        " `lowest` is the lowest ratio of a round. Memory is that of the largest process; a pool has"
        " several."
    )
    if folder.kind.compression:
        text += f" Results are deflated, at level {LEVEL}."
    if "skimage" in folder.kind.who:
        text += f" scikit-image filtered {folder.few} images, and its time is scaled."
    return text


def tables(bench: Bench) -> Iterator[Table]:
    for kind in KINDS:
        if not bench.flags[kind.name]:
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Folder(Path(name), kind, bench)
            found = list(rows(folder, bench.runs))
            pixels = "16-bit grey" if kind.compression else "RGB"
            size = f"{' x '.join(map(str, folder.extent))} {pixels}"
            yield Table(
                f"Folder of {folder.count} {kind.title}, {size}", found, note(folder, 1 / found[0]["ratio"])
            )
            if kind.extension != "tif" and not kind.small:
                yield Table(f"One {kind.extension.upper()}, {size}", [one_image(folder, bench.runs)])


if __name__ == "__main__":
    counts = {
        "jpgs": (240, "JPEGs"),
        "pngs": (40, "PNGs"),
        "tiffs": (40, "deflated TIFFs"),
        "lzws": (40, "LZW TIFFs"),
        "small": (10_000, "small PNGs"),
    }
    run(__doc__, tables, side=2048, runs=3, flags=counts)
