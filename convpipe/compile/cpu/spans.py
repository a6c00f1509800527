"""Write the calls of the inner loops over a span of a row, and the names and extents that they are given."""

from __future__ import annotations

from convpipe.compile.common.segments import segments
from convpipe.compile.common.text import Text, times
from convpipe.compile.cpu.banks import Bank
from convpipe.compile.cpu.schedule import Level, Schedule


def padded(level: Level, y: str) -> str:
    """Return the position, in its input, of row k of the window of output row `y`."""
    i = level.index
    return f"{times(y, level.stride[0])} + {times(f'k_{i}', level.dilation[0])} - top_{i}"


def whole(level: Level) -> str:
    """Return the number of samples of a padded row."""
    i = level.index
    return times(f"left_{i} + cols_{i} + right_{i}", level.channels)


def border_values(i: int) -> str:
    """Return what a constant border of level `i` holds: in all channels but the last, and there."""
    return f"outside[{2 * i}], outside[{2 * i + 1}]"


def padding(level: Level) -> str:
    """Return what pads a row: the pixels left of it, in it and right of it, their channels, the border."""
    i = level.index
    return f"left_{i}, cols_{i}, right_{i}, {level.channels}, border_{i}"


def pair_names(level: Level, bank: Bank) -> list[str]:
    """Return the names of two rows of column sums, of their key, and of the image's rows under them."""
    names = ("pair", "paired", "rows_of_pair") if level.direct else ("pair", "paired")
    return [f"{name}_{bank.name}_{level.index}" for name in names]


def scratch_from(level: Level, bank: Bank, first: str) -> list[str]:
    """Return the scratch rows of a bank, from where a span begins: column passes hold the whole row."""
    step = level.stride[1] * level.channels
    rows = {name: f"{name}_{level.index}" for name in bank.temporaries}
    return [row if name == bank.total else _tail(row, first, step) for name, row in rows.items()]


def _tail(row: str, first: str, step: int) -> str:
    return row if first == "0" else f"tail({row}, {times(first, step)})"


def double_sums(text: Text, level: Level, bank: Bank) -> None:
    """Sums of neighbours along a row of equal taps."""
    if bank.shape == "uniform" and bank.doubled:
        rows = ", ".join(f"{name}_{level.index}" for name in bank.temporaries)
        text.line(f"double_{level.index}_{bank.name}({rows}, {whole(level)})")


def span(
    text: Text, level: Level, schedule: Schedule, source: str, rows: str, start: str, first: str, count: str
) -> None:
    """Outputs first..first + count of a row, from padded samples that begin `start` pixels into source."""
    i = level.index
    for bank in level.banks:
        if bank.accumulates:
            reads = scratch_from(level, bank, first)[:1] if bank.has_columns else [source, rows, start]
            given = ", ".join([*reads, f"{bank.total}_{i}", times(count, level.channels)])
            text.line(f"accumulate_{i}_{bank.name}({given}, w)")
    chain = segments(level, schedule)
    for segment in chain:
        k, last = segment.index, segment.index == len(chain) - 1
        scratch = [name for bank in level.banks for name in scratch_from(level, bank, first)]
        reads = [source, rows, start, *scratch] if segment.opens else [f"t_{i}_{k - 1}"]
        out = f"t_{i}_{k}"
        if last:
            out = _tail(f"out_{i}", first, segment.output_channels)
        call = f"combine_{i}_{k}({', '.join(reads)}, {out}, {times(count, segment.output_channels)}, w, c)"
        text.line(f"nans += {call}" if segment.counts_nan else call)
