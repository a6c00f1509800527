"""Group passes into kernels whose tiles fit the shared memory of a block.

The passes of a group run in one kernel: a block loads a tile of the group's input with its halo, every
pass but the last leaves its result in shared memory, the last writes the image. Where a halo is too
large for that, the chain is cut and the image between stands in global memory. This module imports no
CUDA.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from convpipe.compile.cuda.passes import Pass
from convpipe.geometry import Extent

CHANNELS = 4
"""Up to so many channels share a block; more are dealt to blocks of their own, if nothing mixes them."""


def apart(passes: Sequence[Pass]) -> bool:
    """Tell whether every channel has blocks of its own."""
    whole = any(one.pixelwise or one.premultiply for one in passes)
    return passes[0].level.channels > CHANNELS and not whole


@dataclass(frozen=True)
class Tiling:
    """What a block may be.

    Parameters
    ----------
    rows, cols : tuple of int
        Sides of a tile to choose from; rows are multiples of the strip.
    threads : int
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
    passes : tuple of Pass
    tile : (rows, cols)
        Of the result.
    fits : bool
        Whether its tiles fit shared memory; otherwise its one pass reads the image tap by tap.
    cost : float
        Rough work per sample of the result.
    """

    index: int
    passes: tuple[Pass, ...]
    tile: Extent
    fits: bool
    cost: float

    @property
    def extents(self) -> list[Extent]:
        """Rows and columns of the input tile of every pass, and last of the result."""
        return _extents(self.passes, self.tile)

    @property
    def apart(self) -> bool:
        """Whether every channel has blocks of its own."""
        return apart(self.passes) if self.fits else not self.passes[0].pixelwise

    def planes(self, one: Pass) -> int:
        """Return the planes of the input tile of `one`."""
        return one.sources if self.apart else one.inputs

    @property
    def halves(self) -> tuple[int, int]:
        """Samples of the two buffers that the passes read and write by turns."""
        return _halves(self.passes, self.tile)


def make_groups(passes: Sequence[Pass], compute: str, tiling: Tiling) -> tuple[Group, ...]:
    """Group `passes` into kernels: a pass joins the kernel before it where that is the least work.

    A pass whose border wraps begins a kernel, because a tile does not hold the far side of the image; one
    in which NaNs are counted ends a kernel, because tiles overlap.
    """
    size = np.dtype(compute).itemsize
    groups: list[Group] = []
    for one in passes:
        alone = _group((one,), size, tiling)
        if groups and alone.fits and groups[-1].fits and not (one.wraps or groups[-1].passes[-1].counts_nan):
            fused = _group((*groups[-1].passes, one), size, tiling)
            ratio = one.stride[0] * one.stride[1]
            if fused.fits and fused.cost <= groups[-1].cost * ratio + alone.cost:
                groups[-1] = fused
                continue
        groups.append(alone)
    return tuple(replace(group, index=index) for index, group in enumerate(groups))


SAMPLE = 60.0
"""Cost of a sample read from or written to global memory, in instructions; from an H100's data sheet."""


def _group(passes: tuple[Pass, ...], size: int, tiling: Tiling) -> Group:
    """Return the group with the tile of least work that fits."""
    candidates = [
        Group(0, passes, tile, True, _cost(passes, tile, size, tiling))
        for tile in ((rows, cols) for rows in tiling.rows for cols in tiling.cols)
        if size * sum(_halves(passes, tile)) <= tiling.shared
    ]
    if candidates:
        return min(candidates, key=lambda group: group.cost)
    cost = SAMPLE * sum(len(bank.taps) for one in passes for bank in one.banks)
    return Group(0, passes, (1, tiling.threads), False, cost)


def _cost(passes: tuple[Pass, ...], tile: Extent, size: int, tiling: Tiling) -> float:
    """Return the work of a block per sample of its result; large tiles leave few blocks to hide latency."""
    area = [rows * cols for rows, cols in _extents(passes, tile)]
    new = tile[0] * tile[1] * passes[0].inputs
    for one in passes:
        new *= one.stride[0] * one.stride[1]
    halo = area[0] * passes[0].inputs - new  # neighbouring blocks read it too: it comes from the cache
    work = sum(one.work * one.outputs * cells for one, cells in zip(passes, area[1:], strict=True))
    stores = area[-1] * passes[-1].outputs
    crowded = max(1.0, size * sum(_halves(passes, tile)) / (tiling.shared / 2))
    return (SAMPLE * (new + 0.3 * halo + stores) + work) * crowded / (tile[0] * tile[1])


def _extents(passes: Sequence[Pass], tile: Extent) -> list[Extent]:
    """Return the tile of every pass's input, then that of the result, whole strips all."""
    return list(reversed(list(_from_last(passes, tile))))


def _from_last(passes: Sequence[Pass], extent: Extent) -> Iterator[Extent]:
    for one in reversed(passes):
        extent = (-(-extent[0] // one.strip) * one.strip, extent[1])
        yield extent
        extent = one.input_extent(extent)
    yield extent


def _halves(passes: Sequence[Pass], tile: Extent) -> tuple[int, int]:
    extents = _extents(passes, tile)[:-1]
    planes = [one.sources if apart(passes) else one.inputs for one in passes]
    samples = [rows * cols * count for (rows, cols), count in zip(extents, planes, strict=True)]
    return max(samples), max(samples[1:], default=0)
