"""Colour: steps across the channels of a pixel.

Conversions are those of scikit-image, with its matrices and thresholds. Values that it has from 0 to 1 are
over the full scale of the image's dtype here, so that integers hold them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from convpipe.errors import PlanError
from convpipe.interval import Interval
from convpipe.ops import ChannelMap, Mix, Op
from convpipe.stages.base import ImageKind, method
from convpipe.stages.light import linear, srgb
from convpipe.stages.numbers import Number
from convpipe.stages.parameters import Choice

LUMA = {
    "bt709": (0.2125, 0.7154, 0.0721),
    "bt601": (0.299, 0.587, 0.114),
}
"""Weights of R, G and B: as in scikit-image, and as in OpenCV and Pillow."""

_LUMA = Choice("luma", "which weights", "bt709", choices=tuple(LUMA))

_RGB = ("red", "green", "blue")


@method(
    "color",
    "gray",
    "weighted mean of red, green and blue; alpha stays",
    reference="skimage.color.rgb2gray (bt709); ITU-R BT.601-7, 2.5.1 (bt601)",
    parameters=(_LUMA,),
)
def _gray(luma: str, image: ImageKind) -> tuple[Op, ...]:
    colours = image.channels - image.alpha
    if colours not in (1, 3):
        which = "beside alpha" if image.alpha else "none of them alpha"
        raise PlanError(f"color gray needs 1 or 3 colour channels; the image has {colours}, {which}")
    weights = LUMA[luma] if colours == 3 else (1.0,)
    matrix = np.zeros((1 + image.alpha, image.channels))
    matrix[0, :colours] = weights
    if image.alpha:
        matrix[1, -1] = 1.0
    return (Mix(tuple(map(tuple, matrix.tolist()))),)


@method(
    "color",
    "saturation",
    "colours nearer to grey, below 1, or further from it; 0 is grey",
    reference="P. Haeberli, 'Matrix operations for image processing', 1993; PIL.ImageEnhance.Color (bt601)",
    parameters=(Number("amount", "multiplies the difference from grey", least=0.0), _LUMA),
    example={"amount": 1.5},
    formula="grey + amount * (colour - grey)",
    colours=3,
)
def _saturation(amount: float, luma: str, image: ImageKind) -> tuple[Op, ...]:
    matrix = np.eye(image.channels)
    matrix[:3, :3] = amount * np.eye(3) + (1 - amount) * np.array([LUMA[luma]] * 3)
    return (Mix(tuple(map(tuple, matrix.tolist()))),)


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


def _convert(
    name: str,
    summary: str,
    peer: str,
    text: str,
    names: tuple[tuple[str, ...], tuple[str, ...]],
    proven: Callable[[float], tuple[float, float]] | None = None,
) -> None:
    """Declare a conversion; `proven` are the ends of its results, of values over a full scale."""

    @method("color", name, summary, reference=f"skimage.color.{peer}", colours=3)
    def _lower(image: ImageKind) -> tuple[Op, ...]:
        full = image.full_scale
        ends = None if proven is None else (Interval(0.0, full), Interval(*proven(full)))
        return (ChannelMap(text, *names, (("full", full),), ends),)


_convert(
    "hsv",
    "sRGB to hue, saturation and value, each over the full scale of the dtype",
    "rgb2hsv",
    _HSV,
    (_RGB, ("hue", "saturation", "value")),
    lambda full: (0.0, full),
)
_convert(
    "from_hsv",
    "hue, saturation and value to sRGB",
    "hsv2rgb",
    _FROM_HSV,
    (("hue", "saturation", "value"), _RGB),
    lambda full: (0.0, full),
)
_convert(
    "xyz", "sRGB to CIE XYZ (D65), over the full scale of the dtype", "rgb2xyz", _XYZ, (_RGB, _XYZ_NAMES)
)
_convert("from_xyz", "CIE XYZ (D65) to sRGB, clipped to its gamut", "xyz2rgb", _FROM_XYZ, (_XYZ_NAMES, _RGB))
_convert(
    "lab",
    "sRGB to CIE L*a*b* (D65): lightness from 0 to 100, a and b of either sign",
    "rgb2lab",
    _LAB,
    (_RGB, _LAB_NAMES),
    lambda full: (-128.0, 128.0),
)
_convert(
    "from_lab", "CIE L*a*b* (D65) to sRGB, clipped to its gamut", "lab2rgb", _FROM_LAB, (_LAB_NAMES, _RGB)
)
_convert(
    "ycbcr",
    "sRGB to luma and two differences in the range of video, of 255 as uint8 has it",
    "rgb2ycbcr",
    _YCBCR,
    (_RGB, _YCBCR_NAMES),
)
_convert("from_ycbcr", "luma and two differences to sRGB", "ycbcr2rgb", _FROM_YCBCR, (_YCBCR_NAMES, _RGB))
