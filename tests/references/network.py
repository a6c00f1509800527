"""Layers: small sums, written out."""

import numpy as np
from scipy import ndimage

from references.table import Table

SHARPEN = [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
WEIGHTS = [
    [[[1, 2], [0, -1]], [[0, 1], [1, 0]], [[2, 0], [0, 0]]],
    [[[0, 0], [3, 0]], [[-1, 0], [0, 0]], [[0, 0], [0, 5]]],
]
PIXELS = """
     1  2  3
     4  5  6
     7  8  9
    10 20 30
    11 21 31
    12 22 32
"""

SIGNED = """
    -2.5 -1    0
     0.5  3   -0.125
    90  -95    7
"""
TORCH = "torch 2.13.0"

TABLES = [
    Table(
        "network conv",
        {"weights": [[SHARPEN]]},
        "SciPy 1.17.1, ndimage.correlate, mode='mirror'",
        peer=lambda image: ndimage.correlate(image, np.array(SHARPEN), mode="mirror"),
        want="""
            -114   55 -243  926 -710  365
            -376  596  -51 -451 1019 -466
             421 -644  717  -49 -345  559
            -457 1099 -605  142  200 -401
             741 -675  407  868 -280  482
        """,
    ),
    Table(
        "network conv",
        {"weights": WEIGHTS, "padding": 0},
        "by hand: 1*1 + 2*4 - 1*11 + 1*5 + 1*20 + 2*3, and 3*10 - 1*2 + 5*31; then a column further",
        image=PIXELS,
        channels=3,
        want="""
             29 183
             47 188
        """,
    ),
    Table(
        "network conv",
        {"weights": WEIGHTS, "bias": [100, -0.5], "padding": 0},
        "the same, and a bias for each filter",
        image=PIXELS,
        channels=3,
        want="""
            129 182.5
            147 187.5
        """,
    ),
    Table(
        "network conv",
        {"weights": [[[[1]]], [[[2]]], [[[3]]]], "groups": 3},
        "by hand: each channel by itself",
        image=PIXELS,
        channels=3,
        want="""
             1  4  9
             4 10 18
             7 16 27
            10 40 90
            11 42 93
            12 44 96
        """,
    ),
    Table(
        "network relu",
        {},
        f"{TORCH}, nn.functional.relu",
        image=SIGNED,
        want="""
            0   0 0
            0.5 3 0
            90  0 7
        """,
    ),
    Table(
        "network leaky_relu",
        {},
        f"{TORCH}, nn.functional.leaky_relu",
        image=SIGNED,
        want="""
            -0.025 -0.01  0
             0.5    3    -0.00125
            90     -0.95  7
        """,
    ),
    Table(
        "network leaky_relu",
        {"slope": 0.2},
        f"{TORCH}, nn.functional.leaky_relu(image, 0.2)",
        image=SIGNED,
        want="""
            -0.5  -0.2  0
             0.5   3   -0.025
            90   -19    7
        """,
    ),
    Table(
        "network sigmoid",
        {},
        f"{TORCH}, torch.sigmoid",
        image=SIGNED,
        want="""
            0.07585818  0.268941421 0.5
            0.622459331 0.952574127 0.468790627
            1           5.5e-42     0.999088949
        """,
    ),
]
