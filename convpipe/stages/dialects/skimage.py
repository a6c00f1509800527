"""scikit-image 0.26: most borders are symmetric; those of its Gaussian and its median repeat the edge.

It gives floating point of whatever image, scaled to 1 unless ``preserve_range`` is set; numbers here are of
the image's own scale.
"""

from __future__ import annotations

from typing import Any

from convpipe.stages.dialects.base import declare

_MORPHOLOGY = {
    "erode": "erosion",
    "dilate": "dilation",
    "open": "opening",
    "close": "closing",
    "tophat": "white_tophat",
    "blackhat": "black_tophat",
}


def _declare(family: str, method: str, call: str, border: str = "symmetric", **sets: Any) -> None:
    declare("skimage", family, method, f"skimage.{call}", border=border, **sets)


_declare("blur", "gaussian", "filters.gaussian(image, sigma, preserve_range=True)", "edge", tolerance=0)
for _method in ("sobel", "scharr", "prewitt", "roberts"):
    _declare("edge", _method, f"filters.{_method}(image)")
_declare("edge", "laplacian", "filters.laplace(image)", gain=-1)
_declare("sharpen", "unsharp", "filters.unsharp_mask(image, sigma, amount, preserve_range=True)", tolerance=0)
_declare("edge", "canny", "feature.canny(image, sigma, low, high, mode='reflect')")
_declare("rank", "median", "filters.median(image, footprint)", "edge")
for _method, _name in _MORPHOLOGY.items():
    _declare("morphology", _method, f"morphology.{_name}(image, footprint)")
