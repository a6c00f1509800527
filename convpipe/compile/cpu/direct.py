"""Write the nest's innermost level: it reads the image in place, and copies only what lies near a border."""

from __future__ import annotations

from convpipe.compile.common.text import Text, times
from convpipe.compile.cpu.banks import Bank
from convpipe.compile.cpu.schedule import Level, Schedule
from convpipe.compile.cpu.spans import border_values, double_sums, padded, padding, pair_names, span, whole


def window(text: Text, level: Level) -> None:
    """Rows of the image, and column passes over them.

    A window with a row outside the image, which a constant border fills, reads padded copies.
    """
    i = level.index
    text.line("inside = True", f"for k_{i} in range({level.kernel[0]}):")
    with text.indented():
        text.line(f"window_{i}[k_{i}] = border_index({padded(level, f'y_{i}')}, rows_{i}, border_{i})")
        text.line(f"inside = inside and window_{i}[k_{i}] >= 0")
    text.line(
        "if not inside:",
        f"    {_load_edges(level, '0', f'left_{i} + cols_{i} + right_{i}', range(level.kernel[0]))}",
    )
    for bank in level.columns:
        v = f"v_{bank.name}_{i}"
        if level.pairs(bank):
            _pair(text, level, bank)
        text.line("if inside and not ready:" if level.pairs(bank) else "if inside:")
        with text.indented():
            _column(text, level, bank)
            text.line(f"pad_row({v}, {padding(level)}, edge_{bank.name}_{i}, edge_{bank.name}_{i})")
        text.line("elif not inside:")
        text.line(f"    column_{i}_{bank.name}(ring_{i}, slots_{i}, 0, {v}, {whole(level)}, w)")
        if level.slides(bank):
            text.line(f"summed_{bank.name}_{i}[0] = y_{i} if inside else NOTHING")
        double_sums(text, level, bank)


def _pair(text: Text, level: Level, bank: Bank) -> None:
    """Column passes of rows 2m and 2m + 1 at once, if the image holds all rows under both."""
    i, rows = level.index, level.kernel[0] + 1
    pair, paired, of_pair = pair_names(level, bank)
    left, samples = times(f"left_{i}", level.channels), times(f"cols_{i}", level.channels)
    text.line(f"v_{bank.name}_{i} = line({pair}, y_{i} % 2, 0)", f"even_{i} = y_{i} - y_{i} % 2")
    text.line(
        f"if {paired}[0] != even_{i}:", f"    {paired}[0] = even_{i}", f"    for k_{i} in range({rows}):"
    )
    text.line(f"        {of_pair}[k_{i}] = border_index(even_{i} + k_{i} - top_{i}, rows_{i}, border_{i})")
    text.line(f"        if {of_pair}[k_{i}] < 0:", f"            {paired}[0] = NOTHING")
    text.line(f"    if {paired}[0] == even_{i}:")
    with text.indented(), text.indented():
        targets = ", ".join(f"line({pair}, {k}, {left})" for k in range(2))
        origin = times(f"origin_{i}", level.channels)
        text.line(f"columns_{i}_{bank.name}(image, {of_pair}, {origin}, {targets}, {samples}, w)")
        for k in range(2):
            text.line(
                f"pad_row(line({pair}, {k}, 0), {padding(level)}, edge_{bank.name}_{i}, edge_{bank.name}_{i})"
            )
    text.line(f"ready = {paired}[0] == even_{i}")


def _column(text: Text, level: Level, bank: Bank) -> None:
    """Sum of image rows: the sum of the row before with rows entered and left, or anew."""
    i, channels, step = level.index, level.channels, level.stride[0]
    inner, samples = f"tail(v_{bank.name}_{i}, {times(f'left_{i}', channels)})", times(f"cols_{i}", channels)
    origin = times(f"origin_{i}", channels)
    anew = f"column_{i}_{bank.name}(image, window_{i}, {origin}, {inner}, {samples}, w)"
    if not level.slides(bank):
        text.line(anew)
        return
    text.line(f"if summed_{bank.name}_{i}[0] == y_{i} - 1:", f"    for k_{i} in range({step}):")
    leaves = f"border_index({times(f'y_{i}', step)} - {step} + k_{i} - top_{i}, rows_{i}, border_{i})"
    enters = f"window_{i}[{level.kernel[0] - step} + k_{i}]"
    slide = f"slide_{i}_{bank.name}(image, {enters}, {leaves}, {origin}, {inner}, {samples})"
    text.line(f"        {slide}", "else:", f"    {anew}")


def outputs(text: Text, level: Level, schedule: Schedule) -> None:
    """The interior from the image itself; what needs padding at either end from a padded copy of that end."""
    i, step = level.index, level.stride[1]
    ring, slots, count = f"ring_{i}", f"slots_{i}", f"output_cols_{i}"
    if not level.reads_samples:
        span(text, level, schedule, ring, slots, "0", "0", count)
        return
    reach, rows = level.dilation[1] * (level.kernel[1] - 1) + 1, level.sampled_rows
    text.line(f"first, last = interior(left_{i}, cols_{i}, {step}, {reach}, {count})")
    text.line("if not inside:", f"    first = last = {count}")
    head = times("first - 1", step) + f" + {reach}"
    text.line("elif first > 0:", f"    {_load_edges(level, '0', head, rows)}")
    end = times(f"{count} - 1", step) + f" + {reach}"
    text.line(f"if last < {count}:", f"    {_load_edges(level, times('last', step), end, rows)}")
    start = times("first", step) + f" - left_{i} + origin_{i}"
    spans = [
        ("first > 0", ring, slots, "0", "0", "first"),
        ("last > first", "image", f"window_{i}", start, "first", "last - first"),
        (f"last < {count}", ring, slots, times("last", step), "last", f"{count} - last"),
    ]
    for condition, *given in spans:
        text.line(f"if {condition}:")
        with text.indented():
            span(text, level, schedule, *given)


def _load_edges(level: Level, first: str, last: str, rows: range) -> str:
    """Copy what lies near the border in some rows of the window, padded."""
    i = level.index
    where = f"origin_{i}, left_{i}, cols_{i}, {level.channels}, border_{i}, {border_values(i)}"
    return f"load_edges(image, window_{i}, {rows.start}, {rows.stop}, ring_{i}, {first}, {last}, {where})"
