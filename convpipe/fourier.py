"""Which windows go through Fourier transforms, in which tiles, and what that takes: integers only.

A product of transforms costs a sample the same whatever the kernel's size. The image is cut into tiles that
overlap by a kernel (overlap-save: T. G. Stockham, "High-speed convolution and correlation", 1966), small
enough for the L2 cache; a kernel that is larger than half a tile is cut into blocks, whose products are
summed before they are transformed back. Outputs whose windows read samples of one residue modulo the dilation
make a plane of their own, in which the window has no holes. What is chosen depends on extents and taps alone,
so that a stage run by itself or in any company, on any number of threads, is computed in one way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from convpipe.dataclass import dataclass
from convpipe.geometry import Axis, Extent

SIZES = (64, 96, 128, 192, 256, 384, 512)
"""Sides of tiles: products of 2 and 3, whose transforms are known."""

WORK = 13
"""Products that a sample of a tile is worth, times the logarithm of the tile's samples: 0.11 ns, there and
back in float64 with all that is done to a response, where a loop over a large kernel takes 0.0085 ns a
product (one core of a Zen 5)."""

CACHED = 1 << 19
"""Samples of a tile, beside its kernel's transform, that take twice as long as they would in the L2 cache."""

START = 1 << 23
"""Products that a call is worth: 0.07 ms."""

ADVANTAGE = 1.1
"""How many times less the work must be. A tile with empty regions takes up to twice the time."""

LEAST_TAPS = 100
"""Non-zero taps from which on transforms are looked at: at fewer the loop is quicker, whatever the image."""

ARRAYS = 12
"""Most arrays in float64 that a thread holds at once where it has to take care: of a tile, and half as many
of all that blocks span."""

LINES = 40
"""Numbers that a thread holds for every sample of a side of a tile."""

RESPONSES = 5
"""Arrays of the responses to a tile, for every channel: as they are, and what becomes of them."""

SPECTRA = 4
"""Most transforms of each block of the kernel: of its taps, their sizes, their signs, and where they are."""


