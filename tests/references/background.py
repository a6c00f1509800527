"""Backgrounds taken off, and uneven light made even."""

import numpy as np
from scipy import ndimage
from skimage import restoration

from references.table import Table

CROSS = [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
FLAT = [[1, 2, 4, 2, 1, 8]] * 5
DARK = [[0, 1, 0, 1, 0, 4]] * 5


def gaussian(sigma):
    return lambda image: image - ndimage.gaussian_filter(image, sigma, mode="mirror")


def opened(image):
    return image - ndimage.grey_opening(image, footprint=CROSS, mode="mirror")


def closed(image):
    return 1 + image - ndimage.grey_closing(image, footprint=CROSS, mode="mirror")


def flat_field(image):
    light = np.array(FLAT, float) - DARK
    lit = light > 0
    return (image - DARK) * np.where(lit, light[lit].mean() / np.where(lit, light, 1), 1)


TABLES = [
    Table(
        "background subtract",
        {},
        "SciPy 1.17.1, ndimage.gaussian_filter",
        peer=gaussian(50),
        want="""
            -78.5248979 -10.5250141 -57.5249419 109.475007 -85.5249623 0.475086181
            -83.5249522 59.4749316 -26.5249962 -72.5250476 131.474983 -50.5249681
            8.47510624  -87.52501 79.4750622 -35.5249892 -62.5249582 40.4750903
            -29.5249365 149.474947 -79.5249805 17.4749681 -13.525001 -90.5249525
            92.4749877 -64.5251285 51.4749437 164.474892 -41.5250768 25.4749718
        """,
        off=0.025,
    ),
    Table(
        "background subtract",
        {"sigma": 1},
        "SciPy 1.17.1, ndimage.gaussian_filter",
        peer=gaussian(1),
        want="""
            -55.1657637   5.734249 -48.9344696  109.22105 -90.5372482 -2.51147317
            -65.1232901 71.3879362 -19.8541372 -69.5677471 129.363412 -52.8685831
            11.4383618 -88.0267879 78.9346714 -30.5930991 -54.2604212 50.0183943
            -48.0087762 132.296812 -93.0263759 10.4328469 -4.19408646 -71.2916446
            65.5956528 -88.3602449 29.6424588 145.559195 -38.1291942 43.7889765
        """,
    ),
    Table(
        "background subtract",
        {"sigma": 1, "which": "dark"},
        "SciPy 1.17.1, ndimage.gaussian_filter",
        peer=lambda image: 1 + gaussian(1)(image),
        want="""
            -54.1657637   6.734249 -47.9344696  110.22105 -89.5372482 -1.51147317
            -64.1232901 72.3879362 -18.8541372 -68.5677471 130.363412 -51.8685831
            12.4383618 -87.0267879 79.9346714 -29.5930991 -53.2604212 51.0183943
            -47.0087762 133.296812 -92.0263759 11.4328469 -3.19408646 -70.2916446
            66.5956528 -87.3602449 30.6424588 146.559195 -37.1291942 44.7889765
        """,
    ),
    Table(
        "background subtract",
        {"method": "median", "size": 3},
        "SciPy 1.17.1, ndimage.median_filter",
        peer=lambda image: image - ndimage.median_filter(image, 3, mode="mirror"),
        want="""
                   -68         16        -31        136        -35          0
                   -73         86          0        -37        167          0
                     0        -61        106         -9        -27         54
                     0        141        -97         31          0        -49
                     0        -35         34        178        -28         39
        """,
    ),
    Table(
        "background subtract",
        {"method": "tophat", "footprint": CROSS, "size": 3},
        "SciPy 1.17.1, ndimage.grey_opening",
        peer=opened,
        want="""
                     0         47          0        167          0         51
                     0        132         31          0        182          0
                    38          0        152         27          0         91
                     0        179          0         59         28          0
                   122          0         93        206          0         67
        """,
    ),
    Table(
        "background subtract",
        {"method": "tophat", "footprint": CROSS, "size": 3, "which": "dark"},
        "SciPy 1.17.1, ndimage.grey_closing",
        peer=closed,
        want="""
                   -67          1       -116          1        -85          1
                   -72          1        -85       -151          1        -50
                     1        -95          1       -114        -79          1
                   -37          1       -158          1        -30       -107
                     1       -156        -97          1        -58          1
        """,
    ),
    Table(
        "background subtract",
        {"method": "rolling_ball"},
        "scikit-image 0.26.0, restoration.rolling_ball",
        peer=lambda image: image - restoration.rolling_ball(image, radius=50),
        want="""
            11.6588361 79.7493719 32.8196748 199.869831  4.8998998 90.9099189
            6.70915409 149.799598 63.8698306 17.9199359 221.949975  39.959984
            98.7393205 2.82971001   169.8999  54.949975  27.979996 130.989999
            60.7493719 239.839743 10.9099189 107.959984  76.989999          0
             182.73932   25.82971   141.8999 254.949975  48.979996 115.989999
        """,
    ),
    Table(
        "background subtract",
        {"method": "rolling_ball", "radius": 2, "which": "dark"},
        "scikit-image 0.26.0, restoration.rolling_ball",
        peer=lambda image: image + 1 + restoration.rolling_ball(-image, radius=2),
        want="""
            -136.414214       -117 -165.732051 -20.4142136 -215.732051 -129.414214
            -141.732051        -87       -155 -202.732051          1 -180.732051
            -139.414214 -235.732051 -68.4142136       -197 -192.732051 -89.4142136
            -177.732051          1 -242.414214 -145.732051 -176.414214 -129.732051
            -55.4142136       -226 -111.732051          1 -204.732051       -136
        """,
    ),
    Table(
        "background flatfield",
        {"flat": [[1.0]]},
        "a light that is the same everywhere changes nothing",
        want="""
                    12         80         33        200          5         91
                     7        150         64         18        222         40
                    99          3        170         55         28        131
                    61        240         11        108         77          0
                   183         26        142        255         49        116
        """,
    ),
    Table(
        "background flatfield",
        {"flat": FLAT},
        "the formula, by NumPy",
        peer=lambda image: image * np.mean(FLAT) / FLAT,
        want="""
                    36        120      24.75        300         15     34.125
                    21        225         48         27        666         15
                   297        4.5      127.5       82.5         84     49.125
                   183        360       8.25        162        231          0
                   549         39      106.5      382.5        147       43.5
        """,
    ),
    Table(
        "background flatfield",
        {"flat": FLAT, "dark": DARK},
        "the formula, by NumPy; less the dark frame",
        peer=flat_field,
        want="""
                    24        158       16.5        398         10       43.5
                    14        298         32         34        444         18
                   198          4         85        108         56       63.5
                   122        478        5.5        214        154         -2
                   366         50         71        508         98         56
        """,
    ),
]
