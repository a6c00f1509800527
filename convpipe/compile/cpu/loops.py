"""Write the inner loops: contiguous along a row, all taps written out, which is what the vectoriser wants."""

from __future__ import annotations

from collections.abc import Sequence

from convpipe.compile.common.segments import Segment
from convpipe.compile.common.text import Text, fused, times
from convpipe.compile.cpu.banks import Bank, is_long
from convpipe.compile.cpu.schedule import Level

CHUNK = 8
"""Most source rows in one loop of a column pass; more overlap checks than that and LLVM stays scalar."""


def _sums(terms: list[str]) -> str:
    return " + ".join(terms)


def column(text: Text, level: Level, bank: Bank, outputs: Sequence[str] = ("v",)) -> None:
    """Column pass: one sum of source rows, weighted unless the taps are uniform.

    With two outputs, the sums of two windows one row apart: what they share is loaded once.
    """
    name = "column" if len(outputs) == 1 else "columns"
    text.function(f"{name}_{level.index}_{bank.name}", ["source", "rows", "start", *outputs, "n", "w"])
    step, rows = CHUNK + 1 - len(outputs), bank.column
    rolled = is_long(rows)
    lead = (len(rows) % step or step) if rolled else step
    starts = [0] if rolled else range(0, len(rows), step)
    with text.indented():
        for at in starts:
            _add_rows(text, level, bank, outputs, rows[at : at + lead], "", at)
        if rolled:
            text.line(f"for i in range({lead}, {len(rows)}, {step}):")
            with text.indented():
                _add_rows(text, level, bank, outputs, range(rows[0], rows[0] + step), "i + ", 0)


def _add_rows(
    text: Text, level: Level, bank: Bank, outputs: Sequence[str], rows: Sequence[int], base: str, first: int
) -> None:
    """One loop of a column pass: sums of `rows`, counted from `base`; their weights begin at `first`."""
    numbers = range(first, first + len(rows))
    uniform = bank.shape == "uniform"
    if not uniform:
        _weights(text, numbers, f"{base}{bank.offset + first}")
    for i in sorted({i + k for i in rows for k in range(len(outputs))}):
        text.line(f"s{i} = line(source, rows[{base}{i}], start)")
    text.line("for x in range(n):")
    for shift, v in enumerate(outputs):
        before = f"{v}[x]" if base or first else None
        samples = [f"s{i + shift}[x]" for i in rows]
        if uniform:
            terms = [_summand(level, bank, sample) for sample in samples]
            text.line(f"    {v}[x] = " + _sums([before, *terms] if before else terms))
        else:
            products = [(f"w{k}", sample) for k, sample in zip(numbers, samples, strict=True)]
            text.line(f"    {v}[x] = {fused(products, before)}")


def _summand(level: Level, bank: Bank, sample: str) -> str:
    return f"np.int32({sample})" if bank.exact else level.cast(sample)


def slide(text: Text, level: Level, bank: Bank) -> None:
    """Running sum of rows: one enters, one leaves."""
    text.function(f"slide_{level.index}_{bank.name}", ["source", "enters", "leaves", "start", "v", "n"])
    with text.indented():
        text.line("new, old = line(source, enters, start), line(source, leaves, start)", "for x in range(n):")
        text.line(f"    v[x] += {_summand(level, bank, 'new[x]')} - {_summand(level, bank, 'old[x]')}")


def double(text: Text, level: Level, bank: Bank) -> None:
    """Sums of 2, 4, 8, ... neighbours, each from the ones before."""
    shift = level.dilation[1] * level.channels
    rows = bank.temporaries
    text.function(f"double_{level.index}_{bank.name}", [*rows, "n"])
    with text.indented():
        for width, one, two in zip(bank.doubled, rows, rows[1:], strict=False):
            text.line(f"for x in range(n - {(width - 1) * shift}):")
            text.line(f"    {two}[x] = {one}[x] + {one}[x + {width // 2 * shift}]")


def _weights(text: Text, numbers: range, at: str) -> None:
    """Name as many weights, from place `at` of the weight vector, by `numbers`."""
    names = ", ".join(f"w{k}" for k in numbers)
    text.line(f"{names}, = take(w, {at}, {len(numbers)})")


def accumulate(text: Text, level: Level, bank: Bank) -> None:
    """Sum all but the last pass of a large kernel into a row that stays in L1."""
    if bank.has_columns:
        _accumulate_row(text, level, bank)
        return
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
                text.line(f"s{k} = line(source, rows[i + {k}], {start})")
            at = f"{bank.offset} + i * {cols}"
            terms = [(f"s{k}", j, f"{at} + {k * cols + j}") for k in range(per) for j in range(cols)]
            _add(text, level, terms, first=False)


def _accumulate_row(text: Text, level: Level, bank: Bank) -> None:
    """Sum all but the last pass of a long row factor, over what column passes made."""
    shift, at = times("i", level.dilation[1] * level.channels), bank.last_weights.stop - len(bank.row)
    lead, step = len(bank.passes[0]), len(bank.passes[-1])
    text.function(f"accumulate_{level.index}_{bank.name}", ["v", "total", "n", "w"])
    with text.indented():
        text.line(f"s = tail(v, {bank.row[0] * level.dilation[1] * level.channels})")
        _add(text, level, [("s", j, f"{at}") for j in range(lead)], first=True)
        text.line(f"for i in range({lead}, {len(bank.row) - step}, {step}):")
        with text.indented():
            text.line(f"s = tail(v, {shift} + {bank.row[0] * level.dilation[1] * level.channels})")
            _add(text, level, [("s", j, f"i + {at}") for j in range(step)], first=False)


