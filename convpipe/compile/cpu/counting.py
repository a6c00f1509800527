"""Count the samples of an image by their values, on all cores: a :class:`convpipe.histograms.Counter`.

Each share of the samples is counted into a table of its own. Counts, and the least and the largest of samples
as integers of their order, are the same in any order.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import typeof
from numpy.typing import NDArray

from convpipe import memory
from convpipe.compile.cpu.in_turn import IMAGE, Call, Place
from convpipe.compile.cpu.shares import run_shares
from convpipe.compile.runtime import cache, threads
from convpipe.compile.runtime.signature import Signature
from convpipe.compile.runtime.threads import shares_among
from convpipe.dataclass import dataclass
from convpipe.histograms import BYTES_OF_PAIRS, LANES, Counter, Survey, shares_of

FEWEST = 1 << 16
"""Samples of a share, at least."""

BLOCK = 512
"""Samples whose bins are found before any is counted: they stay in the L1 cache."""

PAIRED = 3 << 14
"""Bytes of a share from which on they are counted by pairs, all of which have to be cleared and added up."""

IN_TURN = 1024
"""Most bins that are counted in four tables in turn, which then stay there, too."""

_SHARES = """\
import numpy as np

from convpipe.compile.cpu.addresses import placed, scratch
from convpipe.compile.cpu.rows import inline, round
from convpipe.compile.cpu.rows import where as select

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

_PAIRS = """\
    # Bytes side by side, eight at a time by their pairs, for each count takes a store; eight that are alike
    # at once, for to count a pair again waits for the count before. So many eights that the sums of their
    # counts fit 16 bits: then what is counted of a pair is added to both of its bytes.
    s, h, one, eight = placed(where, np.uint8), placed(table, np.uint32), np.uint16(1), np.uint32(8)
    begin = words[7] + (table - words[5]) // words[6] * {bytes_of_pairs}
    pairs, cleared = placed(begin, np.uint16), placed(begin, np.uint64)
    byte, pair = np.uint64(255), np.uint64(65535)
    columns = scratch(256, np.uint16)
    head = min(-where % 8, n)
    eights, count = placed(where + head, np.uint64), (n - head) // 8
    for first in range(0, count, {eights}):
        for k in range({bytes_of_pairs} // 8):
            cleared[k] = np.uint64(0)
        for i in range(first, min(first + {eights}, count)):
            v = eights[i]
            if v == (v >> np.uint64(8)) | (v << np.uint64(56)):
                h[np.int64(v & byte)] += eight
            else:
                pairs[np.int64(v & pair)] += one
                pairs[np.int64((v >> np.uint64(16)) & pair)] += one
                pairs[np.int64((v >> np.uint64(32)) & pair)] += one
                pairs[np.int64(v >> np.uint64(48))] += one
        for j in range(256):
            columns[j] = np.uint16(0)
        for k in range(256):
            row, total = placed(begin + 512 * k, np.uint16), np.uint16(0)
            for j in range(256):
                total = np.uint16(total + row[j])
            h[k] += np.uint32(total)
            for j in range(256):
                columns[j] = np.uint16(columns[j] + row[j])
        for j in range(256):
            h[j] += np.uint32(columns[j])
    for i in range(head):
        h[np.int64(s[i])] += np.uint32(1)
    for i in range(head + 8 * count, n):
        h[np.int64(s[i])] += np.uint32(1)
"""

