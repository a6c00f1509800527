"""Run a plan whose nodes form a graph: one sweep over the image for as many of them as can share it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import memory
from convpipe.compile.common.levels import Picture, make_program
from convpipe.compile.cpu.executable import Fused
from convpipe.compile.cpu.groups import measured
from convpipe.compile.cpu.transform import Transform
from convpipe.compile.runtime.threads import count
from convpipe.geometry import Axis
from convpipe.ops import IDENTITY, Stencil, stored
from convpipe.plan import IMAGE, NodePlan, Plan
from convpipe.plan.parts import Part, held, levels
from convpipe.stages.wiring import RESULT
from convpipe.statistics import Statistic


@dataclass(frozen=True)
class Sweep:
    """One loop: the images that it reads and those that it writes.

    Parameters
    ----------
    reads, makes : tuple of int
        Positions of the nodes of the plan whose images they are.
    pictures : tuple of Picture
        Those that it writes.
    fused : Fused
    operations : int
    statistics : tuple of Statistic
        The numbers that it needs of the first image that it reads.
    """

    reads: tuple[int, ...]
    makes: tuple[int, ...]
    pictures: tuple[Picture, ...]
    fused: Fused
    operations: int
    statistics: tuple[Statistic, ...]

    @property
    def source(self) -> str:
        """The schedule, and the generated Python of its loops."""
        return self.fused.source

    def __call__(
        self, images: Sequence[NDArray[Any]], threads: int | None, alpha: bool
    ) -> tuple[list[NDArray[Any]], int]:
        """Return the images that it writes, and how many NaNs became 0; all are (rows, cols, channels)."""
        given = self.fused.program.images
        flat = [
            np.ascontiguousarray(image, picture.dtype).reshape(picture.extent[0], -1)
            for image, picture in zip(images, given, strict=True)
        ]
        shapes = [(*made.extent, made.channels) for made in self.pictures]
        outs = [memory.empty(shape, made.dtype) for shape, made in zip(shapes, self.pictures, strict=True)]
        bands = 1 if threads == 1 else self.fused.bands(self.operations)
        bands = min(bands, threads or count()) if bands > 1 else 1
        found = measured(self.statistics, images[0], given[0].channels, alpha)
        nans = self.fused.run(flat, [out.reshape(len(out), -1) for out in outs], bands, found)
        return outs, nans

    def warm(self) -> None:
        """Compile its loops."""
        self.fused.warm()


@dataclass(frozen=True)
class Tiles:
    """A Fourier transform: the image that it reads and the one that it makes, not rounded."""

    reads: tuple[int, ...]
    makes: tuple[int, ...]
    transform: Transform

    @property
    def source(self) -> str:
        """The generated Python of what happens to its responses."""
        return self.transform.source

    def __call__(
        self, images: Sequence[NDArray[Any]], threads: int | None, alpha: bool
    ) -> tuple[list[NDArray[Any]], int]:
        """Return the image that it makes, and how many NaNs became 0; as a sweep is called."""
        made, nans = self.transform(images[0], threads)
        return [made.reshape(*made.shape[:2], -1)], nans

    def warm(self) -> None:
        """Compile what happens to its responses."""
        self.transform.warm()


@dataclass(frozen=True)
class GraphExecutable:
    """Sweeps that run one after the other; an image is let go when the last that reads it has run.

    Parameters
    ----------
    plan : Plan
    """

    plan: Plan

    @property
    def source(self) -> str:
        """The schedules, and the generated Python of every loop."""
        return "\n".join(run.source for run in (*self._runs, *self._casts.values()))

    def __call__(self, image: NDArray[Any], threads: int | None = None) -> tuple[NDArray[Any], int]:
        """Return the result of the last stage, and how many NaNs became 0 in all of them."""
        results, nans = self.outputs(image, threads)
        return results[RESULT], nans

    def outputs(self, image: NDArray[Any], threads: int | None = None) -> tuple[dict[str, NDArray[Any]], int]:
        """Return all results by their names, and how many NaNs became 0 in them."""
        plan = self.plan
        images = {IMAGE: image.reshape(*plan.input, plan.channels)}
        alive, nans = held(plan.parts), 0
        kept = {IMAGE, *(output.node for output in plan.outputs)}
        for number, run in enumerate(self._runs):
            made, lost = run([images[at] for at in run.reads], threads, plan.alpha)
            images |= zip(run.makes, made, strict=True)
            nans += lost
            if number + 1 < len(alive):
                images = {at: each for at, each in images.items() if at in kept | alive[number + 1]}
        results = {}
        for output in plan.outputs:
            found = images[output.node]
            if cast := self._casts.get(output.name):
                (found,), lost = cast([found], threads, plan.alpha)
                nans += lost
            if found.dtype != output.dtype:
                with np.errstate(over="ignore"):  # what float16 cannot hold is infinite, as the plan says
                    found = found.astype(output.dtype)
            results[output.name] = found.reshape(plan.result_shape(image.ndim, output.node))
        return results, nans

    def warm(self) -> None:
        """Compile every loop."""
        for run in (*self._runs, *self._casts.values()):
            run.warm()

    @cached_property
    def _written(self) -> dict[int, str]:
        """Types of the images that stand: that of a result, where nobody else reads it."""
        plan = self.plan
        read = {source for part in plan.parts for source in part.reads}
        kept = {at: plan.compute for part in plan.parts for at in part.makes}
        own = {
            output.node: output.dtype
            for output in plan.outputs
            if output.node not in read and not self._is_transformed(output.node)
        }
        return kept | own

    def _is_transformed(self, node: int) -> bool:
        return any(part.nodes[0].tiles is not None and node in part.at for part in self.plan.parts)

    @cached_property
    def _runs(self) -> list[Sweep | Tiles]:
        return [self._run(part) for part in self.plan.parts]

    def _run(self, part: Part) -> Sweep | Tiles:
        plan, nodes = self._of(part.nodes, part.at, part.reads), part.nodes
        if nodes[0].tiles is not None:
            dtype = plan.dtype if part.reads == (IMAGE,) else plan.compute
            return Tiles(
                part.reads, part.makes, Transform(replace(plan, dtype=dtype, output_dtype=plan.compute))
            )
        local = {at: number for number, at in enumerate(part.at)}
        outputs = {local[at]: self._written[at] for at in part.makes}
        given = [self._picture(at) for at in part.reads]
        program = make_program(plan, levels(part), given, outputs)
        makes = tuple(part.at[at] for at in program.results)
        pictures = tuple(
            Picture(nodes[at].extent, nodes[at].channels, stored(outputs[at])) for at in program.results
        )
        work = sum(node.operations for node in nodes)
        return Sweep(part.reads, makes, pictures, Fused(program), work, nodes[0].statistics)

    def _picture(self, at: int) -> Picture:
        plan = self.plan
        if at == IMAGE:
            return Picture(plan.input, plan.channels, stored(plan.dtype))
        return Picture(plan.nodes[at].extent, plan.nodes[at].channels, stored(self._written[at]))

    def _of(self, nodes: Sequence[NodePlan], at: Sequence[int], reads: Sequence[int]) -> Plan:
        """Return some nodes as a plan of their own: -1, -2, ... are what they read of others."""
        moved = {source: -1 - number for number, source in enumerate(reads)}
        moved |= {own: number for number, own in enumerate(at)}
        own = tuple(replace(node, inputs=tuple(moved[source] for source in node.inputs)) for node in nodes)
        first = self._picture(reads[0])
        return replace(self.plan, input=first.extent, channels=first.channels, nodes=own, beside=())

    @cached_property
    def _casts(self) -> dict[str, Sweep]:
        """What makes results of images that stand in another type, as others read them, too."""
        plan, found = self.plan, {}
        for output in plan.outputs:
            if self._written[output.node] == output.dtype:
                continue
            node = plan.nodes[output.node]
            window = Stencil((IDENTITY,), keep_alpha=node.ranges.alpha is not None)
            axes = (Axis(1), Axis(1))
            same = replace(node, ops=(window,), inputs=(IMAGE,), input=node.extent, axes=axes, tiles=None)
            own = replace(
                plan, input=node.extent, channels=node.channels, dtype=plan.compute, nodes=(same,), beside=()
            )
            program = make_program(own, [(0,)], [self._picture(output.node)], {0: output.dtype})
            made = Picture(node.extent, node.channels, stored(output.dtype))
            found[output.name] = Sweep(
                (output.node,), (output.node,), (made,), Fused(program), node.samples, ()
            )
        return found


def compile_graph(plan: Plan) -> GraphExecutable:
    """Return `plan`, whose nodes form a graph, as the sweeps that run it."""
    return GraphExecutable(plan)
