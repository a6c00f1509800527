"""Samples on the page: pictures of every stage, one of them over the image, and the values of the result."""

from __future__ import annotations

from base64 import b64encode

from convpipe.drawing.markup import Markup, tag
from convpipe.report.page.charts import bars
from convpipe.report.page.parts import section
from convpipe.report.samples import Histogram, Sample, Shot
from convpipe.report.text import extent

SMALL = 200
"""Sides of pictures whose pixels are shown as squares."""


def samples(shown: tuple[Sample, ...]) -> Markup | None:
    """Return the samples of a job, the result of each over the image."""
    if not shown:
        return None
    return section(
        "Samples",
        tag(
            "p",
            "What every stage gives of some images. Drag the line, or use the arrow keys, to compare.",
            class_="quiet",
        ),
        tag("div", [_sample(each) for each in shown], class_="samples"),
        name="samples-of",
    )


def _sample(sample: Sample) -> Markup:
    heading = tag("h4", sample.path, tag("small", sample.why))
    if not sample.shots:
        return tag(
            "article", heading, tag("p", f"not shown: {sample.error}", class_="quiet"), class_="sample"
        )
    notes = [tag("p", note, class_="quiet") for note in sample.notes]
    return tag(
        "article",
        heading,
        notes,
        _viewer(sample),
        _values(sample.histogram),
        class_="sample",
        data_viewer=True,
    )


def _viewer(sample: Sample) -> Markup:
    """Return the image with a stage over it, and pictures of all stages to choose from."""
    image, last = sample.shots[0], sample.shots[-1]
    before = _picture(image, f"{sample.path}: the image", class_="before")
    after = _picture(last, f"{sample.path}: {last.name}", class_="after")
    line = tag(
        "input",
        type="range",
        min=0,
        max=100,
        value=50,
        step=1,
        aria_label=f"How much of the image is shown beside {last.name}, from the left",
    )
    corners = (
        tag("span", "image", class_="corner left", aria_hidden="true"),
        tag("span", last.name, class_="corner right", aria_hidden="true"),
    )
    frame = tag("div", after, before, *corners, line, class_="frame")
    strip = tag(
        "div",
        [_choice(shot, shot is last) for shot in sample.shots[1:]],
        class_="strip",
        role="group",
        aria_label="Stages",
    )
    return tag("figure", frame, tag("figcaption", _caption(last), aria_live="polite"), strip)


def _choice(shot: Shot, chosen: bool) -> Markup:
    """Return a stage to choose, with its picture."""
    return tag(
        "button",
        _picture(shot, ""),
        tag("span", shot.name),
        type="button",
        aria_pressed="true" if chosen else "false",
        data_name=shot.name,
        data_caption=_caption(shot),
    )


def _caption(shot: Shot) -> str:
    return "; ".join((f"{shot.name}, {extent(shot.extent)}", *shot.notes))


def _picture(shot: Shot, alt: str, class_: str | None = None) -> Markup:
    rows, cols = shot.shape
    squares = "squares" if max(rows, cols) < SMALL else None
    return tag(
        "img",
        src=f"data:image/{shot.kind};base64,{b64encode(shot.content).decode()}",
        alt=alt,
        width=cols,
        height=rows,
        class_=" ".join(filter(None, [class_, squares])) or None,
    )


def _values(histogram: Histogram | None) -> Markup | None:
    """Return the values of a result as bars, and how many its type could not hold."""
    if histogram is None:
        return None
    label = f"Values of the result, from {histogram.low:.4g} to {histogram.high:.4g}"
    whole = sum(histogram.counts) or 1
    lost = histogram.below + histogram.above
    said = [f"{histogram.dtype}: {histogram.low:.4g} to {histogram.high:.4g}"]
    if histogram.range is not None:
        low, high = histogram.range
        ends = f"{histogram.below} below {low:g}, {histogram.above} above {high:g}"
        said.append(
            f"saturated: {ends} ({_share(lost / whole)} of the samples)" if lost else "nothing saturated"
        )
    if histogram.nans:
        said.append(f"{histogram.nans} NaN")
    return tag(
        "figure",
        bars(histogram.counts, (histogram.low, histogram.high), label, histogram.range),
        tag(
            "figcaption",
            tag("b", "Values of the result"),
            " before rounding. ",
            tag("span", "; ".join(said), class_="warn" if lost else None),
        ),
        class_="values",
    )


def _share(part: float) -> str:
    """Return a part of a whole in words.

    Examples
    --------
    >>> _share(0.123), _share(1e-6)
    ('12.3 %', 'less than 0.01 %')
    """
    return f"{100 * part:.3g} %" if part >= 1e-4 else "less than 0.01 %"
