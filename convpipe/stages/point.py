"""Point operations: each pixel by itself."""

from __future__ import annotations

from convpipe.interval import Interval
from convpipe.ops import Map, Op
from convpipe.stages.base import ImageKind, method
from convpipe.stages.numbers import Count, Number, NumberOrWord, Range, in_order
from convpipe.stages.threshold import above, above_statistic
from convpipe.statistics import THRESHOLDS

CLIPPED = "minimum(maximum(r, low), high)"
"""What lies beyond two limits as the nearer one."""


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
    return above_statistic(image, level) if isinstance(level, str) else above(level, image)


@method(
    "point",
    "clip",
    "what lies beyond two limits becomes the nearer one",
    reference="numpy.clip",
    parameters=(
        Number("low", "least value, in the image's own units"),
        Number("high", "largest value"),
    ),
    example={"low": 16, "high": 235},
)
def _clip(low: float, high: float) -> tuple[Op, ...]:
    in_order(low, high)
    return (Map(CLIPPED, constants=(("low", low), ("high", high))),)


@method(
    "point",
    "round",
    "the nearest whole number, of two the even one",
    reference="numpy.rint",
)
def _round() -> tuple[Op, ...]:
    return (Map("round(r)"),)


@method(
    "point",
    "quantize",
    "so many levels at equal distances over the full scale of the dtype, the nearest of them",
    reference="ImageMagick -posterize",
    parameters=(Count("levels", "black and white among them", least=2, most=65536),),
    example={"levels": 4},
)
def _quantize(levels: int, image: ImageKind) -> tuple[Op, ...]:
    step = image.full_scale / (levels - 1)
    most = Interval(image.lowest, image.full_scale)
    values = (("low", image.lowest), ("high", image.full_scale), ("step", step))
    return (
        Map(f"minimum(maximum(step * round({CLIPPED} / step), low), high)", constants=values, result=most),
    )


@method(
    "point",
    "solarize",
    "pixels of a level and above inverted: the largest value of the dtype minus the pixel",
    reference="PIL.ImageOps.solarize; torchvision.transforms.functional.solarize",
    parameters=(Number("level", "least value that is inverted, in the image's own units"),),
    example={"level": 128},
)
def _solarize(level: float, image: ImageKind) -> tuple[Op, ...]:
    values = (("level", level), ("full", image.full_scale))
    return (Map("where(r >= level, full - r, r)", constants=values),)


@method(
    "point",
    "remap",
    "a range of values spread over another one; what lies beyond the first is clipped",
    reference="skimage.exposure.rescale_intensity with in_range and out_range; numpy.interp of two points",
    parameters=(
        Range("in_range", "[low, high] of the values that are spread"),
        Range(
            "out_range",
            "what they become, larger ones first to invert; default: from 0 to the full scale of the dtype",
            None,
            reversible=True,
        ),
    ),
    example={"in_range": [50, 200]},
)
def _remap(
    in_range: tuple[float, float], out_range: tuple[float, float] | None, image: ImageKind
) -> tuple[Op, ...]:
    (low, high), (first, last) = in_range, out_range or (0.0, image.full_scale)
    share = f"({CLIPPED} - low) / width"
    values = (("low", low), ("high", high), ("width", high - low), ("first", first), ("rise", last - first))
    return (Map(f"first + rise * ({share})", constants=values),)


@method("point", "sqrt", "square root; a negative value gives NaN", reference="numpy.sqrt")
def _sqrt() -> tuple[Op, ...]:
    return (Map("sqrt(r)"),)


@method("point", "exp", "e to the power of the pixel", reference="numpy.exp")
def _exp() -> tuple[Op, ...]:
    return (Map("exp(r)"),)


@method(
    "point",
    "log",
    "natural logarithm; 0 gives minus infinity, a negative value NaN",
    reference="numpy.log",
)
def _log() -> tuple[Op, ...]:
    return (Map("log(r)"),)
