"""Run a warp: pixels interpolated where a map puts them, by compiled loops.

A place is a number of float64, each of whose operations is rounded; how far it lies from the pixel before it,
the weights, and sums of products along a row and then down are of the type of the arithmetic, each rounded by
itself, from the first to the last. A weight of 0 is no tap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.pictures import Picture
from convpipe.compile.common.text import Text
from convpipe.compile.cpu import drive
from convpipe.compile.cpu.places import PLACES
from convpipe.compile.cpu.shares import run_shares
from convpipe.compile.cpu.whole import Whole
from convpipe.compile.runtime import cache as compiled
from convpipe.compile.runtime.threads import count
from convpipe.ops import Warp
from convpipe.ops.warp import TAPS

FEWEST = 1 << 14
"""Pixels for which another thread is worth waking."""

_WORDS = (
    "IMAGE",  # addresses of the image and of the result, and bytes from a row of them to the next
    "RESULT",
    "PITCH",
    "RESULT_PITCH",
    "HEIGHT",  # of the image, and columns of both
    "WIDTH",
    "COLS",
    "NUMBERS",  # addresses: of those of the map, of a pixel outside, of rows and columns in place of those
    "OUTSIDE",
    "ROWS",
    "COLUMNS",
    "TOP",  # which row, and column, these lists begin with
    "LEFT",
)

_HEADER = f"""\
import numpy as np

from convpipe.compile.cpu.addresses import placed
from convpipe.compile.cpu.rows import arctan2, cos, exp, floor, inline, log, sin, store_uint8, store_uint16

{", ".join(_WORDS)} = range({len(_WORDS)})
"""

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


@cache
def loops(kind: Kind) -> str:
    """Return the module of the loop of a kind."""
    text = Text()
    sizes = np.dtype(kind.given).itemsize, np.dtype(kind.made).itemsize
    text.line(f"T, D, F = np.{kind.given}, np.{kind.made}, np.{kind.compute}")
    text.line(f"CH, SIZE = {kind.channels}, {sizes[0]}", "", "")
    text.line("@inline", "def fill(words, image, out, others, parameters, first, last):")
    with text.indented():
        text.line("m = placed(words[NUMBERS], np.float64)", "outside = placed(words[OUTSIDE], F)")
        text.line("rows, columns = placed(words[ROWS], np.int64), placed(words[COLUMNS], np.int64)")
        text.line("source, pitch, cols = words[IMAGE], words[PITCH], words[COLS]")
        text.line("height, width, top, left = words[HEIGHT], words[WIDTH], words[TOP], words[LEFT]")
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
                    _pixel(text, kind, inside)
        text.line("return 0")
    return f"{_HEADER}{text}"


def _bounds(text: Text, kind: Kind) -> None:
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
            _place(text, kind)
            text.line("u, v = floor(u), floor(v)")
            text.line(f"if u >= {before} and u < height - {after} and v >= {before} and v < width - {after}:")
            text.line("    break", step)


def _reach(method: str) -> tuple[int, int]:
    """Return how many pixels before and after its own an interpolation reads."""
    return TAPS[method] // 2 - (method != "nearest"), TAPS[method] // 2


def _place(text: Text, kind: Kind) -> None:
    """Add the place of the pixel in column x, u and v, half a pixel further for the one that is nearest."""
    place, shift = PLACES[kind.place], " + 0.5" if kind.method == "nearest" else ""
    text.line(*place.pixel)
    text.line(*(f"{name} = {at}{shift}" for name, at in zip("uv", place.at, strict=True)))


def _pixel(text: Text, kind: Kind, inside: bool) -> None:
    """Add what makes the pixel in column x."""
    _place(text, kind)
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
        text.line(f"d[x * CH + {channel}] = {_stored(kind, made)}")


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
            products.append(_product(kind, f"b{col}", value, guard, bool(factor)))
        text.line(f"h{row} = {' + '.join(products)}")
    text.line(f"e = {' + '.join(_product(kind, f'a{row}', f'h{row}', 'True', False) for row in taps)}")
    return "e"


def _product(kind: Kind, weight: str, value: str, guard: str, weighs: bool) -> str:
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
        f"w = {' + '.join(f'a{row} * h{row}' for row in taps)}", f"d[x * CH + {last}] = {_stored(kind, 'w')}"
    )
    for channel in range(last):
        made = _summed(text, kind, channel, inside, "q")
        text.line(f"d[x * CH + {channel}] = {_stored(kind, f'{made} / w if w > F(0) else F(0)')}")


def _stored(kind: Kind, value: str) -> str:
    """Return a value as the result has it."""
    if kind.method == "nearest" or np.dtype(kind.made).kind == "f":
        return f"D({value})"
    return f"store_{kind.made}({value})"


@dataclass(frozen=True)
class Warped(Whole):
    """A warp, called as a sweep is.

    Parameters
    ----------
    warp : Warp
    given, picture : Picture
        What it reads and makes.
    compute : str
        Type of the arithmetic.
    alpha : bool
        Whether the last channel is alpha.
    """

    warp: Warp
    given: Picture
    picture: Picture
    compute: str
    alpha: bool

    @property
    def source(self) -> str:
        """Its loop."""
        return f"# {self.title}\n{loops(self._kind)}"

    def __call__(self, images: Sequence[NDArray[Any]], threads: int | None) -> tuple[list[NDArray[Any]], int]:
        """Return the image that it makes, and that no NaN became 0."""
        image = self.given.rows(images[0])
        made = self.picture.empty()
        (height, width), channels = self.given.extent, self.given.channels
        (top, _), (left, _) = self.warp.places()
        outside = np.full(channels, self.warp.value, self.compute)
        if self.alpha and self.warp.opaque is not None:
            outside[-1] = self.warp.opaque
        found: dict[str, int | NDArray[Any]] = {
            "IMAGE": image,
            "RESULT": made,
            "PITCH": image.strides[0],
            "RESULT_PITCH": made.strides[0],
            "HEIGHT": height,
            "WIDTH": width,
            "COLS": self.picture.extent[1],
            "NUMBERS": np.array(self.warp.transformation.numbers, np.float64),
            "OUTSIDE": outside,
            "ROWS": self.warp.index(0, height),
            "COLUMNS": self.warp.index(1, width),
            "TOP": top,
            "LEFT": left,
        }
        rows, cols = self.picture.extent
        shares = max(1, min(threads or count(), rows, rows * cols // FEWEST))
        run_shares((loops(self._kind), "fill"), [_word(found[name]) for name in _WORDS], rows, shares)
        return [made], 0

    def warm(self) -> None:
        """Compile its loop."""
        compiled.address(loops(self._kind), "fill", drive.BAND)

    @property
    def _kind(self) -> Kind:
        return Kind(
            self.warp.transformation.kind,
            self.given.dtype,
            self.picture.dtype,
            self.compute,
            self.warp.method,
            self.given.channels,
            weighs=self.alpha and self.given.channels > 1,
        )


def _word(one: int | NDArray[Any]) -> int:
    """Return a number, or the address of an array."""
    return one if isinstance(one, int) else int(one.__array_interface__["data"][0])
