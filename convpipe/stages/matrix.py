"""Parameters that hold many numbers: a list of them, and a kernel."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError, ParameterTypeError
from convpipe.stages.numbers import VANISHING, Number
from convpipe.stages.parameters import Parameter, is_list

_MOST_TAPS = 1 << 20
"""Largest number of weights a kernel may have."""


def _check(cell: Number, value: Any, parameter: str) -> None:
    """Refuse a number of a parameter that holds many, by its place among them."""
    try:
        cell.finite(value)
    except ParameterError as error:
        raise type(error)(str(error), parameter) from None


@dataclass(frozen=True)
class Numbers(Parameter):
    """A list of finite numbers, of at least and at most so many; parsed to a tuple of float."""

    least: int = 1
    most: int = _MOST_TAPS

    def parse(self, value: Any) -> tuple[float, ...]:
        """Return the numbers."""
        items = value.tolist() if hasattr(value, "tolist") else value
        if not is_list(items):
            raise self.refuse_type(value)
        if not self.least <= len(items) <= self.most:
            raise ParameterError(f"{self.name} needs {self.kind()}; given {len(items)}", self.name)
        for k, item in enumerate(items):
            _check(Number(f"{self.name}[{k}]", self.doc), item, self.name)
        return tuple(map(float, items))

    def kind(self) -> str:
        """Return what is needed."""
        return f"a list of {self.least} to {self.most} finite numbers"

    def schema(self) -> dict[str, Any]:
        """Return a list of numbers."""
        number = {"type": "number"}
        return {"type": "array", "items": number, "minItems": self.least, "maxItems": self.most}


@dataclass(frozen=True)
class NamedNumbers(Numbers):
    """A list of numbers, or the name of one that is well known; parsed to a tuple of float, or the name."""

    named: Mapping[str, Sequence[float]] = field(default_factory=dict, hash=False)

    def parse(self, value: Any) -> tuple[float, ...] | str:  # type: ignore[override]
        """Return the numbers, or the name."""
        if not isinstance(value, str):
            return super().parse(value)
        if value not in self.named:
            close = difflib.get_close_matches(value.lower(), self.named, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise ParameterError(f"{self.refuse(value)}{hint}", self.name)
        return value

    def kind(self) -> str:
        """Return what is needed, and the names."""
        count = str(self.least) if self.least == self.most else f"{self.least} to {self.most}"
        return f"a list of {count} finite numbers, or one of {', '.join(self.named)}"

    def schema(self) -> dict[str, Any]:
        """Return a list of numbers, or one of the names."""
        return {"anyOf": [super().schema(), {"enum": list(self.named)}]}


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
        weights = self._weights(rows)
        largest = max(abs(weight) for row in weights for weight in row)
        if 0 < largest <= VANISHING:  # single ones may: tails of a Gaussian do
            raise ParameterError(
                f"{self.name} has no weight that is not 0 in float32, whose smallest is {2.0**-149:.2g}; "
                f"the largest given is {largest!r}",
                self.name,
            )
        return weights

    def _weights(self, rows: Sequence[Sequence[Any]]) -> tuple[tuple[float, ...], ...]:
        """Return the numbers of all rows; an error says which of them it is about."""
        number = Number(self.name, self.doc)
        try:
            return tuple(tuple(map(number.finite, row)) for row in rows)
        except ParameterError:
            for i, j in np.ndindex(len(rows), len(rows[0])):
                _check(Number(f"{self.name}[{i}][{j}]", self.doc), rows[i][j], self.name)
            raise

    def _refuse_form(self, value: Any) -> ParameterTypeError:
        error = self.refuse_type(value)
        if is_list(value) and value and all(isinstance(item, (int, float)) for item in value):
            return ParameterTypeError(f"{error}; a kernel of one row has two brackets: [{value}]", self.name)
        return error

    def kind(self) -> str:
        """Return what is needed."""
        return "rows of finite numbers, such as [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]"

    def schema(self) -> dict[str, Any]:
        """Return a list of lists of numbers."""
        row = {"type": "array", "items": {"type": "number"}, "minItems": 1}
        return {"type": "array", "items": row, "minItems": 1}
