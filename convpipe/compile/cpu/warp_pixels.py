"""Source of the loops of a warp: what makes one pixel, interpolated among those around its place.

A place is a number of float64, each of whose operations is rounded; how far it lies from the pixel before it,
the weights, and sums of products along a row and then down are of the type of the arithmetic, each rounded by
itself, from the first to the last. A weight of 0 is no tap.
"""

from __future__ import annotations

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


def bounds(text: Text, kind: Kind) -> None:
    """Find the columns whose pixels lie inside with all that they read: they are in line."""
    margin = PLACES[kind.place].margin
    before, after = (reach + margin for reach in _reach(kind.method))
    for name, start, at, step, more in (
        ("begin", "0", "begin", "begin += 1", "begin < cols"),
        ("end", "cols", "end - 1", "end -= 1", "end > begin"),
    ):
        text.line(f"{name} = {start}", f"while {more}:")
        with text.indented():
            text.line(f"x = {at}")
            place(text, kind)
            text.line("u, v = floor(u), floor(v)")
            text.line(f"if u >= {before} and u < height - {after} and v >= {before} and v < width - {after}:")
            text.line("    break", step)


def _reach(method: str) -> tuple[int, int]:
    """Return how many pixels before and after its own an interpolation reads."""
    return TAPS[method] // 2 - (method != "nearest"), TAPS[method] // 2


def place(text: Text, kind: Kind) -> None:
    """Add the place of the pixel in column x, u and v, half a pixel further for the one that is nearest."""
    found, shift = PLACES[kind.place], " + 0.5" if kind.method == "nearest" else ""
    text.line(*found.pixel)
    text.line(*(f"{name} = {at}{shift}" for name, at in zip("uv", found.at, strict=True)))


def pixel(text: Text, kind: Kind, inside: bool) -> None:
    """Add what makes the pixel in column x."""
    place(text, kind)
    text.line("u0, v0 = floor(u), floor(v)", "i, j = np.int64(u0), np.int64(v0)")
    taps, (before, _) = TAPS[kind.method], _reach(kind.method)
    if kind.method != "nearest":
        text.line("s, t = F(u - u0), F(v - v0)")
        for k, weight in enumerate(_WEIGHTS[kind.method]):
            text.line(f"a{k}, b{k} = {weight.format(t='s')}, {weight.format(t='t')}")
    for k in range(taps):
        if inside:
            text.line(
                f"p{k} = placed(source + (i + {k - before}) * pitch + (j - {before}) * {'CH * SIZE'}, T)"
            )
        else:
            text.line(f"i{k}, j{k} = rows[i + {k - before} - top], columns[j + {k - before} - left]")
            text.line(f"p{k} = placed(source + max(i{k}, 0) * pitch, T)")
    if kind.weighs and kind.method != "nearest":
        _weighed(text, kind, inside)
        return
    for channel in range(kind.channels):
        made = _summed(text, kind, channel, inside, "")
        text.line(f"d[x * CH + {channel}] = {stored(kind, made)}")


def _sample(kind: Kind, row: int, col: int, channel: int, inside: bool) -> str:
    """Return the sample under a tap."""
    if inside:
        return f"F(p{row}[{col * kind.channels + channel}])"
    found = f"F(p{row}[max(j{col}, 0) * CH + {channel}])"
    return f"({found} if i{row} >= 0 and j{col} >= 0 else outside[{channel}])"


def _summed(text: Text, kind: Kind, channel: int, inside: bool, factor: str) -> str:
    """Add the sum of a channel, each sample times a `factor` of its place; return its name."""
    if kind.method == "nearest":
        return _sample(kind, 0, 0, channel, inside)
    taps = range(TAPS[kind.method])
    for row in taps:
        products = []
        for col in taps:
            sample = _sample(kind, row, col, channel, inside)
            value = f"q{row}{col} * {sample}" if factor else sample
            guard = f"q{row}{col} > F(0)" if factor else "True"
            products.append(product(kind, f"b{col}", value, guard, bool(factor)))
        text.line(f"h{row} = {' + '.join(products)}")
    text.line(f"e = {' + '.join(product(kind, f'a{row}', f'h{row}') for row in taps)}")
    return "e"


def product(kind: Kind, weight: str, value: str, guard: str = "True", weighs: bool = False) -> str:
    """Return a product that is 0 by a weight of 0, where samples can be no numbers."""
    if np.dtype(kind.given).kind != "f" and not weighs:
        return f"{weight} * {value}"
    test = f"{weight} != F(0)" + (f" and {guard}" if weighs else "")
    return f"({weight} * ({value}) if {test} else F(0))"


def _weighed(text: Text, kind: Kind, inside: bool) -> None:
    """Add the mean of colours that are weighted by alpha, which below 0 and NaN is 0, and that of alpha."""
    taps, last = range(TAPS[kind.method]), kind.channels - 1
    for row in taps:
        for col in taps:
            text.line(f"q{row}{col} = {_sample(kind, row, col, last, inside)}")
            text.line(f"q{row}{col} = q{row}{col} if q{row}{col} > F(0) else F(0)")
        text.line(f"h{row} = {' + '.join(f'b{col} * q{row}{col}' for col in taps)}")
    text.line(
        f"w = {' + '.join(f'a{row} * h{row}' for row in taps)}", f"d[x * CH + {last}] = {stored(kind, 'w')}"
    )
    for channel in range(last):
        made = _summed(text, kind, channel, inside, "q")
        text.line(f"d[x * CH + {channel}] = {stored(kind, f'{made} / w if w > F(0) else F(0)')}")


def stored(kind: Kind, value: str) -> str:
    """Return a value as the result has it."""
    if kind.method == "nearest" or np.dtype(kind.made).kind == "f":
        return f"D({value})"
    return f"store_{kind.made}({value})"
