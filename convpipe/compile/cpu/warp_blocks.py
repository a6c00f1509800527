"""The loop of an interpolating warp: of a block of pixels the places and weights first, then the means.

Places and weights are computed in vectors of pixels. Samples are fetched one by one, neighbours at once: the
processors' own gathers take longer. Blocks are made with those of the rows below, so that the rows of the
image that they read stay in the cache however steep they lie; and while a block is made, what the one beside
it will read is asked for.

Most blocks lie inside the image, which their ends tell. Pixels that read what lies outside are few, and are
made one by one.
"""

from __future__ import annotations

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
from convpipe.compile.cpu.warp_pixels import Kind, place, stored, weights_at

STRIP = 64
"""Rows whose blocks are made one below the other."""


def blocks(text: Text, kind: Kind) -> None:
    """Add the loop over the blocks of rows from `first` to `last`."""
    text.line(*(f"{name} = scratch({size}, {dtype})" for name, dtype, size in rows(kind)))
    text.line("lines, unit, listed = np.float64(pitch), np.float64(CH * SIZE), np.float64(words[LISTED])")
    text.line(f"before, after = {kind.before}.0, {kind.taps - 1 - kind.before}.0")
    text.line("last_row, last_col = np.float64(height) - after, np.float64(width) - after")
    text.line("more_rows, more_cols = np.float64(words[MORE_ROWS]), np.float64(words[MORE_COLS])")
    text.line("first_row, first_col = np.float64(top) + before, np.float64(left) + before")
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
                _block(text, kind)


def _places(text: Text, kind: Kind) -> None:
    """Add where the samples of each pixel lie in the image, and their weights."""
    text.line("is_inside = False")
    if PLACES[kind.place].is_line:
        _ends(text, kind)
        text.line("least = most = np.int64(0)", "if is_inside:", "    for k in range(n):")
        with text.indented(), text.indented():
            _pixel(text, kind)
            text.line("found[k] = np.int64((u0 - before) * lines + (v0 - before) * unit)")
    text.line("if not is_inside:")
    with text.indented():
        text.line(f"least, most = np.int64({-FAR}), np.int64({FAR})", "for k in range(n):")
        with text.indented():
            _pixel(text, kind)
            _sought(text)


def _ends(text: Text, kind: Kind) -> None:
    """Add whether both ends of a block, which is on a line, lie inside: so does what is between them."""
    margin = PLACES[kind.place].margin
    text.line("is_inside = True", "for x in range(begin, begin + n, max(n - 1, 1)):")
    with text.indented():
        place(text, kind)
        text.line("u0, v0 = floor(u), floor(v)")
        text.line(f"is_inside &= (u0 >= before + {margin}) & (u0 < last_row - {margin})")
        text.line(f"is_inside &= (v0 >= before + {margin}) & (v0 < last_col - {margin})")


def _pixel(text: Text, kind: Kind) -> None:
    """Add the place of a pixel, rounded down, and its weights."""
    text.line("x = begin + k")
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
    text.line("near = (u0 >= -more_rows) & (u0 < height + more_rows - after + before)")
    text.line("near &= (v0 >= -more_cols) & (v0 < width + more_cols - after + before)")
    text.line("where = -1.0 - ((u0 - first_row) * listed + (v0 - first_col))")
    text.line(f"where = select(near, where, {float(FAR)})")
    text.line("where = select(inside, (u0 - before) * lines + (v0 - before) * unit, where)")
    text.line("found[k] = lies = np.int64(where)", "least, most = min(lies, least), max(lies, most)")


def _block(text: Text, kind: Kind) -> None:
    """Add what makes a block whose places are known, a few channels after the others."""
    text.line("ahead = source + found[n - 1] - found[0]", f"for some in range(0, CH, {kind.lanes}):")
    with text.indented():
        text.line(f"channel = min(some, CH - {kind.lanes})")
        if kind.method == "nearest":
            nearest(text, kind)
            return
        (_one_by_one if kind.channels > 1 else _together)(text, kind)
        _stored(text, kind)


def _together(text: Text, kind: Kind) -> None:
    """Add the means of one channel: of what lies inside, of what lies outside as a whole, and of the rest."""
    text.line("if most >= 0:")
    with text.indented():
        block_means(text, kind)
    text.line(f"if least == {FAR}:", "    for k in range(n):")
    text.line(f"        sums[k] = select(found[k] == {FAR}, {border_mean(kind, 'outside[0]')}, sums[k])")
    text.line("for k in range(n * (least < 0)):", f"    if (found[k] < 0) & (found[k] > {FAR}):")
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
