"""Local histogram equalisation of limited contrast: tables of the tiles of an image, and what lies between.

Source: OpenCV, cv2.createCLAHE; K. Zuiderveld, "Contrast limited adaptive histogram equalization",
Graphics Gems IV, 1994.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.geometry import Border, Extent, border_index

Places = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]
"""Of each pixel along an axis: the tiles that it lies between, and its share of the second."""


EQUALIZED_TILES = "cv2.CLAHE.apply"
"""Name of the frame that does it: see :class:`convpipe.ops.Frame`."""


@dataclass(frozen=True)
class Grid:
    """The tiles of an image: as many rows and columns of them as asked for, all of one size.

    An image that they do not divide goes on for them beyond its last row and column, mirrored.

    Parameters
    ----------
    tiles, extent : (rows, cols)
        Of tiles, and of pixels.

    Examples
    --------
    >>> Grid((2, 3), (5, 9)).size
    (3, 4)
    """

    tiles: Extent
    extent: Extent

    @property
    def size(self) -> Extent:
        """Rows and columns of a tile."""
        divided = all(length % count == 0 for length, count in zip(self.extent, self.tiles, strict=True))
        rows, cols = (
            length // count + (0 if divided else 1)
            for length, count in zip(self.extent, self.tiles, strict=True)
        )
        return rows, cols

    @property
    def area(self) -> int:
        """Pixels of a tile."""
        return self.size[0] * self.size[1]

    def mirrored(self, axis: int) -> NDArray[np.int64]:
        """Return which row or column each one of all tiles is."""
        length, all_of_them = self.extent[axis], self.tiles[axis] * self.size[axis]
        beyond = [border_index(k, length, Border.REFLECT) for k in range(length, all_of_them)]
        return np.append(np.arange(min(length, all_of_them)), np.array(beyond, np.int64))

    def places(self, axis: int) -> Places:
        """Return between which middles of tiles each row or column lies."""
        number, unit = np.arange(self.extent[axis], dtype=np.float32), np.float32(1 / self.size[axis])
        at = number * unit - np.float32(0.5)
        first = np.floor(at).astype(np.int64)
        share = (at - first).astype(np.float32)
        return np.maximum(first, 0), np.minimum(first + 1, self.tiles[axis] - 1), share


def tables(counts: NDArray[np.int64], clip: float, top: float) -> NDArray[np.float32]:
    """Return what becomes of each level: the share of the samples up to it, of counts that are limited.

    What lies beyond the limit is spread over all levels.

    Parameters
    ----------
    counts : ndarray, shape (tiles, levels)
    clip : float
        Limit, in multiples of a count that is the same for all levels.
    top : float
        What the whole becomes; 0: as many as there are levels but one, in whole numbers.

    Examples
    --------
    >>> tables(np.array([[6, 0, 0, 2]]), clip=1.5, top=0)
    array([[2., 2., 2., 3.]], dtype=float32)
    """
    levels = counts.shape[-1]
    area = counts.sum(axis=-1, keepdims=True)
    limit = np.maximum((clip * area / levels).astype(np.int64), 1)
    held = np.minimum(counts, limit)
    over = area - held.sum(axis=-1, keepdims=True)
    held += over // levels
    left = over % levels
    step = levels // np.maximum(left, 1)
    place = np.arange(levels)
    held += (place % step == 0) & (place // step < left)
    total = np.cumsum(held, axis=-1).astype(np.float32)
    scale = np.float32(top or levels - 1) / np.maximum(area, 1).astype(np.float32)
    found: NDArray[np.float32] = total * scale
    return found if top else np.rint(found)


def equalized(
    plane: NDArray[np.float64], grid: Grid, clip: float, levels: int, whole: bool
) -> NDArray[np.float64]:
    """Return a plane of values from 0 to 1, equalised; NaN stays.

    Parameters
    ----------
    plane : ndarray, shape (rows, cols)
    grid : Grid
    clip : float
        See :func:`tables`.
    levels : int
    whole : bool
        Whether the values are levels, each one of them over the last; else they are looked up on the line
        between two.
    """
    there = np.isfinite(plane)
    at = np.where(there, plane, 0).clip(0, 1) * (levels - 1)
    level = np.rint(at).astype(np.int64)
    rows, cols = grid.mirrored(0), grid.mirrored(1)
    (high, wide), (down, across) = grid.size, grid.tiles
    tile = np.add.outer(np.arange(len(rows)) // high * across, np.arange(len(cols)) // wide)
    spread = there[np.ix_(rows, cols)]
    found = np.bincount((tile * levels + level[np.ix_(rows, cols)])[spread], minlength=down * across * levels)
    made = tables(found.reshape(-1, levels), clip, 0 if whole else 1).astype(np.float64)
    table = np.pad(made, ((0, 0), (0, 1)), mode="edge")
    (top, bottom, y), (left, right, x) = grid.places(0), grid.places(1)
    first = level if whole else at.astype(np.int64)
    part = 0.0 if whole else at - first

    def looked_up(row: NDArray[np.int64], col: NDArray[np.int64]) -> NDArray[np.float64]:
        own = np.add.outer(row * across, col)
        below: NDArray[np.float64] = table[own, first]
        return below if whole else below + part * (table[own, first + 1] - below)

    y, x = y[:, None].astype(np.float64), x.astype(np.float64)
    upper = looked_up(top, left) * (1 - x) + looked_up(top, right) * x
    lower = looked_up(bottom, left) * (1 - x) + looked_up(bottom, right) * x
    result = (upper * (1 - y) + lower * y) / (levels - 1 if whole else 1)
    return np.asarray(np.where(there, result, plane))
