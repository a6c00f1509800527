"""How the sum of each loop shape is made: its steps, and what is left to the last loop of a level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.banks import Bank
from convpipe.compile.cpu import loops
from convpipe.compile.cpu.lanes import Term, Windows, lanes
from convpipe.compile.cpu.steps import Frame, Place, Sample, When, margin
from convpipe.geometry import Extent

COLUMN_ROWS = 8
"""Most source rows in one loop of a column pass."""

PASS_TAPS = 16
"""Most taps in one loop.

Measured at 2048x2048 float32, one thread: 5x5 in two loops takes 0.7 of the time of one loop, because what
the loop holds fits the registers; 9x9 at two kernel rows a loop (18 taps) 0.65.
"""


def units(weights: NDArray[Any]) -> tuple[int, ...]:
    """Return 1 or -1 for integers that are that, else 0."""
    return tuple(weight if weight in (1, -1) else 0 for weight in weights.tolist())


@dataclass(frozen=True)
class Part:
    """What is left of a response: samples to be weighted and summed onto what was summed before.

    Parameters
    ----------
    kind : str
        As of :class:`convpipe.compile.cpu.combine.Response`.
    samples : sequence of Sample
    dtype : str
        Of the samples there.
    weights : ndarray, optional
    total : Place, optional
    sums : str, optional
        Type of the sum, if that is of integers.
    worth : float
        What 1 of a sum of integers stands for.
    """

    kind: str
    samples: Sequence[Sample]
    dtype: str
    weights: NDArray[Any] = field(default_factory=lambda: np.empty(0))
    total: Place | None = None
    sums: str | None = None
    worth: float = 1.0

    @property
    def units(self) -> tuple[int, ...]:
        """Of a sum of integers, for each sample: 1 or -1 if that is its weight, 0 for any other."""
        return units(self.weights) if self.sums else ()

    @property
    def factors(self) -> list[float]:
        """What multiplies in the type of the arithmetic: samples, or a sum of integers."""
        if self.sums is None:
            return [float(weight) for weight in self.weights]
        return [self.worth] if self.worth != 1 else []

    @property
    def integers(self) -> list[int]:
        """What multiplies samples as integers, where it is neither 1 nor -1."""
        return [] if self.sums is None else self.weights[np.array(self.units) == 0].tolist()


@dataclass(frozen=True)
class Geometry:
    """What the steps of a level share.

    Parameters
    ----------
    stride, dilation, kernel : (rows, cols)
    compute : str
        Type of the arithmetic.
    in_place : bool
        Whether rows are read where nothing is put beside them: column sums are padded instead.
    lead : int
        Rows of its window that come before those under the taps.
    """

    stride: Extent
    dilation: Extent
    kernel: Extent
    compute: str
    in_place: bool
    lead: int = 0

    def slides(self, bank: Bank) -> bool:
        """Tell whether a running sum of rows is less work than the sum of the window's."""
        return bank.sums.counted and self.dilation[0] == 1 and self.kernel[0] > 2 * self.stride[0]

    def pairs(self, bank: Bank) -> bool:
        """Tell whether column passes make two rows at a time, of windows that share some."""
        shared = self.stride[0] == 1 or self.stride[0] == 2 < self.kernel[0]
        return bank.has_columns and self.dilation[0] == 1 and shared


def parts(bank: Bank, frame: Frame, given: Geometry) -> list[Part]:
    """Add the steps of a bank to `frame`; return what is left, for each row that is made."""
    if bank.shape == "uniform":
        return _uniform(bank, frame, given)
    if bank.shape == "separable":
        return _separable(bank, frame, given)
    return [_dense(bank, frame, given, row) for row in range(frame.rows)]


def _dense(bank: Bank, frame: Frame, given: Geometry, row: int) -> Part:
    """Taps as they are."""
    first = given.lead + row * given.stride[0]
    rows, step = frame.given[0], given.dilation[1] * frame.given[0].channels
    samples = [Sample(rows.sample(first + i, 0), j * step) for i, j in bank.taps]
    return _weighted(frame, given, bank, samples, rows.dtype)


def _separable(bank: Bank, frame: Frame, given: Geometry) -> list[Part]:
    """A column pass over whole rows, then the row factor."""
    dtype = bank.sums.dtype
    columns = _Columns(frame, given, dtype)
    columns.add(bank.column, bank.values(given.compute)[: len(bank.column)])
    step = given.dilation[1] * frame.given[0].channels
    return [
        _weighted(frame, given, bank, [Sample(row, col * step) for col in bank.row], dtype)
        for row in columns.finished()
    ]


def _uniform(bank: Bank, frame: Frame, given: Geometry) -> list[Part]:
    """Sums of rows, then of neighbours, weighted once."""
    dtype = bank.sums.dtype
    columns = _Columns(frame, given, dtype)
    rows = bank.column
    if given.slides(bank):
        columns.add(rows, None, "anew")
        columns.slide(len(rows))
    else:
        columns.add(rows, None)
    return [_neighbours(bank, frame, given, row, dtype) for row in columns.finished()]


