"""Images combined: by a formula, blended, through a mask."""

import numpy as np

from references.table import Table

TABLES = [
    Table(
        "combine mine",
        {"formula": "abs(input - 128)"},
        "numpy, each number by hand",
        """
        116  48  95  72 123  37
        121  22  64 110  94  88
         29 125  42  73 100   3
         67 112 117  20  51 128
         55 102  14 127  79  12
        """,
        lambda image: np.abs(image - 128),
    ),
    Table(
        "combine blend",
        {"with": "input"},
        "W3C, Compositing and Blending Level 1, by NumPy: of the image over itself",
        """
        12 80 33 200 5 91
        7 150 64 18 222 40
        99 3 170 55 28 131
        61 240 11 108 77 0
        183 26 142 255 49 116
        """,
        lambda x: x,
        dtype="uint8",
    ),
    Table(
        "combine blend",
        {"with": "input", "mode": "add"},
        "W3C, Compositing and Blending Level 1, by NumPy: of the image over itself",
        """
        24 160 66 255 10 182
        14 255 128 36 255 80
        198 6 255 110 56 255
        122 255 22 216 154 0
        255 52 255 255 98 232
        """,
        lambda x: np.minimum(2 * x, 255),
        dtype="uint8",
    ),
    Table(
        "combine blend",
        {"with": "input", "mode": "subtract"},
        "W3C, Compositing and Blending Level 1, by NumPy: of the image over itself",
        """
        0 0 0 0 0 0
        0 0 0 0 0 0
        0 0 0 0 0 0
        0 0 0 0 0 0
        0 0 0 0 0 0
        """,
        lambda x: 0 * x,
        dtype="uint8",
    ),
    Table(
        "combine blend",
        {"with": "input", "mode": "difference"},
        "W3C, Compositing and Blending Level 1, by NumPy: of the image over itself",
        """
        0 0 0 0 0 0
        0 0 0 0 0 0
        0 0 0 0 0 0
        0 0 0 0 0 0
        0 0 0 0 0 0
        """,
        lambda x: 0 * x,
        dtype="uint8",
    ),
    Table(
        "combine blend",
        {"with": "input", "mode": "multiply"},
        "W3C, Compositing and Blending Level 1, by NumPy: of the image over itself",
        """
        0.5647059 25.09804 4.270588 156.8627 0.09803922 32.47451
        0.1921569 88.23529 16.06275 1.270588 193.2706 6.27451
        38.43529 0.03529412 113.3333 11.86275 3.07451 67.29804
        14.59216 225.8824 0.4745098 45.74118 23.25098 0
        131.3294 2.65098 79.07451 255 9.415686 52.76863
        """,
        lambda x: x * x / 255,
        dtype="uint8",
    ),
    Table(
        "combine blend",
        {"with": "input", "mode": "screen"},
        "W3C, Compositing and Blending Level 1, by NumPy: of the image over itself",
        """
        23.43529 134.902 61.72941 243.1373 9.901961 149.5255
        13.80784 211.7647 111.9373 34.72941 250.7294 73.72549
        159.5647 5.964706 226.6667 98.13725 52.92549 194.702
        107.4078 254.1176 21.52549 170.2588 130.749 0
        234.6706 49.34902 204.9255 255 88.58431 179.2314
        """,
        lambda x: 255 - (255 - x) ** 2 / 255,
        dtype="uint8",
    ),
    Table(
        "combine blend",
        {"with": "input", "mode": "darken"},
        "W3C, Compositing and Blending Level 1, by NumPy: of the image over itself",
        """
        12 80 33 200 5 91
        7 150 64 18 222 40
        99 3 170 55 28 131
        61 240 11 108 77 0
        183 26 142 255 49 116
        """,
        lambda x: x,
        dtype="uint8",
    ),
    Table(
        "combine blend",
        {"with": "input", "mode": "lighten"},
        "W3C, Compositing and Blending Level 1, by NumPy: of the image over itself",
        """
        12 80 33 200 5 91
        7 150 64 18 222 40
        99 3 170 55 28 131
        61 240 11 108 77 0
        183 26 142 255 49 116
        """,
        lambda x: x,
        dtype="uint8",
    ),
    Table(
        "combine blend",
        {"with": "input", "mode": "overlay"},
        "W3C, Compositing and Blending Level 1, by NumPy: of the image over itself",
        """
        1.129412 50.19608 8.541176 231.2745 0.1960784 64.94902
        0.3843137 168.5294 32.12549 2.541176 246.4588 12.54902
        76.87059 0.07058824 198.3333 23.72549 6.14902 134.4039
        29.18431 253.2353 0.9490196 91.48235 46.50196 0
        214.3412 5.301961 154.851 255 18.83137 105.5373
        """,
        lambda x: np.where(x <= 127.5, 2 * x * x / 255, 255 - 2 * (255 - x) ** 2 / 255),
        dtype="uint8",
    ),
    Table(
        "combine blend",
        {"with": "input", "mode": "hard_light"},
        "W3C, Compositing and Blending Level 1, by NumPy: of the image over itself",
        """
        1.129412 50.19608 8.541176 231.2745 0.1960784 64.94902
        0.3843137 168.5294 32.12549 2.541176 246.4588 12.54902
        76.87059 0.07058824 198.3333 23.72549 6.14902 134.4039
        29.18431 253.2353 0.9490196 91.48235 46.50196 0
        214.3412 5.301961 154.851 255 18.83137 105.5373
        """,
        lambda x: np.where(x <= 127.5, 2 * x * x / 255, 255 - 2 * (255 - x) ** 2 / 255),
        dtype="uint8",
    ),
    Table(
        "combine blend",
        {"with": "input", "mode": "exclusion"},
        "W3C, Compositing and Blending Level 1, by NumPy: of the image over itself",
        """
        22.87059 109.8039 57.45882 86.27451 9.803922 117.051
        13.61569 123.5294 95.87451 33.45882 57.45882 67.45098
        121.1294 5.929412 113.3333 86.27451 49.85098 127.4039
        92.81569 28.23529 21.05098 124.5176 107.498 0
        103.3412 46.69804 125.851 0 79.16863 126.4627
        """,
        lambda x: 2 * x - 2 * x * x / 255,
        dtype="uint8",
    ),
    Table(
        "combine blend",
        {"with": "input", "mode": "color_dodge"},
        "W3C, Compositing and Blending Level 1, by NumPy: of the image over itself",
        """
        12.59259 116.5714 37.90541 255 5.1 141.4939
        7.197581 255 85.44503 19.36709 255 47.44186
        161.8269 3.035714 255 70.125 31.45374 255
        80.18041 255 11.4959 187.3469 110.309 0
        255 28.95197 255 255 60.65534 212.8058
        """,
        lambda x: np.where(
            x <= 0, 0, np.where(x >= 255, 255, np.minimum(255 * x / np.maximum(255 - x, 1), 255))
        ),
        dtype="uint8",
    ),
    Table(
        "combine blend",
        {"with": "input", "mode": "color_burn"},
        "W3C, Compositing and Blending Level 1, by NumPy: of the image over itself",
        """
        0 0 0 184.875 0 0
        0 76.5 0 0 217.0946 0
        0 0 127.5 0 0 13.62595
        0 239.0625 0 0 0 0
        154.6721 0 52.07746 255 0 0
        """,
        lambda x: np.where(
            x >= 255, 255, np.where(x <= 0, 0, 255 - np.minimum(255 * (255 - x) / np.maximum(x, 1), 255))
        ),
        dtype="uint8",
    ),
    Table(
        "combine blend",
        {"with": "input", "mode": "multiply", "alpha": 0.25},
        "W3C, Compositing and Blending Level 1, by NumPy: of the image over itself",
        """
        9.141176 66.27451 25.81765 189.2157 3.77451 76.36863
        5.298039 134.5588 52.01569 13.81765 214.8176 31.56863
        83.85882 2.258824 155.8333 44.21569 21.76863 115.0745
        49.39804 236.4706 8.368627 92.43529 63.56275 0
        170.0824 20.16275 126.2686 255 39.10392 100.1922
        """,
        lambda x: 0.75 * x + 0.25 * x * x / 255,
        dtype="uint8",
    ),
    Table(
        "combine composite",
        {"with": "input", "mask": "input"},
        "Pillow 12, Image.composite of one image twice; more in test_blend.py",
        """
        12 80 33 200 5 91
        7 150 64 18 222 40
        99 3 170 55 28 131
        61 240 11 108 77 0
        183 26 142 255 49 116
        """,
        lambda x: x,
        dtype="uint8",
    ),
    Table(
        "combine mask",
        {"mask": "input", "outside": 7},
        "numpy.where",
        """
        12 80 33 200 5 91
        7 150 64 18 222 40
        99 3 170 55 28 131
        61 240 11 108 77 7
        183 26 142 255 49 116
        """,
        lambda x: np.where(x != 0, x, 7),
        dtype="uint8",
    ),
    Table(
        "combine mask",
        {"mask": "input"},
        "numpy.where",
        """
        12  80  33 200   5  91
        7 150  64  18 222  40
        99   3 170  55  28 131
        61 240  11 108  77   0
        183  26 142 255  49 116
        """,
        lambda x: x,
        dtype="uint8",
    ),
]
