"""Where a pass finds the samples that it reads: in a tile, or in an image as it stands."""

from __future__ import annotations

from convpipe.compile.common.text import Text, times
from convpipe.compile.cuda.block import Block, Region, Tile
from convpipe.compile.cuda.passes import Pass, geometry
from convpipe.compile.cuda.source import plus, sample, tile
from convpipe.dataclass import dataclass


def image_name(image: int) -> str:
    """Return the name of an image in a kernel: of a pass's result, or of one that enters.

    Examples
    --------
    >>> image_name(3), image_name(-1)
    ('made3', 'given0')
    """
    return f"made{image}" if image >= 0 else f"given{-1 - image}"


@dataclass(frozen=True)
class InTile:
    """Samples of a tile under the windows of a pass, whose first place the strip of a thread begins at.

    Parameters
    ----------
    which : int
        Which of the inputs of the pass it is.
    one : Pass
    tile : Tile
    region : Region
        What the windows of the pass cover.
    lanes : int
        Channels that a block works on.
    """

    which: int
    one: Pass
    tile: Tile
    region: Region
    lanes: int

    @property
    def parameters(self) -> list[str]:
        """What the function of the pass takes for it."""
        return []

    @property
    def pitch(self) -> int:
        """Samples from a row to the next."""
        return self.tile.region.cols

    @property
    def size(self) -> int:
        """Samples of a plane."""
        return self.tile.plane

    @property
    def _spread(self) -> bool:
        """Whether it has one plane for all channels."""
        return self.tile.planes < self.lanes

    def place(self, text: Text, plane: bool) -> None:
        """Write where the strip's first window begins; with `plane`, in the plane of that name."""
        rows, cols = self.one.stride
        down = self.one.strip * rows * self.pitch
        shift_down = self.region.top - self.tile.region.top
        shift_right = self.region.left - self.tile.region.left
        first = self.tile.base + shift_down * self.pitch + shift_right
        at = f"{times('strip', down)} + {times('x', cols)}"
        at += f" + plane * {self.size}" if plane and not self._spread else ""
        text.line(f"at{self.which} = {plus(at, first)}")

    def base(self, channel: int, source: int = 0) -> int:
        """Return where the plane of a channel begins."""
        return 0 if self._spread else (source * self.lanes + channel) * self.size

    def at(self, place: int) -> str:
        """Return the sample that stands `place` samples behind the first."""
        return tile(plus(f"at{self.which}", place))

    def pixel(self, channel: int, row: int) -> str:
        """Return the sample of a channel under the only place of the window of a row of the strip."""
        return self.at(self.base(channel) + row * self.pitch)


@dataclass(frozen=True)
class InImage:
    """The pixels of an image that a pass without a window reads.

    Parameters
    ----------
    which : int
    one : Pass
    image : int
    lanes : int
    """

    which: int
    one: Pass
    image: int
    lanes: int

    @property
    def parameters(self) -> list[str]:
        """What the function of the pass takes for it."""
        name = image_name(self.image)
        return [name, f"{name}_row"]

    def place(self, text: Text, plane: bool) -> None:
        """Write which rows and samples the pixels of the strip are; of results past the end, the last."""
        name, planes = self.parameters[0], self.one.planes(self.which)
        for row in range(self.one.strip):
            y = plus(f"y0 + {times('strip', self.one.strip)}", row)
            text.line(f"row{self.which}_{row} = clamp({y} - {name}_row, {name}.shape[0])")
        at = times(f"clamp(x0 + x, {geometry(self.one.index, 'cols')})", planes)
        spread = planes < self.one.level.channels
        lane = "" if spread else " + plane0 + plane" if plane else " + plane0"
        text.line(f"at{self.which} = {at}{lane}")

    def pixel(self, channel: int, row: int) -> str:
        """Return the sample of a channel of a row of the strip."""
        spread = self.one.planes(self.which) < self.one.level.channels
        place = plus(f"at{self.which}", 0 if spread else channel)
        return f"T({sample(self.parameters[0], f'row{self.which}_{row}', place)})"


def operands(block: Block, one: Pass) -> list[InTile | InImage]:
    """Return what `one` reads, in the order of its inputs."""
    lanes = 1 if block.by_channel else one.level.channels
    region = block.regions[one.index].under(one.axes)
    found: list[InTile | InImage] = []
    for which, content in enumerate(block.inputs(one)):
        if content is None:
            found.append(InImage(which, one, one.reads[which], lanes))
        else:
            found.append(InTile(which, one, block.tiles[content], region, lanes))
    return found
