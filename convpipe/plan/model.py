"""What a plan says of a pipeline and of each of its stages."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from convpipe.fourier import Tiles
from convpipe.geometry import Axis, Extent, Field
from convpipe.interval import Interval
from convpipe.ops import Op, Reduce, Stencil, is_integer
from convpipe.plan.saturation import loss
from convpipe.ranges import Ranges
from convpipe.sampling import Sampling

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
        >>> from convpipe.plan import make_plan
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
            f"{stage.place} ({stage.name}): of {self.dtype} images its values can be {values}; {lost}"
            for stage, values, dtype in [*stored, (last, last.range, self.output_dtype)]
            if (lost := loss(values, dtype, stage.smaller, is_result=stage is last)) is not None
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
