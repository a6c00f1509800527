"""The levels of a plan as what both backends compile, before either decides how.

They carry structure alone; weights, constants, extents, padding and border rules are run-time values, so that
another sigma of the same radius, other weights or another image size compile nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convpipe.geometry import Extent
from convpipe.ops import Alpha, Cast, Map, Mix, stored
from convpipe.plan import NodePlan, Plan, grouped

Pointwise = Map | Mix | Alpha | Cast


@dataclass(frozen=True)
class Level:
    """Geometry and steps of one node with a window, and of the pointwise nodes after it.

    Parameters
    ----------
    index : int
    title : str
        For the comment above the loop.
    kernel, stride, dilation : (rows, cols)
    channels : int
        Channels of the input; samples of a pixel stand side by side in a row.
    output_channels : int
    premultiply : bool
        Whether the colours of its input are multiplied by alpha.
    steps : tuple of Pointwise
        What happens to the responses.
    keep_alpha : bool
    centre : (row, col)
        The tap that alpha is kept from.
    constants : int
        Position of the first constant of `steps` in the constant vector.
    """

    index: int
    title: str
    kernel: Extent
    stride: Extent
    dilation: Extent
    channels: int
    output_channels: int
    premultiply: bool
    steps: tuple[Pointwise, ...]
    keep_alpha: bool
    centre: Extent
    constants: int

    @property
    def mixes_samples(self) -> bool:
        """Tell whether it is a mix of the channels of its input, with no window."""
        first = self.steps[0] if self.steps else None
        return self.kernel == (1, 1) and not self.keep_alpha and isinstance(first, Mix)


@dataclass(frozen=True)
class Program:
    """Levels in a chain, and the types of what enters, of the arithmetic and of what is stored.

    Parameters
    ----------
    levels : tuple of Level
    compute, source, output : str
    """

    levels: tuple[Level, ...]
    compute: str
    source: str
    output: str

    @property
    def counts_nans(self) -> bool:
        """Tell whether NaNs can come to where values are rounded: they become 0, and are counted."""
        return np.dtype(self.source).kind == "f"

    @property
    def constants(self) -> list[float]:
        """The constants of all steps, in their order."""
        return [value for level in self.levels for step in level.steps for value in _constants(step)]


def make_levels(plan: Plan) -> Program:
    """Return the levels of `plan`, which is fused into one loop."""
    levels: list[Level] = []
    channels, constants = plan.channels, 0
    for nodes in grouped(plan.nodes, plan.dtype):
        level = _level(len(levels), nodes, channels, constants)
        levels.append(level)
        constants += sum(len(_constants(step)) for step in level.steps)
        channels = level.output_channels
    return Program(tuple(levels), plan.compute, stored(plan.dtype), stored(plan.output_dtype))


def _level(index: int, nodes: Sequence[NodePlan], channels: int, constants: int) -> Level:
    stencil = nodes[0].stencil
    return Level(
        index=index,
        title=", ".join(one.title for one in nodes),
        kernel=stencil.kernel,
        stride=stencil.stride,
        dilation=stencil.dilation,
        channels=channels,
        output_channels=nodes[-1].channels,
        premultiply=nodes[0].ops[0] is not stencil,
        steps=_steps(nodes),
        keep_alpha=stencil.keep_alpha,
        centre=stencil.centre,
        constants=constants,
    )


def _steps(nodes: Sequence[NodePlan]) -> tuple[Pointwise, ...]:
    """Return what happens to the responses of the first node; the one weight of a later one multiplies."""
    steps: list[Pointwise] = []
    for node in nodes:
        stencil = node.stencil
        weight = stencil.banks[0].weight(0, 0)
        if node is not nodes[0] and weight != 1:
            steps.append(Map("weight * r", constants=(("weight", weight),)))
        after = node.ops[node.ops.index(stencil) + 1 :]
        steps += [op for op in after if isinstance(op, Pointwise)]
    return tuple(steps)


def constant_pixel(node: NodePlan) -> tuple[float, float]:
    """Return what the window of `node` finds in a constant border: in channels but the last, and there."""
    stencil = node.stencil
    if stencil.opaque is None:
        return stencil.value, stencil.value
    premultiplied = node.ops[0] is not stencil
    return stencil.value * (stencil.opaque if premultiplied else 1.0), stencil.opaque


def _constants(step: Pointwise) -> list[float]:
    if isinstance(step, Map):
        return [value for _, value in step.constants]
    if isinstance(step, Mix):
        return [value for row in step.matrix for value in row]
    return []
