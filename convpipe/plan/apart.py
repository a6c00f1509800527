"""Plan a node of an op that stands apart: no loop over rows has it."""

from __future__ import annotations

from convpipe.geometry import Axis
from convpipe.ops import Frame, Op
from convpipe.plan.node import Made, NodePlan, Origin


def plan_apart(
    origin: Origin, ops: tuple[Op, ...], inputs: tuple[int, ...], made: Made, dtype: str
) -> NodePlan:
    """Return the plan of a frame, as :func:`convpipe.plan.window.plan_window` does of a window."""
    (frame,) = ops
    assert isinstance(frame, Frame)
    entering = made.entering(inputs[0])
    rows, cols = entering.extent
    unrounded, ranges = entering.ranges.through(ops, padded=False)
    return NodePlan(
        origin=origin,
        ops=ops,
        inputs=inputs,
        input=entering.extent,
        extent=entering.extent,
        axes=(Axis(1), Axis(1)),
        field=entering.field,
        channels=entering.channels,
        dtype=dtype,
        unrounded=unrounded.whole,
        ranges=ranges,
        operations=rows * cols * entering.channels * frame.operations,
        separation_error=0.0,
    )
