"""Decide how levels run on the processor: the shape of every stencil's loop, and the rows to keep.

A level pulls the rows its window needs from a ring of rows that the level below fills on demand, and gives
one row of its own; the last level writes the image. So the image is read once and written once, and between
two levels stand only as many rows as the window of the later one spans.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common import levels
from convpipe.compile.cpu.banks import Bank, choose
from convpipe.compile.cpu.strips import strips
from convpipe.geometry import Border
from convpipe.ops import Stencil, Taps, stored
from convpipe.plan import Plan, grouped


@dataclass(frozen=True)
class Level(levels.Level):
    """A level, with the shape of its loops.

    Parameters
    ----------
    banks : tuple of Bank
    direct : bool
        Whether it reads the image itself; its ring then holds padded copies of what lies near a border.
    ring : str
        Dtype of the ring's rows.
    casts : bool
        Whether samples of its input are to be cast to the type of the arithmetic.
    """

    banks: tuple[Bank, ...]
    direct: bool
    ring: str
    casts: bool

    def cast(self, sample: str) -> str:
        """Return `sample` of a row of its input as source, in the type of the arithmetic."""
        return f"T({sample})" if self.casts else sample

    @property
    def reach(self) -> int:
        """Rows its window spans, and rows its ring holds."""
        return self.dilation[0] * (self.kernel[0] - 1) + 1

    @property
    def sampled_rows(self) -> range:
        """Rows of the window that its main loop reads, from the first to the last."""
        rows = {row for bank in self.banks if not bank.has_columns for row, _ in bank.taps}
        if self.keep_alpha:
            rows.add(self.centre[0])
        return range(min(rows), max(rows) + 1)

    @property
    def reads_samples(self) -> bool:
        """Tell whether its main loop reads rows of its input, not only what column passes made of them."""
        return self.keep_alpha or not all(bank.has_columns for bank in self.banks)

    @property
    def columns(self) -> list[Bank]:
        """Banks that begin with a column pass."""
        return [bank for bank in self.banks if bank.has_columns]

    def slides(self, bank: Bank) -> bool:
        """Tell whether a running sum of rows is less work than the sum of the window's."""
        return bank.exact and self.dilation[0] == 1 and self.kernel[0] > 2 * self.stride[0]

    def pairs(self, bank: Bank) -> bool:
        """Tell whether column passes make two rows at a time."""
        plain = self.stride[0] == 1 and self.dilation[0] == 1
        return bank.has_columns and plain and not self.slides(bank)

    @property
    def ring_rows(self) -> int:
        """Rows that the ring holds beside the one of constants, if its input has as many."""
        if self.direct:
            return self.kernel[0]
        return self.reach + any(self.pairs(bank) for bank in self.banks)


@dataclass(frozen=True)
class Schedule(levels.Program):
    """Structure of a fused loop: everything the source text depends on."""

    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Values:
    """Run-time values of a fused loop.

    Parameters
    ----------
    geometry : ndarray of int64, shape (strips, levels, 10)
        Columns as in :data:`convpipe.compile.cpu.strips.GEOMETRY`.
    weights, constants : ndarray, shape (n,)
        In the type of the arithmetic.
    outside : ndarray, shape (2 * levels,)
        What a constant border holds, in the last channel and in the others.
    """

    geometry: NDArray[np.int64]
    weights: NDArray[np.floating]
    constants: NDArray[np.floating]
    outside: NDArray[np.floating]


def make_schedule(plan: Plan) -> tuple[Schedule, Values]:
    """Return the structure and the run-time values of `plan` as one fused loop."""
    program = levels.make_levels(plan)
    heads = [head for head, *_ in grouped(plan.nodes, plan.dtype)]
    scheduled: list[Level] = []
    weights: list[float] = []
    for level, node in zip(program.levels, heads, strict=True):
        scheduled.append(_scheduled(level, node.stencil, plan, len(weights)))
        for bank, taps in zip(scheduled[-1].banks, node.stencil.banks, strict=True):
            weights += bank.weights(taps)
    values = Values(
        geometry=strips(heads, _bytes_per_column(plan, scheduled)),
        weights=np.array(weights, plan.compute),
        constants=np.array(program.constants, plan.compute),
        outside=np.array([value for node in heads for value in levels.constant_pixel(node)], plan.compute),
    )
    return Schedule(tuple(scheduled), program.compute, program.source, program.output), values


def _bytes_per_column(plan: Plan, scheduled: Sequence[Level]) -> float:
    """Return what the rows in use take per column of the result: windows, scratch rows, and the result."""
    size = np.dtype(plan.compute).itemsize
    total = plan.output_channels * np.dtype(stored(plan.output_dtype)).itemsize
    columns = 1
    for level in reversed(scheduled):
        scratch = sum(len(bank.temporaries) for bank in level.banks) * size
        columns *= level.stride[1]
        total += columns * level.channels * (level.reach * np.dtype(level.ring).itemsize + scratch)
    return total


def _scheduled(level: levels.Level, stencil: Stencil, plan: Plan, weight: int) -> Level:
    """Return `level` with the shape of its loops; `weight` is the position of its first weight."""
    direct = level.index == 0 and not level.premultiply
    source = stored(plan.dtype)
    ring = source if direct and _holds(source, stencil) else plan.compute
    banks: list[Bank] = []
    for name, taps in zip(stencil.names, stencil.banks, strict=True):
        bank = choose(name, taps, weight, direct and _sums_exactly(ring, taps))
        banks.append(bank)
        weight += len(bank.taps)
    common = {field.name: getattr(level, field.name) for field in fields(level)}
    casts = direct and source != plan.compute
    return Level(**common, banks=tuple(banks), direct=direct, ring=ring, casts=casts)


def _holds(dtype: str, stencil: Stencil) -> bool:
    """Tell whether `dtype` holds the value outside a constant border exactly."""
    if stencil.border != Border.CONSTANT or np.dtype(dtype).kind == "f":
        return True
    limits = np.iinfo(dtype)
    return float(stencil.value).is_integer() and limits.min <= stencil.value <= limits.max


def _sums_exactly(dtype: str, taps: Taps) -> bool:
    """Tell whether sums of as many samples of `dtype` fit 32-bit integers."""
    if np.dtype(dtype).kind == "f":
        return False
    limits = np.iinfo(dtype)
    return max(-int(limits.min), int(limits.max)) * math.prod(taps.extent) < 2**31
