"""Kinds of parameter that are numbers: one, two of them, counts, shares and spans."""

from __future__ import annotations

import difflib
import math
from typing import Any, Literal

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError, ParameterTypeError
from convpipe.geometry import LARGEST, check_count, pair, plain
from convpipe.interval import LARGEST as LARGEST_NUMBER
from convpipe.stages.parameters import Parameter, is_list
from convpipe.stages.slips import slip

VANISHING = 2.0**-150
"""Numbers of this size and less are 0 in float32, in which images are computed."""


@dataclass(frozen=True)
class Number(Parameter):
    """A finite number, optionally above or at least a bound."""

    least: float | None = None
    above: float | None = None
    most: float | None = None

    def parse(self, value: Any) -> float:
        """Return a float; bools, text, NaN, infinities and what float32 does not hold are refused."""
        number = self.finite(value)
        if 0 < abs(number) <= VANISHING:
            raise ParameterError(
                f"{self.name} has a number that is 0 in float32, whose smallest is {2.0**-149:.2g}; "
                f"given {value!r}",
                self.name,
            )
        if (
            (self.least is not None and number < self.least)
            or (self.above is not None and number <= self.above)
            or (self.most is not None and number > self.most)
        ):
            raise self.refuse(value)
        return number

    def finite(self, value: Any) -> float:
        """Return a float, whatever its bounds, which may be 0 in float32."""
        if isinstance(value, bool) or not hasattr(value, "__float__"):
            raise self.refuse_type(value)
        try:
            number = float(value)
        except (TypeError, ValueError):  # an array of several numbers
            raise self.refuse_type(value) from None
        except OverflowError:  # an int of hundreds of digits
            raise self._too_large() from None
        if not math.isfinite(number):
            raise self.refuse(value)
        if abs(number) > LARGEST_NUMBER:
            raise self._too_large(f"; given {value!r}")
        return number

    def _too_large(self, given: str = "") -> ParameterError:
        message = f"{self.name} has a number whose size passes {LARGEST_NUMBER:.3g}, the largest float32"
        return ParameterError(message + given, self.name)

    def kind(self) -> str:
        """Return the bounds in words."""
        bounds = [
            f"{word} {bound:g}"
            for word, bound in (("of at least", self.least), ("above", self.above), ("at most", self.most))
            if bound is not None
        ]
        return " ".join(["a finite number", " and ".join(bounds)]).strip()

    def schema(self) -> dict[str, Any]:
        """Return a number with its bounds."""
        bounds = {"minimum": self.least, "exclusiveMinimum": self.above, "maximum": self.most}
        return {"type": "number", **{key: bound for key, bound in bounds.items() if bound is not None}}


