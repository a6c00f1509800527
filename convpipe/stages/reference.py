"""A parameter that is an image: read when the stage is made, so that no later change of the file counts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from convpipe.errors import ParameterError
from convpipe.ops import Reference
from convpipe.paths import opened
from convpipe.stages.parameters import Parameter, is_list

_LARGEST = float(np.finfo(np.float32).max)

MOST_SAMPLES = 1 << 28
"""Of a reference: a gigabyte of float32."""

MOST_BYTES = 9 * MOST_SAMPLES
"""Of its file: what float64 takes, and more than any header."""


@dataclass(frozen=True)
class ReferenceImage(Parameter):
    """The path of an image or a ``.npy`` file, or rows of numbers; parsed to a ``Reference`` of ops."""

    def parse(self, value: Any) -> Reference:
        """Return the reference; a file is read at once."""
        if isinstance(value, Reference):
            return value
        if isinstance(value, str | os.PathLike):
            return Reference.of(self._checked(self._read(value)), os.fspath(value))
        if not (is_list(value) or hasattr(value, "__array__")):
            raise self.refuse_type(value)
        try:
            return Reference.of(self._checked(np.asarray(value)), "as given")
        except ValueError:
            raise ParameterError(f"{self.name} is ragged: its rows have other lengths", self.name) from None

    def _checked(self, array: NDArray[Any]) -> NDArray[Any]:
        if array.ndim not in (2, 3) or not array.size or array.dtype.kind not in "buif":
            what = f"{array.dtype} of shape {array.shape}"
            raise ParameterError(f"{self.name} needs {self.kind()}; given {what}", self.name)
        if array.size > MOST_SAMPLES:
            raise ParameterError(f"{self.name} has {array.size} samples; at most {MOST_SAMPLES}", self.name)
        if array.dtype.itemsize > 4 and np.abs(array[np.isfinite(array)]).max(initial=0) > _LARGEST:
            raise ParameterError(f"{self.name} has samples that are too large for float32", self.name)
        return array

    def _read(self, path: str | os.PathLike[str]) -> NDArray[Any]:
        try:
            found: NDArray[Any] = opened(path, lambda file, size: _decoded(file, size, os.fspath(path)))
        except ValueError as error:
            raise ParameterError(f"{self.name}: {error}", self.name) from None
        return found

    def kind(self) -> str:
        """Return what is needed."""
        return "the path of an image or of a .npy file, or rows of numbers"

    def schema(self) -> dict[str, Any]:
        """Return a path, or rows of numbers."""
        row = {"type": "array", "items": {"type": ["number", "array"]}, "minItems": 1}
        return {"anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": row, "minItems": 1}]}


def _decoded(file: BinaryIO, size: int, name: str) -> NDArray[Any]:
    """Return the samples of an open file, as scikit-image reads it, which is never unpickled."""
    if size > MOST_BYTES:
        raise ValueError(f"it has {size} bytes; at most {MOST_BYTES}")
    content = BytesIO(file.read())
    try:
        if name.lower().endswith(".npy"):
            array: NDArray[Any] = np.load(content, allow_pickle=False)
            return array
        from skimage import io

        return np.asarray(io.imread(content))
    except Exception as error:  # whatever a codec raises
        said = str(error).split("\n")[0]
        if "BytesIO" in said:  # which it is called, where nothing knows what it is
            said = "it is no image of a format that scikit-image reads"
        raise ValueError(said) from None
