"""Point operations: each pixel by itself."""

from __future__ import annotations

from convpipe.interval import Interval
from convpipe.ops import Map, Op, Reduce
from convpipe.stages.base import ImageKind, method
from convpipe.stages.numbers import Number, NumberOrWord
from convpipe.statistics import THRESHOLDS, Statistic


@method("point", "abs", "absolute value", reference="numpy.absolute")
def _abs() -> tuple[Op, ...]:
    return (Map("abs(r)"),)


@method(
    "point",
    "scale",
    "multiply by a number",
    reference="numpy.multiply",
    parameters=(Number("gain", "multiplies every sample"),),
    example={"gain": 0.5},
)
def _scale(gain: float) -> tuple[Op, ...]:
    return (Map("gain * r", constants=(("gain", gain),)),)


@method(
    "point",
    "invert",
    "largest value of the dtype minus the pixel; of a signed dtype, -1 minus the pixel",
    reference="skimage.util.invert",
)
def _invert(image: ImageKind) -> tuple[Op, ...]:
    return (Map("low + high - r", constants=(("low", image.lowest), ("high", image.full_scale))),)


@method(
    "point",
    "threshold",
    "largest value of the dtype above a level, 0 elsewhere, of signed types too",
    reference="cv2.threshold with THRESH_BINARY; levels by name: skimage.filters.threshold_otsu and others",
    parameters=(
        NumberOrWord(
            "level",
            "pixels above it become white, in the image's own units; a name finds it from each image",
            words=THRESHOLDS,
        ),
    ),
    example={"level": 100},
)
def _threshold(level: float | str, image: ImageKind) -> tuple[Op, ...]:
    if isinstance(level, str):
        found = (Statistic("level", level),)
        full, either = (("full", image.full_scale),), Interval(0, image.full_scale)
        return (Reduce("where(r > level, full, 0)", constants=full, statistics=found, result=either),)
    constants = (("level", level), ("full", image.full_scale))
    return (Map("where(r > level, full, 0)", constants=constants),)


@method(
    "point",
    "gamma",
    "power law over the full scale of the dtype; negative values become 0",
    reference="skimage.exposure.adjust_gamma",
    parameters=(Number("gamma", "exponent; below 1 brightens", above=0.0),),
    example={"gamma": 0.5},
)
def _gamma(gamma: float, image: ImageKind) -> tuple[Op, ...]:
    constants = (("full", image.full_scale), ("gamma", gamma))
    return (Map("full * power(maximum(r / full, 0), gamma)", constants=constants),)
