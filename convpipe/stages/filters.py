"""A parameter that holds the filters of a layer: numbers, or a file of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from math import prod
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from convpipe.errors import ParameterError
from convpipe.ops.layer import Weights
from convpipe.paths import expanded, irregular, open_at_once, tried
from convpipe.stages.parameters import Parameter, is_list

MOST_WEIGHTS = 1 << 24
"""Of all filters together: those of a layer of 512 x 512 channels and 7x7 taps are 13 million."""

_READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


@dataclass(frozen=True)
class Filters(Parameter):
    """Lists in lists of numbers, or the path of a ``.npy`` file; parsed to weights."""

    def parse(self, value: Any) -> Weights:
        """Return the weights; a file is read at once, and never unpickled."""
        if isinstance(value, str | os.PathLike):
            return self._checked(self._read(value))
        if not (is_list(value) or hasattr(value, "__array__")):
            raise self.refuse_type(value)
        try:
            array = np.array(value)
        except ValueError:
            raise ParameterError(f"{self.name} is ragged: its lists have other lengths", self.name) from None
        return self._checked(array)

    def _checked(self, array: NDArray[Any]) -> Weights:
        if array.dtype.kind not in "iuf":
            raise ParameterError(f"{self.name} needs real numbers; given {array.dtype}", self.name)
        if array.size > MOST_WEIGHTS:
            raise ParameterError(f"{self.name} has {array.size} numbers; at most {MOST_WEIGHTS}", self.name)
        return Weights.of(array)

    def _read(self, path: str | os.PathLike[str]) -> NDArray[Any]:
        try:
            descriptor = open_at_once(expanded(os.fspath(path)))
        except (OSError, ValueError) as error:  # of a name that holds what no name can, too
            said = getattr(error, "strerror", None) or str(error)
            reason = f"{os.fspath(path)!r} cannot be read: {said}{tried(path)}"
            raise ParameterError(f"{self.name}: {reason}", self.name) from None
        try:
            return _array(descriptor)
        except (ValueError, OSError, EOFError) as error:
            raise ParameterError(f"{self.name}: {os.fspath(path)!r}: {error}", self.name) from None
        finally:
            os.close(descriptor)

    def kind(self) -> str:
        """Return what is needed."""
        return "numbers as lists of (C_out, C_in / groups, KH, KW), or the path of a .npy file of them"

    def schema(self) -> dict[str, Any]:
        """Return a path, or lists within lists."""
        level: dict[str, Any] = {"type": "number"}
        for _ in range(4):
            level = {"type": "array", "items": level, "minItems": 1}
        return {"anyOf": [{"type": "string", "minLength": 1}, level]}


def _array(descriptor: int) -> NDArray[Any]:
    """Return the array of an open .npy file."""
    if reason := irregular(descriptor):
        raise ValueError(reason)
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        return _held(file, os.fstat(descriptor).st_size)


def _held(file: BinaryIO, size: int) -> NDArray[Any]:
    """Return the array of a file, whose header is held against its size first."""
    version = npy.read_magic(file)
    if version not in _READERS:
        raise ValueError(f"version {version[0]}.{version[1]} of the format; 1.0 and 2.0 are read")
    shape, _, dtype = _READERS[version](file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are never unpickled")
    if prod(shape) > MOST_WEIGHTS:
        raise ValueError(f"it holds {prod(shape)} numbers; at most {MOST_WEIGHTS}")
    if file.tell() + prod(shape) * dtype.itemsize > size:
        raise ValueError("it is truncated")
    file.seek(0)
    array: NDArray[Any] = npy.read_array(file, allow_pickle=False)
    return array
