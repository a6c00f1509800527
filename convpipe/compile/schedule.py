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
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.strips import strips
from convpipe.geometry import Border, Extent
from convpipe.ops import Alpha, Cast, Map, Mix, Stencil, Taps
from convpipe.plan import Plan, StagePlan

Shape = Literal["unrolled", "separable", "uniform", "rows"]

UNROLLED_TAPS = 25
"""Up to this many non-zero taps are all written out; sparse kernels may have twice as many."""

PASS_COST = 4
"""Taps that a pass over a row in the L1 cache is worth: 3x3 gains nothing by two passes, 5x5 does."""

PASS_TAPS, PASS_ROWS = 16, 8
"""Most taps, and most source rows, in one loop.

Measured at 2048x2048 float32, one thread: 5x5 in two loops takes 0.7 of the time of one loop, because what
the loop holds fits the registers; 9x9 at two kernel rows a loop (18 taps) 0.65. With more rows than that
LLVM's overlap checks are too many, and the loop stays scalar.
"""

ROLLED = 32
"""From more taps in line than this on, a loop goes over the loops of a pass: each that is written out takes
Numba 0.2 s to compile, and a loop with so many taps stays scalar."""

UNIFORM_COLUMNS = 8
"""From this width on, a row of equal taps is summed by doubling: sums of 2, of 4, of 8, ... neighbours."""

Pointwise = Map | Mix | Alpha | Cast


