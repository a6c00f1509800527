"""Measures on the page: what each is over all images, drawn."""

from __future__ import annotations

import math

import numpy as np

from convpipe.drawing.markup import Markup, tag
from convpipe.histograms import binned
from convpipe.report.measures import Spread
from convpipe.report.model import Report
from convpipe.report.page.charts import bars
from convpipe.report.page.parts import facts, section
from convpipe.report.text import number

BINS = 40


def measured(report: Report) -> Markup | None:
    """Return a drawing of each measure, with the range in which an image passes."""
    if not report.spreads:
        return None
    cards = [_card(report, name, spread) for name, spread in report.spreads.items()]
    passed = None
    if report.accept:
        judged = report.tally.measured
        passed = tag("p", f"{judged - report.rejected} of {number(judged, 'measured image')} accepted.")
    return section("Measures", passed, tag("div", cards, class_="cards"), name="measures")


def _card(report: Report, name: str, spread: Spread) -> Markup:
    numbers = report.columns[name]
    finite = numbers[np.isfinite(numbers)]
    accept = dict(report.accept)
    within = accept.get(name, accept.get(name.partition(".")[0]))
    drawn = _drawn(name, finite, within)
    least, most = within or (None, None)
    wanted = None
    if within is not None:
        wanted = " ".join(
            part
            for part in (
                f"from {least:g}" if least is not None else "",
                f"to {most:g}" if most is not None else "",
            )
            if part
        )
    odd = len(numbers) - len(finite)
    numbers_of = [(f"{each:.4g}") for each in (spread.mean, spread.least, spread.most)]
    return tag(
        "article",
        tag("h4", name),
        drawn,
        facts(zip(("mean", "min", "max", "count"), (*numbers_of, f"{spread.count:,}"), strict=True)),
        tag("p", f"accepted {wanted}", class_="quiet") if wanted else None,
        tag("p", f"{odd} not finite", class_="warn") if odd else None,
        class_="card",
    )


def _drawn(name: str, finite: np.ndarray, within: tuple[float | None, float | None] | None) -> Markup | None:
    if not finite.size:
        return None
    bins = min(BINS, max(8, finite.size))
    counts, low, high = binned(finite, bins, float(finite.min()), float(finite.max()))
    label = f"How many images have which {name}, from {low:.6g} to {high:.6g}"
    inside = None
    if within is not None:
        least, most = within
        inside = (-math.inf if least is None else least, math.inf if most is None else most)
    return bars(counts, (low, high), label, inside)
