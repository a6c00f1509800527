"""A parameter that holds a kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from convpipe.errors import ParameterError, ParameterTypeError
from convpipe.stages.parameters import Number, Parameter, is_list
from convpipe.stages.slips import slip

_MOST_TAPS = 1 << 20
"""Largest number of weights a kernel may have."""


@dataclass(frozen=True)
class Matrix(Parameter):
    """Rows of finite numbers, all of one length; parsed to a tuple of tuples of float."""

    def parse(self, value: Any) -> tuple[tuple[float, ...], ...]:
        """Return the rows."""
        rows = value.tolist() if hasattr(value, "tolist") else value
        if not is_list(rows) or not all(is_list(row) for row in rows):
            raise self._refuse_form(value)
        if not rows or not rows[0]:
            raise ParameterError(f"{self.name} is empty; it needs {self.kind()}", self.name)
        lengths = [len(row) for row in rows]
        if len(set(lengths)) > 1:
            raise ParameterError(f"{self.name} is ragged: its rows have {lengths} numbers", self.name)
        if len(rows) * lengths[0] > _MOST_TAPS:
            raise ParameterError(
                f"{self.name} is {len(rows)}x{lengths[0]}; at most {_MOST_TAPS} weights are taken", self.name
            )
        cell = Number(self.name, self.doc)
        return tuple(
            tuple(self._cell(cell, v, i, j) for j, v in enumerate(row)) for i, row in enumerate(rows)
        )

    def _refuse_form(self, value: Any) -> ParameterTypeError:
        error = self.refuse_type(value)
        if is_list(value) and value and all(isinstance(item, (int, float)) for item in value):
            return ParameterTypeError(f"{error}; a kernel of one row has two brackets: [{value}]", self.name)
        return error

    def _cell(self, cell: Number, value: Any, i: int, j: int) -> float:
        try:
            return cell.parse(value)
        except ParameterError as error:
            where = f"{self.name}[{i}][{j}]"
            raise type(error)(
                f"{where} needs {cell.kind()}; given {value!r}{slip(value)}", self.name
            ) from None

    def kind(self) -> str:
        """Return what is needed."""
        return "rows of finite numbers, such as [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]"

    def schema(self) -> dict[str, Any]:
        """Return a list of lists of numbers."""
        row = {"type": "array", "items": {"type": "number"}, "minItems": 1}
        return {"type": "array", "items": row, "minItems": 1}
