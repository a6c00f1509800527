"""Sums of the rows of a window: a column pass."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.banks import Bank, LowRank, Separable
from convpipe.compile.common.levels import Level
from convpipe.compile.cpu import loops
from convpipe.compile.cpu.lanes import Windows, lanes
from convpipe.compile.cpu.shapes.part import Geometry, units
from convpipe.compile.cpu.shapes.sums import FEW, in_line, pieces
from convpipe.compile.cpu.steps import Frame, Place, Sample, When, beside, margin, packed
from convpipe.compile.runtime.processor import WIDE

COLUMN_ROWS = 8
"""Most source rows in a loop of a column pass that has them written out."""


MOST_PHASES = 4
"""Most phases that sums of columns are sorted into."""


def _is_many(rows: Sequence[int], dtype: np.dtype[Any]) -> bool:
    """Tell whether so many rows are summed, with weights of a type, that they are not written out."""
    return dtype.kind == "f" and len(rows) > FEW


def phases_of(banks: Sequence[Bank], level: Level, sample: str) -> int:
    """Return in how many phases sums of columns stand before rows of them are summed at a stride: 1, or that.

    Parameters
    ----------
    banks : sequence of Bank
    level : Level
    sample : str
        Type of the samples that it reads.
    """
    gain = bool(banks) and all(_gains_by_phases(bank, level, sample) for bank in banks)
    return level.stride[1] if gain else 1


def _gains_by_phases(bank: Bank, level: Level, sample: str) -> bool:
    """Tell whether a bank has its sums of columns in phases, where a stride has some.

    Words of two samples are quicker still; and to sort sums gains nothing where they are read but once.
    """
    if not isinstance(bank, Separable | LowRank):
        return False
    stride, channels, dtype = level.stride[1], level.channels, bank.sums.dtype
    if lanes(stride, channels).reads_words(dtype, dtype) or (channels == 1 and stride > 2):
        return False
    sorts = len(bank.rows) > FEW or not _splits(sample, channels)
    return 1 < stride <= MOST_PHASES and len(bank.cols) > (2 * stride if sorts else 1)


def _splits(sample: str, channels: int) -> bool:
    """Tell whether a loop that sums rows, if they are few, makes both phases of a stride of 2 at once.

    It does of words of two samples, and where an instruction takes every second one out of two vectors.
    """
    return channels == 1 and (WIDE or lanes(2, channels).reads_words(sample, sample))


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
        self.many, rows = sets * frame.rows, self.rows
        # Rows with nothing beside them are summed as they are; the sums get what is beside them.
        self.left = rows.left if given.in_place else 0
        self.count = rows.inside * rows.channels if given.in_place else rows.whole
        self._splits = given.phases > 1 and _splits(rows.dtype, rows.channels)
        self.split = False  # whether the sums that there are were made in phases

    @cached_property
    def sums(self) -> list[Place]:
        """Rows for the sums."""
        beside = self.left * self.rows.channels
        return [self.frame.scratch(self.rows.whole, self.dtype, beside) for _ in range(self.many)]

    @cached_property
    def phases(self) -> list[tuple[Place, ...]]:
        """Rows for the phases of each."""
        count, channels = self.given.phases, self.rows.channels
        samples = -(-self.rows.whole // (count * channels)) * channels
        # A loop that writes both begins with the first two samples that are read; one that sorts, with all.
        beside = [(self.left + 1 - phase) // 2 if self.split else 0 for phase in range(count)]
        return [
            tuple(self.frame.scratch(samples, self.dtype, each) for each in beside) for _ in range(self.many)
        ]

    @property
    def targets(self) -> list[tuple[Place, ...]]:
        """Where sums of the first samples that are read go: in each of the phases, if so."""
        if not self.split:
            return [(place.past(self.left * self.rows.channels, self.dtype),) for place in self.sums]
        first = [divmod(self.left + k, 2) for k in range(2)]
        return [tuple(own[phase].past(at, self.dtype) for at, phase in first) for own in self.phases]

    def add(
        self, rows: Sequence[int], weights: NDArray[Any] | None, when: When = "always", *, onto: bool = False
    ) -> None:
        """Sum `rows` of the window, without weights or with some, of shape (sets, rows).

        With `onto`, onto the sums that there are.
        """
        alone = weights is not None and len(weights) == 1 and not onto
        many = weights is not None and alone and _is_many(rows, weights.dtype)
        self.split = self.split if onto else self._splits and not many
        if weights is not None and many:
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
        made = [target for (target,) in self.targets]
        together = [made] if in_line(rows) else [[target] for target in made]
        for k, targets in enumerate(together):
            loop = loops.dot_down(self.rows.dtype, self.dtype, len(targets))
            last = rows[-1] + step * (len(targets) - 1)
            reads = range(rows[0], last + 1) if len(targets) > 1 else [row + k * step for row in rows]
            places = [*map(self._source, reads), *targets]
            self.frame.call(loop, places, self.count, packed([len(rows), step], weights), when)

    def _sum(
        self,
        reads: list[int],
        targets: list[tuple[Place, ...]],
        windows: Windows,
        weights: NDArray[Any] | None,
        onto: bool,
        when: When,
    ) -> None:
        given = self.rows.dtype, self.dtype, windows, onto
        if weights is None:
            loop = loops.add(*given)
        elif weights.dtype.kind == "f":
            dot = loops.dot_rows_in_phases if self.split else loops.dot_rows
            loop = dot(*given, sets=len(weights))
        else:
            (weights,) = weights
            signs = units(weights)
            loop, weights = loops.dot_rows(*given, signs), weights[np.array(signs) == 0]
        places = [*map(self._source, reads), *chain.from_iterable(targets)]
        self.frame.call(loop, places, self.count, weights, when)

    def slide(self, rows: int) -> None:
        """Let rows leave the sum of the row before, and enter."""
        step = self.given.stride[0]
        moved = [*range(-step, 0), *range(rows - step, rows)]
        loop = loops.slide(self.rows.dtype, self.dtype, step)
        targets = chain.from_iterable(self.targets)
        self.frame.call(loop, [*map(self._source, moved), *targets], self.count, None, "after")

    def finished(self) -> list[Place]:
        """Return the sums, with what lies beside them."""
        for place in self.sums:
            self.frame.steps += margin(place, self.dtype, self.rows.channels, self._beside)
        return self.sums

    def in_phases(self) -> list[SummedRow]:
        """Return the sums, with what lies beside them, each in phases if so."""
        made = self.phases if self.given.phases > 1 else [(place,) for place in self.finished()]
        if self.split:
            self._fill_phases()
        elif self.given.phases > 1:
            loop = loops.phases(self.dtype, self.given.phases, self.rows.channels)
            for place, own in zip(self.finished(), self.phases, strict=True):
                self.frame.call(loop, [place, *own], self.rows.whole)
        return [SummedRow(own, self.rows.channels, self.given.dilation[1]) for own in made]

    @property
    def _beside(self) -> list[tuple[int, int]]:
        """Which pixels lie beside sums that were made of what is inside."""
        spans = self.rows.left, self.rows.inside, self.rows.right
        return beside(spans, self.rows.border) if self.given.in_place else []

    def _fill_phases(self) -> None:
        """Put beside the phases of all sums what lies there, as if they were one row from the first on."""
        (first, _), size = self.phases[0], np.dtype(self.dtype).itemsize

        def at(own: tuple[Place, ...], pixel: int) -> int:
            return (own[pixel % 2].offset - first.offset) // size + pixel // 2

        pairs = [(at(own, to), at(own, source)) for own in self.phases for to, source in self._beside]
        self.frame.steps += margin(first, self.dtype, 1, pairs)

    def _source(self, row: int) -> Place:
        return self.rows.sample(self.given.lead + row, self.left)
