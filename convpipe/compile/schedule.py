"""Decide how a plan runs: the shape of every stencil's loop, and the rows to keep between stages.

A plan becomes a chain of levels: a stage with a window, and the stages after it that look at one pixel at a
time. A level pulls the rows its window needs from a ring of
rows that the level below fills on demand, and gives one row of its own; the last level writes the
image. So the image is read once and written once, and between two stages stand only as many rows
as the window of the later one spans.

Levels carry structure alone - what the loops look like. Weights, constants, extents, padding and
border rules are run-time values (:class:`Values`), so that another sigma of the same radius, other
weights or another image size compile nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.banks import Bank, choose
from convpipe.compile.strips import strips
from convpipe.geometry import Border, Extent
from convpipe.ops import Alpha, Cast, Map, Mix, Stencil, Taps, is_rounding
from convpipe.plan import Plan, StagePlan

Pointwise = Map | Mix | Alpha | Cast


@dataclass(frozen=True)
class Level:
    """Structure of the loop of one stage with a window, and of the pointwise stages after it.

    Parameters
    ----------
    index : int
    title : str
        For the comment above the loop.
    kernel, stride, dilation : (rows, cols)
    channels : int
        Channels of the input; samples of a pixel stand side by side in a row.
    output_channels : int
    banks : tuple of Bank
    premultiply : bool
        Whether rows are multiplied by alpha on their way into the ring.
    steps : tuple of Pointwise
        What happens to the responses.
    keep_alpha : bool
    centre : (row, col)
        The tap that alpha is kept from.
    constants : int
        Position of the first constant of `steps` in the constant vector.
    direct : bool
        Whether it reads the image itself; its ring then holds padded copies of what lies near a border.
    ring : str
        Dtype of the ring's rows.
    casts : bool
        Whether samples of its input are to be cast to the type of the arithmetic.
    """

    index: int
    title: str
    kernel: Extent
    stride: Extent
    dilation: Extent
    channels: int
    output_channels: int
    banks: tuple[Bank, ...]
    premultiply: bool
    steps: tuple[Pointwise, ...]
    keep_alpha: bool
    centre: Extent
    constants: int
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
    def mixes_samples(self) -> bool:
        """Tell whether it is a mix of the channels of its input, with no window."""
        first = self.steps[0] if self.steps else None
        return self.kernel == (1, 1) and not self.keep_alpha and isinstance(first, Mix)

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
        """Rows that the ring holds beside the one of constants."""
        if self.direct:
            return self.kernel[0]
        return self.reach + any(self.pairs(bank) for bank in self.banks)


@dataclass(frozen=True)
class Schedule:
    """Structure of a fused loop: everything the source text depends on."""

    levels: tuple[Level, ...]
    compute: str
    source: str
    output: str

    @property
    def counts_nans(self) -> bool:
        """Tell whether NaNs can come to where values are rounded: they become 0, and are counted."""
        return np.dtype(self.source).kind == "f"


@dataclass(frozen=True)
class Values:
    """Run-time values of a fused loop.

    Parameters
    ----------
    geometry : ndarray of int64, shape (strips, levels, 10)
        Columns as in :data:`convpipe.compile.strips.GEOMETRY`.
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
    levels: list[Level] = []
    weights: list[float] = []
    constants: list[float] = []
    channels = plan.channels
    groups = grouped(plan.stages, plan.dtype)
    stencils = [stencil_of(head) for head, *_ in groups]
    for stages, stencil in zip(groups, stencils, strict=True):
        level = _level(len(levels), stages, channels, plan, len(weights), len(constants))
        levels.append(level)
        for bank, taps in zip(level.banks, stencil.banks, strict=True):
            weights += bank.weights(taps)
        constants += [value for step in level.steps for value in _constants(step)]
        channels = level.output_channels
    values = Values(
        geometry=strips([head for head, *_ in groups], _bytes_per_column(plan, levels)),
        weights=np.array(weights, plan.compute),
        constants=np.array(constants, plan.compute),
        outside=np.array([value for head, *_ in groups for value in constant_pixel(head)], plan.compute),
    )
    return Schedule(tuple(levels), plan.compute, stored(plan.dtype), stored(plan.output_dtype)), values


def constant_pixel(stage: StagePlan) -> tuple[float, float]:
    """Return what the window of `stage` finds in a constant border: in channels but the last, and there."""
    stencil = stencil_of(stage)
    if stencil.opaque is None:
        return stencil.value, stencil.value
    premultiplied = stage.ops[0] is not stencil
    return stencil.value * (stencil.opaque if premultiplied else 1.0), stencil.opaque


