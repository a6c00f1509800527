"""Source of a warp's means: of a block of pixels of one channel at once, or of all channels of a pixel.

Of one channel and 2x2 samples all are fetched, and summed, at once. Of 4x4 the rows come one after the other,
in a loop that is compiled once, onto sums in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from convpipe.compile.common.text import Text
from convpipe.compile.cpu.places import PLACES
from convpipe.compile.cpu.warp_fetch import fetched
from convpipe.compile.cpu.warp_pixels import Kind, summed

BLOCK = 64
"""Columns of a block: of them as many rows of the image as the caches nearby hold, where it lies steep."""

FAR = -(2**62)
"""In place of where samples lie: all of them are what a constant border holds."""

LISTED = ("at = -1 - found[k]", "i0, j0 = at // words[LISTED], at % words[LISTED]")
"""Where the first sample of a pixel that reads what lies outside is in the lists of rows and columns."""

_PARTS = {2: ("low", "high"), 4: ("four0", "four1", "four2", "four3")}
"""What takes a sample out of a word of so many."""


def weight(tap: int | str, side: int, index: str = "k") -> str:
    """Return a pixel's weight of a row of samples, side 0, or of a column, side 1."""
    return f"weights[{tap} * {2 * BLOCK} + {side * BLOCK} + {index}]"


def rows(kind: Kind) -> Iterator[tuple[str, str, int]]:
    """Yield name, type and length of the rows in memory that a block needs."""
    yield from ((f"column{each}", "np.float64", BLOCK) for each in range(len(PLACES[kind.place].column)))
    yield "found", "np.int64", BLOCK
    yield "blank", "D", kind.channels
    if kind.method == "nearest":
        yield "g", "T", BLOCK * kind.lanes
        return
    yield "weights", "F", 2 * kind.taps * BLOCK
    yield "sums", "F", BLOCK * kind.lanes + 1
    yield "brought", "F", kind.taps**2 * (kind.lanes + 1)
    if kind.channels == 1:
        yield from ((f"g{row}", "T", kind.taps * BLOCK) for row in _rows(kind))


def _rows(kind: Kind) -> Sequence[str]:
    """Return what tells the rows of samples apart that are fetched at once."""
    return [str(row) for row in range(kind.taps)] if kind.taps == 2 else [""]


def block_means(text: Text, kind: Kind) -> None:
    """Add the means of a block of one channel; those of pixels that read what lies outside are anything."""
    if len(_rows(kind)) == 1:
        text.line("for k in range(n):", "    sums[k] = F(-0.0)", f"for tap in range({kind.taps}):")
        with text.indented():
            _fetched(text, kind)
            text.line("for k in range(n):")
            text.line(f"    sums[k] = sums[k] + {summed(kind, [weight('tap', 0)], [_along(kind, '')])}")
        return
    _fetched(text, kind)
    down = [weight(tap, 0) for tap in range(kind.taps)]
    text.line("for k in range(n):")
    text.line(f"    sums[k] = {summed(kind, down, [_along(kind, row) for row in _rows(kind)])}")


def _along(kind: Kind, row: str) -> str:
    """Return the sum of the fetched samples of a row, as source."""
    taps = range(kind.taps)
    if kind.is_short:
        samples = [f"{part}(g{row}, {kind.taps} * k)" for part in _PARTS[kind.taps]]
    else:
        samples = [f"g{row}[{kind.taps} * k + {col}]" for col in taps]
    return summed(kind, [weight(col, 1) for col in taps], samples)


def border_mean(kind: Kind, value: str) -> str:
    """Return what a pixel becomes whose samples all are a value, as source: weights may not sum to 1."""
    down, along = ([weight(tap, side) for tap in range(kind.taps)] for side in range(2))
    return summed(kind, down, [summed(kind, along, [value] * kind.taps)] * kind.taps)


def _fetched(text: Text, kind: Kind) -> None:
    """Add what fetches the samples of the pixels that lie inside."""
    at_once = kind.taps * np.dtype(kind.given).itemsize <= 8
    firsts = {f"g{row}": f"{row or 'tap'} * pitch" for row in _rows(kind)}
    gathers = [f"gather({g}, k, source + {first}, found, {kind.taps})" for g, first in firsts.items()]
    moves = [
        f"move({g}, {kind.taps} * k, source + found[k] + {first}, {kind.taps})" for g, first in firsts.items()
    ]
    fetched(text, gathers if at_once else [], moves)


