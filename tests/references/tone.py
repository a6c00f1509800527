"""Tones: each pixel by itself, over the full scale of its type; the extremes of the image."""

import numpy as np
from skimage import exposure, filters, util

from references.table import Table

TABLES = [
    Table(
        "point abs",
        {},
        "NumPy 2.4.6, absolute",
        peer=np.abs,
        dtype="int16",
        image="""
            -32768 -32767   -300     -1
                 0      1    255  32767
        """,
        want="""
            32768 32767   300     1
                0     1   255 32767
        """,
    ),
    Table(
        "point scale",
        {"gain": -1.5},
        "NumPy 2.4.6, multiply",
        peer=lambda image: -1.5 * image,
        dtype="uint8",
        image="""
              0   1  10  11  64
            128 188 200 254 255
        """,
        want="""
                 0   -1.5    -15  -16.5    -96
              -192   -282   -300   -381 -382.5
        """,
    ),
    Table(
        "point invert",
        {},
        "scikit-image 0.26.0, skimage.util.invert",
        peer=lambda image: util.invert(image.astype(np.uint8)),
        dtype="uint8",
        image="""
              0   1  10  11  64
            128 188 200 254 255
        """,
        want="""
            255 254 245 244 191
            127  67  55   1   0
        """,
    ),
    Table(
        "point invert",
        {},
        "scikit-image 0.26.0, skimage.util.invert",
        peer=lambda image: util.invert(image.astype(np.uint16)),
        dtype="uint16",
        image="""
                0     1   300 65535
        """,
        want="""
            65535 65534 65235     0
        """,
    ),
    Table(
        "point invert",
        {},
        "scikit-image 0.26.0, skimage.util.invert",
        peer=lambda image: util.invert(image.astype(np.int16)),
        dtype="int16",
        image="""
            -32768 -32767   -300     -1
                 0      1    255  32767
        """,
        want="""
             32767  32766    299      0
                -1     -2   -256 -32768
        """,
    ),
    Table(
        "point invert",
        {},
        "scikit-image 0.26.0, skimage.util.invert",
        peer=util.invert,
        image="""
               0 0.25  0.9    1
        """,
        want="""
               1 0.75  0.1    0
        """,
    ),
    Table(
        "point threshold",
        {"level": 11},
        "OpenCV 5.0, cv2.threshold with THRESH_BINARY: dst = maxval if src > thresh, else 0",
        dtype="uint8",
        image="""
              0   1  10  11  64
            128 188 200 254 255
        """,
        want="""
              0   0   0   0 255
            255 255 255 255 255
        """,
    ),
    Table(
        "point threshold",
        {"level": -1},
        "OpenCV 5.0, cv2.threshold with THRESH_BINARY: dst = maxval if src > thresh, else 0",
        dtype="int16",
        image="""
            -32768 -32767   -300     -1
                 0      1    255  32767
        """,
        want="""
                0     0     0     0
            32767 32767 32767 32767
        """,
    ),
    Table(
        "point threshold",
        {"level": 0.25},
        "OpenCV 5.0, cv2.threshold with THRESH_BINARY: dst = maxval if src > thresh, else 0",
        image="""
               0 0.25  0.9    1
        """,
        want="""
            0 0 1 1
        """,
    ),
    Table(
        "point threshold",
        {"level": "otsu"},
        "scikit-image 0.26.0, skimage.filters.threshold_otsu: 85",
        peer=lambda image: 255 * (image > filters.threshold_otsu(image.astype(np.uint8))),
        dtype="uint8",
        image="""
              3   9  14  22  31
             40  52  52  60  71
             85 120 133 150 190
             12  11  10  60 255
        """,
        want="""
              0   0   0   0   0
              0   0   0   0   0
              0 255 255 255 255
              0   0   0   0 255
        """,
    ),
    Table(
        "point threshold",
        {"level": "li"},
        "scikit-image 0.26.0, skimage.filters.threshold_li: 70.77",
        peer=lambda image: 255 * (image > filters.threshold_li(image.astype(np.uint8))),
        dtype="uint8",
        image="""
              3   9  14  22  31
             40  52  52  60  71
             85 120 133 150 190
             12  11  10  60 255
        """,
        want="""
              0   0   0   0   0
              0   0   0   0 255
            255 255 255 255 255
              0   0   0   0 255
        """,
    ),
    Table(
        "point threshold",
        {"level": "yen"},
        "scikit-image 0.26.0, skimage.filters.threshold_yen: 40",
        peer=lambda image: 255 * (image > filters.threshold_yen(image.astype(np.uint8))),
        dtype="uint8",
        image="""
              3   9  14  22  31
             40  52  52  60  71
             85 120 133 150 190
             12  11  10  60 255
        """,
        want="""
              0   0   0   0   0
              0 255 255 255 255
            255 255 255 255 255
              0   0   0 255 255
        """,
    ),
    Table(
        "point threshold",
        {"level": "triangle"},
        "scikit-image 0.26.0, skimage.filters.threshold_triangle: 53",
        peer=lambda image: 255 * (image > filters.threshold_triangle(image.astype(np.uint8))),
        dtype="uint8",
        image="""
              3   9  14  22  31
             40  52  52  60  71
             85 120 133 150 190
             12  11  10  60 255
        """,
        want="""
              0   0   0   0   0
              0   0   0 255 255
            255 255 255 255 255
              0   0   0 255 255
        """,
    ),
    Table(
        "point threshold",
        {"level": "isodata"},
        "scikit-image 0.26.0, skimage.filters.threshold_isodata: 102",
        peer=lambda image: 255 * (image > filters.threshold_isodata(image.astype(np.uint8))),
        dtype="uint8",
        image="""
              3   9  14  22  31
             40  52  52  60  71
             85 120 133 150 190
             12  11  10  60 255
        """,
        want="""
              0   0   0   0   0
              0   0   0   0   0
              0 255 255 255 255
              0   0   0   0 255
        """,
    ),
    Table(
        "point threshold",
        {"level": "mean"},
        "scikit-image 0.26.0, skimage.filters.threshold_mean: 69",
        peer=lambda image: 255 * (image > filters.threshold_mean(image.astype(np.uint8))),
        dtype="uint8",
        image="""
              3   9  14  22  31
             40  52  52  60  71
             85 120 133 150 190
             12  11  10  60 255
        """,
        want="""
              0   0   0   0   0
              0   0   0   0 255
            255 255 255 255 255
              0   0   0   0 255
        """,
    ),
    Table(
        "point gamma",
        {"gamma": 2.2},
        "scikit-image 0.26.0, skimage.exposure.adjust_gamma",
        peer=lambda image: exposure.adjust_gamma(image, 2.2),
        image="""
               0 0.02 0.25  0.5  0.9    1
        """,
        want="""
                   0 0.000183 0.047366 0.217638  0.79311        1
        """,
    ),
    Table(
        "point gamma",
        {"gamma": 0.5},
        "scikit-image 0.26.0, skimage.exposure.adjust_gamma, over 255",
        peer=lambda image: 255 * exposure.adjust_gamma(image / 255, 0.5),
        dtype="uint8",
        image="""
              0   1  10  11  64
            128 188 200 254 255
        """,
        want="""
                     0  15.968719  50.497525  52.962251 127.749755
            180.665437  218.95205 225.831796 254.499509        255
        """,
    ),
    Table(
        "point gamma",
        {"gamma": 0.5},
        "by definition: a negative value becomes 0",
        image="""
               -4 -0.01     0     1  2.25
        """,
        want="""
              0   0   0   1 1.5
        """,
    ),
    Table(
        "contrast stretch",
        {},
        "scikit-image 0.26.0, skimage.exposure.rescale_intensity, over the range of the type",
        peer=lambda image: exposure.rescale_intensity(image, out_range=(0, 255)),
        dtype="uint8",
        image="""
             12  80  33
              7 150  64
        """,
        want="""
              8.916084 130.174825  46.363636
                     0        255 101.643357
        """,
    ),
    Table(
        "contrast stretch",
        {},
        "scikit-image 0.26.0, skimage.exposure.rescale_intensity, over the range of the type",
        peer=lambda image: exposure.rescale_intensity(image, out_range=(-32768, 32767)),
        dtype="int16",
        image="""
            -30   0 500
            200   7  64
        """,
        want="""
                   -32768 -29058.471698         32767
             -4328.283019 -28192.915094 -21144.811321
        """,
    ),
    Table(
        "contrast stretch",
        {},
        "scikit-image 0.26.0, skimage.exposure.rescale_intensity, over the range of the type",
        peer=lambda image: exposure.rescale_intensity(image, out_range=(0, 1)),
        image="""
              0.5   2.5  0.75
              1.5 0.625     1
        """,
        want="""
                 0      1  0.125
               0.5 0.0625   0.25
        """,
    ),
    Table(
        "contrast stretch",
        {},
        "by definition: a flat image has the smallest value of its type",
        dtype="int16",
        image="""
            7 7
        """,
        want="""
            -32768 -32768
        """,
    ),
    Table(
        "contrast stretch",
        {"percent": [10, 90]},
        "scikit-image 0.26.0, skimage.exposure.rescale_intensity between numpy.percentile: 7 and 118.5",
        peer=lambda image: exposure.rescale_intensity(image, tuple(np.percentile(image, [10, 90])), (0, 255)),
        dtype="uint8",
        image="""
              0  10  20  30
             40  50  60 255
        """,
        want="""
                     0  6.860987 29.730942 52.600897
             75.470852 98.340807 121.210762      255
        """,
    ),
]
