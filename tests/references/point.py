"""Each pixel by itself, in units of its type or over its full scale."""

import numpy as np
from PIL import Image, ImageOps
from skimage import exposure, filters, util

from references.table import Table

BYTES = """
      0   1  10  11  64
    128 188 200 254 255
"""
SHORTS = """
    -32768 -32767   -300     -1
         0      1    255  32767
"""
TWO_HUMPS = """
      3   9  14  22  31
     40  52  52  60  71
     85 120 133 150 190
     12  11  10  60 255
"""

TABLES = [
    Table(
        "point abs",
        {},
        "NumPy 2.4.6, absolute",
        peer=np.abs,
        dtype="int16",
        image=SHORTS,
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
        image=BYTES,
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
        image=BYTES,
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
        image=SHORTS,
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
        image=BYTES,
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
        image=SHORTS,
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
        image=TWO_HUMPS,
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
        image=TWO_HUMPS,
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
        image=TWO_HUMPS,
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
        image=TWO_HUMPS,
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
        image=TWO_HUMPS,
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
        image=TWO_HUMPS,
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
        image=BYTES,
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
        "point clip",
        {"low": 16, "high": 235},
        "NumPy 2.4.6, clip",
        peer=lambda image: np.clip(image, 16, 235),
        dtype="uint8",
        image=BYTES,
        want="""
             16  16  16  16  64
            128 188 200 235 235
        """,
    ),
    Table(
        "point clip",
        {"low": -100, "high": 100.5},
        "NumPy 2.4.6, clip",
        peer=lambda image: np.clip(image, -100, 100.5),
        dtype="int16",
        image="""
            -32768   -300     -1      0
                 1    255    300  32767
        """,
        want="""
            -100  -100    -1     0
               1 100.5 100.5 100.5
        """,
    ),
    Table(
        "point round",
        {},
        "NumPy 2.4.6, rint",
        peer=np.rint,
        image="""
            -2.5 -1.5 -0.5    0.4999
             0.5  1.5  2.5 1000000.5
        """,
        want="""
            -2 -2  0       0
             0  2  2 1000000
        """,
    ),
    Table(
        "point quantize",
        {"levels": 4},
        "ImageMagick 7.1, -posterize 4: round(v * 3 / 255) * 255 / 3",
        peer=lambda image: np.rint(image * 3 / 255) * 255 / 3,
        dtype="uint8",
        image=BYTES,
        want="""
              0   0   0   0  85
            170 170 170 255 255
        """,
    ),
    Table(
        "point quantize",
        {"levels": 3},
        "by definition: levels from 0 to 32767 and below at the same distance, 16383.5",
        dtype="int16",
        image="""
            -32768   -300     -1      0
                 1   8192  20000  32767
        """,
        want="""
            -32767       0       0       0
                 0 16383.5 16383.5   32767
        """,
    ),
    Table(
        "point quantize",
        {"levels": 5},
        "ImageMagick 7.1, -posterize 5 of values from 0 to 1: round(v * 4) / 4",
        image="""
            -0.25    0 0.25  0.5  0.9  1.5
        """,
        want="""
               0    0 0.25  0.5    1    1
        """,
    ),
    Table(
        "point solarize",
        {"level": 128},
        "Pillow 13.0.0, PIL.ImageOps.solarize",
        peer=lambda image: np.asarray(ImageOps.solarize(Image.fromarray(image.astype(np.uint8)), 128)),
        dtype="uint8",
        image=BYTES,
        want="""
              0   1  10  11  64
            127  67  55   1   0
        """,
    ),
    Table(
        "point remap",
        {"in_range": [50, 200]},
        "scikit-image 0.26.0, skimage.exposure.rescale_intensity",
        peer=lambda image: exposure.rescale_intensity(image, (50, 200), (0, 255)),
        dtype="uint8",
        image=BYTES,
        want="""
                0     0     0     0  23.8
            132.6 234.6   255   255   255
        """,
    ),
    Table(
        "point remap",
        {"in_range": [10, 200], "out_range": [100, -20]},
        "NumPy 2.4.6, interp",
        peer=lambda image: np.interp(image, (10, 200), (100, -20)),
        dtype="uint8",
        image=BYTES,
        want="""
              100       100       100  99.368421  65.894737
            25.473684 -12.421053      -20       -20       -20
        """,
    ),
    Table(
        "point remap",
        {"in_range": [0, 0.5]},
        "scikit-image 0.26.0, skimage.exposure.rescale_intensity",
        peer=lambda image: exposure.rescale_intensity(image, (0, 0.5), (0, 1)),
        image="""
            -0.25    0 0.25  0.5  0.9  1.5
        """,
        want="""
              0   0 0.5   1   1   1
        """,
    ),
    Table(
        "point sqrt",
        {},
        "NumPy 2.4.6, sqrt",
        peer=np.sqrt,
        dtype="uint8",
        image=BYTES,
        want="""
                   0         1  3.162278  3.316625         8
            11.313708 13.711309 14.142136 15.937377 15.968719
        """,
    ),
    Table(
        "point exp",
        {},
        "NumPy 2.4.6, exp",
        peer=np.exp,
        image="""
            -2 -0.5 0 0.5 1
        """,
        want="""
            0.135335 0.606531 1 1.648721 2.718282
        """,
    ),
    Table(
        "point log",
        {},
        "NumPy 2.4.6, log",
        peer=np.log,
        image="""
            0.001 0.5 1 2 10 255
        """,
        want="""
            -6.907755 -0.693147 0 0.693147 2.302585 5.541264
        """,
    ),
]
