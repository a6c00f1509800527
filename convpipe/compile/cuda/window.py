"""Write a pass: each thread slides a strip of windows down a column of its tile and stores the values."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby

from convpipe.compile.common.text import Text, times
from convpipe.compile.cuda.block import Block
from convpipe.compile.cuda.operand import InImage, InTile, operands
from convpipe.compile.cuda.passes import Bank, Pass, geometry
from convpipe.compile.cuda.point import Point
from convpipe.compile.cuda.ranked import ranked
from convpipe.compile.cuda.source import Read, plus, put, registers, tile
from convpipe.compile.cuda.sums import before, begun, expression, loop, onto
from convpipe.compile.cuda.weighed import weighed
from convpipe.dataclass import dataclass

SLID_COLUMNS = 12
"""Up to this many columns of the samples that a strip shares are held in registers, row after row."""


@dataclass(frozen=True)
class Window:
    """The device function of one pass of a block.

    Parameters
    ----------
    block : Block
    one : Pass
    point : Point
    threads : int
    """

    block: Block
    one: Pass
    point: Point
    threads: int

    @property
    def name(self) -> str:
        """Name of the function."""
        return f"window_{self.one.index}"

    @property
    def writes(self) -> bool:
        """Whether its values go to an image."""
        return self.one.index in self.block.written

    @property
    def lanes(self) -> int:
        """Channels that a block works on."""
        return 1 if self.block.by_channel else self.one.level.channels

    @property
    def parameters(self) -> list[str]:
        """What the function takes."""
        images = dict.fromkeys(name for operand in self._operands for name in operand.parameters)
        places = ["places"] if any(bank.places is not None for bank in self.one.banks) else []
        return ["tile", *images, *(["out", "first"] if self.writes else []), *_PLACE, *places]

    @property
    def arguments(self) -> list[str]:
        """What a kernel hands over for them."""
        i = self.one.index
        own = {"out": f"made{i}", "first": f"made{i}_row", "y0": f"y{i}", "x0": f"x{i}"}
        return [own.get(name, name) for name in self.parameters]

    @property
    def _operands(self) -> Sequence[InTile | InImage]:
        return operands(self.block, self.one)

    def emit(self, text: Text) -> None:
        """Write the function."""
        one, region = self.one, self.block.regions[self.one.index]
        strips, cols = region.rows // one.strip, region.cols
        text.function(self.name, self.parameters)
        with text.indented():
            registers(text, one, self.point)
            planes = 1 if self.point.whole else self.lanes
            text.line(f"for t in range(tid, {planes * strips * cols}, {self.threads}):")
            with text.indented():
                if planes > 1:
                    text.line(f"plane = quotient(t, {strips * cols})", f"t -= plane * {strips * cols}")
                text.line(f"strip = quotient(t, {cols})", f"x = t - strip * {cols}")
                for operand in self._operands:
                    operand.place(text, planes > 1)
                for channel in range(self.point.channels):
                    self._responses(text, channel)
                if one.weighs is not None:
                    self._weighed(text)
                for row in range(one.strip):
                    self._store(text, row, planes)

    def _responses(self, text: Text, channel: int) -> None:
        """Compute the responses of `channel`, named ``response_channel_row``, for every row of the strip."""
        one, first = self.one, self._operands[0]
        strip = range(one.strip)
        if self.point.kept(channel):
            own = one.planes(0) - 1 if one.level.joins else channel
            for row in strip:
                text.line(f"alpha_{row} = {self._centre(first, own, row)}")
        elif one.weighs is not None:
            return  # all colours at once
        elif one.level.joins:
            for operand, name in zip(self._operands, self.point.responses(channel), strict=True):
                text.line(*(f"{name}_{row} = {operand.pixel(channel, row)}" for row in strip))
        elif isinstance(first, InImage):
            text.line(*(f"s{row} = {first.pixel(channel, row)}" for row in strip))
            for bank in one.banks:
                for row in strip:
                    name, given = f"{bank.name}_{channel}_{row}", {(0, 0): f"s{row}"}
                    ranks = bank.rank is not None
                    text.line(
                        f"{name} = {f's{row}' if ranks else expression(bank, given, before(bank, name))}"
                    )
        else:
            for source in range(one.sources):
                banks = [bank for bank in one.banks if bank.source == source]
                base = first.base(channel, source)
                for bank in [bank for bank in banks if bank.rank is not None]:
                    self._ranked(text, first, bank, (channel, base))
                banks = [bank for bank in banks if bank.rank is None]
                for looped, some in groupby(banks, key=lambda bank: bank.looped):
                    write = self._looped if looped else self._unrolled
                    write(text, first, list(some), (channel, base))

    def _centre(self, operand: InTile | InImage, channel: int, row: int) -> str:
        if isinstance(operand, InImage) or self.one.level.joins:
            return operand.pixel(channel, row)
        return operand.at(operand.base(channel) + self._sample(operand, self.one.centre, row))

    def _sample(self, operand: InTile, tap: tuple[int, int], row: int) -> int:
        """Return where, from the strip's first window, the sample under `tap` of the window of `row` is."""
        one = self.one
        down = tap[0] * one.dilation[0] + row * one.stride[0]
        return down * operand.pitch + tap[1] * one.dilation[1]

    def _unrolled(self, text: Text, operand: InTile, banks: list[Bank], of: tuple[int, int]) -> None:
        """All taps in one expression: each sample is loaded once for all banks and rows of the strip."""
        strip, (channel, base) = range(self.one.strip), of
        used = sorted(
            {self._sample(operand, tap, row) for bank in banks for tap in bank.taps for row in strip}
        )
        for place in used:
            text.line(f"s{place} = {operand.at(base + place)}")
        for bank in banks:
            for row in strip:
                samples = {tap: f"s{self._sample(operand, tap, row)}" for tap in bank.taps}
                name = f"{bank.name}_{channel}_{row}"
                text.line(f"{name} = {expression(bank, samples, before(bank, name))}")

    def _ranked(self, text: Text, operand: InTile, bank: Bank, of: tuple[int, int]) -> None:
        """The sample of a rank, for one row of the strip after the other."""
        channel, base = of
        for row in range(self.one.strip):
            ranked(text, bank, f"{bank.name}_{channel}_{row}", self._reader(operand, base, row))

    def _weighed(self, text: Text) -> None:
        """The mean of what is alike, of all colours."""
        (operand,), point = self._operands, self.point
        colours = [channel for channel in range(point.channels) if not point.kept(channel)]
        names = [f"{name}_0" for channel in colours for name in point.responses(channel)]
        if isinstance(operand, InTile):
            reads = [self._reader(operand, operand.base(channel), 0) for channel in colours]
        else:  # a window of one place
            reads = [partial(_only, operand.pixel(channel, 0)) for channel in colours]
        weighed(text, self.one, point.program.compute, names, reads)

    def _reader(self, operand: InTile, base: int, row: int) -> Read:
        """Return where the samples are under the window of a row of the strip."""
        steps = self.one.dilation[0] * operand.pitch, self.one.dilation[1]
        first = base + row * self.one.stride[0] * operand.pitch

        def read(i: int | str, j: int | str) -> str:
            taps = list(zip((i, j), steps, strict=True))
            place = first + sum(tap * step for tap, step in taps if isinstance(tap, int))
            named = [times(tap, step) for tap, step in taps if isinstance(tap, str)]
            return tile(plus(" + ".join([f"at{operand.which}", *named]), place))

        return read

    def _looped(self, text: Text, operand: InTile, banks: list[Bank], of: tuple[int, int]) -> None:
        """A loop over the kernel for each bank."""
        for bank in banks:
            self._loop(text, operand, bank, of)

    def _loop(self, text: Text, operand: InTile, bank: Bank, of: tuple[int, int]) -> None:
        """One of them; down a column, the strip's samples move up a register a step."""
        one, (channel, base) = self.one, of
        names = [f"{bank.name}_{channel}_{row}" for row in range(one.strip)]
        reads = [self._reader(operand, base, row) for row in range(one.strip)]
        slides = one.stride[0] == one.dilation[0] == 1 and len(bank.cols) <= SLID_COLUMNS
        if not slides or bank.form == "tree":
            loop(text, bank, names, reads)
            return
        *above, last = range(one.strip)
        cols = range(len(bank.cols))
        text.line(*begun(bank, names))
        text.line(*(f"a{row}_{j} = {reads[row](0, j)}" for row in above for j in cols))
        text.line(f"for i in range({len(bank.rows)}):")
        with text.indented():
            text.line(*(f"a{last}_{j} = {reads[last]('i', j)}" for j in cols))
            if bank.form == "dot":
                first = plus(times("i", len(cols)), bank.offset)
                text.line(*(f"weight{j} = w[{plus(first, j)}]" for j in cols))
            samples = [[f"a{row}_{j}" for j in cols] for row in range(one.strip)]
            onto(text, bank, names, [f"weight{j}" for j in cols], samples)
            text.line(*(f"a{row}_{j} = a{row + 1}_{j}" for row in above for j in cols))

    def _store(self, text: Text, row: int, planes: int) -> None:
        """Store the values of one row of the strip: to the tile, to the image, or both."""
        point = self.point
        given = [f"{name}_{row}" for channel in range(point.channels) for name in point.responses(channel)]
        values = point.call(text, given)
        if self.block.stands(self.one.index):
            to = self.block.tiles[self.one.index]
            at = f"{times('strip', self.one.strip * to.region.cols)} + x"
            at += f" + plane * {to.plane}" if planes > 1 else ""
            for plane, value in point.planes(values, self.lanes):
                place = to.base + row * to.region.cols + plane * to.plane
                text.line(f"{tile(plus(at, place))} = {value}")
        if self.writes:
            self._write(text, row, values, planes)

    def _write(self, text: Text, row: int, values: list[str], planes: int) -> None:
        """Store to the image, inside of it, what no other block stores."""
        one, region = self.one, self.block.regions[self.one.index]
        down, along = (
            count * density for count, density in zip(self.block.tile, self.block.density(one), strict=True)
        )
        r = plus(times("strip", one.strip), row)
        text.line(f"y = y0 + {r} - first")
        tests = ["within(y, 1, out.shape[0])", f"x0 + x < {geometry(one.index, 'output_cols')}"]
        if (region.top, region.rows) != (0, down):
            tests.append(f"within({plus(r, region.top)}, 1, {down})")
        if (region.left, region.cols) != (0, along):
            tests.append(f"within({plus('x', region.left)}, 1, {along})")
        text.line(f"if {' and '.join(tests)}:")
        plane = "plane0 + plane" if planes > 1 else "plane0"
        with text.indented():
            for at, value in self.point.planes(values, one.level.channels):
                column = plus(f"{times('x0 + x', one.outputs)} + {plane}", at)
                put(text, self.point, column, value)


def _only(sample: str, i: int | str, j: int | str) -> str:
    return sample


_PLACE = ["y0", "x0", "plane0", "nans", "tid", "g", "w", "c"]
