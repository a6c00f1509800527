"""Text that is safe to show."""

from __future__ import annotations

from collections.abc import Sequence

from convpipe.errors import printable
from convpipe.geometry import extent
from convpipe.report.measures import Row
from convpipe.report.model import Report

__all__ = [
    "byte_size",
    "existing_advice",
    "extent",
    "measure_rows",
    "named",
    "number",
    "printable",
    "where_results_are",
]

MEASURES = ("measure", "count", "mean", "min", "max")
"""Headings of :func:`measure_rows`."""


def number(count: int, noun: str) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> number(1, "image"), number(2, "image")
    ('1 image', '2 images')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def byte_size(nbytes: int) -> str:
    """Return a number of bytes in megabytes or gigabytes.

    Examples
    --------
    >>> byte_size(2_147_483_648), byte_size(900_000)
    ('2.15 GB', '0.9 MB')
    """
    return f"{nbytes / 1e9:.3g} GB" if nbytes >= 1e9 else f"{nbytes / 1e6:.3g} MB"


def where_results_are(outputs: Sequence[tuple[str, str]]) -> str | None:
    """Say where the results of each name are; None where there are those of the last stage alone.

    Examples
    --------
    >>> where_results_are([("background", "out/background"), ("result", "out")])
    'background in out/background, result in out'
    """
    if len(outputs) < 2:
        return None
    return ", ".join(f"{name} in {printable(path)}" for name, path in outputs)


def named(row: Row) -> str:
    """Return what a row of measures is of: an image, and which page of it where a file has several.

    Examples
    --------
    >>> from convpipe.report import ImageResult
    >>> pages = ImageResult("a.tif", "done", measures=((("m", 1.0),), (("m", 2.0),)))
    >>> report = Report("edges", (pages, ImageResult("b.tif", "done", measures=((("m", 1.0),),))))
    >>> [named(row) for row in report.rows]
    ['a.tif[0]', 'a.tif[1]', 'b.tif']
    """
    return f"{printable(row.path)}[{row.page}]" if row.pages > 1 else printable(row.path)


def measure_rows(report: Report) -> list[tuple[str, ...]]:
    """Return a line for each measure over all images: its name, of how many, mean, least and most."""
    return [
        (name, str(one.count), *(f"{each:.6g}" for each in (one.mean, one.least, one.most)))
        for name, one in report.spreads.items()
    ]


def existing_advice(report: Report) -> str | None:
    """Say once what to do about results that exist already; None if there are none in the way.

    Examples
    --------
    >>> from convpipe.report import ImageResult
    >>> from convpipe.images import EXISTS
    >>> failed = ImageResult("a.png", "failed", "write", EXISTS)
    >>> existing_advice(Report("edges", (failed,), journal="out/.convpipe-journal.jsonl"))
    '1 result exists already: --resume keeps what is right and does the rest, --overwrite replaces'
    >>> existing_advice(Report("edges", (failed,), output="edges.png"))  # to one file
    '1 result exists already: --overwrite replaces it'
    """
    if not report.existing:
        return None
    if report.resumed:
        return f"names of results that are taken: {report.existing}; --overwrite replaces what is there"
    exist = f"{number(report.existing, 'result')} exist{'s' if report.existing == 1 else ''} already"
    if report.journal is None:
        return f"{exist}: --overwrite replaces {'it' if report.existing == 1 else 'them'}"
    return f"{exist}: --resume keeps what is right and does the rest, --overwrite replaces"