def pixel_mean(text: Text, kind: Kind) -> None:
    """Add the mean of the channels of a pixel whose samples lie inside."""
    text.line("spot = source + found[k] + channel * SIZE", "fetch_near(ahead + found[k])")
    rows = [f"spot + {tap} * pitch" for tap in range(kind.taps)]
    cols = [f"{tap} * CH * SIZE" for tap in range(kind.taps)]
    _mean(text, kind, ("T", "(CH - 1 - channel) * SIZE"), [*rows, *cols], neighbours=True)


def outside(text: Text, kind: Kind) -> None:
    """Add the mean of a pixel that reads what lies outside the image.

    The lists of rows and columns say where samples are in it. What a constant border holds is of the type of
    the arithmetic, not a sample's: samples that are read with it are brought to where they have that type.
    """
    taps, size = range(kind.taps), kind.lanes + kind.weighs
    text.line("i0, j0 = 0, 0", f"is_far = found[k] == {FAR}", "if not is_far:")
    with text.indented():
        text.line(*LISTED)
    text.line("is_listed = (words[IS_CONSTANT] == 0) & (not is_far)", "if is_listed:")
    with text.indented():
        rows = [f"source + rows[i0 + {tap}] * pitch + channel * SIZE" for tap in taps]
        cols = [f"columns[j0 + {tap}] * CH * SIZE" for tap in taps]
        _mean(text, kind, ("T", "(CH - 1 - channel) * SIZE"), [*rows, *cols])
    text.line("if not is_listed:")
    with text.indented():
        text.line("spot, down, along = words[OUTSIDE] + channel * WORD, 0, 0")
        text.line("beyond = (CH - 1 - channel) * WORD", "if not is_far:")
        with text.indented():
            _brought(text, kind)
            text.line(f"spot, down, along = place_of(brought), {kind.taps * size} * WORD, {size} * WORD")
            text.line(f"beyond = {size - 1} * WORD")
        rows = [f"spot + {tap} * down" for tap in taps]
        _mean(text, kind, ("F", "beyond"), [*rows, *(f"{tap} * along" for tap in taps)])


def _brought(text: Text, kind: Kind) -> None:
    """Add what brings samples of such a pixel, and those that the border holds to a place of their own."""
    text.line(f"for row in range({kind.taps}):")
    with text.indented():
        text.line("i = rows[i0 + row]", "p = row_at(source + max(i, 0) * pitch, T)")
        text.line(f"for col in range({kind.taps}):")
        with text.indented():
            size = kind.lanes + kind.weighs
            text.line("j = columns[j0 + col]", f"at = (row * {kind.taps} + col) * {size}")
            text.line("there = (i >= 0) & (j >= 0)", f"for one in range({kind.lanes}):")
            text.line(f"    brought[at + one] = {_sample('channel + one')}")
            if kind.weighs:
                text.line(f"brought[at + {kind.lanes}] = {_sample('CH - 1')}")


def _sample(channel: str) -> str:
    return f"select(there, F(p[max(j, 0) * CH + {channel}]), outside[{channel}])"


def _mean(
    text: Text, kind: Kind, samples: tuple[str, str], places: Sequence[str], neighbours: bool = False
) -> None:
    """Add the mean of samples of a type, with alpha so many bytes after each, at some places."""
    name = f"{'known_' * kind.is_known}mean{'_by_alpha' * kind.weighs}"
    dtype, alpha = samples
    given = f"sums, k * {kind.lanes}, weights, k, {BLOCK}, {dtype}, {kind.lanes}, {int(neighbours)}, {alpha}"
    text.line(f"opacity = {name}({given}, {', '.join(places)})")
    if kind.weighs:
        text.line(f"if channel + {kind.lanes} == CH:")
        text.line(f"    sums[k * {kind.lanes} + {kind.lanes - 1}] = opacity")