def _sources(text: Text, level: Level, taps: Sequence[tuple[int, int]]) -> None:
    """Name the rows under `taps`."""
    for i in sorted({i for i, _ in taps}):
        text.line(f"s{i} = line(source, rows[{i}], {times('start', level.channels)})")


def _add(text: Text, level: Level, terms: list[tuple[str, int, str]], first: bool) -> None:
    """One pass: the total becomes, or grows by, the sum of `terms`: (row, kernel column, weight's place)."""
    _weights(text, range(len(terms)), terms[0][2])
    text.line(f"for x in range(n{_per_loop(level)}):")
    with text.indented():
        for lane in _lanes(level):
            products = [(f"w{k}", f"{row}[{lane.sample(j)}]") for k, (row, j, _) in enumerate(terms)]
            before = None if first else f"total[{lane.output}]"
            text.line(f"total[{lane.output}] = {fused(products, before)}")


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


def combine(text: Text, level: Level, segment: Segment) -> None:
    """One loop along the row: the responses (or the pixels of the row before), then scalar steps."""
    rows = [name for bank in level.banks for name in bank.temporaries]
    given = ["source", "rows", "start", *rows] if segment.opens else ["t"]
    text.function(f"combine_{level.index}_{segment.index}", [*given, "out", "n", "w", "c"])
    with text.indented():
        if segment.counts_nan:
            text.line("nans = 0")
        for name, position in segment.constants:
            text.line(f"{name} = c[{position}]")
        if not segment.opens:
            _pixels(text, segment, segment.pixel)
        elif segment.across is None:
            _responses(text, level, segment)
        else:
            _mixed_samples(text, level, segment)
        if segment.keep_alpha:
            _keep_alpha(text, level, segment)
        text.line("return nans" if segment.counts_nan else "return 0")


def _responses(text: Text, level: Level, segment: Segment) -> None:
    direct = [bank for bank in level.banks if not bank.has_columns]
    _sources(text, level, [tap for bank in direct for tap in bank.passes[-1]])
    for bank in level.banks:
        _weights(text, bank.last_weights, str(bank.last_weights.start))
    text.line(f"for x in range(n{_per_loop(level)}):")
    with text.indented():
        for lane in _lanes(level):
            for bank in level.banks:
                text.line(f"r_{bank.name} = {_response(bank, lane)}")
            names = [f"r_{bank.name}" for bank in level.banks]
            _finish(text, segment, names, lane.output, colour=True)


def _response(bank: Bank, lane: _Lane) -> str:
    if bank.shape == "uniform":
        rows = {1: bank.column_sums} | {width: f"sum{width}_{bank.name}" for width in bank.doubled}
        whole = _sums([f"{rows[width]}[{lane.sample(first)}]" for width, first in bank.parts])
        # Sums of 32-bit integers are 64-bit ones to Numba, which take the processor twice as long to convert.
        return f"w{bank.offset} * " + (f"T(np.int32({whole}))" if bank.exact else f"({whole})")
    if bank.shape == "separable":
        taps = [f"{bank.column_sums}[{lane.sample(j)}]" for _, j in bank.passes[-1]]
    else:
        taps = [f"s{i}[{lane.sample(j)}]" for i, j in bank.passes[-1]]
    before = f"{bank.total}[{lane.output}]" if bank.accumulates else None
    return fused([(f"w{at}", tap) for at, tap in zip(bank.last_weights, taps, strict=True)], before)


def _mixed_samples(text: Text, level: Level, segment: Segment) -> None:
    """A step across the channels of each pixel of the input."""
    (bank,) = level.banks
    _sources(text, level, bank.taps)
    _weights(text, bank.last_weights, str(bank.offset))
    pixel = times("x", level.stride[1] * level.channels)
    samples = [level.cast(f"s0[{pixel} + {j}]") for j in range(level.channels)]
    _pixels(text, segment, segment.mixed([f"w{bank.offset} * {sample}" for sample in samples]))


def _pixels(text: Text, segment: Segment, values: list[tuple[str, str]]) -> None:
    """A step across the channels of each pixel: `values` are the assignments of its results."""
    text.line(f"for x in range(n // {segment.output_channels}):")
    with text.indented():
        for name, expression in values:
            text.line(f"{name} = {expression}")
        for k in range(segment.output_channels):
            output = times("x", segment.output_channels) + (f" + {k}" if k else "")
            colour = not segment.alpha or k < segment.output_channels - 1
            _finish(text, segment, [f"p{k}"], output, colour)


def _finish(text: Text, segment: Segment, names: list[str], output: str, colour: bool) -> None:
    """Scalar steps on the responses `names`, and the store."""
    value = names[0]
    for line in segment.scalar_lines(names, colour):
        text.line(line)
        value = "v"
    text.line(*segment.count_lines(value, output))
    text.line(f"out[{output}] = {segment.stored(value)}")


def _keep_alpha(text: Text, level: Level, segment: Segment) -> None:
    """Overwrite the alpha samples with those under the centre tap."""
    row, col = level.centre
    last = level.channels - 1
    shift = col * level.dilation[1] * level.channels + last
    start, sample = times("start", level.channels), times("x", level.stride[1] * level.channels)
    text.line(f"s = line(source, rows[{row}], {start})", f"for x in range(n // {level.channels}):")
    with text.indented():
        text.line(f"v = {level.cast(f's[{sample} + {shift}]')}")
        for line in segment.alpha_lines():
            text.line(line)
        if segment.counts_nan:
            text.line("nans += v != v")
        text.line(f"out[x * {level.channels} + {last}] = {segment.stored('v')}")
