"""Local histogram equalisation."""

from references.table import Table

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
]
