"""The graph of a job: its stages as boxes, and the size of what passes on every edge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from convpipe.drawing.flow import FlowStage
from convpipe.drawing.layout import Spot, laid_out
from convpipe.drawing.markup import Markup, tag
from convpipe.geometry import Extent, extent

BOX_HIGH, ROW = 46, 96
"""Heights of stages, and of the layers in which they stand."""

MARGIN, GAP = 8, 16

PHONE = 400
"""Widths up to this are shown as a whole on a phone, and others as a part that is moved."""


class _Form(NamedTuple):
    """The width of a stage, and how many characters it has place for, large and small."""

    wide: int
    letters: int
    small_letters: int

    @property
    def step(self) -> int:
        """From stage to stage."""
        return self.wide + GAP


_ALONE, _BESIDE = _Form(208, 27, 33), _Form(152, 18, 23)
"""Of a chain, and of stages beside each other, two of which are as wide as a phone."""


def flowchart(flow: Sequence[FlowStage], sizes: Mapping[int, Extent]) -> Markup:
    """Draw the stages of a job.

    Parameters
    ----------
    flow : sequence of FlowStage
    sizes : mapping of int to (rows, cols)
        What stages give of an image, by their positions; -1 is the image. Of no image nothing is said.
    """
    ends = [(name, at) for at, one in enumerate(flow) for name in one.results]
    drawn = laid_out([*(one.reads for one in flow), *((at,) for _, at in ends)])
    form = _ALONE if drawn.right - drawn.left <= 1 else _BESIDE
    left = MARGIN - drawn.left * form.step
    places = {id(spot): _middle(spot, left, form) for _, _, path in drawn.edges for spot in path}
    boxes = [_end("image", places[id(drawn.spots[-1])])]
    boxes += [_box(at, one, places[id(drawn.spots[at])], form) for at, one in enumerate(flow)]
    boxes += [
        _end(name, places[id(drawn.spots[len(flow) + number])]) for number, (name, _) in enumerate(ends)
    ]
    edges, labels = [], []
    for source, _, path in drawn.edges:
        points = [places[id(spot)] for spot in path]
        edges.append(tag("path", d=_curve(points)))
        if sizes:
            labels.append(_label(source, points[-2], points[-1], sizes.get(source)))
    wide = (drawn.right - drawn.left) * form.step + 2 * MARGIN
    high = (drawn.layers - 1) * ROW + BOX_HIGH + 2 * MARGIN
    return tag(
        "svg",
        tag("title", f"The stages and what passes between them: {_said(flow, ends)}"),
        tag("g", edges, class_="edges"),
        boxes,
        labels,
        class_="flow" if wide <= PHONE else "flow wide",
        viewBox=f"0 0 {wide:.0f} {high}",
        width=f"{wide:.0f}",
        height=high,
        role="img",
    )


def _said(flow: Sequence[FlowStage], ends: Sequence[tuple[str, int]]) -> str:
    """Return the graph in words."""
    names = ["image", *(one.name for one in flow)]
    read = (f"{one.name} reads {', '.join(names[at + 1] for at in one.reads)}" for one in flow)
    given = (f"{flow[at].name} gives {name}" for name, at in ends)
    return "; ".join((*read, *given))


def _middle(spot: Spot, left: float, form: _Form) -> tuple[float, float]:
    return left + spot.x * form.step, MARGIN + spot.layer * ROW + BOX_HIGH / 2


def _box(at: int, one: FlowStage, middle: tuple[float, float], form: _Form) -> Markup:
    x, y = middle
    told = ", ".join(f"{key} {value}" for key, value in one.given)
    short = ", ".join(f"{key} {value}" for key, value in one.given if key != "from")  # which edges show
    method = one.method if one.method != one.name else ""
    second = ": ".join(filter(None, [method, short])) or ("of linear_light" if one.implied else "")
    return tag(
        "g",
        tag("title", f"{one.name}: {one.method}{', ' if told else ''}{told}"),
        tag(
            "rect",
            x=f"{x - form.wide / 2:.1f}",
            y=f"{y - BOX_HIGH / 2:.1f}",
            width=form.wide,
            height=BOX_HIGH,
            rx=8,
        ),
        tag("text", _short(one.name, form.letters), x=f"{x:.1f}", y=f"{y - 3 if second else y + 5:.1f}"),
        tag("text", _short(second, form.small_letters), x=f"{x:.1f}", y=f"{y + 14:.1f}", class_="told")
        if second
        else None,
        class_="stage implied" if one.implied else "stage",
        data_stage=at,
    )


def _end(name: str, middle: tuple[float, float]) -> Markup:
    """Draw the image, or a result."""
    x, y = middle
    wide, high = max(84, 9 * len(name[: _BESIDE.letters]) + 28), 34
    return tag(
        "g",
        tag(
            "rect",
            x=f"{x - wide / 2:.1f}",
            y=f"{y - high / 2:.1f}",
            width=wide,
            height=high,
            rx=high // 2,
        ),
        tag("text", _short(name, _BESIDE.letters), x=f"{x:.1f}", y=f"{y + 5:.1f}"),
        class_="end",
    )


def _curve(points: Sequence[tuple[float, float]]) -> str:
    """Return the way from middle to middle, behind boxes, and straight down where it passes a layer."""
    x, y = points[0]
    drawn = f"M{x:.1f} {y:.1f}"
    for (x0, y0), (x1, y1) in pairwise(points):
        half = (y0 + y1) / 2
        drawn += f"C{x0:.1f} {half:.1f} {x1:.1f} {half:.1f} {x1:.1f} {y1:.1f}"
    return drawn


def _label(
    source: int, before: tuple[float, float], after: tuple[float, float], size: Extent | None
) -> Markup:
    """Draw the size of what passes in the middle of the last part of an edge."""
    x, y = (before[0] + after[0]) / 2, (before[1] + after[1]) / 2
    text = extent(size) if size else ""
    wide = 7.2 * max(7, len(text)) + 14
    return tag(
        "g",
        tag("rect", x=f"{x - wide / 2:.1f}", y=f"{y - 10:.1f}", width=f"{wide:.1f}", height=20, rx=10),
        tag("text", text, x=f"{x:.1f}", y=f"{y + 4:.1f}", data_size=source),
        class_="size",
    )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}\u2026"
