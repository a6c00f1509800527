"""Plan a node of an op that stands apart: no loop over rows has it."""

from __future__ import annotations

import math

from convpipe.geometry import Axis
from convpipe.ops import Op, Turn
from convpipe.plan import costs
from convpipe.plan.arithmetic import plan_arithmetic
from convpipe.plan.node import Made, NodePlan, Origin


def plan_apart(
    origin: Origin, ops: tuple[Op, ...], inputs: tuple[int, ...], made: Made, dtype: str
) -> NodePlan:
    """Return the plan of a frame or a turn, as :func:`convpipe.plan.window.plan_window` does of a window."""
    (op,) = ops
    entering = made.entering(inputs[0])
    extent, field = entering.extent, entering.field
    if isinstance(op, Turn):
        extent = op.extent(extent)
        field = (field[1], field[0]) if op.transposed else field
    unrounded, ranges = entering.ranges.through(ops, padded=False)
    return NodePlan(
        origin=origin,
        ops=ops,
        inputs=inputs,
        input=entering.extent,
        extent=extent,
        axes=(Axis(1), Axis(1)),
        field=field,
        channels=entering.channels,
        dtype=dtype,
        unrounded=unrounded.whole,
        ranges=ranges,
        operations=math.prod(extent) * entering.channels * costs.operations(op),
        separation_error=0.0,
        arithmetic=plan_arithmetic(ops, None, made.compute, image=False),
    )
