"""Sums of the rows of a window: a column pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.banks import Bank, LowRank, Separable
from convpipe.compile.common.levels import Level
from convpipe.compile.cpu import loops
from convpipe.compile.cpu.lanes import Windows, lanes
from convpipe.compile.cpu.shapes.part import Geometry, units
from convpipe.compile.cpu.shapes.sums import FEW, in_line, pieces
from convpipe.compile.cpu.steps import Frame, Place, Sample, When, margin, packed

COLUMN_ROWS = 8
"""Most source rows in a loop of a column pass that has them written out."""


MOST_PHASES = 4
"""Most phases that sums of columns are sorted into."""


def sums_many_rows(bank: Bank) -> bool:
    """Tell whether the column pass of a bank is a loop for any number of rows, which makes four at a time."""
    weighted = isinstance(bank, Separable) and _is_many(bank.column, np.dtype(bank.sums.dtype))
    return weighted and in_line(bank.rows)


def _is_many(rows: Sequence[int], dtype: np.dtype[Any]) -> bool:
    """Tell whether so many rows are summed, with weights of a type, that they are not written out."""
    return dtype.kind == "f" and len(rows) > FEW


def in_phases(bank: Bank, level: Level) -> bool:
    """Tell whether sums of columns are sorted into phases before a row of them is summed at a stride.

    Words of two samples are quicker still; and of what is read but once sorting gains nothing.
    """
    if not isinstance(bank, Separable | LowRank):
        return False
    stride, channels, dtype = level.stride[1], level.channels, bank.sums.dtype
    if lanes(stride, channels).reads_words(dtype, dtype) or (channels == 1 and stride > 2):
        return False
    return stride <= MOST_PHASES and len(bank.cols) > 2 * stride


class SummedRow(NamedTuple):
    """Where sums of columns stand: in one row, or in one for each of their phases.

    Parameters
    ----------
    phases : tuple of Place
    channels : int
    dilation : int
        Pixels from one column of the window to the next.
    """

    phases: tuple[Place, ...]
    channels: int
    dilation: int

    def samples(self, cols: Sequence[int]) -> list[Sample]:
        """Return the sums of columns of the window."""
        found = (divmod(col * self.dilation, len(self.phases)) for col in cols)
        return [Sample(self.phases[phase], pixel * self.channels) for pixel, phase in found]


class Columns:
    """Sums of the rows of a window: of each set of weights, one for each row that is made."""

    def __init__(self, frame: Frame, given: Geometry, dtype: str, sets: int = 1) -> None:
        self.frame, self.rows, self.given, self.dtype = frame, frame.given[0], given, dtype
        self.sums = [frame.scratch(frame.given[0].whole, dtype) for _ in range(sets * frame.rows)]
        # Rows with nothing beside them are summed as they are; the sums get what is beside them.
        self.phases: dict[int, list[Place]] = {}
        rows = self.rows
        self.left = rows.left if given.in_place else 0
        self.count = rows.inside * rows.channels if given.in_place else rows.whole
        self.targets = [place.past(self.left * rows.channels, dtype) for place in self.sums]

    def add(
        self, rows: Sequence[int], weights: NDArray[Any] | None, when: When = "always", *, onto: bool = False
    ) -> None:
        """Sum `rows` of the window, without weights or with some, of shape (sets, rows).

        With `onto`, onto the sums that there are.
        """
        alone = weights is not None and len(weights) == 1 and not onto
        if weights is not None and alone and _is_many(rows, weights.dtype):
            self._sum_many(rows, weights[0], when)
            return
        for first, last in pieces(len(rows), COLUMN_ROWS):
            part = list(rows[first:last])
            values = None if weights is None else weights[:, first:last]
            if in_line(part):
                windows = Windows(len(part), self.frame.rows, self.given.stride[0])
                reads = range(part[0], part[0] + windows.reads)
                self._sum(list(reads), self.targets, windows, values, onto or first > 0, when)
            else:  # with rows left out, two windows have little in common
                for k in range(self.frame.rows):
                    read = [row + k * self.given.stride[0] for row in part]
                    targets = self.targets[k :: self.frame.rows]
                    self._sum(read, targets, Windows(len(part)), values, onto or first > 0, when)

    def _sum_many(self, rows: Sequence[int], weights: NDArray[Any], when: When) -> None:
        """Sum rows of any number in one loop."""
        step = self.given.stride[0]
        together = [self.targets] if in_line(rows) else [[target] for target in self.targets]
        for k, targets in enumerate(together):
            loop = loops.dot_down(self.rows.dtype, self.dtype, len(targets))
            last = rows[-1] + step * (len(targets) - 1)
            reads = range(rows[0], last + 1) if len(targets) > 1 else [row + k * step for row in rows]
            places = [*map(self._source, reads), *targets]
            self.frame.call(loop, places, self.count, packed([len(rows), step], weights), when)

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
            loop = loops.dot_rows(*given, sets=len(weights))
        else:
            (weights,) = weights
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

    def in_phases(self) -> list[SummedRow]:
        """Return the sums, with what lies beside them, each sorted into phases if so."""
        return [self._sorted(k, place) for k, place in enumerate(self.finished())]

    def _sorted(self, number: int, place: Place) -> SummedRow:
        """Return one of the sums in phases, which stand where those of the sums before it stood."""
        count, (channels, whole) = self.given.phases, (self.rows.channels, self.rows.whole)
        if count == 1:
            return SummedRow((place,), channels, self.given.dilation[1])
        if number not in self.phases:
            samples = -(-whole // (count * channels)) * channels
            self.phases[number] = [self.frame.scratch(samples, self.dtype) for _ in range(count)]
        made = self.phases[number]
        self.frame.call(loops.phases(self.dtype, count, channels), [place, *made], whole)
        return SummedRow(tuple(made), channels, self.given.dilation[1])

    def _source(self, row: int) -> Place:
        return self.rows.sample(self.given.lead + row, self.left)
