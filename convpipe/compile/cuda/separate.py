"""Cut the levels of a program into passes, and lay out their run-time values.

This module imports no CUDA.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.levels import Level, Program, constant_pixel
from convpipe.compile.common.segments import segments
from convpipe.compile.cuda import tables
from convpipe.compile.cuda.passes import UNROLLED_TAPS, Bank, Part, Pass, Values
from convpipe.geometry import Axis, Border, Extent
from convpipe.ops import Rank, Resample, Stencil, Taps
from convpipe.plan import NodePlan

SEPARATE = 16
"""What a second pass over the tile costs, in taps: a store, a barrier and a load."""


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
        assert isinstance(stencil, Stencil)
        factors = _factors(stencil)
        if factors is None:
            banks = self._banks(stencil.names, [taps.weights for taps in stencil.banks], own=False)
            self.add(level, head, banks, head.axes, "whole")
            return
        columns, rows = zip(*((column[:, None], row[None, :]) for column, row in factors), strict=True)
        self.add(level, head, self._banks(stencil.names, columns, own=False), (down, Axis(1)), "first")
        self.add(level, head, self._banks(stencil.names, rows, own=True), (Axis(1), along), "second")

    def _sorted(self, level: Level, head: NodePlan, rank: Rank) -> None:
        """Add the pass of a window that sorts; extremes of a rectangle are those of its columns' extremes."""
        (rows, cols), (down, along) = rank.kernel, head.axes
        extremes = set(rank.ranks) <= {0, rank.count - 1} and rank.count == rows * cols
        if not extremes or rows * cols <= rows + cols + SEPARATE:
            places = tuple((int(i), int(j)) for i, j in np.argwhere(rank.footprint))
            self.add(level, head, self._ranks(rank, places, rank.count, own=False), head.axes, "whole")
            return
        column, row = (tuple((i, 0) for i in range(rows)), tuple((0, j) for j in range(cols)))
        self.add(level, head, self._ranks(rank, column, rows, own=False), (down, Axis(1)), "first")
        self.add(level, head, self._ranks(rank, row, cols, own=True), (Axis(1), along), "second")

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
        self, rank: Rank, places: tuple[tuple[int, int], ...], count: int, own: bool
    ) -> tuple[Bank, ...]:
        """Return a bank for each rank, over some of the places; of extremes, theirs."""
        return tuple(
            Bank(name, at if own else 0, places, len(self.weights), min(each, count - 1))
            for at, (name, each) in enumerate(zip(rank.names, rank.ranks, strict=True))
        )

    def _banks(
        self, names: Sequence[str], kernels: Sequence[NDArray[np.float64]], own: bool
    ) -> tuple[Bank, ...]:
        """Add the weights of `kernels`; `own`: each reads a plane of its own."""
        banks = []
        for position, (name, weights) in enumerate(zip(names, kernels, strict=True)):
            nonzero = [(int(i), int(j)) for i, j in np.argwhere(weights)] or [(0, 0)]
            whole = [(i, j) for i in range(weights.shape[0]) for j in range(weights.shape[1])]
            taps = nonzero if len(nonzero) <= UNROLLED_TAPS else whole
            banks.append(Bank(name, position if own else 0, tuple(taps), len(self.weights)))
            self.weights += [float(weights[tap]) for tap in taps]
        return tuple(banks)

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
                sources=len(banks) if second else 1,
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
        # Left and right of the image stands the constant; the column pass makes its sum of it.
        spans = [slice(bank.offset, bank.offset + len(bank.taps)) for bank in self.made[-1].banks]
        sums = [sum(self.weights[span]) for span in spans]
        return head.window.border, [value * total for total in sums for value in values]


def _factors(stencil: Stencil) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]] | None:
    """Return the (column, row) of every bank if two passes cost less than one."""
    found = [_outer(taps) for taps in stencil.banks]
    if stencil.keep_alpha and stencil.border == Border.CONSTANT:
        return None  # alpha's constant is not a sum
    pairs = [pair for pair in found if pair is not None]
    if len(pairs) < len(found):
        return None
    separate = sum(np.count_nonzero(column) + np.count_nonzero(row) + SEPARATE for column, row in pairs)
    dense = sum(taps.count for taps in stencil.banks)
    return pairs if separate < dense else None


def _outer(taps: Taps) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return a column and a row whose outer product the taps are; a single tap always has them."""
    if taps.factors is not None or taps.count != 1:
        return taps.factors
    (i, j), (rows, cols) = np.argwhere(taps.weights)[0], taps.extent
    return taps.weights[i, j] * np.eye(rows)[i], np.eye(cols)[j]
