"""Plan a node that joins several images, and say what would make them meet where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from convpipe.errors import PlanError
from convpipe.geometry import Axis, Extent, Field
from convpipe.ops import ChannelMap, Map, Mix, Op
from convpipe.padding import Kept, Padding
from convpipe.plan import costs
from convpipe.plan.arithmetic import plan_arithmetic
from convpipe.plan.node import AXIS_NAMES, Entering, Made, NodePlan, Origin
from convpipe.ranges import Ranges
from convpipe.stages.wiring import IMAGE

_RESIZE_ALL = (
    "resize what covers the image as it is: 'geometry: resize' does in the place of a stride that does not"
    " divide the image, a crop, or another padding than 'same'"
)


def plan_join(
    origin: Origin,
    ops: tuple[Op, ...],
    inputs: tuple[int, ...],
    made: Made,
    dtype: str,
) -> NodePlan:
    """Return the plan of a join, as :func:`convpipe.plan.window.plan_window` does of a window.

    Raises
    ------
    PlanError
        If the images have other extents, steps or channels; with the padding that would make them meet.
    """
    entering = meeting(origin, inputs, made)
    first = entering[0]
    channels = _channels(origin, entering, [made.called(at) for at in inputs])
    unjoined, *rest = ops
    assert isinstance(unjoined, Map)
    joined = Ranges.joined(unjoined, [each.ranges for each in entering])
    unrounded, ranges = joined.through(rest, padded=False)
    operations = 0
    for op in ops:
        channels = op.made(channels) if isinstance(op, Mix | ChannelMap) else channels
        operations += first.extent[0] * first.extent[1] * channels * costs.operations(op)
    rows, cols = zip(*(each.field for each in entering), strict=True)
    return NodePlan(
        origin=origin,
        ops=ops,
        inputs=inputs,
        input=first.extent,
        extent=first.extent,
        axes=(Axis(1), Axis(1)),
        field=(Field.around(rows), Field.around(cols)),
        channels=channels,
        dtype=dtype,
        unrounded=unrounded.whole,
        ranges=ranges,
        operations=operations,
        arithmetic=plan_arithmetic(ops, None, made.compute, image=False),
    )


def meeting(origin: Origin, inputs: Sequence[int], made: Made) -> list[Entering]:
    """Return the images that enter a node, pixel on pixel.

    Raises
    ------
    PlanError
        If they have other extents or steps; with the padding that would make them meet.
    """
    entering = [made.entering(at) for at in inputs]
    names = [made.called(at) for at in inputs]
    listed, differ = _listed(names, entering), len({each.extent for each in entering}) > 1
    if steps := _steps(names, entering):
        what = "other extents" if differ else "one extent, and their pixels lie at other places"
        raise PlanError(f"{origin}: its images have {what}: {listed}; {steps}", origin.name)
    if differ:
        raise PlanError(
            f"{origin}: its images have other extents: {listed}{_advice(inputs, made)}", origin.name
        )
    return entering


def _listed(names: Sequence[str], entering: Sequence[Entering]) -> str:
    shown = [f"{name} {each.extent[0]}x{each.extent[1]}" for name, each in zip(names, entering, strict=True)]
    return ", ".join(dict.fromkeys(shown))


def _steps(names: Sequence[str], entering: Sequence[Entering]) -> str:
    """Say of which images one has a pixel where another has none, whatever their extents are; '' of none."""
    for axis, what in enumerate(AXIS_NAMES):
        steps = [each.field[axis].stride for each in entering]
        if len(set(steps)) > 1:
            said = [f"{name} every {step}" for name, step in zip(names, steps, strict=True)]
            resized = any(Fraction(step).denominator > 1 for step in steps)
            advice = _RESIZE_ALL if resized else "give them one stride"
            return f"of the {what} of the image they have {', '.join(dict.fromkeys(said))}; {advice}"
    return ""


def _channels(origin: Origin, entering: Sequence[Entering], names: Sequence[str]) -> int:
    """Return the channels of the result: those of all, or of those that have more than one colour."""
    most = max(entering, key=lambda each: each.channels)
    alpha = most.ranges.alpha is not None
    if any(each.channels not in (most.channels, 1 + alpha) for each in entering):
        said = ", ".join(f"{name} {each.channels}" for name, each in zip(names, entering, strict=True))
        raise PlanError(
            f"{origin}: its images have other numbers of channels: {said}; only one of a single channel"
            " counts for every channel",
            origin.name,
        )
    return most.channels


def _advice(inputs: Sequence[int], made: Made) -> str:
    """Return, as the end of an error, the padding by which images of other extents would meet."""
    windows = {at: _last_window(at, made.nodes) for at in inputs}
    fixed = {made.entering(at).extent for at, found in windows.items() if found is None}
    others = [found for found in dict.fromkeys(windows.values()) if found is not None]
    rows, cols = zip(*(fixed or [each.extent for each in others]), strict=True)
    target = max(rows), max(cols)
    advice = [(window, _padding(window, target)) for window in others if window.extent != target]
    if not advice or any(padding is None for _, padding in advice):
        return ""
    said = [f"'padding: {padding}' of {window.origin}" for window, padding in advice]
    return f"; {' and '.join(said)} would make them meet"


def _last_window(at: int, nodes: Sequence[NodePlan]) -> NodePlan | None:
    """Return the last node on the way to that at `at` whose padding decides its extent."""
    while at != IMAGE:
        node = nodes[at]
        if any(axis != Axis(1) for axis in node.axes):
            return node
        at = node.inputs[0]
    return None


def _padding(window: NodePlan, target: Extent) -> str | None:
    """Return the padding that gives `window` an output of extent `target`; None if there is none."""
    if isinstance(window.window.padding, Kept):  # a crop
        return None
    forms: list[Padding] = ["same"]
    sides = []
    for axis, size, count in zip(window.axes, window.input, target, strict=True):
        total = (count - 1) * axis.stride + axis.reach - size
        sides.append((total // 2, total - total // 2))
    if all(side >= 0 for pair in sides for side in pair):
        forms.append((sides[0], sides[1]))
    for form in forms:
        axes = replace(window.window, padding=form).axes(window.input)
        if tuple(axis.output(size) for axis, size in zip(axes, window.input, strict=True)) == target:
            return form if isinstance(form, str) else str([side for pair in form for side in pair])
    return None
