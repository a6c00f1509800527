"""Thresholds: by a level, given or found from the image, and between two."""

import numpy as np
from skimage import filters

from references.table import Table

INTEGERS = """
      3   9  14  22  31
     40  52  52  60  71
     85 120 133 150 190
     12  11  10  60 255
"""


FLOATS = """
     0.024  0.071  0.146 0.072 0.063
     0.208  0.272  0.272  0.17 0.332
     0.266  0.458   0.53 0.429 0.733
    -0.014 -0.063 -0.021  0.17 0.799
"""


def percentile(percent, full=1):
    return lambda image: full * (image > np.percentile(image, percent))


def found(kind, full=1):
    """Return the threshold by scikit-image's level of whole numbers, or of others over 1."""
    level = getattr(filters, f"threshold_{kind}")
    return lambda image: full * (image > level(image.astype(int) if full > 1 else image))


def automatic(kind, integers, floats):
    """Return the tables of a level that is found, for integers and others: its value and the result."""
    return [
        Table(
            f"threshold {kind}",
            {},
            f"scikit-image 0.26.0, skimage.filters.threshold_{kind}: {level}",
            peer=found(kind, full),
            dtype="float64" if full == 1 else "uint8",
            image=FLOATS if full == 1 else INTEGERS,
            want=want,
        )
        for full, (level, want) in ((255, integers), (1, floats))
    ]


def classes(count, full=1):
    """Return the classes of scikit-image's levels, of whole numbers or of others over 1."""

    def parted(image):
        levels = filters.threshold_multiotsu(image.astype(int) if full > 1 else image, count)
        return full / (count - 1) * sum(image > level for level in levels)

    return parted


