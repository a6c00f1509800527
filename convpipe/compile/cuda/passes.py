"""Cut a plan into passes: sliding windows, one after the other.

A stage is one pass; a large separable one is two, down the columns and along the rows. As on the
processor, passes carry structure alone; weights, constants, extents and borders are run-time values.
This module imports no CUDA.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.levels import Level, Program, constant_pixel, make_levels
from convpipe.errors import BackendError
from convpipe.geometry import Axis, Border, Extent
from convpipe.ops import Alpha, ChannelMap, Mix, Stencil, Taps, is_rounding
from convpipe.plan import NodePlan, Plan

Part = Literal["whole", "column", "row"]

UNROLLED_TAPS = 32
"""Up to this many non-zero taps of a bank stand in one expression, their weights in registers."""

SEPARATE = 16
"""What a second pass over the tile costs, in taps: a store, a barrier and a load."""

STRIP = 4
"""Rows a thread computes at once, so that neighbouring windows share their loads."""


@dataclass(frozen=True)
class Bank:
    """One bank of taps of a pass.

    Parameters
    ----------
    name : str
        Of its response.
    source : int
        Which of the planes that stand for one channel of the input it reads.
    taps : tuple of (row, column)
        Where its taps are, row by row.
    offset : int
        Position of its first weight in the weight vector.
    """

    name: str
    source: int
    taps: tuple[tuple[int, int], ...]
    offset: int

    @property
    def looped(self) -> bool:
        """Whether its taps are a loop over the whole kernel instead of one expression."""
        return len(self.taps) > UNROLLED_TAPS


@dataclass(frozen=True)
class Pass:
    """One sliding window.

    Parameters
    ----------
    index : int
        Position in the chain, and row of the run-time geometry.
    level : Level
        The stage it belongs to.
    kernel, stride, dilation : (rows, cols)
    banks : tuple of Bank
    sources : int
        Planes that stand for one channel of its input: one, or one a bank after a column pass.
    outside : int
        Position, in the vector of border values, of those of its first source: in all channels but the last,
        and there.
    part : {'whole', 'column', 'row'}
        Of its stage.
    wraps : bool
        Whether its border is ``wrap``, which reads the far side of the image.
    counts_nan : bool
        Whether NaNs become 0 as it rounds, which are counted where its result is written.
    """

    index: int
    level: Level
    kernel: Extent
    stride: Extent
    dilation: Extent
    banks: tuple[Bank, ...]
    sources: int
    outside: int
    part: Part
    wraps: bool
    counts_nan: bool

    @property
    def final(self) -> bool:
        """Whether its responses go on through the stage's steps, and not to the row pass."""
        return self.part != "column"

    @property
    def centre(self) -> Extent:
        """The tap that alpha is kept from."""
        row, col = self.level.centre
        return (row if self.part != "row" else 0), (col if self.part != "column" else 0)

    @property
    def premultiply(self) -> bool:
        """Whether the colours of its input are multiplied by alpha."""
        return self.level.premultiply and self.part != "row"

    @property
    def pixelwise(self) -> bool:
        """Whether a thread needs all channels of a pixel at once, whatever follows."""
        mixes = any(isinstance(step, Mix | ChannelMap | Alpha) for step in self.level.steps)
        return self.level.keep_alpha or (self.final and mixes)

    @property
    def reach(self) -> Extent:
        """Rows and columns that its window spans."""
        rows, cols = (Axis(k, 1, d).reach for k, d in zip(self.kernel, self.dilation, strict=True))
        return rows, cols

    @property
    def strip(self) -> int:
        """Rows a thread computes at once: one where windows above each other share nothing."""
        return STRIP if self.reach[0] > self.stride[0] else 1

    @property
    def inputs(self) -> int:
        """Planes of its input tile."""
        return self.level.channels * self.sources

    @property
    def outputs(self) -> int:
        """Planes of its result."""
        return self.level.output_channels if self.final else self.level.channels * len(self.banks)

    @property
    def work(self) -> float:
        """Rough cost of an output sample, in instructions."""
        return 8 + sum(2 * len(bank.taps) for bank in self.banks)

    def input_extent(self, extent: Extent) -> Extent:
        """Return the rows and columns under the windows of `extent` outputs."""
        rows, cols = (
            (count - 1) * stride + reach
            for count, stride, reach in zip(extent, self.stride, self.reach, strict=True)
        )
        return rows, cols


