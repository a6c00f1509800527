"""How an image is streamed."""

from __future__ import annotations

from dataclasses import dataclass

from convpipe.images.tiff.tiled import TILE


@dataclass(frozen=True)
class Options:
    """How an image is streamed: how much it may take, and how its results are written.

    Parameters
    ----------
    memory : int
        Bytes that pixels may take at once; Python and its libraries are beside that.
    threads : int
        That read, filter and encode.
    compression : int, optional
        Level of deflate, 1 to 9; default: uncompressed.
    tile : int, optional
        Rows and columns of a tile of the results, a multiple of 16.
    overwrite : bool, optional
        Replace results that are there.
    """

    memory: int
    threads: int = 1
    compression: int | None = None
    tile: int = TILE
    overwrite: bool = False
