"""Light: between sRGB values and linear light, both over the full scale of the image's dtype.

Values below 0, of signed and floating types, stay on the straight piece that both curves begin with.

Source: IEC 61966-2-1, "Default RGB colour space - sRGB".
"""

from __future__ import annotations

from convpipe.ops import Map, Op
from convpipe.stages.base import ImageKind, method

_REFERENCE = "IEC 61966-2-1; skimage.color.rgb2xyz"


def linear(name: str) -> str:
    """Return the expression of the linear light of a value called `name`, both over ``full``."""
    return (
        f"full * where({name} > 0.04045 * full,"
        f" power((maximum({name} / full, 0) + 0.055) / 1.055, 2.4), {name} / full / 12.92)"
    )


def srgb(name: str) -> str:
    """Return the expression of the sRGB value of a linear light called `name`, both over ``full``."""
    return (
        f"full * where({name} > 0.0031308 * full,"
        f" 1.055 * power(maximum({name} / full, 0), 0.4166666666666667) - 0.055, {name} / full * 12.92)"
    )


@method("light", "linear", "decode sRGB to linear light", reference=_REFERENCE)
def _linear(image: ImageKind) -> tuple[Op, ...]:
    return (Map(linear("r"), constants=(("full", image.full_scale),)),)


@method("light", "srgb", "encode linear light as sRGB", reference=_REFERENCE)
def _srgb(image: ImageKind) -> tuple[Op, ...]:
    return (Map(srgb("r"), constants=(("full", image.full_scale),)),)
