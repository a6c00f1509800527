"""A schedule for a person: levels, rings and steps, then the loops that they call."""

from __future__ import annotations

from itertools import groupby

from convpipe.compile.cpu.schedule import Schedule
from convpipe.compile.cpu.table import Table


def show(schedule: Schedule, table: Table) -> str:
    """Return what makes which rows, and the source of every loop."""
    lines = [
        "# The schedule: each level makes rows from those under its window, and keeps some of them.",
        f"# A thread works in {table.thread_bytes} bytes.",
        "#",
    ]
    numbers = {loop: k for k, loop in enumerate(table.loops)}
    for at, (level, slots, steps) in enumerate(
        zip(schedule.levels, schedule.slots, table.steps, strict=True)
    ):
        kept = "the result" if level.output else f"ring of {slots} rows"
        lines.append(f"# level {at}: {level.title}")
        for given in level.inputs:
            source = _source(given.source, schedule.images)
            rows = f"{level.reads(given)} rows of {given.dtype}"
            lines.append(f"#   from {source}: {rows}, border {given.border.name.lower()}")
        lines.append(f"#   {kept}, {level.dtype}, rows at a time: {level.recipe.rows}")
        lines.append(f"#   cost: about {level.recipe.cost:.3g} operations a sample")
        lines += [f"#   {choice}" for choice in level.recipe.choices]
        calls = (f"loop {numbers[step.loop]}, {step.count} samples: {step.loop.title}" for step in steps)
        for call, same in groupby(calls):
            times = sum(1 for _ in same)
            lines.append(f"#     {call}" + (f", {times} times" if times > 1 else ""))
    for loop, number in numbers.items():
        lines += ["", f"# loop {number}: {loop.title}", loop.source.rstrip()]
    return "\n".join(lines) + "\n"


def _source(source: int, images: int) -> str:
    if source >= 0:
        return f"level {source}"
    return "the image" if images == 1 else f"image {-1 - source}"
