"""Where the pixels of a warped image lie in the one that is read: by a matrix, or around a centre."""

from __future__ import annotations

import math
from typing import Protocol

from convpipe.dataclass import dataclass
from convpipe.geometry import Extent
from convpipe.sampling import BENT, Matrix, Point, Sampling, sampling_of

Homography = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
"""From (row, column, 1) of a pixel of the result to the row, the column and a common divisor of its place."""

Span = tuple[float, float]

_ROUNDED = 1e-6
"""Pixels, beyond which no rounding of a place leads."""


class Transformation(Protocol):
    """Which place in the image a pixel of the result is read at. It can be hashed, and pickled."""

    @property
    def kind(self) -> str:
        """What a loop is compiled for."""

    @property
    def numbers(self) -> tuple[float, ...]:
        """What it reads."""

    @property
    def sampling(self) -> Sampling:
        """The same for metadata to follow."""

    @property
    def wraps(self) -> tuple[bool, bool]:
        """Whether rows, and columns, of the image go on with the first after the last."""

    def source(self, row: float, col: float) -> Point:
        """Return the place of a pixel."""

    def spans(self, extent: Extent) -> tuple[Span, Span]:
        """Return the least and the largest row, and column, of all places of a result of an `extent`.

        Raises
        ------
        ValueError
            If there are none.
        """


class _Plane:
    """A transformation whose image ends where it ends."""

    wraps = (False, False)


@dataclass(frozen=True)
class Affine(_Plane):
    """An affine map of rows and columns.

    Examples
    --------
    >>> Affine(((0.0, 1.0, 0.0), (-1.0, 0.0, 2.0))).spans((3, 4))
    ((0.0, 3.0), (0.0, 2.0))
    """

    matrix: Matrix

    kind = "affine"

    @property
    def numbers(self) -> tuple[float, ...]:
        """Its matrix, row by row."""
        return (*self.matrix[0], *self.matrix[1])

    @property
    def sampling(self) -> Sampling:
        """As of :class:`Transformation`."""
        return sampling_of(self.matrix)

    def source(self, row: float, col: float) -> Point:
        """As of :class:`Transformation`."""
        found, place = (along * col + (down * row + first) for down, along, first in self.matrix)
        return found, place

    def spans(self, extent: Extent) -> tuple[Span, Span]:
        """As of :class:`Transformation`.

        A place grows, or shrinks, along each axis of the result, rounded or not: corners have the extremes.
        """
        return _spans([self.source(*corner) for corner in _corners(extent)])


@dataclass(frozen=True)
class Projective(_Plane):
    """A projective map of rows and columns: straight lines stay straight.

    Examples
    --------
    >>> Projective(((2.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 1.0, 1.0))).source(3, 1)
    (3.0, 0.5)
    """

    matrix: Homography

    kind = "projective"

    @property
    def numbers(self) -> tuple[float, ...]:
        """Its matrix, row by row."""
        return (*self.matrix[0], *self.matrix[1], *self.matrix[2])

    sampling = BENT

    def source(self, row: float, col: float) -> Point:
        """As of :class:`Transformation`."""
        found, place, divisor = (along * col + (down * row + first) for down, along, first in self.matrix)
        return found / divisor, place / divisor

    def spans(self, extent: Extent) -> tuple[Span, Span]:
        """As of :class:`Transformation`: on one side of the horizon corners have the extremes."""
        down, along, first = self.matrix[2]
        divisors = [along * col + (down * row + first) for row, col in _corners(extent)]
        if min(divisors) <= 0 <= max(divisors):
            raise ValueError(
                f"its result of {extent[0]}x{extent[1]} pixels meets the horizon, where it leads nowhere"
            )
        return _spans([self.source(*corner) for corner in _corners(extent)], _ROUNDED)


@dataclass(frozen=True)
class Polar(_Plane):
    """Rows of the result are angles from 0 on, its columns distances from a centre.

    Parameters
    ----------
    center : (float, float)
        Row and column.
    rows : float
        Of the result, a radian.
    cols : float
        Of the result, a pixel of distance; or of its logarithm.
    log : bool
        Whether columns are logarithms of distances.

    Examples
    --------
    >>> Polar((5.0, 7.0), 360 / (2 * math.pi), 1.0, False).source(0, 3)
    (5.0, 10.0)
    """

    center: Point
    rows: float
    cols: float
    log: bool

    sampling = BENT

    @property
    def kind(self) -> str:
        """As of :class:`Transformation`."""
        return "log-polar" if self.log else "polar"

    @property
    def numbers(self) -> tuple[float, ...]:
        """Its centre and its scales."""
        return (*self.center, self.rows, self.cols)

    def source(self, row: float, col: float) -> Point:
        """As of :class:`Transformation`."""
        angle, distance = row / self.rows, self._distance(col)
        return distance * math.sin(angle) + self.center[0], distance * math.cos(angle) + self.center[1]

    def spans(self, extent: Extent) -> tuple[Span, Span]:
        """As of :class:`Transformation`: all of the circle."""
        try:
            far = self._distance(extent[1] - 1) + _ROUNDED
        except OverflowError:
            far = math.inf
        return _around(self.center, far)

    def _distance(self, col: float) -> float:
        return math.exp(col / self.cols) if self.log else col / self.cols


@dataclass(frozen=True)
class Cartesian:
    """The way back: rows of the image are angles, its columns distances from a centre of the result.

    Parameters are those of :class:`Polar`, of the image. Angles go on with the first after the last. What is
    nearer to the centre than a pixel is as far as that in a logarithm.

    Examples
    --------
    >>> Cartesian((5.0, 7.0), 360 / (2 * math.pi), 1.0, False).source(2, 7)
    (270.0, 3.0)
    """

    center: Point
    rows: float
    cols: float
    log: bool

    sampling = BENT
    wraps = (True, False)

    @property
    def kind(self) -> str:
        """As of :class:`Transformation`."""
        return "from-log-polar" if self.log else "from-polar"

    @property
    def numbers(self) -> tuple[float, ...]:
        """Its centre and its scales."""
        return (*self.center, self.rows, self.cols)

    def source(self, row: float, col: float) -> Point:
        """As of :class:`Transformation`."""
        down, along = row - self.center[0], col - self.center[1]
        angle, distance = math.atan2(down, along), math.hypot(down, along)
        place = math.log(max(distance, 1.0)) if self.log else distance
        return self.rows * (angle + 2 * math.pi if angle < 0 else angle), self.cols * place

    def spans(self, extent: Extent) -> tuple[Span, Span]:
        """As of :class:`Transformation`: a whole turn, as far as a corner lies."""
        far = max(self.source(*corner)[1] for corner in _corners(extent))
        return (0.0, self.rows * 2 * math.pi + _ROUNDED), (0.0, far + _ROUNDED)


def _corners(extent: Extent) -> list[Point]:
    return [(row, col) for row in (0, extent[0] - 1) for col in (0, extent[1] - 1)]


def _spans(points: list[Point], more: float = 0.0) -> tuple[Span, Span]:
    rows, cols = zip(*points, strict=True)
    return (min(rows) - more, max(rows) + more), (min(cols) - more, max(cols) + more)


def _around(center: Point, far: float) -> tuple[Span, Span]:
    row, col = center
    return (row - far, row + far), (col - far, col + far)
