"""Where a plan is cut: levels, which share a loop over rows, and parts, between which a whole image stands.

A level is a node with a window, and the nodes after it that look at one pixel at a time. A part is a chain
of levels in one loop, or a Fourier transform. A reduction needs all of an image before it can give a pixel; a
transform takes large tiles of it. A loop of many stages takes more than its share of time and memory to
compile, and Python's parser has its limits. Where a plan is cut has no effect on a byte: nodes hand each
other the same numbers in an image as in a few rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convpipe.ops import is_rounding
from convpipe.plan.node import NodePlan

MOST_LEVELS = 8
"""Most windows in one loop: each nests a loop over rows in the loop before, and Python takes 20 at most."""

MOST_STAGES = 24
"""Most stages in one loop, of which all but the levels look at one pixel at a time."""


def cut(nodes: Sequence[NodePlan], dtype: str) -> list[list[NodePlan]]:
    """Return the nodes of each part of a pipeline over images of `dtype`."""
    parts: list[list[NodePlan]] = [[]]
    for node in nodes:
        if node.tiles is not None or node.reduces or not _joins(parts[-1], node, dtype):
            parts.append([node])
        else:
            parts[-1].append(node)
        if loses_nans(node, dtype):
            parts.append([])
    return [part for part in parts if part]


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
