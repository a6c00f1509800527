"""How ``convpipe bench`` and the benchmarks take times: in turn, and medians of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from statistics import median

import numpy as np

Work = Callable[[], object]

SAMPLE = 20e-3
"""Seconds a sample lasts at least: shorter calls are timed many at once, as threads take long to wake."""

PAUSE = 5e-3
"""Seconds between two samples, so that no idle thread of one library still spins while another is timed."""

FEWEST = 5
"""Samples of each work, however long they take."""


def medians(works: Sequence[Work], *, runs: int, budget: float = 20.0) -> list[float]:
    """Return the median seconds of a call of each of `works`.

    They are timed in turn, so that a machine that slows down slows all of them, after one call of
    each that is not counted.

    Parameters
    ----------
    works : sequence of callables
    runs : int
        Samples of each.
    budget : float
        Seconds after which no more are taken, once there are five.

    Examples
    --------
    >>> short, long = medians([lambda: sum(range(10)), lambda: sum(range(1000))], runs=3)
    >>> short < long
    True
    """
    calls = [_calls(work) for work in works]
    samples: list[list[float]] = [[] for _ in works]
    began = time.perf_counter()
    for run in range(runs):
        if run >= FEWEST and time.perf_counter() - began > budget:
            break
        for work, count, found in zip(works, calls, samples, strict=True):
            time.sleep(PAUSE)
            found.append(_seconds(work, count))
    return [median(found) for found in samples]


def _calls(work: Work) -> int:
    """Return how many calls make a sample."""
    work()
    return max(1, math.ceil(SAMPLE / _seconds(work, 1)))


def _seconds(work: Work, count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        work()
    return (time.perf_counter() - began) / count


def copy_of(nbytes: int, threads: int) -> Work:
    """Return a work that reads and writes `nbytes` bytes in all, into an array that is there already."""
    from convpipe.compile.cpu.copy import parallel_copy

    words = max(1, nbytes // 2 // 8)
    source, target = np.ones(words, np.uint64), np.zeros(words, np.uint64)
    return lambda: parallel_copy(source, target, threads)
