"""Whether values mean in a result what they mean in its image: chosen among them, or means of some.

Asked of intervals, not of names: what gives values of a narrow interval for an image of that interval, and no
higher ones, keeps them, whatever it is called. A sum that overshoots where it interpolates is no filter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from convpipe.interval import Interval
from convpipe.levels import BOOL, Levels, few_values
from convpipe.ops import Frame, Layer, Map, Op, Resample, Turn, Warp, dtype_range
from convpipe.plan.node import NodePlan
from convpipe.ranges import Ranges
from convpipe.stages.wiring import IMAGE

_SHARES = 0.7, 0.75
"""The ends of the interval, as shares of the largest value: near nothing that filters compare values with."""

_TOLERANCE = 1e-4
"""Of an end: weights that sum to 1 do so but for what is rounded off. Of integers, half a level more."""


def keeps_values(nodes: Sequence[NodePlan], at: int, dtype: str, alpha: bool) -> bool:
    """Tell whether what a node gives has the values of the image, or means of them; 0 may be among them.

    Parameters
    ----------
    nodes : sequence of NodePlan
        Of a plan.
    at : int
        The position of the node.
    dtype : str
        Of the image.
    alpha : bool
        Whether its last channel is alpha.
    """
    full = dtype_range(dtype)
    low, high = (share * full.high for share in _SHARES)
    image = Ranges(Interval(low, high), full if alpha else None)
    found = _all_through(nodes[: range(len(nodes))[at] + 1], image)[-1][1].colour
    near = _TOLERANCE * full.high + (0.5 if full.high > 1 else 0.0)
    return abs(found.high - high) <= near and min(low, 0.0) - near <= found.low <= low + near


def without_overshoot(nodes: Sequence[NodePlan], full: Interval, alpha: bool) -> list[Interval]:
    """Enclose the values of each node, before its cast, as if what interpolates gave means of some pixels.

    Parameters
    ----------
    nodes : sequence of NodePlan
        Of a plan.
    full : Interval
        The values of the image.
    alpha : bool
        Whether its last channel is alpha.
    """
    image = Ranges(full, full if alpha else None)
    return [unrounded.whole for unrounded, _ in _all_through(nodes, image)]


def levels_of(nodes: Sequence[NodePlan], dtype: str) -> dict[int, Levels]:
    """Return the values that the image and each of the nodes of a plan can have, where they are few.

    Parameters
    ----------
    nodes : sequence of NodePlan
    dtype : str
        Of the image.
    """
    found: dict[int, Levels] = {IMAGE: BOOL if dtype == "bool" else None}
    for at, node in enumerate(nodes):
        found[at] = few_values(node.ops, [found[each] for each in node.inputs])
    return found


def _all_through(nodes: Sequence[NodePlan], image: Ranges) -> list[tuple[Ranges, Ranges]]:
    """Return the ranges after each node, before its cast and after it."""
    made: list[tuple[Ranges, Ranges]] = []
    for node in nodes:
        made.append(_through(node, [image if each == IMAGE else made[each][1] for each in node.inputs]))
    return made


def _through(node: NodePlan, entering: Sequence[Ranges]) -> tuple[Ranges, Ranges]:
    """Return the ranges after a node, before its cast and after it."""
    if isinstance(node.apart, Layer):
        padded = any(max(axis.before, axis.after) > 0 for axis in node.axes)
        made = Ranges(node.apart.range(entering[0].colour, padded), entering[0].alpha)
        return made, made
    if node.is_join:
        joined, *ops = node.ops
        assert isinstance(joined, Map)
        return Ranges.joined(joined, entering).through(ops, padded=False)
    first = entering[0]
    if isinstance(node.apart, Frame):
        for other in entering[1:]:
            first = replace(first, colour=first.colour.join(other.colour))
    ops = [op for op in node.ops if not _interpolates(op)]
    padded = any(max(axis.before, axis.after) > 0 for axis in node.axes)
    return first.through(ops, padded)


def _interpolates(op: Op) -> bool:
    """Tell whether an op moves pixels, and weighs values for nothing else."""
    return isinstance(op, Resample | Turn | Warp)
