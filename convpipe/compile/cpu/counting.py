"""Count the samples of an image by their values, on all cores: a :class:`convpipe.histograms.Counter`.

Each share of the samples is counted into a table of its own. Counts, and the least and the largest of samples
as integers of their order, are the same in any order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import memory
from convpipe.compile.cpu.count_loops import (
    BINS,
    BYTES,
    CLEAR,
    FUNCTION,
    INTEGERS,
    OF_PAIRS,
    SURVEY,
    WHOLE,
    of_moments,
    source_of,
)
from convpipe.compile.cpu.in_turn import IMAGE, Call, Place
from convpipe.compile.cpu.shares import run_shares
from convpipe.compile.runtime import cache, start, threads
from convpipe.compile.runtime.threads import shares_among
from convpipe.dataclass import dataclass
from convpipe.histograms import BYTES_OF_PAIRS, Counter, Survey, shares_of

FEWEST = 1 << 16
"""Samples of a share, at least."""

BLOCK = 512
"""Samples whose bins are found before any is counted: they stay in the L1 cache."""

PAIRED = 3 << 14
"""Bytes of a share from which on they are counted by pairs, all of which have to be cleared and added up."""

IN_TURN = 1024
"""Most bins that are counted in four tables in turn, which then stay there, too."""

_FLOATS = ("float32", "float64")


def calls_of_bytes(size: int, shares: int, room: Place) -> tuple[list[Call], int]:
    """Return what counts an image of bytes, in tables that follow each other, and how many these are.

    Parameters
    ----------
    size : int
        Bytes of the image.
    shares : int
        On a thread each.
    room : Place
        The tables, and then what else it takes: see :func:`room_of_bytes`.
    """
    pairs = _is_paired(size, shares)
    tables = shares * (1 if pairs else 4)
    body, more = (OF_PAIRS, room + 1024 * tables) if pairs else (BYTES, 0)
    clear = Call((CLEAR, "clear"), (128 * tables,), result=room)
    words = (IMAGE, size, 1, 1, shares, room, 1024 * tables // shares, more)
    return [clear, Call((source_of(body, "uint8"), "count"), words, shares, shares)], tables


def room_of_bytes(size: int, shares: int) -> int:
    """Return how many bytes that takes."""
    return shares * (1024 + BYTES_OF_PAIRS if _is_paired(size, shares) else 4096)


def _is_paired(size: int, shares: int) -> bool:
    """Tell whether so many bytes, shared out, are counted by pairs."""
    return size >= PAIRED * shares


@dataclass(frozen=True)
class Counting(Counter):
    """Counts by compiled loops.

    Parameters
    ----------
    threads : int, optional
        1 counts on the calling thread; None uses every core.
    """

    threads: int | None = None

    def survey(self, samples: NDArray[Any]) -> Survey:
        """Return what the finite samples are like."""
        if samples.dtype.name not in _FLOATS:
            return super().survey(samples)
        limits = np.iinfo(np.int32 if samples.itemsize == 4 else np.int64)
        names = {"key": limits.dtype.name, "limit": limits.max, "shift": limits.bits - 1}
        shares = self._shares(samples)
        found = np.tile(np.array([limits.max, limits.min, *[0] * 14], np.int64), (shares, 1))
        self._run(SURVEY.format(**names), samples, found)
        count = int(found[:, 2].sum())
        if not count:
            return Survey(0, np.nan, np.nan, whole=True)
        ends = np.array([found[:, 0].min(), found[:, 1].max()], limits.dtype)
        low, high = (ends ^ ((ends >> (limits.bits - 1)) & limits.max)).view(samples.dtype).tolist()
        return Survey(count, low + 0.0, high + 0.0, whole=int(found[:, 3].sum()) == count)

    def whole(self, samples: NDArray[Any], low: int, high: int) -> NDArray[np.int64]:
        """Return how many samples are each of low to high."""
        size, body = high - low + 1, WHOLE if samples.dtype.kind == "f" else INTEGERS
        if samples.dtype.kind not in "ui" and samples.dtype.name not in _FLOATS:
            return super().whole(samples, low, high)
        shares = self._shares(samples)
        if samples.itemsize == 1 and samples.flags.c_contiguous and _is_paired(samples.size, shares):
            counts = np.zeros((shares, 256), np.uint32)
            pairs = np.empty((shares, BYTES_OF_PAIRS), np.uint8)
            self._run(OF_PAIRS, samples, counts, pairs.ctypes.data)
            return np.asarray(counts.sum(axis=0)[np.arange(low, high + 1) % 256], np.int64)
        counts = np.zeros((shares, 4, 256) if samples.itemsize == 1 else (shares, 1, size), np.uint32)
        self._run(BYTES if samples.itemsize == 1 else body, samples, counts, low)
        return np.asarray(counts.sum(axis=(0, 1)), np.int64)

    def bins(self, samples: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return how many samples lie between each two of some even edges, the last one included."""
        if samples.dtype.name not in _FLOATS:
            return super().bins(samples, edges)
        count, low, high = len(edges) - 1, float(edges[0]), float(edges[-1])
        width = (high - low) / count
        has_scale = count / float(np.finfo(np.float64).max) <= high - low
        if not has_scale or not np.array_equal(edges[:-1], np.arange(count) * width + low):
            return super().bins(samples, edges)  # the loop has a scale, and makes such edges
        size = count + 1
        tables = 4 if count <= IN_TURN else 1
        counts = np.zeros((self._shares(samples), tables * size + BLOCK), np.uint32)
        given = np.array([low, high, width, _sure(samples.dtype, count, low, high)])
        more = (count, size if tables > 1 else 0, given.ctypes.data, 4 * tables * size)
        self._run(BINS.format(block=BLOCK), samples, counts, *more)
        held = counts[:, : tables * size].reshape(-1, tables, size).sum(axis=(0, 1))
        return np.asarray(held[:count], np.int64)

    def moments(self, samples: NDArray[Any], origin: float) -> NDArray[np.float64]:
        """Return of each share of the samples its count, total and squares."""
        if samples.dtype.name not in _FLOATS:
            return super().moments(samples, origin)
        found = np.zeros((shares_of(len(samples)), 3))
        given = np.array([origin])
        self._run(of_moments(), samples, found, given.ctypes.data)
        return found

    def run(self, function: Callable[..., Any], *given: Any) -> Any:
        """Return what a function of counts gives, compiled."""
        source = FUNCTION.format(module=function.__module__, name=function.__name__)
        return cache.load(source, "compiled", tuple(map(start.numba().typeof, given)))(*given)

    def _shares(self, samples: NDArray[Any]) -> int:
        return shares_among(self.threads, samples.size, FEWEST)

    def _run(self, body: str, samples: NDArray[Any], tables: NDArray[Any], *more: int) -> None:
        """Count each share into its table."""
        (pixels, width), sample = samples.shape, samples.itemsize
        pixel, beside = samples.strides
        apart = width > 1 and beside != sample  # of one channel NumPy gives any distance to the next
        if apart or pixel % sample or not samples.flags.aligned or pixel < sample:
            samples = np.ascontiguousarray(samples)
            pixel = width * sample
        source = source_of(body, samples.dtype.name)
        where, shares = memory.address(samples), len(tables)
        words = [where, pixels, pixel // sample, width, shares, tables.ctypes.data, tables.strides[0], *more]
        run_shares((source, "count"), words, shares, min(shares, self.threads or threads.count()))


def _sure(dtype: np.dtype[Any], bins: int, low: float, high: float) -> float:
    """Return how far from the middle of a bin, in widths, a sample surely lies in it; -1 if nowhere.

    Its place is off by the rounding of a difference, a scale and a product; edges by less.
    """
    limits = np.finfo(dtype)
    exact = float(dtype.type(low)) == low and float(dtype.type(high)) == high
    largest = float(limits.max)
    holds = bins / largest <= high - low <= largest
    return 0.5 - 8 * bins * float(limits.eps) if exact and holds else -1.0
