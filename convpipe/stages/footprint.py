"""A parameter that says which pixels count: a rectangle, another shape of some size, or rows of 0 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.geometry import plain
from convpipe.stages.matrix import Matrix
from convpipe.stages.numbers import CountPair
from convpipe.stages.parameters import Choice, Parameter, is_list

SHAPES = ("square", "disk", "ellipse", "cross", "diamond")

MOST = 301
"""Largest side of a footprint."""

SIZE = CountPair("size", "rows and columns of the footprint", (3, 3))


@dataclass(frozen=True)
class Footprint(Parameter):
    """The name of a shape, or rows of 0 and 1; parsed to the name or a tuple of tuples of bool."""

    def parse(self, value: Any) -> str | tuple[tuple[bool, ...], ...]:
        """Return the name or the rows."""
        if isinstance(value, str):
            return str(Choice(self.name, self.doc, choices=SHAPES).parse(value))
        rows = Matrix(self.name, self.doc).parse(_as_numbers(value))
        if any(number not in (0, 1) for row in rows for number in row):
            raise ParameterError(
                f"{self.name} needs rows of 0 and 1; given {list(map(list, rows))}", self.name
            )
        if not any(map(any, rows)):
            raise ParameterError(f"{self.name} has no 1", self.name)
        return tuple(tuple(map(bool, row)) for row in rows)

    def kind(self) -> str:
        """Return what is needed."""
        return f"one of {', '.join(SHAPES)}, or rows of 0 and 1"

    def schema(self) -> dict[str, Any]:
        """Return a name, or a list of lists of 0 and 1."""
        row = {"type": "array", "items": {"enum": [0, 1, True, False]}, "minItems": 1}
        return {"anyOf": [{"enum": list(SHAPES)}, {"type": "array", "items": row, "minItems": 1}]}


def _as_numbers(value: Any) -> Any:
    """Return rows of true and false, as SciPy has footprints, as rows of 1 and 0."""
    rows: Any = plain(value)
    if is_list(rows) and all(is_list(row) for row in rows):
        return [[int(each) if isinstance(each, bool) else each for each in row] for row in rows]
    return value


FOOTPRINT = Footprint("footprint", "which pixels of that rectangle count, or rows of 0 and 1", "square")


def footprint_of(shape: str | tuple[tuple[bool, ...], ...], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the pixels that count, as rows of bool.

    Parameters
    ----------
    shape : str or rows of bool
        Rows are taken as they are.
    size : (rows, cols)

    Notes
    -----
    A disk of 2 r + 1 pixels holds those at most r away, as ``skimage.morphology.disk``; an even side has its
    centre between two pixels. An ellipse is that of ``cv2.getStructuringElement``, which is a little fuller;
    but one of a single row is all of the row.

    Examples
    --------
    >>> footprint_of("disk", (5, 5)).astype(int)
    array([[0, 0, 1, 0, 0],
           [0, 1, 1, 1, 0],
           [1, 1, 1, 1, 1],
           [0, 1, 1, 1, 0],
           [0, 0, 1, 0, 0]])
    """
    if not isinstance(shape, str):
        if size != (3, 3) and size != (len(shape), len(shape[0])):
            raise ParameterError("size is that of the rows given as footprint: leave it out", "size")
        found = np.array(shape, bool)
    else:
        _check(size)
        found = _SHAPED[shape](*size)
    _check(found.shape)
    return found


def _check(sides: tuple[int, ...]) -> None:
    if max(sides) > MOST:
        raise ParameterError(f"size must be at most {MOST}; given {list(sides)}", "size")


def _square(rows: int, cols: int) -> NDArray[np.bool_]:
    return np.ones((rows, cols), bool)


def _distances(rows: int, cols: int) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return how far rows and columns are from the centre, as shares of the radius."""
    y, x = ((np.arange(side) - (side - 1) / 2) / max(side // 2, 1) for side in (rows, cols))
    return y[:, None], x


def _disk(rows: int, cols: int) -> NDArray[np.bool_]:
    y, x = _distances(rows, cols)
    return np.asarray(y**2 + x**2 <= 1 + 1e-9)


def _diamond(rows: int, cols: int) -> NDArray[np.bool_]:
    y, x = _distances(rows, cols)
    return np.asarray(np.abs(y) + np.abs(x) <= 1 + 1e-9)


def _ellipse(rows: int, cols: int) -> NDArray[np.bool_]:
    r, c = rows // 2, cols // 2
    found = np.zeros((rows, cols), bool)
    for i in range(rows):
        dy = i - r
        if abs(dy) <= r:  # as OpenCV rounds it
            dx = round(c * np.sqrt((r * r - dy * dy) / (r * r))) if r else cols
            found[i, max(c - dx, 0) : c + dx + 1] = True
    return found


def _cross(rows: int, cols: int) -> NDArray[np.bool_]:
    found = np.zeros((rows, cols), bool)
    found[rows // 2, :] = found[:, cols // 2] = True
    return found


_SHAPED = {"square": _square, "disk": _disk, "ellipse": _ellipse, "cross": _cross, "diamond": _diamond}
