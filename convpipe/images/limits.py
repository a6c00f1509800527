"""How large an image may be: checked from its header, before anything is allocated."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from convpipe.errors import LimitError, ReadError

GIB = 1 << 30


@dataclass(frozen=True)
class Limits:
    """What one image file may claim. A file above any of them is refused with a ``LimitError``.

    Parameters
    ----------
    max_pixels : int
        Rows times columns.
    max_file_bytes : int
        Bytes of the file itself.
    max_decoded_bytes : int
        Bytes of the decoded array, and of any one tile or strip of a TIFF.
    max_frames : int
        Pages of a TIFF, frames of an animation. Only the first is ever decoded.

    Examples
    --------
    >>> Limits(max_pixels=1_000_000).max_pixels
    1000000
    """

    max_pixels: int = 500_000_000
    max_file_bytes: int = 4 * GIB
    max_decoded_bytes: int = 4 * GIB
    max_frames: int = 10_000

    def check_file(self, size: int) -> None:
        """Refuse a file of ``size`` bytes that is empty or too long."""
        if size == 0:
            raise ReadError("the file is empty (0 bytes)")
        if size > self.max_file_bytes:
            raise LimitError(f"the file has {size} bytes; at most {self.max_file_bytes} are read")

    def check_frames(self, frames: int) -> None:
        """Refuse more pages or frames than the limit."""
        if frames > self.max_frames:
            raise LimitError(f"the file holds more than {self.max_frames} frames")

    def check_array(self, rows: int, cols: int, channels: int, dtype: str, what: str = "the image") -> None:
        """Refuse an array without pixels or with too many of them, before it is allocated."""
        if rows < 1 or cols < 1:
            raise ReadError(f"{what} has no pixels: {rows} rows x {cols} columns")
        if rows * cols > self.max_pixels:
            raise LimitError(
                f"{what} claims {rows} rows x {cols} columns, {rows * cols} pixels; "
                f"at most {self.max_pixels} are read"
            )
        size = math.prod((rows, cols, channels, np.dtype(dtype).itemsize))
        if size > self.max_decoded_bytes:
            raise LimitError(f"{what} decodes to {size} bytes; at most {self.max_decoded_bytes} are read")


DEFAULT_LIMITS = Limits()
