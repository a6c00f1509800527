"""The mathematics of warping: where pixels of a result lie in an image, by an affine map."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from convpipe.geometry import Extent
from convpipe.ops.warp import Matrix


@dataclass(frozen=True)
class Rotation:
    """A turn about the middle of the image. See :class:`convpipe.ops.Placement`.

    Parameters
    ----------
    angle : float
        Degrees, counterclockwise.
    expand : bool
        Whether the result holds the centres of all pixels; else it is as large as the image.

    Examples
    --------
    >>> Rotation(90, expand=True).extent((3, 5), (0, 0)), Rotation(90).matrix((3, 3), (0, 0))
    ((5, 3), ((0.0, 1.0, 0.0), (-1.0, 0.0, 2.0)))
    """

    angle: float
    expand: bool = False

    def extent(self, given: Extent, image: Extent) -> Extent:
        """Return the extent of the result; sides are rounded half to even."""
        if not self.expand:
            return given
        (top, bottom), (left, right) = self._ends(given)
        return max(1, round(bottom - top + 1)), max(1, round(right - left + 1))

    def matrix(self, given: Extent, image: Extent) -> Matrix:
        """Return the map. Source: scikit-image, ``rotate`` in ``transform/_warps.py``."""
        if not self.expand:
            return self._about_middle(given)
        (top, _), (left, _) = self._ends(given)
        (a, b, row), (c, d, col) = self._about_middle(given)
        return (a, b, a * top + b * left + row), (c, d, c * top + d * left + col)

    def _about_middle(self, given: Extent) -> Matrix:
        cosine, sine = turned(self.angle)
        row, col = ((side - 1) / 2 for side in given)
        return (
            (cosine, sine, row - cosine * row - sine * col),
            (-sine, cosine, col + sine * row - cosine * col),
        )

    def _ends(self, given: Extent) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the least and the largest row, and column, of a corner's place in the result."""
        cosine, sine = turned(self.angle)
        row, col = ((side - 1) / 2 for side in given)
        corners = [(y, x) for y in (-row, row) for x in (-col, col)]
        rows = [cosine * y - sine * x + row for y, x in corners]
        cols = [sine * y + cosine * x + col for y, x in corners]
        return (min(rows), max(rows)), (min(cols), max(cols))


def turned(angle: float) -> tuple[float, float]:
    """Return cosine and sine of degrees, those of quarters of a turn exactly.

    >>> turned(-450)
    (0.0, -1.0)
    """
    quarters, rest = divmod(math.fmod(angle, 360), 90)
    cosine, sine = math.cos(math.radians(rest)), math.sin(math.radians(rest))
    for _ in range(int(quarters) % 4):
        cosine, sine = -sine, cosine
    return cosine + 0.0, sine + 0.0  # no zero below 0


@dataclass(frozen=True)
class Affine:
    """A map that is given. See :class:`convpipe.ops.Placement`.

    Parameters
    ----------
    map : Matrix
        From rows and columns of the result.
    size : (rows, cols) or 'input', optional
        Of the result; default: of what it reads.
    """

    map: Matrix
    size: Extent | Literal["input"] | None = None

    def extent(self, given: Extent, image: Extent) -> Extent:
        """Return the extent of the result."""
        if self.size == "input":
            return image
        return given if self.size is None else self.size

    def matrix(self, given: Extent, image: Extent) -> Matrix:
        """Return the map."""
        return self.map


def of_points(matrix: Matrix, inverse: bool) -> Matrix:
    """Return the map from rows and columns of the result, of one of points (column, row).

    Parameters
    ----------
    matrix : Matrix
        From (column, row, 1) to a column and to a row.
    inverse : bool
        Whether it leads from the image to the result.

    Raises
    ------
    ValueError
        If it maps all points onto a line.

    Examples
    --------
    >>> of_points(((2, 0, 10), (0, 4, 20)), inverse=True)
    ((0.25, 0.0, -5.0), (0.0, 0.5, -5.0))
    """
    (a, b, x), (c, d, y) = matrix
    size = a * d - b * c
    if size == 0 or not math.isfinite(1 / size):
        raise ValueError("maps all points onto a line")
    if not inverse:
        return (d, c, y), (b, a, x)
    a, b, c, d = d / size, -b / size, -c / size, a / size
    return (d + 0.0, c + 0.0, -(c * x + d * y)), (b + 0.0, a + 0.0, -(a * x + b * y))
