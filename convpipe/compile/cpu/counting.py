"""Count the samples of an image by their values, on all cores: a :class:`convpipe.histograms.Counter`.

Each share of the samples is counted into a table of its own. Counts, and the least and the largest of samples
as integers of their order, are the same in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.cpu.shares import run_shares
from convpipe.compile.runtime import threads
from convpipe.histograms import LANES, Counter, Survey, shares_of

FEWEST = 1 << 16
"""Samples of a share, at least."""

_SHARES = """\
import numpy as np

from convpipe.compile.cpu.addresses import placed
from convpipe.compile.cpu.rows import inline, round

T = np.{dtype}


@inline
def each(where, n, step, table, words):
{body}

@inline
def count(words, image, out, others, parameters, first, last):
    # Shares first..last of the samples: words are their address, how many pixels, samples from one to the
    # next, samples of one that count, how many shares, and the address and the bytes of their tables.
    for share in range(first, last):
        begin, end = share * words[1] // words[4], (share + 1) * words[1] // words[4]
        step, width, table = words[2], words[3], words[5] + share * words[6]
        where = words[0] + begin * step * {size}
        if {together} and step == width:
            each(where, (end - begin) * width, 1, table, words)
        else:
            for k in range(width):
                each(where + k * {size}, end - begin, step, table, words)
    return 0
"""

_BYTES = """\
    # Four tables in turn: to count a value again waits for the count before.
    s, h, low, last = placed(where, T), placed(table, np.uint32), words[7], n // 4 * 4
    for i in range(0, last, 4):
        h[np.int64(s[i * step]) - low] += np.uint32(1)
        h[np.int64(s[(i + 1) * step]) - low + 256] += np.uint32(1)
        h[np.int64(s[(i + 2) * step]) - low + 512] += np.uint32(1)
        h[np.int64(s[(i + 3) * step]) - low + 768] += np.uint32(1)
    for i in range(last, n):
        h[np.int64(s[i * step]) - low] += np.uint32(1)
"""

_INTEGERS = """\
    # Whole numbers, from one on.
    s, h, low = placed(where, T), placed(table, np.uint32), words[7]
    for i in range(n):
        h[np.int64(s[i * step]) - low] += np.uint32(1)
"""

_WHOLE = """\
    # The same of floating point.
    s, h, low = placed(where, T), placed(table, np.uint32), words[7]
    for i in range(n):
        v = s[i * step]
        if v - v == T(0):
            h[np.int64(v) - low] += np.uint32(1)
"""

_BINS = """\
    # Bins between edges, the last one included; close to an edge, that decides.
    s, h, bins, edges = placed(where, T), placed(table, np.uint32), words[7], placed(words[8], np.float64)
    low = edges[0]
    scale = bins / (edges[bins] - low)
    for i in range(n):
        v = np.float64(s[i * step])
        if v - v == 0.0:
            at = (v - low) * scale
            k = np.int64(at)
            if abs(at - k - 0.5) > 0.499999:
                k = min(k, bins - 1)
                if v < edges[k]:
                    k -= 1
                elif k < bins - 1 and v >= edges[k + 1]:
                    k += 1
            h[k] += np.uint32(1)
"""

_SURVEY = """\
    # The least and the largest of the finite samples as integers of their order; how many are finite, and
    # whole.
    s, bits, found = placed(where, T), placed(where, np.{key}), placed(table, np.int64)
    most = np.{key}({limit})
    low, high, held, whole = most, np.{key}(-{limit} - 1), np.{key}(0), np.{key}(0)
    for i in range(n):
        v, k = s[i * step], bits[i * step]
        k = np.{key}(k ^ ((k >> np.{key}({shift})) & most))
        there = v - v == T(0)
        low = min(low, k if there else most)
        high = max(high, k if there else np.{key}(-{limit} - 1))
        held += np.{key}(1) if there else np.{key}(0)
        whole += np.{key}(1) if v == round(v) and there else np.{key}(0)
    found[0], found[1] = min(found[0], np.int64(low)), max(found[1], np.int64(high))
    found[2] += held
    found[3] += whole
