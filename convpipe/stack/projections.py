"""What becomes of all pages of a stack together: one page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 20
"""Samples of all pages that are projected at a time, where the arithmetic needs copies of them."""

Project = Callable[[NDArray[Any]], NDArray[Any]]


def _blocks(project: Project) -> Project:
    """Return what projects a block of rows after the other."""

    def projected(stack: NDArray[Any]) -> NDArray[Any]:
        rows = max(1, BLOCK // max(1, stack[:, :1].size))
        parts = [project(stack[:, at : at + rows]) for at in range(0, stack.shape[1], rows)]
        return np.concatenate(parts)

    return projected


PROJECTIONS: dict[str, Project] = {
    "maximum": lambda stack: np.asarray(stack.max(axis=0)),
    "minimum": lambda stack: np.asarray(stack.min(axis=0)),
    "mean": _blocks(lambda stack: np.asarray(stack.mean(axis=0, dtype=np.float64))),
    "median": _blocks(lambda stack: np.asarray(np.median(stack, axis=0))),
    "sum": _blocks(lambda stack: np.asarray(stack.sum(axis=0, dtype=np.float64))),
    "deviation": _blocks(lambda stack: np.asarray(stack.std(axis=0, dtype=np.float64))),
}
"""What becomes of pages (pages, rows, cols) or (pages, rows, cols, channels), in float64 where sums are."""
