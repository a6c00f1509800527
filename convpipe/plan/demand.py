"""Which span of its input a span of an output reads: through one window, and through a graph of nodes.

Halos, bands, tiles and the blocks of an array that is filtered piece by piece all follow from this. Spans are
hulls: the smallest range that holds every sample read, on the way through borders as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.geometry import Axis, Border, Extent, border_index
from convpipe.ops import Layer, Turn
from convpipe.plan.node import NodePlan
from convpipe.polyphase import Polyphase
from convpipe.stages.wiring import IMAGE


@dataclass(frozen=True)
class Span:
    """Rows, or columns, from the first to the last; none where the last comes before the first."""

    first: int
    last: int

    def __len__(self) -> int:
        return max(self.last - self.first + 1, 0)

    def __or__(self, other: Span) -> Span:
        """Return the smallest span that holds both."""
        if not self or not other:
            return self or other
        return Span(min(self.first, other.first), max(self.last, other.last))

    def __and__(self, other: Span) -> Span:
        """Return what is of both."""
        return Span(max(self.first, other.first), min(self.last, other.last))

    @classmethod
    def around(cls, places: Iterable[int]) -> Span:
        """Return the smallest span that holds all `places`."""
        found = list(places)
        return cls(min(found), max(found)) if found else NOTHING


NOTHING = Span(0, -1)

Region = tuple[Span, Span]
"""Rows and columns."""


def read(axis: Axis, border: Border, size: int, span: Span) -> Span:
    """Return which of `size` samples the outputs of a `span` read.

    Parameters
    ----------
    axis : Axis
        The window.
    border : Border
        What lies outside comes from samples inside, but for that of a constant border.
    size : int
    span : Span
        Of outputs.

    Examples
    --------
    >>> read(Axis(5, before=2, after=2), Border.REFLECT, 100, Span(10, 19))
    Span(first=8, last=21)
    >>> read(Axis(5, before=2, after=2), Border.WRAP, 100, Span(0, 0))
    Span(first=0, last=99)
    >>> read(Axis(3, stride=2), Border.REFLECT, 9, Span(1, 2))
    Span(first=2, last=6)
    """
    if not span:
        return NOTHING
    if isinstance(axis, Polyphase):
        return Span(*axis.reads(span.first, span.last))
    first, end = axis.hull(span.first, span.last)
    last = end - 1
    if first >= 0 and last < size:
        return Span(first, last)
    inside = _least_from(axis, span, 0), _most_below(axis, span, size)
    found = Span(*inside) if inside[0] <= inside[1] else NOTHING
    if border == Border.CONSTANT:
        return found
    before = first, _most_below(axis, span, 0)
    after = _least_from(axis, span, size), last
    for low, high in (before, after):
        if low <= high and (low < 0 or low >= size):
            found |= _folded(axis, border, size, span, (low, high))
    return found


def _least_from(axis: Axis, span: Span, place: int) -> int:
    """Return the least position from `place` on that a tap of `span` lies on; a large one for none."""
    taps = np.arange(axis.kernel) * axis.dilation - axis.before
    outputs = np.maximum(-(-(place - taps) // axis.stride), span.first)
    reached = (outputs * axis.stride + taps)[outputs <= span.last]
    return int(reached.min()) if reached.size else span.last * axis.stride + axis.reach + place + 1


def _most_below(axis: Axis, span: Span, place: int) -> int:
    """Return the greatest position below `place` that such a tap lies on; a small one if there is none."""
    taps = np.arange(axis.kernel) * axis.dilation - axis.before
    outputs = np.minimum(-(-(place - taps) // axis.stride) - 1, span.last)
    reached = (outputs * axis.stride + taps)[outputs >= span.first]
    return int(reached.max()) if reached.size else min(span.first * axis.stride - axis.before, place) - 1


def _folded(axis: Axis, border: Border, size: int, span: Span, outside: tuple[int, int]) -> Span:
    """Return the samples that stand for positions outside, on one side, from the first to the last."""
    period = {Border.REFLECT: max(2 * (size - 1), 1), Border.SYMMETRIC: 2 * size}.get(border, size)
    once = size - 1 if border == Border.REFLECT else size  # that far out the map of a border does not turn
    low, high = outside
    if border == Border.EDGE or (low >= -once and high < size + once):
        return Span.around(border_index(place, size, border) for place in outside)
    outputs = np.arange(span.first, min(span.last, span.first + period - 1) + 1) * axis.stride
    taps = np.arange(min(axis.kernel, period)) * axis.dilation - axis.before
    # Outputs and taps a period further lie on places that stand for the same samples.
    places = np.unique((outputs[:, None] + taps).ravel() % period)
    return Span.around(border_index(int(place), size, border) for place in places)


def through(node: NodePlan, made: Region) -> Region:
    """Return the region of each of its inputs that a region of a node's output reads."""
    if node.is_join:
        return made
    if isinstance(node.apart, Turn):
        return _turned(node.apart, node.input, made)
    if isinstance(node.apart, Layer):
        return _slid(node, node.apart.border, made)
    if (node.reduces or node.apart) and any(made):
        height, width = node.input
        return Span(0, height - 1), Span(0, width - 1)
    return (NOTHING, NOTHING) if node.apart else _slid(node, node.window.border, made)


def _slid(node: NodePlan, border: Border, made: Region) -> Region:
    """Return the region that the windows over a region of outputs lie on."""
    rows, cols = (
        read(axis, border, size, span) for axis, size, span in zip(node.axes, node.input, made, strict=True)
    )
    return (rows, cols) if rows and cols else (NOTHING, NOTHING)


def _turned(turn: Turn, extent: Extent, made: Region) -> Region:
    """Return the region of an image of `extent` that one of it from another side reads."""
    spans = made[::-1] if turn.transposed else made
    rows, cols = (
        Span(size - 1 - span.last, size - 1 - span.first) if reverse and span else span
        for span, size, reverse in zip(spans, extent, turn.mirrored, strict=True)
    )
    return rows, cols


def demand(nodes: Sequence[NodePlan], wanted: Mapping[int, Region]) -> dict[int, Region]:
    """Return what of the image, and of each node, is read to make the regions that are wanted.

    Parameters
    ----------
    nodes : sequence of NodePlan
        Each after those that it reads.
    wanted : mapping
        Regions of nodes, by their positions.

    Returns
    -------
    dict
        The region of each node that is needed, by its position, and that of the image by ``IMAGE``.

    Examples
    --------
    >>> from convpipe.plan import IMAGE, make_plan
    >>> from convpipe.stages import stage
    >>> blur = stage("blur", "box", size=5, name="soft")
    >>> plan = make_plan([blur, stage("combine", "detail", formula="input - soft")], (50, 60))
    >>> demand(plan.nodes, {1: (Span(10, 19), Span(0, 9))})[IMAGE]
    (Span(first=8, last=21), Span(first=0, last=11))
    """
    needed = {IMAGE: (NOTHING, NOTHING), **dict.fromkeys(range(len(nodes)), (NOTHING, NOTHING))}
    needed.update(wanted)
    for at in range(len(nodes) - 1, -1, -1):
        reads = through(nodes[at], needed[at])
        for source in nodes[at].inputs:
            rows, cols = needed[source]
            needed[source] = rows | reads[0], cols | reads[1]
    return needed
