"""The inner loops, as source: along a row, all terms written out, which is what the vectoriser wants.

Each is a module with one function, ``loop(rows, n, p)``: `rows` the addresses of the rows that it reads and
then of those it writes, `n` the number of samples it makes, `p` the address of its parameters. Few know more
of a kernel than how many samples they read, so that pipelines share them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from convpipe.compile.common.text import Text, fused, times

HEADER = """import numpy as np
from convpipe.compile.cpu.rows import *
"""


class Loop(NamedTuple):
    """A compiled function that the driver calls by its address.

    Parameters
    ----------
    title : str
        What it does, in a line.
    source : str
        A module with the function ``loop``.
    """

    title: str
    source: str


@dataclass(frozen=True)
class Lanes:
    """Which samples an output of a loop needs: where in the rows under its taps, and where it goes.

    At stride 1 a loop runs over samples, whatever the channels; at a larger stride over pixels, with a
    statement for each channel.

    Parameters
    ----------
    stride : int
        Pixels between outputs.
    channels : int
        1 at stride 1, where they do not matter.
    """

    stride: int = 1
    channels: int = 1

    @property
    def indices(self) -> list[tuple[str, str]]:
        """Index of the output and of the sample under a tap, for each statement."""
        step = self.stride * self.channels
        return [(plus(times("x", self.channels), k), plus(times("x", step), k)) for k in range(self.channels)]

    @property
    def count(self) -> str:
        """How often a loop that makes `n` samples runs."""
        return "n" if self.channels == 1 else f"n // {self.channels}"


Term = tuple[int, int]
"""A sample under a tap: which of a loop's rows, and how many samples from its address."""


def sample_at(term: Term, x: str) -> str:
    """Return the sample of a term for the output of index `x`, as source."""
    row, shift = term
    return f"s{row}[{plus(x, shift)}]"


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"


def plus(index: str, k: int) -> str:
    """Return the index `k` further, as source."""
    return f"{index} + {k}" if k else index


def lanes(stride: int, channels: int) -> Lanes:
    """Return the lanes of outputs `stride` pixels apart."""
    return Lanes(stride, channels if stride > 1 else 1)


def begun(compute: str) -> Text:
    """Return the text of a module up to the first line of its loop."""
    text = Text()
    text.block(HEADER)
    text.line(f"T = np.{compute}", "", "", "@inline", "def loop(rows, n, p):")
    return text


def name_weights(text: Text, count: int, first: int = 0) -> None:
    """Name as many parameters, from `first` on, w0, w1, ..."""
    if count:
        text.line(f"{', '.join(f'w{k}' for k in range(count))}, = values(p, {first}, {count}, T)")


FEW_ROWS = 8
"""So many rows LLVM compares with the result before a loop. With more than that it leaves the loop scalar."""


def name_sources(text: Text, dtypes: list[str], shifted: bool = False) -> None:
    """Name the rows that are read s0, s1, ...

    Of `shifted` rows the loop reads neighbours, too. Told that nothing it writes is among them, LLVM would
    carry them from one output to the next, and shuffle vectors: that takes longer than to load them again.
    """
    kind = "row" if shifted and len(dtypes) <= FEW_ROWS else "source"
    text.line(*(f"s{k} = {kind}(rows, {k}, np.{dtype})" for k, dtype in enumerate(dtypes)))


@cache
def dot(sample: str, compute: str, terms: tuple[Term, ...], onto: bool, at: Lanes) -> Loop:
    """Sum of samples times weights: a product, then fused multiply-adds; or all of them onto what was there.

    Parameters: the weights. Rows: those that `terms` number, then the sum.
    """
    text = begun(compute)
    count = 1 + max(row for row, _ in terms)
    with text.indented():
        name_weights(text, len(terms))
        name_sources(text, [sample] * count, shifted=count < len(terms))
        _targets(text, count, compute, 1)
        text.line(f"for x in range({at.count}):")
        with text.indented():
            for out, x in at.indices:
                products = [(f"w{k}", sample_at(term, x)) for k, term in enumerate(terms)]
                text.line(f"t0[{out}] = {fused(products, f't0[{out}]' if onto else None)}")
        text.line("return 0")
    return Loop(f"{'more ' if onto else ''}{len(terms)} taps of {sample} in {_rows(count)}", str(text))


@cache
def dot_rows(sample: str, compute: str, rows: int, onto: bool, outputs: int) -> Loop:
    """The same of a sample of each row; with two outputs, of two windows one row apart.

    What these share is loaded once. Parameters: the weights. Rows: those of the windows, then the sums.
    """
    text = begun(compute)
    with text.indented():
        name_weights(text, rows)
        name_sources(text, [sample] * (rows + outputs - 1))
        _targets(text, rows + outputs - 1, compute, outputs)
        text.line("for x in range(n):")
        with text.indented():
            for k in range(outputs):
                products = [(f"w{j}", f"s{j + k}[x]") for j in range(rows)]
                text.line(f"t{k}[x] = {fused(products, f't{k}[x]' if onto else None)}")
        text.line("return 0")
    pair = ", for two rows" if outputs > 1 else ""
    return Loop(f"{'more ' if onto else ''}{_rows(rows)} of {sample}, weighted{pair}", str(text))


