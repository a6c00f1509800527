"""What a block of threads holds for a tile of the results: tiles in shared memory, and where each stands.

A block computes a tile of what its passes write. Backward from there follows the region of every result and
image under it, as one hull of what all that read it need. Regions are laid out in shared memory by liveness:
one takes the first addresses that no other in use has. This module imports no CUDA.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from convpipe.compile.cuda.passes import QUAD, Pass
from convpipe.dataclass import dataclass
from convpipe.geometry import Axis, Extent

CHANNELS = 4
"""Up to so many channels share a block; more are dealt to blocks of their own, if nothing mixes them."""

COLOUR_ROWS = 2
"""Rows a thread computes at most at once of all channels of a pixel, which are all in registers."""


@dataclass(frozen=True)
class Region:
    """Rows and columns of an image, from where the block's tile begins in it.

    Parameters
    ----------
    top, left : int
    rows, cols : int
    """

    top: int
    left: int
    rows: int
    cols: int

    def __or__(self, other: Region) -> Region:
        """Return the smallest region that holds both.

        Examples
        --------
        >>> Region(-2, 0, 8, 4) | Region(0, -1, 4, 6)
        Region(top=-2, left=-1, rows=8, cols=6)
        """
        top, left = min(self.top, other.top), min(self.left, other.left)
        bottom = max(self.top + self.rows, other.top + other.rows)
        right = max(self.left + self.cols, other.left + other.cols)
        return Region(top, left, bottom - top, right - left)

    def filled(self, rows: int, cols: int) -> Region:
        """Return the region down and right to a whole multiple of so many rows and columns.

        Examples
        --------
        >>> Region(-1, -1, 6, 34).filled(4, 4)
        Region(top=-1, left=-1, rows=8, cols=36)
        """
        filled_rows, filled_cols = (
            -(-have // each) * each for have, each in ((self.rows, rows), (self.cols, cols))
        )
        return Region(self.top, self.left, filled_rows, filled_cols)

    def begun(self, cols: int) -> Region:
        """Return the region from a whole multiple of so many columns on.

        Examples
        --------
        >>> Region(-1, -1, 6, 34).begun(4)
        Region(top=-1, left=-4, rows=6, cols=37)
        """
        more = self.left % cols
        return Region(self.top, self.left - more, self.rows, self.cols + more)

    def under(self, axes: tuple[Axis, Axis], padded_in_place: bool = False) -> Region:
        """Return the region under the windows of this one.

        Parameters
        ----------
        axes : (Axis, Axis)
        padded_in_place : bool
            Whether what lies outside the image is to be filled from what the region holds of it. Windows that
            reach further out than to their middle find there what lies beyond their other end.
        """
        (top, rows), (left, cols) = (
            _under(axis, *span, padded_in_place)
            for axis, span in zip(axes, ((self.top, self.rows), (self.left, self.cols)), strict=True)
        )
        return Region(top, left, rows, cols)


def _under(axis: Axis, first: int, count: int, padded_in_place: bool) -> tuple[int, int]:
    low, high = first * axis.stride - axis.before, (count - 1) * axis.stride + axis.reach
    if not padded_in_place:
        return low, high
    more_below = max(0, 2 * axis.after - (axis.reach - 1))
    more_above = max(0, 2 * axis.before - (axis.reach - 1))
    return low - more_below, more_below + high + more_above


class Load(NamedTuple):
    """An image on its way into shared memory.

    Parameters
    ----------
    image : int
        The pass whose result it is; -1, -2, ... are the images that enter.
    one : Pass
        Whose border it has outside the image.
    """

    image: int
    one: Pass


Content = int
"""What stands in shared memory: the result of the pass of an index; -1, -2, ... are the loads of a block."""


@dataclass(frozen=True)
class Tile:
    """A region in shared memory, a plane after the other.

    Parameters
    ----------
    region : Region
    planes : int
    base : int
        Where it begins.
    """

    region: Region
    planes: int
    base: int

    @property
    def plane(self) -> int:
        """Samples of a plane."""
        return self.region.rows * self.region.cols

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.base + self.plane * self.planes


@dataclass(frozen=True)
class Block:
    """Passes that run in one kernel, and the tile of their results that a block computes.

    Parameters
    ----------
    passes : tuple of Pass
        Each after those of them that it reads.
    written : frozenset of int
        Passes whose results are written to images.
    tile : (rows, cols)
        Of the result that has the fewest pixels.
    by_channel : bool
        Whether every channel has blocks of its own.
    """

    passes: tuple[Pass, ...]
    written: frozenset[int]
    tile: Extent
    by_channel: bool

    @cached_property
    def _own(self) -> dict[int, Pass]:
        return {one.index: one for one in self.passes}

    @cached_property
    def readers(self) -> dict[int, list[Pass]]:
        """Which of the passes read the result of each of them."""
        found: dict[int, list[Pass]] = {one.index: [] for one in self.passes}
        for one in self.passes:
            for source in dict.fromkeys(one.reads):
                if source in found:
                    found[source].append(one)
        return found

    @cached_property
    def coarsest(self) -> tuple[Fraction, Fraction]:
        """Steps of the grid of tiles, in pixels of the image that enters the pipeline."""
        steps = [one.step for one in self.passes if one.index in self.written]
        rows, cols = (_common_multiple(along) for along in zip(*steps, strict=True))
        return rows, cols

    def density(self, one: Pass) -> Extent:
        """Return rows and columns of the result of `one` per row and column of the grid."""
        return self._densities[one.index]

    @cached_property
    def _densities(self) -> dict[int, Extent]:
        down, along = self.coarsest
        return {one.index: (int(down / one.step[0]), int(along / one.step[1])) for one in self.passes}

    @cached_property
    def regions(self) -> dict[Content, Region]:
        """The region of every result and load, from where the tile begins in it."""
        found: dict[Content, Region] = {}
        for one in reversed(self.passes):
            region = found.get(one.index)
            if one.index in self.written:
                rows, cols = (count * step for count, step in zip(self.tile, self.density(one), strict=True))
                region = _hull(region, Region(0, 0, rows, cols))
            assert region is not None
            region = found[one.index] = region.filled(self.patch(one)[0], self.beside)
            for content in dict.fromkeys(self.inputs(one)):
                if content is not None:
                    inside = content >= 0 and one.padded
                    found[content] = _hull(found.get(content), region.under(one.axes, inside))
        return {
            content: region if content >= 0 else region.begun(self.beside).filled(1, self.beside)
            for content, region in found.items()
        }

    @cached_property
    def beside(self) -> int:
        """Columns of which there is a whole multiple in every region: a thread takes so many at once."""
        return max(self.patch(one)[1] for one in self.passes)

    def patch(self, one: Pass) -> Extent:
        """Return the rows and columns of the result of `one` that a thread computes at once."""
        return self._patches[one.index]

    @cached_property
    def _patches(self) -> dict[int, Extent]:
        return {one.index: self._patch(one) for one in self.passes}

    def _patch(self, one: Pass) -> Extent:
        if not self._in_fours(one):
            return one.rows_at_once, 1
        several = one.level.channels > 1 and self.whole(one)
        return min(one.rows_at_once, COLOUR_ROWS) if several else one.rows_at_once, QUAD

    def patches(self, one: Pass) -> int:
        """Return how many patches, of all planes, a block computes of the result of `one`."""
        region, (rows, cols) = self.regions[one.index], self.patch(one)
        planes = 1 if self.by_channel or self.whole(one) else one.level.channels
        return planes * (region.rows // rows) * (region.cols // cols)

    def whole(self, one: Pass) -> bool:
        """Tell whether a thread computes all channels of a pixel: in images they stand side by side."""
        in_image = one.index in self.written or None in self.inputs(one)
        return one.pixelwise or self.premultiplied(one) or (in_image and self._in_fours(one))

    def _in_fours(self, one: Pass) -> bool:
        channels = max(one.level.channels, one.level.output_channels)
        return one.in_fours and channels <= CHANNELS and not self.by_channel

    def inputs(self, one: Pass) -> list[Content | None]:
        """Return what it reads of shared memory; None of an image that it reads where it stands."""
        return self._inputs[one.index]

    @cached_property
    def _inputs(self) -> dict[int, list[Content | None]]:
        return {
            one.index: [source if source in self._own else self._loaded(one, source) for source in one.reads]
            for one in self.passes
        }

    def _loaded(self, one: Pass, image: int) -> Content | None:
        return next(
            (-1 - at for at, load in enumerate(self.loads) if load.image == image and alike(load.one, one)),
            None,
        )

    @cached_property
    def loads(self) -> list[Load]:
        """The images that are loaded: each once for all that find the same outside of it."""
        found: list[Load] = []
        # One whose border counts stands for those whose border does not.
        for one in sorted(self.passes, key=lambda one: not one.padded):
            if one.pointwise and not one.premultiply:
                continue
            (image,) = one.reads
            if image not in self._own and not any(
                load.image == image and alike(load.one, one) for load in found
            ):
                found.append(Load(image, one))
        return found

    @cached_property
    def steps(self) -> list[Content]:
        """Loads and passes in the order in which they run: a load before the first pass that reads it."""
        found: dict[Content, None] = {}
        for one in self.passes:
            loads = [content for content in self.inputs(one) if content is not None and content < 0]
            found |= dict.fromkeys([*loads, one.index])
        return list(found)

    def stands(self, content: Content) -> bool:
        """Tell whether it stands in shared memory."""
        return content < 0 or bool(self.readers[content])

    @cached_property
    def tiles(self) -> dict[Content, Tile]:
        """Where everything stands: at the first addresses that nothing in use has."""
        until = {
            content: at
            for at, step in enumerate(self.steps)
            if step >= 0
            for content in self.inputs(self._own[step])
            if content is not None
        }
        found: dict[Content, Tile] = {}
        for at, content in enumerate(self.steps):
            if self.stands(content):
                in_use = [tile for other, tile in found.items() if until[other] >= at]
                found[content] = self._placed(content, in_use)
        return found

    def _placed(self, content: Content, in_use: Collection[Tile]) -> Tile:
        tile = Tile(self.regions[content], self._planes(content), 0)
        for other in sorted(in_use, key=lambda other: other.base):
            if tile.end <= other.base:
                break
            tile = Tile(tile.region, tile.planes, max(tile.base, other.end))
        return tile

    def _planes(self, content: Content) -> int:
        one = self.loads[-1 - content].one if content < 0 else self._own[content]
        planes = one.planes(0) if content < 0 else one.outputs
        return planes // one.level.channels if self.by_channel else planes

    @cached_property
    def samples(self) -> int:
        """Samples of shared memory."""
        return max((tile.end for tile in self.tiles.values()), default=0)

    def premultiplied(self, one: Pass) -> bool:
        """Tell whether the result of `one` stands with its colours multiplied by alpha."""
        return any(reader.premultiply for reader in self.readers[one.index])

    def padded_for(self, one: Pass) -> Pass | None:
        """Return a pass whose windows reach outside the result of `one`, if any do."""
        return next((reader for reader in self.readers[one.index] if reader.padded), None)


def _common_multiple(steps: Sequence[Fraction]) -> Fraction:
    """Return the least number that is a whole multiple of each of some.

    Examples
    --------
    >>> _common_multiple([Fraction(2), Fraction(4, 3)])
    Fraction(4, 1)
    """
    return Fraction(
        math.lcm(*(step.numerator for step in steps)), math.gcd(*(step.denominator for step in steps))
    )


def _hull(region: Region | None, other: Region) -> Region:
    return other if region is None else region | other


def alike(one: Pass, other: Pass) -> bool:
    """Tell whether two passes find the same in a tile of an image: outside, and colours times alpha."""
    differ = one.padded and other.padded and one.edge != other.edge
    return one.premultiply == other.premultiply and not differ
