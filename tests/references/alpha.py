"""What becomes of alpha: blurs weigh by it, other windows pass it on; without the word, it is data."""

import numpy as np
from scipy import ndimage
from skimage import color

from references.table import Table

RGBA = """
     12  80  33 255
    200   5  91 128
      7 150  64   0
     18 222  40  31
    255   3 170 200
      0 255  28   1
"""


def _covered(image):
    colours, alpha = image[..., :-1], image[..., -1:]
    sums, cover = (
        ndimage.uniform_filter(part, (3, 3, 1), mode="mirror") for part in (colours * alpha, alpha)
    )
    return np.dstack([sums / cover, cover])


def _coloured(image):
    """Sobel's taps over alpha times the difference of each colour and that of the pixel."""
    colours, alpha = (
        np.pad(part, ((1, 1), (1, 1), (0, 0)), "reflect") for part in (image[..., :3], image[..., 3:] / 255)
    )
    smooth, difference = np.array([1, 2, 1]) / 4, np.array([-1, 0, 1])
    sums = np.zeros((2, *image[..., :3].shape))
    for (i, j), weight in np.ndenumerate(np.outer(smooth, difference)):
        for bank, (row, col) in enumerate([(i, j), (j, i)]):
            under = np.s_[row : row + len(image), col : col + image.shape[1]]
            sums[bank] += weight * alpha[under] * (colours[under] - image[..., :3])
    edges = np.where(image[..., 3:] > 0, np.hypot(*sums) / np.sqrt(2), 0)
    return np.dstack([edges, image[..., 3]])


def _grey(image):
    return np.dstack([color.rgb2gray(image[..., :3]), image[..., -1]])


TABLES = [
    Table(
        "blur box",
        {},
        "SciPy 1.17.1, ndimage.uniform_filter of colour times alpha, over that of alpha",
        peer=_covered,
        image=RGBA,
        channels=4,
        alpha=True,
        want="""
            188.911872  27.563001 123.955572 152.555556
            155.579693  43.109799 106.964581  94.111111
             241.20983   3.960302 150.616257 117.555556
            145.270475  35.403992  91.302134 161.444444
            109.096192  49.916834   75.54509 110.888889
            223.877327    4.39759 125.542169 101.444444
        """,
    ),
    Table(
        "blur box",
        {},
        "SciPy 1.17.1, ndimage.uniform_filter of each of four bands of data",
        peer=lambda image: ndimage.uniform_filter(image, (3, 3, 1), mode="mirror"),
        image=RGBA,
        channels=4,
        want="""
            163.111111  60.666667 108.333333 152.555556
                    85 132.777778  73.777778  94.111111
            158.555556  75.777778 109.111111 117.555556
            150.222222  45.333333         90 161.444444
                    79 105.555556  68.222222 110.888889
            147.111111  64.555556  95.555556 101.444444
        """,
    ),
    Table(
        "edge sobel",
        {},
        "NumPy 2.4, the definition written out: alpha weighs neighbours, the pixel has the rest",
        peer=_coloured,
        dtype="uint8",
        image=RGBA,
        channels=4,
        alpha=True,
        want="""
                     0          0          0        255
            74.0132827 35.4967604 22.6107792        128
                     0          0          0          0
                     0          0          0         31
            95.7464176 36.2870562 53.8274639        200
                     0          0          0          1
        """,
    ),
    Table(
        "color gray",
        {},
        "scikit-image 0.26.0, skimage.color.rgb2gray; alpha as it was",
        peer=_grey,
        image=RGBA,
        channels=4,
        alpha=True,
        want="""
             62.1613      255
             52.6381      128
            113.4119        0
            165.5278       31
             68.5907      200
            184.4458        1
        """,
    ),
]