@dataclass(frozen=True)
class Side:
    """Tiles along one axis.

    Parameters
    ----------
    window : Axis
    outputs : int
        Of the stage, along the axis.
    size : int
        Samples of a tile.
    blocks : int
        Parts that the kernel is cut into.
    """

    window: Axis
    outputs: int
    size: int
    blocks: int

    @property
    def phases(self) -> int:
        """Planes of samples: outputs that are so far apart read the same one."""
        return self.window.dilation // math.gcd(self.window.dilation, self.window.stride)

    @property
    def step(self) -> int:
        """How far apart, in its plane, the windows of neighbouring outputs begin."""
        return self.window.stride // math.gcd(self.window.dilation, self.window.stride)

    @property
    def block(self) -> int:
        """Taps of a block of the kernel; the last may have fewer."""
        return -(-self.window.kernel // self.blocks)

    @property
    def reads(self) -> int:
        """Samples that a tile and all blocks of the kernel span."""
        return self.size + (self.blocks - 1) * self.block

    @property
    def makes(self) -> int:
        """Outputs of a tile."""
        return (self.size - self.block) // self.step + 1

    def in_plane(self, phase: int) -> int:
        """Return the number of outputs of a plane."""
        return len(range(phase, self.outputs, self.phases))

    @property
    def tiles(self) -> int:
        """Number of tiles in all planes."""
        full = self.outputs % self.phases  # planes with one output more
        more, fewer = (-(-count // self.makes) for count in (self.in_plane(0), self.outputs // self.phases))
        return full * more + (self.phases - full) * fewer if full else self.phases * fewer


@dataclass(frozen=True)
class Tiles:
    """The tiles in which a stage's window goes through Fourier transforms.

    Parameters
    ----------
    rows, cols : Side
    products : int
        What a loop over the taps would multiply, a channel.
    channels : int
    """

    rows: Side
    cols: Side
    products: int
    channels: int = 1

    @property
    def extent(self) -> Extent:
        """Samples of a tile."""
        return self.rows.size, self.cols.size

    @property
    def blocks(self) -> int:
        """Parts that the kernel is cut into."""
        return self.rows.blocks * self.cols.blocks

    @property
    def places(self) -> list[tuple[int, int]]:
        """Where each block of the kernel begins, in it and in a tile."""
        rows, cols = self.rows, self.cols
        return [(i * rows.block, j * cols.block) for i in range(rows.blocks) for j in range(cols.blocks)]

    @property
    def work(self) -> int:
        """Work on a channel, in products of the loop: transforms of pairs, for each block and back."""
        size = math.prod(self.extent)
        pairs = -(-self.rows.tiles * self.cols.tiles // 2)
        transforms = pairs * (self.blocks + 1)
        return int(START + transforms * size * math.log2(size) * (1 + size / CACHED) * WORK)

    @property
    def shared_bytes(self) -> int:
        """Memory for the transforms of the kernel, which are complex."""
        return SPECTRA * self.blocks * math.prod(self.extent) * 16

    @property
    def pair_bytes(self) -> int:
        """Memory for a pair of tiles: as complex numbers, their sum over blocks, a tile of samples, lines."""
        size, spanned = math.prod(self.extent), self.rows.reads * self.cols.reads
        return 8 * (2 * size * min(self.blocks, 2) + spanned + LINES * max(*self.extent, self.cols.reads))

    @property
    def thread_bytes(self) -> int:
        """Memory of each thread: for a pair, with care for what needs it, and for responses."""
        size, spanned = math.prod(self.extent), self.rows.reads * self.cols.reads
        care = ARRAYS * (size + spanned // 2)
        return self.pair_bytes + 8 * (care + RESPONSES * size * self.channels)

    def to_dict(self) -> dict[str, Any]:
        """Return the tiles as plain data."""
        return {
            "extent": list(self.extent),
            "blocks": self.blocks,
            "share_of_loop": self.work / self.products,
            "shared_bytes": self.shared_bytes,
            "thread_bytes": self.thread_bytes,
        }

    def __str__(self) -> str:
        rows, cols = self.extent
        kernel = f", the kernel in {self.blocks} blocks" if self.blocks > 1 else ""
        share = self.work / self.products
        return (
            f"Fourier transforms in tiles of {rows} x {cols}{kernel}: {share:.2g} of the work of the loop, "
            f"{self.shared_bytes / 2**20:.0f} MiB and {self.thread_bytes / 2**20:.0f} MiB a thread"
        )


def tiles(
    axes: tuple[Axis, Axis], extent: Extent, channels: int = 1, taps: int | None = None
) -> Tiles | None:
    """Return the tiles for a kernel, or None where the loop over its taps is less work.

    Parameters
    ----------
    axes : (Axis, Axis)
        The window over rows and over columns.
    extent : (rows, cols)
        Of the output.
    channels : int
    taps : int, optional
        That the loop takes a sample; by default all of the kernel.

    Examples
    --------
    >>> tiles((Axis(3), Axis(3)), (4096, 4096)) is None
    True
    >>> tiles((Axis(47), Axis(47)), (4096, 4096)).extent
    (256, 256)
    """
    best = quickest(axes, extent, channels, taps)
    return best if best.work * ADVANTAGE < best.products else None


def quickest(axes: tuple[Axis, Axis], extent: Extent, channels: int = 1, taps: int | None = None) -> Tiles:
    """Return the tiles of the least work for a kernel, whatever a loop over its taps takes; as :func:`tiles`.

    Examples
    --------
    >>> quickest((Axis(3), Axis(3)), (60, 200)).extent
    (64, 64)
    """
    products = math.prod(extent) * (taps or math.prod(axis.kernel for axis in axes))
    down, across = (list(_sides(axis, size)) for axis, size in zip(axes, extent, strict=True))
    found = [Tiles(rows, cols, products, channels) for rows in down for cols in across]
    return min(found, key=lambda tiles: tiles.work)


def _sides(window: Axis, outputs: int) -> Iterator[Side]:
    for size in SIZES:
        for blocks in range(1, -(-2 * window.kernel // size) + 1):
            if -(-window.kernel // blocks) <= size:
                yield Side(window, outputs, size, blocks)