def _neighbours(bank: Bank, frame: Frame, given: Geometry, row: Place, dtype: str) -> Part:
    """Sums of 2, 4, 8, ... neighbours, each from the ones before."""
    shift, widths = given.dilation[1] * frame.given[0].channels, {1: row}
    for width in bank.doubled:
        half, double = widths[width // 2], frame.scratch(frame.given[0].whole, dtype)
        pair = [half, half.past(width // 2 * shift, dtype), double]
        frame.call(
            loops.add(dtype, dtype, Windows(2), False), pair, frame.given[0].whole - (width - 1) * shift
        )
        widths[width] = double
    samples = [Sample(widths[width], first * shift) for width, first in bank.parts]
    rows, weights = rebased(samples, dtype), np.array(bank.weights, given.compute)
    if not bank.sums.counted:
        return Part("sum", rows, dtype, weights)
    at = lanes(given.stride[1], frame.given[0].channels)
    ones = np.ones(len(rows), np.int32)
    return Part("sum", rows, dtype, ones, None, at.sums(dtype, dtype), float(weights[0]))


class _Columns:
    """Sums of the rows of a window, one for each row that is made."""

    def __init__(self, frame: Frame, given: Geometry, dtype: str) -> None:
        self.frame, self.rows, self.given, self.dtype = frame, frame.given[0], given, dtype
        self.sums = [frame.scratch(frame.given[0].whole, dtype) for _ in range(frame.rows)]
        # Rows with nothing beside them are summed as they are; the sums get what is beside them.
        rows = self.rows
        self.left = rows.left if given.in_place else 0
        self.count = rows.inside * rows.channels if given.in_place else rows.whole
        self.targets = [place.past(self.left * rows.channels, dtype) for place in self.sums]

    def add(self, rows: Sequence[int], weights: NDArray[Any] | None, when: When = "always") -> None:
        """Sum `rows` of the window, with `weights` or without."""
        for first, last in _pieces(len(rows), COLUMN_ROWS):
            part = list(rows[first:last])
            values = None if weights is None else weights[first:last]
            if part == list(range(part[0], part[0] + len(part))):
                windows = Windows(len(part), len(self.targets), self.given.stride[0])
                reads = range(part[0], part[0] + windows.reads)
                self._sum(list(reads), self.targets, windows, values, first > 0, when)
            else:  # with rows left out, two windows have little in common
                for k, target in enumerate(self.targets):
                    read = [row + k * self.given.stride[0] for row in part]
                    self._sum(read, [target], Windows(len(part)), values, first > 0, when)

    def _sum(
        self,
        reads: list[int],
        targets: list[Place],
        windows: Windows,
        weights: NDArray[Any] | None,
        onto: bool,
        when: When,
    ) -> None:
        given = self.rows.dtype, self.dtype, windows, onto
        if weights is None:
            loop = loops.add(*given)
        elif weights.dtype.kind == "f":
            loop = loops.dot_rows(*given)
        else:
            signs = units(weights)
            loop, weights = loops.dot_rows(*given, signs), weights[np.array(signs) == 0]
        self.frame.call(loop, [*map(self._source, reads), *targets], self.count, weights, when)

    def slide(self, rows: int) -> None:
        """Let rows leave the sum of the row before, and enter."""
        step = self.given.stride[0]
        moved = [*range(-step, 0), *range(rows - step, rows)]
        loop = loops.slide(self.rows.dtype, self.dtype, step)
        self.frame.call(loop, [*map(self._source, moved), *self.targets], self.count, None, "after")

    def finished(self) -> list[Place]:
        """Return the sums, with what lies beside them."""
        if self.given.in_place:
            rows = self.rows
            spans = rows.left, rows.inside, rows.right
            for place in self.sums:
                self.frame.steps += margin(place, self.dtype, rows.channels, spans, rows.border)
        return self.sums

    def _source(self, row: int) -> Place:
        return self.rows.sample(self.given.lead + row, self.left)


def _weighted(frame: Frame, given: Geometry, bank: Bank, samples: Sequence[Sample], dtype: str) -> Part:
    """Sum all but the last samples into a row that stays in the L1 cache; the last ones are left.

    Samples are of `dtype`, their weights the last of the bank's.
    """
    count = frame.cols * frame.given[0].channels
    at = lanes(given.stride[1], frame.given[0].channels)
    sums = at.sums(dtype, bank.sums.dtype)
    values = bank.values(given.compute)[-len(samples) :].astype(sums)
    *before, (last, _) = _rowwise(bank) or _pieces(len(samples), PASS_TAPS)
    total = frame.scratch(count, sums) if before else None
    for first, stop in before:
        assert total is not None
        rows, terms = _numbered(rebased(samples[first:stop], dtype))
        loop = loops.dot(dtype, sums, terms, first > 0, at)
        frame.call(loop, [*rows, total], count, values[first:stop])
    left = rebased(samples[last:], dtype)
    if not bank.sums.weighted:
        return Part("dot", left, dtype, values[last:], total)
    assert bank.sums.made is not None
    return Part("dot", left, dtype, values[last:], total, sums, 2.0**-bank.sums.made.fraction)


def _rowwise(bank: Bank) -> list[tuple[int, int]]:
    """Return the pieces of a dense kernel: whole rows, all but the first alike, so that they share a loop."""
    cols = bank.taps[-1][1] + 1
    if bank.shape != "rows" or cols > PASS_TAPS + 2:
        return []
    step = cols * ((PASS_TAPS + 2) // cols)
    lead = len(bank.taps) % step or step
    return list(pairwise([0, *range(lead, len(bank.taps) + 1, step)]))


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


def _pieces(count: int, most: int) -> list[tuple[int, int]]:
    """Return the ends of about equal parts of `count` terms, none of more than `most`."""
    parts = -(-count // most)
    edges = [count * k // parts for k in range(parts + 1)]
    return list(pairwise(edges))
