"""Where the pixels lie that a warp reads, as source of its loop, in float64."""

from __future__ import annotations

from convpipe.dataclass import dataclass


@dataclass(frozen=True)
class Place:
    """How the place of the pixel in row y, column x follows from the numbers m of a transformation.

    Parameters
    ----------
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

    row: tuple[str, ...]
    pixel: tuple[str, ...]
    at: tuple[str, str]
    is_line: bool = True
    margin: int = 1


_STARTS = "r, c = m[0] * np.float64(y) + m[2], m[3] * np.float64(y) + m[5]"
_RAY = ("angle = np.float64(y) / m[2]", "down, along = sin(angle), cos(angle)")
_ON_RAY = ("far * down + m[0]", "far * along + m[1]")
_SEEN = (
    "along = np.float64(x) - m[1]",
    "angle = arctan2(down, along)",
    "angle = angle + np.float64(2 * np.pi) if angle < np.float64(0) else angle",
)
_FAR = "np.sqrt(down * down + along * along)"
_BELOW = ("down = np.float64(y) - m[0]",)
_BACK = ("m[2] * angle", "m[3] * far")

PLACES = {
    "affine": Place((_STARTS,), (), ("m[1] * np.float64(x) + r", "m[4] * np.float64(x) + c"), margin=0),
    "projective": Place(
        (_STARTS, "d0 = m[6] * np.float64(y) + m[8]"),
        ("divisor = m[7] * np.float64(x) + d0",),
        ("(m[1] * np.float64(x) + r) / divisor", "(m[4] * np.float64(x) + c) / divisor"),
    ),
    "polar": Place(_RAY, ("far = np.float64(x) / m[3]",), _ON_RAY),
    "log-polar": Place(_RAY, ("far = exp(np.float64(x) / m[3])",), _ON_RAY),
    "from-polar": Place(_BELOW, (*_SEEN, f"far = {_FAR}"), _BACK, is_line=False),
    "from-log-polar": Place(_BELOW, (*_SEEN, f"far = log(max({_FAR}, np.float64(1)))"), _BACK, is_line=False),
}
"""By the kind of a :class:`convpipe.ops.transformation.Transformation`."""
