"""Where the pixels of a result lie in the image that it was made from: what metadata has to follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convpipe.geometry import Extent, Field

Point = tuple[float, float]
"""Row and column; the centre of an image's first pixel is (0, 0)."""


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
        step, first = other.step, other.first
        if self.transposed:
            step, first = (step[1], step[0]), (first[1], first[0])
        return Sampling(
            (self.step[0] * step[0], self.step[1] * step[1]),
            (self.first[0] + self.step[0] * first[0], self.first[1] + self.step[1] * first[1]),
            self.transposed != other.transposed,
        )

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
