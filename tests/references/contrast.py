"""Contrast: tables, given and of each image, and numbers of each image."""

import numpy as np
from scipy import stats
from skimage import exposure

from references.table import Table

EQUALIZE = "scikit-image 0.26.0, skimage.exposure.equalize_hist"
ZSCORE = "SciPy 1.17.1, scipy.stats.zscore"
LUT = "NumPy 2.4.6, interp"


def between(image, low, high):
    """Return the image spread over 8 bits between two percentiles."""
    return exposure.rescale_intensity(image, tuple(np.percentile(image, [low, high])), (0, 255))


TABLES = [
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
        {"low": 10, "high": 90},
        "scikit-image 0.26.0, skimage.exposure.rescale_intensity between numpy.percentile: 7 and 118.5",
        peer=lambda image: between(image, 10, 90),
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
    Table(
        "contrast stretch",
        {"low": 20, "high": 90, "channels": "each"},
        "scikit-image 0.26.0, skimage.exposure.rescale_intensity between numpy.percentile of each channel",
        peer=lambda image: np.stack([between(each, 20, 90) for each in np.moveaxis(image, 2, 0)], axis=2),
        dtype="uint8",
        channels=3,
        image="""
             12  80  33
            200   5  91
              7 150  64
             18 222  40
            255   3 170
              0 255  28
        """,
        want="""
              5.782313  81.905782          0
            223.197279          0 151.692308
                     0 158.351178  81.076923
             12.721088 236.980728  18.307692
                   255          0        255
                     0        255          0
        """,
    ),
    Table(
        "contrast lut",
        {"table": [10, 200, 90]},
        LUT,
        peer=lambda image: np.interp(image, [0, 127.5, 255], [10, 200, 90]),
        dtype="uint8",
        want="""
             27.882353 129.215686  59.176471  137.45098   17.45098 145.607843
             20.431373 180.588235 105.372549  36.823529 118.470588  69.607843
            157.529412  14.470588 163.333333  91.960784   51.72549 196.980392
            100.901961 102.941176  26.392157 170.941176 124.745098         10
            152.117647  48.745098 187.490196         90  83.019608 182.862745
        """,
    ),
    Table(
        "contrast lut",
        {"table": [-1.5, 4, 0.25, 9]},
        LUT,
        peer=lambda image: np.interp(image, np.linspace(-32768, 32767, 4), [-1.5, 4, 0.25, 9]),
        dtype="int16",
        image="""
            -32768 -20000     -1      0
               500  10922  30000  32767
        """,
        want="""
                -1.5 1.714649 2.125086 2.124914
            2.039082     0.25  7.89168        9
        """,
    ),
    Table(
        "contrast lut",
        {"table": [0, 1, 0.5]},
        f"{LUT}: beyond the ends, the ends",
        peer=lambda image: np.interp(image, [0, 0.5, 1], [0, 1, 0.5]),
        image="""
            -0.5    0  0.1  0.5 0.75    1    3
        """,
        want="""
               0    0  0.2    1 0.75  0.5  0.5
        """,
    ),
    Table(
        "contrast equalize",
        {},
        EQUALIZE,
        peer=lambda image: 255 * exposure.equalize_hist(image.astype(np.uint8)),
        dtype="uint8",
        want="""
               51 144.5    85 229.5  25.5   153
               34   204 127.5  59.5   238  93.5
            161.5    17 212.5 110.5  76.5   187
              119 246.5  42.5   170   136   8.5
              221    68 195.5   255   102 178.5
        """,
    ),
    Table(
        "contrast equalize",
        {},
        EQUALIZE,
        peer=exposure.equalize_hist,
        image="""
             0.1  0.5 0.25  0.9
             0.3 0.31  0.8 0.05
        """,
        want="""
            0.194853     0.75 0.341912        1
            0.474265 0.600735    0.875    0.125
        """,
    ),
    Table(
        "contrast equalize",
        {"lowest": "black"},
        "OpenCV 5.0.0, cv2.equalizeHist: what it rounds",
        dtype="uint8",
        want="""
             43.965517 140.689655  79.137931  228.62069  17.586207 149.482759
              26.37931 202.241379 123.103448  52.758621 237.413793  87.931034
            158.275862   8.793103 211.034483 105.517241  70.344828 184.655172
            114.310345 246.206897  35.172414 167.068966 131.896552          0
            219.827586  61.551724 193.448276        255  96.724138 175.862069
        """,
    ),
    Table(
        "contrast equalize",
        {"lowest": "black"},
        "OpenCV 5.0.0, cv2.equalizeHist",
        dtype="uint8",
        image="""
            0   0 7 9
            7 200 9 0
        """,
        want="""
              0   0 102 204
            102 255 204   0
        """,
    ),
    Table(
        "contrast equalize",
        {"lowest": "black"},
        "OpenCV 5.0.0, cv2.equalizeHist of a flat image",
        dtype="uint8",
        image="""
            9 9
            9 9
        """,
        want="""
            9 9
            9 9
        """,
    ),
    Table(
        "contrast equalize",
        {"bins": 5},
        EQUALIZE,
        peer=lambda image: exposure.equalize_hist(image, nbins=5),
        image="""
             0.1  0.5 0.25  0.9
             0.3 0.31  0.8 0.05
        """,
        want="""
                0.25     0.75 0.503676        1
            0.613971 0.628676 0.977941     0.25
        """,
    ),
    Table(
        "contrast zscore",
        {},
        ZSCORE,
        peer=lambda image: stats.zscore(image, axis=None),
        dtype="uint8",
        want="""
            -1.028515 -0.122569 -0.748737  1.476158 -1.121774  0.023981
            -1.095128  0.810022 -0.335733 -0.948578  1.769258 -0.655478
             0.130563 -1.148419  1.076476 -0.455637 -0.815351   0.55689
            -0.375701  2.009067 -1.041837  0.250467 -0.162537 -1.188387
             1.249672 -0.841996   0.70344  2.208908 -0.535574  0.357049
        """,
    ),
    Table(
        "contrast zscore",
        {"channels": "each"},
        ZSCORE,
        peer=lambda image: stats.zscore(image, axis=(0, 1)),
        dtype="uint8",
        channels=3,
        image="""
             12  80  33
            200   5  91
              7 150  64
             18 222  40
            255   3 170
              0 255  28
        """,
        want="""
            -0.671516 -0.398229 -0.772886
             1.131985 -1.160795  0.406782
            -0.719482  0.313499 -0.142374
            -0.613958  1.045563 -0.630512
             1.659604  -1.18113  2.013571
            -0.786633  1.381092 -0.874581
        """,
    ),
    Table(
        "contrast zscore",
        {"channels": "together"},
        ZSCORE,
        peer=lambda image: stats.zscore(image, axis=None),
        dtype="uint8",
        channels=3,
        image="""
             12  80  33
            200   5  91
              7 150  64
             18 222  40
            255   3 170
              0 255  28
        """,
        want="""
            -0.875937 -0.119305 -0.642271
             1.215927 -0.953826  0.003091
            -0.931572   0.65958 -0.297336
            -0.809175  1.460719 -0.564383
             1.827908 -0.976079  0.882119
             -1.00946  1.827908 -0.697906
        """,
    ),
]
