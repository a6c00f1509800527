"""Where a plan is cut: levels, which share a loop over rows, and parts, between which a whole image stands.

A level is a node with a window or a join, and the nodes after it that look at one pixel at a time. A part is
levels that share one sweep over the image, a Fourier transform, or an op that stands apart. A reduction needs
all of an image before it can give a pixel; a transform takes large tiles of it. The rows of very many levels
would fill the caches.
Where a plan is cut has no effect on a byte: nodes hand on the same numbers in an image as in a few rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.ops import is_rounding
from convpipe.plan.node import NodePlan
from convpipe.stages.wiring import IMAGE

FEW_LEVELS = 8
"""Levels that share one sweep whatever rows they keep: to write an image and read it again takes longer."""

MOST_LEVELS = 12
"""Most levels in one sweep, where their windows span few rows: what they keep shares the caches."""

MOST_ROWS = 192
"""Most rows that the windows of more than a few levels span: so many of float32 fit, in strips of columns."""

MOST_STAGES = 24
"""Most stages in one loop, of which all but the levels look at one pixel at a time."""


@dataclass(frozen=True)
class Part:
    """Nodes that run together.

    Parameters
    ----------
    nodes : tuple of NodePlan
        Their inputs are positions in the plan.
    at : tuple of int
        Their positions in the plan.
    reads : tuple of int
        Positions of the nodes of other parts whose images it reads; ``IMAGE`` is the image that enters.
    makes : tuple of int
        Positions of its nodes whose images stand: others read them, or they are results.
    floating : bool
        Whether an image that it reads is of floating point: NaNs come to where values are rounded.
    """

    nodes: tuple[NodePlan, ...]
    at: tuple[int, ...]
    reads: tuple[int, ...]
    makes: tuple[int, ...]
    floating: bool

    @property
    def numbered(self) -> tuple[NodePlan, ...]:
        """Its nodes by themselves: their inputs are positions among them, or, -1, -2, ..., of `reads`."""
        moved = {source: -1 - number for number, source in enumerate(self.reads)}
        moved |= {own: number for number, own in enumerate(self.at)}
        return tuple(
            replace(node, inputs=tuple(moved[source] for source in node.inputs)) for node in self.nodes
        )


def cut(nodes: Sequence[NodePlan], outputs: Collection[int], dtype: str) -> list[Part]:
    """Return the parts of a pipeline over images of `dtype`.

    Parameters
    ----------
    nodes : sequence of NodePlan
    outputs : collection of int
        Positions of the nodes that give results.
    dtype : str
    """
    kept = {*outputs, *_read_by_several(nodes)}
    floating = np.dtype(dtype).kind == "f"
    parts: list[list[int]] = [[]]
    for at, node in enumerate(nodes):
        if parts[-1] and not _joins(parts[-1], at, nodes, kept):
            parts.append([])
        parts[-1].append(at)
        # What is lost is counted where a sample is written, once: rows between two levels may be made again.
        loses = (floating and rounds(node)) or overflows(node, dtype)
        if loses and at + 1 < len(nodes):
            parts.append([])
    return [_part(own, nodes, outputs, dtype) for own in parts]


def cut_at_need(nodes: Sequence[NodePlan], outputs: Collection[int], dtype: str) -> list[Part]:
    """Return the fewest parts, for what keeps no rows from one to the next: as :func:`cut` otherwise.

    An image has to stand whole where numbers of all of it are needed, and where NaNs that became 0 in it are
    counted.
    """
    floating = np.dtype(dtype).kind == "f"
    parts: list[list[int]] = [[]]
    for at, node in enumerate(nodes):
        if parts[-1] and (node.reduces or (floating and rounds(nodes[at - 1]))):
            parts.append([])
        parts[-1].append(at)
    return [_part(own, nodes, outputs, dtype) for own in parts]


def whole(nodes: Sequence[NodePlan], outputs: Collection[int], dtype: str) -> Part:
    """Return all nodes as one part."""
    return _part(range(len(nodes)), nodes, outputs, dtype)


def _part(own: Sequence[int], nodes: Sequence[NodePlan], outputs: Collection[int], dtype: str) -> Part:
    reads = dict.fromkeys(source for at in own for source in nodes[at].inputs if source not in own)
    elsewhere = {source for at, node in enumerate(nodes) if at not in own for source in node.inputs}
    makes = tuple(at for at in own if at in elsewhere or at in outputs)
    floating = np.dtype(dtype).kind == "f" or any(source != IMAGE for source in reads)
    floating |= nodes[own[0]].tiles is not None  # whose loop reads the responses
    return Part(tuple(nodes[at] for at in own), tuple(own), tuple(reads), makes, floating)


def _joins(own: Sequence[int], at: int, nodes: Sequence[NodePlan], kept: Collection[int]) -> bool:
    """Tell whether the loop of the nodes at `own` is to have that at `at`, too."""
    if nodes[at].tiles is not None or nodes[at].reduces or nodes[at].apart or nodes[own[0]].apart:
        return False
    most = 1 if nodes[own[0]].tiles is not None else MOST_LEVELS  # a tile of responses has no neighbours
    if most > FEW_LEVELS and sum(_span(nodes[each]) for each in (*own, at)) > MOST_ROWS:
        most = FEW_LEVELS
    return len(own) < MOST_STAGES and len(_levels([*own, at], nodes, kept)) <= most


def _span(node: NodePlan) -> int:
    """Return how many rows of its input a row of a node is made of."""
    (above, below), _ = node.halo
    return above + 1 + below


def held(parts: Sequence[Part]) -> list[set[int]]:
    """Return, for each part, the nodes whose images stand between parts while it runs.

    An image stands from when it is made to when the last part that reads it has run. One that nobody reads is
    a result alone.
    """
    until = {source: number for number, part in enumerate(parts) for source in part.reads if source >= 0}
    made = {at: number for number, part in enumerate(parts) for at in part.makes}
    return [{at for at, last in until.items() if made[at] <= number <= last} for number in range(len(parts))]


def levels(part: Part) -> list[tuple[int, ...]]:
    """Return the levels of a part, each the positions of its nodes among the part's.

    A level is one node, and those after it that need no pixel but the one they change: what one of them gives
    nobody else reads, it is no result, and no NaN became 0 in it, since these are counted where a level ends.
    """
    where = {at: number for number, at in enumerate(part.at)}
    nodes = dict(zip(part.at, part.nodes, strict=True))
    kept = {*part.makes, *_read_by_several(part.nodes)}
    kept |= {at for at, node in nodes.items() if part.floating and rounds(node)}
    return [tuple(where[at] for at in own) for own in _levels(part.at, nodes, kept)]


def _read_by_several(nodes: Sequence[NodePlan]) -> set[int]:
    """Return the positions in the plan that more than one of `nodes` read."""
    readers = Counter(source for node in nodes for source in node.inputs)
    return {at for at, count in readers.items() if count > 1}


def _levels(
    own: Sequence[int], nodes: Sequence[NodePlan] | Mapping[int, NodePlan], kept: Collection[int]
) -> list[list[int]]:
    """Return the levels of the nodes at `own`; the images of those in `kept` are of use beside the next."""
    found: list[list[int]] = []
    for at in own:
        before = next((each for each in found if nodes[at].inputs == (each[-1],)), None)
        if before and nodes[at].is_pointwise and before[-1] not in kept:
            before.append(at)
        else:
            found.append([at])
    return found


def rounds(node: NodePlan) -> bool:
    """Tell whether `node` rounds to integers, so that NaNs become 0 in it."""
    return any(map(is_rounding, node.ops))


def overflows(node: NodePlan, dtype: str) -> bool:
    """Tell whether finite samples of images of `dtype` can become infinite as `node` rounds to float16.

    No plan knows the range of images of floating point.
    """
    return node.dtype == "float16" and (np.dtype(dtype).kind == "f" or not node.ranges.whole.bounded)
