"""Cut the levels of a program into passes, and lay out their run-time values.

This module imports no CUDA.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from fractions import Fraction

import numpy as np

from convpipe.compile.common.bilateral import exponents
from convpipe.compile.common.exact import dot_of
from convpipe.compile.common.levels import Level, Program, constant_pixel
from convpipe.compile.common.segments import segments
from convpipe.compile.cuda import tables
from convpipe.compile.cuda.banks import SEPARATE, Weighted, banks_of
from convpipe.compile.cuda.passes import WRITTEN_RUNS, Bank, Part, Pass, Values
from convpipe.dataclass import dataclass
from convpipe.geometry import Axis, Border, Extent
from convpipe.ops import Bilateral, Rank, Resample, Stencil
from convpipe.plan import NodePlan
from convpipe.plan.fixed import Fixed
from convpipe.selection import runs


def make_passes(program: Program, steps: Sequence[Step] = ()) -> tuple[tuple[Pass, ...], Values]:
    """Return the passes of `program`, each after those that it reads, and their run-time values.

    Parameters
    ----------
    program : Program
    steps : sequence of (rows, cols), optional
        Pixels, of the image that enters the pipeline, between those of each of the program's images.
    """
    passes = _Passes(program, steps or [(1, 1)] * len(program.images))
    for level, head in zip(program.levels, program.heads, strict=True):
        if level.joins:
            passes.add(level, head, (), (Axis(1), Axis(1)), "whole")
        else:
            passes.window(level, head)
        passes.makers.append(len(passes.made) - 1)
    vectors = (passes.weights, tables.constants(program), passes.outside)
    weights, constants, outside = (np.array([*vector, 0], program.compute) for vector in vectors)
    places = np.array([*passes.places, 0], np.int64)
    geometry = np.array(passes.geometry, np.int64)
    return tuple(passes.made), Values(geometry, places, weights, constants, outside, tables.measured(program))


MOST_BITS = 16
"""Most bits of integers that are told apart as such."""


def _few(given: Fixed | None) -> Fixed | None:
    return given if given is not None and given.bits <= MOST_BITS else None


Step = tuple[int | Fraction, int | Fraction]
"""Pixels of the image that enters a pipeline, between those of another."""


_PARTS: dict[int, tuple[Part, ...]] = {0: ("whole",), 1: ("whole",), 2: ("first", "second")}


@dataclass
class _Passes:
    """Passes as they are made, with their run-time values."""

    program: Program
    steps: Sequence[Step]
    made: list[Pass] = field(default_factory=list)
    makers: list[int] = field(default_factory=list)  # the pass that gives what each level does
    extents: list[Extent] = field(default_factory=list)  # of the results of each pass
    geometry: list[list[int]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    outside: list[float] = field(default_factory=list)

    def window(self, level: Level, head: NodePlan) -> None:
        """Add the pass of a window, or those down its columns and along its rows."""
        stencil, (down, along) = head.window, head.axes
        if isinstance(stencil, Rank):
            self._sorted(level, head, stencil)
            return
        if isinstance(stencil, Resample):
            self._resampled(level, head)
            return
        if isinstance(stencil, Bilateral):
            self._weighed(level, head, stencil)
            return
        assert isinstance(stencil, Stencil)
        banks = banks_of(stencil, head.arithmetic)
        if not banks.has_halves:
            self.add(level, head, self._weighted(banks.whole_window()), head.axes, "whole")
            return
        self.add(level, head, self._weighted(banks.columns()), (down, Axis(1)), "first")
        self.add(level, head, self._weighted(banks.rows()), (Axis(1), along), "second")

    def _weighted(self, banks: Sequence[Weighted]) -> tuple[Bank, ...]:
        """Add the weights of banks; return these with the place of theirs."""
        placed = []
        for bank, weights in banks:
            placed.append(replace(bank, offset=len(self.weights)))
            self.weights += weights
        return tuple(placed)

    def _sorted(self, level: Level, head: NodePlan, rank: Rank) -> None:
        """Add the pass of a window that sorts; extremes of a rectangle are those of its columns' extremes."""
        (rows, cols), (down, along) = rank.kernel, head.axes
        extremes = rank.is_extreme and rank.count == rows * cols
        if not extremes or rows * cols <= rows + cols + SEPARATE:
            places = tuple((int(i), int(j)) for i, j in np.argwhere(rank.footprint))
            banks = self._ranks(rank, head, places, own=False)
            self.add(level, head, banks, head.axes, "whole")
            return
        column, row = (tuple((i, 0) for i in range(rows)), tuple((0, j) for j in range(cols)))
        self.add(level, head, self._ranks(rank, head, column, own=False), (down, Axis(1)), "first")
        self.add(level, head, self._ranks(rank, head, row, own=True), (Axis(1), along), "second")

    def _weighed(self, level: Level, head: NodePlan, window: Bilateral) -> None:
        """Add the pass of a window whose weights depend on the samples."""
        factor, near = exponents(window)
        (name,), taps = window.names, tuple(place for place, _ in window.pairs)
        bank = Bank(name, 0, taps, len(self.weights), places=len(self.places), distance=window.distance)
        self.places += [at for tap in taps for at in tap]
        self.weights += [factor, *near]
        self.add(level, head, (bank,), head.axes, "whole")

    def _resampled(self, level: Level, head: NodePlan) -> None:
        """Add the passes of taps of their own for every row, and for every column, where they do anything."""
        assert isinstance(head.window, Resample)
        rows, cols = head.window.phases
        phases = [(rows, Axis(1)), (Axis(1), cols)]
        needed = [pair for pair, axis in zip(phases, (rows, cols), strict=True) if not axis.is_identity]
        ordered = needed[::-1] if head.window.along_first else needed
        for axes, part in zip(ordered or phases[:1], _PARTS[len(ordered)], strict=True):
            down = axes[1] == Axis(1)
            axis = rows if down else cols
            taps = tuple((k, 0) if down else (0, k) for k in range(axis.kernel))
            bank = Bank("r", 0, taps, len(self.weights), places=len(self.places))
            self.places += axis.first.tolist()
            self.weights += axis.weights.ravel().tolist()
            self.add(level, head, (bank,), axes, part)

    def _ranks(
        self, rank: Rank, head: NodePlan, places: tuple[tuple[int, int], ...], own: bool
    ) -> tuple[Bank, ...]:
        """Return a bank for each rank, over some of the places; of extremes, theirs."""
        found, listed, integers = runs(places), None, _few(head.arithmetic.given)
        if len(found) > WRITTEN_RUNS:
            listed = len(self.places)
            self.places += [at for row, columns in found for at in (row, columns.start, columns.stop)]
        return tuple(
            Bank(
                name,
                at if own else 0,
                places,
                len(self.weights),
                min(each, len(places) - 1),
                listed,
                integers=integers,
            )
            for at, (name, each) in enumerate(zip(rank.names, rank.ranks, strict=True))
        )

    def add(
        self, level: Level, head: NodePlan, banks: tuple[Bank, ...], axes: tuple[Axis, Axis], part: Part
    ) -> None:
        """Add a pass of `level`."""
        second = part == "second"
        reads = (len(self.made) - 1,) if second else tuple(map(self._maker, level.inputs))
        border, values = self._beyond(head, part)
        self.made.append(
            Pass(
                index=len(self.made),
                level=level,
                reads=reads,
                axes=axes,
                step=self._step(reads[0], axes),
                banks=banks,
                sources=len(self.made[-1].names) if second else 1,
                outside=len(self.outside),
                edge=(float(border), *(values if border == Border.CONSTANT else ())),
                part=part,
                counts_nan=part != "first" and segments(level, self.program)[-1].counts_nan,
            )
        )
        extent = self.extents[-1] if second else head.input
        self.extents.append((axes[0].output(extent[0]), axes[1].output(extent[1])))
        self.geometry.append([*extent, self.extents[-1][1], int(border)])
        self.outside += values

    def _maker(self, source: int) -> int:
        return source if source < 0 else self.makers[source]

    def _step(self, source: int, axes: tuple[Axis, Axis]) -> tuple[Fraction, Fraction]:
        before = self.steps[-1 - source] if source < 0 else self.made[source].step
        rows, cols = (step * axis.rate for step, axis in zip(before, axes, strict=True))
        return rows, cols

    def _beyond(self, head: NodePlan, part: Part) -> tuple[Border, list[float]]:
        """Return the border of a pass, and its constants: in all channels but the last, and there."""
        if head.is_join:
            return Border.EDGE, [0.0, 0.0]  # of no use to it
        values = constant_pixel(head)
        if part != "second":
            return head.window.border, list(values)
        if isinstance(head.window, Rank):
            return head.window.border, list(values) * len(self.made[-1].banks)
        # Left and right of the image stands the constant; the column pass makes its sum of it, alpha is kept.
        sums: list[list[float]] = []
        for bank in self.made[-1].banks:
            before = [None, None] if bank.onto is None else sums[-1]
            pairs = zip(values, before, strict=True)
            sums.append([self._sum(bank, value, total) for value, total in pairs])
        if head.window.keep_alpha:
            sums = [[colour, values[-1]] for colour, _ in sums]
        return head.window.border, [value for pair in sums for value in pair]

    def _sum(self, bank: Bank, sample: float, before: float | None) -> float:
        """Return what `bank` makes of equal samples, rounded as it does, onto the sum before."""
        weights = self.weights[bank.offset : bank.offset + bank.weights] or [1.0] * len(bank.taps)
        return dot_of(weights, sample, self.program.compute, before)
