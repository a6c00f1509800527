"""A report as files: JSON for programs, one self-contained HTML page for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template

from convpipe.report.model import Report, summary
from convpipe.report.text import extent, printable

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>convpipe report</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { text-align: left; padding: .2em 1em .2em 0; border-bottom: 1px solid #ddd; vertical-align: top; }
.failed { color: #a00; }
</style></head><body>
<h1>convpipe report</h1>
$body
</body></html>
""")


def write_report(reports: Sequence[Report], folder: Path) -> None:
    """Write ``report.json`` and ``report.html`` into `folder`, made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(summary(list(reports)), indent=2) + "\n")
    (folder / "report.html").write_text(to_html(reports))


def to_html(reports: Iterable[Report]) -> str:
    """Return a self-contained HTML page; names and reasons are escaped."""
    return _PAGE.substitute(body="\n".join(_job(report) for report in reports))


def _job(report: Report) -> str:
    parts = [f"<h2>{_safe(report.name)}</h2>"]
    if report.error is not None:
        return f'{parts[0]}<p class="failed">did not start: {_safe(report.error)}</p>'
    parts.append(
        f"<p>{report.images} images: {report.done} done, {report.failed} failed, {report.skipped} skipped"
        f" in {report.seconds:.2f} s.</p>"
    )
    sizes = [
        (str(group.count), extent(group.input), name, extent(size))
        for group in report.sizes
        for name, size in group.stages
    ]
    parts.append(_table(("images", "input", "stage", "output"), sizes))
    failures = [(result.path, result.stage or "", result.reason or "") for result in report.failures]
    if failures:
        parts.append('<h3 class="failed">Failed</h3>' + _table(("image", "at", "reason"), failures))
    return "\n".join(parts)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{heading}</th>" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{_safe(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _safe(text: str) -> str:
    return escape(printable(text))
