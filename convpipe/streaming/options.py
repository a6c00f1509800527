"""How an image is streamed."""

from __future__ import annotations

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.images.formats.registry import CODECS
from convpipe.images.output import TILE


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
        Level of what compresses. TIFF: 1 to 9 of deflate; default: uncompressed. Zarr: default what is usual.
    tile : int, optional
        Rows and columns of a tile of the results, a multiple of 16.
    overwrite : bool, optional
        Replace results that are there.
    codec : {'none', 'deflate', 'zstd', 'lzw'}, optional
        What compresses. Default: for a TIFF deflate if it has a level, for Zarr zstd.
    pyramid : bool, optional
        Write each result in smaller sizes too: half the rows and columns, a quarter, ...
    smallest : int, optional
        Longest side of the smallest of them.
    resume : bool, optional
        Go on with results in Zarr of which a run that was cut off has left a part.

    Raises
    ------
    ParameterError
        There is no such codec, or a size is none.
    """

    memory: int
    threads: int = 1
    compression: int | None = None
    tile: int = TILE
    overwrite: bool = False
    codec: str | None = None
    pyramid: bool = False
    smallest: int = TILE
    resume: bool = False

    @property
    def least(self) -> int | None:
        """The longest side of the smallest size; None where there is one size."""
        return self.smallest if self.pyramid else None

    def __post_init__(self) -> None:
        if self.codec not in (None, *CODECS):
            raise ParameterError(f"unknown codec {self.codec!r}; known are {', '.join(CODECS)}", "codec")
        levels = CODECS[self.codec or "deflate"]
        if self.compression is not None:
            if levels is None:
                raise ParameterError(
                    f"codec {self.codec} has no levels; given {self.compression}", "compression"
                )
            if not levels[0] <= self.compression <= levels[1]:
                raise ParameterError(f"a level is 0 to {levels[1]}; given {self.compression}", "compression")
        if self.tile < 16 or self.tile % 16:
            raise ParameterError(f"the edge of a tile is a multiple of 16; given {self.tile}", "tile")
        if self.smallest < 1:
            raise ParameterError(f"a level is at least 1 pixel long; given {self.smallest}", "smallest")
