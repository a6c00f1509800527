"""Chains against Halide, scheduled by hand.

    python benchmarks/halide_chains.py [--side 4096] [--threads 2]

Both sides make their result anew in every call, compute in float32 and mirror the border. Of each chain the
fastest of some schedules is timed. They are those that stood out among about a hundred: strips of 8 to 512
rows in parallel, in which each stage's rows are kept in a ring; vectors of 16 to 64 samples; rows made singly
or in pairs, that share what they read; conversions kept, or done again wherever they are read; and for
pyramids, of which each level has fewer rows, the levels of a strip whole, and of the image whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import samples
from pipelines import image_for
from timing import Bench, Peer, Row, Table, compared, run

if TYPE_CHECKING:
    from halide_algorithms import Twin

Program = Callable[[np.ndarray], np.ndarray]


def prepare(threads: int) -> None:
    """Give Halide its threads; it reads their number when it is first used."""
    os.environ["HL_NUM_THREADS"] = str(threads)


class Schedule(NamedTuple):
    """How the rows of a result are made.

    Parameters
    ----------
    strip : int
        Rows of the result that a thread makes at a time.
    width, wide : int
        Samples of a vector: of what is kept, and of the result.
    keeps : bool
        Whether samples are kept as they are converted, or converted wherever they are read.
    pairs : bool
        Whether two rows are made at a time.
    """

    strip: int
    width: int = 16
    wide: int = 32
    keeps: bool = False
    pairs: bool = True


RINGS = (
    Schedule(32),
    Schedule(32, pairs=False),
    Schedule(64, width=32, keeps=True),
    Schedule(256, width=32, keeps=True),
    Schedule(512, wide=16, keeps=True),
)
LEVELS = (Schedule(16, pairs=False), Schedule(32, pairs=False), Schedule(64, pairs=False))


class Loops:
    """The loops of a chain over rows of the result, to which its steps are put."""

    def __init__(self, result: Any, schedule: Schedule) -> None:
        import halide as hl
        from halide_algorithms import X, Y

        self.result, self.schedule, self.x, self.y = result, schedule, X, Y
        self.strip, self.inner, self.row, self.lane = (
            hl.Var(name) for name in ("strip", "inner", "row", "lane")
        )
        self.whole = hl.TailStrategy.RoundUp if schedule.pairs else hl.TailStrategy.GuardWithIf
        result.split(Y, self.strip, self.inner, schedule.strip, self.whole).parallel(self.strip)
        if schedule.pairs:
            result.split(self.inner, self.inner, self.row, 2, self.whole)
            result.split(X, X, self.lane, schedule.wide, self.whole)
            result.reorder(self.lane, self.row, X, self.inner, self.strip)
            result.unroll(self.row).vectorize(self.lane)
        else:
            result.vectorize(X, schedule.wide)

    def ring(self, func: Any, converts: bool) -> None:
        """Keep the last rows of a function, as many as are read."""
        func.store_at(self.result, self.strip).compute_at(self.result, self.inner)
        if self.schedule.pairs and self.schedule.keeps:
            func.fold_storage(self.y, 16)  # it finds no ring by itself where rows are made in pairs
        if self.schedule.pairs and not converts:
            func.split(self.x, self.x, self.lane, self.schedule.width)
            func.split(self.y, self.y, self.row, 2, self.whole)
            func.reorder(self.lane, self.row, self.x, self.y).unroll(self.row).vectorize(self.lane)
        else:
            func.vectorize(self.x, self.schedule.width)

    def level(self, func: Any) -> None:
        """Make all that a strip reads of a function at once."""
        func.compute_at(self.result, self.strip).vectorize(self.x, self.schedule.width)


def scheduled(make: Callable[[], Any], schedule: Schedule) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function of a chain that runs in this order."""
    chain = make()
    loops = Loops(chain.result, schedule)
    shrinks = chain.steps[0].rate > 1
    for step in chain.steps:
        if step.converts and not schedule.keeps:
            continue
        if shrinks:
            loops.level(step.func)
        else:
            loops.ring(step.func, step.converts or step.mixes)
    run: Callable[[np.ndarray], np.ndarray] = chain.runs()
    return run


def image_of(twin: Twin, side: int) -> np.ndarray:
    """Return the image that a chain is timed on."""
    return samples.single(side) if twin.dtype == "float32" else image_for(twin.ours, side)


def against_fastest(
    bench: Bench, twin: Twin, image: np.ndarray, programs: Sequence[Program], runs: int
) -> Row:
    """Return a row of ours and of the fastest of some of Halide's programs, found by so many runs of each."""
    times = replace(bench, runs=runs).medians(*(partial(program, image) for program in programs))
    best = programs[int(np.argmin(times))]
    return bench.compare(
        {"chain": twin.ours.name, "dtype": twin.dtype},
        partial(twin.ours, image),
        Peer(partial(best, image), "Halide"),
        image,
        tolerance=twin.tolerance,
        outliers=twin.outliers,
    )


def rows(bench: Bench) -> Iterator[Row]:
    from halide_algorithms import TWINS

    for twin in TWINS:
        image = image_of(twin, bench.side)
        schedules = LEVELS if twin.make().steps[0].rate > 1 else RINGS
        schedules = tuple(each for each in schedules if each.keeps or image.ndim != 3)
        programs = [scheduled(twin.make, each) for each in schedules]
        yield against_fastest(bench, twin, image, programs, bench.runs)


def tables(bench: Bench) -> Iterator[Table]:
    yield compared("Chains, against Halide scheduled by hand", rows(bench))


if __name__ == "__main__":
    run(__doc__, tables, prepare=prepare)
