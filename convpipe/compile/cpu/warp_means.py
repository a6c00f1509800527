"""Source of a warp's means: samples that are fetched for a block of pixels, and their sums, in vectors.

Of 2x2 samples all are fetched, and summed, at once. Of 4x4, or where alpha weighs them, the rows come one
after the other, in a loop that is compiled once, onto sums in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from convpipe.compile.common.text import Text
from convpipe.compile.cpu.warp_pixels import Kind, along, down, paired, stored, weights, weights_at

_PARTS = {2: ("low", "high"), 4: ("four0", "four1", "four2", "four3")}
"""What takes a sample out of a word of so many."""


BLOCK = 128
"""Columns of a block: of them as many rows of the image as the caches nearby hold, where it lies steep."""

FAR = -(2**62)
"""In place of where samples lie: all of them are what a constant border holds."""

LISTED = "i0, j0 = (-1 - found[k]) // words[LISTED], (-1 - found[k]) % words[LISTED]"
"""Where the first sample is in the lists of rows and columns, of pixels that read outside the image.

In place of an address these have -1 less the number of that place, with all columns of a row before the next.
"""


def wide(kind: Kind) -> int:
    """Return how many samples of a block are made together."""
    return BLOCK * kind.group


def distances(kind: Kind, index: str) -> str:
    """Return what takes how far the place of a sample lies from the pixel before it, down and along."""
    return f"s, t = distances[{index}], distances[{index} + {wide(kind)}]"


def rows(kind: Kind) -> Iterator[tuple[str, str, int]]:
    """Yield name, type and length of the rows in memory that the means of a block need."""
    taps = range(kind.taps)
    for row in _rows(kind):
        if kind.channels == 1:
            yield f"g{row}", "T", kind.taps * BLOCK
        else:
            yield from ((f"g{row}{col}", "T", wide(kind)) for col in taps)
    if kind.is_rolled:
        yield "sums", "F", wide(kind)
        yield "weights", "F", 2 * kind.taps * wide(kind)
    if kind.weighs:
        yield "alphas", "F", wide(kind)
        yield from ((f"q{col}", "F", wide(kind)) for col in taps)
        if kind.group == 1:
            yield from ((f"p{col}", "T", BLOCK) for col in taps)


def _rows(kind: Kind) -> Sequence[str]:
    """Return what tells the rows of samples apart that are fetched at once."""
    return [""] if kind.is_rolled else [str(row) for row in range(kind.taps)]


def means(text: Text, kind: Kind) -> None:
    """Add the means of a block; those of pixels with samples that a constant border holds are anything."""
    if kind.is_rolled:
        text.line(f"for tap in range({kind.taps}):")
        with text.indented():
            _fetched(text, kind)
            _summed(text, kind)
        return
    _fetched(text, kind)
    text.line(f"for k in range(n * {kind.group}):")
    with text.indented():
        text.line(distances(kind, "k"))
        weights(text, kind)
        for row in _rows(kind):
            text.line(f"h{row} = {_along(kind, row)}")
        text.line(f"e = {down(kind, [f'a{row}' for row in _rows(kind)], [f'h{row}' for row in _rows(kind)])}")
        put(text, kind, "k")


def weight(kind: Kind, name: str, tap: int | str, index: str = "k") -> str:
    """Return the weight of a row, a, or of a column, b, where those of a block are in memory."""
    return f"weights[{tap} * {2 * wide(kind)} + {'ab'.index(name) * wide(kind)} + {index}]"


def put(text: Text, kind: Kind, index: str) -> None:
    """Add where a mean goes, or its sum: e, and of alpha w."""
    if not kind.is_rolled:
        text.line(f"made[{_made(kind, index)}] = {stored(kind, 'e')}")
    elif kind.weighs:
        text.line(f"sums[{index}], alphas[{index}] = e, w")
    else:
        text.line(f"sums[{index}] = e")


def settled(text: Text, kind: Kind) -> None:
    """Add what makes means of sums: colours by alpha, and alpha itself."""
    if not kind.is_rolled:
        return
    value = "select(alphas[k] > F(0), sums[k] / alphas[k], F(0))" if kind.weighs else "sums[k]"
    text.line(f"for k in range(n * {kind.group}):")
    with text.indented():
        text.line(f"made[{_made(kind, 'k')}] = {stored(kind, value)}")
    if kind.weighs:
        text.line(f"if channel + {kind.group} == CH:", "    for k in range(n):")
        with text.indented(), text.indented():
            text.line(f"made[k * CH + CH - 1] = {stored(kind, f'alphas[k * {kind.group}]')}")


def _made(kind: Kind, index: str) -> str:
    return index if kind.group == kind.channels else f"({index}) * CH + channel"


def begun(text: Text, kind: Kind) -> None:
    """Add the weights of a block, and sums of nothing: -0 plus a number is that number, -0 too."""
    if not kind.is_rolled:
        return
    size = wide(kind)
    text.line(
        "for side in range(2):", f"    for k in range(side * {size}, side * {size} + n * {kind.group}):"
    )
    with text.indented(), text.indented():
        text.line("t = distances[k]")
        for tap, one in enumerate(weights_at(kind, "t")):
            text.line(f"weights[{2 * tap * size} + k] = {one}")
    text.line(f"for k in range(n * {kind.group}):", "    sums[k] = F(-0.0)")
    if kind.weighs:
        text.line("    alphas[k] = F(-0.0)")


def _summed(text: Text, kind: Kind) -> None:
    """Add the sums of row `tap` of the samples onto those before."""
    taps, ones = range(kind.taps), [f"b{col}" for col in range(kind.taps)]
    if kind.weighs:
        text.line("for k in range(n):")
        with text.indented():
            for col in taps:
                alpha = f"p{col}[k]" if kind.group == 1 else f"g{col}[k * CH + CH - 1]"
                text.line(f"spread(q{col}, k * {kind.group}, {kind.group}, alpha_of(F(0), {alpha}))")
    text.line(f"for k in range(n * {kind.group}):")
    with text.indented():
        text.line(f"a = {weight(kind, 'a', 'tap')}")
        text.line(*(f"b{col} = {weight(kind, 'b', col)}" for col in taps))
        text.line(f"sums[k] = sums[k] + {down(kind, ['a'], [_along(kind, '')])}")
        if kind.weighs:
            share = f"products({paired(ones, [f'q{col}[k]' for col in taps])})"
            text.line(f"alphas[k] = alphas[k] + a * {share}")


def _along(kind: Kind, row: str) -> str:
    """Return the sum of the fetched samples of a row, as source."""
    taps = range(kind.taps)
    if kind.channels > 1:
        samples = [f"g{row}{col}[k]" for col in taps]
    elif kind.is_short:
        samples = [f"{part}(g{row}, {kind.taps} * k)" for part in _PARTS[kind.taps]]
    else:
        samples = [f"g{row}[{kind.taps} * k + {col}]" for col in taps]
    return along(kind, [f"b{col}" for col in taps], samples, [f"q{col}[k]" for col in taps])


def _fetched(text: Text, kind: Kind) -> None:
    """Add what fetches the samples of each pixel that a constant border holds none of."""
    text.line("for k in range(n):")
    with text.indented():
        text.line("if found[k] >= 0:")
        with text.indented():
            _fetched_inside(text, kind)
        text.line(f"elif found[k] > {FAR}:")
        with text.indented():
            _fetched_listed(text, kind)


def _fetched_inside(text: Text, kind: Kind) -> None:
    text.line("lies = source + found[k] + channel * SIZE")
    for row in _rows(kind):
        text.line(f"spot = lies + {row or 'tap'} * pitch")
        if kind.channels == 1:
            text.line(f"move(g{row}, {kind.taps} * k, spot, {kind.taps})")
        else:
            for col in range(kind.taps):
                _moved(text, kind, row, col, f"spot + {col} * CH * SIZE")


def _fetched_listed(text: Text, kind: Kind) -> None:
    text.line(LISTED)
    for row in _rows(kind):
        text.line(f"spot = source + max(rows[i0 + {row or 'tap'}], 0) * pitch + channel * SIZE")
        for col in range(kind.taps):
            _moved(text, kind, row, col, f"spot + max(columns[j0 + {col}], 0) * CH * SIZE")


def _moved(text: Text, kind: Kind, row: str, col: int, place: str) -> None:
    """Add what takes a group of channels from a place, and alpha with them."""
    if kind.channels == 1:
        text.line(f"move(g{row}, {kind.taps} * k + {col}, {place}, 1)")
        return
    text.line(f"move(g{row}{col}, k * {kind.group}, {place}, {kind.group})")
    if kind.weighs and kind.group == 1:
        text.line(f"move(p{col}, k, {place} + (CH - 1 - channel) * SIZE, 1)")
