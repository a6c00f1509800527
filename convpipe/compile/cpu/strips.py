"""Cut a wide image into strips of columns, narrow enough that the rows in use stay in the L2 cache.

To the loops a strip is a narrower image: fewer columns, and pixels beside it only where the image ends. So
the same code runs a whole row or a strip of it, and every pixel has the same bytes either way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from convpipe.compile.cpu.schedule import Input, Schedule
from convpipe.dataclass import dataclass
from convpipe.geometry import Border
from convpipe.memory import LINE
from convpipe.plan.rings import NARROWEST, cache_share, strip_columns


class Read(NamedTuple):
    """Columns of an input that a level reads in a strip: from `low` to `high`, and so many pixels outside."""

    low: int
    high: int
    left: int
    right: int


@dataclass(frozen=True)
class Span:
    """What a level does in a strip.

    Parameters
    ----------
    first, last : int
        Columns of its output.
    reads : tuple of Read
        Of its inputs.
    """

    first: int
    last: int
    reads: tuple[Read, ...]

    @property
    def cols(self) -> int:
        """Columns that it makes."""
        return self.last - self.first


def strips(schedule: Schedule) -> list[tuple[Span, ...]]:
    """Return, for every strip, the span of every level."""
    widths = {at: schedule.levels[at].extent[1] for at in schedule.sinks}
    widest = max(widths.values())
    count = -(-widest // strip_columns(widest, _bytes_per_column(schedule)))
    cut = [
        _strip(
            schedule,
            {at: (_begin(cols, k, count), _begin(cols, k + 1, count)) for at, cols in widths.items()},
        )
        for k in range(count)
    ]
    found = [strip for strip in cut if strip is not None]
    if len(found) < len(cut):
        whole = _strip(schedule, {at: (0, cols) for at, cols in widths.items()}, whole=True)
        assert whole is not None
        return [whole]
    return found


def _begin(cols: int, k: int, count: int) -> int:
    """Return the first column of strip `k` of `count`, which begins a line of the cache but in narrow ones.

    Vectors as long as a line would else lie in two of them, all along the strip.
    """
    step = LINE if k < count and cols // count >= NARROWEST // 2 + LINE else 1
    return cols * k // count // step * step


def _strip(
    schedule: Schedule, written: Mapping[int, tuple[int, int]], whole: bool = False
) -> tuple[Span, ...] | None:
    """Return the spans of the levels for some columns of what is written.

    None where a pixel beside an image copies one that lies outside the strip.
    """
    levels = schedule.levels
    needed = {at: [columns] for at, columns in written.items()}
    spans: list[Span] = []
    for at in reversed(range(len(levels))):
        first, last = min(low for low, _ in needed[at]), max(high for _, high in needed[at])
        if whole:
            first, last = 0, levels[at].extent[1]
        reads = []
        for given in levels[at].inputs:
            read = _read(given, first, last, whole)
            if read is None:
                return None
            needed.setdefault(given.source, []).append((read.low, read.high))
            reads.append(read)
        spans.append(Span(first, last, tuple(reads)))
    return tuple(reversed(spans))


def _read(given: Input, first: int, last: int, whole: bool) -> Read | None:
    """Return the columns that are read for columns first..last of an output."""
    cols, width = given.axes[1], given.extent[1]
    # The columns under the windows, counted from the image's edge.
    begin, end = cols.hull(first, last - 1)
    left, right = max(0, -begin), max(0, end - width)
    low, high = (0, width) if whole and (left or right) else (max(0, begin), min(width, end))
    copies = given.border == Border.WRAP or max(left, right) >= high - low
    if not whole and (left or right) and copies:
        return None
    return Read(low, high, left, right)


def _bytes_per_column(schedule: Schedule) -> float:
    """Return what the rows in use count per column of the result."""
    widest = max(schedule.levels[at].extent[1] for at in schedule.sinks)
    total = 0.0
    for level in schedule.levels:
        if level.output:
            total += level.extent[1] / widest * level.channels * np.dtype(level.dtype).itemsize
        scratch = level.recipe.scratch * np.dtype(schedule.compute).itemsize
        for given in level.inputs:
            rows = level.reads(given) if given.source < 0 else schedule.slots[given.source]
            bytes_of_column = given.channels * (rows * np.dtype(given.dtype).itemsize + scratch)
            total += given.extent[1] / widest * bytes_of_column * cache_share(given.axes[0].kernel)
    return total
