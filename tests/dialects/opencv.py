"""OpenCV's functions beside the stages that are like them."""

import numpy as np
import pytest
from dialects.case import Case

cv2 = pytest.importorskip("cv2", reason="opencv is not installed: its dialect is not compared")

KERNEL = [[1, -2, 3], [0.5, 0, -1], [2, 4, -3.5]]
ELLIPSE = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))


def _gradient(function):
    def call(image):
        x, y = (function(image, cv2.CV_32F, *axis) for axis in ((1, 0), (0, 1)))
        return cv2.magnitude(x, y)

    return call


def _morphology(name, shape, size):
    element = cv2.getStructuringElement(getattr(cv2, f"MORPH_{shape}"), (size, size))
    return lambda image: cv2.morphologyEx(image, getattr(cv2, f"MORPH_{name}"), element)


def _full(image):
    return np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1


def _binomial(image):
    taps = np.array([1, 4, 6, 4, 1]) / 16
    return cv2.sepFilter2D(image, -1, taps, taps)


def _triangle(image):
    return cv2.threshold(image, 0, 255, cv2.THRESH_TRIANGLE)[1]


def _distance(image):
    return cv2.distanceTransform(image, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


BYTES, WHOLE = ("uint8",), ("uint8", "uint16")

CASES = [
    *(
        Case(
            "blur",
            "gaussian",
            lambda image, s=s: cv2.GaussianBlur(image, (0, 0), s),
            {"sigma": s},
            images=images,
        )
        for s, images in ((0.8, "gray"), (1.4, "gray"), (2, "rgb"), (3.7, "gray"))
    ),
    Case("blur", "box", lambda image: cv2.blur(image, (5, 4)), {"size": [4, 5]}),
    *(
        Case(
            "edge",
            name,
            lambda image, f=f, x=x: f(image, cv2.CV_32F, x, 1 - x),
            {"direction": "yx"[x]},
            result="float32",
        )
        for name, f in (("sobel", cv2.Sobel), ("scharr", cv2.Scharr))
        for x in (1, 0)
    ),
    *(
        Case("edge", name, _gradient(f), result="float32")
        for name, f in (("sobel", cv2.Sobel), ("scharr", cv2.Scharr))
    ),
    Case("edge", "laplacian", lambda image: cv2.Laplacian(image, cv2.CV_32F), result="float32"),
    *(Case("rank", "median", lambda image, k=k: cv2.medianBlur(image, k), {"size": k}) for k in (3, 5)),
    *(
        Case("rank", "median", lambda image, k=k: cv2.medianBlur(image, k), {"size": k}, ("uint8",))
        for k in (7, 21)
    ),
    *(
        Case("morphology", name, _morphology(word, shape, size), {"size": size, "footprint": footprint})
        for name, word in (("erode", "ERODE"), ("dilate", "DILATE"))
        for shape, footprint, size in (
            ("RECT", "square", 5),
            ("RECT", "square", 4),
            ("ELLIPSE", "ellipse", 7),
            ("CROSS", "cross", 5),
        )
    ),
    *(
        Case("morphology", name, _morphology(name.upper(), "RECT", 5), {"size": 5})
        for name in ("open", "close", "gradient", "tophat", "blackhat")
    ),
    *(
        Case(
            "blur",
            "bilateral",
            lambda image, d=d, color=color: cv2.bilateralFilter(image, d, color, 3),
            {"size": d, "sigma_color": color, "sigma_space": 3},
            (kind,),
            images=images,
        )
        for d, images in ((5, "gray"), (9, "gray"), (9, "rgb"), (15, "gray"))
        for kind, color in (("uint8", 25), ("float32", 0.1))
    ),
    *(
        Case(
            "edge",
            "canny",
            lambda image, norm=norm: cv2.Canny(image, 100, 200.5, L2gradient=norm == "l2"),
            {"low": 100, "high": 200.5, "norm": norm},
            ("uint8",),
        )
        for norm in ("l1", "l2")
    ),
    Case("custom", "LABEL", lambda image: cv2.filter2D(image, -1, np.array(KERNEL)), {"kernel": KERNEL}),
    Case("rank", "minimum", _morphology("ERODE", "RECT", 5), {"size": 5}),
    Case("rank", "maximum", _morphology("DILATE", "RECT", 5), {"size": 5}),
    Case("blur", "binomial", _binomial, {"size": 5}),
    Case("color", "gray", lambda image: cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), images="rgb"),
    Case("contrast", "stretch", lambda image: cv2.normalize(image, None, 0, _full(image), cv2.NORM_MINMAX)),
    Case("contrast", "equalize", cv2.equalizeHist, {}, BYTES),
    Case("contrast", "equalize", cv2.equalizeHist, {}, BYTES, "mask"),
    Case("contrast", "clahe", lambda image: cv2.createCLAHE(2.0, (8, 8)).apply(image), {}, WHOLE),
    Case(
        "contrast",
        "clahe",
        lambda image: cv2.createCLAHE(4.0, (4, 3)).apply(image),
        {"clip": 4, "tiles": [3, 4]},
        WHOLE,
    ),
    Case(
        "geometry", "pad", lambda image: cv2.copyMakeBorder(image, 3, 3, 3, 3, cv2.BORDER_DEFAULT), {"by": 3}
    ),
    Case("geometry", "pyramid_down", cv2.pyrDown, {}, images="gray"),
    Case("geometry", "pyramid_down", cv2.pyrDown, {}, images="rgb"),
    Case("geometry", "pyramid_up", cv2.pyrUp),
    Case("geometry", "flip", lambda image: cv2.flip(image, 1)),
    Case("geometry", "rotate90", lambda image: cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE)),
    Case(
        "threshold",
        "fixed",
        lambda image: cv2.threshold(image, 100, 255, cv2.THRESH_BINARY)[1],
        {"level": 100},
        BYTES,
    ),
    Case("threshold", "otsu", lambda image: cv2.threshold(image, 0, 255, cv2.THRESH_OTSU)[1], {}, BYTES),
    Case("threshold", "triangle", _triangle, {}, BYTES),
    Case("threshold", "triangle", _triangle, {}, BYTES, "mask"),
    Case("threshold", "between", lambda image: cv2.inRange(image, 50, 120), {"low": 50, "high": 120}, BYTES),
    *(
        Case(
            "threshold",
            "adaptive",
            lambda image, k=k, m=m: cv2.adaptiveThreshold(image, 255, m, cv2.THRESH_BINARY, k, 2),
            {"size": k, "method": method},
            BYTES,
        )
        for k in (11, 51)
        for method, m in (("mean", cv2.ADAPTIVE_THRESH_MEAN_C), ("gauss", cv2.ADAPTIVE_THRESH_GAUSSIAN_C))
    ),
    Case("point", "invert", cv2.bitwise_not, {}, WHOLE),
    Case("objects", "distance", _distance, {}, BYTES, "mask", result="float32"),
]
