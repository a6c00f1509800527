"""What a plan says of one stage."""

from __future__ import annotations

from typing import Any

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.fourier import Tiles
from convpipe.geometry import Axis, Extent, Field
from convpipe.interval import Interval
from convpipe.multirate import Rates
from convpipe.ops import Frame, Layer, Op, Turn, Warp
from convpipe.plan.arithmetic import Arithmetic
from convpipe.plan.node import AXIS_NAMES, NodePlan, Origin, Separation
from convpipe.ranges import Ranges
from convpipe.stages.wiring import IMAGE


@dataclass(frozen=True)
class StagePlan:
    """What one stage does: its nodes, of which the last gives its output.

    Parameters
    ----------
    nodes : tuple of NodePlan
        At least one, all of one :class:`Origin`.
    first : int
        Position of the first of them among the plan's nodes.
    """

    nodes: tuple[NodePlan, ...]
    first: int

    @property
    def origin(self) -> Origin:
        """Which stage it is."""
        return self.nodes[0].origin

    @property
    def inputs(self) -> tuple[int, ...]:
        """Positions among the plan's stages of those that it reads; ``IMAGE`` is the image that enters."""
        return tuple(dict.fromkeys(self.origin.reads))

    @property
    def index(self) -> int | None:
        """Position among the stages given, from 0; None for those that an option of the pipeline adds."""
        return self.origin.index

    @property
    def name(self) -> str:
        """Name in plans and reports."""
        return self.origin.name

    @property
    def place(self) -> str:
        """Which stage it is, for a person."""
        return self.origin.place

    @property
    def ops(self) -> tuple[Op, ...]:
        """The ops of all its nodes."""
        return tuple(op for node in self.nodes for op in node.ops)

    @property
    def input(self) -> Extent:
        """Rows and columns of what it reads."""
        return self.nodes[0].input

    @property
    def extent(self) -> Extent:
        """Rows and columns of its output."""
        return self.nodes[-1].extent

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """Window over rows and over columns that its extent comes from, padding resolved."""
        return self._sized.axes if self.rates is None else self.rates.axes

    @property
    def _sized(self) -> NodePlan:
        """The node that its extent comes from: other windows of a stage give what they read."""
        return next((node for node in reversed(self.nodes) if not node.is_join), self.nodes[-1])

    @property
    def _entering(self) -> Extent:
        """Rows and columns of what its axes slide over: exchanged, where that is all it does."""
        if self.rates is not None:
            return self.rates.input
        node = self._sized
        if isinstance(node.apart, Turn):
            return node.apart.extent(node.input)
        return node.extent if isinstance(node.apart, Warp) else node.input

    @property
    def field(self) -> tuple[Field, Field]:
        """Receptive field of its output in the image that enters the pipeline."""
        return self.nodes[-1].field

    @property
    def channels(self) -> int:
        """Channels of its output."""
        return self.nodes[-1].channels

    @property
    def dtype(self) -> str:
        """Type of its output: a cast's, or that of the arithmetic."""
        return self.nodes[-1].dtype

    @property
    def unrounded(self) -> Interval:
        """Encloses every value of its output for finite input, before ``dtype`` rounds and saturates it."""
        return self.nodes[-1].unrounded

    @property
    def ranges(self) -> Ranges:
        """The same after that, of colours and of alpha."""
        return self.nodes[-1].ranges

    @property
    def range(self) -> Interval:
        """Encloses every value of its output for finite input."""
        return self.ranges.whole

    @property
    def operations(self) -> int:
        """Arithmetic operations on the whole image; a multiply-add counts as two."""
        return sum(node.operations for node in self.nodes)

    @property
    def separation(self) -> Separation | None:
        """Into what kernels are taken apart: of its nodes, where responses are off by most because of it."""
        found = (node.separation for node in self.nodes if node.separation is not None)
        return max(found, key=lambda one: one.error, default=None)

    @property
    def arithmetic(self) -> list[Arithmetic]:
        """Of its windows that sum samples in a loop."""
        return [
            node.arithmetic
            for node in self.nodes
            if node.arithmetic.sums and node.tiles is None and not node.window.is_identity
        ]

    @property
    def tiles(self) -> Tiles | None:
        """Of the Fourier transforms that a window goes through, if one does."""
        return next((node.tiles for node in self.nodes if node.tiles is not None), None)

    @property
    def rates(self) -> Rates | None:
        """Of the window that runs at three rates, if one does; of several, of the one that is most off."""
        found = [node.rates for node in self.nodes if node.rates is not None]
        return max(found, key=lambda rates: rates.error, default=None)

    @property
    def frame(self) -> Frame | None:
        """The function of a library that the whole image goes through, if it does."""
        return next((op for op in self.ops if isinstance(op, Frame)), None)

    @property
    def warp(self) -> Warp | None:
        """Its interpolation where a map puts its pixels, if that is what it does."""
        return next((op for op in self.ops if isinstance(op, Warp)), None)

    @property
    def layer(self) -> Layer | None:
        """Its filters over all channels at once, if it has some."""
        return next((op for op in self.ops if isinstance(op, Layer)), None)

    @property
    def smaller(self) -> str | None:
        """Which of its own parameters make its values smaller, for a person."""
        return self.origin.smaller

    @property
    def halo(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Pixels it reaches to, ((above, below), (left, right)) of the one it computes."""
        reaches: list[list[int]] = []
        for node in self.nodes:
            own = [side for axis in node.halo for side in axis]
            before = [reaches[at - self.first] for at in node.inputs if at >= self.first]
            entering = [max(sides) for sides in zip(*before, strict=True)] or [0] * 4
            reaches.append([one + other for one, other in zip(own, entering, strict=True)])
        above, below, left, right = reaches[-1]
        return (above, below), (left, right)

    @property
    def bytes(self) -> int:
        """Size of its output, were it kept."""
        return self.nodes[-1].samples * np.dtype(self.dtype).itemsize

    @property
    def dropped(self) -> Extent:
        """Rows at the bottom, columns at the right, that the floor of the size formula leaves unread."""
        rows, cols = (axis.dropped(size) for axis, size in zip(self.axes, self._entering, strict=True))
        return rows, cols

    @property
    def formulas(self) -> tuple[str, str]:
        """The output-size formula with its numbers, for rows and for columns."""
        rows, cols = (axis.formula(size) for axis, size in zip(self.axes, self._entering, strict=True))
        return rows, cols

    @property
    def warnings(self) -> list[str]:
        """What a person should know before running it."""
        return [
            f"{self.origin}: stride {axis.stride} leaves the last {count} {name} unread"
            for count, name, axis in zip(self.dropped, AXIS_NAMES, self.axes, strict=True)
            if count
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the plan of the stage as plain data."""
        return {
            "index": self.index,
            "name": self.name,
            "inputs": ["input" if at == IMAGE else at for at in self.inputs],
            "input": list(self.input),
            "output": list(self.extent),
            "channels": self.channels,
            "dtype": self.dtype,
            "formula": list(self.formulas),
            "dropped": list(self.dropped),
            "halo": [list(side) for side in self.halo],
            "receptive_field": [field.reach for field in self.field],
            "cumulative_stride": [
                field.stride if isinstance(field.stride, int) else float(field.stride) for field in self.field
            ],
            "range": [self.range.low, self.range.high],
            "bytes": self.bytes,
            "operations": self.operations,
            "outer_products": 0 if self.separation is None else self.separation.products,
            "separation_error": 0.0 if self.separation is None else self.separation.error,
            "arithmetic": [each.to_dict() for each in self.arithmetic],
            "tiles": None if self.tiles is None else self.tiles.to_dict(),
            "rates": None if self.rates is None else self.rates.to_dict(),
            "filters": None if self.layer is None else list(self.layer.weights.shape),
            "folded": self.origin.folded,
            "library": None if self.frame is None else self.frame.function,
        }
