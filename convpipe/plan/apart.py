"""Plan a node of an op that stands apart: no loop over rows has it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from convpipe.errors import PlanError
from convpipe.geometry import Axis
from convpipe.interval import Interval
from convpipe.ops import Frame, Layer, Op, Turn, Warp
from convpipe.plan import costs
from convpipe.plan.arithmetic import Arithmetic
from convpipe.plan.join import meeting
from convpipe.plan.node import Entering, Made, NodePlan, Origin
from convpipe.plan.window import fitted
from convpipe.ranges import Ranges


def plan_apart(
    origin: Origin, ops: tuple[Op, ...], inputs: tuple[int, ...], made: Made, dtype: str
) -> NodePlan:
    """Return the plan of an op that stands apart, as :func:`convpipe.plan.window.plan_window` of a window.

    Raises
    ------
    PlanError
        If a layer is of another number of channels, or does not fit in its input; if a reference is no such
        image; or if images of a frame have other extents or numbers of channels.
    """
    (op,) = ops
    entering, *others = meeting(origin, inputs, made)
    extent, field, axes, channels = entering.extent, entering.field, (Axis(1), Axis(1)), entering.channels
    ranges = entering.ranges
    if isinstance(op, Turn):
        extent = op.extent(extent)
        field = (field[1], field[0]) if op.transposed else field
    elif isinstance(op, Warp):
        try:
            op = op.fit(extent, made.image.extent, made.has_holes)
        except ValueError as error:
            raise PlanError(f"{origin}: {error}", origin.name) from None
        ops, extent = (op,), op.extent
        ranges = ranges.through(ops, padded=False)[1]
    elif isinstance(op, Layer):
        axes, extent = fitted(origin, op, extent)
        field = field[0].through(axes[0]), field[1].through(axes[1])
        channels, ranges = _layer(origin, op, entering, axes)
    else:
        assert isinstance(op, Frame)
        try:
            op.check(extent, channels - (ranges.alpha is not None))
        except ValueError as error:
            raise PlanError(f"{origin}: {error}", origin.name) from None
        _check_channels(origin, entering, others)
        for other in others:  # a function may give of each what it likes
            ranges = replace(ranges, colour=ranges.colour.join(other.ranges.colour))
        ranges = ranges.through(ops, padded=False)[1]
    return NodePlan(
        origin=origin,
        ops=ops,
        inputs=inputs,
        input=entering.extent,
        extent=extent,
        axes=axes,
        field=field,
        channels=channels,
        dtype=dtype,
        unrounded=ranges.whole,
        ranges=ranges,
        operations=math.prod(extent) * channels * costs.operations(op),
        arithmetic=Arithmetic(made.compute, made=entering.fixed if isinstance(op, Turn) else None),
    )


def _check_channels(origin: Origin, first: Entering, others: Sequence[Entering]) -> None:
    """Refuse images of other numbers of channels, of which a function makes one result."""
    if any(other.channels != first.channels for other in others):
        counts = ", ".join(str(each.channels) for each in (first, *others))
        raise PlanError(f"{origin}: its images have other numbers of channels: {counts}", origin.name)


def _layer(origin: Origin, layer: Layer, entering: Entering, axes: tuple[Axis, Axis]) -> tuple[int, Ranges]:
    """Return the channels that a layer makes, and their ranges; alpha stays."""
    alpha = entering.ranges.alpha
    colours = entering.channels - (alpha is not None)
    if colours != layer.channels:
        if layer.is_scaling:
            raise PlanError(
                f"{origin}: its numbers are for {layer.channels} channels; what it reads has "
                f"{colours}{'' if alpha is None else ' beside alpha'}",
                origin.name,
            )
        shape = "x".join(map(str, layer.weights.shape))
        groups = f" in {layer.groups} groups" if layer.groups > 1 else ""
        beside = " beside alpha" if alpha is not None else ""
        raise PlanError(
            f"{origin}: its weights of {shape}{groups} are for {layer.channels} channels; "
            f"what it reads has {colours}{beside}",
            origin.name,
        )
    padded = any(max(axis.before, axis.after) > 0 for axis in axes)
    if alpha is not None and padded and layer.opaque is not None:
        alpha = alpha.join(Interval(layer.opaque, layer.opaque))
    made = Ranges(layer.range(entering.ranges.colour, padded), alpha)
    return layer.filters + (alpha is not None), made
