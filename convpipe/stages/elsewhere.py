"""Names of filters that other tools have and convpipe does not: what to write instead.

One table for names of what is here under another name, one for what is not here yet. A filter that is
declared leaves its row, which a test sees to.
"""

from __future__ import annotations

import re

_HERE = {
    "gaussian_blur gauss gaussian_filter smooth low_pass": "blur: gaussian",
    "mean average uniform uniform_filter box_filter box_blur mean_filter": "blur: box",
    "laplace laplacian_filter": "edge: laplacian",
    "gradient gradient_magnitude find_edges edges edge_detection sobel_filter": "edge: sobel",
    "unsharp_mask usm": "sharpen: unsharp",
    "grey grayscale greyscale rgb2gray to_gray luminance luma desaturate": "color: gray",
    "normalize normalise autocontrast rescale_intensity auto_level rescale": "contrast: stretch",
    "negative negate inverse": "point: invert",
    "binarize binarise binary thresh": "point: threshold",
    "brightness multiply gain": "point: scale",
    "absolute": "point: abs",
    "gamma_correction adjust_gamma power": "point: gamma",
    "filter2d convolve convolution correlate correlation conv conv2d kernel emboss high_pass": (
        "custom: LABEL (with 'kernel:', rows of numbers)"
    ),
    "gaussian_laplace laplacian_of_gaussian marr_hildreth": "blur: gaussian, and after it edge: laplacian",
    "downsample subsample decimate pyrdown pyramid pyramid_reduce downscale": (
        "blur: gaussian (with 'stride: 2', which every stage takes)"
    ),
    "srgb_to_linear linearize degamma": "linear_light: true (a key of the job), or light: linear",
    "pad": "padding: N and border: (which every stage takes)",
    "astype convert_scale cast": "dtype: uint8 (a key of the job, and of every stage)",
}
"""Names, and the entry that does it here."""

_NOT_HERE = {
    "median median_filter medianblur": "blur: gaussian is nearest; it softens edges, which a median keeps",
    "bilateral bilateral_filter denoise_bilateral": "blur: gaussian is nearest; it does not keep edges",
    "nl_means nlm denoise denoise_nl_means denoise_tv wiener anisotropic guided wavelet": (
        "blur: gaussian is nearest; it does not keep edges"
    ),
    "canny": "edge: sobel gives the gradient; point: threshold after it gives its strong edges, not thinned",
    "crop slice roi region": "cut the images before the run",
    "resize zoom upscale upsample enlarge thumbnail": (
        "stride: N takes every Nth pixel; blur: gaussian before it avoids aliasing"
    ),
    "rotate flip flip_horizontal fliplr flipud mirror transpose rotate90": (
        "turn the images before the run; an EXIF orientation is applied"
    ),
    "warp affine perspective undistort shear translate remap": "transform the images before the run",
    "erode erosion dilate open opening close closing morphology tophat top_hat blackhat": "",
    "minimum maximum min max minimum_filter maximum_filter rank rank_filter percentile percentile_filter": "",
    "variance std stddev entropy local_std": "",
    "otsu adaptive adaptive_threshold local_threshold sauvola niblack li triangle yen": (
        "point: threshold takes a level that you give"
    ),
    "equalize equalise equalize_hist histogram_equalization clahe equalize_adapthist": (
        "contrast: stretch spreads the values, evenly"
    ),
    "hsv lab ycbcr rgb2hsv rgb2lab hue saturation": "color: gray is the one conversion",
    "dog difference_of_gaussians bandpass band_pass": "custom: LABEL takes the difference of two kernels",
    "gabor frangi sato ridge hessian structure_tensor harris corners": "custom: LABEL takes any kernel",
    "watershed label connected_components hough contours segment skeletonize fill_holes distance": "",
    "clip clamp limit": "results saturate at the range of their dtype",
    "log log1p sqrt exp square": "point: gamma is a power law",
    "add subtract offset": "bias: N, which every stage takes, adds a number",
    "blend overlay composite mask difference": "",
    "quantize quantise posterize dither": "",
}
"""Names, and what comes nearest; empty where nothing does."""


def advice(word: object) -> str | None:
    """Return what to do for a filter of that name; None for a name that no table has.

    Letter case, underscores, dashes and blanks do not matter.

    Examples
    --------
    >>> advice("GaussianBlur")
    "write 'blur: gaussian'"
    >>> advice("opening")
    'there is no such filter yet'
    """
    return _ADVICE.get(_plain(word)) if isinstance(word, str) else None


def _plain(word: str) -> str:
    return re.sub(r"[\W_]", "", word).lower()


def _entry(text: str) -> str:
    return f"write '{text}'" if re.fullmatch(r"\w+: \w+", text) else f"use {text}"


_ADVICE = {_plain(word): _entry(entry) for words, entry in _HERE.items() for word in words.split()} | {
    _plain(word): "; ".join(filter(None, ["there is no such filter yet", nearest]))
    for words, nearest in _NOT_HERE.items()
    for word in words.split()
}
