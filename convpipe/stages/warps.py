"""Geometry: images interpolated where a map puts their pixels."""

from __future__ import annotations

from typing import Literal

from convpipe.errors import ParameterError
from convpipe.geometry import Extent
from convpipe.ops import Op, Warp
from convpipe.ops.transformation import Homography
from convpipe.ops.warp import TAPS
from convpipe.sampling import Point
from convpipe.stages.base import method
from convpipe.stages.homography import between, of_matrix
from convpipe.stages.matrix import Matrix
from convpipe.stages.numbers import Number, NumberPair, SizePair
from convpipe.stages.parameters import Choice, Flag
from convpipe.stages.warping import Affine, Circle, Perspective, Rolled, Rotation, Unrolled, of_points

_INTERPOLATION = Choice(
    "method",
    "what is read of the image: the pixel whose centre is next; 2x2 around a place; 4x4, by Keys' kernel "
    "with a = -0.5",
    "bilinear",
    choices=tuple(TAPS),
    aliases={"linear": "bilinear", "cubic": "bicubic"},
)

_SIZE = SizePair("size", "of the result; input: as the image that enters; default: as what it reads", None)

_UNIT_SQUARE = ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0))


@method(
    "geometry",
    "rotate",
    "turned about its middle by any angle; pixels outside are made by the border's rule",
    reference="skimage.transform.rotate, of order 0, 1 or 3, with clip=False",
    formula="out(p) = in(m + R (p - m)), m the middle, R = [[cos, sin], [-sin, cos]] of (row, column)",
    parameters=(
        Number("angle", "degrees, counterclockwise"),
        _INTERPOLATION,
        Flag("expand", "as large as holds the centres of all pixels, as skimage's resize=True", False),
    ),
    alpha="premultiply",
    example={"angle": 30},
)
def _rotate(angle: float, method: str, expand: bool) -> tuple[Op, ...]:
    return (Warp(Rotation(angle, expand), method),)


@method(
    "geometry",
    "affine",
    "interpolated where a matrix puts its pixels; those outside are made by the border's rule",
    reference="skimage.transform.warp of an AffineTransform, of order 0, 1 or 3, with clip=False",
    formula="out(p) = in(M (column, row, 1)), the centre of the first pixel being at 0, 0",
    parameters=(
        Matrix(
            "matrix",
            "2 rows of 3: the column, and the row, in the image of a pixel (column, row, 1) of the result",
        ),
        Flag("inverse", "the matrix leads from the image to the result, as cv2.warpAffine takes it", False),
        _INTERPOLATION,
        _SIZE,
    ),
    alpha="premultiply",
    example={"matrix": [[1.0, 0.2, 0.0], [0.0, 1.0, 0.5]]},
)
def _affine(
    matrix: tuple[tuple[float, ...], ...], inverse: bool, method: str, size: Extent | Literal["input"] | None
) -> tuple[Op, ...]:
    if len(matrix) != 2 or len(matrix[0]) != 3:
        raise ParameterError(f"matrix needs 2 rows of 3; given {len(matrix)} of {len(matrix[0])}", "matrix")
    columns, rows = ((a, b, first) for a, b, first in matrix)
    try:
        placed = of_points((columns, rows), inverse)
    except ValueError as error:
        raise ParameterError(f"matrix {error}; given {[list(row) for row in matrix]}", "matrix") from None
    return (Warp(Affine(placed, size), method),)


