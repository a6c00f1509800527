"""A chain of layers out of an ONNX model: each of its nodes as the stage that it is here."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from convpipe import tensors
from convpipe.errors import ParameterError
from convpipe.interval import LARGEST
from convpipe.stages.entry import Stage, stage
from convpipe.stages.names import StageName, StageReference
from convpipe.stages.parameters import REQUIRED, Parameter, Text
from convpipe.tensors import Operation

PARAMETERS: tuple[Parameter, ...] = (
    Text("file", "the path of a .onnx file", REQUIRED),
    Text("to", "name of the node that is the last; default: all nodes", None),
    StageName("name", "name of the last stage, for others to refer to", None),
    StageReference("from", "name of the stage that the first reads, or input", None),
)
"""What ``- network: onnx`` takes in a config, where it stands for several stages."""

MOST = 1000
"""Nodes of a chain."""

Parameters = dict[str, Any]


def stages_of(file: str, to: str | None = None, name: str | None = None, **more: Any) -> list[Stage]:
    """Return the stages that an ONNX model is: a chain of nodes, each of which reads the one before.

    Parameters
    ----------
    file : str
        The path of a ``.onnx`` file; the package `onnx` reads it.
    to : str, optional
        Name of the node that is the last.
    name : str, optional
        Name of the last stage.
    **more
        ``from_``, or ``from``: what the first stage reads.

    Returns
    -------
    list of Stage
        ``network: conv`` and the like, with weights of the file. Nodes that change nothing have none.

    Raises
    ------
    ParameterError
        If the file is no model, or a node is none of those taken; it has the node's name and type.

    Notes
    -----
    Source: https://onnx.ai/onnx/operators. Samples enter as the image has them; what a network was trained on
    is made of them by ``network: normalize`` before it.
    """
    try:
        found, inputs, constants = tensors.operations(file)
    except ValueError as error:
        raise _refused(str(error)) from None
    if len(inputs) != 1:
        raise _refused(f"{file!r} has inputs {', '.join(inputs) or 'none'}; one is read")
    entries = [
        entry for each in chain(found, inputs[0], constants, to) if (entry := _entry(file, each)) is not None
    ]
    if not entries:
        raise ParameterError(f"file: no node of {file!r} up to {to!r} changes anything", "to")
    given: list[Parameters] = [parameters for _, _, parameters in entries]
    given[0] |= {key: value for key, value in more.items() if value is not None}
    given[-1] |= {} if name is None else {"name": name}
    return [stage(family, method, **own) for (family, method, _), own in zip(entries, given, strict=True)]


def chain(
    operations: Sequence[Operation], start: str, constants: set[str], to: str | None
) -> list[Operation]:
    """Return the operations from the tensor called `start` to the one called `to`, each read by the next.

    Raises
    ------
    ParameterError
        If one of them is none of those taken, reads another tensor, or is read by several; or none is `to`.
    """
    found: list[Operation] = []
    while readers := [each for each in operations if start in each.inputs]:
        end = f"; 'to: {found[-1].name}' ends before it" if found else ""
        if len(readers) > 1 or len(found) == MOST:
            names = " and ".join(repr(each.name) for each in readers)
            raise ParameterError(
                f"file: what {start!r} gives is read by {names}; a chain is taken{end}", "file"
            )
        (reader,) = readers
        if reader.kind not in _TAKEN:
            raise ParameterError(
                f"file: node {reader.name!r} is of type {reader.kind}; taken are {', '.join(_TAKEN)}{end}",
                "file",
            )
        others = [each for each in reader.inputs[1:] if each]
        if reader.inputs[0] != start or not constants.issuperset(others) or any(reader.outputs[1:]):
            raise ParameterError(
                f"file: node {reader.name!r} of type {reader.kind} reads or gives more than one image{end}",
                "file",
            )
        found.append(reader)
        start = reader.outputs[0]
        if to in (reader.name, start):
            return found
    if to is not None:
        close = difflib.get_close_matches(to, [each.name for each in found], n=1)
        meant = (
            f"did you mean {close[0]!r}?" if close else f"there are {', '.join(each.name for each in found)}"
        )
        raise ParameterError(f"to: the chain has no node {to!r}; {meant}", "to")
    return found


def _entry(file: str, node: Operation) -> tuple[str, str, Parameters] | None:
    """Return the family, method and parameters of a node; None if it changes nothing."""

    def tensor(at: int) -> str | None:
        return f"{file}#{node.inputs[at]}" if len(node.inputs) > at and node.inputs[at] else None

    try:
        made = _TAKEN[node.kind](node.attributes, tensor)
        if made is not None:
            stage(*made[:2], **made[2])
    except (ValueError, TypeError) as error:
        raise _refused(f"{_named(node)}: {error}") from None
    return made


def _named(node: Operation) -> str:
    return f"node {node.name!r} of type {node.kind}"


def _refused(reason: str) -> ParameterError:
    return ParameterError(f"file: {reason}", "file")


Tensor = Callable[[int], str | None]
Made = tuple[str, str, Parameters] | None


def _window(attributes: Mapping[str, Any]) -> Parameters:
    """Return stride, padding and dilation, which ONNX has of each axis."""
    rule = attributes.get("auto_pad", "NOTSET")
    if rule == "NOTSET":
        top, left, bottom, right = attributes.get("pads", (0, 0, 0, 0))
        padding: Any = [top, bottom, left, right]
    else:
        padding = str(rule).lower()
    return {
        "stride": list(attributes.get("strides", (1, 1))),
        "dilation": list(attributes.get("dilations", (1, 1))),
        "padding": padding,
    }


def _conv(attributes: Mapping[str, Any], tensor: Tensor) -> Made:
    bias = {} if tensor(2) is None else {"bias": tensor(2)}
    own = {"weights": tensor(1), **bias, "groups": attributes.get("group", 1), "border": "constant"}
    return "network", "conv", {**own, **_window(attributes)}


def _norm(attributes: Mapping[str, Any], tensor: Tensor) -> Made:
    if attributes.get("training_mode", 0):
        raise ValueError("it is in training")
    names = ("weight", "bias", "mean", "var")
    own = {name: tensor(at) for at, name in enumerate(names, start=1)}
    return "network", "batch_norm", {**own, "eps": float(attributes.get("epsilon", 1e-5))}


def _pool(attributes: Mapping[str, Any]) -> Parameters:
    size = {"size": list(attributes["kernel_shape"])}
    return {**size, **_window(attributes), "ceil_mode": bool(attributes.get("ceil_mode", 0))}


def _average(attributes: Mapping[str, Any], tensor: Tensor) -> Made:
    counts = bool(attributes.get("count_include_pad", 0))
    return "network", "avg_pool", {**_pool(attributes), "count_include_pad": counts}


def _clip(attributes: Mapping[str, Any], tensor: Tensor) -> Made:
    low, high = (
        float(attributes.get(name, default)) if (path := tensor(at)) is None else tensors.read(path).item()
        for at, name, default in ((1, "min", -LARGEST), (2, "max", LARGEST))
    )
    return "point", "clip", {"low": low, "high": high}


_TAKEN: dict[str, Callable[[Mapping[str, Any], Tensor], Made]] = {
    "Conv": _conv,
    "Relu": lambda own, tensor: ("network", "relu", {}),
    "LeakyRelu": lambda own, tensor: (
        "network",
        "leaky_relu",
        {"slope": own.get("alpha", 0.01)},
    ),
    "Sigmoid": lambda own, tensor: ("network", "sigmoid", {}),
    "BatchNormalization": _norm,
    "MaxPool": lambda own, tensor: ("network", "max_pool", _pool(own)),
    "AveragePool": _average,
    "Clip": _clip,
    "Identity": lambda own, tensor: None,
}
"""What nodes become, by their type."""
