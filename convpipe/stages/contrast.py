"""Contrast: values spread by what the whole image holds."""

from __future__ import annotations

from convpipe.interval import LARGEST, Interval
from convpipe.ops import Op, Reduce
from convpipe.stages.base import ImageKind, method
from convpipe.stages.parameters import Percentiles
from convpipe.statistics import Statistic


@method(
    "contrast",
    "stretch",
    "spread the values from the smallest to the largest over the range of the dtype; a flat image is black",
    reference="cv2.normalize with NORM_MINMAX from the smallest to the largest value of the dtype; "
    "skimage.exposure.rescale_intensity between numpy.percentile",
    parameters=(
        Percentiles(
            "percent", "percentiles that become the ends; what lies beyond them is clipped", (0.0, 100.0)
        ),
    ),
)
def _stretch(percent: tuple[float, float], image: ImageKind) -> tuple[Op, ...]:
    unit = "where(high - low > largest, 0.5, 1)"  # differences up to twice the largest number
    share = f"((r * {unit} - low * {unit}) / (high * {unit} - low * {unit}))"
    spread = f"bottom + (top - bottom) * {share}"
    ends: tuple[Statistic, ...] = (Statistic("low", "minimum"), Statistic("high", "maximum"))
    if percent != (0.0, 100.0):
        spread = f"minimum(maximum({spread}, bottom), top)"
        ends = tuple(
            Statistic(name, "percentile", each) for name, each in zip(("low", "high"), percent, strict=True)
        )
    values = (("bottom", image.lowest), ("top", image.full_scale), ("largest", LARGEST))
    spread = f"where(high > low, {spread}, bottom)"
    return (
        Reduce(spread, constants=values, statistics=ends, result=Interval(image.lowest, image.full_scale)),
    )