_OF_PAIRS = _PAIRS.format(bytes_of_pairs=BYTES_OF_PAIRS, eights=0xFFFF // 4)

_CLEAR = """\
import numpy as np

from convpipe.compile.cpu.addresses import placed
from convpipe.compile.cpu.rows import inline


@inline
def clear(words, image, out, others, parameters, first, last):
    # So many words of 64 bits.
    to = placed(out, np.uint64)
    for k in range(words[0]):
        to[k] = np.uint64(0)
    return 0
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
    # Bins between edges, the last one included, as numpy.histogram has them: close to an edge, that decides.
    # Which bins some samples lie in comes first, in vectors; if one of them is close to an edge, once more
    # with the edges. Then they are counted, in tables in turn, as to count a bin again waits for the count
    # before. What is not finite has a bin of its own, beyond the others.
    s, h = placed(where, T), placed(table, np.uint32)
    bins, apart, given = words[7], words[8], placed(words[9], np.float64)
    found, last = placed(table + words[10], np.int32), np.int32(bins - 1)
    low, high, width, sure = given[0], given[1], given[2], T(given[3])
    scale, least, most = bins / (high - low), T(low), T(high)
    unit, beyond, zero, one = T(scale), T(bins), np.int32(0), np.int32(1)
    for begin in range(0, n, {block}):
        count, close = min(n - begin, {block}), zero
        for i in range(count):
            v = s[(begin + i) * step]
            there = v - v == T(0)
            at = select(there, (v - least) * unit, beyond)
            k = np.int32(at)
            off = abs(at - T(k) - T(0.5))
            close += select((v > least) & (v < most) & (off > sure), one, zero)
            found[i] = select(there & (k > last), last, k)
        if close > 0 or sure < T(0):
            for i in range(count):
                v = np.float64(s[(begin + i) * step])
                there = v - v == 0.0
                k = np.float64(np.int32(select(there, (v - low) * scale, 0.0)))
                k = select(k > last, np.float64(last), k)
                up = (v >= (k + 1.0) * width + low) & (k < last)
                k = select(v < k * width + low, k - 1.0, select(up, k + 1.0, k))
                found[i] = np.int32(select(there, k, np.float64(bins)))
        whole = count // 4 * 4
        for i in range(0, whole, 4):
            h[np.int64(found[i])] += np.uint32(1)
            h[np.int64(found[i + 1]) + apart] += np.uint32(1)
            h[np.int64(found[i + 2]) + 2 * apart] += np.uint32(1)
            h[np.int64(found[i + 3]) + 3 * apart] += np.uint32(1)
        for i in range(whole, count):
            h[np.int64(found[i])] += np.uint32(1)
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
        whole += np.{key}(1) if (v == round(v)) & there else np.{key}(0)
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

_FUNCTION = """\
from numba import njit

from convpipe.compile.cpu.rows import FLAGS
from {module} import {name}

compiled = njit(**FLAGS)({name})
"""

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
    pairs = size >= PAIRED * shares
    tables = shares * (1 if pairs else 4)
    body, more = (_OF_PAIRS, room + 1024 * tables) if pairs else (_BYTES, 0)
    clear = Call((_CLEAR, "clear"), (128 * tables,), result=room)
    words = (IMAGE, size, 1, 1, shares, room, 1024 * tables // shares, more)
    return [clear, Call((_source(body, "uint8"), "count"), words, shares, shares)], tables


def room_of_bytes(size: int, shares: int) -> int:
    """Return how many bytes that takes."""
    return shares * (1024 + BYTES_OF_PAIRS if size >= PAIRED * shares else 4096)


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
        if samples.dtype.kind not in "ui" and samples.dtype.name not in _FLOATS:
            return super().whole(samples, low, high)
        shares = self._shares(samples)
        if samples.itemsize == 1 and samples.flags.c_contiguous and samples.size >= PAIRED * shares:
            counts = np.zeros((shares, 256), np.uint32)
            pairs = np.empty((shares, BYTES_OF_PAIRS), np.uint8)
            self._run(_OF_PAIRS, samples, counts, pairs.ctypes.data)
            return np.asarray(counts.sum(axis=0)[np.arange(low, high + 1) % 256], np.int64)
        counts = np.zeros((shares, 4, 256) if samples.itemsize == 1 else (shares, 1, size), np.uint32)
        self._run(_BYTES if samples.itemsize == 1 else body, samples, counts, low)
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
        self._run(_BINS.format(block=BLOCK), samples, counts, *more)
        held = counts[:, : tables * size].reshape(-1, tables, size).sum(axis=(0, 1))
        return np.asarray(held[:count], np.int64)

    def moments(self, samples: NDArray[Any], origin: float) -> NDArray[np.float64]:
        """Return of each share of the samples its count, total and squares."""
        if samples.dtype.name not in _FLOATS:
            return super().moments(samples, origin)
        found = np.zeros((shares_of(len(samples)), 3))
        given = np.array([origin])
        self._run(_of_moments(), samples, found, given.ctypes.data)
        return found

    def run(self, function: Callable[..., Any], *given: Any) -> Any:
        """Return what a function of counts gives, compiled."""
        source = _FUNCTION.format(module=function.__module__, name=function.__name__)
        return cache.load(source, "compiled", Signature(map(typeof, given)))(*given)

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
        source = _source(body, samples.dtype.name)
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


@functools.cache
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


@functools.cache
def _source(body: str, dtype: str) -> str:
    """Return the module that counts samples of a type."""
    return _SHARES.format(
        body=body, dtype=dtype, together=body != _of_moments(), size=np.dtype(dtype).itemsize
    )
