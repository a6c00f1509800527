"""Cut a plan where a stage needs the whole image, or where a loop would be too long; the rest is fused.

A reduction needs all of it before it can give a pixel; a Fourier transform takes large tiles of it. A loop
of many stages takes more than its share of time and memory to compile, and Python's parser has its limits.
So a pipeline of any length is compiled in pieces, of which each structure is compiled once. Where it is
cut has no effect on a byte: stages hand each other the same numbers in an image as in a few rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.levels import grouped, loses_nans
from convpipe.compile.cpu.executable import Executable, compile_fused
from convpipe.compile.cpu.transform import Transform
from convpipe.ops import Reduce
from convpipe.plan import Plan, StagePlan

MOST_LEVELS = 8
"""Most windows in one loop: each nests a loop over rows in the loop before, and Python takes 20 at most."""

MOST_STAGES = 24
"""Most stages in one loop, of which all but the levels look at one pixel at a time."""


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
                image, lost = part(image, threads, _extremes(image, part.plan))
            nans += lost
        return image, nans

    def warm(self) -> None:
        """Compile every loop."""
        for part in self.parts:
            part.warm()


def compile_plan(plan: Plan) -> Executable | Groups:
    """Return `plan` as machine code; a structure that was compiled before is not compiled again."""
    chain = _cut(plan.stages, plan.dtype)
    if len(chain) == 1 and plan.stages[0].tiles is None and not _reduces(plan.stages[0]):
        return compile_fused(plan)
    parts: list[Executable | Transform] = []
    for group in chain:
        before = parts[-1].plan if parts else None
        parts.append(_compile(_part(plan, group, before, last=group is chain[-1])))
    return Groups(tuple(parts))


def _cut(stages: Sequence[StagePlan], dtype: str) -> list[list[StagePlan]]:
    """Return the stages of each part."""
    parts: list[list[StagePlan]] = [[]]
    for stage in stages:
        if stage.tiles is not None or _reduces(stage) or not _joins(parts[-1], stage, dtype):
            parts.append([stage])
        else:
            parts[-1].append(stage)
        if loses_nans(stage, dtype):
            parts.append([])
    return [part for part in parts if part]


def _joins(part: Sequence[StagePlan], stage: StagePlan, dtype: str) -> bool:
    """Tell whether the loop of `part` is to have `stage`, too; a tile of responses has no neighbours."""
    most = 1 if part and part[0].tiles is not None else MOST_LEVELS
    return len(part) < MOST_STAGES and len(grouped([*part, stage], dtype)) <= most


def _compile(plan: Plan) -> Executable | Transform:
    return compile_fused(plan) if plan.stages[0].tiles is None else Transform(plan)


def _reduces(stage: StagePlan) -> bool:
    return any(isinstance(op, Reduce) for op in stage.ops)


def _part(plan: Plan, stages: Sequence[StagePlan], before: Plan | None, last: bool) -> Plan:
    """Return `stages` as a plan of their own; images between parts have the arithmetic's type."""
    return replace(
        plan,
        input=stages[0].input,
        channels=before.output_channels if before else plan.channels,
        dtype=plan.compute if before else plan.dtype,
        output_dtype=plan.output_dtype if last else plan.compute,
        stages=tuple(stages),
    )


def _extremes(image: NDArray[Any], plan: Plan) -> list[float]:
    """Return the smallest and the largest sample, if the first stage of `plan` needs them."""
    if not _reduces(plan.stages[0]):
        return []
    samples = image.reshape(-1, plan.channels)
    colours = samples[:, :-1] if plan.alpha else samples
    return [float(np.fmin.reduce(colours, axis=None)), float(np.fmax.reduce(colours, axis=None))]
