"""The table of images, as data that the page's script shows: bounded, whatever the number of images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.errors import printable
from convpipe.report.measures import Row, rows_of
from convpipe.report.model import Report
from convpipe.report.result import ImageResult
from convpipe.report.table import mean_of
from convpipe.report.text import extent
from convpipe.shelf import Chosen

MOST_ROWS = 20_000
"""Images in the tables of a page; of more, those that failed or were rejected, and a sample."""

CARED_FOR = 0.75
"""Most of them that failed or were rejected, where there are others to fill the rest."""


def status_of(result: ImageResult, rejected: Sequence[str]) -> str:
    """Return what became of an image, in a word of the page."""
    if result.existed:
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
    groups: dict[Any, int] = {}
    rows = []
    for result in Chosen(report.results, chosen_of(report, most)):
        of_it = list(rows_of([result], accept))
        rejected = [reason for row in of_it for reason in row.rejected]
        rows.append(
            [
                printable(result.path),
                status_of(result, rejected),
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
    tally, count = report.tally, len(report.results)
    if count <= most:
        return list(range(count))
    care = np.unique(np.concatenate([tally.failures, tally.untouched, tally.rejected]))
    others = np.setdiff1d(np.arange(count), care, assume_unique=True)
    kept = _spread(care, max(int(CARED_FOR * most), most - len(others)))
    return sorted([*kept, *_spread(others, most - len(kept))])


def _spread(items: NDArray[np.int64], most: int) -> list[int]:
    """Return at most so many, evenly."""
    count = len(items)
    return [int(each) for each in items[np.arange(most) * count // most if count > most else slice(None)]]


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
