"""Thresholds: by a percentile of the image, and between two levels."""

import numpy as np

from references.table import Table

INTEGERS = """
      3   9  14  22  31
     40  52  52  60  71
     85 120 133 150 190
     12  11  10  60 255
"""


def percentile(percent, full=1):
    return lambda image: full * (image > np.percentile(image, percent))


TABLES = [
    Table(
        "threshold percentile",
        {"percent": 90},
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
        {"percent": 50},
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
        {"percent": 0},
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
        {"percent": 40},
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
]
