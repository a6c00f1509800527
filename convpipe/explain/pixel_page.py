"""The account of a pixel as a page, on which numbers lead to the accounts of those that they come from."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np

from convpipe.drawing.markup import Markup, tag
from convpipe.drawing.markup import lines as lines_of
from convpipe.explain.account import Account, Grid, Part, Products, Sentence, Source
from convpipe.explain.page import footer, header, key, page
from convpipe.explain.run import Run
from convpipe.explain.stage import describe
from convpipe.explain.steps import places_in
from convpipe.explain.story import Story
from convpipe.explain.text import lines, number, summed
from convpipe.explain.window import area
from convpipe.plan.demand import Region, Span
from convpipe.stages.wiring import IMAGE

LARGEST = 25
"""Side of a grid that is shown number by number."""

AROUND, WIDEST = 8, 400
"""Samples of a picture on each side of what a pixel depends on, and of a picture at most."""


def pixel_page(told: Story) -> str:
    """Return a page with the account of a pixel and of those that it is made of.

    Examples
    --------
    >>> from convpipe import Pipeline
    >>> from convpipe.explain.pixel import Pixel
    >>> from convpipe.explain.story import story
    >>> run = Run(Pipeline.from_dict({"stages": [{"blur": "box", "size": 3}]}), np.eye(9, dtype="uint8"))
    >>> "Pixel (4, 5) of stage 0, blur box: 9x9x1 uint8" in pixel_page(story(Pixel(run, 0, (4, 5), 0)))
    True
    """
    run, first = told.run, told.first
    stage = run.plan.stages[first.stage]
    title = f"Pixel ({first.row}, {first.col}) of {stage.place}, {stage.name}"
    sizes = Account()
    for one in run.plan.stages:
        describe(one, sizes)
    parts = [
        header("What a pixel is made of", f"{title}: {run.plan.headline}"),
        tag(
            "main",
            tag("ol", _way(told), class_="way", aria_label="What the pixel depends on"),
            tag("nav", id="trail", aria_label="Pixels looked at"),
            tag("article", id="account", aria_live="polite", tabindex=-1),
            _details("As text", told.accounts[first]),
            _details("Where the sizes of the stages come from", sizes.parts),
        ),
        footer(
            "A number that is underlined has an account of its own: follow it, by a click or by ",
            *(key("Tab"), " and ", key("Enter"), "; the browser goes back. "),
            "Hatched is what lies outside and is made by the border.",
        ),
    ]
    return page(title, parts, _data(told), "pixel")


def _details(title: str, parts: list[Part]) -> Markup:
    """Return parts of an account as text, which can be opened."""
    text = tag("pre", lines_of("\n".join(lines(parts))), tabindex=0)
    return tag("details", tag("summary", title), text)


def _data(told: Story) -> dict[str, Any]:
    """Return what the script shows, numbers as texts."""
    stages = told.run.plan.stages
    accounts = {_key(source): [_part(part) for part in parts] for source, parts in told.accounts.items()}
    return {
        "first": _key(told.first),
        "stages": [f"{stage.place}, {stage.name}" for stage in stages],
        "accounts": accounts,
    }


def _key(source: Source) -> str:
    return "-".join(map(str, source))


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, Sentence):
        return {"text": part.text, "sources": part.sources, "result": part.is_result}
    if isinstance(part, Products):
        return {**_grid(Grid("products", part.samples * part.taps)), "text": f"{part.title} {summed(part)}"}
    return _grid(part)


def _grid(grid: Grid) -> dict[str, Any]:
    rows, cols = grid.values.shape
    if max(rows, cols) > LARGEST:
        return {"text": f"{grid.title}: {rows}x{cols} numbers"}
    return {
        "title": grid.title,
        "note": None if grid.border is None else f"hatched: by border {grid.border}",
        "values": [[number(value) for value in line] for line in np.asarray(grid.values, float)],
        "outside": None if grid.outside is None else grid.outside.astype(int).tolist(),
        "sources": grid.sources,
        "places": None if grid.places is None else [list(each) for each in grid.places],
    }


def _way(told: Story) -> Iterator[Markup]:
    """Give the pictures of what the pixel depends on: of the image, and of every stage on the way."""
    for at, region, extent in told.regions():
        stages = told.run.plan.stages
        name = "image" if at == IMAGE else f"{stages[at].place}, {stages[at].name}"
        part = tuple(_around(span, size) for span, size in zip(region, extent, strict=True))
        said = f"{area(*map(places_in, region))} of {extent[0]}x{extent[1]}"
        drawn = _picture(told.run, at, part, f"{name}: {said}"), _frame(region, part)
        yield tag("li", tag("div", *drawn, class_="picture"), tag("b", name), tag("small", said))


def _around(span: Span, size: int) -> range:
    """Return what is shown of an axis: what is read, and some samples on each side of it."""
    more = max(AROUND, len(span) // 2)
    return range(max(span.first - more, 0), min(span.last + 1 + more, size))


def _picture(run: Run, at: int, part: tuple[range, ...], alt: str) -> Markup:
    """Return a part of what a stage gives as a picture: as that of ``preview``."""
    from convpipe import images
    from convpipe.display import Values, numbers_objects, picture, scale_of

    rows, cols = part
    samples = run.after(at)[rows.start : rows.stop, cols.start : cols.stop]
    labels = at != IMAGE and numbers_objects(run.pipeline.wiring.stages[at])
    values = Values(samples, run.plan.dtype, run.alpha and samples.shape[2] in (2, 4), labels=labels)
    scale = min(1, scale_of(max(len(rows), len(cols)), WIDEST))
    pixels = picture(values, scale).pixels
    content = b"".join(bytes(piece) for piece in images.encode(pixels, images.Encoding("png")).pieces)
    uri = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    return tag("img", src=uri, alt=alt, width=pixels.shape[1], height=pixels.shape[0])


def _frame(region: Region, part: tuple[range, ...]) -> Markup:
    """Return a frame around what is read, in the units of the picture's samples."""
    rows, cols = part
    place = {
        "x": region[1].first - cols.start,
        "y": region[0].first - rows.start,
        "width": len(region[1]),
        "height": len(region[0]),
    }
    box = f"0 0 {len(cols)} {len(rows)}"
    frames = tag("rect", class_="under", **place), tag("rect", **place)
    return tag("svg", *frames, class_="over", viewBox=box, aria_hidden="true")
