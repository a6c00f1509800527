"""White balance and stains: gains of colours, and what dyes absorb."""

import numpy as np
from skimage import color

from references.color import PIXELS
from references.table import Table

DYES = """
    0.2 0.1 0.3
    0 0.4 0.05
    0.6 0.02 0.1
    0.05 0.05 0.05
    0 0 0
    0.9 0.8 0.7
"""

SOURCE = "scikit-image 0.26.0, color.separate_stains"


def separated(stains):
    """Return scikit-image's separation of 8-bit pixels, as a function of them."""
    return lambda image: 255 * color.separate_stains(image / 255, getattr(color, f"{stains}_from_rgb"))


def balanced(white, target=None):
    """Return colours times the gains that make `white` of them neutral, as a function of an image."""

    def made(image):
        neutral = white(image.reshape(-1, 3))
        return image * ((neutral.mean() if target is None else target) / neutral)

    return made


TABLES = [
    Table(
        "color stain_separation",
        {},
        SOURCE,
        peer=separated("hed"),
        image=PIXELS,
        channels=3,
        dtype="uint8",
        want="""
            81.815314 0 25.117233
            0 68.693881 17.59882
            108.621998 0 1.918711
            71.139537 0 26.244837
            0 89.452874 0.663713
            454.343583 0 0
        """,
    ),
    Table(
        "color stain_separation",
        {"stains": "hed"},
        SOURCE,
        peer=separated("hed"),
        image=PIXELS,
        channels=3,
        dtype="uint8",
        want="""
            81.815314 0 25.117233
            0 68.693881 17.59882
            108.621998 0 1.918711
            71.139537 0 26.244837
            0 89.452874 0.663713
            454.343583 0 0
        """,
    ),
    Table(
        "color stain_separation",
        {"stains": "rbd"},
        SOURCE,
        peer=separated("rbd"),
        image=PIXELS,
        channels=3,
        dtype="uint8",
        want="""
            0 71.362985 67.870947
            127.575327 0 0
            0 94.763928 59.098591
            0 63.786289 82.070587
            166.365235 0 0
            0 395.51935 152.86117
        """,
    ),
    Table(
        "color stain_separation",
        {"stains": "bro"},
        SOURCE,
        peer=separated("bro"),
        image=PIXELS,
        channels=3,
        dtype="uint8",
        want="""
            63.407915 0 51.379075
            0 97.922245 0
            77.796796 0 47.016251
            55.875588 0 59.49263
            0 122.125278 0
            308.078392 0 132.66912
        """,
    ),
    Table(
        "color stain_separation",
        {"stains": "hdx"},
        SOURCE,
        peer=separated("hdx"),
        image=PIXELS,
        channels=3,
        dtype="uint8",
        want="""
            47.725589 18.565078 53.265153
            37.654676 27.32978 0
            62.935693 0 71.320864
            29.09389 17.922512 65.785722
            49.320575 13.233204 0
            268.612434 0 289.720836
        """,
    ),
    Table(
        "color stain_separation",
        {"stains": "fgx"},
        SOURCE,
        peer=separated("fgx"),
        image=PIXELS,
        channels=3,
        dtype="uint8",
        want="""
            17.139038 54.093308 0
            99.990921 0 4.526443
            0 74.967772 0
            0 57.742505 0
            110.347779 0 23.185665
            0 316.323291 0
        """,
    ),
    Table(
        "color stain_separation",
        {"stains": "bex"},
        SOURCE,
        peer=separated("bex"),
        image=PIXELS,
        channels=3,
        dtype="uint8",
        want="""
            70.148287 0 34.799204
            0 77.203185 0
            83.957807 0 23.256822
            63.023111 0 37.690814
            0 87.097363 0
            325.77956 0 32.522783
        """,
    ),
    Table(
        "color stain_separation",
        {"stains": "gdx"},
        SOURCE,
        peer=separated("gdx"),
        image=PIXELS,
        channels=3,
        dtype="uint8",
        want="""
            47.626805 35.29289 7.717258
            0 62.070307 0
            63.263149 14.827234 10.743808
            43.151063 21.785117 22.194401
            0 58.65065 0
            263.789331 0 38.148301
        """,
    ),
    Table(
        "color stain_separation",
        {"stains": "hax"},
        SOURCE,
        peer=separated("hax"),
        image=PIXELS,
        channels=3,
        dtype="uint8",
        want="""
            54.925241 8.933488 64.171116
            19.597746 46.809095 0
            77.72436 0 78.753284
            38.794314 5.394258 78.129356
            29.399528 35.794305 0
            342.54138 0 300.617911
        """,
    ),
    Table(
        "color stain_separation",
        {"stains": "bpx"},
        SOURCE,
        peer=separated("bpx"),
        image=PIXELS,
        channels=3,
        dtype="uint8",
        want="""
            52.404462 15.903863 40.720435
            14.347195 58.254761 0
            66.160737 0 44.907345
            40.939901 5.614202 49.261035
            16.603124 55.73064 0
            270.104632 0 156.29557
        """,
    ),
    Table(
        "color stain_separation",
        {"stains": "ahx"},
        SOURCE,
        peer=separated("ahx"),
        image=PIXELS,
        channels=3,
        dtype="uint8",
        want="""
            52.704542 14.04936 60.039802
            0 131.132009 0
            90.373926 0 50.916247
            60.167261 0 71.201869
            0 139.537984 0
            424.618389 0 126.637378
        """,
    ),
    Table(
        "color stain_separation",
        {"stains": "hpx"},
        SOURCE,
        peer=separated("hpx"),
        image=PIXELS,
        channels=3,
        dtype="uint8",
        want="""
            111.256338 0 34.042851
            0 84.331411 18.236426
            127.789974 0 8.681035
            103.646477 0 35.238267
            0 105.83105 0
            478.062467 0 0
        """,
    ),
    Table(
        "color stain_separation",
        {"inverse": True},
        "scikit-image 0.26.0, color.combine_stains",
        peer=lambda image: color.combine_stains(image, color.rgb_from_hed),
        image=DYES,
        channels=3,
        want="""
            0.049204 0.003467 0.015205
            0.563638 0.002838 0.317687
            0.003087 0.001045 0.02984
            0.504661 0.209894 0.442588
            1 1 1
            0.00001 0 0.000004
        """,
    ),
    Table(
        "color white_balance",
        {},
        "by definition, in NumPy",
        peer=balanced(lambda pixels: pixels.mean(axis=0)),
        image=PIXELS,
        channels=3,
        dtype="uint8",
        want="""
            13.276423 60.904429 42.166667
            221.273713 3.806527 116.277778
            7.74458 114.195804 81.777778
            19.914634 169.00979 51.111111
            282.123984 2.283916 217.222222
            0 194.132867 35.777778
        """,
    ),
    Table(
        "color white_balance",
        {"method": "white_patch"},
        "by definition, in NumPy",
        peer=balanced(lambda pixels: pixels.max(axis=0), 255),
        image=PIXELS,
        channels=3,
        dtype="uint8",
        want="""
            12 80 49.5
            200 5 136.5
            7 150 96
            18 222 60
            255 3 255
            0 255 42
        """,
    ),
    Table(
        "color white_balance",
        {"method": "white_patch", "percentile": 75},
        "by definition, in NumPy",
        peer=balanced(lambda pixels: np.percentile(pixels, 75, axis=0), 255),
        image=PIXELS,
        channels=3,
        dtype="uint8",
        want="""
            19.805825 100 99.881306
            330.097087 6.25 275.430267
            11.553398 187.5 193.709199
            29.708738 277.5 121.068249
            420.873786 3.75 514.540059
            0 318.75 84.747774
        """,
    ),
    Table(
        "color white_balance",
        {"white": [200, 180, 90]},
        "by definition, in NumPy",
        peer=balanced(lambda pixels: np.array([200, 180, 90])),
        image=PIXELS,
        channels=3,
        dtype="uint8",
        want="""
            9.4 69.62963 57.444444
            156.666667 4.351852 158.407407
            5.483333 130.555556 111.407407
            14.1 193.222222 69.62963
            199.75 2.611111 295.925926
            0 221.944444 48.740741
        """,
    ),
]
