"""scipy.ndimage: borders are symmetric, its ``reflect``; derivatives are not divided by anything.

It gives integers the type of its image, cut off toward zero and wrapped around where they do not fit; here
they are rounded and saturated. Of images of floating point the numbers are the same.
"""

from __future__ import annotations

from typing import Any

from convpipe.stages.dialects.base import declare, of_magnitude

_MORPHOLOGY = {
    "erode": "grey_erosion",
    "dilate": "grey_dilation",
    "open": "grey_opening",
    "close": "grey_closing",
    "gradient": "morphological_gradient",
    "tophat": "white_tophat",
    "blackhat": "black_tophat",
}


def _declare(family: str, method: str, call: str, /, **sets: Any) -> None:
    declare("scipy", family, method, f"scipy.ndimage.{call}", border="symmetric", **sets)


_declare("blur", "gaussian", "gaussian_filter(image, sigma)", tolerance=0)
_declare("blur", "box", "uniform_filter(image, size)")
_declare("edge", "sobel", "sobel(image, axis)", gain=of_magnitude(4))
_declare("edge", "prewitt", "prewitt(image, axis)", gain=of_magnitude(3))
_declare("edge", "laplacian", "laplace(image)")
for _method in ("median", "minimum", "maximum"):
    _declare("rank", _method, f"{_method}_filter(image, size)")
for _method, _name in _MORPHOLOGY.items():
    _declare("morphology", _method, f"{_name}(image, size)")
_declare("custom", "LABEL", "correlate(image, kernel)")
_declare("rank", "percentile", "percentile_filter(image, percentile, size)")
_declare("edge", "log", "gaussian_laplace(image, sigma)")
declare("scipy", "objects", "fill_holes", "scipy.ndimage.binary_fill_holes(image)")
declare("scipy", "objects", "distance", "scipy.ndimage.distance_transform_edt(image)")
declare("scipy", "objects", "label", "scipy.ndimage.label(image)", connectivity=1)
