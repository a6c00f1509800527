"""The types of the images that parts of a plan make: what reads them, or a result, may want another."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

import numpy as np

from convpipe.compile.cpu.clahe import KINDS
from convpipe.compile.cpu.warp_pixels import WRITTEN
from convpipe.ops import Hysteresis, TileEqualization, Turn, Warp, is_integer
from convpipe.plan import Output, Plan


def written(plan: Plan, read: Collection[int], entering: Callable[[int], str]) -> dict[int, str]:
    """Return the types of the images that parts make, by their nodes.

    Parameters
    ----------
    plan : Plan
    read : collection of int
        The nodes whose images parts read.
    entering : callable
        Gives the type of an image that enters, by its number below 0.
    """

    def given(at: int) -> str:
        # Of the image that a node reads which is in no loop over rows.
        source = plan.nodes[at].inputs[0]
        return entering(source) if source < 0 else kept[source]

    kept = {at: plan.compute for part in plan.parts for at in part.makes}
    for at in kept:
        op = plan.nodes[at].apart
        if isinstance(op, Turn):  # of samples as they are
            kept[at] = given(at)
        if isinstance(op, Hysteresis) and not plan.alpha:  # of marks: small integers
            kept[plan.nodes[at].inputs[0]] = "uint8"
    own = {
        output.node: output.dtype
        for output in plan.outputs
        if output.node not in read and _is_last(plan, output, given)
    }
    return kept | own | {at: "float16" for at in kept if plan.nodes[at].dtype == "float16"}


def _is_last(plan: Plan, output: Output, given: Callable[[int], str]) -> bool:
    """Return whether what makes a result also makes it of its type.

    Some do of small integers: no NaN comes of them, which a cast would count.
    """
    at, op = output.node, plan.nodes[output.node].apart
    if isinstance(op, Warp):
        return output.dtype in WRITTEN and is_integer(given(at)) and math.isfinite(op.value)
    if isinstance(op, TileEqualization):
        is_bool = plan.dtype == "bool"  # which stands as bytes, and has no loops
        return output.dtype in KINDS and output.dtype == given(at) and not is_bool
    if isinstance(op, Hysteresis):
        return output.dtype in WRITTEN and op.full <= np.iinfo(output.dtype).max and not plan.alpha
    return op is None
