"""Write the inner loops: contiguous along a row, all taps written out, which is what the vectoriser wants."""

from __future__ import annotations

from collections.abc import Sequence

from convpipe.compile.schedule import Bank, Level
from convpipe.compile.segments import Segment
from convpipe.compile.text import Text, times

CHUNK = 8
"""Most source rows in one loop of a column pass; more overlap checks than that and LLVM stays scalar."""


def _sums(terms: list[str]) -> str:
    return " + ".join(terms)


def column(text: Text, level: Level, bank: Bank) -> None:
    """Column pass of separable taps: one weighted sum of source rows."""
    text.function(f"column_{level.index}_{bank.name}", ["source", "rows", "start", "v", "n", "w"])
    with text.indented():
        for start in range(0, len(bank.column), CHUNK):
            chunk = list(enumerate(bank.column))[start : start + CHUNK]
            for k, i in chunk:
                text.line(f"w{k} = w[{bank.offset + k}]", f"s{k} = source[rows[{i}], start:]")
            text.line("for x in range(n):")
            before = ["v[x]"] if start else []
            text.line("    v[x] = " + _sums([*before, *(f"w{k} * T(s{k}[x])" for k, _ in chunk)]))


def accumulate(text: Text, level: Level, bank: Bank) -> None:
    """Sum all but the last pass of a large kernel into a row that stays in L1."""
    start = times("start", level.channels)
    text.function(f"accumulate_{level.index}_{bank.name}", ["source", "rows", "start", "total", "n", "w"])
    with text.indented():
        if bank.shape == "unrolled":
            for number, taps in enumerate(bank.passes[:-1]):
                _sources(text, level, taps)
                _add(text, level, [(f"s{i}", j, bank.weight(i, j)) for i, j in taps], first=number == 0)
            return
        # Kernel rows are all alike: a loop over them, with a shorter pass first where they do not divide.
        cols, lead, step = level.kernel[1], len(bank.passes[0]), len(bank.passes[-1])
        _sources(text, level, bank.passes[0])
        _add(text, level, [(f"s{i}", j, bank.weight(i, j)) for i, j in bank.passes[0]], first=True)
        if len(bank.passes) == 2:
            return
        per, stop = step // cols, level.kernel[0] - step // cols
        text.line(f"for i in range({lead // cols}, {stop}, {per}):")
        with text.indented():
            for k in range(per):
                text.line(f"s{k} = source[rows[i + {k}], {start} :]")
            at = f"{bank.offset} + i * {cols}"
            terms = [(f"s{k}", j, f"{at} + {k * cols + j}") for k in range(per) for j in range(cols)]
            _add(text, level, terms, first=False)


def _sources(text: Text, level: Level, taps: Sequence[tuple[int, int]]) -> None:
    """Name the rows under `taps`."""
    for i in sorted({i for i, _ in taps}):
        text.line(f"s{i} = source[rows[{i}], {times('start', level.channels)} :]")


def _add(text: Text, level: Level, terms: list[tuple[str, int, str]], first: bool) -> None:
    """One pass: the total becomes, or grows by, the sum of `terms`: (row, kernel column, weight's place)."""
    for k, (_, _, at) in enumerate(terms):
        text.line(f"w{k} = w[{at}]")
    text.line(f"for x in range(n{_per_loop(level)}):")
    with text.indented():
        for lane in _lanes(level):
            taps = [f"w{k} * T({row}[{lane.sample(j)}])" for k, (row, j, _) in enumerate(terms)]
            before = [] if first else [f"total[{lane.output}]"]
            text.line(f"total[{lane.output}] = {_sums([*before, *taps])}")


class _Lane:
    """Index arithmetic of one output of the inner loop.

    Rows hold their pixels' channels side by side. At stride 1 the loop runs over samples and a tap
    one pixel further is `channels` samples further; at a larger stride it runs over pixels, with a
    statement for each channel.
    """

    def __init__(self, level: Level, channel: int) -> None:
        self.level, self.channel = level, channel

    @property
    def output(self) -> str:
        """Index of the output sample."""
        level = self.level
        if level.stride[1] == 1 or level.channels == 1:
            return "x"
        return f"x * {level.channels} + {self.channel}"

    def sample(self, column: int) -> str:
        """Index, in a padded row, of the sample under kernel column `column`."""
        level = self.level
        step = level.stride[1] * (level.channels if level.stride[1] > 1 else 1)
        shift = column * level.dilation[1] * level.channels + self.channel
        return times("x", step) + (f" + {shift}" if shift else "")


