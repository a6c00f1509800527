"""From a stage to ops: what its method declares, and what every stage takes beside it."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from convpipe.dataclass import dataclass
from convpipe.errors import PlanError
from convpipe.geometry import Border, Extent
from convpipe.interval import Interval
from convpipe.ops import (
    IDENTITY,
    Alpha,
    Apart,
    Cast,
    Graph,
    Layer,
    Map,
    Node,
    Op,
    Resample,
    Stencil,
    Warp,
    Window,
)
from convpipe.padding import Anchor, Kept, Padding, Pooled
from convpipe.stages.base import ImageKind
from convpipe.stages.common import COMMON, not_taken, unused

if TYPE_CHECKING:
    from convpipe.stages.entry import Stage


def lowered(stage: Stage, border: Border, image: ImageKind) -> Graph:
    """Return `stage` as a graph; `border` is the pipeline's, `image` what it reads first."""
    _check_channels(stage, image)
    own = stage.common["border"]
    border = border if own is None else own
    found = stage.method.lowered(stage.parameters, border, image, stage.dtype)
    _check_common(stage, found)
    make = _Maker(stage, border, image)
    if not isinstance(found, Graph) and isinstance(found[0], Apart) and not isinstance(found[0], Layer):
        found = Graph((Node("result", found),))
    if isinstance(found, Graph):
        nodes = make.nodes(found)
    elif isinstance(found[0], Layer):
        nodes = make.layered(found[0])
    elif isinstance(found[0], Resample):
        nodes = make.resampled(found[0], found[1:])
    else:
        nodes = [Node("result", make.placed(_with_window(found)))]
    *before, last = nodes
    return Graph((*before, replace(last, ops=(*last.ops, *make.last))))


def _check_channels(stage: Stage, image: ImageKind) -> None:
    if image.alpha and stage.method.alpha == "refuse":
        raise PlanError(f"{stage.method.title} needs an image without alpha; this one has it")
    if image.alpha and stage.is_across:
        raise PlanError(
            f"{stage.method.title} with 'axis: stack' needs images without alpha, and this one has it; "
            "'color: flatten' before it puts them on a background"
        )
    needed, colours = stage.method.colours, image.channels - image.alpha
    if needed not in (None, colours):
        which = "beside alpha" if image.alpha else "none of them alpha"
        title = stage.method.title
        raise PlanError(f"{title} needs {needed} colour channels; the image has {colours}, {which}")


def _check_common(stage: Stage, found: tuple[Op, ...] | Graph) -> None:
    """Refuse what would do nothing."""
    given = stage.common
    idle = unused(found, given["padding"])
    for parameter in COMMON:
        if parameter.name in idle and given[parameter.name] != parameter.default:
            raise not_taken(stage.method.title, parameter.name, idle)


