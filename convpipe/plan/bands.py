"""Which rows of what each part of a plan makes, and reads, for some rows of the results.

The processor's loops make a few rows at a time, and keep running sums over rows that have left a window: they
read a little more than :mod:`convpipe.plan.demand` says. What they may read is worked out here, so that a
band of a result can be made of a band of its image.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from convpipe.dataclass import dataclass
from convpipe.errors import PlanError
from convpipe.geometry import Axis, Border
from convpipe.ops import Stencil
from convpipe.plan.demand import NOTHING, Span, read
from convpipe.plan.model import Plan
from convpipe.plan.node import NodePlan
from convpipe.plan.parts import Part
from convpipe.plan.rings import AT_ONCE
from convpipe.polyphase import Polyphase
from convpipe.stages.wiring import IMAGE


@dataclass(frozen=True)
class PartBand:
    """Rows that a part makes and reads.

    Parameters
    ----------
    part : Part
    first, last : int
        Of the tallest image that it makes, from the first to before the last: of the others as large a share.
    reads : dict of int to Span
        Rows of the images that it reads, by the positions of their nodes.
    """

    part: Part
    first: int
    last: int
    reads: dict[int, Span]


def part_bands(plan: Plan, wanted: Mapping[int, Span], *, measured: bool = False) -> list[PartBand]:
    """Return what each part does for the rows that are `wanted` of some nodes.

    Parameters
    ----------
    plan : Plan
    wanted : mapping of int to Span
    measured : bool
        Whether the numbers of whole images that stages need are known.

    Raises
    ------
    PlanError
        If a stage needs the whole image, of which a band does not know.

    Examples
    --------
    >>> from convpipe.plan import make_plan
    >>> from convpipe.stages import stage
    >>> plan = make_plan([stage("edge", "sobel")], (100, 60))
    >>> (band,) = part_bands(plan, {0: Span(40, 59)})
    >>> band.first, band.last, band.reads[-1]
    (40, 60, Span(first=38, last=60))
    """
    needed = dict(wanted)
    found = []
    for part in reversed(plan.parts):
        band = _part_band(plan, part, needed, measured)
        for source, span in band.reads.items():
            needed[source] = needed.get(source, NOTHING) | span
        found.append(band)
    return found[::-1]


def _part_band(plan: Plan, part: Part, needed: Mapping[int, Span], measured: bool) -> PartBand:
    head = part.nodes[0]
    if not any(needed.get(at, NOTHING) for at in part.makes):
        return PartBand(part, 0, 0, dict.fromkeys(part.reads, NOTHING))
    if head.apart or (head.reduces and not measured):
        raise PlanError(
            f"{head.origin} needs the whole image: it cannot be made of some rows", head.origin.name
        )
    made = {at: needed.get(at, NOTHING) for at in part.makes}
    heights = {at: plan.nodes[at].extent[0] for at in part.makes}
    tallest = max(heights.values())
    if head.tiles is not None:  # which hold other rows, too
        (span,) = made.values()
        (source,) = part.reads
        return PartBand(part, span.first, span.last + 1, {source: Span(0, head.input[0] - 1)})
    spans = [(span, heights[at]) for at, span in made.items() if span]
    first = min(span.first * tallest // height for span, height in spans) // AT_ONCE * AT_ONCE
    last = max(-(-(span.last + 1 + AT_ONCE) * tallest // height) for span, height in spans)
    if all(height == tallest for _, height in spans):
        last = max(span.last + 1 for span, _ in spans)
    last = min(-(-last // AT_ONCE) * AT_ONCE, tallest)
    most = {
        at: _rounded(Span(first * height // tallest, -(-last * height // tallest) - 1), height)
        for at, height in heights.items()
    }
    return PartBand(part, first, last, _reads(part, most))


def _reads(part: Part, made: Mapping[int, Span]) -> dict[int, Span]:
    """Return the rows of other nodes that the rows `made` of some nodes of a part read."""
    nodes = dict(zip(part.at, part.nodes, strict=True))
    needed = {at: made.get(at, NOTHING) for at in (*part.reads, *part.at)}
    for at in reversed(part.at):
        node = nodes[at]
        rows = _rounded(needed[at], node.extent[0])
        span = rows if node.is_join else _read(node, rows)
        for source in node.inputs:
            needed[source] = needed[source] | span
    return {at: needed[at] for at in part.reads}


def _read(node: NodePlan, rows: Span) -> Span:
    """Return what the loops of a window read to make `rows`: of a resample rows under weights of 0, too.

    Others may make rows to spare beyond the last, of windows that find there what lies outside.
    """
    axis = node.axes[0]
    if isinstance(axis, Polyphase) and rows:
        first, end = axis.hull(rows.first, rows.last)
        return Span(first, end - 1)
    border = node.window.border if max(axis.before, axis.after) > 0 else Border.EDGE
    to_spare = Span(rows.last + 1, -(-(rows.last + 1) // AT_ONCE) * AT_ONCE - 1) if rows else NOTHING
    return read(_leading(node), border, node.input[0], rows | to_spare)


def _rounded(span: Span, rows: int) -> Span:
    """Return the rows that are made with those of a span."""
    if not span:
        return span
    last = min(-(-(span.last + 1) // AT_ONCE) * AT_ONCE, rows) - 1
    return Span(span.first // AT_ONCE * AT_ONCE, last)


def _leading(node: NodePlan) -> Axis:
    """Return the window over rows, with those that leave a running sum."""
    axis = node.axes[0]
    if not isinstance(node.window, Stencil) or axis.dilation > 1 or axis.kernel == 1:
        return axis
    return replace(axis, kernel=axis.kernel + axis.stride, before=axis.before + axis.stride)


def wanted_rows(plan: Plan, first: int, last: int) -> dict[int, Span]:
    """Return rows `first` to before `last` of the tallest result, and as large a share of the others."""
    heights = {output.node: plan.nodes[output.node].extent[0] for output in plan.outputs}
    tallest = max(heights.values())
    return {
        at: Span(first * height // tallest, last * height // tallest - 1) for at, height in heights.items()
    }


def image_rows(plan: Plan, first: int, last: int) -> Span:
    """Return the rows of the image that a band of the results is made of.

    Examples
    --------
    >>> from convpipe.plan import make_plan
    >>> from convpipe.stages import stage
    >>> image_rows(make_plan([stage("edge", "sobel")], (100, 60)), 40, 60)
    Span(first=38, last=60)
    """
    spans = [band.reads.get(IMAGE, NOTHING) for band in part_bands(plan, wanted_rows(plan, first, last))]
    found = NOTHING
    for span in spans:
        found = found | span
    return found
