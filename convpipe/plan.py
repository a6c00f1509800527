"""The plan: what a pipeline will do to an image of some extent and dtype, with no pixel read."""

from __future__ import annotations

import ast
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from convpipe.errors import ParameterError, PlanError
from convpipe.fourier import LEAST_TAPS, Tiles, tiles
from convpipe.geometry import LARGEST, Axis, Border, Extent, Field
from convpipe.interval import Interval
from convpipe.levels import stays_bool
from convpipe.ops import COMPUTE, Map, Mix, Op, Reduce, Stencil, Taps, dtype_range, is_integer
from convpipe.ranges import Ranges
from convpipe.sampling import Sampling
from convpipe.stages import ImageKind, Stage

SURELY_FUSED = 8
"""Stages that run as one loop whatever they are, unless one of them needs a whole image."""

AXIS_NAMES = ("rows", "columns")


@dataclass(frozen=True)
class StagePlan:
    """What one stage does.

    Parameters
    ----------
    index : int or None
        Position among the stages given, from 0; None for those that ``linear_light`` adds.
    name : str
    method : str
        Family and method that it is of, which unlike its name are convpipe's own words.
    ops : tuple of Op
        What it is lowered to.
    input, extent : (rows, cols)
        Extents of its input and output.
    axes : (Axis, Axis)
        Window over rows and over columns, padding resolved.
    field : (Field, Field)
        Receptive field of its output in the image that enters the pipeline.
    channels : int
        Channels of its output.
    dtype : str
        Type of its output: a cast's, or that of the arithmetic.
    unrounded : Interval
        Encloses every value of its output for finite input, before ``dtype`` rounds and saturates it; of
        exact arithmetic, to which rounding adds its relative error.
    ranges : Ranges
        The same after that, of colours and of alpha.
    operations : int
        Arithmetic operations on the whole image; a multiply-add counts as two.
    separation_error : float
        Most that a response can differ because a kernel of rank 1 runs as two passes, before rounding.
    tiles : Tiles or None
        Of the Fourier transforms that its window goes through, if it does.
    smaller : str or None
        Which of its own parameters make its values smaller, for a person.
    """

    index: int | None
    name: str
    method: str
    ops: tuple[Op, ...]
    input: Extent
    extent: Extent
    axes: tuple[Axis, Axis]
    field: tuple[Field, Field]
    channels: int
    dtype: str
    unrounded: Interval
    ranges: Ranges
    operations: int
    separation_error: float
    tiles: Tiles | None = None
    smaller: str | None = None

    @property
    def place(self) -> str:
        """Which stage it is, for a person."""
        return "linear_light" if self.index is None else f"stage {self.index}"

    @property
    def range(self) -> Interval:
        """Encloses every value of its output for finite input."""
        return self.ranges.whole

    @property
    def halo(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Pixels it reaches to, ((above, below), (left, right)) of the one it computes."""
        return next(op for op in self.ops if isinstance(op, Stencil)).halo

    @property
    def bytes(self) -> int:
        """Size of its output, were it kept."""
        return self.extent[0] * self.extent[1] * self.channels * np.dtype(self.dtype).itemsize

    @property
    def dropped(self) -> Extent:
        """Rows at the bottom, columns at the right, that the floor of the size formula leaves unread."""
        rows, cols = (axis.dropped(size) for axis, size in zip(self.axes, self.input, strict=True))
        return rows, cols

    @property
    def formulas(self) -> tuple[str, str]:
        """The output-size formula with its numbers, for rows and for columns."""
        rows, cols = (axis.formula(size) for axis, size in zip(self.axes, self.input, strict=True))
        return rows, cols

    @property
    def warnings(self) -> list[str]:
        """What a person should know before running it."""
        where = f"{self.place} ({self.name})"
        return [
            f"{where}: stride {axis.stride} leaves the last {count} {name} unread"
            for count, name, axis in zip(self.dropped, AXIS_NAMES, self.axes, strict=True)
            if count
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the plan of the stage as plain data."""
        return {
            "index": self.index,
            "name": self.name,
            "input": list(self.input),
            "output": list(self.extent),
            "channels": self.channels,
            "dtype": self.dtype,
            "formula": list(self.formulas),
            "dropped": list(self.dropped),
            "halo": [list(side) for side in self.halo],
            "receptive_field": [field.reach for field in self.field],
            "cumulative_stride": [field.stride for field in self.field],
            "range": [self.range.low, self.range.high],
            "bytes": self.bytes,
            "operations": self.operations,
            "separation_error": self.separation_error,
            "tiles": None if self.tiles is None else self.tiles.to_dict(),
        }


@dataclass(frozen=True, repr=False)
class Plan:
    """What a pipeline does to an image of `extent`, stage by stage.

    Parameters
    ----------
    input : (rows, cols)
    channels : int
    dtype : str
        Of the image.
    output_dtype : str
        Of the result.
    compute : str
        Floating-point type of the arithmetic.
    alpha : bool
        Whether the last channel is alpha.
    stages : tuple of StagePlan
    """

    input: Extent
    channels: int
    dtype: str
    output_dtype: str
    compute: str
    alpha: bool
    stages: tuple[StagePlan, ...]

    @property
    def headline(self) -> str:
        """What goes in, what comes out, and the arithmetic between, in a line."""
        (rows, cols), (out_rows, out_cols) = self.input, self.extent
        return (
            f"{rows}x{cols}x{self.channels} {self.dtype} -> "
            f"{out_rows}x{out_cols}x{self.output_channels} {self.output_dtype}, computed in {self.compute}"
        )

    def __repr__(self) -> str:
        return f"<Plan: {self.headline}, {len(self.stages)} stage{'s' if len(self.stages) > 1 else ''}>"

    def __str__(self) -> str:
        """Return a line for the whole, and one for each stage.

        Examples
        --------
        >>> from convpipe.stages import stage
        >>> print(make_plan([stage("edge", "sobel", stride=2)], (480, 640)))
        480x640x1 uint8 -> 240x320x1 uint8, computed in float32
        stage 0 (edge sobel): 480x640 -> 240x320, values 0 to 255
        """
        lines = (
            f"{one.place} ({one.name}): {one.input[0]}x{one.input[1]} -> {one.extent[0]}x{one.extent[1]}, "
            f"values {one.range}"
            for one in self.stages
        )
        return "\n".join((self.headline, *lines))

    @property
    def extent(self) -> Extent:
        """Rows and columns of the result."""
        return self.stages[-1].extent

    @property
    def sampling(self) -> Sampling:
        """Where the pixels of the result lie in the image."""
        return Sampling.of(self.stages[-1].field)

    @property
    def output_channels(self) -> int:
        """Channels of the result."""
        return self.stages[-1].channels

    def result_shape(self, axes: int) -> tuple[int, ...]:
        """Return the shape of the result for an image of 2 or 3 `axes`; one channel keeps the axis it had."""
        if self.output_channels == 1 and (axes == 2 or self.channels > 1):
            return self.extent
        return (*self.extent, self.output_channels)

    @property
    def input_bytes(self) -> int:
        """Size of the decoded image."""
        return math.prod(self.input) * self.channels * np.dtype(self.dtype).itemsize

    @property
    def output_bytes(self) -> int:
        """Size of the result, before it is encoded."""
        return math.prod(self.extent) * self.output_channels * np.dtype(self.output_dtype).itemsize

    def working_bytes(self, threads: int = 1) -> int:
        """Return the most bytes that stand between the image and the result while it is filtered.

        A pipeline in one loop needs a few rows. Where it is cut - for the extremes of an image, for a Fourier
        transform, or as it is long - whole images stand between its parts, two at a time.

        Parameters
        ----------
        threads : int
            That work on the image.
        """
        tiles = [stage.tiles for stage in self.stages if stage.tiles is not None]
        reduced = any(isinstance(op, Reduce) for stage in self.stages for op in stage.ops)
        if not (tiles or reduced or len(self.stages) > SURELY_FUSED):
            return 0
        size = np.dtype(self.compute).itemsize
        images = [math.prod(stage.extent) * stage.channels * size for stage in self.stages]
        between = max(map(sum, itertools.pairwise(images)), default=images[0])
        return between + max((each.shared_bytes + threads * each.thread_bytes for each in tiles), default=0)

    @property
    def operations(self) -> int:
        """Arithmetic operations of all stages."""
        return sum(stage.operations for stage in self.stages)

    @property
    def saturations(self) -> list[str]:
        """Where a dtype can lose values, and what keeps them: all that says so, says this.

        Proven ranges are wider than what an image holds, so it tells what can happen, not what will.
        """
        last = self.stages[-1]
        stored = [(stage, stage.unrounded, stage.dtype) for stage in self.stages if is_integer(stage.dtype)]
        return [
            f"{stage.place} ({stage.name}): of {self.dtype} images its values can be {values}; {loss}"
            for stage, values, dtype in [*stored, (last, last.range, self.output_dtype)]
            if (loss := _loss(values, dtype, stage.smaller, is_result=stage is last)) is not None
        ]

    @property
    def warnings(self) -> list[str]:
        """What a person should know before running it."""
        return [warning for stage in self.stages for warning in stage.warnings] + self.saturations

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return {
            "input": list(self.input),
            "channels": self.channels,
            "alpha": self.alpha,
            "dtype": self.dtype,
            "output": list(self.extent),
            "output_channels": self.output_channels,
            "output_dtype": self.output_dtype,
            "compute": self.compute,
            "stages": [stage.to_dict() for stage in self.stages],
            "warnings": self.warnings,
        }


def _loss(values: Interval, dtype: str, smaller: str | None, *, is_result: bool) -> str | None:
    """Say what `dtype` makes of those of `values` that it does not hold; None if it holds all of them."""
    if _holds(dtype, values):
        return None
    wider = next((name for name in ("uint16", "int16", "int32") if _holds(name, values)), "float32")
    keeps = f"{f'{smaller} or ' if smaller else ''}'dtype: {wider}' keeps them"
    instead = f"{keeps} ({_FILES.get(wider, _TIFF_ALONE)})" if is_result else keeps
    if not is_integer(dtype):
        return f"{dtype} makes those beyond {np.finfo(dtype).max:.6g} infinite; {instead}"
    limits = dtype_range(dtype)
    return f"{dtype} holds {limits.low:.10g} to {limits.high:.10g} and saturates the others; {instead}"


_TIFF_ALONE = "in a file with 'format: tiff'; PNG and JPEG do not hold it"
_FILES = {"uint16": "in a file with 'format: png' or tiff; JPEG does not hold it"}
"""Which files hold a result of a type, as `convpipe.images` has it."""


def _smaller(stage: Stage) -> str | None:
    """Name the parameters of a stage that make its values smaller, as its method declares them."""
    own = stage.parameters
    if "kernel" not in own:
        return next((f"a smaller {name}" for name in ("gain", "amount") if name in own), None)
    divides = not own["normalize"] and abs(np.sum(own["kernel"])) > 1
    return "smaller weights, 'normalize: true'" if divides else "smaller weights"


def _holds(dtype: str, values: Interval) -> bool:
    """Tell whether `dtype` holds all of `values`, rounded; wide floating types hold what is computed."""
    if is_integer(dtype):
        limits = dtype_range(dtype)
        return values.within(Interval(limits.low - 0.5, limits.high + 0.5))
    largest = float(np.finfo(dtype).max)
    return dtype != "float16" or values.within(Interval(-largest, largest))


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
    planned: list[StagePlan] = []
    numbers = itertools.count()
    for stage in stages:
        index = None if stage.implied else next(numbers)
        kind = ImageKind(state.channels, alpha, values.high, values.low)
        step = _plan_stage(index, stage, stage.lower(border, kind), state, COMPUTE[dtype])
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


def _plan_stage(
    index: int | None, stage: Stage, ops: tuple[Op, ...], state: _State, compute: str
) -> StagePlan:
    stencil = next(op for op in ops if isinstance(op, Stencil))
    windows = stencil.axes(state.extent)
    rows, cols = (window.output(size) for window, size in zip(windows, state.extent, strict=True))
    for window, size, count, axis in zip(windows, state.extent, (rows, cols), AXIS_NAMES, strict=True):
        if count < 1:
            raise PlanError(
                f"stage {index} ({stage.name}): its window spans {window.reach} {axis} but its padded "
                f"input has {size} + {window.before} + {window.after}; output {axis}: {window.formula(size)}",
                stage.name,
            )
    channels = state.channels
    operations = 0
    padded = stencil.border == Border.CONSTANT and any(window.before or window.after for window in windows)
    for op in ops:
        channels = len(op.matrix) if isinstance(op, Mix) else channels
        operations += rows * cols * channels * _operations(op)
    unrounded, ranges = state.ranges.through(ops, padded)
    return StagePlan(
        index=index,
        name=stage.name,
        method=stage.method.title,
        ops=ops,
        input=state.extent,
        extent=(rows, cols),
        axes=windows,
        field=(state.field[0].through(windows[0]), state.field[1].through(windows[1])),
        channels=channels,
        dtype=stage.dtype or compute,
        unrounded=unrounded.whole,
        ranges=ranges,
        operations=operations,
        separation_error=_separation_error(ops, state.ranges.whole),
        tiles=_tiles(ops, windows, (rows, cols), state.channels),
        smaller=_smaller(stage),
    )


def _tiles(ops: Sequence[Op], windows: tuple[Axis, Axis], extent: Extent, channels: int) -> Tiles | None:
    """Return the tiles of a window that is one dense kernel over plain channels, if they are less work."""
    first = ops[0]
    if not isinstance(first, Stencil) or first.keep_alpha or len(first.banks) > 1:
        return None
    (taps,) = first.banks
    dense = taps.factors is None and taps.count >= LEAST_TAPS
    return tiles(windows, extent, channels) if dense else None


def _separation_error(ops: Sequence[Op], samples: Interval) -> float:
    largest = max(abs(samples.low), abs(samples.high))
    errors = [taps.error for op in ops if isinstance(op, Stencil) for taps in op.banks]
    return max(errors) * largest if any(errors) else 0.0


def _operations(op: Op) -> int:
    """Count the arithmetic operations of `op` on one output sample."""
    if isinstance(op, Stencil):
        return sum(2 * _taps_used(taps) for taps in op.banks)
    if isinstance(op, Map):
        return sum(isinstance(node, ast.BinOp | ast.UnaryOp | ast.Call) for node in ast.walk(op.tree))
    if isinstance(op, Mix):
        return 2 * len(op.matrix[0])
    return 1


def _taps_used(taps: Taps) -> int:
    """Return the taps of the kernel, or of its two factors if those are fewer."""
    if taps.factors is None:
        return taps.count
    return min(taps.count, sum(int(np.count_nonzero(factor)) for factor in taps.factors))
