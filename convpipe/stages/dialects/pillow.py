"""Pillow: windows repeat the edge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from convpipe.stages.dialects.base import Depends, declare
from convpipe.stages.passes import is_of_bytes
from convpipe.stages.resampling import KERNELS


def _rounding(own: Mapping[str, Any], image: Any) -> str:
    """Return where a resize rounds; without a kernel that is widened it is none of Pillow's."""
    by_passes = own["method"] in KERNELS and own["antialias"] and is_of_bytes(image)
    return "each_pass" if by_passes else "last"


declare("pillow", "rank", "median", "image.filter(ImageFilter.MedianFilter(size))", border="edge")
declare("pillow", "rank", "minimum", "image.filter(ImageFilter.MinFilter(size))", border="edge")
declare("pillow", "rank", "maximum", "image.filter(ImageFilter.MaxFilter(size))", border="edge")
declare("pillow", "color", "gray", "image.convert('L')", weights="bt601")
declare("pillow", "point", "invert", "ImageOps.invert(image)")
declare("pillow", "point", "solarize", "ImageOps.solarize(image, level)")
declare(
    "pillow",
    "geometry",
    "resize",
    "image.resize(size, method)",
    rounding=Depends(
        "each_pass of uint8 without alpha, where a kernel is widened",
        _rounding,
    ),
)
declare("pillow", "geometry", "flip", "ImageOps.mirror(image)")
declare("pillow", "geometry", "rotate90", "image.transpose(Image.Transpose.ROTATE_90)")
declare("pillow", "geometry", "crop", "image.crop((left, top, right, bottom))")
