"""Kinds of value that only a config has: paths and globs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convpipe.errors import ParameterError
from convpipe.paths import expanded
from convpipe.stages.numbers import Count, NumberOrWord
from convpipe.stages.parameters import Text, TextList

GROUP4 = "group4"
"""The ``compression`` of TIFFs of black and white, as in :mod:`convpipe.images`."""

MOST_GLOB = 1_000
"""Longest glob, in characters."""

_BRACES = re.compile(r"\{[^{}]*,[^{}]*\}")
_ESCAPES = str.maketrans({"\t": r"\t", "\n": r"\n", "\r": r"\r", "\a": r"\a", "\b": r"\b", "\f": r"\f"})


@dataclass(frozen=True)
class FilePath(Text):
    """The path of a file or folder; parsed to a Path, with ``~`` expanded."""

    def parse(self, value: Any) -> Path:  # type: ignore[override]
        """Return the path."""
        if isinstance(value, str) and value.translate(_ESCAPES) != value:
            message = f'{self.name} holds a tab or the end of a line: given "{value.translate(_ESCAPES)}"'
            raise ParameterError(f"{message}; write a Windows path in single quotes, or with /", self.name)
        try:
            return expanded(super().parse(value))
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
        return GROUP4 if value in (GROUP4, "g4", "ccitt_t6") else super().parse(value)

    def kind(self) -> str:
        """Return both."""
        return f"{super().kind()}, or {GROUP4}"

    def schema(self) -> dict[str, Any]:
        """Return both."""
        return {"anyOf": [super().schema(), {"enum": [GROUP4, "g4", "ccitt_t6"]}]}


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
