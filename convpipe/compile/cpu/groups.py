"""Compile the parts that a plan is cut into, each structure once, and run one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from convpipe.compile.cpu.executable import Executable, compile_fused
from convpipe.compile.cpu.transform import Transform
from convpipe.plan import NodePlan, Plan
from convpipe.statistics import Statistic, measure


@dataclass(frozen=True)
class Groups:
    """Loops and transforms that run one after the other; the contract of each of them.

    Parameters
    ----------
    parts : tuple of Executable or Transform
    """

    parts: tuple[Executable | Transform, ...]

    @property
    def source(self) -> str:
        """The generated Python of every loop."""
        return "\n".join(part.source for part in self.parts)

    def __call__(self, image: NDArray[Any], threads: int | None = None) -> tuple[NDArray[Any], int]:
        """Return the result, and how many NaNs became 0; as :meth:`Executable.__call__`."""
        nans = 0
        for part in self.parts:
            if isinstance(part, Transform):
                image, lost = part(image, threads)
            else:
                plan = part.plan
                found = measured(plan.nodes[0].statistics, image, plan.channels, plan.alpha)
                image, lost = part(image, threads, found)
            nans += lost
        return image, nans

    def warm(self) -> None:
        """Compile every loop."""
        for part in self.parts:
            part.warm()


def compile_plan(plan: Plan) -> Executable | Groups:
    """Return `plan`, a chain, as machine code; a structure that was compiled before is not compiled again."""
    if len(plan.parts) == 1 and plan.nodes[0].tiles is None and not plan.nodes[0].reduces:
        return compile_fused(plan)
    parts: list[Executable | Transform] = []
    for part in plan.parts:
        before = parts[-1].plan if parts else None
        parts.append(_compile(_part(plan, part.nodes, before, last=part is plan.parts[-1])))
    return Groups(tuple(parts))


def _compile(plan: Plan) -> Executable | Transform:
    return compile_fused(plan) if plan.nodes[0].tiles is None else Transform(plan)


def _part(plan: Plan, nodes: Sequence[NodePlan], before: Plan | None, last: bool) -> Plan:
    """Return `nodes` as a plan of their own; images between parts have the arithmetic's type."""
    return replace(
        plan,
        input=nodes[0].input,
        channels=before.output_channels if before else plan.channels,
        dtype=plan.compute if before else plan.dtype,
        output_dtype=plan.output_dtype if last else plan.compute,
        nodes=tuple(replace(node, inputs=(at - 1,)) for at, node in enumerate(nodes)),
    )


def measured(statistics: Sequence[Statistic], image: NDArray[Any], channels: int, alpha: bool) -> list[float]:
    """Return numbers of an image; alpha is left out."""
    samples = image.reshape(-1, channels)
    return measure(statistics, samples[:, :-1] if alpha else samples) if statistics else []
