"""Where a plan is cut: levels, which share a loop over rows, and parts, between which a whole image stands.

A level is a node with a window, and the nodes after it that look at one pixel at a time. A part is a chain of
levels in one loop, a Fourier transform, or a join. A reduction needs all of an image before it can give a
pixel; a transform takes large tiles of it; an image that is read twice, or is a result, is made once. A loop
of many stages takes more than its share of time and memory to compile, and Python's parser has its limits.
Where a plan is cut has no effect on a byte: nodes hand on the same numbers in an image as in a few rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from convpipe.ops import is_rounding
from convpipe.plan.node import NodePlan
from convpipe.stages.wiring import IMAGE

MOST_LEVELS = 8
"""Most windows in one loop: each nests a loop over rows in the loop before, and Python takes 20 at most."""

MOST_STAGES = 24
"""Most stages in one loop, of which all but the levels look at one pixel at a time."""


@dataclass(frozen=True)
class Part:
    """A chain of nodes that run together.

    Parameters
    ----------
    nodes : tuple of NodePlan
    inputs : tuple of int
        Positions among the parts of those that it reads; ``IMAGE`` is the image that enters.
    last : int
        Position of its last node in the plan.
    """

    nodes: tuple[NodePlan, ...]
    inputs: tuple[int, ...]
    last: int


def cut(nodes: Sequence[NodePlan], outputs: Collection[int], dtype: str) -> list[Part]:
    """Return the parts of a pipeline over images of `dtype`.

    Parameters
    ----------
    nodes : sequence of NodePlan
    outputs : collection of int
        Positions of the nodes that give results.
    dtype : str
    """
    readers = Counter(at for node in nodes for at in node.inputs)
    parts: list[list[int]] = []
    for at, node in enumerate(nodes):
        before = [nodes[i] for i in parts[-1]] if parts else []
        follows = node.inputs == (at - 1,) and readers[at - 1] == 1 and at - 1 not in outputs
        alone = node.tiles is not None or node.reduces or not before or loses_nans(before[-1], dtype)
        if follows and not alone and not before[-1].is_join and _joins(before, node, dtype):
            parts[-1].append(at)
        else:
            parts.append([at])
    makers = {IMAGE: IMAGE, **{part[-1]: number for number, part in enumerate(parts)}}
    return [
        Part(tuple(nodes[at] for at in part), tuple(makers[at] for at in nodes[part[0]].inputs), part[-1])
        for part in parts
    ]


def held(parts: Sequence[Part]) -> list[set[int]]:
    """Return, for each part, the parts whose images stand while it runs; the last gives the result.

    An image stands from when it is made to when the last part that reads it has run.
    """
    until = {source: at for at, part in enumerate(parts) for source in part.inputs if source != IMAGE}
    return [
        {made for made in range(min(at + 1, len(parts) - 1)) if until.get(made, len(parts)) >= at}
        for at in range(len(parts))
    ]


def _joins(part: Sequence[NodePlan], node: NodePlan, dtype: str) -> bool:
    """Tell whether the loop of `part` is to have `node`, too; a tile of responses has no neighbours."""
    most = 1 if part and part[0].tiles is not None else MOST_LEVELS
    return len(part) < MOST_STAGES and len(grouped([*part, node], dtype)) <= most


def grouped(nodes: Sequence[NodePlan], dtype: str) -> list[tuple[NodePlan, ...]]:
    """Return the nodes of each level: one, and those after it that need no pixel but the one they change."""
    groups: list[tuple[NodePlan, ...]] = []
    for node in nodes:
        if groups and node.is_pointwise and not loses_nans(groups[-1][-1], dtype):
            groups[-1] += (node,)
        else:
            groups.append((node,))
    return groups


def loses_nans(node: NodePlan, dtype: str) -> bool:
    """Tell whether NaNs of an image of `dtype` can become 0 in `node`, where it rounds.

    They are counted where a sample is written, once: what stands between two levels may be computed again.
    """
    return np.dtype(dtype).kind == "f" and any(map(is_rounding, node.ops))
