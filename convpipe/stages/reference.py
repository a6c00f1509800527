"""A parameter that is an image: read when the stage is made, so that no later change of the file counts."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.ops import Reference
from convpipe.paths import based, opened
from convpipe.stages.parameters import Parameter, is_list

_LARGEST = float(np.finfo(np.float32).max)

MOST_SAMPLES = 1 << 28
"""Of a reference: a gigabyte of float32."""


@dataclass(frozen=True)
class ReferenceImage(Parameter):
    """The path of an image file, or rows of numbers; parsed to a ``Reference`` of ops.

    A file is read as an input is: its depth, palette, planes and orientation are what they are there.
    """

    def parse(self, value: Any) -> Reference:
        """Return the reference; a file is read at once."""
        if isinstance(value, Reference):
            return value
        if isinstance(value, str | os.PathLike):
            path, found = self._read(value)
            return Reference.of(self._checked(found), path)
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
        if not np.isfinite(array).any():
            raise ParameterError(f"{self.name} has no finite sample", self.name)
        if array.size > MOST_SAMPLES:
            raise ParameterError(f"{self.name} has {array.size} samples; at most {MOST_SAMPLES}", self.name)
        if array.dtype.itemsize > 4 and np.abs(array[np.isfinite(array)]).max(initial=0) > _LARGEST:
            raise ParameterError(f"{self.name} has samples that are too large for float32", self.name)
        return array

    def _read(self, given: str | os.PathLike[str]) -> tuple[str, NDArray[Any]]:
        """Return the path that leads to a file from everywhere, and the image there."""
        try:
            path = based(os.fspath(given))
            return path, opened(path, lambda file, _: _decoded(file.fileno(), path))
        except ValueError as error:
            raise ParameterError(f"{self.name}: {error}", self.name) from None

    def kind(self) -> str:
        """Return what is needed."""
        return "the path of an image, or rows of numbers"

    def schema(self) -> dict[str, Any]:
        """Return a path, or rows of numbers."""
        row = {"type": "array", "items": {"type": ["number", "array"]}, "minItems": 1}
        return {"anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": row, "minItems": 1}]}


def _decoded(descriptor: int, name: str) -> NDArray[Any]:
    """Return the colours of an open file, as those of an input; NaN where its alpha hides all of a pixel."""
    from convpipe import images  # when a file is first given

    with images.OpenFile(name, os.dup(descriptor)) as file, images.open_image(file) as opened:
        if (pages := len(opened.infos)) > 1:
            raise ValueError(f"it has {pages} pages, and here one image is needed, in a file of its own")
        found = opened.read_page()
    if not found.alpha:
        return found.pixels
    colours = found.pixels[..., :-1].astype(np.float32)
    colours[found.pixels[..., -1] == 0] = np.nan
    return colours