@dataclass(frozen=True)
class Bank:
    """The loop shape of one bank of taps.

    Parameters
    ----------
    name : str
        Of its response in the expression that follows.
    shape : {'unrolled', 'separable', 'uniform', 'rows'}
        All taps written out; a column pass then a row pass; the same for equal taps, with no products;
        or a loop over kernel rows. What does not fit one loop is summed into a row that stays in the L1
        cache.
    taps : tuple of (row, column)
        Where the non-zero taps are: of the kernel when unrolled; for `separable` those of the column
        factor (row, -1) then of the row factor (-1, column); for `rows` the whole rectangle; for
        `uniform` its last corner, for the one weight.
    offset : int
        Position of its first weight in the weight vector.
    exact : bool
        Whether uniform taps sum integers, exact in any order: rows then enter and leave a running sum.
    """

    name: str
    shape: Shape
    taps: tuple[tuple[int, int], ...]
    offset: int
    exact: bool = False

    @cached_property
    def passes(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """Taps of each loop but those of column passes; the last is part of the main loop."""
        if self.shape == "separable":
            taps = [(0, col) for col in self.row]
            lead = len(taps) % PASS_TAPS or PASS_TAPS
            starts = [0, *range(lead, len(taps), PASS_TAPS)] if is_long(self.row) else [0]
            return tuple(tuple(taps[a:b]) for a, b in zip(starts, [*starts[1:], None], strict=True))
        if self.shape == "rows":
            cols = self.taps[-1][1] + 1
            step = cols * max(1, (PASS_TAPS + 2) // cols)
            lead = len(self.taps) % step or step
            starts = [0, *range(lead, len(self.taps), step)]
        else:
            starts = _cuts(self.taps)
        return tuple(self.taps[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True))

    @property
    def choice(self) -> str:
        """Return the shape, and what it costs a sample, in words."""
        if self.shape == "separable":
            return f"separable: {len(self.column)} + {len(self.row)} taps"
        if self.shape == "uniform":
            rows = "running sums of rows" if self.exact else f"sums of {len(self.column)} rows"
            return f"uniform: {rows}, then {len(self.doubled) + len(self.parts) - 1} sums of neighbours"
        return f"{self.shape}: {len(self.taps)} taps, loops: {len(self.passes)}"

    @property
    def has_columns(self) -> bool:
        """Tell whether a column pass over whole rows precedes the main loop."""
        return self.shape in ("separable", "uniform")

    @property
    def accumulates(self) -> bool:
        """Tell whether passes of the main loop's kind precede it."""
        return len(self.passes) > 1

    @property
    def doubled(self) -> list[int]:
        """Widths, in taps, of the sums of neighbours that uniform taps need: 2, 4, 8, ..."""
        cols = self.taps[0][1] + 1
        return [2**k for k in range(1, cols.bit_length())] if cols >= UNIFORM_COLUMNS else []

    @property
    def parts(self) -> list[tuple[int, int]]:
        """Sums of neighbours that make up a row of uniform taps: (width, first column)."""
        left, found = self.taps[0][1] + 1, []
        for width in (*reversed(self.doubled), 1):
            while left >= width:
                found.append((width, self.taps[0][1] + 1 - left))
                left -= width
        return found

    @property
    def last_weights(self) -> range:
        """Positions of the weights of the main loop."""
        end = self.offset + len(self.taps)
        return range(end - len(self.passes[-1]), end)

    def weight(self, row: int, col: int) -> str:
        """Return the position, as source, of the weight of a tap."""
        return str(self.offset + self.taps.index((row, col)))

    @property
    def column(self) -> list[int]:
        """Kernel rows of the column pass."""
        if self.shape == "uniform":
            return list(range(self.taps[0][0] + 1))
        return [row for row, col in self.taps if col < 0]

    @property
    def row(self) -> list[int]:
        """Kernel columns of the row factor."""
        return [col for _, col in self.taps if col >= 0]


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
            rows.add((self.kernel[0] - 1) // 2)
        return range(min(rows), max(rows) + 1)

    @property
    def reads_samples(self) -> bool:
        """Tell whether its main loop reads rows of its input, not only what column passes made of them."""
        return self.keep_alpha or not all(bank.has_columns for bank in self.banks)


@dataclass(frozen=True)
class Schedule:
    """Structure of a fused loop: everything the source text depends on."""

    levels: tuple[Level, ...]
    compute: str
    source: str
    output: str

    @property
    def counts_nan(self) -> bool:
        """Tell whether NaNs can reach an integer output, where they become 0 and are counted."""
        return np.dtype(self.source).kind == "f" and np.dtype(self.output).kind in "iu"


@dataclass(frozen=True)
class Values:
    """Run-time values of a fused loop.

    Parameters
    ----------
    geometry : ndarray of int64, shape (strips, levels, 10)
        Columns as in :data:`convpipe.compile.strips.GEOMETRY`.
    weights, constants : ndarray, shape (n,)
        In the type of the arithmetic.
    outside : ndarray, shape (levels,)
        What a constant border holds.
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
    groups = grouped(plan.stages)
    stencils = [stencil_of(head) for head, *_ in groups]
    for stages, stencil in zip(groups, stencils, strict=True):
        level = _level(len(levels), stages, channels, plan, len(weights), len(constants))
        levels.append(level)
        for bank, taps in zip(level.banks, stencil.banks, strict=True):
            weights += _weights(bank, taps)
        constants += [value for step in level.steps for value in _constants(step)]
        channels = level.output_channels
    values = Values(
        geometry=strips([head for head, *_ in groups], _bytes_per_column(plan, levels)),
        weights=np.array(weights, plan.compute),
        constants=np.array(constants, plan.compute),
        outside=np.array([stencil.value for stencil in stencils], plan.compute),
    )
    return Schedule(tuple(levels), plan.compute, stored(plan.dtype), stored(plan.output_dtype)), values


def grouped(stages: Sequence[StagePlan]) -> list[tuple[StagePlan, ...]]:
    """Return the stages of each level: one, and those after it that need no pixel but the one they change."""
    groups: list[tuple[StagePlan, ...]] = []
    for stage in stages:
        if groups and _is_pointwise(stage):
            groups[-1] += (stage,)
        else:
            groups.append((stage,))
    return groups


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
    """Return what happens to the responses of the first stage.

    The one weight of a later stage stays a multiplication: it also keeps a product of one stage and a sum of
    the next from being fused into one rounding, so that the stages run one by one give the same bytes.
    """
    steps: list[Pointwise] = []
    for stage in stages:
        stencil = stencil_of(stage)
        if stage is not stages[0]:
            weight = stencil.banks[0].weight(0, 0)
            steps.append(Map("weight * r", constants=(("weight", weight),)))
        after = stage.ops[stage.ops.index(stencil) + 1 :]
        steps += [op for op in after if isinstance(op, Pointwise)]
    return tuple(steps)


def stored(dtype: str) -> str:
    """Return the dtype that the loop reads or writes for images of `dtype`: float16 passes as float32.

    Processors convert it, but Numba does not compute with it.
    """
    return "float32" if dtype == "float16" else dtype


def stencil_of(stage: StagePlan) -> Stencil:
    """Return the stage's window."""
    return next(op for op in stage.ops if isinstance(op, Stencil))


def _bytes_per_column(plan: Plan, levels: Sequence[Level]) -> float:
    """Return what the rows in use take per column of the result: windows, scratch rows, and the result."""
    size = np.dtype(plan.compute).itemsize
    total = plan.output_channels * np.dtype(stored(plan.output_dtype)).itemsize
    columns = 1
    for level in reversed(levels):
        scratch = sum(len(temporaries(bank)) for bank in level.banks) * size
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
    ring = stored(plan.dtype) if direct and _holds(plan.dtype, stencil) else plan.compute
    banks: list[Bank] = []
    for name, taps in zip(stencil.names, stencil.banks, strict=True):
        bank = _bank(name, taps, weight, direct and _sums_exactly(ring, taps))
        banks.append(bank)
        weight += len(bank.taps)
    return Level(
        index=index,
        title=", ".join(f"stage {one.index}: {one.name}" for one in stages),
        kernel=stencil.kernel,
        stride=stencil.stride,
        dilation=stencil.dilation,
        channels=channels,
        output_channels=stages[-1].channels,
        banks=tuple(banks),
        premultiply=at > 0,
        steps=_steps(stages),
        keep_alpha=stencil.keep_alpha,
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


def _bank(name: str, taps: Taps, offset: int, exact: bool) -> Bank:
    """Choose the loop shape of one bank, the one with the least work per sample.

    Unrolled costs its non-zero taps. Separable costs those of both factors and a pass over a row;
    it pays from 5x5 on, and is the loop for long rows. Uniform taps cost two rows and the logarithm
    of their width where sums are exact; else their rows and that.
    """
    size, count = math.prod(taps.extent), taps.count
    if size > 1 and taps.uniform:
        height, width = taps.extent
        if exact or (width >= UNIFORM_COLUMNS and height > 1):
            return Bank(name, "uniform", ((height - 1, width - 1),), offset, exact)
    if taps.factors is not None:
        column, row = (np.flatnonzero(factor).tolist() for factor in taps.factors)
        if len(column) + len(row) + PASS_COST < count or is_long(row):
            return Bank(name, "separable", (*((i, -1) for i in column), *((0, j) for j in row)), offset)
    if count <= UNROLLED_TAPS or (count <= 2 * UNROLLED_TAPS and 2 * count <= size):
        rows, cols = np.nonzero(taps.weights)
        nonzero = tuple(zip(rows.tolist(), cols.tolist(), strict=True))
        return Bank(name, "unrolled", nonzero or ((0, 0),), offset)
    return Bank(name, "rows", tuple(np.ndindex(*taps.extent)), offset)


def is_long(places: Sequence[int]) -> bool:
    """Tell whether so many taps are in line, with none left out, that a loop goes over their passes."""
    return len(places) > ROLLED and places[-1] - places[0] + 1 == len(places)


def _cuts(taps: Sequence[tuple[int, int]]) -> list[int]:
    """Return where the loops over `taps` begin: of even length, none with too many taps or rows."""
    for loops in range(-(-len(taps) // PASS_TAPS), len(taps) + 1):
        starts = [len(taps) * k // loops for k in range(loops)]
        parts = [taps[a:b] for a, b in zip(starts, [*starts[1:], len(taps)], strict=True)]
        if all(len({row for row, _ in part}) <= PASS_ROWS for part in parts):
            return starts
    raise AssertionError("one tap has one row")


def temporary(bank: Bank) -> str:
    """Return the name of the scratch row of column passes."""
    return f"v_{bank.name}"


def total(bank: Bank) -> str:
    """Return the name of the scratch row in which a bank accumulates."""
    return f"total_{bank.name}"


def temporaries(bank: Bank) -> list[str]:
    """Return the names of a bank's scratch rows."""
    columns = [temporary(bank)] if bank.has_columns else []
    doubled = bank.doubled if bank.shape == "uniform" else []
    totals = [total(bank)] if bank.accumulates else []
    return [*columns, *(f"sum{width}_{bank.name}" for width in doubled), *totals]


def _weights(bank: Bank, taps: Taps) -> list[float]:
    if bank.shape == "separable" and taps.factors is not None:
        column, row = taps.factors
        return [float(column[i]) if j < 0 else float(row[j]) for i, j in bank.taps]
    return [taps.weight(i, j) for i, j in bank.taps]


def _constants(step: Pointwise) -> list[float]:
    if isinstance(step, Map):
        return [value for _, value in step.constants]
    if isinstance(step, Mix):
        return [value for row in step.matrix for value in row]
    return []
