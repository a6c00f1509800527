"""What a plan says of a whole pipeline."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from convpipe.geometry import Extent
from convpipe.ops import stored
from convpipe.plan.node import NodePlan
from convpipe.plan.parts import cut, grouped
from convpipe.plan.rings import ring_bytes
from convpipe.plan.saturation import loss
from convpipe.plan.stage import StagePlan
from convpipe.sampling import Sampling


@dataclass(frozen=True, repr=False)
class Plan:
    """What a pipeline does to an image.

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
    nodes : tuple of NodePlan
        Each after those that it reads; the last gives the result.
    """

    input: Extent
    channels: int
    dtype: str
    output_dtype: str
    compute: str
    alpha: bool
    nodes: tuple[NodePlan, ...]

    @cached_property
    def stages(self) -> tuple[StagePlan, ...]:
        """The nodes of each stage; of a part of a plan, of those that it has nodes of."""
        groups = itertools.groupby(self.nodes, key=lambda node: id(node.origin))
        return tuple(StagePlan(tuple(nodes)) for _, nodes in groups)

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
            f"{one.origin}: {one.input[0]}x{one.input[1]} -> {one.extent[0]}x{one.extent[1]}, "
            f"values {one.range}"
            for one in self.stages
        )
        return "\n".join((self.headline, *lines))

    @property
    def extent(self) -> Extent:
        """Rows and columns of the result."""
        return self.nodes[-1].extent

    @property
    def sampling(self) -> Sampling:
        """Where the pixels of the result lie in the image."""
        return Sampling.of(self.nodes[-1].field)

    @property
    def output_channels(self) -> int:
        """Channels of the result."""
        return self.nodes[-1].channels

    def result_shape(self, axes: int) -> tuple[int, ...]:
        """Return the shape of the result for an image of 2 or 3 `axes`; one channel keeps the axis it had."""
        if self.output_channels == 1 and (axes == 2 or self.channels > 1):
            return self.extent
        return (*self.extent, self.output_channels)

    @property
    def input_samples(self) -> int:
        """Samples of the decoded image."""
        return math.prod(self.input) * self.channels

    @property
    def input_bytes(self) -> int:
        """Size of the decoded image."""
        return self.input_samples * np.dtype(self.dtype).itemsize

    @property
    def output_bytes(self) -> int:
        """Size of the result, before it is encoded."""
        return math.prod(self.extent) * self.output_channels * np.dtype(self.output_dtype).itemsize

    @cached_property
    def parts(self) -> list[list[NodePlan]]:
        """The nodes of each part, between which the whole image stands."""
        return cut(self.nodes, self.dtype)

    @property
    def shared_bytes(self) -> int:
        """Memory beside the image and the result that all threads share: at most, of all that is filtered.

        Images that stand between two parts, transforms of a kernel, and copies of an image or a result in the
        type that the loops read or write.
        """
        size = np.dtype(self.compute).itemsize
        images = [last.samples * size for *_, last in self.parts[:-1]]
        between = max(map(sum, itertools.pairwise([0, *images, 0])))
        tiles = [node.tiles for node in self.nodes if node.tiles is not None]
        kernels = max((each.shared_bytes for each in tiles), default=0)
        copies = _copied(self.input_bytes, self.dtype) + _copied(self.output_bytes, self.output_dtype)
        return between + kernels + copies

    @cached_property
    def thread_bytes(self) -> int:
        """Memory that each thread needs beside that, at most: rows of every level, or tiles."""
        return max(self._thread_bytes(part) for part in self.parts)

    def _thread_bytes(self, part: Sequence[NodePlan]) -> int:
        tiles = part[0].tiles
        return ring_bytes(grouped(part, self.dtype), self.compute) if tiles is None else tiles.thread_bytes

    def working_bytes(self, threads: int = 1) -> int:
        """Return the most bytes that it takes to filter an image, beside the image and the result.

        Parameters
        ----------
        threads : int
            That work on the image.
        """
        return self.shared_bytes + threads * self.thread_bytes

    @property
    def operations(self) -> int:
        """Arithmetic operations of all stages."""
        return sum(node.operations for node in self.nodes)

    @property
    def saturations(self) -> list[str]:
        """Where a dtype can lose values, and what keeps them: all that says so, says this.

        Proven ranges are wider than what an image holds, so it tells what can happen, not what will.
        """
        last = self.stages[-1]
        rounded = [(stage, stage.unrounded, stage.dtype) for stage in self.stages]
        if last.dtype != self.output_dtype:
            rounded.append((last, last.range, self.output_dtype))
        return [
            f"{stage.origin}: of {self.dtype} images its values can be {values}; {lost}"
            for stage, values, dtype in rounded
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
            "shared_bytes": self.shared_bytes,
            "thread_bytes": self.thread_bytes,
            "stages": [stage.to_dict() for stage in self.stages],
            "warnings": self.warnings,
        }


def _copied(nbytes: int, dtype: str) -> int:
    """Return the size of the copy that loops read or write of pixels of `dtype`; 0 where there is none."""
    same = stored(dtype) == dtype
    return 0 if same else nbytes // np.dtype(dtype).itemsize * np.dtype(stored(dtype)).itemsize
