"""Where a pass finds the samples that it reads: in a tile, or in an image as it stands."""

from __future__ import annotations

from collections.abc import Collection

from convpipe.compile.common.text import Text, times
from convpipe.compile.cuda.block import Block, Region, Tile
from convpipe.compile.cuda.passes import QUAD, Pass, geometry
from convpipe.compile.cuda.source import in_fours, plus, sample, tile
from convpipe.dataclass import dataclass
from convpipe.geometry import Extent


def image_name(image: int) -> str:
    """Return the name of an image in a kernel: of a pass's result, or of one that enters.

    Examples
    --------
    >>> image_name(3), image_name(-1)
    ('made3', 'given0')
    """
    return f"made{image}" if image >= 0 else f"given{-1 - image}"


def spots(patch: Extent) -> list[Extent]:
    """Return the row and the column of every output of a patch.

    Examples
    --------
    >>> spots((2, 2))
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """
    rows, cols = patch
    return [(row, col) for row in range(rows) for col in range(cols)]


@dataclass(frozen=True)
class InTile:
    """Samples of a tile under the windows of a pass, at whose first place the patch of a thread begins.

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
    patch : (rows, cols)
        What a thread computes at once.
    """

    which: int
    one: Pass
    tile: Tile
    region: Region
    lanes: int
    patch: Extent

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

    @property
    def _first(self) -> int:
        """Where the window of the first patch begins."""
        shift_down = self.region.top - self.tile.region.top
        shift_right = self.region.left - self.tile.region.left
        return self.tile.base + shift_down * self.pitch + shift_right

    @property
    def shift(self) -> int:
        """How far windows of patches begin behind a whole multiple of the columns of a patch."""
        return self._first % self.patch[1]

    def place(self, text: Text, plane: bool) -> None:
        """Write where the patch's first window begins, less the shift; with `plane`, in that plane."""
        rows, cols = self.one.stride
        down = self.patch[0] * rows * self.pitch
        at = f"{times('strip', down)} + {times('x', cols)}"
        at += f" + plane * {self.size}" if plane and not self._spread else ""
        text.line(f"at{self.which} = {plus(at, self._first - self.shift)}")

    def base(self, channel: int, source: int = 0) -> int:
        """Return where the plane of a channel begins."""
        return 0 if self._spread else (source * self.lanes + channel) * self.size

    def load(self, text: Text, base: int, places: Collection[int]) -> dict[int, str]:
        """Write loads of the samples that stand so many samples behind the first; return their names."""
        at, names = f"at{self.which}", {place: f"s{place + self.shift}" for place in places}
        if self.patch[1] == 1:
            for place in sorted(places):
                text.line(f"{names[place]} = {tile(plus(at, base + place))}")
            return names
        for quad in sorted({(place + self.shift) // QUAD * QUAD for place in places}):
            four = ", ".join(f"s{quad + k}" for k in range(QUAD))
            text.line(f"{four} = four(tile, index({plus(at, base + quad)}))")
        return names

    def pixels(self, text: Text, channel: int) -> dict[Extent, str]:
        """Write loads of the samples of a channel of the pixels of a patch; return them."""
        places = {(row, col): row * self.pitch + col for row, col in spots(self.patch)}
        names = self.load(text, self.base(channel), places.values())
        return {spot: names[place] for spot, place in places.items()}


@dataclass(frozen=True)
class InImage:
    """The pixels of an image that a pass without a window reads.

    Parameters
    ----------
    which : int
    one : Pass
    image : int
    lanes : int
    patch : (rows, cols)
    """

    which: int
    one: Pass
    image: int
    lanes: int
    patch: Extent

    @property
    def parameters(self) -> list[str]:
        """What the function of the pass takes for it."""
        name = image_name(self.image)
        return [name, f"{name}_row"]

    def place(self, text: Text, plane: bool) -> None:
        """Write which rows and samples the pixels of the patch are; of results past the end, the last."""
        name, planes = self.parameters[0], self.one.planes(self.which)
        for row in range(self.patch[0]):
            y = plus(f"y0 + {times('strip', self.patch[0])}", row)
            text.line(f"row{self.which}_{row} = clamp({y} - {name}_row, {name}.shape[0])")
        lane = "" if self._spread else " + plane0 + plane" if plane else " + plane0"
        for col in range(self.patch[1]):
            at = times(f"clamp({plus('x0 + x', col)}, {geometry(self.one.index, 'cols')})", planes)
            text.line(f"at{self.which}_{col} = {at}{lane}")

    @property
    def _spread(self) -> bool:
        """Whether it has one plane for all channels."""
        return self.one.planes(self.which) < self.one.level.channels

    def pixels(self, text: Text, channel: int) -> dict[Extent, str]:
        """Write loads of the pixels of a patch, all channels with the first; return those of a channel."""
        (rows, cols), own = self.patch, 0 if self._spread else channel
        if cols == 1:
            return {(row, col): f"T({self._pixel(row, col, own)})" for row, col in spots(self.patch)}
        if channel == 0:
            for row in range(rows):
                self._fours(text, row)
        planes = self.one.planes(self.which)
        return {(row, col): f"T({self._name(row, col * planes + own)})" for row, col in spots(self.patch)}

    def _pixel(self, row: int, col: int, plane: int) -> str:
        return sample(self.parameters[0], f"row{self.which}_{row}", plus(f"at{self.which}_{col}", plane))

    def _name(self, row: int, at: int) -> str:
        return f"i{self.which}_{row}_{at}"

    def _fours(self, text: Text, row: int) -> None:
        """Write loads of the pixels of a row: four samples at once, where all are there and begin so."""
        image, planes, (_, cols) = self.parameters[0], self.one.planes(self.which), self.patch
        first, last = f"at{self.which}_0", f"at{self.which}_{cols - 1}"
        text.line(f"if {last} == {plus(first, (cols - 1) * planes)} and {in_fours(first, image)}:")
        for at in range(0, cols * planes, QUAD):
            names = ", ".join(self._name(row, at + k) for k in range(QUAD))
            text.line(
                f"    {names} = four({image}, (index(row{self.which}_{row}), index({plus(first, at)})))"
            )
        text.line("else:")
        for col in range(cols):
            for plane in range(planes):
                text.line(f"    {self._name(row, col * planes + plane)} = {self._pixel(row, col, plane)}")


def operands(block: Block, one: Pass) -> list[InTile | InImage]:
    """Return what `one` reads, in the order of its inputs."""
    lanes = 1 if block.by_channel else one.level.channels
    region, patch = block.regions[one.index].under(one.axes), block.patch(one)
    found: list[InTile | InImage] = []
    for which, content in enumerate(block.inputs(one)):
        if content is None:
            found.append(InImage(which, one, one.reads[which], lanes, patch))
        else:
            found.append(InTile(which, one, block.tiles[content], region, lanes, patch))
    return found
