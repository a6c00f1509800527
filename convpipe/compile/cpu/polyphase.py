"""The loops of a resample, as source: sums of rows, and of neighbours in a row, with taps of their own.

How many rows there are is known when they run, so that images of all sizes share loops. A weight of 0 is no
tap: nothing comes of an infinity or NaN there.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from convpipe.compile.common.segments import Segment
from convpipe.compile.common.text import Text, fused, times
from convpipe.compile.cpu.combine import finish, name_constants
from convpipe.compile.cpu.lanes import plus
from convpipe.compile.cpu.loops import Loop, begun, name_weights

AT_ONCE = 8
"""Most rows, and most neighbours, that are summed in one loop."""

FEW = 4
"""Most rows whose sum goes on in the loop that makes it: of a cubic, as most interpolations are."""


@cache
def down(sample: str, compute: str) -> Loop:
    """Sum of as many rows as the row that is made has taps.

    Parameters: how many these are, and how many any row has at most; the number of the row under each; their
    weights. Rows: the sum, then those of the window.
    """
    text = begun(compute)
    with text.indented():
        text.line("count, most = values(p, 0, 2, np.int64)", "t0 = target(rows, 0, T)")
        text.line(f"first = (2 + most) * {8 // np.dtype(compute).itemsize}")
        text.line(f"k = (count - 1) % {AT_ONCE} + 1")
        for taps in range(1, AT_ONCE + 1):
            text.line(f"{'el' if taps > 1 else ''}if k == {taps}:")
            with text.indented():
                _sum_rows(text, sample, taps, "0", onto=False)
        text.line("while k < count:")
        with text.indented():
            _sum_rows(text, sample, AT_ONCE, "k", onto=True)
            text.line(f"k += {AT_ONCE}")
        text.line("return 0")
    return Loop(f"rows of {sample}, weighted as the row that is made has it", str(text))


@cache
def down_to(sample: str, compute: str, segment: Segment) -> Loop:
    """Sum of at most FEW rows, as many as the row that is made has taps, and what follows it.

    Parameters: those of `segment`, up to a whole word, and then those of `down`. Rows: the result, then those
    of the window.
    """
    text, words = begun(compute), 8 // np.dtype(compute).itemsize
    with text.indented():
        head = -(-name_constants(text, segment, 0) // words)
        text.line(f"count, most = values(p, {head}, 2, np.int64)")
        text.line(f"first = ({head} + 2 + most) * {words}")
        text.line(f"out = target(rows, 0, np.{segment.output or compute})")
        for taps in range(1, FEW + 1):
            text.line(f"{'el' if taps > 1 else ''}if count == {taps}:")
            with text.indented():
                products = _name_rows(text, sample, taps, "first", str(head + 2))
                text.line("for x in range(n):")
                with text.indented():
                    text.line(f"r_r = {fused(products, None)}")
                    finish(text, segment, ["r_r"], "x", colour=True)
        text.line("return nans" if segment.counts_nan else "return 0")
    title = f"rows of {sample}, at most {FEW}, weighted as the row that is made has it"
    return Loop(f"{title}, {len(segment.steps)} steps a sample, as {segment.output or 'computed'}", str(text))


def _sum_rows(text: Text, sample: str, taps: int, first: str, onto: bool) -> None:
    """Add the loop over a row that sums so many taps from one on."""
    products = _name_rows(text, sample, taps, f"first + {first}", f"2 + {first}")
    text.line("for x in range(n):", f"    t0[x] = {fused(products, 't0[x]' if onto else None)}")


def _name_rows(text: Text, sample: str, taps: int, weights: str, numbers: str) -> list[tuple[str, str]]:
    """Name as many rows and their weights, given from some parameters on; return their products."""
    every = range(taps)
    text.line(f"{', '.join(f'w{k}' for k in every)}, = values(p, {weights}, {taps}, T)")
    text.line(f"{', '.join(f'i{k}' for k in every)}, = values(p, {numbers}, {taps}, np.int64)")
    text.line(*(f"s{k} = source(rows, 1 + i{k}, np.{sample})" for k in every))
    return [(f"w{k}", f"s{k}[x]") for k in every]


@cache
def repeated(
    sample: str, compute: str, channels: int, step: int, shifts: tuple[tuple[int, ...], ...], onto: bool
) -> Loop:
    """Sum of neighbours in a row, with the same weights at every period of the pixels that are made.

    A period begins `step` pixels after the one before it, and makes a pixel of each of `shifts`: of the
    pixels that many further. Parameters: the weights. Rows: the row, the sum.
    """
    text = begun(compute)
    taps, period = sum(map(len, shifts)), len(shifts)
    with text.indented():
        name_weights(text, taps)
        text.line(f"s0, t0 = source(rows, 0, np.{sample}), target(rows, 1, T)")
        text.line(f"for x in range(n // {channels * period}):")
        with text.indented():
            weight = 0
            for k, near in enumerate(shifts):
                for c in range(channels):
                    out = plus(times("x", channels * period), k * channels + c)
                    places = [plus(times("x", step * channels), shift * channels + c) for shift in near]
                    products = [(f"w{weight + j}", f"s0[{place}]") for j, place in enumerate(places)]
                    if products:
                        text.line(f"t0[{out}] = {fused(products, f't0[{out}]' if onto else None)}")
                weight += len(near)
        text.line("return 0")
    title = f"{taps} taps of {channels} {sample} at every {step} pixels, for {period}"
    return Loop(f"{'more ' if onto else ''}{title}", str(text))


@cache
def along(sample: str, compute: str, channels: int, taps: int, onto: bool) -> Loop:
    """Sum of as many neighbours in a row, with weights of their own for each pixel that is made.

    Parameters: of each pixel that is made, the sample under its first tap; the weights of all first taps, of
    all second ones, and so on. Rows: the row, the sum.
    """
    text = begun(compute)
    size = np.dtype(compute).itemsize
    with text.indented():
        text.line(f"m = {'n' if channels == 1 else f'n // {channels}'}")
        text.line(f"s0, t0 = source(rows, 0, np.{sample}), target(rows, 1, T)")
        text.line(f"at, first = listed(p, 0, np.int32), (m + m % 2) * 4 // {size}")
        text.line(*(f"w{k} = listed(p, first + {k} * m, T)" for k in range(taps)))
        text.line("for x in range(m):")
        with text.indented():
            text.line("i = np.intp(at[x])")
            for c in range(channels):
                out = plus(times("x", channels), c)
                text.line(f"v = {f't0[{out}]' if onto else 'T(-0.0)'}")
                for k in range(taps):
                    near = plus("i", k * channels + c)
                    text.line(f"v = where(w{k}[x] != T(0), dot_onto(v, w{k}[x], s0[{near}]), v)")
                text.line(f"t0[{out}] = v")
        text.line("return 0")
    pixels = f"{taps} neighbours of {channels} {sample}"
    return Loop(f"{'more ' if onto else ''}{pixels}, weighted as the pixel that is made has it", str(text))
