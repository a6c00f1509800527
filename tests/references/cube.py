"""Tables of colours."""

from pathlib import Path

import numpy as np
from scipy.interpolate import RegularGridInterpolator

from references.table import Table, grid

CUBE = Path(__file__).with_name("look.cube")
CORNERS = grid(CUBE.read_text().partition("LUT_3D_SIZE 3")[2]).reshape(3, 3, 3, 3).transpose(2, 1, 0, 3)
PIXELS = """
     12  80  33
    200   5  91
      7 150  64
     18 222  40
    255   3 170
      0 255  28
"""


def in_cubes(image):
    return 255 * RegularGridInterpolator(([0, 0.5, 1],) * 3, CORNERS)(image / 255)


def in_tetrahedra(image):
    """Return what lies between the corners that are met on the way along the longest part first."""
    made = np.empty_like(image)
    for place in np.ndindex(image.shape[:2]):
        at = image[place] / 127.5
        corner = np.minimum(at.astype(int), 1)
        part = at - corner
        value = CORNERS[tuple(corner)]
        for axis in np.argsort(-part, kind="stable"):
            before = CORNERS[tuple(corner)]
            corner[axis] += 1
            value = value + part[axis] * (CORNERS[tuple(corner)] - before)
        made[place] = 255 * value
    return made


TABLES = [
    Table(
        "contrast lut",
        {"table": str(CUBE)},
        "by definition: the six tetrahedra of a cube",
        peer=in_tetrahedra,
        dtype="uint8",
        channels=3,
        image=PIXELS,
        want="""
                 123.17      120.18       156.4
                  66.04       132.8       97.28
                 120.48       53.07      126.23
                 149.52      162.99       79.18
                  81.81      171.88       89.52
                 164.82      202.05       74.02
        """,
    ),
    Table(
        "contrast lut",
        {"table": str(CUBE), "interpolation": "trilinear"},
        "SciPy 1.17.1, scipy.interpolate.RegularGridInterpolator",
        peer=in_cubes,
        dtype="uint8",
        channels=3,
        image=PIXELS,
        want="""
             131.103716  112.308595  137.127336
              67.700727  135.709958   86.078539
             115.381702   58.520685  135.012627
             140.846256  148.652948   87.172471
                  84.65       172.4        92.8
                 164.82      202.05       74.02
        """,
    ),
]
