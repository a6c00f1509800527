"""Point operations: each pixel by itself."""

from __future__ import annotations

from convpipe.ops import Map, Op
from convpipe.stages.base import ImageKind, method
from convpipe.stages.parameters import Number


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
    reference="cv2.threshold with THRESH_BINARY",
    parameters=(Number("level", "pixels above it become white, in the image's own units"),),
    example={"level": 100},
)
def _threshold(level: float, image: ImageKind) -> tuple[Op, ...]:
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
