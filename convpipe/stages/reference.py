"""A parameter that is an image: read when the stage is made, so that no later change of the file counts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.errors import ParameterError
from convpipe.ops import Reference
from convpipe.paths import expanded, irregular, open_at_once, tried
from convpipe.stages.parameters import Parameter, is_list

_LARGEST = float(np.finfo(np.float32).max)

MOST_SAMPLES = 1 << 28
"""Of a reference: a gigabyte of float32."""


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
            held = content(path)
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or str(error)
            reason = f"{os.fspath(path)!r} cannot be read: {said}{tried(path)}"
            raise ParameterError(f"{self.name}: {reason}", self.name) from None
        try:
            return _decoded(held, os.fspath(path))
        except Exception as error:  # whatever a codec raises
            said = str(error).split("\n")[0]
            raise ParameterError(f"{self.name}: {os.fspath(path)!r}: {said}", self.name) from None

    def kind(self) -> str:
        """Return what is needed."""
        return "the path of an image or of a .npy file, or rows of numbers"

    def schema(self) -> dict[str, Any]:
        """Return a path, or rows of numbers."""
        row = {"type": "array", "items": {"type": ["number", "array"]}, "minItems": 1}
        return {"anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": row, "minItems": 1}]}


def content(path: str | os.PathLike[str]) -> bytes:
    """Return the bytes of a file.

    Raises
    ------
    OSError, ValueError
        If it cannot be read, or is no file.
    """
    descriptor = open_at_once(expanded(os.fspath(path)))
    with os.fdopen(descriptor, "rb") as file:
        if reason := irregular(descriptor):
            raise ValueError(reason)
        return file.read()


def _decoded(content: bytes, name: str) -> NDArray[Any]:
    """Return the samples of a file, as scikit-image reads it, which is never unpickled."""
    if name.lower().endswith(".npy"):
        array: NDArray[Any] = np.load(BytesIO(content), allow_pickle=False)
        return array
    from skimage import io

    return np.asarray(io.imread(BytesIO(content)))
