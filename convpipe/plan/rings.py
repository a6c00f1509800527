"""Memory of the processor's loops: the rows that their levels keep, on every thread, in strips of columns.

The rows under the window of a level are kept in a ring; of an image they may be padded copies. Beside them
are rows of sums. What is said here is the most that can be: which rows there are is the schedule's to choose.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from convpipe.geometry import Border
from convpipe.memory import LINE, PAGE
from convpipe.ops import IDENTITY, Alpha, Bilateral, ChannelMap, Mix, Rank, Resample, Stencil
from convpipe.plan.ahead import Reader, look_ahead
from convpipe.plan.node import NodePlan
from convpipe.plan.parts import Part, levels
from convpipe.selection import ROWS, layers_of, network
from convpipe.selection.counts import counts_bytes, is_counted

CACHE = 512 * 1024
"""Bytes that the rows in use may take: half of a core's L2 cache. Strips that fit the L1 cache were measured
slower, at every kernel size, than whole rows of 4096 columns: short rows cost more than L2 does."""

UNCUT = 1.5
"""Times as many bytes that rows may take which are not cut: in two strips they took a quarter longer."""

SEEN_TWICE, HALF = 5, 0.5
"""Most rows of a window that are read in two turns at most, of four rows each, and what their bytes count
where the cache is shared out: to fetch them anew costs less than strips do. Twelve sharpenings of 4096
columns take 0.93 of the time in two strips and not four, four of RGB 0.96 in one and not three."""

NARROWEST = 1024
"""Fewest columns of a strip; narrower ones lose more to the start of their loops and to their overlap."""

AT_ONCE = 4
"""Most rows that a level makes at a time."""

ALIGNMENT = LINE
"""Bytes at a multiple of which a row begins."""

INDEX = 8
"""Bytes of a row's number, or of its address."""

STAGGER, SEEN_WITH = 256, 3
"""Bytes that rows which are used together keep from each other there: the next from so many before it."""


