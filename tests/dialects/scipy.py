"""Functions of scipy.ndimage beside the stages that are like them."""

import numpy as np
from dialects.case import Case
from scipy import ndimage

KERNEL = [[1, -2, 3], [0.5, 0, -1], [2, 4, -3.5]]


def _of_floats(function, **options):
    """Apply to floats, as on integers SciPy cuts off and wraps around."""
    return lambda image: function(image.astype(np.float64), **options)


CASES = [
    *(
        Case("blur", "gaussian", _of_floats(ndimage.gaussian_filter, sigma=s), {"sigma": s}, result="float32")
        for s in (0.8, 3.7)
    ),
    Case("blur", "box", _of_floats(ndimage.uniform_filter, size=(4, 5)), {"size": [4, 5]}, result="float32"),
    *(
        Case(
            "edge",
            name,
            _of_floats(getattr(ndimage, name), axis=axis),
            {"direction": "yx"[axis]},
            result="float32",
        )
        for name in ("sobel", "prewitt")
        for axis in (0, 1)
    ),
    *(
        Case(
            "edge",
            name,
            _of_floats(lambda x, f=name: np.hypot(*(getattr(ndimage, f)(x, a) for a in (0, 1)))),
            result="float32",
        )
        for name in ("sobel", "prewitt")
    ),
    Case("edge", "laplacian", _of_floats(ndimage.laplace), result="float32"),
    *(
        Case("rank", name, lambda image, n=name, k=k: getattr(ndimage, f"{n}_filter")(image, k), {"size": k})
        for name in ("median", "minimum", "maximum")
        for k in (3, 6, [5, 9])
    ),
    *(
        Case("morphology", name, lambda image, f=f: getattr(ndimage, f)(image, size=(5, 7)), {"size": [5, 7]})
        for name, f in {
            "erode": "grey_erosion",
            "dilate": "grey_dilation",
            "open": "grey_opening",
            "close": "grey_closing",
            "tophat": "white_tophat",
            "blackhat": "black_tophat",
            "gradient": "morphological_gradient",
        }.items()
    ),
    Case(
        "custom",
        "LABEL",
        _of_floats(ndimage.correlate, weights=np.array(KERNEL)),
        {"kernel": KERNEL},
        result="float32",
    ),
    *(
        Case(
            "rank",
            "percentile",
            lambda image, p=p: ndimage.percentile_filter(image, p, 5),
            {"size": 5, "percentile": p},
        )
        for p in (10, 75)
    ),
    Case("edge", "log", _of_floats(ndimage.gaussian_laplace, sigma=2), {"sigma": 2}, result="float32"),
    Case("objects", "distance", ndimage.distance_transform_edt, {}, ("uint8",), "mask", result="float32"),
    Case("objects", "label", lambda image: ndimage.label(image)[0], {}, ("uint8",), "mask", result="int32"),
    Case(
        "objects", "fill_holes", lambda image: 255 * ndimage.binary_fill_holes(image), {}, ("uint8",), "mask"
    ),
]
