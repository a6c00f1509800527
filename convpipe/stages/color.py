"""Colour: steps across the channels of a pixel.

Values that scikit-image has from 0 to 1 are over the full scale of the image's dtype here, so that integers
hold them.
"""

from __future__ import annotations

import numpy as np

from convpipe.errors import PlanError
from convpipe.ops import Mix, Op
from convpipe.stages.base import ImageKind, method
from convpipe.stages.matrix import NamedNumbers
from convpipe.stages.numbers import Number
from convpipe.stages.parameters import Flag
from convpipe.stages.spaces import SPACES

WEIGHTS = {
    "bt709": (0.2125, 0.7154, 0.0721),
    "bt601": (0.299, 0.587, 0.114),
    "average": (1 / 3, 1 / 3, 1 / 3),
}
"""Weights of R, G and B: as in scikit-image, as in OpenCV and Pillow, and one for all."""

_WEIGHTS = NamedNumbers(
    "weights",
    "of red, green and blue: numbers, or by name",
    "bt709",
    least=3,
    most=3,
    named=WEIGHTS,
)


def _of(weights: str | tuple[float, ...]) -> tuple[float, ...]:
    return WEIGHTS[weights] if isinstance(weights, str) else weights


@method(
    "color",
    "gray",
    "weighted mean of red, green and blue; alpha stays",
    reference="skimage.color.rgb2gray (bt709); ITU-R BT.601-7, 2.5.1 (bt601)",
    parameters=(_WEIGHTS,),
)
def _gray(weights: str | tuple[float, ...], image: ImageKind) -> tuple[Op, ...]:
    colours = image.channels - image.alpha
    if colours not in (1, 3):
        which = "beside alpha" if image.alpha else "none of them alpha"
        raise PlanError(f"color gray needs 1 or 3 colour channels; the image has {colours}, {which}")
    matrix = np.zeros((1 + image.alpha, image.channels))
    matrix[0, :colours] = _of(weights) if colours == 3 else 1.0
    if image.alpha:
        matrix[1, -1] = 1.0
    return (Mix(tuple(map(tuple, matrix.tolist()))),)


@method(
    "color",
    "saturation",
    "colours nearer to grey, below 1, or further from it; 0 is grey",
    reference="P. Haeberli, 'Matrix operations for image processing', 1993; PIL.ImageEnhance.Color (bt601)",
    parameters=(Number("amount", "multiplies the difference from grey", least=0.0), _WEIGHTS),
    example={"amount": 1.5},
    formula="grey + amount * (colour - grey)",
    colours=3,
)
def _saturation(amount: float, weights: str | tuple[float, ...], image: ImageKind) -> tuple[Op, ...]:
    matrix = np.eye(image.channels)
    matrix[:3, :3] = amount * np.eye(3) + (1 - amount) * np.array([_of(weights)] * 3)
    return (Mix(tuple(map(tuple, matrix.tolist()))),)


_INVERSE = Flag("inverse", "back to sRGB", False)


def _convert(name: str, summary: str, peers: str) -> None:
    """Declare the conversion to a space and back."""

    @method("color", name, summary, reference=f"skimage.color.{peers}", parameters=(_INVERSE,), colours=3)
    def _lower(inverse: bool, image: ImageKind) -> tuple[Op, ...]:
        return (SPACES[name][inverse].over(image.full_scale),)


_convert(
    "hsv",
    "sRGB to hue, saturation and value, each over the full scale of the dtype",
    "rgb2hsv and hsv2rgb",
)
_convert(
    "xyz",
    "sRGB to CIE XYZ (D65), over the full scale of the dtype; back it is clipped to the gamut",
    "rgb2xyz and xyz2rgb",
)
_convert(
    "lab",
    "sRGB to CIE L*a*b* (D65): lightness from 0 to 100, a and b of either sign; back it is clipped",
    "rgb2lab and lab2rgb",
)
_convert(
    "ycbcr",
    "sRGB to luma and two differences in the range of video, of 255 as uint8 has it",
    "rgb2ycbcr and ycbcr2rgb",
)
