"""All images of a report as CSV (RFC 4180): a row for each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from convpipe.report.measures import csv_line, guarded, rows_of
from convpipe.report.model import Report
from convpipe.report.result import ImageResult, Steps

COLUMNS = (
    "job",
    "path",
    "status",
    "stage",
    "reason",
    "accepted",
    "rows",
    "cols",
    "pages",
    "result",
    "bytes_read",
    "bytes_written",
    "seconds",
    *(f"{step}_seconds" for step in Steps._fields),
    "nans",
    "overflows",
    "notes",
)
"""Of the table, before the measures."""


def lines_of(reports: Sequence[Report]) -> Iterator[str]:
    r"""Yield the lines of the table, the head first.

    Texts stand in quotes, and before one that a spreadsheet would take for a formula stands an apostrophe. A
    measure of an image of several pages is the mean of theirs; NaN counts for nothing.

    Parameters
    ----------
    reports : sequence of Report

    Examples
    --------
    >>> result = ImageResult("=1+1.png", "failed", "read", "the file is empty")
    >>> print(list(lines_of([Report("edges", (result,))]))[1].partition(',"",')[0])
    "edges","'=1+1.png","failed","read","the file is empty"
    """
    names = list(dict.fromkeys(name for report in reports for name in report.columns))
    yield csv_line([*COLUMNS, *names])
    for report in reports:
        accept = dict(report.accept)
        for result in report.results:
            rows = list(rows_of([result], accept))
            passed = str(not any(row.rejected for row in rows)).lower() if report.accept and rows else ""
            numbers = (mean_of(row.numbers.get(name, math.nan) for row in rows) for name in names)
            yield csv_line([*_cells(report, result, passed), *numbers])


def is_image_table(begin: str) -> bool:
    """Tell whether a file that begins so is such a table."""
    return begin.startswith(",".join(f'"{name}"' for name in COLUMNS[:5]))


def _cells(report: Report, result: ImageResult, accepted: str) -> list[Any]:
    rows, cols = result.input or ("", "")
    texts = (report.name, result.path, result.status, result.stage or "", result.reason or "", accepted)
    return [
        *map(guarded, texts),
        rows,
        cols,
        result.pages,
        guarded(result.output or ""),
        result.bytes_read,
        result.bytes_written,
        result.seconds,
        *(result.steps or [""] * len(Steps._fields)),
        result.nans,
        result.overflows,
        guarded("; ".join(result.notes)),
    ]


def mean_of(numbers: Iterable[float]) -> float | str:
    """Return the mean of the numbers that are there; nothing where there is none."""
    held = [number for number in numbers if not math.isnan(number)]
    return sum(held) / len(held) if held else ""
