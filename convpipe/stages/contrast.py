"""Contrast: values spread by what the whole image holds."""

from __future__ import annotations

from convpipe.interval import Interval
from convpipe.ops import EXTREMES, Op, Reduce
from convpipe.stages.base import ImageKind, method


@method(
    "contrast",
    "stretch",
    "spread the values from the smallest to the largest over the range of the dtype; a flat image is black",
    reference="cv2.normalize with NORM_MINMAX from the smallest to the largest value of the dtype",
)
def _stretch(image: ImageKind) -> tuple[Op, ...]:
    spread = "where(high > low, bottom + (top - bottom) * ((r - low) / (high - low)), bottom)"
    ends = (("bottom", image.lowest), ("top", image.full_scale))
    return (Reduce(spread, constants=(*EXTREMES, *ends), result=Interval(image.lowest, image.full_scale)),)
