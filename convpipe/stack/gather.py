"""Several pages made one image: summed under weights, or with their rows by turns."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.geometry import Border, border_index
from convpipe.padding import Sides

BLOCK_BYTES = 1 << 19
"""Of the samples of all pages that are summed at a time: they stay in the L2 cache."""

LEAST_BLOCK = 1 << 10
"""Samples of a page, below which a block is not worth a call."""

Page = NDArray[Any]


def holding(dtype: np.dtype[Any], value: float, compute: str) -> np.dtype[Any]:
    """Return the type of pages that hold a constant as well: their own, or that of the arithmetic.

    Examples
    --------
    >>> holding(np.dtype("uint8"), 7, "float32"), holding(np.dtype("uint8"), 0.5, "float32")
    (dtype('uint8'), dtype('float32'))
    """
    if dtype.kind not in "iu":
        return dtype if dtype.kind == "f" else np.dtype(compute)
    limits = np.iinfo(dtype)
    fits = value == int(value) and limits.min <= value <= limits.max
    return dtype if fits else np.dtype(compute)


def summed(
    pages: Sequence[Page | None],
    outputs: int,
    value: float,
    sums: Callable[[NDArray[Any]], NDArray[Any]],
    dtype: np.dtype[Any],
    threads: int | None,
) -> list[Page]:
    """Return weighted sums of pages, each of as many that lie one behind the other.

    Parameters
    ----------
    pages : sequence of ndarray or None
        All that the sums are of; None is one that is not there, and holds the constant of the border.
    outputs : int
        How many sums there are.
    value : float
        That constant.
    sums : callable
        From samples (pages, n) to sums (outputs, n).
    dtype : dtype
        Of the samples.
    threads : int, optional
        On how many cores; None: all.
    """
    first = next(page for page in pages if page is not None)
    flat = [None if page is None else page.reshape(-1) for page in pages]
    step = max(LEAST_BLOCK, BLOCK_BYTES // (len(pages) * dtype.itemsize))
    results = np.empty((outputs, first.size), sums(np.zeros((len(pages), 1), dtype)).dtype)

    def block(begin: int) -> None:
        end = min(begin + step, first.size)
        samples = np.empty((len(pages), end - begin), dtype)
        for row, page in zip(samples, flat, strict=True):
            row[:] = value if page is None else page[begin:end]
        results[:, begin:end] = sums(samples)

    begins = range(0, first.size, step)
    workers = min(len(begins), threads or _cores())
    if workers == 1:
        for begin in begins:
            block(begin)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(block, begins))
    return [result.reshape(first.shape) for result in results]


def by_turns(
    pages: Sequence[Page | None], halo: Sides, border: Border, value: float, dtype: np.dtype[Any]
) -> Page:
    """Return one image of the rows of pages by turns, with what lies around each page.

    Parameters
    ----------
    pages : sequence of ndarray or None
        As for :func:`summed`; at least one is there.
    halo : Sides
        How much of that.
    border : Border
        How it is made.
    value : float
        Of a constant border.
    dtype : dtype
        Of the image.

    Examples
    --------
    >>> by_turns([np.array([[1, 2]]), np.array([[3, 4]])], ((0, 0), (1, 0)), Border.EDGE, 0, np.dtype(int))
    array([[1, 1, 2],
           [3, 3, 4]])
    """
    first = next(page for page in pages if page is not None)
    (rows, cols), ((above, below), (left, right)) = first.shape[:2], halo
    shape = (above + rows + below, len(pages), left + cols + right, *first.shape[2:])
    image = np.full(shape, value, dtype) if border == Border.CONSTANT else np.empty(shape, dtype)
    inside = image[above : above + rows, :, left : left + cols]
    for at, page in enumerate(pages):
        inside[:, at] = value if page is None else page
    if border != Border.CONSTANT:
        _surround(image, (rows, cols), (above, left), border)
    return image.reshape(shape[0] * shape[1], *shape[2:])


def _surround(image: Page, inside: tuple[int, int], first: tuple[int, int], border: Border) -> None:
    """Write what lies outside of pages: columns of their rows, and then whole rows."""
    (rows, cols), (above, left) = inside, first
    for at in range(image.shape[2]):
        if not 0 <= at - left < cols:
            image[above : above + rows, :, at] = image[
                above : above + rows, :, left + border_index(at - left, cols, border)
            ]
    for at in range(image.shape[0]):
        if not 0 <= at - above < rows:
            image[at] = image[above + border_index(at - above, rows, border)]


def _cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
