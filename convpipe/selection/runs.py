"""The places of a footprint as rows of neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def runs(places: Iterable[Sequence[int]]) -> list[tuple[int, range]]:
    """Return places that are given row by row as rows, each with columns side by side.

    Examples
    --------
    >>> runs([(0, 1), (0, 2), (1, 0), (1, 2)])
    [(0, range(1, 3)), (1, range(0, 1)), (1, range(2, 3))]
    """
    found: list[tuple[int, range]] = []
    for row, col in places:
        if found and found[-1] == (row, range(found[-1][1].start, col)):
            found[-1] = row, range(found[-1][1].start, col + 1)
        else:
            found.append((row, range(col, col + 1)))
    return found