"""

_MOMENTS = """\
    # How many samples are finite, their sum above an origin, and the squares of what they are above their
    # mean; joined with those of the channels before. As convpipe.histograms.Counter.moments, to the bit.
    s, found = placed(where, T), placed(table, np.float64)
    origin, last, zero = placed(words[7], np.float64)[0], n // 8 * 8, 0.0
    count, {zeros} = np.int64(0), {nothing}
    for i in range(0, last, 8):
{sums}
    for i in range(last, n):
        v = np.float64(s[i * step]) - origin
        there = v - v == zero
        a0 += v if there else zero
        count += np.int64(1) if there else np.int64(0)
    if count == 0:
        return
    total = {added}
    own = np.float64(count)
    mean = total / own
    {zeros} = {nothing}
    for i in range(0, last, 8):
{squares}
    for i in range(last, n):
        v = np.float64(s[i * step]) - origin
        d = v - mean if v - v == zero else zero
        a0 += d * d
    squares, before = {added}, found[0]
    if before > zero:
        apart = total / own - found[1] / before
        found[2] += apart * apart * (before * own / (before + own))
    found[0] += own
    found[1] += total
    found[2] += squares
"""

_SUM = """\
        v = np.float64(s[(i + {lane}) * step]) - origin
        there = v - v == zero
        a{lane} += v if there else zero
        count += np.int64(1) if there else np.int64(0)"""

_SQUARE = """\
        v = np.float64(s[(i + {lane}) * step]) - origin
        d = v - mean if v - v == zero else zero
        a{lane} += d * d"""

_FLOATS = ("float32", "float64")


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
        self._run(_SURVEY.format(**names), samples, found)
        count = int(found[:, 2].sum())
        if not count:
            return Survey(0, np.nan, np.nan, whole=True)
        ends = np.array([found[:, 0].min(), found[:, 1].max()], limits.dtype)
        low, high = (ends ^ ((ends >> (limits.bits - 1)) & limits.max)).view(samples.dtype).tolist()
        return Survey(count, low + 0.0, high + 0.0, whole=int(found[:, 3].sum()) == count)

    def whole(self, samples: NDArray[Any], low: int, high: int) -> NDArray[np.int64]:
        """Return how many samples are each of low to high."""
        size, body = high - low + 1, _WHOLE if samples.dtype.kind == "f" else _INTEGERS
        if samples.dtype.kind not in "uif":
            return super().whole(samples, low, high)
        shape = (self._shares(samples), 4, 256) if samples.itemsize == 1 else (self._shares(samples), 1, size)
        counts = np.zeros(shape, np.uint32)
        self._run(_BYTES if samples.itemsize == 1 else body, samples, counts, low)
        return np.asarray(counts.sum(axis=(0, 1)), np.int64)

    def bins(self, samples: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return how many samples lie between each two of some even edges, the last one included."""
        if samples.dtype.name not in _FLOATS:
            return super().bins(samples, edges)
        counts = np.zeros((self._shares(samples), len(edges) - 1), np.uint32)
        self._run(_BINS, samples, counts, len(edges) - 1, edges.ctypes.data)
        return np.asarray(counts.sum(axis=0), np.int64)

    def moments(self, samples: NDArray[Any], origin: float) -> NDArray[np.float64]:
        """Return of each share of the samples its count, total and squares."""
        if samples.dtype.name not in _FLOATS:
            return super().moments(samples, origin)
        found = np.zeros((shares_of(len(samples)), 3))
        given = np.array([origin])
        self._run(_of_moments(), samples, found, given.ctypes.data)
        return found

    def _shares(self, samples: NDArray[Any]) -> int:
        most = self.threads or threads.count()
        return max(1, min(most, samples.size // FEWEST))

    def _run(self, body: str, samples: NDArray[Any], tables: NDArray[Any], *more: int) -> None:
        """Count each share into its table."""
        pixel, sample = samples.strides
        if sample != samples.itemsize or pixel % sample or not samples.flags.aligned or pixel < sample:
            samples = np.ascontiguousarray(samples)
            pixel, sample = samples.strides
        source = _source(body, samples.dtype.name)
        pixels, width = samples.shape
        where, shares = samples.__array_interface__["data"][0], len(tables)
        words = [where, pixels, pixel // sample, width, shares, tables.ctypes.data, tables.strides[0], *more]
        run_shares((source, "count"), words, shares, min(shares, self.threads or threads.count()))


@cache
def _of_moments() -> str:
    """Return the loop over samples that sums in lanes."""
    lanes = [f"a{lane}" for lane in range(LANES)]
    return _MOMENTS.format(
        zeros=", ".join(lanes),
        nothing=", ".join(["0.0"] * LANES),
        added=" + ".join(lanes),
        sums="\n".join(_SUM.format(lane=lane) for lane in range(LANES)),
        squares="\n".join(_SQUARE.format(lane=lane) for lane in range(LANES)),
    )


@cache
def _source(body: str, dtype: str) -> str:
    """Return the module that counts samples of a type."""
    return _SHARES.format(
        body=body, dtype=dtype, together=body != _of_moments(), size=np.dtype(dtype).itemsize
    )
