"""A ball that rolls under the image: an op that stands apart."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.geometry import Extent
from convpipe.ops.frame import Frame, function

_NAME = "convpipe.rolling_ball"


def drops(radius: float, extent: Extent) -> NDArray[np.float64]:
    """Return how far the top of a ball lies above its surface, by rows and columns from the middle.

    Parameters
    ----------
    radius : float
    extent : (rows, cols)
        Of the image: of what is further from the middle nothing is returned.

    Returns
    -------
    ndarray, shape (at most rows, at most cols)
        Infinite where there is no ball.

    Examples
    --------
    >>> drops(1.5, (20, 30)).round(3)
    array([[0.   , 0.382],
           [0.382, 1.   ]])
    """
    rows, cols = (np.arange(min(math.floor(radius) + 1, size)) ** 2 for size in extent)
    below = radius**2 - np.add.outer(rows, cols)
    return np.where(below < 0, np.inf, radius - np.sqrt(np.maximum(below, 0)))


@function(_NAME)
def _background(colours: NDArray[np.float64], radius: float, dark: bool) -> NDArray[np.float64]:
    """Return the lowest of each sample's surroundings, each higher by its drop; of dark, all upside down."""
    sign = -1 if dark else 1
    rows, cols, _ = colours.shape
    drop = drops(radius, (rows, cols))
    up, left = (side - 1 for side in drop.shape)
    padded = np.pad(sign * colours, [(up, up), (left, left), (0, 0)], constant_values=np.inf)
    low = np.full(colours.shape, np.inf)
    for row, col in np.ndindex(2 * up + 1, 2 * left + 1):
        near = padded[row : row + rows, col : col + cols]
        low = np.fmin(low, near + drop[abs(row - up), abs(col - left)])
    return sign * low


@dataclass(frozen=True)
class RollingBall(Frame):
    """The top of a ball that rolls under the image, as high as it comes at each pixel.

    It is the smallest of ``x[q] + radius - height[q - p]`` of the pixels q under the ball around p; height is
    that of the ball over its middle. What lies outside the image, and NaN, hold no ball up. Compiled loops do
    it in the type of the arithmetic; as :class:`Frame`, in float64, where there are none.

    Source: S. R. Sternberg, "Biomedical image processing", IEEE Computer 16(1), 1983; as
    skimage.restoration.rolling_ball.

    Parameters
    ----------
    radius : float
        In pixels, and in values of the image.
    dark : bool
        Whether it rolls over the image, upside down.

    Examples
    --------
    >>> RollingBall.of(1.5)(np.array([[9.0, 0, 9, 9, 9]])[..., None])[..., 0].round(3)
    array([[0.382, 0.   , 0.382, 9.   , 9.   ]])
    """

    radius: float = 1.0
    dark: bool = False

    @classmethod
    def of(cls, radius: float, dark: bool = False) -> RollingBall:
        """Return it, of a ball, for bright objects or for dark ones."""
        given = (("radius", radius), ("dark", dark))
        return cls(_NAME, given, beyond=radius, operations=int(3 * radius**2), radius=radius, dark=dark)

    def nbytes(self, extent: Extent, channels: int) -> int:
        """Return the bytes that it takes: a channel as float64, the ball, and rows that threads work on."""
        rows, cols = (min(math.floor(self.radius) + 1, size) for size in extent)
        return 8 * (2 * math.prod(extent) + 3 * rows * cols)
