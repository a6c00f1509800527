"""The weights of an ONNX model and its operations, through the `onnx` package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.tensors.base import Tensor, check_size

MOST_BYTES = 1 << 29
"""Of a model, which is parsed as a whole. A ResNet-50 has a hundred million."""


def tensors(file: BinaryIO, size: int) -> list[Tensor]:
    """Return the initializers and constants of an open .onnx file of so many bytes."""
    return _constants(parse(file, size).graph)


@dataclass(frozen=True)
class Operation:
    """A node of a model's graph.

    Parameters
    ----------
    name : str
        Its own, or that of its first output.
    kind : str
        Its type, with its domain where that is not ONNX's own.
    inputs, outputs : tuple of str
        Names of tensors; empty where an optional one is left out.
    attributes : mapping
        Numbers, text, and lists of them.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


def operations(file: BinaryIO, size: int) -> tuple[list[Operation], list[str], set[str]]:
    """Return the operations of an open .onnx file, the names of its inputs, and those of its constants."""
    graph = parse(file, size).graph
    held = {tensor.name for tensor in _constants(graph)}
    found = [_operation(node) for node in graph.node if node.op_type != "Constant"]
    return found, [given.name for given in graph.input if given.name not in held], held


def _operation(node: Any) -> Operation:
    from onnx import helper

    own = node.domain in ("", "ai.onnx")
    given = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    attributes = {
        name: value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        for name, value in given.items()
    }
    name = node.name or next(iter(node.output), "")
    kind = node.op_type if own else f"{node.domain}.{node.op_type}"
    return Operation(name, kind, tuple(node.input), tuple(node.output), attributes)


def _constants(graph: Any) -> list[Tensor]:
    found = [initializer(each) for each in graph.initializer]
    for node in graph.node:
        if node.op_type == "Constant" and node.output:
            values = [each.t for each in node.attribute if each.name == "value"]
            found += [replace(initializer(value), name=node.output[0]) for value in values]
    return found


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
