"""Colour: steps across the channels of a pixel."""

from __future__ import annotations

import numpy as np

from convpipe.errors import PlanError
from convpipe.ops import Mix, Op
from convpipe.stages.base import ImageKind, method
from convpipe.stages.parameters import Choice

LUMA = {
    "bt709": (0.2125, 0.7154, 0.0721),
    "bt601": (0.299, 0.587, 0.114),
}
"""Weights of R, G and B: as in scikit-image, and as in OpenCV and Pillow."""


@method(
    "color",
    "gray",
    "weighted mean of red, green and blue; alpha stays",
    reference="skimage.color.rgb2gray (bt709); ITU-R BT.601-7, 2.5.1 (bt601)",
    parameters=(Choice("luma", "which weights", "bt709", choices=tuple(LUMA)),),
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
