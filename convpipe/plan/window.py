"""Plan a node that has a window."""

from __future__ import annotations

from convpipe.errors import PlanError
from convpipe.geometry import Axis, Border, Extent
from convpipe.ops import ChannelMap, Layer, Mix, Op, Resample, Window
from convpipe.plan import costs
from convpipe.plan.arithmetic import plan_arithmetic
from convpipe.plan.node import AXIS_NAMES, Entering, Made, NodePlan, Origin
from convpipe.stages.wiring import IMAGE


def plan_window(
    origin: Origin, ops: tuple[Op, ...], inputs: tuple[int, ...], made: Made, dtype: str
) -> NodePlan:
    """Return the plan of a window, and of what happens to its responses.

    Parameters
    ----------
    origin : Origin
    ops : tuple of Op
    inputs : tuple of int
        Position of the node that it reads.
    made : Made
    dtype : str
        Of the output.

    Raises
    ------
    PlanError
        If the window does not fit in its input.
    """
    entering = made.entering(inputs[0])
    ops = _fitted(origin, ops, entering, made)
    slid = next(op for op in ops if isinstance(op, Window))
    windows, (rows, cols) = fitted(origin, slid, entering.extent)
    channels = entering.channels
    operations = 0
    padded = slid.border == Border.CONSTANT and any(
        max(window.before, window.after) > 0 for window in windows
    )
    for op in ops:
        channels = op.made(channels) if isinstance(op, Mix | ChannelMap) else channels
        operations += rows * cols * channels * costs.operations(op, made.compute)
    unrounded, ranges = entering.ranges.through(ops, padded)
    field_rows, field_cols = entering.field
    tiles = costs.fourier_tiles(ops, windows, (rows, cols), entering, made.compute)
    fixed = entering.fixed if tiles is None else None
    arithmetic = plan_arithmetic(ops, fixed, made.compute, image=inputs[0] == IMAGE)
    return NodePlan(
        origin=origin,
        ops=ops,
        inputs=inputs,
        input=entering.extent,
        extent=(rows, cols),
        axes=windows,
        field=(field_rows.through(windows[0]), field_cols.through(windows[1])),
        channels=channels,
        dtype=dtype,
        unrounded=unrounded.whole,
        ranges=ranges,
        operations=operations,
        arithmetic=arithmetic,
        tiles=tiles,
        separation=costs.separation(ops, entering.ranges.whole, arithmetic) if tiles is None else None,
    )


def _fitted(origin: Origin, ops: tuple[Op, ...], entering: Entering, made: Made) -> tuple[Op, ...]:
    """Return the ops with the taps of a resample for what enters; as a stencil, where it is one.

    Without colours times alpha a stencil of an image with alpha is another thing than a resample.
    """
    found = list(ops)
    for at, op in enumerate(ops):
        if isinstance(op, Resample):
            of_stage = made.of_stage(origin, entering)
            try:
                fit = op.fit(entering.extent, made.image.extent, of_stage, made.has_holes)
            except PlanError as error:
                raise PlanError(f"{origin}: {error}", origin.name) from None
            slides = at > 0 or entering.ranges.alpha is None
            found[at] = (fit.tiled if slides else None) or fit
    return tuple(found)


def fitted(origin: Origin, slid: Window | Layer, extent: Extent) -> tuple[tuple[Axis, Axis], Extent]:
    """Return the windows over rows and columns of an input of `extent`, and the extent of their outputs.

    Raises
    ------
    PlanError
        If they do not fit.
    """
    try:
        windows = slid.axes(extent)
    except PlanError as error:  # of an extent that its padding cannot be of
        raise PlanError(f"{origin}: {error}", origin.name) from None
    rows, cols = (window.output(size) for window, size in zip(windows, extent, strict=True))
    for window, size, count, axis in zip(windows, extent, (rows, cols), AXIS_NAMES, strict=True):
        if count < 1:
            raise PlanError(
                f"{origin}: its window spans {window.reach} {axis} but its padded "
                f"input has {size} + {window.before} + {window.after}; output {axis}: {window.formula(size)}",
                origin.name,
            )
    return windows, (rows, cols)