@dataclass(frozen=True)
class Values:
    """Run-time values of a chain of passes.

    Parameters
    ----------
    geometry : ndarray of int64, shape (passes, 7)
        Columns as in :data:`GEOMETRY`.
    weights, constants, outside : ndarray, shape (n,)
        In the type of the arithmetic; none of them empty.
    """

    geometry: NDArray[np.int64]
    weights: NDArray[np.floating]
    constants: NDArray[np.floating]
    outside: NDArray[np.floating]


GEOMETRY = ("rows", "cols", "output_rows", "output_cols", "top", "left", "border")
"""Columns of the run-time geometry, one row a pass."""


@dataclass
class _Chain:
    """Passes as they are added, with their run-time values."""

    floating: bool
    passes: list[Pass] = field(default_factory=list)
    geometry: list[list[int]] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    outside: list[float] = field(default_factory=list)

    def banks(
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
        self, node: NodePlan, level: Level, kernels: Sequence[NDArray[np.float64]], part: Part = "whole",
        values: Sequence[float] = (),
    ) -> None:  # fmt: skip
        """Add the pass of `kernels`: the whole node, its column pass or its row pass."""
        window = node.window
        rows, cols = node.axes
        down, along = part != "row", part != "column"
        self.passes.append(
            Pass(
                index=len(self.passes),
                level=level,
                kernel=(kernels[0].shape[0], kernels[0].shape[1]),
                stride=(window.stride[0] if down else 1, window.stride[1] if along else 1),
                dilation=window.dilation,
                banks=self.banks(window.names, kernels, own=part == "row"),
                sources=len(kernels) if part == "row" else 1,
                outside=len(self.outside),
                part=part,
                wraps=window.border == Border.WRAP,
                counts_nan=part != "column" and self.floating and any(map(is_rounding, level.steps)),
            )
        )
        extent = (node.input[0] if down else node.extent[0], node.input[1])
        result = (node.extent[0], node.extent[1] if along else node.input[1])
        before = (rows.before if down else 0, cols.before if along else 0)
        self.geometry.append([*extent, *result, *before, int(window.border)])
        self.outside += values or constant_pixel(node)


def make_passes(plan: Plan) -> tuple[Program, tuple[Pass, ...], Values]:
    """Return the structure and the run-time values of `plan` as a chain of passes.

    Raises
    ------
    BackendError
        If `plan` is no chain, or needs what a pass cannot find.
    """
    if not plan.is_chain:
        raise BackendError(
            "stages that are combined, read twice, or give several results do not run on backend 'cuda' yet; "
            "run them with backend 'cpu'"
        )
    for node in plan.nodes:
        if node.apart:
            raise BackendError(f"{node.origin} runs on the processor alone; use backend 'cpu'")
        if node.reduces:
            raise BackendError(
                f"{node.origin} needs numbers of the whole image "
                f"({', '.join(map(str, node.statistics))}), which the CUDA "
                "backend does not find; run it with backend 'cpu'"
            )
    program = make_levels(plan)
    chain = _Chain(floating=np.dtype(plan.dtype).kind == "f")
    for node, level in zip(program.heads, program.levels, strict=True):
        stencil = node.window
        if not isinstance(stencil, Stencil):
            raise BackendError(
                f"{node.origin} is no sum over a sliding window: it does not run on backend 'cuda' yet; "
                "use backend 'cpu'"
            )
        factors = _factors(stencil)
        if factors is None:
            chain.add(node, level, [taps.weights for taps in stencil.banks])
            continue
        columns = [column[:, None] for column, _ in factors]
        chain.add(node, level, columns, "column")
        # Left and right of the image stands the constant; the column pass makes its sum of it.
        sums = [value * float(column.sum()) for column in columns for value in constant_pixel(node)]
        chain.add(node, level, [row[None, :] for _, row in factors], "row", sums)
    vectors = (chain.weights, program.constants, chain.outside)
    weights, constants, outside = (np.array([*vector, 0], plan.compute) for vector in vectors)
    return (
        program,
        tuple(chain.passes),
        Values(np.array(chain.geometry, np.int64), weights, constants, outside),
    )


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
