"""A report as files: JSON for programs, one self-contained HTML page for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template

from convpipe.errors import JobError
from convpipe.report.model import Report, summary
from convpipe.report.text import extent, printable

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>convpipe report</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { text-align: left; padding: .2em 1em .2em 0; border-bottom: 1px solid #ddd; vertical-align: top;
  overflow-wrap: anywhere; }
.failed { color: #a00; }
</style></head><body>
<h1>convpipe report</h1>
$body
</body></html>
""")


def write_report(reports: Sequence[Report], folder: Path) -> None:
    """Write ``report.json`` and ``report.html`` into `folder`, made if need be.

    Parameters
    ----------
    reports : sequence of Report
        One a job.
    folder : Path

    Raises
    ------
    JobError
        If the folder cannot be made or written.
    """
    pages = {"report.json": json.dumps(summary(reports), indent=2) + "\n", "report.html": to_html(reports)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise JobError(f"the report cannot be written to {str(folder)!r}: {error.strerror}") from error


def to_html(reports: Iterable[Report]) -> str:
    """Return a self-contained HTML page; names and reasons are escaped."""
    return _PAGE.substitute(body="\n".join(_job(report) for report in reports))


def _job(report: Report) -> str:
    heading = f"<h2>{_safe(report.name)}</h2>"
    if report.error is not None:
        return f'{heading}<p class="failed">did not start: {_safe(report.error)}</p>'
    sizes = [
        (str(group.count), extent(group.input), name, extent(size))
        for group in report.sizes
        for name, size in group.stages
    ]
    failures = [(result.path, result.stage or "", result.reason or "") for result in report.failures]
    skips = [(result.path, result.reason or "") for result in report.skips]
    notes = [(result.path, note) for result in report.results for note in result.notes]
    end = report.ended_early
    left = "" if end is None else f"; {_safe(end)}: {report.unfinished} left undone"
    return "\n".join(
        (
            heading,
            f"<p>{report.images} images: {report.done} done, {report.failed} failed, {report.skipped} skipped"
            f" in {report.seconds:.2f} s{left}.</p>",
            _table("Output size of every stage", ("images", "input", "stage", "output"), sizes),
            _table("Failed", ("image", "at", "reason"), failures),
            _table("Skipped", ("input", "reason"), skips),
            _table("Warnings", ("stage and values",), [(warning,) for warning in report.warnings]),
            _table("Notes", ("image", "note"), notes),
        )
    )


def _table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table under its title; nothing if it has no rows."""
    if not rows:
        return ""
    head = "".join(f"<th>{heading}</th>" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{_safe(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<h3 class="{title.split()[0].lower()}">{title}</h3><table><tr>{head}</tr>{body}</table>'


def _safe(text: str) -> str:
    return escape(printable(text))
