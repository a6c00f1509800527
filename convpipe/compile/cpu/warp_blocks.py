"""The loop of an interpolating warp: of a block of pixels the places and weights first, then the means.

Places and weights are computed in vectors of pixels. Samples are fetched one by one, neighbours at once: the
processors' own gathers take longer. Blocks are made with those of the rows below, so that the rows of the
image that they read stay in the cache however steep they lie; and while a block is made, what the one beside
it will read, and where it is written to, is asked for.

Most blocks lie inside the image or beyond one of its edges, which their ends tell. Where a row enters the
image or leaves it, the pixels inside follow one another. Those that read both what lies inside and what lies
outside are few, and are made one by one.
"""

from __future__ import annotations

import numpy as np

from convpipe.compile.common.text import Text
from convpipe.compile.cpu.places import PLACES
from convpipe.compile.cpu.warp_means import (
    BLOCK,
    FAR,
    block_means,
    border_mean,
    outside,
    pixel_mean,
    rows,
    weight,
)
from convpipe.compile.cpu.warp_nearest import nearest
from convpipe.compile.cpu.warp_pixels import Kind, columns, place, stored, weights_at
from convpipe.memory import LINE

STRIP = 128
"""Rows whose blocks are made one below the other."""


def blocks(text: Text, kind: Kind) -> None:
    """Add the loop over the blocks of rows from `first` to `last`."""
    text.line(*(f"{name} = scratch({size}, {dtype})" for name, dtype, size in rows(kind)))
    text.line("for one in range(CH):", f"    blank[one] = {stored(kind, 'outside[one]')}")
    text.line("lines, unit, listed = np.float64(pitch), np.float64(CH * SIZE), np.float64(words[LISTED])")
    text.line(f"before, after = {kind.before}.0, {kind.taps - 1 - kind.before}.0")
    text.line("last_row, last_col = np.float64(height) - after, np.float64(width) - after")
    text.line("above, left_of = -np.float64(words[MORE_ROWS]), -np.float64(words[MORE_COLS])")
    text.line("below, right_of = last_row + before - above, last_col + before - left_of")
    text.line("first_row, first_col = np.float64(top) + before, np.float64(left) + before")
    text.line("is_blank = words[IS_FLAT] != 0")
    text.line(f"for strip in range(first, last, {STRIP}):")
    with text.indented():
        text.line(f"for begin in range(0, cols, {BLOCK}):")
        with text.indented():
            text.line(f"n = min({BLOCK}, cols - begin)")
            columns(text, kind)
            text.line(f"for y in range(strip, min(strip + {STRIP}, last)):")
            with text.indented():
                text.line("d = row_at(words[RESULT] + y * words[RESULT_PITCH], D)")
                text.line("made = tail(d, begin * CH)", *PLACES[kind.place].row)
                _asked_for(text, kind)
                _places(text, kind)
                _block(text, kind)


def _asked_for(text: Text, kind: Kind) -> None:
    """Add what asks for where the block beside this one is written to.

    A few lines of memory of each of many rows are no stream that a processor foresees.
    """
    size = np.dtype(kind.made).itemsize
    text.line(f"for byte in range(0, n * CH * {size}, {LINE}):")
    text.line(f"    fetch_to_write(place_of(made) + {BLOCK} * CH * {size} + byte)")


def _places(text: Text, kind: Kind) -> None:
    """Add where the samples of each pixel lie in the image, and their weights.

    Of the pixels `inner` lie inside, all of them from `start` to `stop`; `outer` read nothing but what the
    border holds.
    """
    text.line("is_inside = is_outside = False", "start, stop, inner, outer = 0, n, n, 0")
    if PLACES[kind.place].is_line:
        _ends(text, kind)
        text.line(
            "if is_outside:", "    stop, inner, outer = 0, 0, n", "if is_inside:", "    for k in range(n):"
        )
        with text.indented(), text.indented():
            _pixel(text, kind)
            text.line("found[k] = np.int64((u0 - before) * lines + (v0 - before) * unit)")
    text.line("if not (is_inside | is_outside):")
    with text.indented():
        text.line("start, stop, inner = n - 1, 1, 0", "for k in range(n):")
        with text.indented():
            _pixel(text, kind)
            _sought(text)


