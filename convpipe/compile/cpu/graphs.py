"""Run a plan whose nodes form a graph: parts and joins one after the other, whole images between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from convpipe.compile.cpu.executable import Executable
from convpipe.compile.cpu.groups import Groups, compile_plan
from convpipe.compile.cpu.joins import join
from convpipe.geometry import Axis
from convpipe.ops import IDENTITY, Map, Op, Stencil
from convpipe.plan import IMAGE, NodePlan, Plan
from convpipe.plan.parts import Part
from convpipe.stages.wiring import RESULT


@dataclass(frozen=True)
class Step:
    """What makes one image.

    Parameters
    ----------
    inputs : tuple of int
        Positions of the steps whose images it reads; ``IMAGE`` is the image that enters.
    run : Executable, Groups or Map
    """

    inputs: tuple[int, ...]
    run: Executable | Groups | Map


@dataclass(frozen=True)
class GraphExecutable:
    """Steps that run one after the other; an image is let go when the last that reads it has run.

    Parameters
    ----------
    plan : Plan
    steps : tuple of Step
    results : tuple of int
        Positions of the steps that give the plan's outputs, in their order.
    """

    plan: Plan
    steps: tuple[Step, ...]
    results: tuple[int, ...]

    @property
    def source(self) -> str:
        """The generated Python of every loop, and the expression of every join."""
        return "\n".join(
            f"# {step.run.expression}\n" if isinstance(step.run, Map) else step.run.source
            for step in self.steps
        )

    def __call__(self, image: NDArray[Any], threads: int | None = None) -> tuple[NDArray[Any], int]:
        """Return the result of the last stage, and how many NaNs became 0 in all of them."""
        results, nans = self.outputs(image, threads)
        return results[RESULT], nans

    def outputs(self, image: NDArray[Any], threads: int | None = None) -> tuple[dict[str, NDArray[Any]], int]:
        """Return all results by their names, and how many NaNs became 0 in them."""
        plan = self.plan
        images = {IMAGE: image.reshape(*plan.input, plan.channels)}
        left = Counter(at for step in self.steps for at in step.inputs) + Counter(self.results)
        nans = 0
        for at, step in enumerate(self.steps):
            read = [images[source] for source in step.inputs]
            if isinstance(step.run, Map):
                images[at] = join(step.run, read, plan.compute, alpha=plan.alpha)
            else:
                made, lost = step.run(read[0], threads)
                images[at] = made.reshape(*made.shape[:2], -1)
                nans += lost
            left.subtract(step.inputs)
            for source in set(step.inputs):
                if not left[source]:
                    del images[source]
        shapes = (plan.result_shape(image.ndim, output.node) for output in plan.outputs)
        found = zip(plan.outputs, self.results, shapes, strict=True)
        return {output.name: images[at].reshape(shape) for output, at, shape in found}, nans

    def warm(self) -> None:
        """Compile every loop."""
        for step in self.steps:
            if not isinstance(step.run, Map):
                step.run.warm()


def compile_graph(plan: Plan) -> GraphExecutable:
    """Return `plan`, whose nodes form a graph, as the steps that run it."""
    make = _Maker(plan)
    for number in range(len(plan.parts)):
        make.add(number)
    return GraphExecutable(
        plan, tuple(make.steps), tuple(make.results[output.name] for output in plan.outputs)
    )


class _Maker:
    """Makes the steps of a plan; images that are read have the type of the arithmetic, results their own."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._made = {IMAGE: IMAGE}  # the step of each part
        self._read = {at for part in plan.parts for at in part.inputs}
        self.steps: list[Step] = []
        self.results: dict[str, int] = {}

    def add(self, number: int) -> None:
        """Add the steps of a part, and those that make results of what it gives."""
        plan, part = self._plan, self._plan.parts[number]
        outputs = [output for output in plan.outputs if output.node == part.last]
        dtype = plan.compute if number in self._read else outputs[0].dtype
        self._add_part(part, dtype)
        made = self._made[number] = len(self.steps) - 1
        for output in outputs:
            if output.dtype != dtype:
                node = plan.nodes[output.node]
                loop = self._loop([_pointwise(node, ())], node.channels, dtype, output.dtype)
                self._add((made,), loop)
                self.results[output.name] = len(self.steps) - 1
            else:
                self.results[output.name] = made

    def _add_part(self, part: Part, dtype: str) -> None:
        """Add the steps of a part; those of a join are its map, and what happens to what that gives."""
        plan, node = self._plan, part.nodes[0]
        inputs = tuple(self._made[at] for at in part.inputs)
        channels = max(
            plan.channels if at == IMAGE else plan.parts[at].nodes[-1].channels for at in part.inputs
        )
        if not node.is_join:
            source = plan.dtype if inputs[0] == IMAGE else plan.compute
            self._add(inputs, self._loop(part.nodes, channels, source, dtype))
            return
        op, *rest = node.ops
        assert isinstance(op, Map)
        self._add(inputs, op)
        if rest or dtype != plan.compute:
            loop = self._loop([_pointwise(node, rest)], channels, plan.compute, dtype)
            self._add((len(self.steps) - 1,), loop)

    def _add(self, inputs: tuple[int, ...], run: Executable | Groups | Map) -> None:
        self.steps.append(Step(inputs, run))

    def _loop(
        self, nodes: Sequence[NodePlan], channels: int, dtype: str, output_dtype: str
    ) -> Executable | Groups:
        """Return a chain of nodes as a plan of its own, compiled."""
        chain = tuple(replace(node, inputs=(at - 1,)) for at, node in enumerate(nodes))
        return compile_plan(
            replace(
                self._plan,
                input=nodes[0].input,
                channels=channels,
                dtype=dtype,
                output_dtype=output_dtype,
                nodes=chain,
                beside=(),
            )
        )


def _pointwise(node: NodePlan, ops: Sequence[Op]) -> NodePlan:
    """Return a node that applies `ops` to the output of `node`."""
    alpha = node.ranges.alpha is not None
    window = Stencil((IDENTITY,), keep_alpha=alpha)
    return replace(node, ops=(window, *ops), input=node.extent, axes=(Axis(1), Axis(1)), tiles=None)
