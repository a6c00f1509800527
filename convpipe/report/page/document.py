"""The page as a whole: its head, which lets nothing in, and a part for each job."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from convpipe.drawing.markup import Markup, joined, lines, tag
from convpipe.drawing.sealed import as_script, sealed
from convpipe.report.model import Report, summary_parts
from convpipe.report.origin import Origin
from convpipe.report.page.job import job
from convpipe.report.page.parts import facts, section, table
from convpipe.report.page.rows import MOST_ROWS, table_of
from convpipe.report.page.sizes import flows_of
from convpipe.report.text import number

TITLE = "convpipe report"

STYLE, SCRIPT = "page.css", "page.js"
"""What lies beside this module."""

LEAST_ROWS = 500
"""Images in the table of a job, however many jobs there are."""


def to_html(reports: Sequence[Report], origin: Origin | None = None) -> str:
    """Return jobs as a self-contained HTML page.

    Its size is bounded by the number of jobs, stages, measures and samples, whatever the number of images.

    Parameters
    ----------
    reports : sequence of Report
    origin : Origin, optional
        What they were made by.
    """
    reports = list(reports)
    most = max(LEAST_ROWS, MOST_ROWS // max(1, len(reports)))
    data = [{**table_of(report, most), "flows": flows_of(report)} for report in reports]
    body = joined(
        tag("a", "Skip to the jobs", href="#jobs", class_="skip"),
        _header(reports, origin),
        tag(
            "main",
            [job(report, at, data[at]) for at, report in enumerate(reports)],
            _origin(origin),
            id="jobs",
        ),
        _dialog(),
        as_script(data),
    )
    own = files("convpipe.report.page")
    style, script = (own.joinpath(name).read_text("utf-8") for name in (STYLE, SCRIPT))
    return sealed(TITLE, body, style, script)


def _header(reports: Sequence[Report], origin: Origin | None) -> Markup:
    """Return the title, and all jobs where there are several."""
    when = None if origin is None else f"{origin.ended.replace('T', ' ').replace('+00:00', '')} UTC"
    title = tag("p", TITLE, tag("span", when) if when else None, class_="brand")
    if len(reports) == 1:
        return tag("header", title)
    whole = summary_parts(reports)
    rows = [
        (
            tag("a", report.name, href=f"#job-{at}"),
            "did not start" if report.error is not None else report.ended_early or "",
            str(report.images),
            str(report.done),
            str(report.failed),
            f"{report.seconds:.2f}",
        )
        for at, report in enumerate(reports)
    ]
    headings = ("job", "", "images", "done", "failed", "seconds")
    return tag(
        "header",
        title,
        tag("h1", f"{number(len(reports), 'job')}, {number(whole['images'], 'image')}"),
        table(headings, rows, "All jobs", numbers=(2, 3, 4, 5)),
    )


def _origin(origin: Origin | None) -> Markup | None:
    """Return how the report is made again."""
    if origin is None:
        return None
    return section(
        "Made by",
        tag("p", "This makes it again, in ", tag("code", origin.folder), ":"),
        tag("pre", tag("code", lines(origin.command)), tabindex=0),
        facts(origin.versions),
        name="origin",
    )


def _dialog() -> Markup:
    """Return where one image is told of, which the script fills."""
    close = tag("button", "Close", type="button", class_="close")
    told = tag("div", "", class_="told")
    return tag("dialog", close, tag("h3", "", id="of-image"), told, aria_labelledby="of-image")
