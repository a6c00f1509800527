"""The graph of stages as notebooks show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from convpipe.drawing.flow import FlowStage
from convpipe.drawing.flowchart import flowchart
from convpipe.drawing.markup import Markup, tag
from convpipe.geometry import Extent

_STYLE = Markup(
    ".convpipe .flow { max-width: 100%; height: auto; }"
    ".convpipe .flow .edges path { fill: none; stroke: #8a8f96; stroke-width: 1.5; }"
    ".convpipe .flow rect { fill: #f1f2f4; stroke: #8a8f96; }"
    ".convpipe .flow .size rect { fill: #fff; stroke: none; }"
    ".convpipe .flow .implied rect { stroke-dasharray: 4 3; }"
    ".convpipe .flow text { fill: #1b1d20; font: 14px system-ui, sans-serif; text-anchor: middle; }"
    ".convpipe .flow .stage text { font-weight: 600; }"
    ".convpipe .flow .stage text.told { font-size: 11px; font-weight: 400; fill: #585d64; }"
    ".convpipe .flow .size text { font-size: 12.5px; fill: #585d64; }"
)
"""Of light boxes with dark text, which read on a light page and on a dark one."""


def figure(flow: Sequence[FlowStage], sizes: Mapping[int, Extent], caption: str) -> str:
    """Return the HTML of stages, with the sizes of what passes between them.

    Parameters
    ----------
    flow : sequence of FlowStage
    sizes : mapping of int to (rows, cols)
        What stages give, by their positions; -1 is the image. Of no image nothing is said.
    caption : str
    """
    drawn = flowchart(flow, sizes)
    return tag("figure", tag("style", _STYLE), drawn, tag("figcaption", caption), class_="convpipe")
