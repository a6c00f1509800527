"""The graph of stages as notebooks show it: in the colours of the page around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from convpipe.drawing.flow import FlowStage
from convpipe.drawing.flowchart import flowchart
from convpipe.drawing.markup import Markup, tag
from convpipe.geometry import Extent

_STYLE = Markup(
    ".convpipe .flow { max-width: 100%; height: auto; }"
    ".convpipe .flow .edges path { fill: none; stroke: #8a8f96; stroke-width: 1.5; }"
    ".convpipe .flow rect { fill: #8a8f96; fill-opacity: .13; stroke: #8a8f96; }"
    ".convpipe .flow .size rect { fill: Canvas; fill-opacity: .8; stroke: none; }"
    ".convpipe .flow .implied rect { stroke-dasharray: 4 3; }"
    ".convpipe .flow text { fill: currentColor; font: 14px system-ui, sans-serif; text-anchor: middle; }"
    ".convpipe .flow .stage text { font-weight: 600; }"
    ".convpipe .flow .stage text.told { font-size: 11px; font-weight: 400; opacity: .75; }"
    ".convpipe .flow .size text { font-size: 12.5px; opacity: .75; }"
)


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
