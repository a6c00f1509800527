"""Colour spaces: the expressions that lead from sRGB to another space, and back.

They are those of scikit-image, with its matrices and thresholds, over the full scale of the image's dtype,
which they call ``full``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.interval import Interval
from convpipe.ops import ChannelMap
from convpipe.stages.light import linear, srgb

_RGB = ("red", "green", "blue")

_HSV = """
    value = maximum(maximum(red, green), blue)
    chroma = value - minimum(minimum(red, green), blue)
    divisor = where(chroma > 0, chroma, 1)
    warm = where(green == value, 2 + (blue - red) / divisor, (green - blue) / divisor)
    turn = where(blue == value, 4 + (red - green) / divisor, warm) / 6
    hue = full * where(chroma > 0, where(turn < 0, turn + 1, turn), 0)
    saturation = full * where(value > 0, chroma / value, 0)
"""

_FROM_HSV = """
    turn = 6 * hue / full
    chroma = value * saturation / full
    third = where(turn < 1, turn + 5, turn - 1)
    second = where(turn < 3, turn + 3, turn - 3)
    first = where(turn < 5, turn + 1, turn - 5)
    red = value - chroma * maximum(minimum(minimum(third, 4 - third), 1), 0)
    green = value - chroma * maximum(minimum(minimum(second, 4 - second), 1), 0)
    blue = value - chroma * maximum(minimum(minimum(first, 4 - first), 1), 0)
"""

_TURN = """
    further = hue + shift
    turned = where(further >= full, further - full, further)
    same = saturation
    bright = value
"""

_SRGB_TO_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
"""Of linear light, with the white of D65. Source: skimage.color.rgb2xyz."""

_WHITE = (0.95047, 1.0, 1.08883)
"""X, Y and Z of D65 for the observer of 2 degrees. Source: skimage.color.xyz_tristimulus_values."""

_SRGB_TO_YCBCR = np.array([[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]])
"""Onto the 8 bits of video, with 16, 128 and 128 added. Source: skimage.color.rgb2ycbcr."""

_VIDEO = (16, 128, 128)


def _product(matrix: np.ndarray, names: tuple[str, ...]) -> list[str]:
    """Return each row's sum of products with what is called `names`, as an expression."""
    return [
        " + ".join(f"({w!r}) * {name}" for w, name in zip(row, names, strict=True)) for row in matrix.tolist()
    ]


def _lines(names: tuple[str, ...], expressions: list[str]) -> str:
    return "\n".join(f"{name} = {text}" for name, text in zip(names, expressions, strict=True)) + "\n"


_XYZ_NAMES, _LAB_NAMES = ("x", "y", "z"), ("lightness", "a", "b")

_LIGHT = ("r", "g", "l")

_XYZ = _lines(_LIGHT, [linear(name) for name in _RGB]) + _lines(_XYZ_NAMES, _product(_SRGB_TO_XYZ, _LIGHT))

_FROM_XYZ = _lines(_LIGHT, _product(np.linalg.inv(_SRGB_TO_XYZ), _XYZ_NAMES)) + _lines(
    _RGB, [f"minimum(maximum({srgb(name)}, 0), full)" for name in _LIGHT]
)

_ROOTS = ("p", "q", "s")

_LAB = (
    _XYZ
    + _lines(
        ("u", "v", "w"), [f"{name} / full / {white}" for name, white in zip(_XYZ_NAMES, _WHITE, strict=True)]
    )
    + _lines(
        _ROOTS,
        [
            f"where({t} > 0.008856, power({t}, {1 / 3!r}), 7.787 * {t} + {16 / 116!r})"
            for t in ("u", "v", "w")
        ],
    )
    + "lightness = 116 * q - 16\na = 500 * (p - q)\nb = 200 * (q - s)\n"
)

_FROM_LAB = (
    "q = (lightness + 16) / 116\np = a / 500 + q\ns = maximum(q - b / 200, 0)\n"
    + _lines(
        _XYZ_NAMES,
        [
            f"full * {white} * where({t} > 0.2068966, {t} * {t} * {t}, ({t} - {16 / 116!r}) / 7.787)"
            for t, white in zip(_ROOTS, _WHITE, strict=True)
        ],
    )
    + _FROM_XYZ
)

_YCBCR_NAMES = ("luma", "cb", "cr")

_YCBCR = _lines(
    _YCBCR_NAMES,
    [
        f"{add} * full / 255 + ({text}) / 255"
        for text, add in zip(_product(_SRGB_TO_YCBCR, _RGB), _VIDEO, strict=True)
    ],
)

_FROM_YCBCR = _lines(
    ("p", "q", "s"),
    [f"255 * ({name} - {add} * full / 255)" for name, add in zip(_YCBCR_NAMES, _VIDEO, strict=True)],
) + _lines(_RGB, _product(np.linalg.inv(_SRGB_TO_YCBCR), ("p", "q", "s")))


@dataclass(frozen=True)
class Conversion:
    """From three channels to three others.

    Parameters
    ----------
    text : str
        Of a :class:`convpipe.ops.ChannelMap`.
    inputs, outputs : tuple of str
    proven : callable, optional
        From a full scale to the ends of the results, of values from 0 to it.
    """

    text: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    proven: Callable[[float], tuple[float, float]] | None = None

    def over(self, full: float) -> ChannelMap:
        """Return it for values over a full scale."""
        ends = None if self.proven is None else (Interval(0.0, full), Interval(*self.proven(full)))
        return ChannelMap(self.text, self.inputs, self.outputs, (("full", full),), ends)


def _scale(full: float) -> tuple[float, float]:
    return 0.0, full


_HSV_NAMES = ("hue", "saturation", "value")

SPACES = {
    "hsv": (
        Conversion(_HSV, _RGB, _HSV_NAMES, _scale),
        Conversion(_FROM_HSV, _HSV_NAMES, _RGB, _scale),
    ),
    "xyz": (Conversion(_XYZ, _RGB, _XYZ_NAMES), Conversion(_FROM_XYZ, _XYZ_NAMES, _RGB)),
    "lab": (
        Conversion(_LAB, _RGB, _LAB_NAMES, lambda full: (-128.0, 128.0)),
        Conversion(_FROM_LAB, _LAB_NAMES, _RGB),
    ),
    "ycbcr": (Conversion(_YCBCR, _RGB, _YCBCR_NAMES), Conversion(_FROM_YCBCR, _YCBCR_NAMES, _RGB)),
}
"""From sRGB to a space, and back, by its name."""


def turned(degrees: float, full: float) -> tuple[ChannelMap, ...]:
    """Return what turns hues by an angle, saturation and value staying as they are."""
    constants = ("full", full), ("shift", degrees % 360 / 360 * full)
    ends = Interval(0.0, full)
    turn = ChannelMap(_TURN, _HSV_NAMES, ("turned", "same", "bright"), constants, (ends, ends))
    there, back = SPACES["hsv"]
    return there.over(full), turn, back.over(full)
