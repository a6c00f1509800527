"""Write a pass: each thread slides a strip of windows down a column of its tile and stores the values."""

from __future__ import annotations

from dataclasses import dataclass

from convpipe.compile.common.text import Text, fused, times
from convpipe.compile.cuda.passes import Bank, Pass
from convpipe.compile.cuda.point import Point
from convpipe.compile.cuda.tiles import Group

NO_SUM = "T(-0.0)"
"""What a sum begins with that changes nothing: a product of -0 plus 0 would be 0."""


def plus(expression: str, number: int) -> str:
    """Return the sum as source, without a term of 0.

    Examples
    --------
    >>> plus("at", 3), plus("at", 0)
    ('at + 3', 'at')
    """
    return f"{expression} + {number}" if number else expression


def tile(position: str) -> str:
    """Return the sample at `position` of shared memory as source."""
    return f"tile[index({position})]"


def sample(image: str, row: str, column: str) -> str:
    """Return the sample of `image` at `row` and `column` as source."""
    return f"{image}[index({row}), index({column})]"


@dataclass(frozen=True)
class Window:
    """The device function of one pass of a group.

    Parameters
    ----------
    group : Group
    one : Pass
    point : Point
    threads : int
    writes : bool
        Whether its values go to the image instead of the next tile.
    """

    group: Group
    one: Pass
    point: Point
    threads: int
    writes: bool

    @property
    def name(self) -> str:
        """Name of the function."""
        return f"window_{self.one.index}"

    @property
    def lanes(self) -> int:
        """Channels that a block works on."""
        return 1 if self.group.apart else self.one.level.channels

    @property
    def parameters(self) -> list[str]:
        """What the function takes."""
        place = ["out", "y0", "x0", "first", "plane0", "cols", "nans"] if self.writes else ["dst"]
        return ["tile", "src", *place, "tid", "w", "c"]

    @property
    def _position(self) -> int:
        return self.group.passes.index(self.one)

    @property
    def _input(self) -> tuple[int, int]:
        return self.group.extents[self._position]

    @property
    def _output(self) -> tuple[int, int]:
        return self.group.extents[self._position + 1]

    def emit(self, text: Text) -> None:
        """Write the function."""
        one, (rows, cols) = self.one, self._output
        strips = rows // one.strip
        text.function(self.name, self.parameters)
        with text.indented():
            registers(text, one, self.point)
            planes = 1 if self.point.whole else self.lanes
            text.line(f"for t in range(tid, {planes * strips * cols}, {self.threads}):")
            with text.indented():
                if planes > 1:
                    text.line(f"plane = quotient(t, {strips * cols})", f"t -= plane * {strips * cols}")
                text.line(f"strip = quotient(t, {cols})", f"x = t - strip * {cols}")
                pitch, size = self._input[1], self._input[0] * self._input[1]
                down, right = one.strip * one.stride[0] * pitch, times("x", one.stride[1])
                plane = f" + plane * {size}" if planes > 1 else ""
                text.line(f"at = src + {times('strip', down)} + {right}{plane}")
                for channel in range(self.point.channels):
                    self._responses(text, channel, size)
                for row in range(one.strip):
                    self._store(text, row, planes)

    def _responses(self, text: Text, channel: int, size: int) -> None:
        """Compute the responses of `channel`, named ``bank_channel_row``, for every row of the strip."""
        one = self.one
        if self.point.kept(channel):
            for row in range(one.strip):
                place = plus("at", self._sample(one.centre, row) + channel * size)
                text.line(f"alpha_{row} = {tile(place)}")
            return
        for source in range(one.sources):
            base = (source * self.lanes + channel) * size
            banks = [bank for bank in one.banks if bank.source == source]
            self._unrolled(text, [bank for bank in banks if not bank.looped], channel, base)
            for bank in banks:
                if bank.looped:
                    self._looped(text, bank, channel, base)

    def _sample(self, tap: tuple[int, int], row: int) -> int:
        """Return where, from the strip's first window, the sample under `tap` of the window of `row` is."""
        one = self.one
        down = tap[0] * one.dilation[0] + row * one.stride[0]
        return down * self._input[1] + tap[1] * one.dilation[1]

    def _unrolled(self, text: Text, banks: list[Bank], channel: int, base: int) -> None:
        """All taps in one expression: each sample is loaded once for all banks and rows of the strip."""
        strip = range(self.one.strip)
        used = sorted({self._sample(tap, row) for bank in banks for tap in bank.taps for row in strip})
        for place in used:
            text.line(f"s{place} = {tile(plus('at', base + place))}")
        for bank in banks:
            for row in strip:
                products = [
                    (f"w{bank.offset + k}", f"s{self._sample(tap, row)}") for k, tap in enumerate(bank.taps)
                ]
                text.line(f"{bank.name}_{channel}_{row} = {fused(products)}")

    def _looped(self, text: Text, bank: Bank, channel: int, base: int) -> None:
        """A loop over the kernel; down a column, the strip's samples move up a register a step."""
        one, pitch = self.one, self._input[1]
        strip, sums = one.strip, [f"{bank.name}_{channel}_{row}" for row in range(one.strip)]
        slides = one.stride[0] == one.dilation[0] == 1
        text.line(*(f"{name} = {NO_SUM}" for name in sums), f"for j in range({one.kernel[1]}):")
        with text.indented():
            text.line(f"below = {plus('at', base)} + {times('j', one.dilation[1])}")
            if slides:
                text.line(*(f"a{row} = {tile(plus('below', row * pitch))}" for row in range(strip - 1)))
            text.line(f"for i in range({one.kernel[0]}):")
            with text.indented():
                text.line(f"weight = w[{plus(times('i', one.kernel[1]) + ' + j', bank.offset)}]")
                step = times("i", one.dilation[0] * pitch)
                for row in [strip - 1] if slides else range(strip):
                    place = f"below + {plus(step, row * one.stride[0] * pitch)}"
                    text.line(f"a{row} = {tile(place)}")
                text.line(
                    *(f"{name} = {fused([('weight', f'a{row}')], name)}" for row, name in enumerate(sums))
                )
                if slides:
                    text.line(*(f"a{row} = a{row + 1}" for row in range(strip - 1)))

    def _store(self, text: Text, row: int, planes: int) -> None:
        """Store the values of one row of the strip."""
        values = self._values(text, row)
        if self.writes:
            self._write(text, row, values, planes)
            return
        rows, cols = self._output
        to = f"dst + {times('strip', self.one.strip * cols)} + x"
        to += f" + plane * {rows * cols}" if planes > 1 else ""
        for plane, value in self.point.planes(values, self.lanes):
            text.line(f"{tile(plus(to, row * cols + plane * rows * cols))} = {value}")

    def _values(self, text: Text, row: int) -> list[str]:
        """Return the expressions of the values of one row of the strip."""
        point = self.point
        given = [f"{name}_{row}" for channel in range(point.channels) for name in point.responses(channel)]
        return point.call(text, given)

    def _write(self, text: Text, row: int, values: list[str], planes: int) -> None:
        """Store to the image, inside of it."""
        pixel = self.one.outputs
        plane = "plane0 + plane" if planes > 1 else "plane0"
        text.line(f"y = y0 + {plus(times('strip', self.one.strip), row)} - first")
        text.line("if y < out.shape[0] and x0 + x < cols:")
        with text.indented():
            for at, value in self.point.planes(values, self.one.level.channels):
                column = plus(f"{times('x0 + x', pixel)} + {plane}", at)
                put(text, self.point, column, value)


def registers(text: Text, one: Pass, point: Point) -> None:
    """Write the loads of weights and constants into registers."""
    for bank in one.banks:
        if not bank.looped:
            text.line(*(f"w{bank.offset + k} = w[{bank.offset + k}]" for k in range(len(bank.taps))))
    text.line(*(f"{name} = c[{position}]" for name, position in point.constants))


def put(text: Text, point: Point, column: str, value: str) -> None:
    """Write the store of `value` to `column` of row y of the image, NaNs counted."""
    if point.counts_nan:
        text.line(f"if {value} != {value}:", "    cuda.atomic.add(nans, 0, 1)")
    text.line(f"{sample('out', 'y', column)} = {point.stored(value)}")


def border_value(one: Pass, plane: str, planes: int) -> str:
    """Return what a constant border holds in `plane` of so many planes, a number or a name."""
    channels = planes // one.sources
    at = plus(f"{plane} // {channels} * 2", one.outside) if one.sources > 1 else str(one.outside)
    if not (one.level.keep_alpha or one.level.premultiply):
        return f"outside[{at}]"
    return f"outside[{at} + (1 if {plane} % {channels} == {channels - 1} else 0)]"
