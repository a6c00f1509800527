"""Which ops kernels are written for. This module imports no CUDA."""

from __future__ import annotations

from convpipe.errors import BackendError
from convpipe.ops import (
    Alpha,
    Bilateral,
    Cast,
    ChannelMap,
    Lookup,
    Map,
    Mix,
    Rank,
    Reduce,
    Resample,
    Stencil,
)
from convpipe.plan import Plan

OPS = (Stencil, Rank, Bilateral, Resample, Map, Lookup, Reduce, Mix, ChannelMap, Alpha, Cast)
"""An op that is none of these runs on the processor alone."""


def unsupported(plan: Plan) -> str | None:
    """Return, in words, which stage of `plan` no kernel is written for; None if there is none.

    Examples
    --------
    >>> from convpipe.plan import make_plan
    >>> from convpipe.stages import stage
    >>> unsupported(make_plan([stage("edge", "sobel")], (4, 5)))
    """
    for node in plan.nodes:
        if any(type(op) not in OPS for op in node.ops):
            return f"{node.origin} runs on the processor alone"
    return None


def check(plan: Plan) -> None:
    """Raise BackendError if kernels are not written for all of `plan`."""
    if reason := unsupported(plan):
        raise BackendError(f"no kernels are written for this pipeline: {reason}")
