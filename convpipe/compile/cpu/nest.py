"""Write the nest of loops over rows.

To make a row of the last level it goes through the rows under that row's window, and makes those which the
ring does not hold - which is the same again, one level down, nested. It is one function because Numba
optimises a function again in every function that calls it: a function a stage took three times as long to
compile at five stages.
"""

from __future__ import annotations

import re

from convpipe.compile.common.text import Text, times
from convpipe.compile.cpu import direct
from convpipe.compile.cpu.schedule import Level, Schedule
from convpipe.compile.cpu.spans import border_values, double_sums, padded, padding, pair_names, span, whole
from convpipe.compile.cpu.strips import GEOMETRY


def with_geometry(text: Text, body: Text) -> None:
    """Add `body`, after the extents and paddings of the levels that it names."""
    with text.indented():
        for i in sorted(set(re.findall(rf"\b(?:{'|'.join(GEOMETRY)})_([0-9]+)\b", str(body))), key=int):
            names = ", ".join(f"{name}_{i}" for name in GEOMETRY)
            text.line(f"{names} = take(geometry[{i}], 0, {len(GEOMETRY)})")
        text.line(*str(body).splitlines())


def row(text: Text, level: Level, schedule: Schedule) -> None:
    """Row y_i of the stage, into out_i: the rows under its window, then the loops over them."""
    i = level.index
    text.line(f"# {level.title}")
    if level.direct:
        direct.window(text, level)
        direct.outputs(text, level, schedule)
    else:
        window = _ring_columns(text, level, schedule)
        span(text, level, schedule, f"ring_{i}", window, "0", "0", f"output_cols_{i}")


def _ring_columns(text: Text, level: Level, schedule: Schedule) -> str:
    """Rows of the ring under the window, and column passes over them; return the window's name."""
    i, banks = level.index, level.columns
    pairs = [bank for bank in banks if level.pairs(bank)]
    if pairs:
        paired = pair_names(level, pairs[0])[1]
        text.line(
            f"even_{i} = y_{i} - y_{i} % 2", f"if {paired}[0] != even_{i}:", f"    {paired}[0] = even_{i}"
        )
        with text.indented():
            _window(text, level, schedule, f"even_{i}", level.kernel[0] + 1)
            for bank in pairs:
                pair = pair_names(level, bank)[0]
                given = f"ring_{i}, window_{i}, 0, line({pair}, 0, 0), line({pair}, 1, 0), {whole(level)}, w"
                text.line(f"columns_{i}_{bank.name}({given})")
        text.line(*(f"v_{bank.name}_{i} = line(pair_{bank.name}_{i}, y_{i} % 2, 0)" for bank in pairs))
    else:
        _window(text, level, schedule, f"y_{i}", level.kernel[0])
        for bank in banks:
            given = f"ring_{i}, window_{i}, 0, v_{bank.name}_{i}, {whole(level)}, w"
            text.line(f"column_{i}_{bank.name}({given})")
    for bank in banks:
        double_sums(text, level, bank)
    return f"tail(window_{i}, y_{i} % 2)" if pairs else f"window_{i}"


def _window(text: Text, level: Level, schedule: Schedule, y: str, count: int) -> None:
    """Rows from the top of row y's window on, made if the ring lacks them; outside: the slot of constants."""
    i, reach = level.index, level.ring_rows
    text.line(f"for k_{i} in range({count}):")
    with text.indented():
        text.line(f"j_{i} = {padded(level, y)}")
        below = f"y_{i - 1}" if i else "source_y"
        text.line(f"{below} = border_index(j_{i}, rows_{i}, border_{i})")
        text.line(f"key_{i} = ring_key(j_{i}, {below}, rows_{i}, {reach}, border_{i})")
        slot = f"key_{i} % {reach}" if reach > 1 else "0"
        text.line(f"window_{i}[k_{i}] = {slot} if {below} >= 0 else held_{i}")
        text.line(f"if {below} >= 0 and keys_{i}[window_{i}[k_{i}]] != key_{i}:")
        with text.indented():
            text.line(
                f"keys_{i}[window_{i}[k_{i}]] = key_{i}", f"row_{i} = line(ring_{i}, window_{i}[k_{i}], 0)"
            )
            _fill(text, level, schedule)


def _fill(text: Text, level: Level, schedule: Schedule) -> None:
    """One row of the ring: made by the stage below, or copied from the image; then padded."""
    i, channels = level.index, level.channels
    left = times(f"left_{i}", channels)
    if i == 0:
        source = f"line(image, source_y, {times('origin_0', channels)})"
        text.line(f"load_row({source}, row_0, {left}, {times('cols_0', channels)})")
    else:
        text.line(f"out_{i - 1} = tail(row_{i}, {left})")
        row(text, schedule.levels[i - 1], schedule)
    if level.premultiply:
        text.line(f"premultiply_row(row_{i}, left_{i}, cols_{i}, {channels})")
    text.line(f"pad_row(row_{i}, {padding(level)}, {border_values(i)})")
