"""The weights of an ONNX model: its initializers, through the `onnx` package."""

from __future__ import annotations

from functools import partial
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from convpipe.tensors.base import Tensor, check_size

MOST_BYTES = 1 << 29
"""Of a model, which is parsed as a whole. A ResNet-50 has a hundred million."""


def tensors(file: BinaryIO, size: int) -> list[Tensor]:
    """Return the initializers of an open .onnx file of so many bytes."""
    graph = parse(file, size).graph
    return [initializer(each) for each in graph.initializer]


def parse(file: BinaryIO, size: int) -> Any:
    """Return the model of an open .onnx file; files that it names beside it are not read.

    Raises
    ------
    ValueError
        If the `onnx` package is missing, or the file is no model.
    """
    if size > MOST_BYTES:
        raise ValueError(f"the model has {size} bytes; at most {MOST_BYTES}")
    try:
        import onnx
    except ImportError:
        raise ValueError(
            "the package onnx reads it, and is not installed: pip install convpipe[onnx]"
        ) from None
    file.seek(0)
    model = onnx.ModelProto()
    try:
        model.ParseFromString(file.read())
    except Exception:  # protobuf's own, which other versions call otherwise
        raise ValueError("it is no ONNX model") from None
    if not model.graph.ByteSize():
        raise ValueError("it is no ONNX model, or an empty one")
    return model


def initializer(proto: Any) -> Tensor:
    """Return a TensorProto as a tensor."""
    return Tensor(proto.name, tuple(proto.dims), partial(_numbers, proto))


def _numbers(proto: Any) -> NDArray[Any]:
    """Return the numbers of a TensorProto.

    Raises
    ------
    ValueError
        If there are not as many as its shape says, or they lie in another file.
    """
    from onnx import TensorProto, numpy_helper

    if proto.data_location == TensorProto.EXTERNAL:
        raise ValueError(f"the numbers of {proto.name!r} lie in another file, which is not read")
    check_size(tuple(proto.dims), 1, -1, proto.ByteSize())  # no type has less than a byte but those of 4 bits
    try:
        return np.asarray(numpy_helper.to_array(proto))
    except Exception as error:  # onnx has its own for each type
        raise ValueError(f"the numbers of {proto.name!r} are not as its shape says: {error}") from None
