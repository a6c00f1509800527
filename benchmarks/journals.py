"""What it costs to know of earlier runs, in time and memory: to resume, to show journals, to merge them.

    python benchmarks/journals.py [--most 100000]

The images have one pixel, and their results and records are copies of real ones: nothing is left to filter.
Each row is a process of its own, for a tenth and a hundredth of the images, too. Folders are temporary ones:
TMPDIR says on which disk. Linux alone tells the peak of a process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from timing import Bench, Row, Table, resident, run

import convpipe
from convpipe.batch import merge_journals, survey
from convpipe.batch.journal_files import journal_name
from convpipe.batch.table import TABLE, table_name
from convpipe.images import write
from convpipe.shards import Shard

PER_FOLDER = 1000

SHARDS = 4


def pipeline() -> convpipe.Pipeline:
    """Return the filters of all runs."""
    return convpipe.Pipeline([convpipe.stage("blur", "box", size=3)], measure={"level": "mean(input)"})


def names(count: int) -> Iterator[str]:
    """Yield the names of images."""
    return (f"{at // PER_FOLDER:04}/{at:07}.png" for at in range(count))


def filled(folder: Path, count: int, content: bytes) -> None:
    """Write files of one content."""
    for name in names(count):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def settled(folder: Path, count: int, shard: Shard | None = None) -> None:
    """Make a run of a few images, and write into its journal what it would have said of many."""
    few = folder / "in"
    filled(few, 10 * SHARDS, _pixel(folder))
    own = [name for name in names(count) if shard is None or shard.takes(Path(name))]
    pipeline().run_folder(few, folder / "out", shard=None if shard is None else str(shard))
    journal = folder / "out" / journal_name(shard)
    header, first, *_ = journal.read_text().splitlines()
    record = json.loads(first)
    with journal.open("w") as file:
        file.write(f"{header}\n")
        file.writelines(json.dumps({**record, "path": name, "output": name}) + "\n" for name in own)
    table = folder / "out" / table_name(TABLE, shard)
    head, row, *_ = table.read_text().splitlines(keepends=True)
    _, numbers = row.split(",", 1)
    table.write_text(head + "".join(f'"{name}",{numbers}' for name in own))


def _pixel(folder: Path) -> bytes:
    write(folder / "one.png", np.zeros((1, 1), "uint8"), overwrite=True)
    return (folder / "one.png").read_bytes()


def resume(folder: Path) -> int:
    """Go on with a run that was done, and return of how many images that was seen."""
    return pipeline().run_folder(folder / "in", folder / "out", resume=True).kept


def show(folder: Path) -> int:
    """Count what journals of shards say, and return of how many images that is."""
    return sum(each.counts["images"] for each in survey(folder / "out").shards)


def merge(folder: Path) -> int:
    """Merge the journals of shards, and their tables; return how many images stand in these."""
    table = merge_journals(folder / "out").table
    assert table is not None
    with table.open() as lines:
        return sum(1 for _ in lines) - 1


def act(what: str, folder: str) -> None:
    """Do something in a fresh process, and say of how many images, in what time and memory."""
    acts: dict[str, Callable[[Path], int]] = {"resume": resume, "show": show, "merge": merge}
    began = time.perf_counter()
    known = acts[what](Path(folder))
    print(json.dumps([known, time.perf_counter() - began, resident("VmHWM")]))


def measured(what: str, folder: Path, count: int) -> Row:
    """Return the seconds and megabytes of it."""
    call = f"import journals; journals.act({what!r}, {str(folder)!r})"
    text = subprocess.check_output([sys.executable, "-c", call], cwd=Path(__file__).parent, text=True)
    known, seconds, nbytes = json.loads(text)
    if known != count:
        raise SystemExit(f"{what}: {known} images are known, of {count}")
    return {f"{what} s": seconds, f"{what} MB": nbytes / 1e6}


def row(count: int) -> Row:
    """Return what it costs to know of so many images."""
    found: Row = {"images": count}
    with tempfile.TemporaryDirectory() as name:
        settled(Path(name), count)
        filled(Path(name, "in"), count, _pixel(Path(name)))
        filled(Path(name, "out"), count, next(Path(name, "out").rglob("*.png")).read_bytes())
        found |= measured("resume", Path(name), count)
    with tempfile.TemporaryDirectory() as name:
        for index in range(SHARDS):
            settled(Path(name), count, Shard(index, SHARDS))
        for what in ("show", "merge"):
            found |= measured(what, Path(name), count)
    return found


def tables(bench: Bench) -> Iterator[Table]:
    most = bench.flags["most"]
    counts = sorted({max(10 * SHARDS, most // part) for part in (100, 10, 1)})
    yield Table("Earlier runs", [row(count) for count in counts])


if __name__ == "__main__":
    run(__doc__, tables, runs=1, flags={"most": (100_000, "images, one pixel each")})
