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
BELOW = """
    -288 -220 -267 -100 -295 -209
    -293 -150 -236 -282  -78 -260
    -201 -297 -130 -245 -272 -169
    -239  -60 -289 -192 -223 -300
    -117 -274 -158  -45 -251 -184
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
    Table(
        "network batch_norm",
        {"mean": 0.5, "var": 4},
        f"{TORCH}, nn.functional.batch_norm",
        want="""
             5.74999281  39.7499503   16.2499797   99.7498753    2.24999719   45.2499434
             3.24999594  74.7499066   31.7499603    8.74998906 110.749862     19.7499753
            49.2499384    1.24999844  84.7498941   27.2499659   13.7499828    65.2499184
            30.2499622  119.74985      5.24999344  53.7499328   38.2499522    -0.249999688
            91.2498859   12.7499841   70.7499116  127.249841    24.2499697    57.7499278
        """,
    ),
    Table(
        "network batch_norm",
        {"mean": [1, 2, 3], "var": [4, 9, 0.25], "weight": [1, -2, 0.5], "bias": [0.5, 0, 7], "eps": 0.001},
        f"{TORCH}, nn.functional.batch_norm",
        image=PIXELS,
        channels=3,
        want="""
            0.5          0          7
            1.99981254  -1.9998889  9.99401794
            3.49962507  -3.9997778 12.9880359
            4.99943761 -11.9993334 33.9461615
            5.49937512 -12.665963  34.9441674
            5.99931263 -13.3325927 35.9421734
        """,
    ),
    Table(
        "network normalize",
        {"mean": 0.5, "std": 0.25},
        "torchvision's formula in torch 2.13.0: (image / 255 - 0.5) / 0.25",
        dtype="uint8",
        want="""
            -1.81176471  -0.745098039 -1.48235294   1.1372549   -1.92156863  -0.57254902
            -1.89019608   0.352941176 -0.996078431 -1.71764706   1.48235294  -1.37254902
            -0.447058824 -1.95294118   0.666666667 -1.1372549   -1.56078431   0.0549019608
            -1.04313725   1.76470588  -1.82745098  -0.305882353 -0.792156863 -2
             0.870588235 -1.59215686   0.22745098   2           -1.23137255  -0.180392157
        """,
    ),
    Table(
        "network normalize",
        {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
        "torchvision's formula in torch 2.13.0: (image / 255 - mean) / std, those of ImageNet",
        image=PIXELS,
        channels=3,
        dtype="uint8",
        want="""
            -2.10077918 -2.00070028 -1.75215686
            -2.04940491 -1.94817927 -1.69986928
            -1.99803065 -1.89565826 -1.6475817
            -1.94665639 -1.68557423 -1.28156863
            -1.92953164 -1.66806723 -1.26413943
            -1.91240688 -1.65056022 -1.24671024
        """,
    ),
    Table(
        "network max_pool",
        {"size": 2},
        f"{TORCH}, nn.functional.max_pool2d(image, 2)",
        want="""
            150 200 222
            240 170 131
        """,
    ),
    Table(
        "network max_pool",
        {"size": 3, "stride": 2, "padding": 1},
        f"{TORCH}, nn.functional.max_pool2d(image, 3, 2, 1)",
        want="""
            150 200 222
            240 240 222
            240 255 255
        """,
    ),
    Table(
        "network max_pool",
        {"size": [2, 3], "stride": [2, 1], "padding": [1, 0], "ceil_mode": True},
        f"{TORCH}, nn.functional.max_pool2d(image, (2, 3), (2, 1), (1, 0), ceil_mode=True)",
        want="""
            80 200 200 200
            170 170 222 222
            240 255 255 255
        """,
    ),
    Table(
        "network max_pool",
        {"size": 2, "stride": 1, "padding": 1, "dilation": 2},
        f"{TORCH}, nn.functional.max_pool2d(image, 2, 1, 1, dilation=2), all below 0",
        image=BELOW,
        want="""
            -150 -236 -150 -78 -260 -78
            -220 -130 -100 -130 -100 -272
            -60 -236 -60 -78 -192 -78
            -274 -117 -45 -130 -45 -251
            -60 -239 -60 -223 -192 -223
        """,
    ),
    Table(
        "network avg_pool",
        {"size": 2},
        f"{TORCH}, nn.functional.avg_pool2d(image, 2)",
        want="""
            62.25 78.75 89.5
            100.75 86 59
        """,
    ),
    Table(
        "network avg_pool",
        {"size": 3, "stride": 2, "padding": 1},
        f"{TORCH}, nn.functional.avg_pool2d(image, 3, 2, 1)",
        want="""
            27.6666667 60.5555556 64
            62.2222222 91 75.4444444
            56.6666667 86.8888889 67.2222222
        """,
    ),
    Table(
        "network avg_pool",
        {"size": 3, "stride": 2, "padding": 1, "count_include_pad": False},
        f"{TORCH}, nn.functional.avg_pool2d(image, 3, 2, 1, count_include_pad=False)",
        want="""
            62.25 90.8333333 96
            93.3333333 91 75.4444444
            127.5 130.333333 100.833333
        """,
    ),
    Table(
        "network avg_pool",
        {"size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
        f"{TORCH}, nn.functional.avg_pool2d(image, 3, 2, 1, ceil_mode=True)",
        want="""
            27.6666667 60.5555556 64 21.8333333
            62.2222222 91 75.4444444 28.5
            56.6666667 86.8888889 67.2222222 19.3333333
        """,
    ),
    Table(
        "network avg_pool",
        {"size": [2, 4], "stride": 3, "padding": [1, 2], "ceil_mode": True},
        f"{TORCH}, nn.functional.avg_pool2d(image, (2, 4), 3, (1, 2), ceil_mode=True)",
        want="""
            11.5 39.75 12
            50.375 86.5 29.5
        """,
    ),
    Table(
        "network avg_pool",
        {"size": 2, "stride": 1, "dilation": 2},
        "by hand: (12 + 33 + 99 + 170) / 4 first",
        want="""
             78.5   84.5  59    119.25
             35.75 129    93.5   41.5
            148.5   84.75 97.25 139.25
        """,
    ),
]
