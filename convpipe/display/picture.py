"""A picture of values: stretched levels, what is see-through over a checkerboard, at a size for the eye."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.display.labels import LABELLED, coloured
from convpipe.display.levels import Stretch
from convpipe.display.values import Values

LARGEST, SMALLEST = 640, 160
"""Sides of a picture, in pixels: longer ones are made small, shorter ones large, by whole factors."""

SQUARE, LIGHT, DARK = 8, 255, 204
"""Side and greys of the checkerboard below transparent pixels."""


@dataclass(frozen=True)
class Picture:
    """Values, drawn.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (rows, cols, 3)
    scale : int
        How many times as large as the values, or, if negative, as small.
    stretch : Stretch
        Which values are black and white.
    notes : tuple of str
        What a person should know of it, the stretch first.
    """

    pixels: NDArray[np.uint8]
    scale: int
    stretch: Stretch
    notes: tuple[str, ...]

    @property
    def scale_note(self) -> str:
        """How large it is shown, in words; empty where a pixel is one of the values."""
        if self.scale == 1:
            return ""
        return f"shown {self.scale} times as large" if self.scale > 1 else f"shown at 1/{-self.scale}"


def scale_of(side: int, largest: int = LARGEST, smallest: int = SMALLEST) -> int:
    """Return by how much pictures are made larger, or, if negative, smaller.

    Parameters
    ----------
    side : int
        The longer one, in pixels.
    largest, smallest : int
        What the side of a picture is to lie between.

    Examples
    --------
    >>> scale_of(1501), scale_of(300), scale_of(40)
    (-3, 1, 4)
    """
    return -side // largest if side > largest else max(1, smallest // side)


def picture(values: Values, scale: int = 1, stretch: Stretch | None = None) -> Picture:
    """Draw values.

    Parameters
    ----------
    values : Values
    scale : int
        As :func:`scale_of` returns it.
    stretch : Stretch, optional
        Default: what these values ask for; given where several pictures are to be compared.

    Examples
    --------
    >>> drawn = picture(Values(np.array([[0, 0.25, 1]]), "float64"), scale=2)
    >>> drawn.pixels[..., 0]
    array([[  0,   0,  64,  64, 255, 255],
           [  0,   0,  64,  64, 255, 255]], dtype=uint8)
    >>> drawn.scale_note, drawn.notes
    ('shown 2 times as large', ('stretched: black 0.0005, white 0.9985',))
    """
    colours, opacity = values.colours, values.opacity
    if values.labels:
        stretch, levels = Stretch(0, 255, ""), coloured(colours[..., 0])
    else:
        stretch = stretch or Stretch.of(colours, opacity > 0.5, values.dtype)
        levels = stretch.levels(colours)
    rgb = np.repeat(levels, 3, axis=2) if levels.shape[2] == 1 else levels
    if values.see_through:
        board = _checkerboard(rgb.shape[0], rgb.shape[1], max(scale, 1))
        rgb = rgb * opacity[..., None] + board * (1 - opacity[..., None])
    notes = tuple(filter(None, [LABELLED if values.labels else stretch.note, *values.notes]))
    return Picture(_resized(rgb, scale), scale, stretch, notes)


def _checkerboard(rows: int, cols: int, scale: int) -> NDArray[np.float64]:
    side = max(1, SQUARE // scale)
    odd = (np.arange(rows)[:, None] // side + np.arange(cols) // side) % 2
    return np.where(odd, DARK, LIGHT)[..., None].astype(np.float64)


def _resized(rgb: NDArray[np.float64], scale: int) -> NDArray[np.uint8]:
    if scale < 1:
        from skimage.transform import downscale_local_mean

        # A side that the factor does not divide loses its last pixels: the mean would be with zeros.
        factors = tuple(min(-scale, side) for side in rgb.shape[:2])
        rows, cols = (side // factor * factor for side, factor in zip(rgb.shape, factors, strict=False))
        rgb = downscale_local_mean(rgb[:rows, :cols], (*factors, 1))
    else:
        rgb = rgb.repeat(scale, axis=0).repeat(scale, axis=1)
    return np.clip(np.rint(rgb), 0, 255).astype(np.uint8)
