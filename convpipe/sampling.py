"""Where the pixels of a result lie in the image that it was made from: what metadata has to follow."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot, isnan

from convpipe.dataclass import dataclass
from convpipe.geometry import Extent, Field

Point = tuple[float, float]
"""Row and column; the centre of an image's first pixel is (0, 0)."""

Matrix = tuple[tuple[float, float, float], tuple[float, float, float]]


@dataclass(frozen=True)
class Sampling:
    """An affine map, along rows and columns, from the pixels of a result to those of its image.

    Pixel (i, j) of the result is centred at ``(first[0] + step[0] * i, first[1] + step[1] * j)`` in the
    image; where rows and columns were exchanged, i and j are exchanged first.

    Parameters
    ----------
    step : (float, float)
        Pixels of the image between neighbours in the result, along rows and columns of the image; negative
        where the axis is mirrored.
    first : (float, float)
        Centre of the result's first pixel.
    transposed : bool
        Whether the rows of the result are columns of the image.

    Examples
    --------
    >>> half = Sampling((2.0, 2.0), (0.5, 0.5))
    >>> half.source((0, 3))
    (0.5, 6.5)
    >>> half.target((0.5, 6.5))
    (0.0, 3.0)
    """

    step: tuple[float, float] = (1.0, 1.0)
    first: Point = (0.0, 0.0)
    transposed: bool = False

    @classmethod
    def of(cls, fields: Sequence[Field]) -> Sampling:
        """Return that of a pipeline whose results have such receptive fields, along rows and columns.

        >>> from convpipe.geometry import Axis
        >>> Sampling.of([Field().through(Axis(3, stride=2, before=1)), Field().through(Axis(2))])
        Sampling(step=(2.0, 1.0), first=(0.0, 0.5), transposed=False)
        """
        rows, cols = fields
        return cls((float(rows.stride), float(cols.stride)), (float(rows.centre), float(cols.centre)))

    @classmethod
    def upright(cls, orientation: int, stored: Extent) -> Sampling:
        """Return that of an image of ``stored`` rows and columns once its EXIF orientation is applied.

        >>> Sampling.upright(6, (2, 3)).source((0, 1))
        (0.0, 0.0)
        """
        # From 5 on rows become columns: 6 is turned clockwise, so that its rows are read upwards.
        mirrored = orientation in (3, 4, 6, 7), orientation in (2, 3, 7, 8)
        step = tuple(-1.0 if each else 1.0 for each in mirrored)
        first = tuple(size - 1.0 if each else 0.0 for each, size in zip(mirrored, stored, strict=True))
        return cls((step[0], step[1]), (first[0], first[1]), orientation >= 5)

    def then(self, other: Sampling) -> Sampling:
        """Return that of what `other` is made from the result of this.

        >>> mirror = Sampling((-1.0, 1.0), (8.0, 0.0))
        >>> mirror.then(Sampling((2.0, 2.0))).source((1, 0)), mirror.then(mirror)
        ((6.0, 0.0), Sampling(step=(1.0, 1.0), first=(0.0, 0.0), transposed=False))
        """
        if isinstance(other, Bent):
            return other
        if isinstance(other, Oblique):
            return sampling_of(_after(self.matrix, other.matrix))
        step, first = other.step, other.first
        if self.transposed:
            step, first = (step[1], step[0]), (first[1], first[0])
        return Sampling(
            (self.step[0] * step[0], self.step[1] * step[1]),
            (self.first[0] + self.step[0] * first[0], self.first[1] + self.step[1] * first[1]),
            self.transposed != other.transposed,
        )

    @property
    def matrix(self) -> Matrix:
        """From (row, column, 1) in the result to the row, and to the column, in the image."""
        (down, along), (top, left) = self.step, self.first
        if self.transposed:
            return (0.0, down, top), (along, 0.0, left)
        return (down, 0.0, top), (0.0, along, left)

    @property
    def is_oblique(self) -> bool:
        """Whether rows of the result are neither rows nor columns of the image."""
        return False

    @property
    def moves(self) -> bool:
        """Whether any pixel of the result lies elsewhere than the image's pixel of the same index."""
        return self != Sampling()

    def density(self, x: float, y: float) -> tuple[float, float]:
        """Return pixels per length along a row and a column of the result, from those of the image.

        >>> Sampling((1.0, 2.0)).density(300, 300), Sampling((1.0, 2.0), transposed=True).density(72, 300)
        ((150.0, 300.0), (300.0, 36.0))
        """
        x, y = x / abs(self.step[1]), y / abs(self.step[0])
        return (y, x) if self.transposed else (x, y)

    def spacing(self, row: float, col: float) -> tuple[float, float]:
        """Return the length between neighbours along a column and a row of the result, from the image's.

        >>> Sampling((2.0, 3.0)).spacing(0.5, 1.0), Sampling((2.0, 3.0), transposed=True).spacing(0.5, 1.0)
        ((1.0, 3.0), (3.0, 1.0))
        """
        row, col = row * abs(self.step[0]), col * abs(self.step[1])
        return (col, row) if self.transposed else (row, col)

    def source(self, target: Point) -> Point:
        """Return where in the image a point of the result lies."""
        row, col = target[::-1] if self.transposed else target
        return self.first[0] + self.step[0] * row, self.first[1] + self.step[1] * col

    def target(self, source: Point) -> Point:
        """Return where in the result a point of the image lies."""
        row, col = (
            (at - first) / step for at, first, step in zip(source, self.first, self.step, strict=True)
        )
        return (col, row) if self.transposed else (row, col)


