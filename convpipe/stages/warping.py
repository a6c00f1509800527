"""The mathematics of warping: where pixels of a result lie in an image, once the extents are known."""

from __future__ import annotations

import math
from typing import Literal

from convpipe.dataclass import dataclass
from convpipe.geometry import Extent
from convpipe.ops import transformation
from convpipe.ops.transformation import Homography, Transformation
from convpipe.sampling import Matrix, Point
from convpipe.stages.homography import between


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
    >>> Rotation(90, expand=True).extent((3, 5), (0, 0)), Rotation(90).matrix((3, 3))
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

    def transformation(self, given: Extent, image: Extent) -> Transformation:
        """Return the map."""
        return transformation.Affine(self.matrix(given))

    def matrix(self, given: Extent) -> Matrix:
        """Return that of the map. Source: scikit-image, ``rotate`` in ``transform/_warps.py``."""
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
        return _sized(self.size, image, given)

    def transformation(self, given: Extent, image: Extent) -> Transformation:
        """Return the map."""
        return transformation.Affine(self.map)


@dataclass(frozen=True)
class Perspective:
    """A projective map that is given, or follows from four points. See :class:`convpipe.ops.Placement`.

    Parameters
    ----------
    size : (rows, cols) or 'input', optional
        Of the result; default: of what it reads.
    map : Homography, optional
        From rows and columns of the result.
    points : tuple of (row, column)
        Four of the image.
    to : tuple of (row, column), optional
        Where these lie in the result; default: in its corners, clockwise.
    """

    size: Extent | Literal["input"] | None = None
    map: Homography | None = None
    points: tuple[Point, ...] = ()
    to: tuple[Point, ...] | None = None

    def extent(self, given: Extent, image: Extent) -> Extent:
        """Return the extent of the result."""
        return _sized(self.size, image, given)

    def transformation(self, given: Extent, image: Extent) -> Transformation:
        """Return the map: an affine one, if the lines of the result that are parallel stay so."""
        found = self.map
        if found is None:
            found = between(self.to or self._corners(self.extent(given, image)), self.points)
        (*plane, (down, along, one)) = found
        if down == along == 0:
            rows, cols = ((a / one, b / one, c / one) for a, b, c in plane)
            return transformation.Affine((rows, cols))
        return transformation.Projective(found)

    def _corners(self, extent: Extent) -> tuple[Point, ...]:
        bottom, right = extent[0] - 1, extent[1] - 1
        if not bottom or not right:
            raise ValueError(f"a result of {extent[0]}x{extent[1]} pixels has no four corners")
        return (0, 0), (0, right), (bottom, right), (bottom, 0)


@dataclass(frozen=True)
class Circle:
    """What is unrolled of an image.

    Parameters
    ----------
    center : (row, column), optional
        Default: the middle of the image.
    radius : float, optional
        Default: from the middle to a corner.
    log : bool
        Whether the columns of what is unrolled are logarithms.
    """

    center: Point | None = None
    radius: float | None = None
    log: bool = False

    def middle(self, extent: Extent) -> Point:
        """Return the centre in an image of an `extent`."""
        return self.center or ((extent[0] - 1) / 2, (extent[1] - 1) / 2)

    def reach(self, extent: Extent) -> float:
        """Return the radius in one."""
        return self.radius or math.hypot(extent[0] / 2, extent[1] / 2)

    def scales(self, extent: Extent, unrolled: Extent) -> tuple[float, float]:
        """Return rows of what is unrolled a radian, and columns a pixel, or a logarithm of pixels."""
        reach = self.reach(extent)
        if self.log and reach <= 1:
            raise ValueError(f"a radius of {reach:g} pixels has no logarithm above 0")
        return unrolled[0] / (2 * math.pi), unrolled[1] / (math.log(reach) if self.log else reach)


@dataclass(frozen=True)
class Unrolled:
    """An image around a centre, its angles in rows. See :class:`convpipe.ops.Placement`.

    Source: scikit-image, ``warp_polar`` in ``transform/_warps.py``.

    Parameters
    ----------
    circle : Circle
    size : (rows, cols) or 'input', optional
        Of the result; default: 360 rows, and a column for a pixel of the radius.

    Examples
    --------
    >>> Unrolled(Circle()).extent((6, 8), (6, 8))
    (360, 5)
    """

    circle: Circle
    size: Extent | Literal["input"] | None = None

    def extent(self, given: Extent, image: Extent) -> Extent:
        """Return the extent of the result."""
        return _sized(self.size, image, (360, math.ceil(self.circle.reach(given))))

    def transformation(self, given: Extent, image: Extent) -> Transformation:
        """Return the map."""
        scales = self.circle.scales(given, self.extent(given, image))
        return transformation.Polar(self.circle.middle(given), *scales, self.circle.log)


@dataclass(frozen=True)
class Rolled:
    """The way back, of an image whose rows are angles. See :class:`convpipe.ops.Placement`.

    Parameters
    ----------
    circle : Circle
        Of the result.
    size : (rows, cols) or 'input', optional
        Of that; default: as the image that enters.
    """

    circle: Circle
    size: Extent | Literal["input"] | None = None

    def extent(self, given: Extent, image: Extent) -> Extent:
        """Return the extent of the result."""
        return _sized(self.size, image, image)

    def transformation(self, given: Extent, image: Extent) -> Transformation:
        """Return the map."""
        made = self.extent(given, image)
        return transformation.Cartesian(
            self.circle.middle(made), *self.circle.scales(made, given), self.circle.log
        )


def _sized(size: Extent | Literal["input"] | None, image: Extent, default: Extent) -> Extent:
    """Return the extent that is asked for."""
    if size == "input":
        return image
    return default if size is None else size


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
