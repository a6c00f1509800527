"""What a stage's ops cost, and the error of taking a kernel apart."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence

import numpy as np

from convpipe.fourier import LEAST_TAPS, Tiles, tiles
from convpipe.geometry import Axis, Extent
from convpipe.histograms import BYTES_OF_PAIRS, MOST_LEVELS
from convpipe.interval import Interval
from convpipe.memory import LINE
from convpipe.ops import (
    Bilateral,
    ChannelMap,
    Frame,
    Layer,
    Lookup,
    Map,
    Mix,
    Op,
    Rank,
    Resample,
    Stencil,
    Taps,
    Turn,
    Warp,
)
from convpipe.ops.warp import TAPS
from convpipe.plan.arithmetic import Arithmetic
from convpipe.plan.node import Entering, NodePlan, Separation
from convpipe.selection import ROWS, counts, network
from convpipe.selection.counts import is_counted
from convpipe.statistics import Cumulative, Statistic

WEIGHED = 17
"""Operations of a weight that depends on samples: mostly those of its exponential."""


WIDE = 1.18
"""How many times as much outer products are worth over numbers of floating point as over integers, whose rows
are shorter. Of rank 2 (4096x4096 float32, two threads of a Zen 4) a kernel of 63 takes 1.25 times as long as
its transforms, one of 47 or 51 as long, one of 41 0.91; of an Emerald Rapids 0.88, 0.79 and 0.70. The way is
the same on both, as the bytes of a result are."""


def fourier_tiles(
    ops: Sequence[Op], windows: tuple[Axis, Axis], extent: Extent, entering: Entering, compute: str
) -> Tiles | None:
    """Return the tiles of a window that is one dense kernel over plain channels, if they are less work."""
    first = ops[0]
    if not isinstance(first, Stencil) or first.keep_alpha or len(first.banks) > 1:
        return None
    (taps,) = first.banks
    terms = taps.terms(compute)
    if taps.count < LEAST_TAPS or (terms is not None and len(terms.terms) == 1):
        return None
    loop = math.prod(taps.extent)
    if terms is not None:
        loop = round(terms.cost(compute) * (WIDE if entering.fixed is None else 1))
    return tiles(windows, extent, entering.channels, loop)


def separation(ops: Sequence[Op], samples: Interval, arithmetic: Arithmetic) -> Separation | None:
    """Return into what kernels are taken apart, and the most that responses to `samples` are then off."""
    largest = max(abs(samples.low), abs(samples.high))
    banks = [taps for op in ops if isinstance(op, Stencil) for taps in op.banks]
    found = []
    for taps, sums in zip(banks, arithmetic.sums, strict=True):
        terms = taps.products(sums.dtype) if taps.is_given else None
        if terms is not None:
            error = 0.0 if sums.made else terms.bound(taps.weights, arithmetic.compute) * largest
            found.append(Separation(len(terms.terms), error))
    return max(found, key=lambda one: one.error, default=None)


BAND_BYTES = 1 << 19
"""Of a band of a layer, of what it reads and makes as planes: they stay in the second-level cache."""


def layer_rows(layer: Layer, axes: tuple[Axis, Axis], extent: Extent, made: Extent, itemsize: int) -> int:
    """Return the rows of a band of a layer's result."""
    rows, cols = axes
    wide = extent[1] + max(cols.before, 0) + max(cols.after, 0)
    a_row = (layer.filters * made[1] + layer.channels * rows.stride * wide) * itemsize
    return max(1, min(BAND_BYTES // a_row, made[0]))


COPIED_BYTES = 1 << 18
"""Most bytes of rows that the loops of conv2d copy at a time, unless those under one row are more."""


TILE_BYTES = 1 << 12
"""What a tile takes that meets two rows, and room to begin where vectors do."""


def layer_bytes(node: NodePlan, itemsize: int) -> int:
    """Return most of what a thread takes that makes a layer: planes of a band, and copies of their rows."""
    layer, (rows, cols) = node.apart, node.axes
    assert isinstance(layer, Layer)
    high = layer_rows(layer, node.axes, node.input, node.extent, itemsize)
    wide = node.input[1] + max(cols.before, 0) + max(cols.after, 0)
    planes = (
        layer.channels * ((high - 1) * rows.stride + rows.reach) * wide
        + layer.filters * high * node.extent[1]
    )
    beside = 2 * LINE * (layer.channels + layer.filters)
    copied = layer.channels * rows.kernel * cols.stride * (node.extent[1] + cols.reach)
    return itemsize * planes + beside + max(COPIED_BYTES, itemsize * copied) + TILE_BYTES


def apart_bytes(node: NodePlan, itemsize: int) -> int:
    """Return what an op that stands apart takes beside what it reads and what it makes."""
    op = node.apart
    return op.nbytes(node.input, node.channels) if isinstance(op, Frame) else 0


def apart_thread_bytes(node: NodePlan) -> int:
    """Return what each thread of such an op takes beside that."""
    op = node.apart
    return op.thread_bytes(node.input, node.channels) if isinstance(op, Frame) else 0


def statistics_bytes(node: NodePlan, dtype: str) -> int:
    """Return what finding numbers of its whole input takes: a histogram, and copies of samples in float64.

    Parameters
    ----------
    node : NodePlan
    dtype : str
        Of its input.
    """
    if _are_extremes(node):
        return 0
    copies = max(one.copies(dtype) for one in node.statistics)
    entries = max((one.entries for one in node.statistics if isinstance(one, Cumulative)), default=0)
    return 64 * max(_levels(dtype), entries) + copies * math.prod(node.input) * node.channels


def counting_bytes(node: NodePlan, dtype: str) -> int:
    """Return what a thread takes that counts samples of a node's input by their values; as above."""
    if _are_extremes(node):
        return 0
    return 4 * _levels(dtype) + BLOCK_BYTES + (BYTES_OF_PAIRS if np.dtype(dtype).itemsize == 1 else 0)


BLOCK_BYTES = 1 << 15
"""What the bins of some samples take, and four tables of few bins."""


def _are_extremes(node: NodePlan) -> bool:
    """Tell whether it needs nothing but the least and the largest sample, or nothing."""
    return all(isinstance(one, Statistic) and one.is_extreme for one in node.statistics)


def _levels(dtype: str) -> int:
    """Return most entries of a histogram."""
    return 256 if np.dtype(dtype).itemsize == 1 else MOST_LEVELS


def operations(op: Op, compute: str = "float32") -> int:
    """Count the arithmetic operations of `op` on one output sample, where sums are of the type `compute`."""
    if isinstance(op, Stencil):
        return sum(2 * _taps_used(taps, compute) for taps in op.banks)
    if isinstance(op, Resample):
        rows, cols = op.phases
        return 2 * (math.ceil(rows.kernel * cols.rate) + cols.kernel)
    if isinstance(op, Bilateral):
        return WEIGHED * op.count
    if isinstance(op, Rank):
        if is_counted(op.count, op.ranks):
            return round(counts.operations(op.footprint, op.ranks, itemsize=1))
        return round(network(op.footprint, op.ranks, ROWS).operations)
    if isinstance(op, Map):
        return sum(isinstance(node, ast.BinOp | ast.UnaryOp | ast.Call) for node in ast.walk(op.tree))
    if isinstance(op, Lookup):
        return 8
    if isinstance(op, Frame | Layer):
        return op.operations
    if isinstance(op, Turn):
        return 0
    if isinstance(op, Warp):
        return 2 * TAPS[op.method] ** 2 + 4
    if isinstance(op, ChannelMap):
        return -(-sum(operations(line) for _, line in op.lines) // len(op.outputs))
    if isinstance(op, Mix):
        return 2 * len(op.matrix[0])
    return 1


def _taps_used(taps: Taps, compute: str) -> int:
    """Return the taps of the kernel, or of what it is taken apart into if those are fewer."""
    terms = taps.terms(compute)
    return taps.count if terms is None else min(taps.count, terms.count)
