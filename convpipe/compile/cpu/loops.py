"""The inner loops, as source: along a row, all terms written out, which is what the vectoriser wants.

Each is a module with one function, ``loop(rows, n, p)``: `rows` the addresses of the rows that it reads and
then of those it writes, `n` the number of samples it makes, `p` the address of its parameters. Few know more
of a kernel than how many samples they read, so that pipelines share them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np

from convpipe.compile.common.text import Text, fused, times
from convpipe.compile.cpu import phases as some_phases
from convpipe.compile.cpu.blocks import Block
from convpipe.compile.cpu.lanes import Lanes, Term, Windows, lanes, plus, rows_of, samples_at, whole_sum

HEADER = """import numpy as np
from convpipe.compile.cpu.compiled.rows import *
"""


class Loop(NamedTuple):
    """A compiled function that the driver calls by its address.

    Parameters
    ----------
    title : str
        What it does, in a line.
    source : str
        A module with the function ``loop``.
    joins : bool
        Whether calls that follow each other and differ in their rows alone can be one, on all of these: the
        first of its parameters is how many sets of rows there are, in :data:`COUNT` bytes.
    """

    title: str
    source: str
    joins: bool = False


COUNT = 8
"""Bytes of how many sets of rows there are."""


def counts(compute: str) -> int:
    """Return in the place of how many numbers of a type it is that sets of rows are counted."""
    return COUNT // np.dtype(compute).itemsize


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

    `compute` is the type of the sums, an integer one where the weights are integers.
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
                samples = samples_at(terms, x, at.reads_words(sample, compute))
                products = [(f"w{k}", each) for k, each in enumerate(samples)]
                text.line(f"t0[{out}] = {fused(products, f't0[{out}]' if onto else None)}")
        text.line("return 0")
    return Loop(f"{'more ' if onto else ''}{len(terms)} taps of {sample} in {rows_of(count)}", str(text))


@cache
def dot_rows(
    sample: str, compute: str, windows: Windows, onto: bool, units: tuple[int, ...] = (), sets: int = 1
) -> Loop:
    """The same of a sample of each row of some windows, under one set of weights or several.

    Parameters: the weights, set after set, but the `units`, of sums of integers, which are 1 or -1; these
    are of one set. Rows: those under the windows, then the sums of all windows, set after set.
    """
    text = begun(compute)
    count = units.count(0) if units else windows.rows
    with text.indented():
        name_weights(text, sets * count)
        name_sources(text, [sample] * windows.reads)
        _targets(text, windows.reads, compute, sets * windows.many)
        text.line("for x in range(n):")
        with text.indented():
            for k in range(sets * windows.many):
                names = [f"w{k // windows.many * count + i}" for i in range(count)]
                samples, total = windows.samples(k % windows.many), f"t{k}[x]" if onto else None
                if units:
                    text.line(f"t{k}[x] = {whole_sum(samples, units, names, total, 'T(0)')}")
                else:
                    text.line(f"t{k}[x] = {fused(list(zip(names, samples, strict=True)), total)}")
        text.line("return 0")
    under = f", under {sets} sets of weights" if sets > 1 else ", weighted"
    return Loop(f"{'more ' if onto else ''}{windows}, of {sample}{under}", str(text))


@cache
def dot_rows_in_phases(sample: str, compute: str, windows: Windows, onto: bool, sets: int = 1) -> Loop:
    """The same of each second sample of a row and of those between them, which are two rows of sums.

    Parameters: the weights, set after set. Rows: those under the windows, of `n` samples each, then the sums
    of even samples and those of odd ones, window after window, set after set.
    """
    text, words = begun(compute), lanes(2, 1).reads_words(sample, sample)
    with text.indented():
        name_weights(text, sets * windows.rows)
        name_sources(text, [sample] * windows.reads)
        _targets(text, windows.reads, compute, 2 * sets * windows.many)
        text.line("for x in range(n // 2):")
        with text.indented():
            text.line(*_phase_sums(windows, sets, onto, words, (0, 1)))
        text.line("if n % 2:")
        with text.indented():
            text.line("x = n // 2", *_phase_sums(windows, sets, onto, False, (0,)))
        text.line("return 0")
    under = f"under {sets} sets of weights" if sets > 1 else "weighted"
    return Loop(f"{'more ' if onto else ''}{windows}, of {sample}, {under}, in 2 phases", str(text))


def _phase_sums(
    windows: Windows, sets: int, onto: bool, words: bool, phases: tuple[int, ...]
) -> Iterator[str]:
    """Yield statements that make sums of some phases of all windows, of words of two samples if so.

    Each sample is named once, as Numba takes as long for what is written as LLVM does; and where it is first
    read, as registers hold those of few rows.
    """
    yield "at = x * 2"
    named = 0
    for k in range(sets * windows.many):
        own, window = divmod(k, windows.many)
        rows = range(window * windows.step, window * windows.step + windows.rows)
        for row in range(named, rows.stop):
            samples = samples_at([(row, 0), (row, 1)], "at", words)
            yield from (f"r{row}_{phase} = {samples[phase]}" for phase in phases)
        named = max(named, rows.stop)
        for phase in phases:
            terms = [(f"w{own * windows.rows + i}", f"r{row}_{phase}") for i, row in enumerate(rows)]
            total = f"t{2 * k + phase}[x]"
            yield f"{total} = {fused(terms, total if onto else None)}"


@cache
def blocks(sample: str, compute: str, block: Block, streams: bool = False) -> Loop:
    """Sums of all taps of a kernel, of the windows of some rows, in blocks of columns.

    Parameters: as `part` in `compiled/blocks.py` has them. Rows: those under the windows, then the
    sums. Blocks overlap where the columns are not shared out evenly. With `streams` sums go past the caches.
    """
    text, columns, lanes = Text(), block.columns, block.lanes
    own = f'"{sample}", "{compute}", {tuple(block)}'
    text.block(HEADER)
    text.line(*(["from convpipe.compile.cpu.compiled.addresses import settle"] if streams else []))
    text.line("from convpipe.compile.cpu.compiled.blocks import part, whole", "")
    text.line(f"block, rest = whole({own}{', True' if streams else ''}), part({own})")
    text.line("", "", "@inline", "def loop(rows, n, p):")
    with text.indented():
        text.line(f"if n < {columns}:", f"    for k in range((n + {lanes - 1}) // {lanes}):")
        text.line(f"        rest(rows, p, k * {lanes}, n)", "    return 0")
        text.line(f"for k in range((n + {columns - 1}) // {columns}):")
        text.line(f"    block(rows, p, min(k * {columns}, n - {columns}), n)")
        text.line(*(["settle()"] if streams else []), "return 0")
    past = ", past the caches" if streams else ""
    title = f"all taps of {sample}, for {rows_of(block.rows)} in blocks of {columns} columns{past}"
    return Loop(title, str(text))


@cache
def dot_down(sample: str, compute: str, windows: int) -> Loop:
    """Sum of samples of any number of rows times weights, for each of some windows.

    Parameters: how many rows a window has, and how many there are from one to the next; the weights. Rows:
    those under the windows, then the sums.
    """
    text = _in_vectors("dot_down", f'"{sample}", "{compute}", {windows}')
    return Loop(f"rows of {sample}, weighted" + (f", for each of {windows}" if windows > 1 else ""), text)


@cache
def dot_along(sample: str, compute: str, step: int) -> Loop:
    """Sum of any number of neighbours, `step` samples apart, times weights.

    Parameters: how many; the weights. Rows: that of the samples, then the sum.
    """
    text = _in_vectors("dot_along", f'"{sample}", "{compute}", {step}')
    return Loop(f"neighbours of {sample} in 1 row, weighted" + (f", {step} apart" if step > 1 else ""), text)


def _in_vectors(name: str, given: str) -> str:
    """Return a loop that is all of it vector code."""
    text = Text()
    text.block(HEADER)
    text.line(f"from convpipe.compile.cpu.compiled.vectors import {name}", "", f"sums = {name}({given})")
    text.line("", "", "@inline", "def loop(rows, n, p):", "    sums(rows, n, p)", "    return 0")
    return str(text)


@cache
def phases(dtype: str, stride: int, channels: int) -> Loop:
    """Pixels of a row, each in the row of its phase: where it is, modulo the stride.

    Of `n` samples that it reads. Rows: that of the pixels, then one for each phase.
    """
    text, step, counts = Text(), stride * channels, some_phases.sizes(dtype, channels)
    text.block(HEADER)
    if counts:
        text.line("from convpipe.compile.cpu.compiled.phases import phases", "")
        text.line(f'some = phases("{dtype}", {stride}, {channels})')
    text.line(f"T = np.{dtype}", "", "", "@inline", "def loop(rows, n, p):")
    with text.indented():
        text.line("first = 0")
        if counts:
            text.line(f"whole = n // {step} * {channels}", f"if whole >= {counts[-1]}:")
            text.line("    some(rows, whole)", "    first = whole")
        text.line("s0 = row(rows, 0, T)")
        text.line(f"for x in range(first * {stride}, n, {channels}):")
        with text.indented():
            text.line(f"t = row(rows, 1 + x // {channels} % {stride}, T)")
            text.line(f"for k in range({channels}):", f"    t[x // {step} * {channels} + k] = s0[x + k]")
        text.line("return 0")
    return Loop(f"pixels of {channels} {dtype} in {stride} phases", str(text))


@cache
def add(sample: str, result: str, windows: Windows, onto: bool) -> Loop:
    """Sum of a sample of each row of some windows. Rows: those under the windows, then the sums."""
    text = begun(result)
    floating = np.dtype(result).kind == "f"
    with text.indented():
        name_sources(text, [sample] * windows.reads)
        _targets(text, windows.reads, result, windows.many)
        text.line("for x in range(n):")
        with text.indented():
            for k in range(windows.many):
                cast = "" if sample == result else "T"
                samples = [f"{cast}({each})" if cast else each for each in windows.samples(k)]
                samples = [f"t{k}[x]", *samples] if onto else samples
                total = " + ".join(samples) if floating else f"plus({', '.join(samples)})"
                text.line(f"t{k}[x] = {total}")
        text.line("return 0")
    return Loop(f"sum of {'the sum and ' if onto else ''}{windows}, of {sample}", str(text))


def _targets(text: Text, first: int, dtype: str, outputs: int) -> None:
    text.line(*(f"t{k} = target(rows, {first + k}, np.{dtype})" for k in range(outputs)))


@cache
def slide(sample: str, result: str, step: int) -> Loop:
    """Running sum of rows: `step` rows leave, as many enter. Rows: those, then the sum."""
    text = begun(result)
    with text.indented():
        name_sources(text, [sample] * (2 * step))
        text.line(f"t0 = target(rows, {2 * step}, T)", "for x in range(n):")
        leave, enter = (", ".join(f"s{first + k}[x]" for k in range(step)) for first in (0, step))
        text.line(f"    t0[x] = minus(plus(t0[x], {enter}), {leave})", "return 0")
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
def fill_beside(dtype: str, channels: int) -> Loop:
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
