"""Projective maps of points, by rational arithmetic: what they come to is rounded once, the same everywhere.

Source: R. Hartley, A. Zisserman, "Multiple View Geometry in Computer Vision", 2nd edition, 2004, 2.3 and 4.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from convpipe.ops.transformation import Homography
from convpipe.sampling import Point

Exact = list[list[Fraction]]


def of_matrix(matrix: Homography, inverse: bool) -> Homography:
    """Return the map of (row, column, 1) of the result, of one of points (column, row, 1).

    Parameters
    ----------
    matrix : Homography
    inverse : bool
        Whether it leads from the image to the result.

    Raises
    ------
    ValueError
        If it maps all points onto a line.

    Examples
    --------
    >>> of_matrix(((2, 0, 10), (0, 4, 20), (0, 0, 1)), inverse=True)
    ((0.25, 0.0, -5.0), (0.0, 0.5, -5.0), (0.0, 0.0, 1.0))
    """
    exact = [[Fraction(number) for number in row] for row in matrix]
    back = _adjugate(exact)
    if _determinant(exact, back) == 0:
        raise ValueError("maps all points onto a line")
    return _rounded([[found[at] for at in (1, 0, 2)] for found in (_row(back if inverse else exact))])


def _row(matrix: Exact) -> Exact:
    """Return the rows of a matrix with the first two in each other's place."""
    return [matrix[1], matrix[0], matrix[2]]


def between(points: Sequence[Point], places: Sequence[Point]) -> Homography:
    """Return the map that leads four points (row, column) to four places.

    Raises
    ------
    ValueError
        If three of the points, or of the places, lie on a line.

    Examples
    --------
    >>> square = [(0, 0), (0, 1), (1, 1), (1, 0)]
    >>> between(square, [(0, 0), (0, 2), (2, 2), (2, 0)])
    ((2.0, 0.0, 0.0), (0.0, 2.0, 0.0), (0.0, 0.0, 1.0))
    """
    return _rounded(_product(_basis(places), _adjugate(_basis(points))))


def _basis(points: Sequence[Point]) -> Exact:
    """Return what leads the axes, and their sum, to four points."""
    columns = [[Fraction(row), Fraction(col), Fraction(1)] for row, col in points]
    matrix = [list(row) for row in zip(*columns[:3], strict=True)]
    back = _adjugate(matrix)
    shares = [sum(a * b for a, b in zip(row, columns[3], strict=True)) for row in back]
    if _determinant(matrix, back) == 0 or 0 in shares:
        raise ValueError("three of the points lie on a line")
    return [[number * share for number, share in zip(row, shares, strict=True)] for row in matrix]


def _adjugate(matrix: Exact) -> Exact:
    """Return the inverse times the determinant."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    return [
        [e * i - f * h, c * h - b * i, b * f - c * e],
        [f * g - d * i, a * i - c * g, c * d - a * f],
        [d * h - e * g, b * g - a * h, a * e - b * d],
    ]


def _determinant(matrix: Exact, adjugate: Exact) -> Fraction:
    return sum((matrix[0][k] * adjugate[k][0] for k in range(3)), Fraction(0))


def _product(left: Exact, right: Exact) -> Exact:
    columns = list(zip(*right, strict=True))
    return [
        [sum((a * b for a, b in zip(row, col, strict=True)), Fraction(0)) for col in columns] for row in left
    ]


def _rounded(matrix: Exact) -> Homography:
    """Return a matrix in which the divisor of the first pixel is 1, or else the largest number."""
    scale = matrix[2][2] or max((number for row in matrix for number in row), key=abs)
    first, second, third = ((float(a / scale), float(b / scale), float(c / scale)) for a, b, c in matrix)
    return first, second, third
