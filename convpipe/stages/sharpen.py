"""Sharpening: the image plus what a blur took from it."""

from __future__ import annotations

from convpipe.ops import IDENTITY, Map, Op, Stencil, Taps
from convpipe.stages.base import method
from convpipe.stages.blur import SIGMA, TRUNCATE, gaussian_taps
from convpipe.stages.numbers import Number


@method(
    "sharpen",
    "unsharp",
    "image + amount * (image - Gaussian blur)",
    reference="skimage.filters.unsharp_mask",
    parameters=(SIGMA, Number("amount", "strength of the sharpening", 1.0), TRUNCATE),
    example={"sigma": 2.0},
)
def _unsharp(sigma: tuple[float, float], amount: float, truncate: float) -> tuple[Op, ...]:
    rows, cols = (gaussian_taps(s, truncate) for s in sigma)
    low_pass = Taps.outer(rows, cols)
    return (
        Stencil((IDENTITY.centred(low_pass.extent), low_pass), ("r", "blurred")),
        Map("r + amount * (r - blurred)", ("r", "blurred"), (("amount", amount),)),
    )
