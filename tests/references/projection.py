"""One page out of all those of a stack; an image is a stack of one. Of several: tests/test_stack.py."""

import numpy as np

from references.table import Table

PAGE = """
      0   1  10
    128 200 255
"""
NOTHING = """
    0 0 0
    0 0 0
"""

TABLES = [
    Table(
        f"projection {name}",
        {},
        f"NumPy 2.4.6, {peer.__name__} of axis 0",
        peer=lambda image, peer=peer: peer(image[None], axis=0),
        dtype="uint8",
        image=PAGE,
        want=NOTHING if name == "deviation" else PAGE,
    )
    for name, peer in {
        "maximum": np.max,
        "minimum": np.min,
        "mean": np.mean,
        "median": np.median,
        "sum": np.sum,
        "deviation": np.std,
    }.items()
]
