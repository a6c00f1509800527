"""What a plan says of one stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from convpipe.fourier import Tiles
from convpipe.geometry import Axis, Extent, Field
from convpipe.interval import Interval
from convpipe.ops import Op, Reduce, Stencil
from convpipe.ranges import Ranges

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
    def stencil(self) -> Stencil:
        """Its window."""
        return next(op for op in self.ops if isinstance(op, Stencil))

    @property
    def reduces(self) -> bool:
        """Tell whether it needs the extremes of its whole input."""
        return any(isinstance(op, Reduce) for op in self.ops)

    @property
    def is_pointwise(self) -> bool:
        """Tell whether it needs no pixel but the one that it changes."""
        stencil = self.stencil
        padding = [side for axis in self.axes for side in (axis.before, axis.after)]
        return (
            self.ops[0] is stencil
            and not stencil.keep_alpha
            and (stencil.kernel, stencil.stride, len(stencil.banks)) == ((1, 1), (1, 1), 1)
            and not any(padding)
        )

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
        return self.stencil.halo

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
