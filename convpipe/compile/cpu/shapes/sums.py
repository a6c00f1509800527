"""Weighted sums along a row: any number of taps in line in one loop, others in loops of some of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.banks import Bank
from convpipe.compile.cpu import loops
from convpipe.compile.cpu.lanes import Term, lanes
from convpipe.compile.cpu.shapes.part import Geometry, Part
from convpipe.compile.cpu.steps import Frame, Place, Sample, packed

PASS_TAPS = 16
"""Most taps that are written out in one loop.

Measured at 2048x2048 float32, one thread: 5x5 in two loops takes 0.7 of the time of one loop, because what
the loop holds fits the registers; 9x9 at two kernel rows a loop (18 taps) 0.65.
"""

FEW = 7
"""Most taps, or rows of a column pass, that are written out where a loop for any number could sum them.

At 256x256 a Gaussian of 5x5 or 7x7 takes up to 1.1 times as long in the latter; one of 9x9 takes 0.93 of the
time of one that is written out, of 41x41 0.75.
"""


def along(frame: Frame, given: Geometry, bank: Bank, samples: Sequence[Sample], row: int) -> Part:
    """Sum neighbours in a row of sums, the last of the bank's taps, for a row that is made.

    Many in line are one step, of which nothing is left; where the sum is what the row holds, it goes there.
    """
    dtype, channels = bank.sums.dtype, frame.given[0].channels
    (place, _), step = rebased(samples, dtype)[0], _step(rebased(samples, dtype))
    if not step or np.dtype(dtype).kind != "f" or given.along > 1:
        return weighted(frame, given, bank, samples, dtype)
    count, weights = frame.cols * channels, bank.values(given.compute)[-len(samples) :].astype(dtype)
    total = frame.out(row) if given.stores else frame.scratch(count, dtype)
    frame.call(loops.dot_along(dtype, dtype, step), [place, total], count, packed([len(samples)], weights))
    return Part("dot", [], dtype, total=total)


class RowSum:
    """The weighted sum of samples for one row that is made: loops onto a row that stays in the L1 cache.

    Parameters
    ----------
    frame : Frame
    given : Geometry
    bank : Bank
    dtype : str
        Of the samples.
    """

    def __init__(self, frame: Frame, given: Geometry, bank: Bank, dtype: str) -> None:
        self._frame, self._bank, self._dtype = frame, bank, dtype
        self._count = frame.cols * frame.given[0].channels
        self._lanes = lanes(given.along, frame.given[0].channels)
        self._sums = self._lanes.sums(dtype, bank.sums.dtype)
        self._total: Place | None = None

    def add(
        self, samples: Sequence[Sample], weights: NDArray[Any], wanted: Sequence[tuple[int, int]] = ()
    ) -> None:
        """Sum all of some samples; `wanted` says which are in one loop."""
        for first, stop in wanted or pieces(len(samples), PASS_TAPS):
            onto = self._total is not None
            if self._total is None:
                self._total = self._frame.scratch(self._count, self._sums)
            rows, terms = _numbered(rebased(samples[first:stop], self._dtype))
            loop = loops.dot(self._dtype, self._sums, terms, onto, self._lanes)
            self._frame.call(loop, [*rows, self._total], self._count, weights[first:stop].astype(self._sums))

    def left(
        self, samples: Sequence[Sample], weights: NDArray[Any], wanted: Sequence[tuple[int, int]] = ()
    ) -> Part:
        """Sum all but the last of some samples; return these, and what is summed so far."""
        *before, (last, _) = wanted or pieces(len(samples), PASS_TAPS)
        if before:
            self.add(samples[:last], weights[:last], before)
        left, values = rebased(samples[last:], self._dtype), weights[last:].astype(self._sums)
        sums = self._bank.sums
        if not sums.weighted:
            return Part("dot", left, self._dtype, values, self._total, worth=self._bank.worth)
        assert sums.made is not None
        return Part("dot", left, self._dtype, values, self._total, self._sums, 2.0**-sums.made.fraction)


def weighted(
    frame: Frame,
    given: Geometry,
    bank: Bank,
    samples: Sequence[Sample],
    dtype: str,
    wanted: Sequence[tuple[int, int]] = (),
) -> Part:
    """Sum all but the last samples into a row that stays in the L1 cache; the last ones are left.

    Samples are of `dtype`, their weights the last of the bank's; `wanted` says which are in one loop.
    """
    values = bank.values(given.compute)[-len(samples) :]
    return RowSum(frame, given, bank, dtype).left(samples, values, wanted)


def _step(samples: Sequence[Sample]) -> int:
    """Return how many samples there are from one of many to the next; 0 if they are few, or not in line."""
    if len(samples) <= FEW:
        return 0
    (row, _), (_, step) = samples[:2]
    return step if list(samples) == [(row, k * step) for k in range(len(samples))] else 0


def in_line(rows: Sequence[int]) -> bool:
    """Tell whether rows follow each other."""
    return list(rows) == list(range(rows[0], rows[0] + len(rows)))


def rebased(samples: Sequence[Sample], dtype: str) -> list[Sample]:
    """Return the same samples, counted from the first of each row: so pieces of a row are alike."""
    first: dict[Place, int] = {}
    for row, shift in samples:
        first[row] = min(first.get(row, shift), shift)
    return [Sample(row.past(first[row], dtype), shift - first[row]) for row, shift in samples]


def _numbered(samples: Sequence[Sample]) -> tuple[list[Place], tuple[Term, ...]]:
    """Return the rows of samples, each once, and the samples as terms that number them."""
    rows: dict[Place, int] = {}
    terms = tuple((rows.setdefault(row, len(rows)), shift) for row, shift in samples)
    return list(rows), terms


def pieces(count: int, most: int) -> list[tuple[int, int]]:
    """Return the ends of about equal parts of `count` terms, none of more than `most`."""
    parts = -(-count // most)
    edges = [count * k // parts for k in range(parts + 1)]
    return list(pairwise(edges))
