"""Thresholds by what is around each pixel."""

import numpy as np
from skimage import filters

from references.table import IMAGE, Table, grid

OPENCV = "OpenCV 5.0.0, cv2.adaptiveThreshold with THRESH_BINARY"
SINGLE = "\n".join(" ".join(f"{number / 255}" for number in row) for row in grid(IMAGE))


def skimage(kind, size, full=1, **parameters):
    """Return the threshold by scikit-image's level around each pixel."""
    level = getattr(filters, f"threshold_{kind}")
    return lambda image: full * (image > level(image, size, **parameters))


def around(image, rows, cols):
    """Return the mean and the deviation of the window of each pixel."""
    padded = np.pad(image, ((rows // 2,) * 2, (cols // 2,) * 2), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (rows, cols))
    return windows.mean((2, 3)), windows.std((2, 3))


def wallis(rows, cols, mean=128, deviation=51, gain=4, weight=0.8):
    def drawn(image):
        m, s = around(image, rows, cols)
        return (image - m) * gain * deviation / (gain * s + deviation) + weight * mean + (1 - weight) * m

    return drawn


def scored(image, rows, cols):
    mean, deviation = around(image, rows, cols)
    return image - mean, deviation


TABLES = [
    Table(
        "threshold adaptive",
        {},
        OPENCV,
        border="edge",
        dtype="uint8",
        want="""
              0 255   0 255   0 255
              0 255   0   0 255   0
            255   0 255   0   0 255
              0 255   0 255   0   0
            255   0 255 255   0 255
        """,
    ),
    Table(
        "threshold adaptive",
        {"size": 3, "offset": -10.5},
        OPENCV,
        border="edge",
        dtype="uint8",
        want="""
              0 255   0 255   0 255
              0 255   0   0 255   0
            255   0 255   0   0 255
              0 255   0   0   0   0
            255   0   0 255   0 255
        """,
    ),
    Table(
        "threshold adaptive",
        {"size": 5, "method": "gauss"},
        OPENCV,
        border="edge",
        dtype="uint8",
        want="""
              0 255   0 255   0 255
              0 255   0   0 255   0
            255   0 255   0   0 255
              0 255   0 255   0   0
            255   0 255 255   0 255
        """,
    ),
    Table(
        "threshold adaptive",
        {"size": 3, "method": "gauss", "offset": 7.25},
        OPENCV,
        border="edge",
        dtype="uint8",
        want="""
              0 255   0 255   0 255
              0 255   0   0 255   0
            255   0 255   0   0 255
              0 255   0 255 255   0
            255   0 255 255   0 255
        """,
    ),
    Table(
        "threshold adaptive",
        {"size": 11, "method": "gauss", "offset": 0},
        OPENCV,
        border="edge",
        dtype="uint8",
        want="""
              0 255   0 255   0 255
              0 255   0   0 255   0
            255   0 255   0   0 255
              0 255   0 255   0   0
            255   0 255 255   0 255
        """,
    ),
    Table(
        "threshold adaptive",
        {"size": [3, 5], "offset": 0.04},
        "OpenCV 5.0.0, cv2.boxFilter of float64: above it less the offset",
        border="edge",
        image=SINGLE,
        want="""
            0 1 0 1 0 1
            0 1 0 0 1 0
            1 0 1 0 0 1
            0 1 0 1 0 0
            1 0 1 1 0 1
        """,
    ),
    Table(
        "threshold adaptive",
        {"size": 3, "offset": 22.5},
        f"{OPENCV}: the offset is rounded up",
        border="edge",
        dtype="uint8",
        want="""
              0 255   0 255   0 255
              0 255 255   0 255   0
            255   0 255   0   0 255
              0 255   0 255 255   0
            255   0 255 255   0 255
        """,
    ),
    Table(
        "threshold niblack",
        {},
        "scikit-image 0.26.0, skimage.filters.threshold_niblack",
        peer=skimage("niblack", 15, full=255),
        dtype="uint8",
        want="""
              0 255   0 255   0 255
              0 255   0   0 255   0
            255   0 255   0   0 255
              0 255   0 255 255   0
            255   0 255 255   0 255
        """,
    ),
    Table(
        "threshold niblack",
        {},
        "scikit-image 0.26.0, skimage.filters.threshold_niblack",
        peer=skimage("niblack", 15),
        image=SINGLE,
        want="""
            0 1 0 1 0 1
            0 1 0 0 1 0
            1 0 1 0 0 1
            0 1 0 1 1 0
            1 0 1 1 0 1
        """,
    ),
    Table(
        "threshold niblack",
        {"size": 3, "k": -0.5},
        "scikit-image 0.26.0, skimage.filters.threshold_niblack",
        peer=skimage("niblack", 3, full=255, k=-0.5),
        dtype="uint8",
        want="""
              0   0   0 255   0   0
              0 255   0   0 255   0
              0   0 255   0   0 255
              0 255   0   0   0   0
              0   0   0 255   0 255
        """,
    ),
    Table(
        "threshold niblack",
        {"size": 3, "k": -0.5},
        "scikit-image 0.26.0, skimage.filters.threshold_niblack",
        peer=skimage("niblack", 3, k=-0.5),
        image=SINGLE,
        want="""
            0 0 0 1 0 0
            0 1 0 0 1 0
            0 0 1 0 0 1
            0 1 0 0 0 0
            0 0 0 1 0 1
        """,
    ),
    Table(
        "threshold niblack",
        {"size": 5, "offset": 20},
        "scikit-image 0.26.0, skimage.filters.threshold_niblack",
        peer=lambda image: 255 * (image > filters.threshold_niblack(image, 5) - 20),
        dtype="uint8",
        want="""
              0 255   0 255   0 255
              0 255 255   0 255   0
            255   0 255   0   0 255
              0 255   0 255 255   0
            255   0 255 255 255 255
        """,
    ),
    Table(
        "threshold sauvola",
        {},
        "scikit-image 0.26.0, skimage.filters.threshold_sauvola",
        peer=skimage("sauvola", 15, full=255, r=127.5),
        dtype="uint8",
        want="""
              0   0   0 255   0 255
              0 255   0   0 255   0
            255   0 255   0   0 255
              0 255   0 255   0   0
            255   0 255 255   0 255
        """,
    ),
    Table(
        "threshold sauvola",
        {},
        "scikit-image 0.26.0, skimage.filters.threshold_sauvola",
        peer=skimage("sauvola", 15, r=1.0),
        image=SINGLE,
        want="""
            0 1 0 1 0 1
            0 1 0 0 1 0
            1 0 1 0 0 1
            0 1 0 1 0 0
            1 0 1 1 0 1
        """,
    ),
    Table(
        "threshold sauvola",
        {"size": 3, "k": 0.4},
        "scikit-image 0.26.0, skimage.filters.threshold_sauvola",
        peer=skimage("sauvola", 3, full=255, k=0.4, r=127.5),
        dtype="uint8",
        want="""
              0 255   0 255   0   0
              0 255   0   0 255   0
            255   0 255   0   0 255
              0 255   0 255 255   0
            255   0 255 255   0 255
        """,
    ),
    Table(
        "threshold sauvola",
        {"size": 3, "k": 0.4},
        "scikit-image 0.26.0, skimage.filters.threshold_sauvola",
        peer=skimage("sauvola", 3, k=0.4, r=1.0),
        image=SINGLE,
        want="""
            0 1 0 1 0 1
            0 1 1 0 1 0
            1 0 1 0 0 1
            0 1 0 1 1 0
            1 0 1 1 0 1
        """,
    ),
    Table(
        "threshold sauvola",
        {"size": 5, "r": 60},
        "scikit-image 0.26.0, skimage.filters.threshold_sauvola",
        peer=skimage("sauvola", 5, full=255, r=60),
        dtype="uint8",
        want="""
              0 255   0 255   0 255
              0 255   0   0 255   0
            255   0 255   0   0 255
              0 255   0 255   0   0
            255   0 255 255   0 255
        """,
    ),
    Table(
        "threshold sauvola",
        {"size": 5, "offset": 9, "k": 0.1},
        "scikit-image 0.26.0, skimage.filters.threshold_sauvola",
        peer=lambda image: 255 * (image > filters.threshold_sauvola(image, 5, k=0.1, r=127.5) - 9),
        dtype="uint8",
        want="""
              0 255   0 255   0 255
              0 255   0   0 255   0
            255   0 255   0   0 255
              0 255   0 255 255   0
            255   0 255 255   0 255
        """,
    ),
    Table(
        "threshold niblack",
        {"size": 3, "value": 50},
        "NumPy 2.4.6, pad, mean and std",
        border="constant",
        dtype="uint8",
        want="""
              0 255   0 255   0 255
              0 255   0   0 255   0
            255   0 255   0   0 255
              0 255   0 255 255   0
            255   0 255 255   0 255
        """,
    ),
    Table(
        "contrast local",
        {},
        "NumPy 2.4.6, pad, mean and std",
        peer=wallis(31, 31),
        dtype="uint8",
        want="""
              75.705998  114.335773    87.57772  182.825795   71.844717  120.854713
               72.94296  154.489818   105.31235   79.175635   194.64844   91.910162
             125.433164   70.809535  165.101563  100.223945   84.856749  143.654919
             103.828762  205.606924    75.16363  130.604173   112.67436   68.981278
              174.40129   84.074614  150.246155  215.455868     97.0462  135.887444
        """,
    ),
    Table(
        "contrast local",
        {"size": [3, 5], "mean": 100, "deviation": 20, "gain": 2, "weight": 0.25},
        "NumPy 2.4.6, pad, mean and std",
        peer=wallis(3, 5, mean=100, deviation=20, gain=2, weight=0.25),
        dtype="uint8",
        want="""
              60.275671   84.460195   76.367683  120.410465   79.312993   99.786717
              61.395043  101.548409   79.294473    72.40177  121.378937   80.365681
              97.757766    74.10813  110.207929   83.250112   73.785851   97.864311
              92.693318  132.915599   80.080118   98.672632   87.333346   72.123756
             121.326034  102.215103  114.493482  130.940021   75.249056  102.738514
        """,
    ),
    Table(
        "contrast local",
        {"size": 3},
        "NumPy 2.4.6, pad, mean and std",
        peer=wallis(3, 3, mean=0.5, deviation=0.2),
        image=SINGLE,
        want="""
               0.266456    0.501188    0.324415    0.685074    0.295279     0.44173
               0.286448     0.68292    0.412211    0.317279    0.773445    0.370986
               0.469639    0.279698    0.646925    0.394265    0.337819    0.558327
               0.406811    0.775545    0.292094    0.497767    0.437797      0.2159
               0.583302    0.323429    0.527881    0.861002    0.377391    0.683183
        """,
    ),
    Table(
        "contrast local",
        {"size": 3, "method": "zscore"},
        "NumPy 2.4.6, pad, mean and std",
        peer=lambda image: np.divide(*scored(image, 3, 3)),
        dtype="uint8",
        want="""
              -1.218546    0.321257   -0.864574    1.210623    -1.02686   -0.291558
              -1.004057     1.39595   -0.328535    -0.88145    1.780603   -0.556012
              -0.076555   -1.107876    1.022635   -0.424073   -0.724982     0.50256
              -0.397935    1.705169   -1.117513    0.115938   -0.198175   -1.530023
               0.389001    -0.92316    0.161475    2.289686   -0.538191    1.608768
        """,
    ),
    Table(
        "contrast local",
        {"size": 5, "method": "zscore"},
        "NumPy 2.4.6, pad, mean and std",
        peer=lambda image: np.divide(*scored(image, 5, 5)),
        image=SINGLE,
        want="""
              -1.089481    0.099002   -0.627745    1.615705    -1.11748    0.070622
              -1.079635    0.853543   -0.265038   -0.947935    1.768126   -0.613828
                0.14875   -1.161462    0.988472    -0.49094   -0.802935    0.425285
              -0.472284     1.53848    -1.11056    0.179041   -0.119443   -1.236335
               0.931896   -0.895461    0.631522    2.120958   -0.490386    0.535688
        """,
    ),
]
