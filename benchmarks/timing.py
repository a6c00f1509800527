"""How everything here is timed: results compared first, then both sides and a copy in turn, medians of each.

A script gives tables; :func:`run` prints them as Markdown and, with ``--json FILE``, keeps the numbers.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numba
import numpy as np

from convpipe.cli.timing import copy_of, medians
from convpipe.compile.runtime import threads as layer

QUICK = 3
"""Samples of each side where a look will do."""

Work = Callable[[], np.ndarray]
Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """Rows of numbers under named columns, and what a reader must know of them."""

    title: str
    rows: Sequence[Row]
    note: str = ""

    def __str__(self) -> str:
        columns = list(self.rows[0])
        aligned = ["---" if isinstance(self.rows[0][name], str) else "---:" for name in columns]
        lines = [columns, aligned, *([_cell(row[name]) for name in columns] for row in self.rows)]
        body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return "\n\n".join(part for part in (f"### {self.title}", body, self.note) if part)


def _cell(value: object) -> str:
    """Return three significant digits of a float, and anything else as it is."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


@dataclass(frozen=True)
class Peer:
    """What another library does, and its name."""

    work: Work
    name: str = "OpenCV"


@dataclass(frozen=True)
class Bench:
    """What a script was asked for.

    Parameters
    ----------
    side : int
        Rows and columns of the images.
    threads : int
        Of each library.
    runs : int
        Samples of each side.
    flags : mapping
        What else a script can be asked for.
    """

    side: int
    threads: int
    runs: int
    flags: Mapping[str, int] = field(default_factory=dict)

    def medians(self, *works: Callable[[], object]) -> list[float]:
        """Return median seconds of each work, timed in turn."""
        return medians(works, runs=self.runs)

    def compare(
        self,
        case: dict[str, Any],
        ours: Work,
        peer: Peer,
        image: np.ndarray,
        *,
        tolerance: float = 1.0,
        outliers: float = 0.0,
    ) -> Row:
        """Return the row of two functions that give the same array.

        Parameters
        ----------
        case : dict
            The first columns: what is timed.
        ours : callable
        peer : Peer
        image : ndarray
            What they read; its bytes and those of the result are what a copy moves.
        tolerance : float
            Largest difference between the results: one level, by default.
        outliers : float
            Share of the samples that may differ by more.

        Raises
        ------
        SystemExit
            If the results differ by more.
        """
        name = " ".join(map(str, case.values()))
        result = ours()
        differs = difference(name, np.asarray(result), np.asarray(peer.work()), tolerance, outliers)
        nbytes = image.nbytes + result.nbytes
        seconds, theirs, copy = self.medians(ours, peer.work, copy_of(nbytes, self.threads))
        return {
            **case,
            "convpipe ms": seconds * 1e3,
            f"{peer.name} ms": theirs * 1e3,
            "ratio": theirs / seconds,
            "GB/s": nbytes / seconds / 1e9,
            "of copy speed": copy / seconds,
            "differs by": differs,
        }


def difference(
    name: str, ours: np.ndarray, theirs: np.ndarray, tolerance: float, outliers: float = 0.0
) -> str:
    """Return the largest difference of two results, or the share of samples that differ at all.

    More than a share of `outliers` beyond `tolerance` ends the program.
    """
    if ours.shape != theirs.shape:
        raise SystemExit(f"{name}: results differ: shapes {ours.shape} and {theirs.shape}")
    distance = np.abs(np.subtract(ours, theirs, dtype=np.float64 if ours.itemsize > 2 else np.float32))
    largest, beyond = float(distance.max()), float(np.mean(distance > tolerance))
    if not beyond <= outliers or not np.isfinite(largest):
        raise SystemExit(f"{name}: results differ by {largest:g}; {beyond:.2%} by over {tolerance:g}")
    return f"{np.mean(distance > 0):.2%} of pixels" if outliers else f"{largest:.2g}"


def summary(rows: Sequence[Row]) -> str:
    """Return the geometric mean and the lowest of the ratios."""
    ratios = [row["ratio"] for row in rows]
    mean = np.exp(np.mean(np.log(ratios)))
    return f"Geometric mean of the ratios {mean:.2f}, lowest {min(ratios):.2f}."


def resident(field: str) -> int:
    """Return the resident set of this process (VmRSS) or its peak (VmHWM), in bytes; Linux alone tells them.

    The peak of ``getrusage`` is that of the process that started this one, where that was higher.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) * 1024


def compared(title: str, rows: Iterable[Row], note: str = "") -> Table:
    """Return a table of comparisons, with the summary of their ratios."""
    listed = list(rows)
    return Table(title, listed, " ".join(part for part in (note, summary(listed)) if part))


Script = Callable[[Bench], Iterator[Table]]


def run(
    description: str,
    tables: Script,
    *,
    side: int = 4096,
    runs: int = 15,
    flags: Mapping[str, tuple[int, str]] | None = None,
    prepare: Callable[[int], object] = int,
) -> None:
    """Print the tables of a script whose command line is its options.

    Parameters
    ----------
    description : str
    tables : callable
        From a :class:`Bench` to tables, each printed when it is done.
    side, runs : int
        Defaults of ``--side`` and ``--runs``.
    flags : mapping, optional
        More numbers that can be given: default and meaning of each.
    prepare : callable
        Takes the number of threads, and tells the peer.
    """
    parser = argparse.ArgumentParser(description=description.partition("\n")[0])
    parser.add_argument("--side", type=int, default=side, help=f"of the images; default {side}")
    parser.add_argument("--threads", type=int, default=2, help="of each library; default 2")
    parser.add_argument("--runs", type=int, default=runs, help=f"timed samples of each; default {runs}")
    parser.add_argument("--quick", action="store_true", help=f"for a look: {QUICK} samples of each")
    parser.add_argument("--json", type=Path, help="write the numbers to this file")
    for name, (default, meaning) in (flags or {}).items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{meaning}; default {default}")
    options = parser.parse_args()
    layer.prepare()  # before Numba starts its threads, and takes another layer than convpipe does
    numba.set_num_threads(min(options.threads, numba.config.NUMBA_NUM_THREADS))
    prepare(options.threads)
    kept = []
    given = {name: getattr(options, name) for name in flags or {}}
    runs = min(options.runs, QUICK) if options.quick else options.runs
    for table in tables(Bench(options.side, options.threads, runs, given)):
        print(table, end="\n\n", flush=True)
        kept.append(asdict(table))
    if options.json:
        options.json.write_text(json.dumps(kept, indent=1) + "\n")
