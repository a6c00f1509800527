"""Thresholds by what is around each pixel."""

from skimage import filters

from references.table import IMAGE, Table, grid

OPENCV = "OpenCV 5.0.0, cv2.adaptiveThreshold with THRESH_BINARY"
SINGLE = "\n".join(" ".join(f"{number / 255}" for number in row) for row in grid(IMAGE))


def skimage(kind, size, full=1, **parameters):
    """Return the threshold by scikit-image's level around each pixel."""
    level = getattr(filters, f"threshold_{kind}")
    return lambda image: full * (image > level(image, size, **parameters))


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
]
