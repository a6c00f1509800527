"""Write a pass: each thread computes a patch of windows, a few rows and columns, and stores the values."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial

from convpipe.compile.common.text import Text, times
from convpipe.compile.cuda.block import Block
from convpipe.compile.cuda.operand import InImage, InTile, operands, spots
from convpipe.compile.cuda.passes import Pass, geometry
from convpipe.compile.cuda.point import Point
from convpipe.compile.cuda.responses import Windows, of
from convpipe.compile.cuda.source import plus, registers, tile
from convpipe.compile.cuda.store import Store
from convpipe.compile.cuda.sums import before, expression
from convpipe.compile.cuda.weighed import weighed
from convpipe.dataclass import dataclass
from convpipe.geometry import Extent


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
        strips, patches = region.rows // self.patch[0], region.cols // self.patch[1]
        if self.writes:
            self._to_image.emit(text)
        if self._slides and self._windows.by_rows:
            self._windows.emit(text)
        text.function(self.name, self.parameters)
        with text.indented():
            registers(text, one, self.point)
            if self.writes:
                text.line(f"cols = {geometry(one.index, 'output_cols')}")
            planes = 1 if self.point.whole else self.lanes
            text.line(f"for t in range(tid, {planes * strips * patches}, {self.threads}):")
            with text.indented():
                if planes > 1:
                    text.line(f"plane = quotient(t, {strips * patches})", f"t -= plane * {strips * patches}")
                text.line(
                    f"strip = quotient(t, {patches})",
                    f"x = {times(f'(t - strip * {patches})', self.patch[1])}",
                )
                for operand in self._operands:
                    operand.place(text, planes > 1)
                for channel in range(self.point.channels):
                    self._responses(text, channel)
                if one.weighs is not None:
                    self._weighed(text)
                for row in range(self.patch[0]):
                    self._store(text, row, planes)

    @cached_property
    def patch(self) -> Extent:
        """Rows and columns that a thread computes at once."""
        return self.block.patch(self.one)

    def _responses(self, text: Text, channel: int) -> None:
        """Compute the responses of `channel` of every output: ``response_channel_row_column``."""
        one, first = self.one, self._operands[0]
        if self.point.kept(channel):
            own = one.planes(0) - 1 if one.level.joins else channel
            centres = self._centres(text, first, own)
            text.line(*(f"alpha_{of(spot)} = {value}" for spot, value in centres.items()))
        elif one.weighs is not None:
            return  # all colours at once
        elif one.level.joins:
            for operand, name in zip(self._operands, self.point.responses(channel), strict=True):
                pixels = operand.pixels(text, channel)
                text.line(*(f"{name}_{of(spot)} = {value}" for spot, value in pixels.items()))
        elif isinstance(first, InImage):
            pixels = first.pixels(text, channel)
            text.line(*(f"s{of(spot)} = {value}" for spot, value in pixels.items()))
            for bank in one.banks:
                for spot in spots(self.patch):
                    name, given = f"{bank.name}_{channel}_{of(spot)}", f"s{of(spot)}"
                    if bank.rank is None:
                        given = expression(bank, {(0, 0): given}, before(bank, name))
                    text.line(f"{name} = {given}")
        elif self._windows.by_rows:
            self._windows.call(text, channel)
        else:
            self._windows.loops(text, channel)

    @property
    def _slides(self) -> bool:
        """Whether it has windows on a tile."""
        return isinstance(self._operands[0], InTile) and not self.one.level.joins and self.one.weighs is None

    @cached_property
    def _windows(self) -> Windows:
        (operand,) = self._operands
        assert isinstance(operand, InTile)
        return Windows(self.one, operand, self.patch)

    def _centres(self, text: Text, operand: InTile | InImage, channel: int) -> dict[Extent, str]:
        """Write loads of the samples of a channel under the centres of the windows; return them."""
        if isinstance(operand, InImage) or self.one.level.joins:
            return operand.pixels(text, channel)
        places = {spot: self._windows.sample(self.one.centre, spot) for spot in spots(self.patch)}
        names = operand.load(text, operand.base(channel), places.values())
        return {spot: names[place] for spot, place in places.items()}

    def _weighed(self, text: Text) -> None:
        """The mean of what is alike, of all colours."""
        (operand,), point = self._operands, self.point
        colours = [channel for channel in range(point.channels) if not point.kept(channel)]
        names = [f"{name}_0_0" for channel in colours for name in point.responses(channel)]
        if isinstance(operand, InTile):
            reads = [self._windows.reader(operand.base(channel), 0) for channel in colours]
        else:  # a window of one place
            reads = [partial(_only, operand.pixels(text, channel)[0, 0]) for channel in colours]
        weighed(text, self.one, point.program.compute, names, reads)

    def _store(self, text: Text, row: int, planes: int) -> None:
        """Store the values of one row of the patch: to the tile, to the image, or both."""
        point = self.point
        values = []  # of every column
        for col in range(self.patch[1]):
            own = [name for channel in range(point.channels) for name in point.responses(channel)]
            values.append(point.call(text, [f"{name}_{of((row, col))}" for name in own], col))
        if self.block.stands(self.one.index):
            to = self.block.tiles[self.one.index]
            at = f"{times('strip', self.patch[0] * to.region.cols)} + x"
            at += f" + plane * {to.plane}" if planes > 1 else ""
            for beside in zip(*(point.planes(each, self.lanes) for each in values), strict=True):
                place = plus(at, to.base + row * to.region.cols + beside[0][0] * to.plane)
                if len(beside) == 1:
                    text.line(f"{tile(place)} = {beside[0][1]}")
                else:
                    text.line(f"put_four(tile, index({place}), ({', '.join(value for _, value in beside)}))")
        if self.writes:
            r = plus(times("strip", self.patch[0]), row)
            self._to_image.call(text, r, values, planes)

    @property
    def _to_image(self) -> Store:
        return Store(self.block, self.one, self.point)


def _only(sample: str, i: int | str, j: int | str) -> str:
    return sample


_PLACE = ["y0", "x0", "plane0", "nans", "tid", "g", "w", "c"]
