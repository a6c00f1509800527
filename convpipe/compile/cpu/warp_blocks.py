"""The loop of a bilinear warp: of a block of pixels the places first, then the samples, then the means.

Places and means are computed in vectors. Samples are fetched one by one, neighbours at once: the processors'
own gathers take longer. Blocks are made with those of the rows below, so that the rows of the image that they
read stay in the cache however steep they lie.
"""

from __future__ import annotations

import numpy as np

from convpipe.compile.common.text import Text
from convpipe.compile.cpu.places import PLACES
from convpipe.compile.cpu.warp_pixels import Kind, pixel, place, product, stored

BLOCK = 128
"""Columns of a block: of them as many rows of the image as the caches nearby hold, where it lies steep."""

STRIP = 16
"""Rows whose blocks are made one below the other."""

MOST_CHANNELS = 4
"""Of a pixel: more would take longer to compile, and more of the stack, than they gain."""

NEAR, FAR = -(2**62), -(2**62) - 1
"""In place of where samples lie: some are outside the image, or all are what a constant border holds."""


def blocks(text: Text, kind: Kind) -> None:
    """Add the loop over the blocks of rows from `first` to `last`."""
    wide = BLOCK * kind.channels
    text.line(f"found, downs, alongs = scratch({BLOCK}, np.int64), scratch({wide}, F), scratch({wide}, F)")
    text.line(*(f"{name} = scratch({size}, T)" for name, size in _rows(kind).items()))
    text.line(*(f"o{channel} = outside[{channel}]" for channel in range(kind.channels)))
    text.line("lines, unit = np.float64(pitch), np.float64(CH * SIZE)")
    text.line("last_row, last_col = np.float64(height - 1), np.float64(width - 1)")
    text.line("more_rows, more_cols = np.float64(words[MORE_ROWS]), np.float64(words[MORE_COLS])")
    text.line(f"for strip in range(first, last, {STRIP}):")
    with text.indented():
        text.line(f"for begin in range(0, cols, {BLOCK}):")
        with text.indented():
            text.line(f"n = min({BLOCK}, cols - begin)")
            text.line(f"for y in range(strip, min(strip + {STRIP}, last)):")
            with text.indented():
                text.line("d = placed(words[RESULT] + y * words[RESULT_PITCH], D)")
                text.line("made = tail(d, begin * CH)", *PLACES[kind.place].row)
                _places(text, kind)
                text.line(f"if most == {FAR}:")
                with text.indented():
                    text.line("for k in range(n):")
                    with text.indented():
                        _mean_outside(text, kind)
                    text.line("continue")
                _samples(text, kind)
                _means(text, kind)
                _edges(text, kind)


def _rows(kind: Kind) -> dict[str, int]:
    """Return the rows that samples are fetched into, and how long they are: pairs, or pixels under a tap."""
    if kind.channels == 1:
        return dict.fromkeys(("g0", "g1"), 2 * BLOCK)
    return dict.fromkeys(("g00", "g01", "g10", "g11"), kind.channels * BLOCK)


def _places(text: Text, kind: Kind) -> None:
    """Add where the samples of each pixel lie in the image, and how far its place is from the first of them.

    Whole numbers of float64 are exact, and take one conversion.
    """
    text.line(f"least, most = np.int64({-FAR}), np.int64({FAR})", "for k in range(n):")
    with text.indented():
        text.line("x = begin + k")
        place(text, kind)
        text.line("u0, v0 = floor(u), floor(v)", "downs[k], alongs[k] = F(u - u0), F(v - v0)")
        text.line("inside = (u0 >= 0.0) & (u0 < last_row) & (v0 >= 0.0) & (v0 < last_col)")
        text.line("near = (u0 >= -more_rows) & (u0 < last_row + more_rows)")
        text.line("near &= (v0 >= -more_cols) & (v0 < last_col + more_cols)")
        text.line(f"where = np.int64({NEAR}) if near else np.int64({FAR})")
        text.line("where = np.int64(u0 * lines + v0 * unit) if inside else where")
        text.line("found[k], least, most = where, min(where, least), max(where, most)")


def _samples(text: Text, kind: Kind) -> None:
    """Add what fetches the samples of each pixel that has all of them."""
    text.line(f"if least > {NEAR}:")
    with text.indented():
        text.line("for k in range(n):")
        with text.indented():
            _fetched(text, kind)
    text.line("else:")
    with text.indented():
        text.line("for k in range(n):")
        with text.indented():
            text.line(f"if found[k] > {NEAR}:")
            with text.indented():
                _fetched(text, kind)


def _fetched(text: Text, kind: Kind) -> None:
    text.line("where = source + found[k]")
    if kind.channels == 1:
        text.line("move(g0, 2 * k, where, 2)", "move(g1, 2 * k, where + pitch, 2)")
        return
    for row in range(2):
        for col in range(2):
            text.line(f"move(g{row}{col}, k * CH, where + {row} * pitch + {col} * CH * SIZE, CH)")


def _means(text: Text, kind: Kind) -> None:
    """Add the means of a block, channel by channel of its pixels."""
    if kind.channels > 1:
        text.line("for k in range(n - 1, -1, -1):")
        with text.indented():
            text.line("s, t = downs[k], alongs[k]")
            for channel in range(kind.channels):
                text.line(f"downs[k * CH + {channel}], alongs[k * CH + {channel}] = s, t")
    text.line("for k in range(n * CH):")
    with text.indented():
        text.line("s, t = downs[k], alongs[k]")
        _mean(text, kind, [_taps(kind, row) for row in range(2)], "k")


def _taps(kind: Kind, row: int) -> list[str]:
    """Return the two samples of a row, as source."""
    if kind.channels > 1:
        return [f"F(g{row}{col}[k])" for col in range(2)]
    if np.dtype(kind.given).kind in "iu" and np.dtype(kind.given).itemsize <= 2:
        return [f"F({half}(g{row}, 2 * k))" for half in ("low", "high")]
    return [f"F(g{row}[2 * k + {col}])" for col in range(2)]


def _edges(text: Text, kind: Kind) -> None:
    """Add the pixels of a block that have not all samples: what stands in their place so far is anything."""
    text.line(f"if least <= {NEAR}:")
    with text.indented():
        text.line("for k in range(n):")
        with text.indented():
            text.line(f"if found[k] == {NEAR}:")
            with text.indented():
                text.line("x = begin + k")
                pixel(text, kind, inside=False)
            text.line(f"elif found[k] == {FAR}:")
            with text.indented():
                _mean_outside(text, kind, "k * CH")


def _mean_outside(text: Text, kind: Kind, at: str = "k") -> None:
    """Add a pixel all of whose samples a constant border holds: their mean need not be what they are."""
    text.line(f"s, t = downs[{at}], alongs[{at}]")
    for channel in range(kind.channels):
        _mean(text, kind, [[f"o{channel}"] * 2] * 2, f"k * CH + {channel}")


def _mean(text: Text, kind: Kind, samples: list[list[str]], index: str) -> None:
    """Add a mean by the distances s and t, as :func:`pixel` has it."""
    text.line("a0, a1, b0, b1 = F(1) - s, s, F(1) - t, t")
    for row, pair in enumerate(samples):
        text.line(f"p0, p1 = {', '.join(pair)}")
        text.line(f"h{row} = {' + '.join(product(kind, f'b{col}', f'p{col}') for col in range(2))}")
    text.line(f"e = {' + '.join(product(kind, f'a{row}', f'h{row}') for row in range(2))}")
    text.line(f"made[{index}] = {stored(kind, 'e')}")