def _ends(text: Text, kind: Kind) -> None:
    """Add on which side of the edges both ends of a block lie: so does what is between them, on a line.

    Where all of it is beyond one edge, it is what the border holds, and need not be computed.
    """
    margin = PLACES[kind.place].margin
    for name, k in (("first", "0"), ("last", "n - 1")):
        text.line(f"k = {k}")
        place(text, kind)
        text.line(f"{name}_u, {name}_v = u, v")
    for name in "uv":
        text.line(f"least_{name} = min(first_{name}, last_{name})")
        text.line(f"most_{name} = max(first_{name}, last_{name})")
    text.line(f"is_inside = (least_u >= before + {margin}) & (most_u < last_row - {margin})")
    text.line(f"is_inside &= (least_v >= before + {margin}) & (most_v < last_col - {margin})")
    text.line("if is_blank & (not is_inside):")
    with text.indented():
        text.line(f"is_outside = (most_u < above - {margin}) | (least_u >= below + {margin})")
        text.line(f"is_outside |= (most_v < left_of - {margin}) | (least_v >= right_of + {margin})")


def _pixel(text: Text, kind: Kind) -> None:
    """Add the place of a pixel, rounded down, and its weights."""
    place(text, kind)
    text.line("u0, v0 = floor(u), floor(v)")
    for side, distance in enumerate(("u - u0", "v - v0")):
        if kind.taps > 1:
            text.line(f"t = F({distance})")
        text.line(*(f"{weight(tap, side)} = {one}" for tap, one in enumerate(weights_at(kind, "t"))))


def _sought(text: Text) -> None:
    """Add where the samples lie of a pixel that may read what is outside.

    Whole numbers of float64 are exact, and take one conversion.
    """
    text.line("inside = (u0 >= before) & (u0 < last_row) & (v0 >= before) & (v0 < last_col)")
    text.line("near = (u0 >= above) & (u0 < below) & (v0 >= left_of) & (v0 < right_of)")
    text.line("where = -1.0 - ((u0 - first_row) * listed + (v0 - first_col))")
    text.line(f"where = select(near, where, {float(FAR)})")
    text.line("where = select(inside, (u0 - before) * lines + (v0 - before) * unit, where)")
    text.line("found[k] = np.int64(where)")
    text.line("start, stop = min(start, select(inside, k, n - 1)), max(stop, select(inside, k + 1, 1))")
    text.line("inner += inside", "outer += not near")


def _block(text: Text, kind: Kind) -> None:
    """Add what makes a block whose places are known, a few channels after the others."""
    text.line("if is_blank & (outer > 0):", "    for k in range(n):", "        for one in range(CH):")
    text.line("            made[k * CH + one] = blank[one]")
    text.line("ahead = source + found[max(stop, 1) - 1] - found[start]")
    text.line(f"for some in range(0, CH * ((outer < n) | (not is_blank)), {kind.lanes}):")
    with text.indented():
        text.line(f"channel = min(some, CH - {kind.lanes})")
        if kind.method == "nearest":
            nearest(text, kind)
            return
        (_one_by_one if kind.channels > 1 else _together)(text, kind)
        _stored(text, kind)


def _together(text: Text, kind: Kind) -> None:
    """Add the means of one channel: of what lies inside, of what lies outside as a whole, and of the rest."""
    text.line("if inner > 0:")
    with text.indented():
        block_means(text, kind)
    text.line("if outer > 0:", "    for k in range(n):")
    text.line(f"        sums[k] = select(found[k] == {FAR}, {border_mean(kind, 'outside[0]')}, sums[k])")
    text.line("for k in range(n * (inner + outer < n)):", f"    if (found[k] < 0) & (found[k] > {FAR}):")
    with text.indented(), text.indented():
        outside(text, kind)


def _one_by_one(text: Text, kind: Kind) -> None:
    """Add the means of several channels."""
    text.line("for k in range(n):", "    if found[k] >= 0:")
    with text.indented():
        with text.indented():
            pixel_mean(text, kind)
        text.line("if found[k] < 0:")
        with text.indented():
            outside(text, kind)


def _stored(text: Text, kind: Kind) -> None:
    """Add what makes samples of the means."""
    if kind.lanes == kind.channels:
        text.line("for k in range(n * CH):", f"    made[k] = {stored(kind, 'sums[k]')}")
        return
    text.line("for k in range(n):", f"    for one in range({kind.lanes}):")
    with text.indented(), text.indented():
        text.line(f"made[k * CH + channel + one] = {stored(kind, f'sums[k * {kind.lanes} + one]')}")
