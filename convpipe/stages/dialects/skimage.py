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


def _declare(family: str, method: str, call: str, border: str = "symmetric", /, **sets: Any) -> None:
    declare("skimage", family, method, f"skimage.{call}", border=border, **sets)


def _same(family: str, method: str, call: str, /, **sets: Any) -> None:
    """Declare a method that looks at nothing outside the image."""
    declare("skimage", family, method, f"skimage.{call}", **sets)


_declare("blur", "gaussian", "filters.gaussian(image, sigma, preserve_range=True)", "edge", tolerance=0)
for _method in ("sobel", "scharr", "prewitt", "roberts"):
    _declare("edge", _method, f"filters.{_method}(image)")
_declare("edge", "laplacian", "filters.laplace(image)", gain=-1)
_declare("sharpen", "unsharp", "filters.unsharp_mask(image, sigma, amount, preserve_range=True)", tolerance=0)
_declare("edge", "canny", "feature.canny(image, sigma, low, high, mode='reflect')")
_declare("rank", "median", "filters.median(image, footprint)", "edge")
for _method, _name in _MORPHOLOGY.items():
    _declare("morphology", _method, f"morphology.{_name}(image, footprint)")
for _method in ("otsu", "li", "yen", "isodata", "triangle", "mean"):
    _same("threshold", _method, f"filters.threshold_{_method}(image)")
_same("threshold", "multiotsu", "filters.threshold_multiotsu(image, classes)")
_declare("threshold", "niblack", "filters.threshold_niblack(image, size, k)", "reflect")
_declare("threshold", "sauvola", "filters.threshold_sauvola(image, size, k)", "reflect")
_same("threshold", "hysteresis", "filters.apply_hysteresis_threshold(image, low, high)")
_same("contrast", "equalize", "exposure.equalize_hist(image)")
_same("contrast", "clahe", "exposure.equalize_adapthist(image)", method="skimage", clip=2.56)
_same("contrast", "stretch", "exposure.rescale_intensity(image, tuple(np.percentile(image, (low, high))))")
_same("contrast", "gamma", "exposure.adjust_gamma(image, gamma)")
_same("contrast", "log", "exposure.adjust_log(image)")
_same("contrast", "sigmoid", "exposure.adjust_sigmoid(image, cutoff, gain)")
_declare("edge", "farid", "filters.farid(image)")
_declare("edge", "dog", "filters.difference_of_gaussians(image, sigma)", "edge", tolerance=0)
_same("color", "gray", "color.rgb2gray(image)")
for _method in ("hsv", "xyz", "lab", "ycbcr"):
    _same("color", _method, f"color.rgb2{_method}(image)")
_same("point", "invert", "util.invert(image)")
_same("point", "gamma", "exposure.adjust_gamma(image, gamma)")
_same("point", "remap", "exposure.rescale_intensity(image, in_range, out_range)")
_same("geometry", "bin", "measure.block_reduce(image, factor, np.mean)")
_same("geometry", "resize", "transform.resize_local_mean(image, size)", method="area")
_same("denoise", "tv", "restoration.denoise_tv_chambolle(image, weight)")
_same("denoise", "nlmeans", "restoration.denoise_nl_means(image)")
_same("objects", "label", "measure.label(image)")
_same("objects", "remove_small", "morphology.remove_small_objects(image, max_size=size)")
_same("objects", "clear_border", "segmentation.clear_border(image)")
_same("objects", "skeleton", "morphology.skeletonize(image)")
_same("objects", "local_maxima", "morphology.local_maxima(image)")
_same("background", "subtract", "restoration.rolling_ball(image)", method="rolling_ball", radius=100)
