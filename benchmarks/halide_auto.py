"""Chains against Halide, scheduled by its autoschedulers: Mullapudi 2016 and Adams 2019.

    python benchmarks/halide_auto.py [--side 4096] [--threads 2]

They are told the image's size and the machine; of what they make for some values of what they can be told
beside, the fastest is timed. Algorithms and arithmetic are those of halide_chains.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from halide_chains import against_fastest, image_of, prepare
from timing import Bench, Row, Table, compared, run

from convpipe.cli.timing import FEWEST

MULLAPUDI, ADAMS = "Mullapudi2016", "Adams2019"
CACHES = (1 << 20, 1 << 24)
"""Bytes of this machine's L2, and of its L3 for one of two threads."""

MORE_TASKS = 8
"""Times as many tasks as threads, which makes smaller tiles."""


def settings(threads: int) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield autoschedulers, and what they are told."""
    for tasks in (threads, MORE_TASKS * threads):
        for cache in CACHES:
            told = {"parallelism": str(tasks), "last_level_cache_size": str(cache), "balance": "40"}
            yield MULLAPUDI, told
        yield ADAMS, {"parallelism": str(tasks)}


def scheduled(
    make: Callable[[], object], image: np.ndarray, scheduler: str, told: Mapping[str, str]
) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function of a chain as an autoscheduler makes it for images of this size."""
    import halide as hl

    chain = make()
    rate, (rows, cols) = chain.steps[0].rate, image.shape[:2]
    chain.image.set_estimates([(0, cols), (0, rows), (0, 3)][: image.ndim])
    chain.result.set_estimates([(0, -(-cols // rate)), (0, -(-rows // rate))])
    target = hl.get_jit_target_from_environment()
    hl.Pipeline(chain.result).apply_autoscheduler(target, hl.AutoschedulerParams(scheduler, dict(told)))
    return chain.runs()


def rows(bench: Bench, scheduler: str) -> Iterator[Row]:
    from halide_algorithms import TWINS

    for twin in TWINS:
        image = image_of(twin, bench.side)
        programs = [
            scheduled(twin.make, image, name, told)
            for name, told in settings(bench.threads)
            if name == scheduler
        ]
        yield against_fastest(bench, twin, image, programs, FEWEST)


def tables(bench: Bench) -> Iterator[Table]:
    import halide as hl

    for scheduler in (MULLAPUDI, ADAMS):
        (plugin,) = Path(hl.__file__).parent.glob(f"lib*/*autoschedule_{scheduler.lower()}.*")
        hl.load_plugin(str(plugin))
        yield compared(f"Chains, against Halide scheduled by {scheduler}", rows(bench, scheduler))


if __name__ == "__main__":
    run(__doc__, tables, prepare=prepare)
