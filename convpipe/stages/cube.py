"""Tables of ``.cube`` files: of each colour, or of all three of them."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from functools import partial
from io import TextIOWrapper
from typing import Any, BinaryIO, TextIO

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.geometry import Extent
from convpipe.interval import Interval
from convpipe.ops import Frame, Reference
from convpipe.ops.frame import function
from convpipe.paths import based, opened
from convpipe.stages.matrix import Numbers

INTERPOLATIONS = ("tetrahedral", "trilinear")

_SIZES = {"LUT_1D_SIZE": (1, 65536), "LUT_3D_SIZE": (3, 256)}
"""Axes of a table, and most entries along one."""

_RANGES = ("LUT_1D_INPUT_RANGE", "LUT_3D_INPUT_RANGE")

_LARGEST = float(np.finfo(np.float32).max)

_LONGEST = 1024
"""Characters of a line; the specification has 250."""

_SHOWN = 60
"""Characters of a line that an error shows."""

_AT_A_TIME = 1 << 16
"""Pixels that are looked up at a time: what that takes stays in the caches."""


@dataclass(frozen=True)
class Cube:
    """A table of colours.

    Parameters
    ----------
    entries : Reference
        (size, 1) or (size * size, size) of three, red changing fastest.
    size : int
        Entries along an axis.
    axes : int
        1 for a table of each colour, 3 for one of all.
    low, high : tuple of float
        Of each colour: what the first entry stands for, and the last.
    """

    entries: Reference
    size: int
    axes: int
    low: tuple[float, ...] = (0.0, 0.0, 0.0)
    high: tuple[float, ...] = (1.0, 1.0, 1.0)

    def __format__(self, _: str) -> str:
        return self.entries.name


@dataclass(frozen=True)
class Table(Numbers):
    """A list of numbers, or the path of a ``.cube`` file; parsed to a tuple of float or a :class:`Cube`."""

    def parse(self, value: Any) -> tuple[float, ...] | Cube:  # type: ignore[override]
        """Return the numbers, or the table; a file is read at once."""
        if not isinstance(value, str | os.PathLike):
            return super().parse(value)
        try:
            path = based(os.fspath(value))
            cube: Cube = opened(path, lambda file, _: _decoded(file, path))
        except ValueError as error:
            raise ParameterError(f"{self.name}: {error}", self.name) from None
        return cube

    def kind(self) -> str:
        """Return what is needed."""
        return f"{super().kind()}, or the path of a .cube file"

    def schema(self) -> dict[str, Any]:
        """Return a list of numbers, or a path."""
        return {"anyOf": [super().schema(), {"type": "string", "minLength": 1}]}


def _decoded(file: BinaryIO, name: str) -> Cube:
    with TextIOWrapper(file, "utf-8-sig") as text:
        return read_cube(text, name)


def read_cube(text: TextIO, name: str) -> Cube:
    r"""Return the table that a ``.cube`` file holds.

    No more is read than the table that it says to be. Source: Adobe, "Cube LUT specification 1.0", 2013; the
    input ranges, which are domains of all three colours, are DaVinci Resolve's.

    Raises
    ------
    ValueError
        If it is none, with the line.

    Examples
    --------
    >>> from io import StringIO
    >>> read_cube(StringIO("LUT_1D_SIZE 2\n0 0 0\n1 0.5 1"), "x.cube").size
    2
    """
    values = array("d")
    size, axes, ends = 0, 0, {"DOMAIN_MIN": (0.0,) * 3, "DOMAIN_MAX": (1.0,) * 3}
    for number, words in _lines(text):
        if words[0] in _SIZES:
            if axes:
                raise ValueError(f"line {number}: {words[0]} begins a second table; a file holds one")
            axes, most = _SIZES[words[0]]
            (size,) = _numbers(number, words[1:], 1, int)
            if not 2 <= size <= most:
                raise ValueError(f"line {number}: {words[0]} is 2 to {most}; given {size}")
        elif words[0] in ends:
            ends[words[0]] = _numbers(number, words[1:], 3, float)
        elif words[0] in _RANGES:
            for end, value in zip(ends, _numbers(number, words[1:], 2, float), strict=True):
                ends[end] = (value,) * 3
        elif words[0] != "TITLE":
            values.extend(_numbers(number, words, 3, float))
            if not axes:
                raise ValueError(f"line {number}: a table needs LUT_1D_SIZE or LUT_3D_SIZE before it")
            if len(values) > 3 * size**axes:
                raise ValueError(f"line {number}: more than the {size**axes} lines of {size} an axis")
    if not axes or len(values) < 3 * size**axes:
        needed = f"{size**axes} of {size} an axis" if axes else "LUT_1D_SIZE or LUT_3D_SIZE"
        raise ValueError(f"a table of {len(values) // 3} lines; it needs {needed}")
    low, high = ends["DOMAIN_MIN"], ends["DOMAIN_MAX"]
    if not all(first < last for first, last in zip(low, high, strict=True)):
        raise ValueError(f"DOMAIN_MIN is below DOMAIN_MAX; given {low} and {high}")
    table = np.frombuffer(values).reshape(size ** (axes - 1), size, 3)
    return Cube(Reference.of(table, name), size, axes, low, high)


def _lines(text: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Return the words of each line that has some, and its number."""
    for number, line in enumerate(iter(partial(text.readline, _LONGEST + 1), ""), 1):
        if len(line) > _LONGEST:
            raise ValueError(f"line {number} is longer than {_LONGEST} characters")
        if words := line.partition("#")[0].split():
            yield number, words