@dataclass(frozen=True)
class NumberOrWord(Number):
    """A finite number, or one of a few words that stand for one."""

    words: tuple[str, ...] = ()

    def parse(self, value: Any) -> float | str:  # type: ignore[override]
        """Return a float, or the word."""
        if not isinstance(value, str):
            return super().parse(value)
        if value not in self.words:
            close = difflib.get_close_matches(value.lower(), self.words, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise ParameterError(f"{self.refuse(value)}{hint}", self.name)
        return value

    def kind(self) -> str:
        """Return the bounds, and the words."""
        return f"{super().kind()}, or one of {', '.join(self.words)}"

    def schema(self) -> dict[str, Any]:
        """Return a number or one of the words."""
        return {"anyOf": [super().schema(), {"enum": list(self.words)}]}


def in_order(low: float, high: float, low_name: str = "low", high_name: str = "high") -> None:
    """Refuse two numbers, the second below the first.

    Raises
    ------
    ParameterError
        At the second.
    """
    if high < low:
        message = f"{high_name} must be at least {low_name}, which is {low:g}; given {high:g}"
        raise ParameterError(message, high_name)


def check_odd(size: int) -> None:
    """Refuse a window that has no middle.

    Raises
    ------
    ParameterError
        At `size`.
    """
    if size % 2 == 0:
        raise ParameterError(f"size needs an odd number; given {size}", "size")


@dataclass(frozen=True)
class Range(Parameter):
    """Two finite numbers, the first below the second unless `reversible`; parsed to a tuple.

    With `reversible` the first may be the larger one.
    """

    reversible: bool = False

    def parse(self, value: Any) -> tuple[float, float]:
        """Return both, in their order."""
        if not is_list(value) or len(value) != 2:
            raise self.refuse_type(value)
        first, second = (Number(self.name, self.doc).parse(item) for item in value)
        if first == second or (first > second and not self.reversible):
            raise self.refuse(value)
        return first, second

    def kind(self) -> str:
        """Return what they are."""
        return "two different numbers" if self.reversible else "two numbers, the first below the second"

    def schema(self) -> dict[str, Any]:
        """Return a list of two numbers."""
        return {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}


@dataclass(frozen=True)
class NumberPair(Number):
    """A finite number, or [rows, cols] of them; parsed to a tuple of two."""

    def parse(self, value: Any) -> tuple[float, float]:  # type: ignore[override]
        """Return (rows, cols)."""
        items = list(value) if is_list(value) else [value, value]
        if len(items) != 2:
            raise self.refuse(value)
        rows, cols = (Number.parse(self, item) for item in items)
        return rows, cols

    def kind(self) -> str:
        """Return the bounds in words."""
        return f"{Number.kind(self)}, or [rows, cols] of them"

    def schema(self) -> dict[str, Any]:
        """Return a number or two."""
        return _one_or_more(Number.schema(self), 2)


@dataclass(frozen=True)
class NumberTriple(Number):
    """A finite number, or [pages, rows, cols] of them; parsed to a tuple of three."""

    def parse(self, value: Any) -> tuple[float, float, float]:  # type: ignore[override]
        """Return (pages, rows, cols)."""
        items = list(value) if is_list(value) else [value] * 3
        if len(items) != 3:
            raise self.refuse(value)
        pages, rows, cols = (Number.parse(self, item) for item in items)
        return pages, rows, cols

    def kind(self) -> str:
        """Return the bounds in words."""
        return f"{Number.kind(self)}, or [pages, rows, cols] of them"

    def schema(self) -> dict[str, Any]:
        """Return a number or three."""
        return _one_or_more(Number.schema(self), 3)


@dataclass(frozen=True)
class CountPair(Parameter):
    """A whole number of at least `least`, or [rows, cols] of them; parsed to a tuple of two."""

    least: int = 1

    def parse(self, value: Any) -> tuple[int, int]:
        """Return (rows, cols)."""
        try:
            return pair(value, self.name, self.least)
        except ParameterTypeError as error:
            raise ParameterTypeError(f"{error}{slip(value)}", self.name) from None

    def kind(self) -> str:
        """Return the bound in words."""
        return f"an int of at least {self.least}, or [rows, cols] of them"

    def schema(self) -> dict[str, Any]:
        """Return an integer or two."""
        return _one_or_more({"type": "integer", "minimum": self.least}, 2)


@dataclass(frozen=True)
class CountTriple(Parameter):
    """A whole number of at least 1, or [pages, rows, cols] of them; parsed to a tuple of three."""

    def parse(self, value: Any) -> tuple[int, int, int]:
        """Return (pages, rows, cols)."""
        value = plain(value)
        items = list(value) if is_list(value) else [value] * 3
        if len(items) != 3:
            raise self.refuse(value)
        try:
            pages, rows, cols = (check_count(item, value, self.name, 1) for item in items)
        except ParameterTypeError as error:
            raise ParameterTypeError(f"{error}{slip(value)}", self.name) from None
        return pages, rows, cols

    def kind(self) -> str:
        """Return the bound in words."""
        return "an int of at least 1, or [pages, rows, cols] of them"

    def schema(self) -> dict[str, Any]:
        """Return an integer or three."""
        return _one_or_more({"type": "integer", "minimum": 1}, 3)


@dataclass(frozen=True)
class SizePair(CountPair):
    """Rows and columns of an image, or ``input``: those of the image that enters the pipeline."""

    def parse(self, value: Any) -> tuple[int, int] | Literal["input"]:  # type: ignore[override]
        """Return (rows, cols), or the word."""
        if not isinstance(value, str):
            return super().parse(value)
        if value != "input":
            raise ParameterError(f"{self.refuse(value)}{slip(value)}", self.name)
        return "input"

    def kind(self) -> str:
        """Return the bound in words, and the word."""
        return f"{super().kind()}, or input"

    def schema(self) -> dict[str, Any]:
        """Return an integer or two, or the word."""
        return {"anyOf": [super().schema(), {"const": "input"}]}


@dataclass(frozen=True)
class Count(Parameter):
    """A whole number between two bounds."""

    least: int = 0
    most: int = LARGEST

    def parse(self, value: Any) -> int:
        """Return the int; a bool is not an int here."""
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise self.refuse_type(value)
        if not self.least <= int(value) <= self.most:
            raise self.refuse(value)
        return int(value)

    def kind(self) -> str:
        """Return the bounds in words."""
        return f"an int from {self.least} to {self.most}"

    def schema(self) -> dict[str, Any]:
        """Return an integer with its bounds."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True)
class Connectivity(Count):
    """Which neighbours count: 1, those at a side; 2, those at a corner, too."""

    least: int = 1
    most: int = 2

    def refuse(self, value: Any) -> ParameterError:
        """Return the error for another number; of a number of neighbours it says which one is meant."""
        said = super().refuse(value)
        if value not in (4, 8):
            return said
        meant = "1 is the 4 neighbours at a side" if value == 4 else "2 is all 8, those at a corner, too"
        return ParameterError(f"{said}; {meant}", self.name)


def _one_or_more(one: dict[str, Any], more: int) -> dict[str, Any]:
    # The keywords of numbers say nothing of arrays, nor those of arrays of numbers: no `anyOf` is needed,
    # in which a validator's message would lose what is wrong.
    return {**one, "type": [one["type"], "array"], "items": one, "minItems": more, "maxItems": more}
