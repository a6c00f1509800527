"""Contrast: values spread by what the whole image holds."""

from __future__ import annotations

from convpipe.interval import Interval
from convpipe.ops import EXTREMES, Op, Reduce
from convpipe.stages.base import ImageKind, method


@method(
    "contrast",
    "stretch",
    "spread the values from the smallest to the largest over the full scale of the dtype",
    reference="skimage.exposure.rescale_intensity; cv2.normalize with NORM_MINMAX",
)
def _stretch(image: ImageKind) -> tuple[Op, ...]:
    full = image.full_scale
    spread = "where(high > low, full * ((r - low) / (high - low)), 0)"
    return (Reduce(spread, constants=(*EXTREMES, ("full", full)), result=Interval(0.0, full)),)
