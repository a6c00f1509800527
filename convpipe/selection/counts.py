"""Which windows are too large for a network, and the histogram that slides with them instead.

Samples are counted by their first bits, by some more, and by all: what stands at a rank is found from the
coarse counts to the fine ones, whatever the size of the window, and from one pixel to the next only the ends
of the footprint's rows come and go. Of samples of more than 16 bits the first 16 are counted; those that
share them are looked at one by one.

Source: T. S. Huang, G. J. Yang, G. Y. Tang, "A fast two-dimensional median filtering algorithm", IEEE
Transactions on Acoustics, Speech, and Signal Processing 27(1), 1979.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from convpipe.selection.runs import runs

MOST_SORTED = 1024
"""Most samples that a network sorts; of a minimum or a maximum there may be more."""

COUNTED_BITS = 16
"""Most bits that samples are counted by."""

TOGETHER = 4
"""Rows that are made at a time of a rectangle, whose windows have most rows in common: two pairs."""

_SHIFTS = {8: (4, 0), 16: (11, 6, 0)}


def is_counted(count: int, ranks: Sequence[int]) -> bool:
    """Tell whether what stands at `ranks` among so many samples is found by counting them."""
    return count > MOST_SORTED and any(0 < rank < count - 1 for rank in ranks)


def shifts(itemsize: int) -> tuple[int, ...]:
    """Return by how many bits a key is shifted for each of its counts, from the coarse to the fine.

    Examples
    --------
    >>> shifts(1), shifts(4)
    ((4, 0), (11, 6, 0))
    """
    return _SHIFTS[min(8 * itemsize, COUNTED_BITS)]


def places(itemsize: int) -> list[int]:
    """Return where the counts of each kind begin, and how many there are in all.

    Examples
    --------
    >>> places(1)
    [0, 16, 272]
    """
    bits, found = min(8 * itemsize, COUNTED_BITS), [0]
    for shift in shifts(itemsize):
        found.append(found[-1] + (1 << (bits - shift)))
    return found


def shares_rows(footprint: NDArray[np.bool_], itemsize: int) -> bool:
    """Tell whether windows of neighbouring rows are counted together: rectangles of samples of few bits."""
    return bool(footprint.all()) and len(footprint) >= TOGETHER and 8 * itemsize <= COUNTED_BITS


def counts_bytes(footprint: NDArray[np.bool_], itemsize: int) -> int:
    """Return the bytes of all counts; of windows that are counted together there are seven, and a sum."""
    kinds = 2 * TOGETHER if shares_rows(footprint, itemsize) else 1
    return kinds * 4 * places(itemsize)[-1]


def operations(footprint: NDArray[np.bool_], ranks: Sequence[int], itemsize: int) -> float:
    """Return about how many steps a sample takes: counts that come and go, and those that are looked at."""
    kinds = len(shifts(itemsize))
    if shares_rows(footprint, itemsize):
        counted = (len(footprint) - TOGETHER + 1 + 2 * TOGETHER) / TOGETHER
        return 2 * kinds * counted + len(ranks) * 16 * kinds
    alike = 0 if 8 * itemsize <= COUNTED_BITS else 2 * int(np.count_nonzero(footprint))
    return 2 * kinds * len(runs(np.argwhere(footprint).tolist())) + len(ranks) * (16 * kinds + alike)
