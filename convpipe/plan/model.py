"""What a plan says of a whole pipeline."""

from __future__ import annotations

import itertools
import math
from functools import cached_property
from typing import Any

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.drawing.flow import FlowStage
from convpipe.drawing.notebook import figure
from convpipe.geometry import Extent, Field
from convpipe.levels import MASK
from convpipe.ops import Frame, Layer, Turn, Warp, dtype_range, stored
from convpipe.plan.costs import apart_bytes, apart_thread_bytes, counting_bytes, layer_bytes, statistics_bytes
from convpipe.plan.missing import Missing
from convpipe.plan.node import NodePlan
from convpipe.plan.parts import Part, cut, held
from convpipe.plan.rings import ring_bytes
from convpipe.plan.saturation import saturations
from convpipe.plan.stage import StagePlan
from convpipe.plan.values import keeps_values, levels_of, without_overshoot
from convpipe.polyphase import Polyphase
from convpipe.sampling import Sampling
from convpipe.stages.wiring import IMAGE, RESULT


@dataclass(frozen=True)
class Output:
    """A result.

    Parameters
    ----------
    name : str
    node : int
        Position of the node that gives it.
    dtype : str
    """

    name: str
    node: int
    dtype: str


def _of_mask(node: NodePlan) -> str | None:
    """Return what there is to say of a node, if it reads a mask."""
    return node.apart.of_mask if isinstance(node.apart, Frame) else None


