"""What becomes of all pages of a stack together: one page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 20
"""Samples of all pages that are projected at a time, where the arithmetic needs copies of them."""

Page = NDArray[Any]

_RUNNING: dict[str, np.ufunc] = {
    "maximum": np.maximum,
    "minimum": np.minimum,
    "mean": np.add,
    "sum": np.add,
}
"""Of the pages so far and the next: as NumPy reduces axis 0, page by page; sums are of float64."""

_WHOLE: dict[str, Callable[[Page], Page]] = {
    "median": lambda stack: np.asarray(np.median(stack, axis=0)),
    "deviation": lambda stack: np.asarray(stack.std(axis=0, dtype=np.float64)),
}
"""Of all pages, (pages, rows, cols) or (pages, rows, cols, channels)."""


def is_running(name: str) -> bool:
    """Tell whether a projection needs no more than one page at a time."""
    return name in _RUNNING


def projected(name: str, pages: Iterator[Page], count: int, dtype: str) -> Page:
    """Return the one page that becomes of as many as `count`, which are read as a dtype."""
    if not is_running(name):
        return _of_all(_WHOLE[name], pages, count, dtype)
    add, sums = _RUNNING[name], _RUNNING[name] is np.add
    found = next(pages).astype(np.float64 if sums else dtype)
    for page in pages:
        add(found, page, out=found)
    return np.asarray(found / count if name == "mean" else found)


def _of_all(project: Callable[[Page], Page], pages: Iterator[Page], count: int, dtype: str) -> Page:
    """Return what is made of all pages, a block of rows after the other."""
    stack = all_of(pages, count, dtype)
    rows = max(1, BLOCK // max(1, stack[:, :1].size))
    return np.concatenate([project(stack[:, at : at + rows]) for at in range(0, stack.shape[1], rows)])


def all_of(pages: Iterator[Page], count: int, dtype: str | None = None) -> Page:
    """Return pages as one array, filled as they come."""
    first = next(pages)
    stack = np.empty((count, *first.shape), dtype or first.dtype)
    stack[0] = first
    for number, page in enumerate(pages, 1):
        stack[number] = page
    return stack
