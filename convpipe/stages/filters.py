"""Parameters that hold the numbers of a layer, as lists or as a tensor of a file."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import tensors
from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.ops.layer import Weights
from convpipe.stages.numbers import VANISHING, Number
from convpipe.stages.parameters import Parameter, is_list


@dataclass(frozen=True)
class _Tensor(Parameter):
    """Numbers, as lists in lists or as a tensor of a file, which is read at once and never unpickled."""

    def numbers(self, value: Any) -> NDArray[Any]:
        """Return the real numbers that are given, or those of the file."""
        array = self._read(value) if isinstance(value, str | os.PathLike) else self._listed(value)
        if array.dtype.kind not in "iuf":
            raise ParameterError(f"{self.name} needs real numbers; given {array.dtype}", self.name)
        if array.size > tensors.MOST:
            raise ParameterError(f"{self.name} has {array.size} numbers; at most {tensors.MOST}", self.name)
        return array

    def _listed(self, value: Any) -> NDArray[Any]:
        if not (is_list(value) or hasattr(value, "__array__")):
            raise self.refuse_type(value)
        try:
            return np.array(value)
        except ValueError:
            raise ParameterError(f"{self.name} is ragged: its lists have other lengths", self.name) from None

    def _read(self, path: str | os.PathLike[str]) -> NDArray[Any]:
        try:
            return tensors.read(path)
        except ValueError as error:
            raise ParameterError(f"{self.name}: {error}", self.name) from None


@dataclass(frozen=True)
class Filters(_Tensor):
    """Those of (C_out, C_in / groups, KH, KW); parsed to :class:`convpipe.ops.layer.Weights`."""

    def parse(self, value: Any) -> Weights:
        """Return the weights."""
        return Weights.of(self.numbers(value))

    def kind(self) -> str:
        """Return what is needed."""
        return f"numbers as lists of (C_out, C_in / groups, KH, KW), or {tensors.FORMS}"

    def schema(self) -> dict[str, Any]:
        """Return a path, or lists within lists."""
        level: dict[str, Any] = {"type": "number"}
        for _ in range(4):
            level = {"type": "array", "items": level, "minItems": 1}
        return {"anyOf": [{"type": "string", "minLength": 1}, level]}


@dataclass(frozen=True)
class PerChannel(_Tensor):
    """A number for each channel, or one for all of them; parsed to a tuple of float, or to a float.

    They are above `above`, or at least `least`, where these are given.
    """

    least: float | None = None
    above: float | None = None

    def parse(self, value: Any) -> tuple[float, ...] | float:
        """Return the numbers, or the number."""
        if not (isinstance(value, str | os.PathLike) or is_list(value) or np.ndim(value)):
            return self._number(self.name).parse(value)
        array = self.numbers(value)
        if array.ndim != 1 or not array.size:
            raise ParameterError(f"{self.name} needs {self.kind()}; given shape {array.shape}", self.name)
        return tuple(self._each(k, number) for k, number in enumerate(array.tolist()))

    def _each(self, k: int, number: float) -> float:
        try:  # what is below the smallest number of float32 is 0 there, and may be
            return self._number(f"{self.name}[{k}]").parse(0.0 if abs(number) <= VANISHING else number)
        except ParameterError as error:
            raise type(error)(str(error), self.name) from None

    def _number(self, name: str) -> Number:
        return Number(name, self.doc, least=self.least, above=self.above)

    def kind(self) -> str:
        """Return what is needed."""
        return (
            f"{self._number(self.name).kind()} for all channels, a list of one for each, or {tensors.FORMS}"
        )

    def schema(self) -> dict[str, Any]:
        """Return a path, a number, or a list of numbers."""
        number = self._number(self.name).schema()
        return {
            "anyOf": [
                {"type": "string", "minLength": 1},
                number,
                {"type": "array", "items": number, "minItems": 1},
            ]
        }
