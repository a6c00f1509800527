"""Edges of one pixel."""

from scipy import ndimage
from skimage import feature

from references.table import Table

SKIMAGE = "scikit-image 0.26.0, skimage.feature.canny with mode='reflect'"

DISK = """
     42  19  43  44  57  71  69  81  72  93  74  73  77
     26  29  42  65  91 133 144 140 125  93  75  75  82
     42  36  52  98 148 198 223 216 180 131  73  85  73
     21  42  70 126 194 235 246 254 230 169 113  81  74
     35  45  73 144 219 229 255 255 231 190 111  89  68
     26  46  79 131 211 244 247 255 230 186 108  93  80
     29  29  71 119 190 232 241 233 207 148 108  72  76
     29  38  52  70 117 173 201 191 155 108  86  76  84
     26  36  41  58  77 115 123 120  83  79  72  79  65
     37  41  31  40  49  63  73  84  69  75  72  85  83
"""


def _truncated(image):
    soft = ndimage.gaussian_filter(image, 1, truncate=1)
    return feature.canny(soft, 0, 60, 200, mode="reflect")


TABLES = [
    Table(
        "edge canny",
        {},
        SKIMAGE,
        peer=lambda image: feature.canny(image, mode="reflect"),
        border="symmetric",
        image=DISK,
        want="""
            0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 0 0 1 0 0 0 0 0 0
            0 0 0 0 1 1 0 1 1 1 0 0 0
            0 0 0 1 1 0 0 0 0 1 0 0 0
            0 0 0 1 0 0 0 0 0 1 0 0 0
            0 0 0 1 0 0 0 0 0 1 0 0 0
            0 0 0 1 1 0 0 0 1 1 0 0 0
            0 0 0 0 1 1 1 1 1 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 0 0
        """,
    ),
    Table(
        "edge canny",
        {"sigma": 1.5, "low": 60, "high": 150},
        SKIMAGE,
        peer=lambda image: feature.canny(image, 1.5, 60, 150, mode="reflect"),
        border="symmetric",
        image=DISK,
        want="""
            0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 1 1 1 1 1 1 0 0 0
            0 0 0 1 1 0 0 0 0 1 0 0 0
            0 0 0 1 0 0 0 0 0 1 0 0 0
            0 0 0 1 0 0 0 0 0 1 0 0 0
            0 0 0 1 1 0 0 0 1 1 0 0 0
            0 0 0 0 1 1 1 1 1 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 0 0
        """,
    ),
    Table(
        "edge canny",
        {"low": 0.7, "high": 0.9, "quantiles": True},
        SKIMAGE,
        peer=lambda image: feature.canny(image, 1, 0.7, 0.9, use_quantiles=True, mode="reflect"),
        border="symmetric",
        image=DISK,
        want="""
            0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 0 0 1 0 0 0 0 0 0
            0 0 0 0 1 1 0 1 1 1 0 0 0
            0 0 0 1 1 0 0 0 0 1 0 0 0
            0 0 0 1 0 0 0 0 0 1 0 0 0
            0 0 0 1 0 0 0 0 0 1 0 0 0
            0 0 0 1 1 0 0 0 1 1 0 0 0
            0 0 0 0 1 1 1 1 1 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 0 0
        """,
    ),
    Table(
        "edge canny",
        {"truncate": 1, "low": 60, "high": 200},
        SKIMAGE + " after scipy.ndimage.gaussian_filter",
        peer=_truncated,
        border="symmetric",
        image=DISK,
        want="""
            0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 0 1 1 1 0 0 0 0 0
            0 0 0 0 1 1 0 0 1 1 0 0 0
            0 0 0 1 1 0 0 0 0 1 0 0 0
            0 0 0 1 0 0 0 0 0 1 0 0 0
            0 0 0 1 0 0 0 0 0 1 0 0 0
            0 0 0 1 1 0 0 0 1 1 0 0 0
            0 0 0 0 1 1 1 1 1 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 0 0
        """,
    ),
    Table(
        "edge canny",
        {"sigma": 0, "low": 150, "high": 500, "norm": "l1", "suppression": "sectors"},
        "OpenCV 5.0.0, cv2.Canny with L2gradient=False",
        border="edge",
        image=DISK,
        dtype="uint8",
        want="""
              0   0   0   0   0   0   0   0   0   0   0   0   0
              0   0   0   0   0 255 255 255   0   0   0   0   0
              0   0   0   0 255 255   0   0 255 255   0   0   0
              0   0   0 255 255   0   0   0   0 255   0   0   0
              0   0   0 255   0   0   0   0   0 255   0   0   0
              0   0   0 255   0   0   0   0   0 255   0   0   0
              0   0   0 255 255   0   0   0 255 255   0   0   0
              0   0   0   0 255 255   0 255 255   0   0   0   0
              0   0   0   0   0 255 255   0   0   0   0   0   0
              0   0   0   0   0   0   0   0   0   0   0   0   0
        """,
    ),
    Table(
        "edge canny",
        {"sigma": 0, "low": 150, "high": 500, "norm": "l2", "suppression": "sectors"},
        "OpenCV 5.0.0, cv2.Canny with L2gradient=True",
        border="edge",
        image=DISK,
        dtype="uint8",
        want="""
              0   0   0   0   0   0   0   0   0   0   0   0   0
              0   0   0   0   0 255 255 255   0   0   0   0   0
              0   0   0   0 255 255   0   0 255 255   0   0   0
              0   0   0 255 255   0   0   0   0 255   0   0   0
              0   0   0 255   0   0   0   0   0 255   0   0   0
              0   0   0 255   0   0   0   0   0 255   0   0   0
              0   0   0 255 255   0   0   0 255 255   0   0   0
              0   0   0   0 255 255   0 255 255   0   0   0   0
              0   0   0   0   0   0 255   0   0   0   0   0   0
              0   0   0   0   0   0   0   0   0   0   0   0   0
        """,
    ),
]
