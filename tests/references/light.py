"""Light: sRGB decoded and encoded."""

import numpy as np
from skimage import color

from references.table import Table


def _decoded(values):
    return color.rgb2xyz(np.repeat(values[..., None], 3, axis=2))[..., 1]


def _encoded(luminance):
    white = color.rgb2xyz(np.ones((1, 1, 3)))
    return color.xyz2rgb(luminance[..., None] * white)[..., 1]


TABLES = [
    Table(
        "light linear",
        {},
        "IEC 61966-2-1:1999, 5.2; scikit-image 0.26.0, the Y of skimage.color.rgb2xyz",
        peer=lambda image: 255 * _decoded(image / 255),
        dtype="uint8",
        image="""
              0   1  10  11  64
            128 188 200 254 255
        """,
        want="""
                     0   0.077399   0.773994   0.853367  13.073712
             55.044428 128.236047 147.283012 252.731035        255
        """,
    ),
    Table(
        "light linear",
        {},
        "IEC 61966-2-1:1999, 5.2",
        image="""
             -0.5     0  0.02  0.04 0.041
              0.2   0.5   0.8     1   1.5
        """,
        want="""
             -0.0387        0 0.001548 0.003096 0.003174
            0.033105 0.214041 0.603827        1 2.537155
        """,
    ),
    Table(
        "light srgb",
        {},
        "IEC 61966-2-1:1999, 5.2; scikit-image 0.26.0, skimage.color.xyz2rgb of D65 white",
        peer=lambda image: 255 * _encoded(image / 255),
        dtype="uint8",
        image="""
              0   1  10  11  64
            128 188 200 254 255
        """,
        want="""
                     0  12.709223  55.755525   58.58245 137.206602
             187.84497 222.912246 229.100249 254.559913        255
        """,
    ),
    Table(
        "light srgb",
        {},
        "IEC 61966-2-1:1999, 5.2",
        image="""
              -0.5      0  0.002  0.003 0.0032
              0.05    0.2    0.5      1    1.5
        """,
        want="""
               -6.46        0  0.02584  0.03876 0.041323
            0.247801 0.484529 0.735357        1 1.194177
        """,
    ),
    Table(
        "light srgb",
        {},
        "IEC 61966-2-1:1999, 5.2; scikit-image 0.26.0, skimage.color.xyz2rgb of D65 white",
        peer=lambda image: 65535 * _encoded(image / 65535),
        dtype="uint16",
        image="""
              0    1   100   205   206
            500 1000 32768 65534 65535
        """,
        want="""
                      0       12.92         1292       2648.6  2661.327393
            5461.930037 8497.707036 48191.949198 65534.560415        65535
        """,
    ),
]
