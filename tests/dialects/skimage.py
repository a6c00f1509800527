"""Functions of scikit-image beside the stages that are like them."""

import numpy as np
from dialects.case import Case
from skimage import (
    color,
    exposure,
    feature,
    filters,
    measure,
    morphology,
    restoration,
    segmentation,
    transform,
    util,
)


def _of_floats(function, **options):
    return lambda image: function(image.astype(np.float64), **options)


def _white(function, **options):
    """Return what is true as the full scale of the type."""

    def call(image):
        full = 1 if image.dtype.kind == "f" else np.iinfo(image.dtype).max
        return function(image, **options) * full

    return call


def _of_colours(function, **options):
    def call(image):
        axis = -1 if image.ndim == 3 else None
        return function(image.astype(np.float64), channel_axis=axis, **options)

    return call


def _full(image):
    return np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1


def _above(image, level):
    return np.where(image > level, _full(image), 0)


def _threshold(name):
    return getattr(filters, f"threshold_{name}")


def _classes(image):
    return sum(image > level for level in filters.threshold_multiotsu(image)) * (_full(image) / 2.0)


CASES = [
    *(
        Case(
            "blur",
            "gaussian",
            _of_colours(filters.gaussian, sigma=s, preserve_range=True),
            {"sigma": s},
            images=images,
            result="float32",
        )
        for s, images in ((0.8, "gray"), (3.7, "rgb"))
    ),
    *(
        Case("edge", name, _of_floats(getattr(filters, name)), result="float32")
        for name in ("sobel", "scharr", "prewitt", "roberts")
    ),
    *(
        Case(
            "edge",
            name,
            _of_floats(getattr(filters, f"{name}_{f}")),
            {"direction": direction},
            result="float32",
        )
        for name in ("sobel", "scharr", "prewitt")
        for f, direction in (("v", "x"), ("h", "y"))
    ),
    Case("edge", "laplacian", _of_floats(filters.laplace), result="float32"),
    Case(
        "sharpen",
        "unsharp",
        _of_floats(filters.unsharp_mask, radius=2, amount=1.5, preserve_range=True),
        {"sigma": 2, "amount": 1.5},
        result="float32",
    ),
    Case("edge", "canny", _white(feature.canny, mode="reflect")),
    Case("rank", "median", lambda image: filters.median(image, np.ones((5, 5))), {"size": 5}),
    *(
        Case(
            "morphology",
            name,
            lambda image, f=f: getattr(morphology, f)(image, morphology.disk(3)),
            {"size": 7, "footprint": "disk"},
        )
        for name, f in {
            "erode": "erosion",
            "dilate": "dilation",
            "open": "opening",
            "close": "closing",
            "tophat": "white_tophat",
            "blackhat": "black_tophat",
        }.items()
    ),
    *(
        Case("threshold", name, lambda image, name=name: _above(image, _threshold(name)(image)))
        for name in ("otsu", "li", "yen", "isodata", "triangle", "mean")
    ),
    Case("threshold", "multiotsu", _classes, {"classes": 3}, ("uint8", "float32"), result="float32"),
    *(
        Case(
            "threshold",
            name,
            lambda image, name=name, k=k: _above(image, _threshold(name)(image, k, 0.3)),
            {"size": k, "k": 0.3},
            ("uint8", "float32"),
        )
        for name in ("niblack", "sauvola")
        for k in (15, 31)
    ),
    Case(
        "threshold",
        "hysteresis",
        lambda image: 255 * filters.apply_hysteresis_threshold(image, 60, 150),
        {"low": 60, "high": 150},
        ("uint8",),
    ),
    Case(
        "contrast", "equalize", lambda image: _full(image) * exposure.equalize_hist(image), result="float32"
    ),
    *(
        Case(
            "contrast",
            "clahe",
            lambda image: _full(image) * exposure.equalize_adapthist(image),
            {},
            images=images,
            result="float32",
        )
        for images in ("gray", "rgb")
    ),
    Case(
        "contrast",
        "clahe",
        lambda image: _full(image) * exposure.equalize_adapthist(image, (45, 32), 0.03),
        {"tiles": [3, 4], "clip": 0.03 * 256},
        result="float32",
    ),
    Case(
        "contrast",
        "stretch",
        lambda image: exposure.rescale_intensity(
            image.astype(float), tuple(np.percentile(image, (2, 98))), (0, _full(image))
        ),
        {"low": 2, "high": 98},
        result="float32",
    ),
    Case(
        "contrast",
        "gamma",
        lambda image: exposure.adjust_gamma(image.astype(float) / _full(image), 0.5) * _full(image),
        {"gamma": 0.5},
        result="float32",
    ),
    Case(
        "contrast",
        "log",
        lambda image: exposure.adjust_log(image.astype(float) / _full(image)) * _full(image),
        result="float32",
    ),
    Case(
        "contrast",
        "sigmoid",
        lambda image: exposure.adjust_sigmoid(image.astype(float) / _full(image), 0.4, 8) * _full(image),
        {"cutoff": 0.4, "gain": 8},
        result="float32",
    ),
    Case("edge", "farid", _of_floats(filters.farid), result="float32"),
    Case(
        "edge",
        "dog",
        _of_colours(filters.difference_of_gaussians, low_sigma=1.5),
        {"sigma": 1.5},
        result="float32",
    ),
    Case(
        "color",
        "gray",
        lambda image: color.rgb2gray(image / _full(image)) * _full(image),
        {},
        images="rgb",
        result="float32",
    ),
    Case(
        "color",
        "hsv",
        lambda image: color.rgb2hsv(image / _full(image)) * _full(image),
        {},
        images="rgb",
        result="float32",
    ),
    Case(
        "color",
        "xyz",
        lambda image: color.rgb2xyz(image / _full(image)) * _full(image),
        {},
        images="rgb",
        result="float32",
    ),
    Case(
        "color", "lab", lambda image: color.rgb2lab(image / _full(image)), {}, images="rgb", result="float32"
    ),
    Case(
        "color",
        "ycbcr",
        lambda image: color.rgb2ycbcr(image / _full(image)) * _full(image) / 255,
        {},
        images="rgb",
        result="float32",
    ),
    Case("point", "invert", util.invert, {}, ("uint8", "uint16")),
    Case(
        "point",
        "gamma",
        lambda image: exposure.adjust_gamma(image.astype(float) / _full(image), 2) * _full(image),
        {"gamma": 2},
        result="float32",
    ),
    Case(
        "point",
        "remap",
        lambda image: exposure.rescale_intensity(image.astype(float), (50, 200), (0, 255)),
        {"in_range": [50, 200], "out_range": [0, 255]},
        ("uint8",),
        result="float32",
    ),
    Case(
        "geometry",
        "bin",
        lambda image: measure.block_reduce(image[:132, :129], (4, 3), np.mean),
        {"factor": [4, 3]},
        result="float32",
    ),
    Case(
        "geometry",
        "resize",
        lambda image: transform.resize_local_mean(image.astype(float), (50, 77), preserve_range=True),
        {"size": [50, 77]},
        result="float32",
    ),
    Case(
        "denoise",
        "tv",
        lambda image: restoration.denoise_tv_chambolle(image / _full(image), 0.2) * _full(image),
        {"weight": 0.2},
        result="float32",
    ),
    Case(
        "denoise",
        "nlmeans",
        lambda image: restoration.denoise_nl_means(image / _full(image)) * _full(image),
        {},
        ("uint8",),
        result="float32",
    ),
    Case("objects", "label", measure.label, {}, ("uint8",), "mask", result="int32"),
    Case(
        "objects",
        "remove_small",
        lambda image: 255 * morphology.remove_small_objects(image > 0, max_size=63),
        {},
        ("uint8",),
        "mask",
    ),
    Case("objects", "clear_border", segmentation.clear_border, {}, ("uint8",), "mask"),
    Case(
        "objects", "skeleton", lambda image: 255 * morphology.skeletonize(image > 0), {}, ("uint8",), "mask"
    ),
    Case("objects", "local_maxima", lambda image: 255 * morphology.local_maxima(image), {}, ("uint8",)),
    Case(
        "background",
        "subtract",
        lambda image: image - restoration.rolling_ball(image.astype(float), radius=100),
        {},
        ("uint8",),
        result="float32",
    ),
]
