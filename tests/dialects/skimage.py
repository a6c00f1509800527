"""Functions of scikit-image beside the stages that are like them."""

import numpy as np
from dialects.case import Case
from skimage import feature, filters, morphology


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
]
