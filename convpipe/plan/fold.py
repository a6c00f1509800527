"""A scaling of each channel, folded into the filters of the layer before it: one pass over the image less."""

from __future__ import annotations

from dataclasses import replace

from convpipe.ops import IDENTITY, Graph, Layer, Node, Stencil
from convpipe.plan.apart import plan_apart
from convpipe.plan.node import Made, Origin
from convpipe.stages.wiring import IMAGE


def fold(origin: Origin, graph: Graph, source: int, made: Made) -> tuple[Origin, Graph]:
    """Return what is left of a stage that reads the node at `source`, which nobody else reads.

    Where the stage begins with a scaling and that node is a layer whose result nothing rounds, the layer is
    planned anew with the numbers of both, in float64, and the stage says which one has them.
    """
    first = graph.nodes[0]
    scaling, before = first.ops[0], None if source == IMAGE else made.nodes[source]
    if before is None or not isinstance(before.apart, Layer):
        return origin, graph
    if not isinstance(scaling, Layer) or not scaling.is_scaling or scaling.channels != before.apart.filters:
        return origin, graph
    both = before.apart.scaled(scaling)
    made.nodes[source] = plan_apart(before.origin, (both,), before.inputs, made, before.dtype)
    same = Stencil((IDENTITY,), keep_alpha=scaling.opaque is not None)
    rest = Graph((Node(first.name, (same,), first.inputs), *graph.nodes[1:]))
    return replace(origin, folded=str(before.origin)), rest
