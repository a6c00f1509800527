"""Images that are written in tiles, before their pixels come: how they are tagged, laid out and encoded."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.images.metadata.model import Metadata
from convpipe.images.metadata.raster import Raster
from convpipe.images.output import TILE
from convpipe.images.tiff.compressed import LEVELS
from convpipe.images.tiff.write import ORDER, layout_of

TIFFFILE = {"none": None, "deflate": "zlib", "lzw": "lzw", "zstd": "zstd"}
"""What compresses tiles, as tifffile calls it. LZW has no levels."""


@dataclass(frozen=True)
class Sheet:
    """An image that is to be written: all but its pixels.

    Parameters
    ----------
    raster : Raster
    alpha : bool
        Whether the last channel is alpha.
    metadata : Metadata
        As its format can carry it.
    compression : int, optional
        The level of what compresses; 0, or None where no codec is named: uncompressed.
    tile : int
        Rows and columns of a tile, a multiple of 16 (TIFF 6.0, section 15).
    codec : {'none', 'deflate', 'lzw', 'zstd'}, optional
        What compresses; default: deflate.
    below : tuple of Sheet
        The same in smaller sizes, which the page points at.
    """

    raster: Raster
    alpha: bool
    metadata: Metadata
    compression: int | None = None
    tile: int = TILE
    codec: str | None = None
    below: tuple[Sheet, ...] = ()

    def __post_init__(self) -> None:
        if self.tile < 16 or self.tile % 16:
            raise ValueError(f"the edge of a tile is a multiple of 16, not {self.tile}")

    @cached_property
    def tags(self) -> dict[str, Any]:
        """How samples are tagged, as tifffile takes it."""
        tags = layout_of(self.raster.channels, self.alpha, self.metadata.samples, self.level)
        return {**tags, "compression": TIFFFILE[self.used]}

    @property
    def used(self) -> str:
        """What compresses: ``none``, or a name of :data:`TIFFFILE`."""
        if self.compression == 0 or (self.codec is None and self.compression is None):
            return "none"
        return self.codec or "deflate"

    @property
    def level(self) -> int | None:
        """The level of what compresses; None if nothing does, and some number where it has no levels."""
        return None if self.used == "none" else self.compression or LEVELS.get(self.used, 1)

    @cached_property
    def planes(self) -> int:
        """Images that its channels are stored as, one behind the other."""
        return self.raster.channels if self.tags["planarconfig"] == "separate" else 1

    @cached_property
    def samples(self) -> int:
        """Channels that are stored side by side."""
        return self.raster.channels // self.planes

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """Of the samples in the file."""
        return np.dtype(self.raster.dtype).newbyteorder(ORDER)

    @cached_property
    def grid(self) -> tuple[int, int]:
        """Tiles down and across."""
        rows, cols = self.raster.extent
        return -(-rows // self.tile), -(-cols // self.tile)

    @cached_property
    def row_bytes(self) -> int:
        """Bytes of a row of tiles."""
        return self.tile * self.tile * self.grid[1] * self.raster.channels * self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all tiles, those of smaller sizes too."""
        return nbytes_of(self.raster, self.tile) + sum(each.nbytes for each in self.below)


def nbytes_of(raster: Raster, tile: int) -> int:
    """Return the bytes of the tiles of an image, those parts of them that lie beyond it with them.

    Examples
    --------
    >>> nbytes_of(Raster((40, 50), 3, "uint16"), 16) == 48 * 64 * 3 * 2
    True
    """
    rows, cols = (-(-size // tile) * tile for size in raster.extent)
    return rows * cols * raster.channels * np.dtype(raster.dtype).itemsize