@dataclass(frozen=True, repr=False)
class Plan:
    """What a pipeline does to an image.

    Parameters
    ----------
    input : (rows, cols)
    channels : int
        That enter: those of the image, and a mask.
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
    beside : tuple of Output
        The other results.
    missing : Missing, optional
        Which samples of the image count for nothing.
    """

    input: Extent
    channels: int
    dtype: str
    output_dtype: str
    compute: str
    alpha: bool
    nodes: tuple[NodePlan, ...]
    beside: tuple[Output, ...] = ()
    missing: Missing | None = None

    @cached_property
    def outputs(self) -> tuple[Output, ...]:
        """All results; the last is that of the last stage."""
        return (*self.beside, Output(RESULT, len(self.nodes) - 1, self.output_dtype))

    @property
    def is_chain(self) -> bool:
        """Tell whether each node reads the one before it, and the last gives the only result."""
        return not self.beside and all(node.inputs == (at - 1,) for at, node in enumerate(self.nodes))

    @cached_property
    def stages(self) -> tuple[StagePlan, ...]:
        """The nodes of each stage; of a part of a plan, of those that it has nodes of."""
        stages: list[StagePlan] = []
        first = 0
        for _, group in itertools.groupby(self.nodes, key=lambda node: id(node.origin)):
            stages.append(StagePlan(tuple(group), first))
            first += len(stages[-1].nodes)
        return tuple(stages)

    def stage_of(self, node: int) -> int:
        """Return the position of the stage that the node at a position is of."""
        return max(at for at, stage in enumerate(self.stages) if stage.first <= node)

    @property
    def image_channels(self) -> int:
        """Channels of the image."""
        return self.channels - (self.missing is not None and self.missing.masked)

    def _repr_html_(self) -> str:
        """Return the graph of stages, with the sizes of what passes between them, for notebooks."""
        flow = tuple(
            FlowStage(
                one.name,
                one.origin.method,
                (),
                one.inputs,
                tuple(each.name for each in self.outputs if self.stage_of(each.node) == at),
            )
            for at, one in enumerate(self.stages)
        )
        sizes = {IMAGE: self.input, **{at: one.extent for at, one in enumerate(self.stages)}}
        return figure(flow, sizes, self.headline)

    @property
    def headline(self) -> str:
        """What goes in, what comes out, and the arithmetic between, in a line."""
        (rows, cols), (out_rows, out_cols) = self.input, self.extent
        return (
            f"{rows}x{cols}x{self.image_channels} {self.dtype} -> "
            f"{out_rows}x{out_cols}x{self.output_channels} {self.output_dtype}, computed in {self.compute}"
            f"{'' if self.missing is None else f', {self.missing} missing'}"
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

    def way_to(self, node: int = -1) -> list[NodePlan]:
        """Return the nodes from the image to one of them; of those that a join reads, the first counts."""
        found = [self.nodes[node]]
        while found[-1].inputs[0] != IMAGE:
            found.append(self.nodes[found[-1].inputs[0]])
        return found[::-1]

    def sampling(self, node: int = -1) -> Sampling:
        """Return where the pixels of what a node gives lie in the image."""
        if node not in self._samplings:
            self._samplings[node] = self._sampling(node)
        return self._samplings[node]

    @cached_property
    def _samplings(self) -> dict[int, Sampling]:
        """What was found, by node: it is asked of each image that has this plan."""
        return {}

    def keeps_values(self, node: int = -1) -> bool:
        """Tell whether values of what a node gives mean what they mean in the image: as a blur's do."""
        if node not in self._kept:
            self._kept[node] = keeps_values(self.nodes, node, self.dtype, self.alpha)
        return self._kept[node]

    @cached_property
    def _kept(self) -> dict[int, bool]:
        """What was found, by node."""
        return {}

    def _sampling(self, node: int) -> Sampling:
        found, fields = Sampling(), (Field(), Field())
        for each in self.way_to(node):
            if isinstance(each.apart, Turn | Warp):
                turned = each.apart.sampling(each.input)
                found, fields = found.then(Sampling.of(fields)).then(turned), (Field(), Field())
            fields = fields[0].through(each.axes[0]), fields[1].through(each.axes[1])
        return found.then(Sampling.of(fields))

    @property
    def output_channels(self) -> int:
        """Channels of the result."""
        return self.nodes[-1].channels

    def result_shape(self, axes: int, node: int = -1) -> tuple[int, ...]:
        """Return the shape of what a node gives for an image of 2 or 3 `axes`.

        One channel keeps the axis that it had.
        """
        made = self.nodes[node]
        if made.channels == 1 and (axes == 2 or self.image_channels > 1):
            return made.extent
        return (*made.extent, made.channels)

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
        """Size of all results, before they are encoded."""
        return sum(map(self.result_bytes, self.outputs))

    def result_bytes(self, output: Output) -> int:
        """Return the size of a result, before it is encoded."""
        return self.nodes[output.node].samples * np.dtype(output.dtype).itemsize

    @cached_property
    def parts(self) -> list[Part]:
        """What runs as one loop or transform each, between which the whole image stands."""
        return cut(self.nodes, [output.node for output in self.outputs], self.dtype)

    @cached_property
    def shared_bytes(self) -> int:
        """Memory beside the image and the result that all threads share: at most, of all that is filtered.

        Images that stand between two parts, transforms of a kernel, taps of a resample, what a library's
        function takes or the search for numbers of an image, and copies of an image or a result in the type
        that the loops read or write.
        """
        size = np.dtype(self.compute).itemsize
        between = max(sum(self.nodes[at].samples * size for at in alive) for alive in held(self.parts))
        tiles = [node.tiles for node in self.nodes if node.tiles is not None]
        kernels = max((each.shared_bytes for each in tiles), default=0)
        whole = max(
            apart_bytes(node, size) + statistics_bytes(node, self.given_dtype(node)) for node in self.nodes
        )
        taps = sum(axis.nbytes for node in self.nodes for axis in node.axes if isinstance(axis, Polyphase))
        masked = self.input_bytes if self.channels > self.image_channels else 0
        read, written = stored(self.dtype), stored(self.output_dtype, self.compute)
        copies = _copied(self.input_bytes, self.dtype, read)
        copies += _copied(self.output_bytes, self.output_dtype, written)
        return between + kernels + whole + taps + masked + copies

    @cached_property
    def thread_bytes(self) -> int:
        """Memory that each thread needs beside that, at most: rows of every level, or tiles."""
        return max(self._thread_bytes(part) for part in self.parts)

    def _thread_bytes(self, part: Part) -> int:
        first = part.nodes[0]
        if first.tiles is not None:
            return first.tiles.thread_bytes
        if isinstance(first.apart, Layer):
            return layer_bytes(first, np.dtype(self.compute).itemsize)
        if first.apart:
            return apart_thread_bytes(first)
        return max(ring_bytes(part, self.compute), counting_bytes(first, self.given_dtype(first)))

    def given_dtype(self, node: NodePlan) -> str:
        """Return the type of what a node reads, as it is stored."""
        return stored(self.dtype) if IMAGE in node.inputs else self.compute

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

        Proven ranges are wider than what an image holds, so it tells what can happen, not what will. What
        overshoots beside an edge because it interpolates is cut off as everywhere, and not spoken of.
        """
        results = {self.stage_of(output.node): output.dtype for output in self.outputs}
        made = without_overshoot(self.nodes, dtype_range(self.dtype), self.alpha)
        level = [made[stage.first + len(stage.nodes) - 1] for stage in self.stages]
        return saturations(self.stages, results, level, self.dtype)

    @property
    def unsuited(self) -> list[str]:
        """Which functions of a library read a mask, and are of little use on one."""
        if not any(_of_mask(node) for node in self.nodes):
            return []
        values = levels_of(self.nodes, self.dtype)
        return [
            f"{node.origin}: {said}"
            for node in self.nodes
            if (said := _of_mask(node)) and len(values[node.inputs[0]] or range(MASK + 1)) <= MASK
        ]

    @cached_property
    def notes(self) -> list[str]:
        """What is to be said of all such images: what a dtype loses, what parts nothing, what is missing."""
        found = [*self.saturations, *self.unsuited]
        if self.missing is not None and self.missing.value is not None:
            value = Missing(self.missing.value)
            if not value.of(self.dtype):
                found.append(
                    f"missing: {value} is no value of {self.dtype} images; no sample of them is missing by it"
                )
        return found

    @property
    def warnings(self) -> list[str]:
        """What a person should know before running it."""
        return [warning for stage in self.stages for warning in stage.warnings] + self.notes

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return {
            "input": list(self.input),
            "channels": self.image_channels,
            "alpha": self.alpha,
            "missing": None if self.missing is None else str(self.missing),
            "dtype": self.dtype,
            "output": list(self.extent),
            "output_channels": self.output_channels,
            "output_dtype": self.output_dtype,
            "compute": self.compute,
            "outputs": [self._output(output) for output in self.outputs],
            "shared_bytes": self.shared_bytes,
            "thread_bytes": self.thread_bytes,
            "stages": [stage.to_dict() for stage in self.stages],
            "warnings": self.warnings,
        }

    def _output(self, output: Output) -> dict[str, Any]:
        node = self.nodes[output.node]
        return {
            "name": output.name,
            "stage": self.stage_of(output.node),
            "output": list(node.extent),
            "channels": node.channels,
            "dtype": output.dtype,
        }


def _copied(nbytes: int, dtype: str, held: str) -> int:
    """Return the size of the copy of type `held` that loops read or write of pixels of `dtype`; 0 of none."""
    return 0 if held == dtype else nbytes // np.dtype(dtype).itemsize * np.dtype(held).itemsize
