"""Group passes into kernels whose tiles fit the shared memory of a block.

Between groups images stand in global memory. This module imports no CUDA.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np

from convpipe.compile.cuda.block import CHANNELS, Block, alike
from convpipe.compile.cuda.passes import Pass
from convpipe.dataclass import dataclass

MOST_PASSES = 16
"""Most passes in one kernel: a thread's registers are those of the one that needs most."""

WARP = 32
"""Threads that take their steps together."""

SAMPLE = 60.0
"""Cost of a sample read from or written to global memory, in instructions; from an H100's data sheet."""

AGAIN = 0.3
"""The same of one that neighbouring blocks read, too: it comes from the cache."""


@dataclass(frozen=True)
class Tiling:
    """What a block may be.

    Parameters
    ----------
    rows, cols : tuple of int
        Sides of a tile to choose from; whole multiples of four, or no samples are loaded four at a time.
    threads : int
        Most of a block.
    shared : int
        Bytes of shared memory.
    """

    rows: tuple[int, ...] = (8, 16, 32, 64)
    cols: tuple[int, ...] = (16, 32, 64, 128)
    threads: int = 256
    shared: int = 48 * 1024


@dataclass(frozen=True)
class Group:
    """Passes that run in one kernel.

    Parameters
    ----------
    index : int
    block : Block
    fits : bool
        Whether its tiles fit shared memory; otherwise its one pass reads the image tap by tap.
    cost : float
        Rough work per pixel of the image that enters the pipeline.
    most_threads : int
        Of a block.
    """

    index: int
    block: Block
    fits: bool
    cost: float
    most_threads: int

    @property
    def passes(self) -> tuple[Pass, ...]:
        """What runs, in this order."""
        return self.block.passes

    @property
    def by_channel(self) -> bool:
        """Whether every channel has blocks of its own."""
        return self.block.by_channel

    @property
    def threads(self) -> int:
        """Threads of a block: as many as leave the fewest of its passes without work, in whole warps."""
        if not self.fits:
            return self.most_threads
        items = max(self.block.patches(one) for one in self.passes)
        rounds = -(-items // self.most_threads)
        return min(self.most_threads, -(-items // (rounds * WARP)) * WARP)

    @property
    def reads(self) -> list[int]:
        """The images that it reads: of passes before it, or, -1, -2, ..., those that enter."""
        own = {one.index for one in self.passes}
        return list(dict.fromkeys(at for one in self.passes for at in one.reads if at not in own))

    @property
    def writes(self) -> list[int]:
        """The passes whose results it writes."""
        return [one.index for one in self.passes if one.index in self.block.written]


def make_groups(passes: Sequence[Pass], compute: str, tiling: Tiling) -> tuple[Group, ...]:
    """Group `passes` into kernels, neighbours in their order, so that the work is the least.

    The best way for the first passes is that for some of them and one kernel of the others.
    """
    size = np.dtype(compute).itemsize
    best: list[tuple[float, tuple[Group, ...]]] = [(0.0, ())]
    ways: list[list[tuple[float, tuple[Group, ...]]]] = [[] for _ in range(len(passes) + 1)]
    for first in range(len(passes)):
        cost, before = best[first]
        for group in _from(passes, first, size, tiling):
            last = first + len(group.passes)
            ways[last].append((cost + group.cost, (*before, replace(group, index=len(before)))))
        best.append(min(ways[first + 1], key=lambda way: (way[0], len(way[1]))))
    return best[-1][1]


def _from(passes: Sequence[Pass], first: int, size: int, tiling: Tiling) -> Iterator[Group]:
    """Yield the groups that begin with the pass at `first`: of one pass, of two, ... while they fit."""
    for last in range(first + 1, min(first + MOST_PASSES, len(passes)) + 1):
        own = tuple(passes[first:last])
        read_later = {source for one in passes[last:] for source in one.reads}
        unread = {one.index for one in own if one.level.output is not None and one.final}
        written = frozenset(one.index for one in own if one.index in read_later | unread)
        group = _fitting(own, written, size, tiling) if _sound(own, written) else None
        if group is None and len(own) == 1:
            group = _direct(own, written, tiling)
        if group is None:
            return
        yield group


def _sound(passes: Sequence[Pass], written: Collection[int]) -> bool:
    """Tell whether passes can run in one kernel on tiles.

    A border that wraps needs the far side of an image, which no tile holds; which samples taps of their own
    for every output lie on is not known before they run. NaNs are counted where an image is written, because
    tiles overlap.
    """
    if any(one.level.resamples for one in passes):
        return False
    own = {one.index: one for one in passes}
    readers: dict[int, list[Pass]] = {}
    for one in passes:
        for source in one.reads:
            readers.setdefault(source, []).append(one)
    for index, read in readers.items():
        if index not in own:
            continue
        plain = index in written and any(reader.premultiply for reader in read)
        if plain or own[index].counts_nan or any(reader.wraps for reader in read):
            return False
        if not all(alike(one, other) for one in read for other in read):
            return False
    return True


def _by_channel(passes: Sequence[Pass]) -> bool:
    channels = {count for one in passes for count in (one.level.channels, one.level.output_channels)}
    whole = any(one.pixelwise or one.premultiply for one in passes)
    return len(channels) == 1 and min(channels) > CHANNELS and not whole


def _fitting(passes: tuple[Pass, ...], written: frozenset[int], size: int, tiling: Tiling) -> Group | None:
    """Return the group with the tile of least work that fits, if one does."""
    by_channel = _by_channel(passes)
    blocks = [
        Block(passes, written, (rows, cols), by_channel) for rows in tiling.rows for cols in tiling.cols
    ]
    groups = [
        Group(0, block, True, _cost(block, size, tiling), tiling.threads)
        for block in blocks
        if size * block.samples <= tiling.shared
    ]
    return min(groups, key=lambda group: group.cost, default=None)


def _direct(passes: tuple[Pass, ...], written: frozenset[int], tiling: Tiling) -> Group:
    """Return the group of one pass that reads the image tap by tap."""
    (one,) = passes
    block = Block(passes, written, (1, tiling.threads), not one.pixelwise)
    cost = SAMPLE * sum(len(bank.taps) for bank in one.banks) * one.outputs
    return Group(0, block, False, cost / float(one.step[0] * one.step[1]), tiling.threads)


def _cost(block: Block, size: int, tiling: Tiling) -> float:
    """Return the work of a block per pixel; large tiles leave few blocks to hide latency."""
    work = 0.0
    for content, tile in block.tiles.items():
        if content < 0:
            one = block.loads[-1 - content].one
            rows, cols = (
                count * density * axis.stride
                for count, density, axis in zip(block.tile, block.density(one), one.axes, strict=True)
            )
            new = min(rows * cols, tile.plane) * tile.planes
            work += SAMPLE * (new + AGAIN * (tile.plane * tile.planes - new))
    for one in block.passes:
        region, density = block.regions[one.index], block.density(one)
        cells = region.rows * region.cols
        work += one.work * one.outputs * cells
        in_place = sum(content is None for content in block.inputs(one))
        work += SAMPLE * in_place * one.level.channels * cells
        if one.index in block.written:
            work += SAMPLE * block.tile[0] * density[0] * block.tile[1] * density[1] * one.outputs
    crowded = max(1.0, size * block.samples / (tiling.shared / 2))
    down, along = block.coarsest
    return work * crowded / float(block.tile[0] * down * block.tile[1] * along)
