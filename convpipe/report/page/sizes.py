"""The sizes of what stages give, for each size of an image."""

from __future__ import annotations

from collections.abc import Mapping

from convpipe.drawing.flowchart import flowchart
from convpipe.drawing.markup import Markup, tag
from convpipe.geometry import Extent
from convpipe.report.model import Report, SizeGroup
from convpipe.report.page.parts import section, table
from convpipe.report.text import extent, number

MOST_SIZES = 60
"""Sizes of images that a page tells of, the commonest."""

LISTED = 8
"""Those of them in the table beside the graph."""


def common(report: Report) -> list[SizeGroup]:
    """Return the commonest sizes."""
    return sorted(report.sizes, key=lambda group: -group.count)[:MOST_SIZES]


def flows_of(report: Report) -> list[list[str]]:
    """Return, for each of the commonest sizes, that of the image and those of all stages, as text."""
    return [
        [extent(group.input), *(extent(size) for _, size in group.shapes)]
        for group in common(report)
        if len(group.stages) == len(report.flow)
    ]


def pipeline(report: Report, at: int) -> Markup | None:
    """Return the graph of a job, and the sizes of what its stages give."""
    groups = common(report)
    if not report.flow:
        return section("Stages", _table(groups, report), name="stages") if groups else None
    graph = tag(
        "div", _choice(report, at), tag("div", _graph(report), class_="scroll", tabindex=0), class_="graph"
    )
    return section("Stages", tag("div", graph, _table(groups, report), class_="beside"), name="stages")


def _graph(report: Report) -> Markup:
    groups = common(report)
    sizes: Mapping[int, Extent] = {}
    if groups and len(groups[0].stages) == len(report.flow):
        sizes = {-1: groups[0].input, **{at: size for at, (_, size) in enumerate(groups[0].stages)}}
    return flowchart(report.flow, sizes)


def _choice(report: Report, at: int) -> Markup | None:
    """Return what chooses the size whose results the graph shows."""
    flows = flows_of(report)
    if len(flows) < 2:
        return None
    options = [
        tag("option", f"{extent(group.input)} ({number(group.count, 'image')})", value=position)
        for position, group in enumerate(common(report))
    ]
    return tag("label", "Sizes of images of ", tag("select", options, data_flow=at), class_="choice")


def _table(groups: list[SizeGroup], report: Report) -> Markup | None:
    if not groups:
        return None
    blocks = []
    for group in groups[:LISTED]:
        rows = [(name, extent(size)) for name, size in group.shapes]
        title = f"{extent(group.input)}: {number(group.count, 'image')}"
        made = table(("stage", "output"), rows, f"Sizes of images of {extent(group.input)}", numbers=(1,))
        blocks.append(tag("details", tag("summary", title), made, open=group is groups[0]))
    left = len(report.sizes) - len(blocks)
    more = tag("p", f"and {number(left, 'size')} more, in report.json", class_="quiet") if left > 0 else None
    return tag("div", tag("h4", "Output size of every stage"), blocks, more, class_="sizes")
