"""Where the tables of a program stand among the constants, and the numbers that an image gives."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import chain

from convpipe.compile.common.levels import Level, Program
from convpipe.compile.common.segments import Segment, Spot, segments


def constants(program: Program) -> list[float]:
    """Return the constants of all steps, and after them their tables."""
    return [*program.constants, *chain(*(table for *_, table in _tables(program)))]


def _tables(program: Program) -> Iterator[tuple[int, int, int, tuple[float, ...]]]:
    """Yield every table, after the level, the segment and the step that look values up in it."""
    for level in program.levels:
        for segment in segments(level, program):
            yield from ((level.index, segment.index, step, table) for step, table in segment.tables.items())


@cache
def _places(program: Program) -> dict[tuple[int, int, int], range]:
    found, end = {}, len(program.constants)
    for level, segment, step, table in _tables(program):
        found[level, segment, step] = range(end, end + len(table))
        end += len(table)
    return found


def places(program: Program, level: Level, segment: Segment) -> dict[int, range]:
    """Return where the tables of a segment stand among the constants, by their steps."""
    return {step: _places(program)[level.index, segment.index, step] for step in segment.tables}


def measured(program: Program) -> tuple[Spot, ...]:
    """Return which of the constants are numbers that an image gives."""
    found = []
    for level in program.levels:
        for segment in segments(level, program):
            tables = list(chain(*places(program, level, segment).values()))
            parameters = [at for _, at in segment.constants] + tables
            found += [spot._replace(at=parameters[spot.at]) for spot in segment.measured]
    return tuple(found)
