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
]
