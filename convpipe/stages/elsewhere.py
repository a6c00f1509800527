"""Names of filters and parameters that other tools have and convpipe does not: what to write instead.

One table for names of what is here under another name, one for what is not here yet. A filter that is
declared leaves its row, which a test sees to. Letter case, underscores, dashes and blanks of a name do not
matter, unless its row has a capital: ``LoG`` is no logarithm. ``pool.max`` is what max means in a family
pool.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_HERE = {
    "gaussian_blur gauss gaussian_filter smooth low_pass": "blur: gaussian",
    "average blur.mean rank.mean filter.mean uniform uniform_filter box_filter box_blur mean_filter": (
        "blur: box"
    ),
    "laplace laplacian_filter": "edge: laplacian",
    "edge.gradient gradient_magnitude find_edges edges edge_detection sobel_filter": "edge: sobel",
    "difference_of_gaussians bandpass band_pass": "edge: dog (with 'sigma:' and 'ratio:')",
    "unsharp_mask usm": "sharpen: unsharp",
    "grey grayscale greyscale rgb2gray to_gray luminance luma desaturate": "color: gray",
    "contrast.normalize point.normalize normalise autocontrast rescale_intensity auto_level rescale": (
        "contrast: stretch"
    ),
    "negative negate inverse": "point: invert",
    "binarize binarise binary thresh": "point: threshold",
    "iterative_selection ridler_calvard intermeans threshold_isodata": "threshold: isodata",
    "minimum_cross_entropy threshold_li": "threshold: li",
    "threshold_otsu threshold.global threshold.auto threshold.automatic": "threshold: otsu",
    "threshold_multiotsu multi_otsu": "threshold: multiotsu",
    "apply_hysteresis_threshold": "threshold: hysteresis",
    "adaptive_threshold local_threshold threshold_local threshold.local": "threshold: adaptive",
    "threshold_niblack": "threshold: niblack",
    "threshold_sauvola": "threshold: sauvola",
    "brightness multiply gain": "point: scale",
    "clamp limit": "point: clip (with 'low:' and 'high:')",
    "posterize posterise quantise": "point: quantize (with 'levels: N')",
    "levels window_level rescale_range": "point: remap (with 'in_range: [low, high]')",
    "rint": "point: round",
    "logarithm ln": "point: log",
    "absolute": "point: abs",
    "sobel_x sobel_h": "edge: sobel (with 'direction: x')",
    "sobel_y sobel_v": "edge: sobel (with 'direction: y')",
    "mirror flip_horizontal hflip fliplr": "geometry: flip",
    "flipud flip_vertical vflip": "geometry: flip (with 'axis: rows')",
    "rot90": "geometry: rotate90",
    "imrotate rotate_image": "geometry: rotate",
    "warpaffine warp_affine affine_transform affinetransform shear translate": (
        "geometry: affine (with 'matrix:', 2 rows of 3)"
    ),
    "warpperspective warp_perspective projective projectivetransform homography keystone warp": (
        "geometry: perspective (with 'points:' of the image, or a 'matrix:' of 3 rows of 3)"
    ),
    "warp_polar warppolar linear_polar linearpolar unwrap": "geometry: polar",
    "log_polar logpolar": "geometry: polar (with 'scaling: log')",
    "equalise equalize_hist equalizehist histogram_equalization": "contrast: equalize",
    "lookup lookup_table lut3d cube color_lut": "contrast: lut",
    "equalize_adapthist createclahe local_equalize hist_local adaptive_equalize": "contrast: clahe",
    "wallis local_contrast contrast.normalize_local": "contrast: local",
    "match_histograms histogram_matching hist_match histogram_match": "contrast: match",
    "curve tone_curve": "contrast: curves",
    "adjust_log": "contrast: log",
    "adjust_sigmoid sigmoidal_contrast": "contrast: sigmoid",
    "standardize standardise z_score": "contrast: zscore",
    "extract_channel extractchannel split split_channels extract_band red green blue": (
        "color: channel (with 'index: N')"
    ),
    "merge_channels bandjoin dstack compose": "color: merge (with 'inputs: [red, green, blue]' of stages)",
    "gray_world grey_world grayworld awb auto_white_balance": "color: white_balance",
    "rgb2hed separate_stains color_deconvolution unmix_colors": "color: stain_separation",
    "hed2rgb combine_stains": "color: stain_separation (with 'inverse: true')",
    "applycolormap false_color false_colour pseudocolor falsecolour viridis jet": (
        "color: colormap (with 'map: viridis')"
    ),
    "sepia recomb color_matrix colormatrix channel_mixer": "color: matrix",
    "remove_alpha rgba2rgb": "color: flatten",
    "unpremultiply": "color: premultiply (with 'inverse: true')",
    "adjust_hue hue_shift rotate_hue huesaturation modulate": (
        "color: hue (with 'shift:' in degrees), and color: saturation"
    ),
    "rgb2hsv": "color: hsv",
    "hsv2rgb from_hsv": "color: hsv (with 'inverse: true')",
    "rgb2lab": "color: lab",
    "lab2rgb from_lab": "color: lab (with 'inverse: true')",
    "rgb2ycbcr": "color: ycbcr",
    "ycbcr2rgb from_ycbcr": "color: ycbcr (with 'inverse: true')",
    "rgb2xyz": "color: xyz",
    "xyz2rgb from_xyz": "color: xyz (with 'inverse: true')",
    "denoise_tv denoise_tv_chambolle total_variation rof": "denoise: tv",
    "denoise_wavelet wavelet_denoise bayesshrink visushrink denoise_haar": "denoise: wavelet",
    "remove_outliers hot_pixels remove_hotpixels bad_pixels": "denoise: outliers",
    "add_noise gaussian_noise gauss_noise random_noise": "noise: gaussian",
    "salt_and_pepper s&p noise.sp impulse_noise": "noise: salt_pepper",
    "shot_noise photon_noise": "noise: poisson",
    "subtract_background background_subtraction": "background: subtract",
    "rolling_ball background.ball": "background: subtract (with 'method: rolling_ball')",
    "background.gaussian background.median background.tophat": "background: subtract (with 'method:' that)",
    "flat_field shading vignetting illumination_correction": "background: flatfield (with 'flat: FILE')",
    "nl_means nlm denoise_nl_means fastnlmeansdenoising": "denoise: nlmeans",
    "average_pool mean_pool avg_pool2d averagepool pool.avg pool.average pool.mean": (
        "network: avg_pool (with 'size: N')"
    ),
    "gamma_correction adjust_gamma power": "point: gamma",
    "filter2d convolve convolution correlate correlation kernel emboss high_pass": (
        "custom: LABEL (with 'kernel:', rows of numbers)"
    ),
    "LoG blur.log gaussian_laplace laplacian_of_gaussian marr_hildreth": "edge: log",
    "motion_blur": "blur: motion",
    "pascal": "blur: binomial",
    "pillbox defocus circular_mean": "blur: disk (with 'radius:')",
    "compass": "edge: robinson",
    "guided_filter guided_blur": "blur: guided",
    "zerocross marr": "edge: zero_crossing",
    "non_max_suppression canny_edges": "edge: canny",
    "bilateral_filter denoise_bilateral": "blur: bilateral",
    "zoom upscale upsample enlarge thumbnail downscale interpolate resize.linear resize.bilinear resize.cubic"
    " resize.bicubic geometry.scale resize.lanczos resize.lanczos3 resize.nearest resize.area resize.box": (
        "geometry: resize (with 'factor: N', 'longest: N' or 'size: [rows, columns]', and a 'method:')"
    ),
    "addweighted add_weighted alpha_blend cross_dissolve": (
        "combine: blend (with 'with: NAME' of a stage, and 'alpha:')"
    ),
    "overlay screen hard_light soft_light color_dodge color_burn": (
        "combine: blend (with 'with: NAME' of a stage, and 'mode:')"
    ),
    "paste alpha_composite watermark": "combine: composite (with 'with:' and 'mask:', names of stages)",
    "apply_mask bitwise_and copyto": "combine: mask (with 'mask: NAME' of a stage)",
    "rectifier rectify": "network: relu",
    "leakyrelu prelu lrelu": "network: leaky_relu",
    "batchnorm batch_normalization bn batch_norm_2d batchnorm2d": "network: batch_norm",
    "logistic expit": "network: sigmoid",
    "network.onnx model onnx": (
        "- network: onnx with a 'file:' in a config, or convpipe.stages.models.stages_of(file) in Python"
    ),
    "layer conv2d layer.conv2d convolution_layer": "network: conv",
    "median_filter medianblur despeckle": "rank: median",
    "min minimum_filter": "rank: minimum",
    "max maximum_filter": "rank: maximum",
    "majority modal mode_filter modefilter most_frequent": "rank: mode",
    "rank_filter percentile_filter quantile": "rank: percentile (with 'percentile: 0 to 100')",
    "pool pooling maxpool2d max_pool2d pool.max": "network: max_pool (with 'size: N')",
    "erosion": "morphology: erode",
    "dilation": "morphology: dilate",
    "opening": "morphology: open",
    "closing": "morphology: close",
    "top_hat white_tophat": "morphology: tophat",
    "reconstruction imreconstruct binary_propagation geodesic_dilation": (
        "morphology: reconstruct (with 'seed: NAME' of a stage)"
    ),
    "black_tophat bottom_hat": "morphology: blackhat",
    "connected_components connectedcomponents labelregions": "objects: label",
    "binary_fill_holes remove_small_holes imfill": "objects: fill_holes",
    "remove_small_objects area_opening bwareaopen": "objects: remove_small",
    "imclearborder": "objects: clear_border",
    "distance_transform distance_transform_edt distancetransform edt": "objects: distance",
    "skeletonize thin thinning": "objects: skeleton",
    "local_max regional_maxima imregionalmax": "objects: local_maxima",
    "find_maxima peak_local_max": "objects: peaks",
    "template matchtemplate template_match template_matching ncc normxcorr2 fastcor cross_correlation": (
        "objects: match_template (with 'template: FILE')"
    ),
    "watersheds": "objects: watershed",
    "count objects.count count_objects": (
        "objects: label, and 'measure: {count: max(result)}' (a key of the job)"
    ),
    "regionprops regionprops_table analyze_particles particle_analysis connectedcomponentswithstats": (
        "objects: label (with 'name: cells'), and 'measure: {level: {formula: mean(input), per: labels, "
        "labels: cells}}' (a key of the job)"
    ),
    "downsample subsample": "geometry: decimate (with 'factor: N'), bin, or resize",
    "pyrdown pyramid pyramid_reduce": "geometry: pyramid_down",
    "replicate repmat repeat mosaic": "geometry: tile (with 'count: N', or [rows, columns])",
    "binning block_reduce downscale_local_mean": "geometry: bin (with 'factor: N')",
    "copymakeborder padding": "geometry: pad (with 'by: N')",
    "pyrup pyramid_expand": "geometry: pyramid_up",
    "slice roi region region_of_interest": "geometry: crop (with 'box: [top, left, bottom, right]')",
    "srgb_to_linear linearize degamma": "linear_light: true (a key of the job), or light: linear",
    "save write export": "output: {path: FOLDER} (a key of the job)",
    "load read imread": "input: {path: FOLDER} (a key of the job)",
    "astype convert_scale cast": "dtype: uint8 (a key of the job, and of every stage)",
}
"""Names, and the entry that does it here."""

_NOT_HERE = {
    "wiener anisotropic": "blur: bilateral and blur: guided keep edges",
    "transform": "geometry: resize scales, rotate90 and flip turn",
    "patches extract_patches dice cut split_image": (
        "one image makes one result; 'geometry: crop' keeps a part, with 'box: file.csv' of each its own"
    ),
    "deskew": "geometry: rotate turns by an angle; an EXIF orientation is applied",
    "undistort swirl piecewise_affine": (
        "geometry: perspective, affine and polar put pixels elsewhere; undo what a lens does before the run"
    ),
    "layers cnn softmax activation": (
        "network: conv is the convolution of a layer; batch_norm, relu, max_pool and others may follow it"
    ),
    "variance std stddev entropy local_std rank.entropy": "",
    "statistics measure statistics.mean statistics.min statistics.max measure.mean measure.min measure.max": (
        "'measure:' of the job names numbers of images, as 'measure: {level: mean(result)}'"
    ),
    "fourier fft dft frequency": "kernels of 100 taps and more go through Fourier transforms by themselves",
    "histogram": "contrast: equalize and contrast: clahe use it",
    "hsl luv colorspace": (
        "color: hsv, lab, xyz and ycbcr are the conversions, and back with 'inverse: true'"
    ),
    "gabor structure_tensor": "custom: LABEL takes any kernel",
    "frangi sato meijering hessian ridge vesselness": (
        "'skimage: filters.sato' is a function of scikit-image; 'filters.frangi', 'filters.meijering' and "
        "'filters.hessian' are others"
    ),
    "harris corners": "'skimage: feature.corner_harris' is a function of scikit-image",
    "hough contours segment": "",
    "log1p square": "'combine' takes a formula: 'log(1 + input)', 'input ** 2'",
    "add offset plus": "bias: N, which every stage takes, adds a number",
    "formula difference": (
        "combine: LABEL takes a formula over the names of stages, such as 'fine - coarse'"
    ),
    "demosaic debayer": "develop raw images before the run",
    "dither": "",
}
"""Names, and what comes nearest; empty where nothing does."""


_PARAMETERS = {
    "gain": "factor multiplier multiply alpha weight amount scale strength",
    "amount": "strength factor gain weight percent",
    "footprint": "shape kernel selem se structure structuring_element strel element",
    "kernel": "weights taps matrix filter coefficients",
    "weights": "kernel kernels filters taps weight luma standard",
    "size": (
        "block_size ksize kernel_size ksizes window window_size width side shape output_size dsize extent"
    ),
    "sigma": "std stddev standard_deviation radius sd low_sigma sigma1 sigmas",
    "ratio": "high_sigma sigma2 sigma_ratio",
    "factor": "scale ratio zoom fx scale_factor",
    "longest": "long_side longest_side max max_size max_side max_dimension",
    "percentile": "percent q quantile rank percentiles",
    "mean": "running_mean mu average",
    "var": "running_var variance",
    "std": "deviation sigma stddev",
    "eps": "epsilon",
    "slope": "negative_slope alpha gain",
    "level": "threshold thresh cutoff method",
    "low": "min lower minimum percent percentiles",
    "high": "max upper maximum",
    "iterations": "n repeat times n_iter",
    "method": "interpolation resample filter mode kernel order",
    "antialias": "anti_aliasing anti_alias antialiasing",
    "axis": "direction axes",
    "direction": "axis orientation",
    "quarters": "k angle degrees turns times",
    "box": "rows columns roi bounds rect region top left bottom right x y height width",
    "map": "colormap cmap lut name",
    "index": "channel band number which",
    "inputs": "from images channels stages bands",
    "backdrop": "background color colour fill",
    "center": "centre middle",
    "gamma": "exponent power",
    "formula": "expression expr equation",
    "stride": "step strides subsampling",
    "padding": "pad pads",
    "shift": "degrees angle hue factor amount delta",
    "points": "corners src source src_points quad pts1",
    "to": "dst destination dst_points target pts2",
    "scaling": "scale mode log",
    "radius": "max_radius maxradius r size",
    "count": "reps times repeat across down n factor",
    "by": "padding pad pads width amount margin",
    "dilation": "rate dilations atrous",
    "border": "mode padding_mode boundary border_type pad_mode border_mode",
    "value": "cval border_value fill fill_value constant",
    "bias": "offset delta beta add biases",
    "dtype": "type output_dtype ddepth data_type",
    "name": "id label title",
    "from": "input source src reads inputs",
    "normalize": "normalise normalized",
    "flip": "convolution true_convolution",
    "groups": "group",
    "missing": "nodata no_data fill_value missing_value",
    "path": "folder directory dir file",
    "include": "glob globs pattern patterns extension extensions files",
    "accept": "pass reject",
}
"""Parameters and keys of a job, and what other tools, or other filters, call them."""


def meant_here(word: str, known: Sequence[str]) -> str:
    """Return, as the end of an error, which of the `known` parameters `word` is elsewhere; '' if none is.

    Examples
    --------
    >>> meant_here("kernel_size", ["sigma", "size"]), meant_here("shape", ["size", "footprint"])
    ("; did you mean 'size'?", "; did you mean 'footprint'?")
    """
    plain = _plain(word)
    name = next((name for name in _PARAMETERS if name in known and plain in _ELSEWHERE[name]), None)
    if name is None and plain == "radius" and "size" in known:
        return "; a radius of r pixels is 'size: 2 r + 1'"
    return f"; did you mean {name!r}?" if name else ""


def advice(word: object, family: object = None) -> str | None:
    """Return what to do for a filter of that name, in that family; None for a name that no table has.

    Examples
    --------
    >>> advice("GaussianBlur")
    "write 'blur: gaussian'"
    >>> advice("variance")
    'there is no such filter yet'
    >>> advice("log", "blur")
    "write 'edge: log'"
    """
    if not isinstance(word, str):
        return None
    keys = word, _plain(word)
    return advice_in(family, word) or next((_ADVICE[key] for key in keys if key in _ADVICE), None)


def advice_in(family: object, word: object) -> str | None:
    """Return what to do for a filter that other tools have under that name in that family alone.

    Examples
    --------
    >>> advice_in("blur", "log"), advice_in("edge", "gauss")
    ("write 'edge: log'", None)
    """
    return _ADVICE.get(f"{family}.{_plain(word)}") if isinstance(word, str) else None


def is_missing(word: object) -> bool:
    """Tell whether nothing here is what other tools call so."""
    return isinstance(word, str) and _plain(word) in _MISSING


def _plain(word: str) -> str:
    return re.sub(r"[\W_]", "", word).lower()


def _key(name: str) -> str:
    """Return the key of a name of the tables."""
    family, dot, method = name.rpartition(".")
    return f"{family}{dot}{_plain(method)}" if name.islower() else name


def _entry(text: str) -> str:
    return f"write '{text}'" if re.fullmatch(r"\w+: \w+", text) else f"use {text}"


_ADVICE = {_key(word): _entry(entry) for words, entry in _HERE.items() for word in words.split()} | {
    _key(word): "; ".join(filter(None, ["there is no such filter yet", nearest]))
    for words, nearest in _NOT_HERE.items()
    for word in words.split()
}
_ELSEWHERE = {name: set(map(_plain, words.split())) for name, words in _PARAMETERS.items()}
_MISSING = {_key(word) for words in _NOT_HERE for word in words.split()}