@cache
def add(sample: str, result: str, terms: int, onto: bool, outputs: int = 1) -> Loop:
    """Sum of samples; of integers in 32 bits. Rows: a sample for each term, then the sums."""
    text = begun(result)
    cast = "" if sample == result else "T"
    with text.indented():
        name_sources(text, [sample] * (terms + outputs - 1))
        _targets(text, terms + outputs - 1, result, outputs)
        text.line("for x in range(n):")
        with text.indented():
            for k in range(outputs):
                samples = [f"{cast}(s{j + k}[x])" if cast else f"s{j + k}[x]" for j in range(terms)]
                text.line(f"t{k}[x] = " + " + ".join([f"t{k}[x]", *samples] if onto else samples))
        text.line("return 0")
    pair = ", for two rows" if outputs > 1 else ""
    return Loop(f"sum of {'the sum and ' if onto else ''}{terms} samples of {sample}{pair}", str(text))


def _targets(text: Text, first: int, dtype: str, outputs: int) -> None:
    text.line(*(f"t{k} = target(rows, {first + k}, np.{dtype})" for k in range(outputs)))


@cache
def slide(sample: str, step: int) -> Loop:
    """Running sum of rows: `step` rows leave, as many enter. Rows: those, then the sum."""
    text = begun("int32")
    with text.indented():
        name_sources(text, [sample] * (2 * step))
        text.line(f"t0 = target(rows, {2 * step}, T)", "for x in range(n):")
        terms = "".join(f" + T(s{step + k}[x]) - T(s{k}[x])" for k in range(step))
        text.line(f"    t0[x] = t0[x]{terms}", "return 0")
    return Loop(f"running sum of rows of {sample}: {step} enter, {step} leave", str(text))


@cache
def copy(sample: str, result: str) -> Loop:
    """Samples in another type. Rows: from, to."""
    text = begun(result)
    with text.indented():
        name_sources(text, [sample])
        text.line("t0 = target(rows, 1, T)", "for x in range(n):")
        text.line(f"    t0[x] = {'s0[x]' if sample == result else 'T(s0[x])'}", "return 0")
    return Loop(f"copy of {sample} as {result}", str(text))


@cache
def pad(dtype: str, channels: int) -> Loop:
    """Pixels left and right of a row: n of them. Parameters: for each, where it is and where it comes from.

    Rows: the row; the pixel beyond it that a constant border holds, which comes from -1.
    """
    text = begun(dtype)
    with text.indented():
        text.line("t0, s0 = row(rows, 0, T), row(rows, 1, T)", "for k in range(n):")
        with text.indented():
            text.line("to, at = values(p, 2 * k, 2, np.int64)")
            for c in range(channels):
                copied, constant = f"t0[{plus(times('at', channels), c)}]", f"s0[{c}]"
                target = plus(times("to", channels), c)
                text.line(f"t0[{target}] = {copied} if at != OUTSIDE else {constant}")
        text.line("return 0")
    return Loop(f"pixels of {channels} {dtype} beside a row", str(text))


@cache
def premultiply(compute: str, channels: int) -> Loop:
    """Colours times alpha, in place; alpha below 0 is 0. Rows: the row."""
    text = begun(compute)
    last = channels - 1
    with text.indented():
        text.line("t0 = row(rows, 0, T)", f"for x in range(n // {channels}):")
        with text.indented():
            text.line(f"alpha = t0[x * {channels} + {last}]", "alpha = T(0) if alpha < T(0) else alpha")
            text.line(f"t0[x * {channels} + {last}] = alpha")
            for c in range(last):
                at = plus(times("x", channels), c)
                text.line(f"t0[{at}] = t0[{at}] * alpha")
        text.line("return 0")
    return Loop("colours times alpha", str(text))


@cache
def ends(dtype: str, channels: int) -> Loop:
    """Pixels at an end of some rows, with what lies beside them: n of each row.

    Parameters: the number of rows; for each pixel, where it comes from; the pixel that a constant border
    holds, which comes from -1. Rows: those that are read, those that are made.
    """
    text = begun(dtype)
    words = 8 // np.dtype(dtype).itemsize
    with text.indented():
        text.line("count, = values(p, 0, 1, np.int64)")
        names = ", ".join(f"c{c}" for c in range(channels))
        text.line(f"{names}, = values(p, (1 + n) * {words}, {channels}, T)", "for k in range(count):")
        with text.indented():
            text.line("s, t = row(rows, k, T), row(rows, count + k, T)", "for x in range(n):")
            with text.indented():
                text.line("at, = values(p, 1 + x, 1, np.int64)")
                for c in range(channels):
                    copied = f"s[{plus(times('at', channels), c)}]"
                    text.line(f"t[{plus(times('x', channels), c)}] = {copied} if at != OUTSIDE else c{c}")
        text.line("return 0")
    return Loop(f"ends of rows of {channels} {dtype}, with what lies beside them", str(text))
