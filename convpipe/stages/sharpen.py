"""Sharpening: the image plus what a blur took from it, or less its second derivative."""

from __future__ import annotations

from convpipe.ops import IDENTITY, Map, Op, Stencil, Taps
from convpipe.stages.base import method
from convpipe.stages.blur import SIGMA, TOLERANCE, TRUNCATE, gaussian
from convpipe.stages.numbers import Number


@method(
    "sharpen",
    "unsharp",
    "image + amount * (image - Gaussian blur), where the difference is above a level",
    reference="skimage.filters.unsharp_mask; the level is the threshold of PIL.ImageFilter.UnsharpMask",
    parameters=(
        SIGMA,
        Number("amount", "strength of the sharpening", 1.0),
        Number(
            "level", "differences up to it are let be, as noise; in the image's own units", 0.0, least=0.0
        ),
        TRUNCATE,
        TOLERANCE,
    ),
    example={"sigma": 2.0},
)
def _unsharp(
    sigma: tuple[float, float], amount: float, level: float, truncate: float, tolerance: float
) -> tuple[Op, ...]:
    low_pass, made = gaussian(sigma, truncate, tolerance), "r + amount * (r - blurred)"
    if not level:
        return _with_blur(low_pass, made, (("amount", amount),))
    above = f"where(abs(r - blurred) > level, {made}, r)"
    return _with_blur(low_pass, above, (("amount", amount), ("level", level)))


@method(
    "sharpen",
    "high_boost",
    "boost * image - Gaussian blur: what a blur takes away, and boost - 1 times the image",
    reference="R. C. Gonzalez, R. E. Woods, 'Digital image processing', 2nd edition, 3.7",
    parameters=(
        SIGMA,
        Number("boost", "weight of the image: 1 leaves details alone, 2 is unsharp", 2.0, least=1.0),
        TRUNCATE,
        TOLERANCE,
    ),
    example={"sigma": 2.0},
)
def _high_boost(
    sigma: tuple[float, float], boost: float, truncate: float, tolerance: float
) -> tuple[Op, ...]:
    low_pass = gaussian(sigma, truncate, tolerance)
    return _with_blur(low_pass, "boost * r - blurred", (("boost", boost),))


def _with_blur(low_pass: Taps, made: str, constants: tuple[tuple[str, float], ...]) -> tuple[Op, ...]:
    """Return the expression `made` of an image and its blur."""
    names = "r", "blurred"
    return Stencil((IDENTITY.centred(low_pass.extent), low_pass), names), Map(made, names, constants)


@method(
    "sharpen",
    "laplacian",
    "image - amount * second derivative",
    reference="R. C. Gonzalez, R. E. Woods, 'Digital image processing', 3.6",
    parameters=(Number("amount", "strength of the sharpening", 1.0),),
    formula="image - amount * [[0, 1, 0], [1, -4, 1], [0, 1, 0]], a single kernel",
)
def _laplacian(amount: float) -> tuple[Op, ...]:
    return (Stencil((Taps([[0, -amount, 0], [-amount, 1 + 4 * amount, -amount], [0, -amount, 0]]),)),)
