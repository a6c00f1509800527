"""The table of images, as data that the page's script shows: bounded, whatever the number of images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from convpipe.errors import printable
from convpipe.report.measures import Row, rows_of
from convpipe.report.model import Report
from convpipe.report.result import ImageResult
from convpipe.report.table import mean_of
from convpipe.report.text import extent

MOST_ROWS = 20_000
"""Images in the tables of a page; of more, those that failed or were rejected, and a sample."""

CARED_FOR = 0.75
"""Most of them that failed or were rejected, where there are others to fill the rest."""


def status_of(result: ImageResult, rejected: Sequence[str], existing: bool) -> str:
    """Return what became of an image, in a word of the page."""
    if existing:
        return "existing"
    return "rejected" if result.status == "done" and rejected else result.status


def table_of(report: Report, most: int) -> dict[str, Any]:
    """Return the table of a job as plain data.

    Parameters
    ----------
    report : Report
    most : int
        Images.
    """
    names = list(report.columns)
    accept = dict(report.accept)
    existing = {result.path for result in report.untouched}
    groups: dict[Any, int] = {}
    rows = []
    chosen = chosen_of(report, most)
    for at in chosen:
        result = report.results[at]
        of_it = list(rows_of([result], accept))
        rejected = [reason for row in of_it for reason in row.rejected]
        rows.append(
            [
                printable(result.path),
                status_of(result, rejected, result.path in existing),
                groups.setdefault((result.input, result.stages), len(groups)),
                round(result.seconds, 4),
                _said(result, rejected),
                [_mean(of_it, name) for name in names],
                result.bytes_read,
                result.bytes_written,
                list(result.steps or ()),
            ]
        )
    sizes = [_size(extent_in, stages) for extent_in, stages in groups]
    return {
        "of": len(report.results),
        "measures": [printable(name) for name in names],
        "sizes": sizes,
        "rows": rows,
    }


def chosen_of(report: Report, most: int) -> list[int]:
    """Return which results are in the table: all, or what matters most and some between."""
    results = report.results
    if len(results) <= most:
        return list(range(len(results)))
    rejected = {row.path for row in report.rejections}
    care = [at for at, result in enumerate(results) if result.status == "failed" or result.path in rejected]
    cared = set(care)
    others = [at for at in range(len(results)) if at not in cared]
    kept = set(_spread(care, max(int(CARED_FOR * most), most - len(others))))
    kept.update(_spread(others, most - len(kept)))
    return sorted(kept)


def _spread(items: Sequence[int], most: int) -> list[int]:
    """Return at most so many, evenly."""
    if len(items) <= most:
        return list(items)
    return [items[at * len(items) // most] for at in range(most)]


def _said(result: ImageResult, rejected: Sequence[str]) -> list[str]:
    """Return what there is to say of an image, a line each: why it failed before all."""
    at = f"{result.stage}: " if result.stage else ""
    why = [f"{at}{result.reason}"] if result.reason else []
    return [printable(line) for line in (*why, *rejected, *result.losses.notes, *result.notes)]


def _mean(rows: Sequence[Row], name: str) -> float | None:
    """Return a measure of an image: of several pages the mean."""
    mean = mean_of(row.numbers.get(name, math.nan) for row in rows)
    return float(f"{mean:.6g}") if isinstance(mean, float) and math.isfinite(mean) else None


def _size(extent_in: Any, stages: Any) -> dict[str, Any]:
    return {
        "input": None if extent_in is None else extent(extent_in),
        "stages": [[printable(name), extent(size)] for name, size in stages],
    }