def grouped(stages: Sequence[StagePlan], dtype: str) -> list[tuple[StagePlan, ...]]:
    """Return the stages of each level: one, and those after it that need no pixel but the one they change."""
    groups: list[tuple[StagePlan, ...]] = []
    for stage in stages:
        if groups and _is_pointwise(stage) and not loses_nans(groups[-1][-1], dtype):
            groups[-1] += (stage,)
        else:
            groups.append((stage,))
    return groups


def loses_nans(stage: StagePlan, dtype: str) -> bool:
    """Tell whether NaNs of an image of `dtype` can become 0 in `stage`, where it rounds.

    They are counted where a sample is written, once: what stands between two levels may be computed again.
    """
    return np.dtype(dtype).kind == "f" and any(map(is_rounding, stage.ops))


def _is_pointwise(stage: StagePlan) -> bool:
    stencil = stencil_of(stage)
    padding = [side for axis in stage.axes for side in (axis.before, axis.after)]
    return (
        stage.ops[0] is stencil
        and not stencil.keep_alpha
        and (stencil.kernel, stencil.stride, len(stencil.banks)) == ((1, 1), (1, 1), 1)
        and not any(padding)
    )


def _steps(stages: Sequence[StagePlan]) -> tuple[Pointwise, ...]:
    """Return what happens to the responses of the first stage; the one weight of a later one multiplies."""
    steps: list[Pointwise] = []
    for stage in stages:
        stencil = stencil_of(stage)
        weight = stencil.banks[0].weight(0, 0)
        if stage is not stages[0] and weight != 1:
            steps.append(Map("weight * r", constants=(("weight", weight),)))
        after = stage.ops[stage.ops.index(stencil) + 1 :]
        steps += [op for op in after if isinstance(op, Pointwise)]
    return tuple(steps)


def stored(dtype: str) -> str:
    """Return the dtype that the loop reads or writes for images of `dtype`.

    float16 passes as float32, since Numba does not compute with it, and bool as uint8 of 0 and 1.
    """
    return {"float16": "float32", "bool": "uint8"}.get(dtype, dtype)


def stencil_of(stage: StagePlan) -> Stencil:
    """Return the stage's window."""
    return next(op for op in stage.ops if isinstance(op, Stencil))


def _bytes_per_column(plan: Plan, levels: Sequence[Level]) -> float:
    """Return what the rows in use take per column of the result: windows, scratch rows, and the result."""
    size = np.dtype(plan.compute).itemsize
    total = plan.output_channels * np.dtype(stored(plan.output_dtype)).itemsize
    columns = 1
    for level in reversed(levels):
        scratch = sum(len(bank.temporaries) for bank in level.banks) * size
        columns *= level.stride[1]
        total += columns * level.channels * (level.reach * np.dtype(level.ring).itemsize + scratch)
    return total


def _level(
    index: int, stages: Sequence[StagePlan], channels: int, plan: Plan, weight: int, constant: int
) -> Level:
    stage = stages[0]
    stencil = stencil_of(stage)
    at = stage.ops.index(stencil)
    direct = index == 0 and at == 0
    ring = stored(plan.dtype) if direct and _holds(stored(plan.dtype), stencil) else plan.compute
    banks: list[Bank] = []
    for name, taps in zip(stencil.names, stencil.banks, strict=True):
        bank = choose(name, taps, weight, direct and _sums_exactly(ring, taps))
        banks.append(bank)
        weight += len(bank.taps)
    return Level(
        index=index,
        title=", ".join(f"{one.place}: {one.method}" for one in stages),
        kernel=stencil.kernel,
        stride=stencil.stride,
        dilation=stencil.dilation,
        channels=channels,
        output_channels=stages[-1].channels,
        banks=tuple(banks),
        premultiply=at > 0,
        steps=_steps(stages),
        keep_alpha=stencil.keep_alpha,
        centre=stencil.centre,
        constants=constant,
        direct=direct,
        ring=ring,
        casts=direct and stored(plan.dtype) != plan.compute,
    )


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


def _constants(step: Pointwise) -> list[float]:
    if isinstance(step, Map):
        return [value for _, value in step.constants]
    if isinstance(step, Mix):
        return [value for row in step.matrix for value in row]
    return []
