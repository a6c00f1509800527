"""A report as one self-contained HTML page for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from string import Template

from convpipe.report.model import Report
from convpipe.report.text import MEASURES, extent, measure_rows, named, printable, where_results_are

TITLE = "convpipe report"

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>$title</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { text-align: left; padding: .2em 1em .2em 0; border-bottom: 1px solid #ddd; vertical-align: top;
  overflow-wrap: anywhere; }
.failed { color: #a00; }
.sortable th { cursor: pointer; }
</style></head><body>
<h1>$title</h1>
$body
$script
</body></html>
""")

_SORTABLE = '<table class="sortable">'

_SORT = """\
<script>
for (const head of document.querySelectorAll(".sortable th")) head.addEventListener("click", () => {
  const table = head.closest("table"), at = head.cellIndex;
  const down = head.dataset.down = head.dataset.down === "no" ? "yes" : "no";
  const key = row => row.cells[at].textContent;
  const order = (a, b) => a === "" || b === "" || isNaN(a) || isNaN(b) ? a.localeCompare(b) : a - b;
  const rows = [...table.rows].slice(1).sort((a, b) => order(key(a), key(b)));
  table.tBodies[0].append(...(down === "no" ? rows : rows.reverse()));
});
</script>"""
"""Sorts a table by the column whose head is clicked."""


def to_html(reports: Iterable[Report]) -> str:
    """Return a self-contained HTML page; names and reasons are escaped."""
    body = "\n".join(_job(report) for report in reports)
    return _PAGE.substitute(title=TITLE, body=body, script=_SORT if _SORTABLE in body else "")


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
    rejected = [(named(row, report), reason) for row in report.rejections for reason in row.rejected]
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
            _table("Rejected", ("image", "why"), rejected),
            _table("Measures", MEASURES, measure_rows(report)),
            _measured(report),
            _table("Existing results, left alone", ("image",), [(each.path,) for each in report.untouched]),
            _table("Skipped", ("input", "reason"), skips),
            _table("Format not read", ("file",), unsupported),
            _table("Warnings", ("stage and values",), [(warning,) for warning in report.warnings]),
            _table("Notes", ("image", "note"), notes),
            _table("Lost samples", ("image", "what"), lost),
        )
    )


def _measured(report: Report) -> str:
    """Return a table of all images with their numbers, which sorts by the column whose head is clicked."""
    names = list(report.spreads)
    judged = ["accepted"] if report.accept else []
    rows = [
        (
            named(row, report),
            *(["no" if row.rejected else "yes"] if judged else []),
            *(f"{row.numbers[name]:.6g}" if name in row.numbers else "" for name in names),
        )
        for row in report.rows
    ]
    return _table("Measured images", ("image", *judged, *names), rows, sortable=True)


def _facts(report: Report) -> str:
    """Return a line that says which config made this, and where the results are."""
    results = where_results_are(report.outputs) or report.output
    objects = None if report.objects is None else report.objects.path
    facts = (
        ("config", report.config),
        ("results", results),
        ("objects", objects),
        ("journal", report.journal),
    )
    said = "; ".join(f"{name} {_safe(value)}" for name, value in facts if value is not None)
    return f"<p>{said}.</p>" if said else ""


def _table(
    title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], *, sortable: bool = False
) -> str:
    """Return a table under its title; nothing if it has no rows."""
    if not rows:
        return ""
    head = "".join(f"<th>{heading}</th>" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{_safe(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    table = _SORTABLE if sortable else "<table>"
    return f'<h3 class="{title.split()[0].lower()}">{title}</h3>{table}<tr>{head}</tr>{body}</table>'


def _safe(text: str) -> str:
    return escape(printable(text))
