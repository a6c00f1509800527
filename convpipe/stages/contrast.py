"""Contrast: values spread by what the whole image holds."""

from __future__ import annotations

from convpipe.interval import LARGEST, Interval
from convpipe.ops import EXTREMES, Op, Reduce
from convpipe.stages.base import ImageKind, method


@method(
    "contrast",
    "stretch",
    "spread the values from the smallest to the largest over the range of the dtype; a flat image is black",
    reference="cv2.normalize with NORM_MINMAX from the smallest to the largest value of the dtype",
)
def _stretch(image: ImageKind) -> tuple[Op, ...]:
    unit = "where(high - low > largest, 0.5, 1)"  # differences up to twice the largest number
    share = f"((r * {unit} - low * {unit}) / (high * {unit} - low * {unit}))"
    spread = f"where(high > low, bottom + (top - bottom) * {share}, bottom)"
    values = (("bottom", image.lowest), ("top", image.full_scale), ("largest", LARGEST))
    return (Reduce(spread, constants=(*EXTREMES, *values), result=Interval(image.lowest, image.full_scale)),)
