"""What the libraries behind formats cannot do, however the limits of a job are set."""

from __future__ import annotations

from convpipe.dataclass import dataclass
from convpipe.errors import LimitError


@dataclass(frozen=True)
class Bound:
    """What a library, or a format itself, takes at most.

    Parameters
    ----------
    of : str
        Whose limit it is.
    side : int
        Rows, and columns.
    pixels : int, optional
        Rows times columns.
    raw_bytes : int, optional
        Bytes of pixels, of a format that does not compress them.

    Examples
    --------
    >>> Bound("libpng", 1_000_000).broken_by((1, 2_000_000), 3)
    'at most 1000000 rows and columns, a limit of libpng'
    """

    of: str
    side: int = 2**31 - 1
    pixels: int | None = None
    raw_bytes: int | None = None

    def broken_by(self, extent: tuple[int, int], channels: int) -> str | None:
        """Return what an image of 8-bit samples is above, and whose limit that is; None if it is taken."""
        rows, cols = extent
        of = f"a limit of {self.of}"
        if max(extent) > self.side:
            return f"at most {self.side} rows and columns, {of}"
        if self.pixels is not None and rows * cols > self.pixels:
            return f"at most {self.pixels} pixels, {of}"
        if self.raw_bytes is not None and rows * (-(-cols * channels // 4) * 4) > self.raw_bytes:
            return f"at most {self.raw_bytes} bytes of pixels, {of}"
        return None


READ = {"png": Bound("libpng", 1_000_000), "gif": Bound("Pillow", pixels=89_478_485)}
"""By format. Above that of GIF, Pillow begins to warn; it cannot be changed for one thread alone."""

WRITTEN = {
    "png": Bound("libpng", 1_000_000),
    "jpeg": Bound("libjpeg, as most programs have it", 65_500),
    "webp": Bound("WebP", 16_383),
    "bmp": Bound("BMP, whose length is stored in 32 bits", raw_bytes=2**32 - 2048),
    "tiff": Bound("TIFF"),
    "npy": Bound("NumPy"),
    "npz": Bound("NumPy"),
}
"""By format."""


def check_readable(format: str, rows: int, cols: int) -> None:
    """Refuse an image that its decoder would refuse, before it is decoded.

    Raises
    ------
    LimitError
        It names the library whose limit it is.
    """
    if (bound := READ.get(format)) and (broken := bound.broken_by((rows, cols), 1)):
        raise LimitError(f"the image claims {rows} rows x {cols} columns; {format} is read with {broken}")
