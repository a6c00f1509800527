"""Kinds of value that only a config has: paths and globs."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.pages import PageRange
from convpipe.paths import Location, located
from convpipe.stages.numbers import Count, NumberOrWord
from convpipe.stages.parameters import Parameter, Text, TextList, is_list
from convpipe.stores import Url

ONE_BIT = {"group4": "group4", "g4": "group4", "ccitt_t6": "group4", "bilevel": "bilevel"}
"""The ``compression`` of TIFFs and of PNGs of black and white, by its names, as in :mod:`convpipe.images`."""

MOST_GLOB = 1_000
"""Longest glob, in characters."""

MOST_PAGES = 2**31 - 1
"""Largest number of a page."""

_BRACES = re.compile(r"\{[^{}]*,[^{}]*\}")
_ESCAPES = str.maketrans({"\t": r"\t", "\n": r"\n", "\r": r"\r", "\a": r"\a", "\b": r"\b", "\f": r"\f"})


@dataclass(frozen=True)
class FilePath(Text):
    """The path or URL of a file or folder; parsed to a Path, with ``~`` expanded, or to a Url."""

    def parse(self, value: Any) -> Location:  # type: ignore[override]
        """Return the path or URL."""
        if isinstance(value, Url):
            return value
        if isinstance(value, str) and value.translate(_ESCAPES) != value:
            message = f'{self.name} holds a tab or the end of a line: given "{value.translate(_ESCAPES)}"'
            raise ParameterError(f"{message}; write a Windows path in single quotes, or with /", self.name)
        try:
            return located(super().parse(value))
        except ParameterError as error:
            raise type(error)(str(error), self.name) from None

    def kind(self) -> str:
        """Return what is needed."""
        return "a path"


@dataclass(frozen=True)
class Compression(Count):
    """A level, or the name of what compresses black and white.

    Examples
    --------
    >>> Compression("compression", "", None, least=0, most=9).parse("group4")
    'group4'
    """

    def parse(self, value: Any) -> int | str:  # type: ignore[override]
        """Return the level, or the name."""
        return ONE_BIT[value] if isinstance(value, str) and value in ONE_BIT else super().parse(value)

    def kind(self) -> str:
        """Return both."""
        return f"{super().kind()}, or {' or '.join(dict.fromkeys(ONE_BIT.values()))}"

    def schema(self) -> dict[str, Any]:
        """Return both."""
        return {"anyOf": [super().schema(), {"enum": list(ONE_BIT)}]}


@dataclass(frozen=True)
class TileSide(Count):
    """The side of a tile, in pixels: a multiple of 16 (TIFF 6.0, section 15)."""

    def parse(self, value: Any) -> int:
        """Return the int."""
        side = super().parse(value)
        if side % 16:
            raise self.refuse(value)
        return side

    def kind(self) -> str:
        """Return the bounds in words."""
        return f"a multiple of 16 from {self.least} to {self.most}"

    def schema(self) -> dict[str, Any]:
        """Return an integer with its bounds."""
        return {**super().schema(), "multipleOf": 16}


@dataclass(frozen=True)
class MissingValue(NumberOrWord):
    """What tells that a sample is missing: a finite number, or one of `words`; NaN is a word as well.

    Examples
    --------
    >>> value = MissingValue("missing", "", None, words=("nan", "file"))
    >>> value.parse(-9999), value.parse(float("nan")), value.parse("NaN"), value.parse("file")
    (-9999.0, 'nan', 'nan', 'file')
    """

    def parse(self, value: Any) -> float | str:  # type: ignore[override]
        """Return a float, or the word."""
        is_nan = isinstance(value, float) and value != value
        is_nan = is_nan or (isinstance(value, str) and value.lower() == "nan")
        return super().parse("nan" if is_nan else value)


@dataclass(frozen=True)
class Globs(TextList):
    """Globs, or one alone; parsed to a tuple of str."""

    def parse(self, value: Any) -> tuple[str, ...]:  # type: ignore[override]
        """Return the globs; braces are refused, because they would match nothing without a word."""
        globs = super().parse(value)
        for glob in globs:
            if _BRACES.search(glob):
                raise ParameterError(
                    f"{self.name} has no braces: write a list with one glob for each; given {glob!r}",
                    self.name,
                )
            if len(glob) > MOST_GLOB:
                raise ParameterError(
                    f"{self.name} has a glob of {len(glob)} characters; at most {MOST_GLOB}", self.name
                )
        return globs

    def kind(self) -> str:
        """Return what is needed."""
        return "a glob or a list of globs, such as '*.png'"


@dataclass(frozen=True)
class Pages(Parameter):
    """Pages of a file, counted from 0: one, or a range of them; parsed to a :class:`PageRange`.

    Examples
    --------
    >>> pages = Pages("pages", "")
    >>> str(pages.parse(-1)), str(pages.parse([0, 10, 2])), str(pages.parse([8, None]))
    ('page -1', 'pages [0, 10, 2]', 'pages [8, null]')
    """

    def parse(self, value: Any) -> PageRange:
        """Return the range."""
        if isinstance(value, PageRange):
            return value
        if _is_whole(value):
            return PageRange(self._within(value), single=True)
        if not is_list(value):
            raise self.refuse_type(value)
        if not 2 <= len(value) <= 3 or not all(each is None or _is_whole(each) for each in value[:2]):
            raise self.refuse(value)
        step = value[2] if len(value) == 3 else 1
        if not _is_whole(step) or step < 1:
            raise self.refuse(value)
        first, end = (None if each is None else self._within(each) for each in value[:2])
        if first is not None and end is not None and (first < 0) == (end < 0) and end <= first:
            raise ParameterError(
                f"{self.name} from {first} to {end} are none: the end is left out", self.name
            )
        return PageRange(first, end, self._within(step))

    def _within(self, number: int) -> int:
        if abs(number) > MOST_PAGES:
            raise self.refuse(number)
        return int(number)

    def kind(self) -> str:
        """Return what is needed."""
        return (
            "the number of a page, from 0, or [first, end] or [first, end, step], where the end is left out; "
            "null: from the first, or to the last"
        )

    def schema(self) -> dict[str, Any]:
        """Return a number or a list of them."""
        number = {"type": "integer", "minimum": -MOST_PAGES, "maximum": MOST_PAGES}
        end = {**number, "type": ["integer", "null"]}
        return {
            **number,
            "type": ["integer", "array"],
            "items": [end, end, {**number, "minimum": 1}],
            "additionalItems": False,
            "minItems": 2,
        }


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
