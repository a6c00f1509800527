"""Parameters that say where a part of an image lies: in pixels, and in shares of its sides."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from convpipe.boxes import Boxes, check_box, read_boxes
from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.geometry import plain
from convpipe.paths import based, opened
from convpipe.stages.numbers import Number
from convpipe.stages.parameters import Parameter, is_list

if TYPE_CHECKING:
    from convpipe.stages.entry import Stage


@dataclass(frozen=True)
class Box(Parameter):
    """[top, left, bottom, right] in pixels; parsed to a tuple. Or a table of them, to :class:`Boxes`.

    The last two are the first that are not kept; null is the end. Below 0 they count from the end.
    """

    def parse(self, value: Any) -> tuple[int, int, int | None, int | None] | Boxes:
        """Return all four; a table is read at once."""
        if isinstance(value, str | os.PathLike | Mapping):
            return self._table(value)
        return self._one(plain(value))

    def _table(self, value: str | os.PathLike[str] | Mapping[Any, Any]) -> Boxes:
        """Return the boxes of a file, or of a mapping from names to boxes."""
        try:
            if not isinstance(value, Mapping):
                source = based(os.fspath(value))
                return opened(source, lambda file, size: read_boxes(file, size, source))  # type: ignore[no-any-return]
            if not all(isinstance(name, str) for name in value):
                raise self.refuse_type(value)
            return Boxes.of(
                (f"[{number}]", name, self._one(plain(box)))
                for number, (name, box) in enumerate(value.items())
            )
        except ValueError as error:
            raise ParameterError(f"{self.name}: {error}", self.name) from None

    def _one(self, value: Any) -> tuple[int, int, int | None, int | None]:
        if not is_list(value) or len(value) != 4:
            raise self.refuse_type(value)
        top, left, bottom, right = value
        for item in (top, left, 0 if bottom is None else bottom, 0 if right is None else right):
            if isinstance(item, bool) or not hasattr(item, "__index__"):
                raise self.refuse_type(value)
        bottom, right = (None if end is None else int(end) for end in (bottom, right))
        box = int(top), int(left), bottom, right
        try:
            check_box(box)
        except ValueError:
            raise self.refuse(value) from None
        return box

    def kind(self) -> str:
        """Return what they are."""
        return (
            "whole numbers [top, left, bottom, right], the last two after the first two or null, or a table "
            "of them: the path of a .csv file, or a mapping from names of images"
        )

    def schema(self) -> dict[str, Any]:
        """Return a list of two integers, and two that may be null; or a path, or many by names."""
        items = [{"type": "integer"}] * 2 + [{"type": ["integer", "null"]}] * 2
        box = {"type": "array", "items": items, "minItems": 4, "maxItems": 4}
        table = {"type": "object", "additionalProperties": box, "minProperties": 1}
        return {"anyOf": [box, {"type": "string", "minLength": 1}, table]}


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


def boxes_of(stages: Iterable[Stage]) -> tuple[Boxes, ...]:
    """Return the tables of stages, which have a box of its own for each image."""
    return tuple(value for stage in stages for value in stage.parameters.values() if isinstance(value, Boxes))
