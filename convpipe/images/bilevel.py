"""Black and white: images of one bit a pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convpipe.errors import WriteError


def white(pixels: np.ndarray, compression: str) -> NDArray[np.bool_]:
    """Return where an image is white.

    Parameters
    ----------
    pixels : ndarray, shape (rows, cols) or (rows, cols, 1)
    compression : str
        For a person: what needs such an image.

    Raises
    ------
    WriteError
        If it has more than one channel, or values beside 0 and one other.
    """
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim != 2:
        raise WriteError(f"compression {compression} is of one channel; the result has {pixels.shape[2]}")
    highest = pixels.max()
    others = np.count_nonzero((pixels != 0) & (pixels != highest))
    if others:
        raise WriteError(
            f"compression {compression} holds black and white; {others} pixels are neither 0 nor {highest}: "
            "'threshold: otsu' and its like give no others"
        )
    return np.asarray(pixels != 0)
