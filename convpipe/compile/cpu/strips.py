"""Cut a wide image into strips of columns, narrow enough that the rows in use stay in the L2 cache.

To the loop a strip is a narrower image: fewer columns, and padding only where the image ends. So the same
code runs a whole row or a strip of it, and every pixel has the same bytes either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from convpipe.geometry import Border
from convpipe.plan import NodePlan, strip_columns

GEOMETRY = (
    "rows", "cols", "output_rows", "output_cols", "top", "left", "right", "border", "origin", "begin",
)  # fmt: skip
"""Columns of the run-time geometry, one row a level.

Rows and columns of the input and of the output in the strip; padding above, left and right of it; the
border rule; the first column of the strip in the input and in the output.
"""


def strips(nodes: Sequence[NodePlan], bytes_per_column: float) -> NDArray[np.int64]:
    """Return the geometry of every strip.

    Parameters
    ----------
    nodes : sequence of NodePlan
        The one with a window of each level.
    bytes_per_column : float
        What the rows in use take per column of the result.

    Returns
    -------
    ndarray of int64, shape (strips, levels, len(GEOMETRY))
    """
    cols = nodes[-1].extent[1]
    count = -(-cols // strip_columns(bytes_per_column))
    edges = [cols * k // count for k in range(count + 1)]
    cut = [_strip(nodes, first, last) for first, last in pairwise(edges)]
    whole = [_strip(nodes, 0, cols, whole=True)]
    return np.array(whole if None in cut else cut, np.int64)


def _strip(
    nodes: Sequence[NodePlan], first: int, last: int, whole: bool = False
) -> list[tuple[int, ...]] | None:
    """Return the geometry of the levels for columns first..last of the result.

    None where a border pixel copies a pixel that lies outside the strip.
    """
    table: list[tuple[int, ...]] = []
    for node in reversed(nodes):
        rows, cols = node.axes
        border = node.stencil.border
        width = node.input[1]
        # The input columns under the windows, counted from the image's edge.
        begin, end = first * cols.stride - cols.before, (last - 1) * cols.stride - cols.before + cols.reach
        low, high = (0, width) if whole else (max(0, begin), min(width, end))
        left, right = max(0, -begin), max(0, end - width)
        if not whole and (left or right) and (border == Border.WRAP or max(left, right) >= high - low):
            return None
        table.append(
            (node.input[0], high - low, node.extent[0], last - first,
             rows.before, left, right, int(border), low, first)
        )  # fmt: skip
        first, last = low, high
    return table[::-1]
