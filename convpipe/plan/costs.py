"""What a stage's ops cost, and the error of taking a kernel apart."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence

import numpy as np

from convpipe.fourier import LEAST_TAPS, Tiles, tiles
from convpipe.geometry import Axis, Extent
from convpipe.interval import Interval
from convpipe.ops import ChannelMap, Frame, Layer, Lookup, Map, Mix, Op, Rank, Resample, Stencil, Taps, Turn
from convpipe.plan.node import NodePlan
from convpipe.selection import ROWS, counts, network
from convpipe.selection.counts import is_counted
from convpipe.statistics import Statistic


def fourier_tiles(
    ops: Sequence[Op], windows: tuple[Axis, Axis], extent: Extent, channels: int
) -> Tiles | None:
    """Return the tiles of a window that is one dense kernel over plain channels, if they are less work."""
    first = ops[0]
    if not isinstance(first, Stencil) or first.keep_alpha or len(first.banks) > 1:
        return None
    (taps,) = first.banks
    dense = taps.factors is None and taps.count >= LEAST_TAPS
    return tiles(windows, extent, channels) if dense else None


def separation_error(ops: Sequence[Op], samples: Interval) -> float:
    """Return the most that responses to `samples` differ because kernels of rank 1 run as two passes."""
    largest = max(abs(samples.low), abs(samples.high))
    errors = [taps.error for op in ops if isinstance(op, Stencil) for taps in op.banks]
    return max(errors) * largest if any(errors) else 0.0


def apart_bytes(node: NodePlan, itemsize: int) -> int:
    """Return what an op that stands apart takes beside what it reads and what it makes.

    Of a layer, both with channel after channel.
    """
    op = node.apart
    if isinstance(op, Frame):
        return op.nbytes(node.input, node.channels)
    if isinstance(op, Layer):
        return itemsize * (math.prod(node.input) * op.channels + math.prod(node.extent) * op.filters)
    return 0


def statistics_bytes(node: NodePlan) -> int:
    """Return what finding numbers of its whole input takes: its finite samples, and all as float64."""
    if all(isinstance(one, Statistic) and one.is_extreme for one in node.statistics):
        return 0
    return 17 * math.prod(node.input) * node.channels


def operations(op: Op) -> int:
    """Count the arithmetic operations of `op` on one output sample."""
    if isinstance(op, Stencil):
        return sum(2 * _taps_used(taps) for taps in op.banks)
    if isinstance(op, Resample):
        rows, cols = op.phases
        return 2 * (math.ceil(rows.kernel * cols.rate) + cols.kernel)
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
    if isinstance(op, ChannelMap):
        return -(-sum(operations(line) for _, line in op.lines) // len(op.outputs))
    if isinstance(op, Mix):
        return 2 * len(op.matrix[0])
    return 1


def _taps_used(taps: Taps) -> int:
    """Return the taps of the kernel, or of its two factors if those are fewer."""
    if taps.factors is None:
        return taps.count
    return min(taps.count, sum(int(np.count_nonzero(factor)) for factor in taps.factors))