def aligned(nbytes: int) -> int:
    """Return the bytes from where a row begins to where the next may, after `nbytes`."""
    return -(-nbytes // ALIGNMENT) * ALIGNMENT


def pitch(nbytes: int) -> int:
    """Return the bytes from a row of `nbytes` to the next in a ring: they are at other places of their pages.

    Examples
    --------
    >>> pitch(100), pitch(4096)
    (128, 4160)
    """
    rows = aligned(nbytes)
    return rows + ALIGNMENT * (rows % PAGE == 0)


def staggered(taken: int, nbytes: int, others: Sequence[int]) -> int:
    """Return where a row of `nbytes` may begin after `taken` bytes, beside others that are used with it.

    Where a sample was just written at the same place of another page, or a little before that, a processor
    that is to read one takes it for the same, and waits: 4K aliasing. Rows of less than half a page end
    before it matters.

    Examples
    --------
    >>> staggered(4090, 100, [0]), staggered(4090, 4000, [0])
    (4096, 4352)
    """
    first = aligned(taken)
    if nbytes < PAGE // 2:
        return first
    return next(
        at
        for at in range(first, first + PAGE, ALIGNMENT)
        if all(min((at - other) % PAGE, (other - at) % PAGE) >= STAGGER for other in others[-SEEN_WITH:])
    )


def cache_share(rows: int) -> float:
    """Return what a byte counts, where the cache is shared out, that is under a window of so many rows.

    Examples
    --------
    >>> cache_share(3), cache_share(31)
    (0.5, 1.0)
    """
    return HALF if rows <= SEEN_TWICE else 1.0


def strip_columns(cols: int, bytes_per_column: float) -> int:
    """Return the most columns in a strip of a result of `cols` columns.

    Parameters
    ----------
    cols : int
    bytes_per_column : float
        What the rows in use take per column of the result, as :func:`cache_share` says.

    Examples
    --------
    >>> strip_columns(4096, 192), strip_columns(4096, 256), strip_columns(4096, 4000)
    (4096, 2048, 1024)
    """
    if cols * bytes_per_column <= UNCUT * CACHE:
        return cols
    return max(NARROWEST, int(CACHE / bytes_per_column))


def ring_bytes(part: Part, compute: str) -> int:
    """Return the most bytes that a thread needs beside the images that the loop of a part reads and writes.

    Parameters
    ----------
    part : Part
    compute : str
        Type of the arithmetic.
    """
    groups = [[part.nodes[at] for at in own] for own in levels(part)]
    itemsize = np.dtype(compute).itemsize
    if not all(len(level[0].inputs) == 1 for level in groups) or len(part.makes) > 1:
        return PAGE + _graph_bytes(part, groups, itemsize)
    return PAGE + _chain_bytes(groups, itemsize)


def _chain_bytes(groups: Sequence[Sequence[NodePlan]], itemsize: int) -> int:
    cols = groups[-1][-1].extent[1]
    width = strip_columns(cols, _least_per_column(groups, itemsize))
    width = min(cols, width + LINE * (width < cols))  # as strips begin lines
    if width < cols and not _can_be_cut([head for head, *_ in groups]):
        width = cols
    whole, total = width == cols, 0
    for number, level in reversed(list(enumerate(groups))):
        axis, inside = level[0].axes[1], level[0].input[1]
        padded = inside + axis.before + axis.after
        if not whole:
            padded = min(padded, math.ceil((width - 1) * axis.rate) + sum(axis.spread))
        total += _level_bytes(level, max(padded, width), itemsize, first=number == 0)
        width = min(inside, padded)
    return total


def _graph_bytes(part: Part, groups: Sequence[Sequence[NodePlan]], itemsize: int) -> int:
    """Return the same of levels that read each other in any way, in whole rows."""
    makers = {part.at[own[-1]]: number for number, own in enumerate(levels(part))}
    readers, total = [], 0
    for number, level in enumerate(groups):
        head = level[0]
        rows, cols = head.axes
        widest = max(head.input[1] + cols.before + cols.after, level[-1].extent[1])
        total += _level_bytes(level, widest, itemsize, first=True)
        reach = sum(rows.spread) + AT_ONCE * float(rows.rate + rows.dilation)
        readers += [
            Reader(number, makers[at], float(rows.rate), rows.spread[0] + AT_ONCE, reach)
            for at in head.inputs
            if at in makers
        ]
    tallest = max(part.nodes[part.at.index(at)].extent[0] for at in part.makes)
    sinks = {makers[at]: part.nodes[part.at.index(at)].extent[0] / tallest for at in part.makes}
    for level, ahead in zip(groups, look_ahead([AT_ONCE] * len(groups), readers, sinks), strict=True):
        made = level[-1]
        total += min(made.extent[0] + AT_ONCE, ahead.rows) * pitch(made.extent[1] * made.channels * itemsize)
    return total


def _level_bytes(level: Sequence[NodePlan], padded: int, itemsize: int, *, first: bool) -> int:
    """Return the bytes of a level's rows, which are `padded` columns wide at most."""
    head = level[0]
    window, axis = Stencil((IDENTITY,)) if head.is_join else head.window, head.axes[0]
    made = 2 if isinstance(window, Resample) and not first else AT_ONCE
    # Under a window, and those of rows made at the same time; some to spare; what wraps around is copied.
    wraps = window.border == Border.WRAP
    beyond = AT_ONCE if wraps else made - 1
    rows = min(axis.reach + beyond * math.ceil(axis.rate), head.input[0]) + made + 2 * wraps
    # Of every bank: rows of sums over columns, sums of 2, 4, 8, ... neighbours, and their totals.
    sums = made * len(window.names) * (2 + window.kernel[1].bit_length())
    across = made * sum(isinstance(op, Mix | ChannelMap | Alpha) for node in level for op in node.ops)
    channels = max(_input_channels(head), *(node.channels for node in level))
    addresses = rows + made * window.kernel[0] + window.kernel[1] * len(window.names) + 64
    ends = (rows + made) * ALIGNMENT if first else 0  # of rows of an image, where they are copied alone
    sorting = (
        3 * _network_bytes(window, channels, itemsize) if isinstance(window, Rank) else 0
    )  # both ends, too
    if isinstance(window, Bilateral):  # its samples in the type of the arithmetic, its sums, what it makes
        across += axis.kernel + 2 * made + 2
    row = pitch(padded * channels * itemsize)
    spread = (sums + across + 1) * 2 * STAGGER * SEEN_WITH if row >= PAGE // 2 else 0
    return (rows + sums + across + 1) * row + spread + ends + addresses * INDEX + sorting


def _network_bytes(window: Rank, channels: int, itemsize: int) -> int:
    """Return the bytes that sorting takes, or counting."""
    if is_counted(window.count, window.ranks):
        return aligned(counts_bytes(window.footprint, itemsize)) + aligned(8 * window.count) + 2 * ALIGNMENT
    layers = layers_of(network(window.footprint, window.ranks, ROWS), window.dilation[1] * channels)
    return layers.scratch(window.kernel[0] + ROWS * (1 + len(window.names)), itemsize) + ALIGNMENT


def _input_channels(node: NodePlan) -> int:
    """Return the channels that its window slides over."""
    channels = node.channels
    for op in reversed(node.ops):
        channels = op.taken(channels) if isinstance(op, Mix | ChannelMap) else channels
    return channels


def _least_per_column(levels: Sequence[Sequence[NodePlan]], itemsize: int) -> float:
    """Return the least that the rows in use take per column of the result: those under windows alone."""
    columns, total = 1.0, 1.0
    for number, (head, *_) in reversed(list(enumerate(levels))):
        rows, cols = head.axes
        columns *= float(cols.rate)
        nbytes = rows.reach * (itemsize if number else 1)
        total += columns * _input_channels(head) * nbytes * cache_share(rows.kernel)
    return total


def _can_be_cut(heads: Sequence[NodePlan]) -> bool:
    """Tell whether no border pixel of a strip copies a pixel outside it, however narrow strips become."""
    width = NARROWEST // 2  # the columns of the result are shared out evenly, but for a line
    for node in reversed(heads):
        axis, inside = node.axes[1], node.input[1]
        padding = max(axis.before, axis.after, 0)
        read = math.floor((width - 1) * axis.rate) + axis.reach
        width = min(inside, read - padding)  # of its input, at an end
        if padding and (node.window.border == Border.WRAP or padding >= width):
            return False
    return True
