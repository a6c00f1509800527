"""Contrast taken over from a reference."""

import numpy as np
from skimage import exposure

from references.table import IMAGE, Table, grid

SKIMAGE = "scikit-image 0.26.0, skimage.exposure.match_histograms"
REFERENCE = [[0, 10, 10, 40], [80, 80, 90, 200], [210, 220, 250, 255]]
COLOURS = [[[0, 10, 20], [50, 60, 20]], [[90, 60, 200], [250, 100, 180]]]
DEEP = "\n".join(" ".join(f"{257 * n:g}" for n in row) for row in grid(IMAGE))
PIXELS = """
     12  80  33
    200   5  91
      7 150  64
     18 222  40
    255   3 170
      0 255  28
"""


def matched(reference, **options):
    return lambda image: exposure.match_histograms(image, np.array(reference, float), **options)


TABLES = [
    Table(
        "contrast match",
        {"reference": REFERENCE},
        SKIMAGE,
        peer=matched(REFERENCE),
        dtype="uint8",
        want="""
                      7          88          40         244           1         112
                      3         216          80           9         251          48
                    156           0         220          64          28         208
                     72         253           5         200          84           0
                    232          16         212         255          56         204
        """,
    ),
    Table(
        "contrast match",
        {"reference": REFERENCE},
        SKIMAGE,
        peer=matched(REFERENCE),
        dtype="uint16",
        image=DEEP,
        want="""
                      7          88          40         244           1         112
                      3         216          80           9         251          48
                    156           0         220          64          28         208
                     72         253           5         200          84           0
                    232          16         212         255          56         204
        """,
    ),
    Table(
        "contrast match",
        {"reference": COLOURS},
        SKIMAGE,
        peer=matched(COLOURS, channel_axis=2),
        dtype="uint8",
        channels=3,
        image=PIXELS,
        want="""
                     50          35          20
             143.333333   18.333333  186.666667
              16.666667   51.666667  126.666667
              76.666667   73.333333          20
                    250          10         200
                      0         100          20
        """,
    ),
    Table(
        "contrast match",
        {"reference": COLOURS, "channels": "together"},
        SKIMAGE,
        peer=matched(COLOURS),
        dtype="uint8",
        channels=3,
        image=PIXELS,
        want="""
              16.666667          70   51.666667
                    180          10          90
              13.333333   96.666667   58.333333
                     20  193.333333          55
                    250    3.333333  126.666667
                      0         250          40
        """,
    ),
]
