"""Pillow's filters beside the stages that are like them."""

import numpy as np
from dialects.case import Case
from PIL import Image, ImageFilter


def _filtered(chosen):
    return lambda image: np.asarray(Image.fromarray(image).filter(chosen))


CASES = [
    Case("rank", name, _filtered(kind(size)), {"size": size}, ("uint8",), images)
    for name, kind in (
        ("median", ImageFilter.MedianFilter),
        ("minimum", ImageFilter.MinFilter),
        ("maximum", ImageFilter.MaxFilter),
    )
    for size, images in ((3, "gray"), (7, "rgb"))
]
