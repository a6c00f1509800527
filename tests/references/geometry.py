"""Geometry: pixels that are kept as they are."""

from references.table import Table

IMAGE = """
     1  2  3  4  5
     6  7  8  9 10
    11 12 13 14 15
    16 17 18 19 20
"""

TABLES = [
    Table(
        "geometry crop",
        {"rows": [1, 3]},
        "NumPy, image[1:3]",
        peer=lambda image: image[1:3],
        image=IMAGE,
        want="""
             6  7  8  9 10
            11 12 13 14 15
        """,
    ),
    Table(
        "geometry crop",
        {"rows": [0, None], "columns": [-3, -1]},
        "NumPy, image[:, -3:-1]",
        peer=lambda image: image[:, -3:-1],
        image=IMAGE,
        want="""
             3  4
             8  9
            13 14
            18 19
        """,
    ),
    Table(
        "geometry crop",
        {"rows": [1, None], "columns": [0, 4], "stride": [1, 2]},
        "NumPy, image[1:, 0:4:2]",
        peer=lambda image: image[1:, 0:4:2],
        image=IMAGE,
        want="""
             6  8
            11 13
            16 18
        """,
    ),
]