TABLES = [
    Table(
        "threshold fixed",
        {"level": 60},
        "OpenCV 5.0.0, cv2.threshold with THRESH_BINARY",
        peer=lambda image: 255 * (image > 60),
        dtype="uint8",
        image=INTEGERS,
        want="""
              0   0   0   0   0
              0   0   0   0 255
            255 255 255 255 255
              0   0   0   0 255
        """,
    ),
    Table(
        "threshold fixed",
        {"level": 0.17},
        "OpenCV 5.0.0, cv2.threshold with THRESH_BINARY",
        peer=lambda image: image > 0.17,
        image=FLOATS,
        want="""
            0 0 0 0 0
            1 1 1 0 1
            1 1 1 1 1
            0 0 0 0 1
        """,
    ),
    *automatic(
        "otsu",
        (
            85,
            """
                  0   0   0   0   0
                  0   0   0   0   0
                  0 255 255 255 255
                  0   0   0   0 255
            """,
        ),
        (
            0.332645,
            """
                0 0 0 0 0
                0 0 0 0 0
                0 1 1 1 1
                0 0 0 0 1
            """,
        ),
    ),
    *automatic(
        "li",
        (
            70.7722,
            """
                  0   0   0   0   0
                  0   0   0   0 255
                255 255 255 255 255
                  0   0   0   0 255
            """,
        ),
        (
            0.224211,
            """
                0 0 0 0 0
                0 1 1 0 1
                1 1 1 1 1
                0 0 0 0 1
            """,
        ),
    ),
    *automatic(
        "yen",
        (
            40,
            """
                  0   0   0   0   0
                  0 255 255 255 255
                255 255 255 255 255
                  0   0   0 255 255
            """,
        ),
        (
            0.147449,
            """
                0 0 0 0 0
                1 1 1 1 1
                1 1 1 1 1
                0 0 0 1 1
            """,
        ),
    ),
    *automatic(
        "triangle",
        (
            53,
            """
                  0   0   0   0   0
                  0   0   0 255 255
                255 255 255 255 255
                  0   0   0 255 255
            """,
        ),
        (
            0.174387,
            """
                0 0 0 0 0
                1 1 1 0 1
                1 1 1 1 1
                0 0 0 0 1
            """,
        ),
    ),
    *(
        Table(
            "threshold triangle",
            {"line": "beyond"},
            f"OpenCV 5.0.0, cv2.threshold with THRESH_TRIANGLE: {level}",
            dtype="uint8",
            image=image,
            want=want,
        )
        for level, image, want in (
            (
                29,
                """
                    31 31 31 26 22 31
                    29 24 27 31 31 25
                    30 25 31 25 26 31
                    24 31 21 31 31 24
                """,
                """
                    255 255 255   0   0 255
                      0   0   0 255 255   0
                    255   0 255   0   0 255
                      0 255   0 255 255   0
                """,
            ),
            (
                26,
                """
                    31 24 22 24 24 29
                    26 24 28 24 31 24
                    29 20 27 24 24 23
                    31 23 24 26 29 24
                """,
                """
                    255   0   0   0   0 255
                      0   0 255   0 255   0
                    255   0 255   0   0   0
                    255   0   0   0 255   0
                """,
            ),
        )
    ),
    *automatic(
        "isodata",
        (
            102,
            """
                  0   0   0   0   0
                  0   0   0   0   0
                  0 255 255 255 255
                  0   0   0   0 255
            """,
        ),
        (
            0.261934,
            """
                0 0 0 0 0
                0 1 1 0 1
                1 1 1 1 1
                0 0 0 0 1
            """,
        ),
    ),
    *automatic(
        "mean",
        (
            69,
            """
                  0   0   0   0   0
                  0   0   0   0 255
                255 255 255 255 255
                  0   0   0   0 255
            """,
        ),
        (
            0.24585,
            """
                0 0 0 0 0
                0 1 1 0 1
                1 1 1 1 1
                0 0 0 0 1
            """,
        ),
    ),
    Table(
        "threshold percentile",
        {"percentile": 90},
        "NumPy 2.4.6, percentile: 154",
        peer=percentile(90, 255),
        dtype="uint8",
        image=INTEGERS,
        want="""
              0   0   0   0   0
              0   0   0   0   0
              0   0   0   0 255
              0   0   0   0 255
        """,
    ),
    Table(
        "threshold percentile",
        {"percentile": 50},
        "NumPy 2.4.6, percentile: 52, which is not above itself",
        peer=percentile(50, 255),
        dtype="uint8",
        image=INTEGERS,
        want="""
              0   0   0   0   0
              0   0   0 255 255
            255 255 255 255 255
              0   0   0 255 255
        """,
    ),
    Table(
        "threshold percentile",
        {"percentile": 0},
        "NumPy 2.4.6, percentile: -300, of a signed type",
        peer=percentile(0, 32767),
        dtype="int16",
        image="""
            -300  -20   0
            -300  150 999
        """,
        want="""
                0 32767 32767
                0 32767 32767
        """,
    ),
    Table(
        "threshold percentile",
        {"percentile": 40},
        "NumPy 2.4.6, percentile: 0.3, on the line between 0.25 and 0.5",
        peer=percentile(40),
        image="""
            0.25 0.5 0.125 1
        """,
        want="""
            0 1 0 1
        """,
    ),
    Table(
        "threshold between",
        {"low": 31, "high": 120},
        "OpenCV 5.0.0, cv2.inRange",
        peer=lambda image: 255 * ((image >= 31) & (image <= 120)),
        dtype="uint8",
        image=INTEGERS,
        want="""
              0   0   0   0 255
            255 255 255 255 255
            255 255   0   0   0
              0   0   0 255   0
        """,
    ),
    Table(
        "threshold between",
        {"low": -1, "high": -0.25},
        "OpenCV 5.0.0, cv2.inRange, over 255",
        peer=lambda image: (image >= -1) & (image <= -0.25),
        image="""
            -2   -1 -0.5
            -0.25 0    1
        """,
        want="""
            0 1 1
            1 0 0
        """,
    ),
    Table(
        "threshold multiotsu",
        {},
        "scikit-image 0.26.0, skimage.filters.threshold_multiotsu: 60 and 150",
        peer=classes(3, 255),
        dtype="uint8",
        image=INTEGERS,
        want="""
                0     0     0     0     0
                0     0     0     0     0
            127.5 127.5 127.5 127.5   255
                0     0     0     0   255
        """,
    ),
    Table(
        "threshold multiotsu",
        {"classes": 4},
        "scikit-image 0.26.0, skimage.filters.threshold_multiotsu",
        peer=classes(4, 255),
        dtype="uint8",
        image=INTEGERS,
        want="""
                0     0     0     0     0
               85    85    85    85    85
               85   170   170   170   255
                0     0     0    85   255
        """,
    ),
    Table(
        "threshold multiotsu",
        {"classes": 3},
        "scikit-image 0.26.0, skimage.filters.threshold_multiotsu",
        peer=classes(3),
        image=FLOATS,
        want="""
                0     0     0     0     0
              0.5   0.5   0.5     0   0.5
              0.5     1     1   0.5     1
                0     0     0     0     1
        """,
    ),
    Table(
        "threshold hysteresis",
        {"low": 30, "high": 100},
        "scikit-image 0.26.0, skimage.filters.apply_hysteresis_threshold",
        peer=lambda image: 255 * filters.apply_hysteresis_threshold(image, 30, 100),
        dtype="uint8",
        image=INTEGERS,
        want="""
                0     0     0     0   255
              255   255   255   255   255
              255   255   255   255   255
                0     0     0   255   255
        """,
    ),
    Table(
        "threshold hysteresis",
        {"low": 59, "high": 255},
        "scikit-image 0.26.0, skimage.filters.apply_hysteresis_threshold: none is above",
        peer=lambda image: 255 * filters.apply_hysteresis_threshold(image, 59, 255),
        dtype="uint8",
        image=INTEGERS,
        want="""
                0     0     0     0     0
                0     0     0     0     0
                0     0     0     0     0
                0     0     0     0     0
        """,
    ),
    Table(
        "threshold hysteresis",
        {"low": 0.16, "high": 0.75},
        "scikit-image 0.26.0, skimage.filters.apply_hysteresis_threshold",
        peer=lambda image: filters.apply_hysteresis_threshold(image, 0.16, 0.75),
        image=FLOATS,
        want="""
                0     0     0     0     0
                1     1     1     1     1
                1     1     1     1     1
                0     0     0     1     1
        """,
    ),
]
