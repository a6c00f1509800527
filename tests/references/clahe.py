"""Local histogram equalisation."""

import numpy as np
from skimage import exposure

from references.table import IMAGE, Table

OPENCV = "OpenCV 5.0.0, cv2.createCLAHE: what it rounds"
COARSE = """
     0 10 10 20 30 30
    10 10 20 20 30 40
     0 20 30 30 40 40
    10 20 30 40 40 40
"""
SHARES = """
    0 0.25 0.5   1
    1  0.3 0.5 0.1
"""

SKIMAGE = "scikit-image 0.26.0, skimage.exposure.equalize_adapthist"
COLOURS = """
    200  10  30
     20  90  60
      0   0 255
     10  10  12
    140 130   0
     77  31 200
"""


def adapted(kernel_size, clip):
    """Return what scikit-image makes of bytes, over their range."""
    return lambda image: 255 * exposure.equalize_adapthist(image.astype(np.uint8), kernel_size, clip)


TABLES = [
    Table(
        "contrast clahe",
        {},
        OPENCV,
        dtype="uint8",
        want="""
                   255        255      127.5        255      127.5        255
                 127.5        255      127.5      63.75        255      127.5
                   255      63.75        255      127.5      127.5     191.25
                 127.5        255      127.5     191.25     191.25      63.75
                   255      63.75     191.25        255      63.75        255
        """,
    ),
    Table(
        "contrast clahe",
        {"clip": 40, "tiles": [2, 3]},
        OPENCV,
        dtype="uint8",
        want="""
                    85        170 108.333336        241         28        170
                    57        227        142         71        255        113
            188.666672         28 238.388885 120.416664  81.111107 193.333328
                   113        255  54.583332        170      127.5  26.083332
            231.666672         85 178.555557        255  89.666664 189.444443
        """,
    ),
    Table(
        "contrast clahe",
        {"clip": 8.5, "tiles": [2, 2]},
        OPENCV,
        dtype="uint8",
        image=COARSE,
        want="""
                    85        128 113.666664      127.5        135        128
                   128        128 155.833328      127.5        135        170
                    85        170 176.916672     148.75        156        149
                   128        170 190.833328        170        142        128
        """,
    ),
    Table(
        "contrast clahe",
        {"clip": 30, "tiles": 1},
        OPENCV,
        dtype="uint8",
        image=COARSE,
        want="""
                    32         53         53         85        106        106
                    53         53         85         85        106        138
                    32         85        106        106        138        138
                    53         85        106        138        138        138
        """,
    ),
    Table(
        "contrast clahe",
        {"clip": 256, "tiles": 1},
        "NumPy 2.4.6, bincount of 256 levels, cumsum, and lines between two of them",
        image=SHARES,
        want="""
                 0.125    0.34375      0.625          1
                     1        0.5      0.625     0.1875
        """,
    ),
    *(
        Table(
            "contrast clahe",
            {"method": "skimage", "tiles": tiles, "clip": 256 * clip},
            SKIMAGE,
            peer=adapted(kernel_size, clip),
            dtype="uint8",
            image=image,
            channels=channels,
            want=want,
        )
        for tiles, kernel_size, clip, image, channels, want in (
            (
                1,
                (5, 6),
                0.01,
                IMAGE,
                0,
                """
                     43.957189 140.679106  79.139041 228.609585  17.582876 149.470544
                     26.374313 202.235272  123.09623  52.748627 237.401023  87.930479
                    158.261981   8.791438  211.02671 105.513355  70.331502 184.652396
                    114.304793 246.192461  35.165751 167.069521 131.887668          0
                    219.818147  61.540064 193.443834        255  96.705815 175.860959
                """,
            ),
            (
                2,
                (2, 3),
                0.3,
                IMAGE,
                0,
                """
                     69.548542 208.628646 115.902917 239.531562   7.725729 162.274271
                     23.177187        255 162.274271  69.548542        255 115.902917
                    185.451458          0 231.805833 100.451458  69.548542 208.628646
                    115.902917        255  69.548542 177.725729 146.805833  23.177187
                    208.611666  69.548542 162.274271        255  69.548542 208.628646
                """,
            ),
            (
                [2, 3],
                (1, 1),
                0.5,
                COLOURS,
                3,
                """
                       255  12.75 38.25
                         0      0     0
                         0      0   255
                         0      0     0
                         0      0     0
                    98.175 39.525   255
                """,
            ),
        )
    ),
]
