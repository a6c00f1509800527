"""A report as one self-contained HTML page for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from string import Template

from convpipe.report.model import Report
from convpipe.report.text import extent, printable, where_results_are

TITLE = "convpipe report"

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>$title</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { text-align: left; padding: .2em 1em .2em 0; border-bottom: 1px solid #ddd; vertical-align: top;
  overflow-wrap: anywhere; }
.failed { color: #a00; }
</style></head><body>
<h1>$title</h1>
$body
</body></html>
""")


def to_html(reports: Iterable[Report]) -> str:
    """Return a self-contained HTML page; names and reasons are escaped."""
    return _PAGE.substitute(title=TITLE, body="\n".join(_job(report) for report in reports))


def _job(report: Report) -> str:
    heading = f"<h2>{_safe(report.name)}</h2>"
    if report.error is not None:
        return f'{heading}<p class="failed">did not start: {_safe(report.error)}</p>'
    sizes = [
        (str(group.count), extent(group.input), name, extent(size))
        for group in report.sizes
        for name, size in group.shapes
    ]
    failures = [(result.path, result.stage or "", result.reason or "") for result in report.failures]
    skips = [(result.path, result.reason or "") for result in report.skips]
    notes = [(result.path, note) for result in report.results for note in result.notes]
    lost = [(result.path, note) for result in report.results for note in result.losses.notes]
    unsupported = [(path,) for path in report.unsupported]
    end = report.ended_early
    left = "" if end is None else f"; {_safe(end)}: {report.unfinished} left undone"
    return "\n".join(
        (
            heading,
            f"<p>{report.images} images: {report.done} done, {report.failed} failed,"
            f" {report.existing} existing, {report.skipped} skipped in {report.seconds:.2f} s{left}.</p>",
            _facts(report),
            _table("Output size of every stage", ("images", "input", "stage", "output"), sizes),
            _table("Failed", ("image", "at", "reason"), failures),
            _table("Existing results, left alone", ("image",), [(each.path,) for each in report.untouched]),
            _table("Skipped", ("input", "reason"), skips),
            _table("Format not read", ("file",), unsupported),
            _table("Warnings", ("stage and values",), [(warning,) for warning in report.warnings]),
            _table("Notes", ("image", "note"), notes),
            _table("Lost samples", ("image", "what"), lost),
        )
    )


def _facts(report: Report) -> str:
    """Return a line that says which config made this, and where the results are."""
    results = where_results_are(report.outputs) or report.output
    facts = (("config", report.config), ("results", results), ("journal", report.journal))
    said = "; ".join(f"{name} {_safe(value)}" for name, value in facts if value is not None)
    return f"<p>{said}.</p>" if said else ""


def _table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table under its title; nothing if it has no rows."""
    if not rows:
        return ""
    head = "".join(f"<th>{heading}</th>" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{_safe(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<h3 class="{title.split()[0].lower()}">{title}</h3><table><tr>{head}</tr>{body}</table>'


def _safe(text: str) -> str:
    return escape(printable(text))
