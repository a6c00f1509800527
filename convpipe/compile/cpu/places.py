"""Where the pixels lie that a warp reads, as source of its loop, in float64."""

from __future__ import annotations

from convpipe.dataclass import dataclass


@dataclass(frozen=True)
class Place:
    """How the place of the pixel in row y, column x follows from the numbers m of a transformation.

    Parameters
    ----------
    column : tuple of str
        What x alone decides, of float64: made once for the rows of a strip, `column0[k]` and so on for its
        pixel k.
    row : tuple of str
        What is done once a row.
    pixel : tuple of str
        And before each pixel.
    at : (str, str)
        Its row and its column.
    is_line : bool
        Whether the places of a row lie on a line, so that those of its pixels that lie inside follow one
        another.
    margin : int
        Pixels, by which rounding may lead elsewhere than it does for its neighbours.
    """

    column: tuple[str, ...]
    row: tuple[str, ...]
    pixel: tuple[str, ...]
    at: tuple[str, str]
    is_line: bool = True
    margin: int = 1


_STARTS = "r, c = m[0] * np.float64(y) + m[2], m[3] * np.float64(y) + m[5]"
_STEPS = ("m[1] * x", "m[4] * x")
_ON_LINE = ("column0[k] + r", "column1[k] + c")
_RAY = ("angle = np.float64(y) / m[2]", "down, along = sin(angle), cos(angle)")
_ON_RAY = ("column0[k] * down + m[0]", "column0[k] * along + m[1]")
_BESIDE = ("x - m[1]",)
_BELOW = ("down = np.float64(y) - m[0]",)
_SEEN = (
    "along = column0[k]",
    "angle = arctan2(down, along)",
    "angle = angle + np.float64(2 * np.pi) if angle < np.float64(0) else angle",
)
_FAR = "np.sqrt(down * down + along * along)"
_BACK = ("m[2] * angle", "m[3] * far")

PLACES = {
    "affine": Place(_STEPS, (_STARTS,), (), _ON_LINE, margin=0),
    "projective": Place(
        (*_STEPS, "m[7] * x"),
        (_STARTS, "d0 = m[6] * np.float64(y) + m[8]"),
        ("divisor = column2[k] + d0",),
        ("(column0[k] + r) / divisor", "(column1[k] + c) / divisor"),
    ),
    "polar": Place(("x / m[3]",), _RAY, (), _ON_RAY),
    "log-polar": Place(("exp(x / m[3])",), _RAY, (), _ON_RAY),
    "from-polar": Place(_BESIDE, _BELOW, (*_SEEN, f"far = {_FAR}"), _BACK, is_line=False),
    "from-log-polar": Place(
        _BESIDE, _BELOW, (*_SEEN, f"far = log(max({_FAR}, np.float64(1)))"), _BACK, is_line=False
    ),
}
"""By the kind of a :class:`convpipe.ops.transformation.Transformation`."""
