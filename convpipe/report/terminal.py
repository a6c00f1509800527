"""Reports and plans as tables on a terminal; plain text in a pipe."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from convpipe.plan import Plan, StagePlan
from convpipe.report.model import Report
from convpipe.report.text import extent, printable

LARGEST_GROUPS = 20
"""Most input sizes listed one by one; folders of arbitrary crops have thousands."""


def print_report(report: Report, console: Console) -> None:
    """Print sizes, failures and counts of one job."""
    if report.error is not None:
        console.print(Text(f"{report.name}: did not start: {report.error}", "red"))
        return
    if report.sizes:
        console.print(_sizes(report))
    left = len(report.sizes) - LARGEST_GROUPS
    if left > 0:
        console.print(f"and {left} more input sizes; --json lists them all")
    if report.failures:
        console.print(_failures(report))
    for line in summary_lines(report):
        console.print(Text(line))


def _table(title: str, *headings: str) -> Table:
    table = Table(title=Text(title, "bold"), title_justify="left", box=box.SIMPLE_HEAD, show_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _sizes(report: Report) -> Table:
    table = _table(
        f"{printable(report.name)}: output size of every stage", "images", "input", "stage", "output"
    )
    for group in report.sizes[:LARGEST_GROUPS]:
        for i, (name, size) in enumerate(group.stages):
            first = (str(group.count), extent(group.input)) if i == 0 else ("", "")
            table.add_row(*first, Text(printable(name)), extent(size))
        table.add_section()
    return table


def _failures(report: Report) -> Table:
    table = _table("failed", "image", "at", "reason")
    for result in report.failures:
        table.add_row(*(Text(printable(text or "")) for text in (result.path, result.stage, result.reason)))
    return table


def summary_lines(report: Report) -> list[str]:
    """Return the counts, the time and the throughput of a job as lines."""
    counts = [f"{report.done} done", f"{report.failed} failed"]
    if report.skipped:
        counts.append(f"{report.skipped} skipped")
    rate = report.megasamples / report.seconds if report.seconds else 0.0
    lines = [
        f"{printable(report.name)}: {report.images} images: {', '.join(counts)}"
        f" in {report.seconds:.2f} s ({report.megasamples:.1f} Msamples, {rate:.0f} Msamples/s,"
        f" {report.threads} at once, {report.backend})"
    ]
    if report.interrupted is not None:
        left = report.images - report.done - report.failed - report.skipped
        lines.append(f"interrupted: {left} images were not begun")
    nans = sum(result.nans for result in report.results)
    if nans:
        lines.append(f"{nans} NaN samples became 0")
    return lines


def print_plan(plan: Plan, console: Console) -> None:
    """Print what a pipeline does to an image of one extent."""
    console.print(
        Text(
            f"{extent(plan.input)}x{plan.channels} {plan.dtype} -> "
            f"{extent(plan.extent)}x{plan.output_channels} {plan.output_dtype}, computed in {plan.compute}",
            "bold",
        )
    )
    table = _table("", "stage", "input", "output", "halo", "field", "value range", "MB", "Mops")
    table.title = None
    for stage in plan.stages:
        table.add_row(*(Text(cell) for cell in _plan_row(stage)))
    console.print(table)
    for stage in plan.stages:
        for axis, formula in zip(("rows", "columns"), stage.formulas, strict=True):
            console.print(
                Text(f"  {stage.index} {printable(stage.name)}, {axis}: {formula}", "dim"), soft_wrap=True
            )
    for warning in plan.warnings:
        console.print(Text(f"warning: {printable(warning)}", "yellow"), soft_wrap=True)


def _plan_row(stage: StagePlan) -> Sequence[str]:
    (above, below), (left, right) = stage.halo
    rows, cols = stage.field
    return (
        f"{stage.index} {printable(stage.name)}",
        extent(stage.input),
        extent(stage.extent),
        f"{above},{below},{left},{right}",
        f"{rows.reach}x{cols.reach}",
        f"{stage.range.low:.4g} to {stage.range.high:.4g}",
        f"{stage.bytes / 1e6:.3g}",
        f"{stage.operations / 1e6:.3g}",
    )