def _lanes(level: Level) -> list[_Lane]:
    """Return one lane, or one a channel where the loop runs over pixels."""
    return [_Lane(level, channel) for channel in range(level.channels if level.stride[1] > 1 else 1)]


def _per_loop(level: Level) -> str:
    return f" // {level.channels}" if len(_lanes(level)) > 1 else ""


def temporary(bank: Bank) -> str:
    """Return the name of the scratch row of a bank that is summed before the main loop."""
    return f"v_{bank.name}" if bank.shape == "separable" else f"total_{bank.name}"


def temporaries(level: Level) -> list[str]:
    """Return the names of the level's scratch rows."""
    return [temporary(bank) for bank in level.banks if bank.shape == "separable" or bank.accumulates]


def combine(text: Text, level: Level, segment: Segment) -> None:
    """One loop along the row: the responses (or the pixels of the row before), then scalar steps."""
    given = ["source", "rows", "start", *temporaries(level)] if segment.opens else ["t"]
    text.function(f"combine_{level.index}_{segment.index}", [*given, "out", "n", "w", "c"])
    with text.indented():
        if segment.counts_nan:
            text.line("nans = 0")
        for name, position in segment.constants:
            text.line(f"{name} = c[{position}]")
        if segment.opens:
            _responses(text, level, segment)
        else:
            _pixels(text, segment)
        if segment.keep_alpha:
            _keep_alpha(text, level, segment)
        text.line("return nans" if segment.counts_nan else "return 0")


def _responses(text: Text, level: Level, segment: Segment) -> None:
    _sources(
        text, level, [tap for bank in level.banks if bank.shape != "separable" for tap in bank.passes[-1]]
    )
    for bank in level.banks:
        for at in bank.last_weights:
            text.line(f"w{at} = w[{at}]")
    text.line(f"for x in range(n{_per_loop(level)}):")
    with text.indented():
        for lane in _lanes(level):
            for bank in level.banks:
                text.line(f"r_{bank.name} = {_response(bank, lane)}")
            names = [f"r_{bank.name}" for bank in level.banks]
            _finish(text, segment, names, lane.output, colour=True)


def _response(bank: Bank, lane: _Lane) -> str:
    if bank.shape == "separable":
        taps = [f"v_{bank.name}[{lane.sample(j)}]" for j in bank.row]
    else:
        taps = [f"T(s{i}[{lane.sample(j)}])" for i, j in bank.passes[-1]]
    before = [f"total_{bank.name}[{lane.output}]"] if bank.accumulates else []
    terms = [f"w{at} * {tap}" for at, tap in zip(bank.last_weights, taps, strict=True)]
    return _sums([*before, *terms])


def _pixels(text: Text, segment: Segment) -> None:
    """A step across the channels of each pixel."""
    text.line(f"for x in range(n // {segment.output_channels}):")
    with text.indented():
        for name, expression in segment.pixel:
            text.line(f"{name} = {expression}")
        for k in range(segment.output_channels):
            output = f"x * {segment.output_channels} + {k}"
            colour = not segment.alpha or k < segment.output_channels - 1
            _finish(text, segment, [f"p{k}"], output, colour)


def _finish(text: Text, segment: Segment, names: list[str], output: str, colour: bool) -> None:
    """Scalar steps on the responses `names`, and the store."""
    value = names[0]
    for line in segment.scalar_lines(names, colour):
        text.line(line)
        value = "v"
    for line in segment.store_lines(value):
        text.line(line)
    text.line(f"out[{output}] = {segment.stored(value)}")


def _keep_alpha(text: Text, level: Level, segment: Segment) -> None:
    """Overwrite the alpha samples with those under the centre tap."""
    rows, cols = level.kernel
    last = level.channels - 1
    shift = (cols - 1) // 2 * level.dilation[1] * level.channels + last
    start = times("start", level.channels)
    text.line(f"s = source[rows[{(rows - 1) // 2}], {start} :]", f"for x in range(n // {level.channels}):")
    with text.indented():
        text.line(f"v = T(s[{times('x', level.stride[1] * level.channels)} + {shift}])")
        for line in segment.alpha_lines():
            text.line(line)
        text.line(f"out[x * {level.channels} + {last}] = {segment.stored('v')}")
