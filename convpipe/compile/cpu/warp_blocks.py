"""The loop of an interpolating warp: of a block of pixels the places first, then the samples, then the means.

Places and means are computed in vectors. Samples are fetched one by one, neighbours at once: the processors'
own gathers take longer. Blocks are made with those of the rows below, so that the rows of the image that they
read stay in the cache however steep they lie.

Pixels that read what lies outside the image are few, but where the border's rule makes it: the lists of rows
and columns say then where each sample is, and nothing else differs. What a constant border holds is of the
type of the arithmetic, not a sample's: pixels that read it are made by loops of their own, which overwrite
what the others left in their place.
"""

from __future__ import annotations

from convpipe.compile.common.text import Text
from convpipe.compile.cpu.places import PLACES
from convpipe.compile.cpu.warp_means import (
    BLOCK,
    FAR,
    LISTED,
    begun,
    distances,
    means,
    put,
    rows,
    settled,
    weight,
    wide,
)
from convpipe.compile.cpu.warp_pixels import Kind, along, down, paired, place, weights

STRIP = 16
"""Rows whose blocks are made one below the other."""


def blocks(text: Text, kind: Kind) -> None:
    """Add the loop over the blocks of rows from `first` to `last`."""
    text.line(f"found, distances = scratch({BLOCK}, np.int64), scratch({2 * wide(kind)}, F)")
    if not kind.is_rolled:
        text.line(f"near_a, near_b = scratch({kind.taps}, F), scratch({kind.taps}, F)")
    text.line(*(f"{name} = scratch({size}, {dtype})" for name, dtype, size in rows(kind)))
    if kind.group > 1:
        text.line(
            f"held = scratch({wide(kind)}, F)",
            f"for k in range({wide(kind)}):",
            "    held[k] = outside[k % CH]",
        )
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


def _block(text: Text, kind: Kind) -> None:
    """Add what makes a block, whose places are known: all channels of it at once, or one after the other."""
    text.line(f"for channel in range(0, CH, {kind.group}):")
    with text.indented():
        begun(text, kind)
        text.line(f"if most > {FAR}:")
        with text.indented():
            means(text, kind)
        text.line("if least < 0:")
        with text.indented():
            _far(text, kind)
            text.line("if words[IS_CONSTANT]:")
            with text.indented():
                _near(text, kind)
        settled(text, kind)


def _places(text: Text, kind: Kind) -> None:
    """Add where the samples of each pixel lie in the image, and how far its place is from the first of them.

    Whole numbers of float64 are exact, and take one conversion.
    """
    text.line(f"least, most = np.int64({-FAR}), np.int64({FAR})", "for k in range(n):")
    with text.indented():
        text.line("x = begin + k")
        place(text, kind)
        text.line("u0, v0 = floor(u), floor(v)")
        text.line(f"distances[k], distances[{wide(kind)} + k] = F(u - u0), F(v - v0)")
        text.line("inside = (u0 >= before) & (u0 < last_row) & (v0 >= before) & (v0 < last_col)")
        text.line("near = (u0 >= -more_rows) & (u0 < height + more_rows - 1.0)")
        text.line("near &= (v0 >= -more_cols) & (v0 < width + more_cols - 1.0)")
        text.line("where = -1.0 - ((u0 - first_row) * listed + (v0 - first_col))")
        text.line(f"where = select(near, where, {float(FAR)})")
        text.line("where = select(inside, (u0 - before) * lines + (v0 - before) * unit, where)")
        text.line("found[k] = lies = np.int64(where)", "least, most = min(lies, least), max(lies, most)")
    if kind.group > 1:
        text.line("for k in range(n - 1, -1, -1):")
        with text.indented():
            for side in (0, wide(kind)):
                text.line(f"spread(distances, {side} + k * CH, {kind.group}, distances[{side} + k])")


def _far(text: Text, kind: Kind) -> None:
    """Add the pixels all of whose samples a constant border holds: their mean need not be what they are."""
    a, b = ([f"{name}{tap}" for tap in range(kind.taps)] for name in "ab")
    text.line("k = 0", "while k < n:")
    with text.indented():
        text.line("stop = k + 1")
        text.line(f"if found[k] == {FAR}:")
        with text.indented():
            text.line(f"while stop < n and found[stop] == {FAR}:", "    stop += 1")
            if kind.weighs:
                text.line("q = alpha_of(F(0), outside[CH - 1])")
            text.line(f"for at in range(k * {kind.group}, stop * {kind.group}):")
            with text.indented():
                if kind.is_rolled:
                    text.line(*(f"{each} = {weight(kind, each[0], each[1], 'at')}" for each in (*a, *b)))
                else:
                    text.line(distances(kind, "at"))
                    weights(text, kind)
                text.line(f"v = {'held[at]' if kind.group > 1 else 'outside[channel]'}")
                text.line(f"h = {along(kind, b, ['v'] * kind.taps, ['q'] * kind.taps)}")
                text.line(f"e = {down(kind, a, ['h'] * kind.taps)}")
                if kind.weighs:
                    text.line(f"share = products({paired(b, ['q'] * kind.taps)})")
                    text.line(f"w = products({paired(a, ['share'] * kind.taps)})")
                put(text, kind, "at")
        text.line("k = stop")


def _near(text: Text, kind: Kind) -> None:
    """Add the pixels that read a constant border's samples beside the image's, one by one."""
    text.line("for k in range(n):")
    with text.indented():
        text.line(f"if found[k] < 0 and found[k] > {FAR}:")
        with text.indented():
            text.line(LISTED)
            if not kind.is_rolled:
                text.line(distances(kind, f"k * {kind.group}"))
                weights(text, kind)
                for tap in range(kind.taps):
                    text.line(f"near_a[{tap}], near_b[{tap}] = a{tap}, b{tap}")
            text.line(f"for one in range({kind.group}):")
            with text.indented():
                text.line("own = channel + one", "e, w = F(-0.0), F(-0.0)", f"for row in range({kind.taps}):")
                with text.indented():
                    _near_row(text, kind)
                put(text, kind, f"k * {kind.group} + one")


def _near_row(text: Text, kind: Kind) -> None:
    """Add a row of the samples of such a pixel onto its sums."""
    a, b = "near_a[row]", "near_b[col]"
    if kind.is_rolled:
        a, b = (weight(kind, name, tap, f"k * {kind.group}") for name, tap in (("a", "row"), ("b", "col")))
    text.line("i, h, share = rows[i0 + row], F(-0.0), F(-0.0)", "p = placed(source + max(i, 0) * pitch, T)")
    text.line(f"for col in range({kind.taps}):")
    with text.indented():
        text.line(f"j, b = columns[j0 + col], {b}", "there = (i >= 0) & (j >= 0)")
        text.line("v = select(there, F(p[max(j, 0) * CH + own]), outside[own])")
        if kind.weighs:
            text.line("q = select(there, F(p[max(j, 0) * CH + CH - 1]), outside[CH - 1])")
            text.line("q = alpha_of(F(0), q)", "share = share + b * q")
        text.line(f"h = h + {along(kind, ['b'], ['v'], ['q'])}")
    text.line(f"a = {a}", f"e = e + {down(kind, ['a'], ['h'])}")
    if kind.weighs:
        text.line("w = w + a * share")
