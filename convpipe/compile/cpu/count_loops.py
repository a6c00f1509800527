"""Source of the loops that count samples: a body of each kind, in a module that shares samples out."""

from __future__ import annotations

import functools

import numpy as np

from convpipe.histograms import BYTES_OF_PAIRS, LANES

_SHARES = """\
import numpy as np

from convpipe.compile.cpu.compiled.addresses import row_at, scratch
from convpipe.compile.cpu.compiled.rows import inline, round
from convpipe.compile.cpu.compiled.rows import where as select

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

BYTES = """\
    # Four tables in turn: to count a value again waits for the count before.
    s, h, low, last = row_at(where, T), row_at(table, np.uint32), words[7], n // 4 * 4
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
    s, h, one, eight = row_at(where, np.uint8), row_at(table, np.uint32), np.uint16(1), np.uint32(8)
    begin = words[7] + (table - words[5]) // words[6] * {bytes_of_pairs}
    pairs, cleared = row_at(begin, np.uint16), row_at(begin, np.uint64)
    byte, pair = np.uint64(255), np.uint64(65535)
    columns = scratch(256, np.uint16)
    head = min(-where % 8, n)
    eights, count = row_at(where + head, np.uint64), (n - head) // 8
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
            row, total = row_at(begin + 512 * k, np.uint16), np.uint16(0)
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

OF_PAIRS = _PAIRS.format(bytes_of_pairs=BYTES_OF_PAIRS, eights=0xFFFF // 4)

CLEAR = """\
import numpy as np

from convpipe.compile.cpu.compiled.addresses import row_at
from convpipe.compile.cpu.compiled.rows import inline


@inline
def clear(words, image, out, others, parameters, first, last):
    # So many words of 64 bits.
    to = row_at(out, np.uint64)
    for k in range(words[0]):
        to[k] = np.uint64(0)
    return 0
"""

INTEGERS = """\
    # Whole numbers, from one on.
    s, h, low = row_at(where, T), row_at(table, np.uint32), words[7]
    for i in range(n):
        h[np.int64(s[i * step]) - low] += np.uint32(1)
"""

WHOLE = """\
    # The same of floating point.
    s, h, low = row_at(where, T), row_at(table, np.uint32), words[7]
    for i in range(n):
        v = s[i * step]
        if v - v == T(0):
            h[np.int64(v) - low] += np.uint32(1)
"""

BINS = """\
    # Bins between edges, the last one included, as numpy.histogram has them: close to an edge, that decides.
    # Which bins some samples lie in comes first, in vectors; if one of them is close to an edge, once more
    # with the edges. Then they are counted, in tables in turn, as to count a bin again waits for the count
    # before. What is not finite has a bin of its own, beyond the others.
    s, h = row_at(where, T), row_at(table, np.uint32)
    bins, apart, given = words[7], words[8], row_at(words[9], np.float64)
    found, last = row_at(table + words[10], np.int32), np.int32(bins - 1)
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

SURVEY = """\
    # The least and the largest of the finite samples as integers of their order; how many are finite, and
    # whole.
    s, bits, found = row_at(where, T), row_at(where, np.{key}), row_at(table, np.int64)
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
    s, found = row_at(where, T), row_at(table, np.float64)
    origin, last, zero = row_at(words[7], np.float64)[0], n // 8 * 8, 0.0
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

FUNCTION = """\
from numba import njit

from convpipe.compile.cpu.compiled.rows import FLAGS
from {module} import {name}

compiled = njit(**FLAGS)({name})
"""


@functools.cache
def of_moments() -> str:
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
def source_of(body: str, dtype: str) -> str:
    """Return the module that counts samples of a type."""
    return _SHARES.format(
        body=body, dtype=dtype, together=body != of_moments(), size=np.dtype(dtype).itemsize
    )
