"""The levels of a plan as what both backends compile, before either decides how.

They carry structure alone; weights, constants, extents, padding and border rules are run-time values, so that
another sigma of the same radius, other weights or another image size compile nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import field, replace

import numpy as np

from convpipe.compile.common.pictures import Picture
from convpipe.dataclass import dataclass
from convpipe.geometry import Axis, Extent
from convpipe.interval import Interval
from convpipe.ops import IDENTITY, Alpha, Cast, ChannelMap, Lookup, Map, Mix, Resample, Stencil, stored
from convpipe.plan import NodePlan, Plan, parts
from convpipe.plan.arithmetic import plan_arithmetic
from convpipe.plan.costs import operations

Pointwise = Map | Lookup | Mix | ChannelMap | Alpha | Cast


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
    inputs : tuple of int
        Positions of the levels that it reads; -1, -2, ... are the images that enter.
    joins : tuple of int
        Of a join, the channels of each input; its first step is a map of them.
    output : str or None
        Type of the image that it writes, if it does.
    resamples : bool
        Whether its window lies elsewhere, with other taps, for every row and column.
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
    inputs: tuple[int, ...] = (-1,)
    joins: tuple[int, ...] = ()
    output: str | None = None
    resamples: bool = False

    @property
    def operations(self) -> int:
        """Operations that the steps take for a sample."""
        return sum(map(operations, self.steps))

    @property
    def mixes_samples(self) -> bool:
        """Tell whether it makes channels of those of its input, with no window."""
        first = self.steps[0] if self.steps else None
        plain = self.kernel == (1, 1) and not self.keep_alpha and not self.resamples
        return plain and isinstance(first, Mix | ChannelMap)


SMALL = 2.0**30
"""Values up to this size fit 32 bits, and those that rounding makes of them."""


@dataclass(frozen=True)
class Program:
    """Levels, each after those that it reads, and the types of what enters and of the arithmetic.

    Parameters
    ----------
    levels : tuple of Level
    heads : tuple of NodePlan
        The first node of each.
    tails : tuple of NodePlan
        The last.
    images : tuple of Picture
    compute : str
    results : tuple of int
        The nodes whose images are written, in the order of the levels that do.
    """

    levels: tuple[Level, ...]
    heads: tuple[NodePlan, ...] = field(compare=False)
    tails: tuple[NodePlan, ...] = field(compare=False)
    images: tuple[Picture, ...]
    compute: str
    results: tuple[int, ...] = ()

    def stores_small(self, level: Level) -> bool:
        """Tell whether all that a level makes, but for NaN, are numbers that 32 bits hold."""
        values = self.tails[level.index].ranges.whole
        integers = all(np.dtype(image.dtype).kind in "iu" for image in self.images)
        return integers and values.within(Interval(-SMALL, SMALL))

    def reads_small(self, level: Level) -> bool:
        """Tell whether all that a level reads are such numbers, made by others."""
        return all(at >= 0 and self.stores_small(self.levels[at]) for at in level.inputs)

    @property
    def counts_nans(self) -> bool:
        """Tell whether NaNs can come to where values are rounded: they become 0, and are counted."""
        floats = any(np.dtype(image.dtype).kind == "f" for image in self.images)
        return floats or any(map(math.isnan, self.constants))  # which stand for what is missing

    @property
    def constants(self) -> list[float]:
        """The constants of all steps, in their order."""
        return [value for level in self.levels for step in level.steps for value in _constants(step)]


def make_levels(plan: Plan) -> Program:
    """Return the levels of `plan`, a chain that is fused into one loop."""
    last = len(plan.nodes) - 1
    groups = parts.levels(parts.whole(plan.nodes, [last], plan.dtype))
    image = Picture(plan.input, plan.channels, stored(plan.dtype))
    return make_program(plan, groups, [image], [(last, plan.output_dtype)])


def make_program(
    plan: Plan,
    groups: Sequence[Sequence[int]],
    images: Sequence[Picture],
    outputs: Collection[tuple[int, str]],
) -> Program:
    """Return the levels of nodes that are fused into one loop.

    Parameters
    ----------
    plan : Plan
        Of these nodes alone: -1, -2, ... among their inputs are `images`.
    groups : sequence of sequence of int
        The nodes of each level.
    images : sequence of Picture
    outputs : collection of (int, str)
        The nodes whose images are written, and in which types. Rows of float16 are not rounded yet.
    """
    nodes, read = plan.nodes, {source for node in plan.nodes for source in node.inputs}
    shared = read | {at for at, count in Counter(at for at, _ in outputs).items() if count > 1}
    alone = {at: dtype for at, dtype in outputs if at not in shared}
    makers: dict[int, int] = {}
    levels: list[Level] = []
    constants = 0
    for own in groups:
        chain, last = [nodes[at] for at in own], own[-1]
        inputs = tuple(makers.get(source, source) for source in chain[0].inputs)
        entering = [
            images[-1 - source].channels if source < 0 else levels[source].output_channels
            for source in inputs
        ]
        level = _level(len(levels), chain, entering, constants, plan.alpha)
        written = alone.get(last)
        steps = _unrounded(level.steps, written)
        levels.append(
            replace(level, steps=steps, inputs=inputs, output=written and stored(written, plan.compute))
        )
        constants += sum(len(_constants(step)) for step in level.steps)
        makers[last] = level.index
    heads = [nodes[own[0]] for own in groups]
    tails = [nodes[own[-1]] for own in groups]
    results = [own[-1] for own, level in zip(groups, levels, strict=True) if level.output is not None]
    for at, dtype in outputs:
        if at in shared:  # others read rows that are not rounded
            level = _result(len(levels), nodes[at], constants)
            levels.append(replace(level, inputs=(makers[at],), output=stored(dtype, plan.compute)))
            heads.append(_same(nodes[at]))
            tails.append(nodes[at])
            results.append(at)
    return Program(tuple(levels), tuple(heads), tuple(tails), tuple(images), plan.compute, tuple(results))


_SAME = Stencil((IDENTITY,))


def _same(node: NodePlan) -> NodePlan:
    """Return a node that gives what `node` does."""
    given = node.arithmetic
    arithmetic = plan_arithmetic((_SAME,), given.made, given.compute, image=False)
    return replace(node, ops=(_SAME,), axes=(Axis(1), Axis(1)), input=node.extent, arithmetic=arithmetic)


def _result(index: int, node: NodePlan, constants: int) -> Level:
    """Return the level that writes what `node` gives."""
    title = f"{node.title}, as a result"
    one, channels = (1, 1), node.channels
    return Level(index, title, one, one, one, channels, channels, False, (), False, (0, 0), constants)


def _level(
    index: int, nodes: Sequence[NodePlan], entering: Sequence[int], constants: int, alpha: bool
) -> Level:
    first = nodes[0]
    window = _SAME if first.is_join else first.window
    return Level(
        index=index,
        title=", ".join(one.title for one in nodes),
        kernel=window.kernel,
        stride=window.stride,
        dilation=window.dilation,
        channels=max(entering),
        output_channels=nodes[-1].channels,
        premultiply=not first.is_join and first.ops[0] is not window,
        steps=_steps(nodes),
        keep_alpha=alpha if first.is_join else window.keep_alpha,
        centre=window.centre,
        constants=constants,
        joins=tuple(entering) if first.is_join else (),
        resamples=isinstance(window, Resample),
    )


def _steps(nodes: Sequence[NodePlan]) -> tuple[Pointwise, ...]:
    """Return what happens to the responses of the first node; the one weight of a later one multiplies."""
    steps: list[Pointwise] = []
    for node in nodes:
        after = node.ops
        if not node.is_join:
            window = node.window
            if node is not nodes[0] and isinstance(window, Stencil) and not window.is_identity:
                weight = window.banks[0].weight(0, 0)
                steps.append(Map("weight * r", constants=(("weight", weight),)))
            after = node.ops[node.ops.index(window) + 1 :]
        steps += [op for op in after if isinstance(op, Pointwise)]
    return tuple(steps)


def constant_pixel(node: NodePlan) -> tuple[float, float]:
    """Return what the window of `node` finds in a constant border: in channels but the last, and there."""
    window = node.window
    if window.opaque is None:
        return window.value, window.value
    premultiplied = node.ops[0] is not window
    return window.value * (window.opaque if premultiplied else 1.0), window.opaque


def _unrounded(steps: tuple[Pointwise, ...], written: str | None) -> tuple[Pointwise, ...]:
    """Return `steps` without the last if that rounds to the float16 that is written.

    Who takes the rows rounds them to it, and counts what becomes infinite.
    """
    rounds = written == "float16" and steps[-1:] == (Cast("float16"),)
    return steps[:-1] if rounds else steps


def _constants(step: Pointwise) -> list[float]:
    if isinstance(step, Map | Lookup | ChannelMap):
        return [value for _, value in step.constants]
    if isinstance(step, Mix):
        return [value for row in step.matrix for value in row]
    return []
