"""Reports and plans as tables on a terminal; plain text in a pipe."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import PurePath

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from convpipe.report.model import Report
from convpipe.report.text import (
    MEASURES,
    existing_advice,
    extent,
    measure_rows,
    named,
    number,
    printable,
    where_results_are,
)

SHOWN = 40
"""Most failures, skips or notes listed one by one; a folder of crops has thousands."""

SIZES_IN_FULL, SIZES_SHOWN = 4, 8
"""Most input sizes shown stage by stage; beyond it, most that get a line each."""

Row = Sequence[str]


def print_report(report: Report, console: Console, *, verbose: bool = False) -> None:
    """Print sizes, failures, skips, notes and counts of one job.

    Parameters
    ----------
    report : Report
    console : rich.console.Console
        Long names are folded at its width, never cut.
    verbose : bool
        List everything, however much it is.
    """
    if report.error is not None:
        console.print(Text(f"{printable(report.name)}: did not start: {printable(report.error)}", "red"))
        return
    for table in _tables(report, verbose):
        console.print(table)
        console.print()
    for line in summary_lines(report):
        console.print(Text(line))


def _tables(report: Report, verbose: bool) -> Iterable[Table | Group]:
    most = sys.maxsize if verbose else SHOWN
    if len(report.sizes) > SIZES_IN_FULL and not verbose:
        yield _collapsed_sizes(report)
    elif report.sizes:
        yield _sizes(report)
    if report.failed:
        rows = ((each.path, each.stage or "", each.reason or "") for each in report.failures)
        yield _listed("failed", ("image", "at", "reason"), rows, most)
    if report.spreads:
        yield _listed("measures", MEASURES, measure_rows(report), sys.maxsize)
    if report.rejected:
        rejected = ((named(row), reason) for row in report.rejections for reason in row.rejected)
        yield _listed("rejected", ("image", "why"), rejected, most)
    if report.existing and verbose:
        yield _listed("results that exist", ("image",), ((each.path,) for each in report.untouched), most)
    if report.skipped:
        skips = ((result.path, result.reason or "") for result in report.skips)
        yield _listed("skipped", ("input", "reason"), skips, most)
    if report.unsupported and verbose:
        yield _listed("format not read", ("file",), ((path,) for path in report.unsupported), most)
    if report.warnings:
        lines = (Padding(Text(printable(warning)), (0, 0, 0, 2)) for warning in report.warnings)
        yield Group(Text("warnings", "bold"), *lines)
    if notes := report.tally.notes:
        counted = [(str(count), note) for note, count in notes.most_common()]
        yield _listed("notes", ("images", "note"), counted, most, 1)


def _table(title: str, headings: Sequence[str], numbers: int = 0) -> Table:
    """Return an empty table whose first `numbers` columns are aligned to the right."""
    table = _plain_table(headings, headings[:numbers])
    table.title, table.title_justify = Text(title, "bold"), "left"
    table.min_width = cell_len(title)  # a title longer than its table would be wrapped
    return table


def _plain_table(headings: Sequence[str], numbers: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, collapse_padding=True)
    for heading in headings:
        table.add_column(heading, overflow="fold", justify="right" if heading in numbers else "left")
    return table


def _listed(
    title: str, headings: Sequence[str], rows: Iterable[Row], most: int, numbers: int = 0
) -> Table | Group:
    """Return a table of the first rows; it says how many it leaves out."""
    table = _table(title, headings, numbers)
    left = iter(rows)
    for row in islice(left, most):
        table.add_row(*(Text(printable(cell)) for cell in row))
    return _with_rest(table, sum(1 for _ in left), "--verbose lists them all")


def _with_rest(table: Table, left: int, where: str) -> Table | Group:
    return Group(table, Text(f" and {left} more; {where}")) if left > 0 else table


def _sizes(report: Report) -> Table:
    table = _table(
        f"{printable(report.name)}: output size of every stage", ("images", "input", "stage", "output"), 1
    )
    for group in report.sizes:
        for i, (name, size) in enumerate(group.shapes):
            first = (str(group.count), extent(group.input)) if i == 0 else ("", "")
            table.add_row(*first, Text(printable(name)), extent(size))
        table.add_section()
    return table


def _collapsed_sizes(report: Report) -> Table | Group:
    """Return a line for each of the commonest sizes."""
    groups = sorted(report.sizes, key=lambda group: -group.count)
    table = _table(f"{printable(report.name)}: output size", ("images", "input", "output"), 1)
    for group in groups[:SIZES_SHOWN]:
        table.add_row(str(group.count), extent(group.input), extent(group.shapes[-1][1]))
    return _with_rest(table, len(groups) - SIZES_SHOWN, "--verbose shows every stage of all sizes")


def summary_lines(report: Report) -> list[str]:
    r"""Return the counts, the time and the throughput of a job as lines.

    Examples
    --------
    >>> from convpipe.report import ImageResult, Report
    >>> done = ImageResult("a.png", "done", pixels=500_000, bytes_read=400_000, bytes_written=100_000)
    >>> print(*summary_lines(Report("edges", (done,), seconds=0.25, threads=2, output="out")), sep="\n")
    edges: 1 image: 1 done, 0 failed in 0.25 s, 2 at once on cpu
    0.5 megapixels read, 2 a second with compiling; 0.4 MB read, 0.1 MB written to out
    """
    kept = report.done - report.written
    done = (
        [f"{kept} kept from earlier runs", f"{report.written} written"] if kept else [f"{report.done} done"]
    )
    counts = [*done, f"{report.failed} failed"]
    if report.existing:
        counts.append(f"{report.existing} existing")
    if report.rejected:
        counts.append(f"{report.rejected} rejected")
    if report.skipped:
        counts.append(f"{report.skipped} skipped")
    if report.retried:
        counts.append(f"{report.retried} tried again")
    part = "" if report.shard is None else f", shard {report.shard}"
    lines = [
        f"{printable(report.name)}{part}: {number(report.images, 'image')}: {', '.join(counts)} in "
        f"{report.seconds:.2f} s, {report.threads} at once on {report.backend}"
    ]
    where = "" if report.output is None else f" to {printable(report.output)}"
    if report.written:
        rate = report.megapixels / max(report.seconds, 1e-9)
        lines.append(
            f"{report.megapixels:.3g} megapixels read, {rate:.3g} a second with compiling; "
            f"{report.bytes_read / 1e6:.3g} MB read, {report.bytes_written / 1e6:.3g} MB written{where}"
        )
    elif report.done:
        lines.append(f"the results are in {printable(report.output or 'place')}")
    return [*lines, *_asides(report)]


def _asides(report: Report) -> Iterable[str]:
    """Yield what else is to be said of a job."""
    if report.done and (where := where_results_are(report.outputs)) is not None:
        yield f"results of each image: {where}"
    if report.objects is not None:
        yield f"{number(report.objects.count, 'object')} in {printable(report.objects.path)}"
    if report.pages > report.done:
        yield f"{report.pages} pages in all; sizes are those of each file's first"
    if report.unsupported:
        kinds = Counter(PurePath(path).suffix.lower() or "no extension" for path in report.unsupported)
        listed = ", ".join(f"{count} {printable(kind)}" for kind, count in kinds.most_common())
        yield f"{number(len(report.unsupported), 'file')} skipped, format not read: {listed}"
    if (advice := existing_advice(report)) is not None:
        yield advice
    if (end := report.ended_early) is not None:
        yield f"{printable(end)}: {report.unfinished} left undone; --resume goes on"
    yield from report.losses.notes