def _numbers(line: int, words: list[str], count: int, kind: type) -> tuple[Any, ...]:
    try:
        found = tuple(map(kind, words))
    except ValueError:
        found = ()
    if len(found) != count or not all(abs(each) <= _LARGEST for each in found):
        given = " ".join(words)
        given = given if len(given) <= _SHOWN else f"{given[:_SHOWN]}..."
        raise ValueError(
            f"line {line}: needs {count} finite number{'s' * (count > 1)} of float32; given {given!r}"
        )
    return found


_NAME = "table of colours"


@dataclass(frozen=True)
class Colours(Frame):
    """Three colours through a table, as :class:`Frame`."""

    def check(self, extent: Extent, colours: int) -> None:
        """Raise ValueError if there are not three colours."""
        if colours != 3:
            raise ValueError(f"a .cube table is of 3 colours; the image has {colours}")


@function(_NAME)
def _looked_up(colours: NDArray[np.float64], table: Cube, interpolation: str) -> NDArray[np.float64]:
    """Return shares of the full scale from a table; a pixel with a NaN is NaN."""
    given = colours.reshape(-1, 3)
    made = np.empty_like(given)
    low, high = np.array(table.low), np.array(table.high)
    entries = np.asarray(table.entries.pixels, np.float64).reshape(-1, 3)
    look_up = _of_each if table.axes == 1 else _tetrahedral if interpolation == "tetrahedral" else _trilinear
    for first in range(0, len(given), _AT_A_TIME):
        part = given[first : first + _AT_A_TIME]
        there = np.isfinite(part).all(axis=1, keepdims=True)
        at = ((np.where(there, part, 0) - low) / (high - low)).clip(0, 1) * (table.size - 1)
        base = np.minimum(at.astype(np.int64), table.size - 2)
        found = look_up(entries, table.size, base, at - base)
        made[first : first + _AT_A_TIME] = np.where(there, found, np.nan)
    return made.reshape(colours.shape)


Whole = NDArray[np.int64]
Part = NDArray[np.float64]


def _of_each(entries: Part, size: int, base: Whole, part: Part) -> Part:
    """Return each colour on the line between two entries of its own."""
    one, two = (np.take_along_axis(entries, base + k, axis=0) for k in (0, 1))
    return np.asarray(one + part * (two - one))


def _strides(size: int) -> Whole:
    return np.array([1, size, size * size])


def _tetrahedral(entries: Part, size: int, base: Whole, part: Part) -> Part:
    """Return what lies between the four corners of a cube's tetrahedron: along its longest part first.

    Source: H. R. Kang, "Color technology for electronic imaging devices", 1997.
    """
    order = np.argsort(-part, axis=1, kind="stable")
    parts = np.take_along_axis(part, order, axis=1)
    steps = _strides(size)[order]
    at = base @ _strides(size)
    found: Part = entries[at] * (1 - parts[:, :1])
    for k in range(3):
        at = at + steps[:, k]
        following = parts[:, k + 1 : k + 2] if k < 2 else 0.0
        found = found + entries[at] * (parts[:, k : k + 1] - following)
    return found


def _trilinear(entries: Part, size: int, base: Whole, part: Part) -> Part:
    """Return what lies between the eight corners of a cube."""
    at, found = base @ _strides(size), np.zeros_like(part)
    for corner in np.ndindex(2, 2, 2):
        share = np.where(corner, part, 1 - part).prod(axis=1, keepdims=True)
        found += entries[at + np.array(corner) @ _strides(size)] * share
    return found


def through(table: Cube, interpolation: str, full_scale: float) -> Colours:
    """Return the op of a table, over values of the full scale."""
    found = table.entries.range
    values = Interval(full_scale * found.low, full_scale * found.high)
    given = (("table", table), ("interpolation", interpolation))
    return Colours(_NAME, given, full_scale, values=values, operations=60, copies=1)