@method(
    "geometry",
    "perspective",
    "seen from elsewhere: by a matrix, or so that four points of the image lie where they should",
    reference="skimage.transform.warp of a ProjectiveTransform, of order 0, 1 or 3, with clip=False; "
    "R. Hartley, A. Zisserman, 'Multiple view geometry', 2004, 4.1",
    formula="out(p) = in(x / w, y / w), (x, y, w) = M (column, row, 1), the centre of the first pixel being "
    "at 0, 0",
    parameters=(
        Matrix("points", "four of the image, [row, column] each; give them, or matrix", None),
        Matrix(
            "to",
            "where each of them lies in the result; default: in its corners, clockwise from the first pixel",
            None,
        ),
        Matrix("matrix", "3 rows of 3: from a pixel (column, row, 1) of the result to x, y and w", None),
        Flag(
            "inverse", "the matrix leads from the image to the result, as cv2.warpPerspective takes it", False
        ),
        _INTERPOLATION,
        _SIZE,
    ),
    alpha="premultiply",
    example={
        "points": [[10, 40], [0, 150], [140, 160], [110, 0]],
        "to": [[0, 0], [0, 149], [149, 149], [149, 0]],
    },
)
def _perspective(
    points: tuple[tuple[float, ...], ...] | None,
    to: tuple[tuple[float, ...], ...] | None,
    matrix: tuple[tuple[float, ...], ...] | None,
    inverse: bool,
    method: str,
    size: Extent | Literal["input"] | None,
) -> tuple[Op, ...]:
    if (points is None) == (matrix is None):
        raise ParameterError(
            f"geometry perspective needs points or matrix; given {'both' if matrix else 'neither'}"
        )
    if matrix is not None:
        if to is not None:
            raise ParameterError("'to' goes with 'points'", "to")
        return (Warp(Perspective(size, _homography(matrix, inverse)), method),)
    assert points is not None
    if inverse:
        raise ParameterError("'inverse' goes with 'matrix'", "inverse")
    given = _four("points", points)
    placed = None if to is None else _four("to", to)
    return (Warp(Perspective(size, None, given, placed), method),)


def _homography(matrix: tuple[tuple[float, ...], ...], inverse: bool) -> Homography:
    if len(matrix) != 3 or len(matrix[0]) != 3:
        raise ParameterError(f"matrix needs 3 rows of 3; given {len(matrix)} of {len(matrix[0])}", "matrix")
    first, second, third = ((a, b, c) for a, b, c in matrix)
    try:
        return of_matrix((first, second, third), inverse)
    except ValueError as error:
        raise ParameterError(f"matrix {error}; given {[list(row) for row in matrix]}", "matrix") from None


def _four(name: str, points: tuple[tuple[float, ...], ...]) -> tuple[Point, ...]:
    """Return four points, no three of which lie on a line."""
    if len(points) != 4 or len(points[0]) != 2:
        raise ParameterError(
            f"{name} needs 4 points [row, column]; given {len(points)} of {len(points[0])} numbers", name
        )
    found = tuple((row, col) for row, col in points)
    try:
        between(_UNIT_SQUARE, found)
    except ValueError as error:
        raise ParameterError(f"{name}: {error}; given {[list(point) for point in points]}", name) from None
    return found


@method(
    "geometry",
    "polar",
    "unrolled around a centre: rows are angles from the right on, clockwise, columns distances; and back",
    reference="skimage.transform.warp_polar, of order 0 or 1, with clip=False",
    formula="out(i, j) = in(center + d (sin a, cos a)), a = 2 pi i / rows, d = radius j / columns, or "
    "radius^(j / columns)",
    parameters=(
        NumberPair(
            "center", "[row, column]; default: the middle of the image, or of the result of inverse", None
        ),
        Number(
            "radius",
            "pixels, to which the columns reach; default: half of the diagonal of that image",
            None,
            above=0,
        ),
        Choice(
            "scaling",
            "what columns are: distances, or logarithms of them",
            "linear",
            choices=("linear", "log"),
        ),
        Flag("inverse", "back: what it reads has angles in its rows, the first after the last", False),
        _INTERPOLATION,
        SizePair(
            "size",
            "of the result; input: as the image that enters, the default of inverse; else 360 rows and a "
            "column a pixel",
            None,
        ),
    ),
    alpha="premultiply",
    example={"size": [180, 120]},
)
def _polar(
    center: tuple[float, float] | None,
    radius: float | None,
    scaling: str,
    inverse: bool,
    method: str,
    size: Extent | Literal["input"] | None,
) -> tuple[Op, ...]:
    circle = Circle(center, radius, scaling == "log")
    if circle.log and radius is not None and radius <= 1:
        raise ParameterError(
            f"radius needs more than 1 pixel, whose logarithm is 0; given {radius:g}", "radius"
        )
    return (Warp(Rolled(circle, size) if inverse else Unrolled(circle, size), method),)
