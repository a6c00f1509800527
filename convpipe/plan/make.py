"""Work out a plan: extents, ranges, fields and costs of every stage."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convpipe.errors import ParameterError, PlanError
from convpipe.geometry import LARGEST, Border, Extent, Field
from convpipe.levels import stays_bool
from convpipe.ops import COMPUTE, Mix, Op, Stencil, dtype_range
from convpipe.plan import costs
from convpipe.plan.model import Plan
from convpipe.plan.node import NodePlan, Origin
from convpipe.plan.stage import AXIS_NAMES
from convpipe.ranges import Ranges
from convpipe.stages import ImageKind, Stage


def make_plan(
    stages: Sequence[Stage],
    extent: Extent,
    *,
    channels: int = 1,
    alpha: bool = False,
    dtype: str = "uint8",
    border: Border = Border.REFLECT,
    output_dtype: str | None = None,
) -> Plan:
    """Work out extents, ranges, halos, bytes and operations of a pipeline.

    Parameters
    ----------
    stages : sequence of Stage
    extent : (rows, cols)
        Of the image.
    channels : int
    alpha : bool
        Whether the last channel is alpha.
    dtype : str
        Of the image.
    border : Border
        For stages that name none.
    output_dtype : str, optional
        Of the result; default: the last stage's ``dtype``, or that of the image. Results of bool images
        are bool only where every value is 0 or 1, else uint8.

    Raises
    ------
    ParameterError
        If `dtype` is not one that convpipe computes with.
    PlanError
        If the image is empty or nothing but alpha, or a stage's window does not fit in its input; the
        message names the stage and the numbers.
    """
    _check_image(extent, channels, alpha, dtype)
    if output_dtype is not None and output_dtype not in COMPUTE:
        raise unknown_dtype(output_dtype)
    values = dtype_range(dtype)
    state = _State(extent, channels, Ranges(values, values if alpha else None), (Field(), Field()))
    planned: list[NodePlan] = []
    numbers = itertools.count()
    for stage in stages:
        index = None if stage.implied else next(numbers)
        kind = ImageKind(state.channels, alpha, values.high, values.low)
        origin = Origin(index, stage.name, stage.method.title, _smaller(stage))
        step = _plan_node(
            origin, stage.lower(border, kind), state, len(planned) - 1, stage.dtype or COMPUTE[dtype]
        )
        planned.append(step)
        state = _State(step.extent, step.channels, step.ranges, step.field)
    if output_dtype is None:
        own = (
            "uint8"
            if dtype == "bool" and not stays_bool(op for step in planned for op in step.ops)
            else dtype
        )
        output_dtype = stages[-1].dtype or own
    return Plan(extent, channels, dtype, output_dtype, COMPUTE[dtype], alpha, tuple(planned))


@dataclass(frozen=True)
class _State:
    """The image between two stages."""

    extent: Extent
    channels: int
    ranges: Ranges
    field: tuple[Field, Field]


def _check_image(extent: Extent, channels: int, alpha: bool, dtype: str) -> None:
    if dtype not in COMPUTE:
        raise unknown_dtype(dtype)
    rows, cols = extent
    if rows < 1 or cols < 1 or channels < 1:
        raise PlanError(f"the image is empty: {rows} rows, {cols} columns, {channels} channels")
    if alpha and channels == 1:
        raise PlanError("an image with alpha has other channels beside it; this one has 1")
    if rows * cols * channels > LARGEST**2:
        raise PlanError(f"an image of {rows} x {cols} x {channels} samples is too large to index")


def unknown_dtype(dtype: str) -> ParameterError:
    """Return the error for a dtype that nothing is computed in."""
    wide = "; 64-bit integers fit no arithmetic here: cast them" if dtype in ("int64", "uint64") else ""
    return ParameterError(f"dtype needs one of {', '.join(COMPUTE)}; given {dtype!r}{wide}", "dtype")


def _plan_node(origin: Origin, ops: tuple[Op, ...], state: _State, before: int, dtype: str) -> NodePlan:
    stencil = next(op for op in ops if isinstance(op, Stencil))
    windows = stencil.axes(state.extent)
    rows, cols = (window.output(size) for window, size in zip(windows, state.extent, strict=True))
    for window, size, count, axis in zip(windows, state.extent, (rows, cols), AXIS_NAMES, strict=True):
        if count < 1:
            raise PlanError(
                f"{origin}: its window spans {window.reach} {axis} but its padded "
                f"input has {size} + {window.before} + {window.after}; output {axis}: {window.formula(size)}",
                origin.name,
            )
    channels = state.channels
    operations = 0
    padded = stencil.border == Border.CONSTANT and any(window.before or window.after for window in windows)
    for op in ops:
        channels = len(op.matrix) if isinstance(op, Mix) else channels
        operations += rows * cols * channels * costs.operations(op)
    unrounded, ranges = state.ranges.through(ops, padded)
    return NodePlan(
        origin=origin,
        ops=ops,
        inputs=(before,),
        input=state.extent,
        extent=(rows, cols),
        axes=windows,
        field=(state.field[0].through(windows[0]), state.field[1].through(windows[1])),
        channels=channels,
        dtype=dtype,
        unrounded=unrounded.whole,
        ranges=ranges,
        operations=operations,
        separation_error=costs.separation_error(ops, state.ranges.whole),
        tiles=costs.fourier_tiles(ops, windows, (rows, cols), state.channels),
    )


def _smaller(stage: Stage) -> str | None:
    """Name the parameters of a stage that make its values smaller, as its method declares them."""
    own = stage.parameters
    if "kernel" not in own:
        return next((f"a smaller {name}" for name in ("gain", "amount") if name in own), None)
    divides = not own["normalize"] and abs(np.sum(own["kernel"])) > 1
    return "smaller weights, 'normalize: true'" if divides else "smaller weights"
