"""Source of the loops of a warp: where a pixel lies, its weights, and what the pixel next to it becomes.

A place is a number of float64, each of whose operations is rounded; how far it lies from the pixel before it,
the weights, and sums of products along a row and then down are of the type of the arithmetic, each rounded by
itself, from the first to the last. A weight of 0 is no tap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convpipe.compile.common.text import Text
from convpipe.compile.cpu.places import PLACES
from convpipe.ops.warp import TAPS

_WEIGHTS = {
    "bilinear": ("F(1) - {t}", "{t}"),
    "bicubic": (
        "((F(-0.5) * {t} + F(1)) * {t} - F(0.5)) * {t}",
        "(F(1.5) * {t} - F(2.5)) * {t} * {t} + F(1)",
        "((F(-1.5) * {t} + F(2)) * {t} + F(0.5)) * {t}",
        "(F(0.5) * {t} - F(0.5)) * {t} * {t}",
    ),
}
"""Weights of the pixels along an axis, by how far a place lies from the one before it."""

WRITTEN = ("uint8", "uint16")
"""Integers that it rounds to and writes as they are; all else is of floating point."""

MOST_CHANNELS = 4
"""Of a pixel that are made at once, in a vector."""


@dataclass(frozen=True)
class Kind:
    """What a loop is compiled for.

    Parameters
    ----------
    place : str
        One of `PLACES`.
    given, made, compute : str
        Types of samples, of those of the result, and of the arithmetic.
    method : str
    channels : int
    weighs : bool
        Whether the last channel is alpha, by which colours are weighted.
    """

    place: str
    given: str
    made: str
    compute: str
    method: str
    channels: int
    weighs: bool

    @property
    def taps(self) -> int:
        """Pixels that it reads along an axis."""
        return TAPS[self.method]

    @property
    def before(self) -> int:
        """How many of them lie before the one that its place begins with."""
        return self.taps // 2 - (self.method != "nearest")

    @property
    def lanes(self) -> int:
        """Channels that are made together."""
        return min(self.channels, MOST_CHANNELS)

    @property
    def is_known(self) -> bool:
        """Whether a weight of 0 makes 0 of what is no number, which a sample can be."""
        return np.dtype(self.given).kind == "f"

    @property
    def is_short(self) -> bool:
        """Whether samples are integers that fit many times into a word."""
        return np.dtype(self.given).kind in "iu" and np.dtype(self.given).itemsize <= 2


def place(text: Text, kind: Kind) -> None:
    """Add the place of the pixel in column x, u and v, half a pixel further for the one that is nearest."""
    found, shift = PLACES[kind.place], " + 0.5" if kind.method == "nearest" else ""
    text.line(*found.pixel)
    text.line(*(f"{name} = {at}{shift}" for name, at in zip("uv", found.at, strict=True)))


def nearest(text: Text, kind: Kind) -> None:
    """Add the loop over the pixels of rows from `first` to `last`, each of which is one of the image."""
    text.line("for y in range(first, last):")
    with text.indented():
        text.line("d = placed(words[RESULT] + y * words[RESULT_PITCH], D)")
        text.line(*PLACES[kind.place].row)
        parts = [("0", "cols", False)]
        if PLACES[kind.place].is_line:
            _bounds(text, kind)
            parts = [("0", "begin", False), ("begin", "end", True), ("end", "cols", False)]
        for begin, end, inside in parts:
            text.line(f"for x in range({begin}, {end}):")
            with text.indented():
                _nearest(text, kind, inside)


def _bounds(text: Text, kind: Kind) -> None:
    """Find the columns whose pixels lie inside: they are in line."""
    margin = PLACES[kind.place].margin
    for name, start, at, step, more in (
        ("begin", "0", "begin", "begin += 1", "begin < cols"),
        ("end", "cols", "end - 1", "end -= 1", "end > begin"),
    ):
        text.line(f"{name} = {start}", f"while {more}:")
        with text.indented():
            text.line(f"x = {at}")
            place(text, kind)
            text.line("u, v = floor(u), floor(v)")
            text.line(f"if {margin} <= u < height - {margin} and {margin} <= v < width - {margin}:")
            text.line("    break", step)


def _nearest(text: Text, kind: Kind, inside: bool) -> None:
    """Add what makes the pixel in column x."""
    place(text, kind)
    text.line("i, j = np.int64(floor(u)), np.int64(floor(v))")
    if inside:
        text.line("p = placed(source + i * pitch + j * CH * SIZE, T)")
    else:
        text.line("i, j = rows[i - top], columns[j - left]")
        text.line("p = placed(source + max(i, 0) * pitch + max(j, 0) * CH * SIZE, T)")
    text.line("for channel in range(CH):")
    with text.indented():
        sample = "F(p[channel])" if inside else "select((i >= 0) & (j >= 0), F(p[channel]), outside[channel])"
        text.line(f"d[x * CH + channel] = D({sample})")


def weights_at(kind: Kind, distance: str) -> list[str]:
    """Return the weights along an axis, as source, by the distance of a place from the pixel before it."""
    return [weight.format(t=distance) for weight in _WEIGHTS[kind.method]]


def summed(kind: Kind, weights: Sequence[str], samples: Sequence[str]) -> str:
    """Return the sum of products as source."""
    pairs = (each for pair in zip(weights, samples, strict=True) for each in pair)
    return f"{'known_' * kind.is_known}products({', '.join(pairs)})"


def stored(kind: Kind, value: str) -> str:
    """Return a mean as the result has it."""
    return f"D({value})" if np.dtype(kind.made).kind == "f" else f"store_{kind.made}({value})"
