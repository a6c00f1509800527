"""scikit-image as its version 2 has it: morphology takes nothing from outside the image."""

from __future__ import annotations

from convpipe.stages.dialects.base import declare
from convpipe.stages.dialects.opencv import NOTHING_HIGHER, NOTHING_LOWER

declare(
    "skimage2",
    "morphology",
    "erode",
    "skimage.morphology.erosion(image, footprint, mode='ignore')",
    border="constant",
    value=NOTHING_LOWER,
)
declare(
    "skimage2",
    "morphology",
    "dilate",
    "skimage.morphology.dilation(image, footprint, mode='ignore')",
    border="constant",
    value=NOTHING_HIGHER,
)
