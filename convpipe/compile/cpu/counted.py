"""Rank windows that are too large for a network: a histogram that slides along the row, as a loop."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from convpipe.compile.common.text import Text
from convpipe.compile.cpu.loops import HEADER, Loop
from convpipe.compile.cpu.order import KEYS, key_limits
from convpipe.selection.counts import COUNTED_BITS, TOGETHER, places, shifts


@cache
def counted(dtype: str) -> Loop:
    """Some samples by their ranks.

    Parameters: how many rows the windows have, how many rows there are with the results, samples from a place
    of the window to the next, how many rows of neighbours its footprint has, and how many ranks are wanted;
    then the former, as row, first and stop; then the ranks. Rows: these, the counts, and room for samples
    that share their first bits.
    """
    text, kind = Text(), np.dtype(KEYS.get(dtype, dtype))
    text.block(HEADER)
    text.line("", f"T = np.{kind.name}")
    _keys(text, dtype)
    text.line("", "", "@inline", "def loop(rows, n, p):")
    with text.indented():
        text.line("windows, made, step, runs, ranks = values(p, 0, 5, np.int64)")
        text.line("given = listed(p, 5, np.int64)")
        text.line("h, alike = row(rows, made, np.int32), row(rows, made + 1, np.int64)")
        text.line("for c in range(min(step, n)):")
        with text.indented():
            _begin(text, kind)
            text.line("for t in range(c, n, step):")
            with text.indented():
                text.line("if t > c:")
                with text.indented():
                    _slide(text, kind)
                text.line("for rank in range(ranks):")
                with text.indented():
                    _find(text, kind)
        text.line("return 0")
    return Loop(f"ranks of {dtype}, by counts that slide", str(text))


@cache
def counted_together(dtype: str) -> Loop:
    """The same for :data:`TOGETHER` rows at a time of a rectangle of samples of up to 16 bits.

    Their windows have most rows in common. Those that all have are counted once, and so are those that the
    first two or the last two have beside; of each of the four a row is left. A pixel's histogram is the sum
    of three.

    Parameters: rows and columns of the window, samples from a place of the window to the next, how many ranks
    are wanted; then these. Rows: those under the windows, those of the results, and the counts.
    """
    text, kind = Text(), np.dtype(dtype)
    size = places(kind.itemsize)[-1]
    text.block(HEADER)
    text.line("", f"T = np.{kind.name}")
    _keys(text, dtype)
    text.line("", "", "@inline", "def loop(rows, n, p):")
    with text.indented():
        text.line("high, wide, step, ranks = values(p, 0, 4, np.int64)", "given = listed(p, 4, np.int64)")
        text.line(f"made = high + {TOGETHER - 1}", f"h = row(rows, made + {TOGETHER} * ranks, np.int32)")
        text.line(f"found = {(2 * TOGETHER - 1) * size}", "for c in range(min(step, n)):")
        with text.indented():
            text.line("for k in range(found):", "    h[k] = np.int32(0)", "for j in range(wide):")
            with text.indented():
                _count_rows(text, kind, (("s[c + j * step]", "+"),))
            text.line("for t in range(c, n, step):")
            with text.indented():
                text.line("if t > c:")
                with text.indented():
                    _count_rows(text, kind, (("s[t - step]", "-"), ("s[t + (wide - 1) * step]", "+")))
                text.line("for rank in range(ranks):")
                with text.indented():
                    for row in range(TOGETHER):
                        _find_in_sum(text, kind, row)
        text.line("return 0")
    return Loop(f"ranks of {dtype}, by counts that slide, of {TOGETHER} rows", str(text))


def _count_rows(text: Text, kind: np.dtype[Any], samples: Sequence[tuple[str, str]]) -> None:
    """Count samples of every row in each histogram that it belongs to, or take them away."""
    size = places(kind.itemsize)[-1]
    shared = [
        ("0", (3,)),
        ("1", (1,)),
        ("2", (1, 5)),
        ("high", (2, 4)),
        ("high + 1", (2,)),
        ("high + 2", (6,)),
    ]
    text.line("for k in range(3, high):", "    s = row(rows, k, T)")
    with text.indented():
        for sample, sign in samples:
            _count(text, kind, sample, sign)
    for place, histograms in shared:
        text.line(f"s = row(rows, {place}, T)")
        for sample, sign in samples:
            for histogram in histograms:
                _count(text, kind, sample, sign, histogram * size)


def _find_in_sum(text: Text, kind: np.dtype[Any], row: int) -> None:
    """Find the sample of a rank in the sum of a row's histograms, and store it."""
    size = places(kind.itemsize)[-1]
    pair, single = (1 + row // 2) * size, (3 + row) * size
    _, offset = _bits(kind)
    text.line("left, b = given[rank], 0")
    before = 8 * kind.itemsize
    for shift, base in zip(shifts(kind.itemsize), places(kind.itemsize), strict=False):
        count = 1 << (before - shift)
        text.line(f"at = {base} + (b << {before - shift})", f"for k in range({count}):")
        text.line(f"    h[found + k] = h[at + k] + h[{pair} + at + k] + h[{single} + at + k]")
        text.line(
            "more = 0", "while left >= h[found + more]:", "    left -= h[found + more]", "    more += 1"
        )
        text.line(f"b = (b << {before - shift}) + more")
        before = shift
    text.line(f"out = row(rows, made + {row} * ranks + rank, T)", f"out[t] = T(b - {offset})")


def _begin(text: Text, kind: np.dtype[Any]) -> None:
    """Count the samples of the first window."""
    text.line(f"for k in range({places(kind.itemsize)[-1]}):", "    h[k] = np.int32(0)")
    text.line("for k in range(runs):")
    with text.indented():
        text.line("s = row(rows, given[3 * k], T)", "for j in range(given[3 * k + 1], given[3 * k + 2]):")
        with text.indented():
            _count(text, kind, "s[c + j * step]", "+")


def _slide(text: Text, kind: np.dtype[Any]) -> None:
    """Take away the samples that leave the window, and count those that enter."""
    text.line("for k in range(runs):")
    with text.indented():
        text.line("s = row(rows, given[3 * k], T)")
        _count(text, kind, "s[t + (given[3 * k + 1] - 1) * step]", "-")
        _count(text, kind, "s[t + (given[3 * k + 2] - 1) * step]", "+")


def _find(text: Text, kind: np.dtype[Any]) -> None:
    """Find the sample of a rank, and store it."""
    rest, offset = _bits(kind)
    text.line("left = given[3 * runs + rank]", "b = 0")
    before = min(8 * kind.itemsize, COUNTED_BITS)
    for at, (shift, base) in enumerate(zip(shifts(kind.itemsize), places(kind.itemsize), strict=False)):
        if at:
            text.line(f"b <<= {before - shift}")
        text.line(f"while left >= h[{base} + b]:", f"    left -= h[{base} + b]", "    b += 1")
        before = shift
    if rest:
        _find_others(text, rest, offset)
    whole = f"(b - {offset})" + (f" * {1 << rest} + found" if rest else "")
    text.line("out = row(rows, windows + rank, T)", f"out[t] = sample(T({whole}))")


def _find_others(text: Text, rest: int, offset: int) -> None:
    """Find the bits that are not counted, one after the other, among the samples that share the first ones.

    It has a bit if few enough are less than with it.
    """
    text.line("m = 0", "for k in range(runs):")
    with text.indented():
        text.line("s = row(rows, given[3 * k], T)", "for j in range(given[3 * k + 1], given[3 * k + 2]):")
        with text.indented():
            text.line("v = np.int64(key(s[t + j * step]))", f"if (v >> {rest}) + {offset} == b:")
            text.line(f"    alike[m] = v & {(1 << rest) - 1}", "    m += 1")
    text.line("found = np.int64(0)", f"for bit in range({rest}):")
    with text.indented():
        text.line(f"trial = found + (np.int64(1) << ({rest - 1} - bit))", "less = 0", "for k in range(m):")
        text.line("    less += alike[k] < trial", "if less <= left:", "    found = trial")


def _count(text: Text, kind: np.dtype[Any], sample: str, sign: str, first: int = 0) -> None:
    """Count a sample in the histogram that begins at `first`, or take it away."""
    rest, offset = _bits(kind)
    text.line(f"v = (np.int64(key({sample})) >> {rest}) + {offset}")
    for shift, base in zip(shifts(kind.itemsize), places(kind.itemsize), strict=False):
        text.line(f"at = {first + base} + (v >> {shift})", f"h[at] = np.int32(h[at] {sign} 1)")


def _bits(kind: np.dtype[Any]) -> tuple[int, int]:
    """Return how many bits of a key are not counted, and what makes the first ones begin at 0."""
    bits = 8 * kind.itemsize
    offset = 1 << (min(bits, COUNTED_BITS) - 1) if kind.kind == "i" else 0
    return max(bits - COUNTED_BITS, 0), offset


def _keys(text: Text, dtype: str) -> None:
    """Integers of the order of the samples, and back; all NaN are the last."""
    text.line("", "", "@inline", "def key(bits):")
    if np.dtype(dtype).kind != "f":
        text.line("    return bits", "", "", "@inline", "def sample(key):", "    return key")
        return
    others, infinity, last = key_limits(8 * np.dtype(dtype).itemsize)
    with text.indented():
        text.line(f"size = bits & T({others})")
        text.line(f"return T({last}) if size > T({infinity}) else sample(bits)")
    text.line("", "", "@inline", "def sample(key):", f"    return T(key ^ T({others})) if key < 0 else key")
