"""Source of the loops of a warp: where a pixel lies, its weights, and what the pixel next to it becomes.

A place is a number of float64, each of whose operations is rounded; how far it lies from the pixel before it,
the weights, and sums of products along a row and then down are of the type of the arithmetic, each rounded by
itself, from the first to the last. A weight of 0 is no tap.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convpipe.compile.common.text import Text
from convpipe.compile.cpu.places import PLACES
from convpipe.dataclass import dataclass
from convpipe.ops.warp import TAPS

_WEIGHTS: dict[str, tuple[str, ...]] = {
    "nearest": (),
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


def columns(text: Text, kind: Kind) -> None:
    """Add what the columns of a block alone decide of places, for all its rows."""
    text.line("for k in range(n):", "    x = np.float64(begin + k)")
    text.line(*(f"    column{each}[k] = {made}" for each, made in enumerate(PLACES[kind.place].column)))


def place(text: Text, kind: Kind) -> None:
    """Add the place of pixel k of a block, u and v, half a pixel further for the one that is nearest."""
    found, shift = PLACES[kind.place], " + 0.5" if kind.method == "nearest" else ""
    text.line(*found.pixel)
    text.line(*(f"{name} = {at}{shift}" for name, at in zip("uv", found.at, strict=True)))


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
