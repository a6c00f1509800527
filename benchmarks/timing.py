"""How everything here is timed: results compared first, then the two sides in turn, medians of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Work = Callable[[], np.ndarray]


@dataclass(frozen=True)
class Result:
    """Median seconds of ours and of the peer's, over interleaved runs."""

    name: str
    ours: float
    peer: float

    @property
    def ratio(self) -> float:
        """How many times faster than the peer."""
        return self.peer / self.ours


def compare(name: str, ours: Work, peer: Work, *, runs: int = 15, tolerance: float = 1.0) -> Result:
    """Time two functions that return the same array.

    Parameters
    ----------
    name : str
    ours, peer : callable
    runs : int
        Of each, in turn, after one of each that is not counted.
    tolerance : float
        Largest difference between the two results: one level for integers, by default.
    """
    mine, theirs = np.asarray(ours(), np.float64), np.asarray(peer(), np.float64)
    if mine.shape != theirs.shape or np.abs(mine - theirs).max() > tolerance:
        raise SystemExit(f"{name}: results differ: {mine.shape} {theirs.shape} {np.abs(mine - theirs).max()}")
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        for side, work in zip(times, (ours, peer), strict=True):
            began = time.perf_counter()
            work()
            side.append(time.perf_counter() - began)
    return Result(name, float(np.median(times[0])), float(np.median(times[1])))


def geometric_mean(results: Sequence[Result]) -> float:
    """Return the geometric mean of the ratios."""
    return float(np.exp(np.mean([np.log(result.ratio) for result in results])))


def table(title: str, results: Sequence[Result]) -> str:
    """Return a Markdown table."""
    lines = [f"### {title}", "", "| case | convpipe ms | peer ms | ratio |", "| --- | ---: | ---: | ---: |"]
    lines += [f"| {r.name} | {r.ours * 1e3:.2f} | {r.peer * 1e3:.2f} | {r.ratio:.2f} |" for r in results]
    mean, lowest = geometric_mean(results), min(result.ratio for result in results)
    lines.append(f"\nGeometric mean of the ratios: {mean:.2f}; lowest: {lowest:.2f}")
    return "\n".join(lines)
