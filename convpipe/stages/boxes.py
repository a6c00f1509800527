"""Parameters that say where a part of an image lies: in pixels, and in shares of its sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from convpipe.geometry import LARGEST, plain
from convpipe.stages.numbers import Number
from convpipe.stages.parameters import Parameter, is_list


@dataclass(frozen=True)
class Box(Parameter):
    """[top, left, bottom, right] in pixels; parsed to a tuple.

    The last two are the first that are not kept; null is the end. Below 0 they count from the end.
    """

    def parse(self, value: Any) -> tuple[int, int, int | None, int | None]:
        """Return all four."""
        value = plain(value)
        if not is_list(value) or len(value) != 4:
            raise self.refuse_type(value)
        top, left, bottom, right = value
        for item in (top, left, 0 if bottom is None else bottom, 0 if right is None else right):
            if isinstance(item, bool) or not hasattr(item, "__index__"):
                raise self.refuse_type(value)
            if abs(int(item)) > LARGEST:
                raise self.refuse(value)
        for first, end in ((top, bottom), (left, right)):
            if end is not None and (first < 0) == (end < 0) and first >= end:
                raise self.refuse(value)
        bottom, right = (None if end is None else int(end) for end in (bottom, right))
        return int(top), int(left), bottom, right

    def kind(self) -> str:
        """Return what they are."""
        return "whole numbers [top, left, bottom, right], the last two after the first two or null"

    def schema(self) -> dict[str, Any]:
        """Return a list of two integers, and two that may be null."""
        items = [{"type": "integer"}] * 2 + [{"type": ["integer", "null"]}] * 2
        return {"type": "array", "items": items, "minItems": 4, "maxItems": 4}


@dataclass(frozen=True)
class Shares(Parameter):
    """[top, left, bottom, right] as shares of the sides; parsed to a tuple."""

    def parse(self, value: Any) -> tuple[float, float, float, float]:
        """Return all four."""
        value = plain(value)
        if not is_list(value) or len(value) != 4:
            raise self.refuse_type(value)
        top, left, bottom, right = (Number(self.name, self.doc, least=0, most=1).parse(one) for one in value)
        if top >= bottom or left >= right:
            raise self.refuse(value)
        return top, left, bottom, right

    def kind(self) -> str:
        """Return what they are."""
        return "numbers from 0 to 1 [top, left, bottom, right], the last two after the first two"

    def schema(self) -> dict[str, Any]:
        """Return a list of four numbers from 0 to 1."""
        number = {"type": "number", "minimum": 0, "maximum": 1}
        return {"type": "array", "items": number, "minItems": 4, "maxItems": 4}