@dataclass(frozen=True)
class Oblique(Sampling):
    """Any affine map, as of a rotation; its `step` is what a step along each axis of the result is long.

    Parameters
    ----------
    affine : Matrix
        See :attr:`matrix`.
    """

    affine: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))

    @property
    def matrix(self) -> Matrix:
        """As of :class:`Sampling`."""
        return self.affine

    @property
    def is_oblique(self) -> bool:
        """As of :class:`Sampling`."""
        return True

    def then(self, other: Sampling) -> Sampling:
        """Return that of what `other` is made from the result of this."""
        return other if isinstance(other, Bent) else sampling_of(_after(self.affine, other.matrix))

    def density(self, x: float, y: float) -> tuple[float, float]:
        """Return pixels per length along a row and a column of the result, from those of the image."""
        (a, b, _), (c, d, _) = self.affine
        return 1 / hypot(b / y, d / x), 1 / hypot(a / y, c / x)

    def spacing(self, row: float, col: float) -> tuple[float, float]:
        """Return the length between neighbours along a column and a row of the result, from the image's."""
        (a, b, _), (c, d, _) = self.affine
        return hypot(a * row, c * col), hypot(b * row, d * col)

    def source(self, target: Point) -> Point:
        """Return where in the image a point of the result lies."""
        row, col = (down * target[0] + along * target[1] + first for down, along, first in self.affine)
        return row, col

    def target(self, source: Point) -> Point:
        """Return where in the result a point of the image lies."""
        (a, b, top), (c, d, left) = self.affine
        row, col, size = source[0] - top, source[1] - left, a * d - b * c
        return (d * row - b * col) / size, (a * col - c * row) / size


@dataclass(frozen=True)
class Bent(Sampling):
    """A map that is not affine: nothing that is said of rows and columns follows it.

    Raises
    ------
    ValueError
        By what asks where a pixel lies, or how long one is.

    Examples
    --------
    >>> Sampling((2.0, 2.0)).then(BENT).then(Sampling((2.0, 2.0))) is BENT
    True
    """

    @property
    def matrix(self) -> Matrix:
        """There is none."""
        raise _no_grid()

    @property
    def is_oblique(self) -> bool:
        """As of :class:`Sampling`."""
        return True

    @property
    def moves(self) -> bool:
        """As of :class:`Sampling`."""
        return True

    def then(self, other: Sampling) -> Sampling:
        """Return that of what `other` is made from the result of this."""
        return self

    def density(self, x: float, y: float) -> tuple[float, float]:
        """Return what is printed on a length, as it is: it is of paper, and of nothing in the image."""
        return x, y

    def spacing(self, row: float, col: float) -> tuple[float, float]:
        """Return nothing: lengths are others at each pixel; where none are stated, none are."""
        if not (isnan(row) and isnan(col)):
            raise _no_grid()
        return row, col

    def source(self, target: Point) -> Point:
        """Return nothing."""
        raise _no_grid()

    def target(self, source: Point) -> Point:
        """Return nothing."""
        raise _no_grid()


def _no_grid() -> ValueError:
    return ValueError("its pixels lie on no straight grid of the image")


BENT = Bent()


def sampling_of(matrix: Matrix) -> Sampling:
    """Return that of an affine map: plain, where rows and columns stay such.

    >>> sampling_of(((0.0, 1.0, 0.0), (-1.0, 0.0, 5.0)))
    Sampling(step=(1.0, -1.0), first=(0.0, 5.0), transposed=True)
    >>> turned = sampling_of(((0.8, -0.6, 1.0), (0.6, 0.8, 2.0)))
    >>> turned.source((0, 5)), turned.spacing(2.0, 2.0)
    ((-2.0, 6.0), (2.0, 2.0))
    """
    (a, b, top), (c, d, left) = matrix
    if b == c == 0:
        return Sampling((a, d), (top, left))
    if a == d == 0:
        return Sampling((b, c), (top, left), transposed=True)
    return Oblique((hypot(a, c), hypot(b, d)), (top, left), affine=matrix)


def _after(outer: Matrix, inner: Matrix) -> Matrix:
    """Return the map of `inner`, whose result `outer` maps."""
    (a, b, _), (c, d, _) = inner
    return tuple(  # type: ignore[return-value]
        (p * a + q * c, p * b + q * d, p * inner[0][2] + q * inner[1][2] + first) for p, q, first in outer
    )