@dataclass(frozen=True)
class _Maker:
    """Makes the windows of a stage as its common parameters, its border, and alpha, have them."""

    stage: Stage
    border: Border
    image: ImageKind

    def nodes(self, graph: Graph) -> list[Node]:
        """Return the nodes of a graph.

        Its windows are as it says, but for border and dilation; stride and padding are of its result. Where a
        constant lies outside the image, what maps made of it lies outside what they made of the image.
        """
        nodes, outside = [], dict.fromkeys(graph.inputs, self.stage.common["value"])
        for node in graph.nodes:
            if node.is_join or node.is_apart:
                nodes.append(self._bordered(node))
                continue
            value = outside.get(node.inputs[0], self.stage.common["value"])
            nodes.append(replace(node, ops=self._inner(node.ops, value)))
            if all(type(op) is Map for op in node.ops):
                outside[node.name] = _mapped(node.ops, value)
        return [*nodes, *self._moved(nodes[-1])]

    def _bordered(self, node: Node) -> Node:
        """Return a join or what stands apart; of a warp, one that knows what lies outside."""
        (op, *rest) = node.ops
        if not isinstance(op, Warp):
            return node
        opaque = self.image.full_scale if self.image.alpha else None
        placed = replace(op, border=self.border, value=self.stage.common["value"], opaque=opaque)
        return replace(node, ops=(placed, *rest))

    def resampled(self, slid: Resample, rest: Sequence[Op]) -> list[Node]:
        """Return a window that lies where its own taps say; stride and padding are of its result."""
        node = Node("resampled", self._filtering(slid, rest))
        return [node, *self._moved(node)]

    def layered(self, layer: Layer) -> list[Node]:
        """Return a layer where the stage's parameters put it."""
        common = self.stage.common
        padding = common["padding"]
        placed = replace(
            layer,
            value=common["value"],
            stride=common["stride"],
            dilation=common["dilation"],
            padding=padding,
            border=self.border,
            anchor=common["anchor"] or ("lower" if padding == "same_lower" else layer.anchor),
            opaque=self.image.full_scale if self.image.alpha else None,
        )
        node = Node("layer", (placed,))
        rounded = Node("rounded", self._filtering(Stencil((IDENTITY,)), ()), (node.name,))
        return [node, rounded] if self.last else [node]

    def _moved(self, last: Node) -> list[Node]:
        """Return what strides over the result of a node, or pads it, if a parameter says so."""
        result = self.placed((Stencil((IDENTITY,)),))
        needed = _moves(result) or (last.is_apart and self.last)
        return [Node("placed", result, (last.name,))] if needed else []

    def placed(self, ops: tuple[Op, ...]) -> tuple[Op, ...]:
        """Return a window where the stage's parameters put it."""
        common = self.stage.common
        slid = ops[0]
        assert isinstance(slid, Window)
        if isinstance(slid.padding, Pooled):  # which says where it stands
            return self._filtering(slid, ops[1:])
        rows, cols = map(operator.mul, slid.stride, common["stride"])
        own = slid.padding != "same"
        padding: Padding | Kept = slid.padding if own else common["padding"]
        dilation: Extent = common["dilation"]
        anchor: Anchor = common["anchor"] or ("lower" if padding == "same_lower" else slid.anchor)
        window = replace(slid, stride=(rows, cols), padding=padding, dilation=dilation, anchor=anchor)
        return self._filtering(window, ops[1:])

    def _inner(self, ops: tuple[Op, ...], value: float) -> tuple[Op, ...]:
        """Return a window inside a graph, over an image outside of which lies `value`."""
        slid, *rest = _with_window(ops)
        assert isinstance(slid, Window)
        rows, cols = map(operator.mul, slid.dilation, self.stage.common["dilation"])
        return self._filtering(replace(slid, dilation=(rows, cols)), rest, value)

    def _filtering(self, slid: Window, rest: Sequence[Op], value: float | None = None) -> tuple[Op, ...]:
        """Return a window that knows what lies outside the image, and what becomes of alpha."""
        alpha, pools = self.image.alpha, isinstance(slid.padding, Pooled)
        mean = self.stage.method.alpha == "premultiply"
        window = replace(
            slid,
            border=slid.border if pools or slid.has_own_border else self.border,
            value=slid.value if pools or slid.has_own_border else self._value(value),
            opaque=self.image.full_scale if alpha else None,
            keep_alpha=alpha and not mean,
            mean=mean or slid.mean,
        )
        if alpha and mean:
            return (Alpha(), window, *rest, Alpha(undo=True))
        return (window, *rest)

    def _value(self, made: float | None) -> float:
        """Return what a constant border holds, unless maps have `made` something of it."""
        value: float = self.stage.common["value"]
        return value if made is None else made

    @property
    def last(self) -> list[Op]:
        """What every stage may do to its result."""
        ops: list[Op] = []
        dialect = self.stage.dialect
        if dialect is not None and dialect.rounds and self.image.full_scale > 1:
            ops.append(Map(dialect.rounds))
        if self.stage.common["bias"]:
            ops.append(Map("r + bias", constants=(("bias", self.stage.common["bias"]),)))
        if self.stage.dtype is not None:
            ops.append(Cast(self.stage.dtype))
        return ops


def _with_window(ops: tuple[Op, ...]) -> tuple[Op, ...]:
    """Put the 1x1 identity before ops that are pointwise, so that every chain has a geometry."""
    return ops if isinstance(ops[0], Window) else (Stencil((IDENTITY,)), *ops)


def _mapped(ops: tuple[Op, ...], value: float) -> float:
    """Return what maps make of a number."""
    for op in ops:
        assert isinstance(op, Map)
        value = op.range(dict.fromkeys(op.inputs, Interval(value, value))).low
    return value


def _moves(ops: tuple[Op, ...]) -> bool:
    """Tell whether a window of one tap gives anything but its input."""
    (window,) = (op for op in ops if isinstance(op, Window))
    axes = window.axes((1, 1))
    return window.stride != (1, 1) or any(axis.before or axis.after for axis in axes)
