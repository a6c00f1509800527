"""A plan on a terminal: which stage reads which, sizes and costs, as a table that fits.

Where the terminal is too narrow, columns become lines below the table, the least wanted first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from convpipe.plan import Plan, StagePlan
from convpipe.report.graph import lanes, lanes_below, results
from convpipe.report.text import byte_size, extent, printable

LEAST = ("input", "field", "halo", "Mops", "MB")
"""Columns that are left out first; what they say stands below then."""

RIGHT = ("", "MB", "Mops")
"""Columns of numbers."""

NARROWEST = 12
"""Columns that names of stages have at least."""

Columns = dict[str, list[str]]


def print_plan(plan: Plan, console: Console) -> None:
    """Print what a pipeline does to an image of one extent; its warnings are the caller's to print.

    Parameters
    ----------
    plan : Plan
    console : rich.console.Console
    """
    columns = _columns(plan)
    below = {heading: columns.pop(heading) for heading in _left_out(columns, console.width)}
    console.print(Text(plan.headline, "bold"))
    console.print(_table(plan, columns, console.width))
    console.print(_details(plan, below))
    console.print(Text(_memory(plan), "dim"))


def _columns(plan: Plan) -> Columns:
    """Return the cells below each heading: a row for each stage, and of a graph one for the image."""
    columns: Columns = {} if plan.is_chain else {"graph": lanes(plan)}
    stages = plan.stages
    columns[""] = [_number(stage) for stage in stages]
    columns["stage"] = [printable(stage.name) + results(plan, at) for at, stage in enumerate(stages)]
    columns["input"] = [extent(stage.input) for stage in stages]
    columns["output"] = [extent(stage.extent) for stage in stages]
    columns["halo"] = [_halo(stage) for stage in stages]
    columns["field"] = [extent((rows.reach, cols.reach)) for rows, cols in (stage.field for stage in stages)]
    columns["range"] = [str(stage.range) for stage in stages]
    columns["MB"] = [f"{stage.bytes / 1e6:.3g}" for stage in stages]
    columns["Mops"] = [f"{stage.operations / 1e6:.3g}" for stage in stages]
    if not plan.is_chain:
        image = {"stage": "input", "output": extent(plan.input), "MB": f"{plan.input_bytes / 1e6:.3g}"}
        for heading, cells in columns.items():
            if heading != "graph":
                cells.insert(0, image.get(heading, ""))
    return columns


def _left_out(columns: Columns, width: int) -> list[str]:
    """Return the headings of the columns that have no room."""
    left: list[str] = []
    for heading in LEAST:
        kept = {name: cells for name, cells in columns.items() if name not in left}
        if _width(kept) <= width:
            break
        left.append(heading)
    return left


def _width(columns: Mapping[str, Sequence[str]]) -> int:
    """Return the width of a table of such columns."""
    return sum(max(map(cell_len, (heading, *cells))) + 2 for heading, cells in columns.items())


def _table(plan: Plan, columns: Columns, width: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, collapse_padding=True)
    for heading in columns:
        table.add_column(heading, justify="right" if heading in RIGHT else "left", overflow="fold")
    others = {heading: cells for heading, cells in columns.items() if heading != "stage"}
    room = max(NARROWEST, width - _width(others) - 2)
    drawn = zip(lanes(plan), lanes_below(plan), strict=True) if "graph" in columns else None
    for row in zip(*columns.values(), strict=True):
        cells = dict(zip(columns, row, strict=True))
        lines = _called(cells["stage"], room)
        cells["stage"] = "\n".join(lines)
        if drawn is not None:
            line, below = next(drawn)
            cells["graph"] = "\n".join([line, *[below] * (len(lines) - 1)])
        table.add_row(*map(Text, cells.values()))
    return table


def _called(name: str, room: int) -> list[str]:
    """Return the name of a stage and the results that it gives, in lines for which there is room.

    Examples
    --------
    >>> _called("background => background", 40), _called("background => background", 16)
    (['background => background'], ['background', '=> background'])
    """
    if cell_len(name) <= room:
        return [name]
    called, arrow, given = name.partition(" => ")
    return wrap(called, room) + (wrap(f"=> {given}", room, subsequent_indent="   ") if arrow else [])


def _memory(plan: Plan) -> str:
    """Say what it takes to filter an image."""
    shared = f"{byte_size(plan.shared_bytes)} and " if plan.shared_bytes else ""
    return f"memory beside image and result: {shared}{byte_size(plan.thread_bytes)} a thread"


def _number(stage: StagePlan) -> str:
    return "" if stage.index is None else str(stage.index)


def _halo(stage: StagePlan) -> str:
    """Return how far the stage reaches: one number, or above,below,left,right."""
    (above, below), (left, right) = stage.halo
    sides = (above, below, left, right)
    return str(above) if len(set(sides)) == 1 else ",".join(map(str, sides))


def _details(plan: Plan, below: Mapping[str, Sequence[str]]) -> Table:
    """Return what else is to be said of each stage, a line for each: of columns that had no room, too."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for at, stage in enumerate(plan.stages):
        # The input's size is part of the formulas.
        cells = {name: column[at - len(plan.stages)] for name, column in below.items() if name != "input"}
        if cells:
            said = ", ".join(f"{heading} {cell}" for heading, cell in cells.items())
            table.add_row(f" {_number(stage)}", "window", Text(said), style="dim")
        for what, text in _said(stage):
            table.add_row(f" {_number(stage)}", what, Text(text), style="dim")
    return table


def _said(stage: StagePlan) -> Iterator[tuple[str, str]]:
    """Yield the formula of the output's size with its numbers, what its floor leaves, and how it runs."""
    for axis, formula, dropped in zip(("rows", "columns"), stage.formulas, stage.dropped, strict=True):
        yield axis, formula + (f"  ({dropped} unread)" if dropped else "")
    if stage.separation is not None and stage.separation.error:
        yield "kernel", str(stage.separation)
    yield from (("sums", str(own)) for own in stage.arithmetic)
    yield from (("kernel", str(one)) for one in (stage.tiles, stage.rates) if one is not None)
    if stage.layer is not None:
        shape = "x".join(map(str, stage.layer.weights.shape))
        groups = f" in {stage.layer.groups} groups" if stage.layer.groups > 1 else ""
        yield "channels", f"{stage.layer.channels} -> {stage.layer.filters}, filters of {shape}{groups}"
    if stage.origin.folded is not None:
        yield "numbers", f"folded into the filters of {stage.origin.folded}"
    if stage.frame is not None:
        yield "image", f"goes through {stage.frame.function}, on the processor"
    if stage.warp is not None:
        yield "image", f"interpolated where a map puts its pixels ({stage.warp.method}), on the processor"
