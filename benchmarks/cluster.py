"""What a Dask cluster costs: of an image, of a second worker, of the memory of the client.

    python benchmarks/cluster.py [--images 300] [--small 1000] [--many 200000]

Workers are processes of this machine, of a thread each; the scheduler is in the process of the client, but
for its memory. `--many` is the largest number of images for the memory of the client; 200,000 take a
quarter of an hour. A part of which there are 0 images is left out. Folders are temporary ones: TMPDIR says
on which disk, and what it takes to bring a file there is part of what is measured.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from distributed import Client, LocalCluster
from timing import Bench, Row, Table, run

import convpipe
from convpipe.images import write

STAGES = (("blur", "gaussian", {"sigma": 1.4}), ("edge", "sobel", {}))

PER_FOLDER = 1000

WATCH = """\
import json, sys
from pathlib import Path
import convpipe
source, output, address = sys.argv[1:]
status = lambda: dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
peak = lambda: int(status()["VmHWM"].split()[0]) / 1e3
pipeline = convpipe.Pipeline([convpipe.stage("blur", "box", size=3)])
report = pipeline.run_folder(source, output, cluster=address)
print(json.dumps([report.done, report.seconds, peak()]))
"""
"""A client that is a process of its own, and says what memory it took at most."""


@dataclass(frozen=True)
class Timed:
    """A run on a cluster, in seconds an image.

    Parameters
    ----------
    wall : float
    client : float
        Of the processor: the client and the scheduler.
    worker : float
        Of the processor: all workers.
    steps : float
        From the first step of an image to its last.
    """

    wall: float
    client: float
    worker: float
    steps: float


def pipeline() -> convpipe.Pipeline:
    """Return the filters of all runs."""
    return convpipe.Pipeline([convpipe.stage(family, name, **how) for family, name, how in STAGES])


@contextmanager
def workers(count: int) -> Iterator[Client]:
    """Start workers of a thread each."""
    how = {"threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(n_workers=count, **how) as cluster, Client(cluster) as client:
        yield client


def photographs(folder: Path, count: int, side: int) -> None:
    """Write PNGs of 8-bit grey that deflate as photographs do: slopes, and noise."""
    rng = np.random.default_rng(1)
    rows, cols = np.mgrid[:side, :side] / side
    folder.mkdir(parents=True)
    for at in range(count):
        image = 90 * np.sin(5 * rows + at) * np.cos(7 * cols) + 128 + rng.normal(0, 4, rows.shape)
        write(folder / f"{at:05}.png", image.clip(0, 255).astype("uint8"))


def tiny(folder: Path, count: int) -> None:
    """Write PNGs of one pixel."""
    folder.mkdir(parents=True)
    write(folder / "one.png", np.zeros((1, 1), "uint8"))
    content = (folder / "one.png").read_bytes()
    (folder / "one.png").unlink()
    for at in range(count):
        place = folder / f"{at // PER_FOLDER:04}"
        if at % PER_FOLDER == 0:
            place.mkdir()
        (place / f"{at:07}.png").write_bytes(content)


def timed(client: Client | None, source: Path, output: Path) -> Timed:
    """Filter a folder, by the cluster or by one thread of this process, once it is warm."""
    where = {"workers": 1} if client is None else {"cluster": client}
    pipeline().run_folder(source, output, **where)
    shutil.rmtree(output)
    spent = (lambda: 0.0) if client is None else (lambda: sum(client.run(time.process_time).values()))
    before, own, began = spent(), time.process_time(), time.perf_counter()
    report = pipeline().run_folder(source, output, **where)
    wall, own, after = time.perf_counter() - began, time.process_time() - own, spent()
    shutil.rmtree(output)
    if report.exit_code:
        raise SystemExit(f"{report.failed} images failed")
    return Timed(*(each / report.done for each in (wall, own, after - before, sum(report.steps))))


def overhead(folder: Path, count: int) -> Row:
    """Return what a cluster of one worker adds to an image."""
    source, output = folder / "tiny", folder / "out"
    tiny(source, count)
    here = timed(None, source, output)
    with workers(1) as client:
        there = timed(client, source, output)
    return {
        "images": count,
        "one thread ms": here.wall * 1e3,
        "one worker ms": there.wall * 1e3,
        "added ms": (there.wall - here.wall) * 1e3,
        "client's processor ms": there.client * 1e3,
        "worker's processor ms": there.worker * 1e3,
    }


def speedup(folder: Path, count: int, side: int) -> Row:
    """Return how much quicker two workers are than one."""
    source, output = folder / "photographs", folder / "out"
    photographs(source, count, side)
    found = []
    for number in (1, 2):
        with workers(number) as client:
            found.append(timed(client, source, output))
    one, two = found
    return {
        "images": count,
        "side": side,
        "one worker ms": one.wall * 1e3,
        "two workers ms": two.wall * 1e3,
        "ratio": one.wall / two.wall,
        "client's processor ms": two.client * 1e3,
    }


def memory(folder: Path, most: int) -> Iterator[Row]:
    """Yield the peak of the client's memory for numbers of images up to `most`."""
    with workers(2) as client:
        for count in sorted({1000, most // 10, most}):
            source, output = folder / f"in{count}", folder / f"out{count}"
            tiny(source, count)
            command = [sys.executable, "-c", WATCH, str(source), str(output), client.scheduler.address]
            done, seconds, peak = json.loads(subprocess.check_output(command, text=True).splitlines()[-1])
            yield {"images": done, "ms an image": seconds / done * 1e3, "client MB": peak}
            shutil.rmtree(source)
            shutil.rmtree(output)


def tables(bench: Bench) -> Iterator[Table]:
    flags = bench.flags
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if flags["small"]:
            yield Table("What a cluster adds to an image of one pixel", [overhead(folder, flags["small"])])
        if flags["images"]:
            yield Table(
                "PNGs of grey, by one worker and by two", [speedup(folder, flags["images"], bench.side)]
            )
        if flags["many"]:
            yield Table("Memory of the client", list(memory(folder, flags["many"])))


if __name__ == "__main__":
    counts = {
        "images": (300, "PNGs"),
        "small": (1000, "PNGs of one pixel"),
        "many": (200_000, "PNGs of one pixel, for the memory of the client"),
    }
    run(__doc__, tables, side=1024, runs=1, flags=counts)
