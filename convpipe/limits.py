"""How large an image file may be: checked from its header, before anything is allocated."""

from __future__ import annotations

import math

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.errors import LimitError, ReadError

MIB, GIB = 1 << 20, 1 << 30

ALWAYS_DECODED = 64 * MIB
"""Bytes that any file may decode to, however short it is: a blank page is no threat."""


@dataclass(frozen=True)
class Limits:
    """What one image file may claim. A file above any of them is refused with a ``LimitError``.

    Parameters
    ----------
    max_pixels : int
        Rows times columns, of each page.
    max_file_bytes : int
        Bytes of the file itself.
    max_decoded_bytes : int
        Bytes of the decoded array, of each page.
    max_ratio : int
        Decoded bytes of all pages over bytes of the file, once they pass 64 MiB. Deflate reaches 1032 at
        most; beyond the default are only pictures that are blank, and bombs.
    max_frames : int
        Pages of a TIFF, frames of an animation.
    max_metadata_bytes : int
        Bytes of profile, EXIF, XMP and the like; of a TIFF, of all that is not pixels.
    max_tile_bytes : int
        Decoded bytes of one tile, or one compressed strip, of a TIFF.

    Examples
    --------
    >>> Limits(max_pixels=1_000_000).max_pixels
    1000000
    """

    max_pixels: int = 500_000_000
    max_file_bytes: int = 4 * GIB
    max_decoded_bytes: int = 4 * GIB
    max_ratio: int = 10_000
    max_frames: int = 10_000
    max_metadata_bytes: int = 16 * MIB
    max_tile_bytes: int = 1 * GIB

    def check_file(self, size: int) -> None:
        """Refuse a file of ``size`` bytes that is empty or too long."""
        if size == 0:
            raise ReadError("the file is empty (0 bytes)")
        self._check("max_file_bytes", size, f"the file has {size} bytes")

    def check_frames(self, frames: int) -> None:
        """Refuse more pages or frames than the limit."""
        self._check("max_frames", frames, f"the file holds {frames} frames or more")

    def check_metadata(self, size: int) -> None:
        """Refuse metadata of ``size`` bytes in all, before it is read."""
        self._check("max_metadata_bytes", size, f"its metadata claims {size} bytes")

    def check_tile(self, size: int) -> None:
        """Refuse a tile or strip that decodes to ``size`` bytes."""
        self._check("max_tile_bytes", size, f"a tile or strip decodes to {size} bytes")

    def check_array(self, rows: int, cols: int, channels: int, dtype: str, what: str = "the image") -> int:
        """Return an array's bytes; refuse one without pixels or with too many, before it is allocated."""
        if rows < 1 or cols < 1:
            raise ReadError(f"{what} has no pixels: {rows} rows x {cols} columns")
        claim = f"{what} claims {rows} rows x {cols} columns, {rows * cols} pixels"
        self._check("max_pixels", rows * cols, claim)
        size = math.prod((rows, cols, channels, np.dtype(dtype).itemsize))
        self._check("max_decoded_bytes", size, f"{what} decodes to {size} bytes")
        return size

    def check_ratio(self, decoded: int, stored: int) -> None:
        """Refuse a file of ``stored`` bytes that decodes to far more of them."""
        if decoded > ALWAYS_DECODED:
            claim = (
                f"{stored} bytes of file claim {decoded} bytes of pixels, {decoded // stored} times as many"
            )
            self._check("max_ratio", decoded // stored, claim)

    def _check(self, name: str, value: int, claim: str) -> None:
        most = getattr(self, name)
        if value > most:
            raise LimitError(f"{claim}; at most {most} are read (limits: {name})")


DEFAULT_LIMITS = Limits()
