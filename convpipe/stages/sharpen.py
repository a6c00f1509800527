"""Sharpening: the image plus what a blur took from it."""

from __future__ import annotations

from convpipe.ops import IDENTITY, Map, Op, Stencil
from convpipe.stages.base import method
from convpipe.stages.blur import SIGMA, TOLERANCE, TRUNCATE, gaussian
from convpipe.stages.numbers import Number


@method(
    "sharpen",
    "unsharp",
    "image + amount * (image - Gaussian blur)",
    reference="skimage.filters.unsharp_mask",
    parameters=(SIGMA, Number("amount", "strength of the sharpening", 1.0), TRUNCATE, TOLERANCE),
    example={"sigma": 2.0},
)
def _unsharp(sigma: tuple[float, float], amount: float, truncate: float, tolerance: float) -> tuple[Op, ...]:
    low_pass = gaussian(sigma, truncate, tolerance)
    return (
        Stencil((IDENTITY.centred(low_pass.extent), low_pass), ("r", "blurred")),
        Map("r + amount * (r - blurred)", ("r", "blurred"), (("amount", amount),)),
    )
