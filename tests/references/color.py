"""Colour to grey, more or less of it, and to other spaces and back."""

import numpy as np
from skimage import color

from references.table import Table

PIXELS = """
     12  80  33
    200   5  91
      7 150  64
     18 222  40
    255   3 170
      0 255  28
"""

HUES = """
    0.047 0.314 0.129
    0.784  0.02 0.357
    0.027 0.588 0.251
        1 0.012 0.667
        0     1  0.11
      0.4   0.4   0.4
      0.2   0.7   0.7
     0.03   0.9  0.02
"""


def turned(degrees):
    """Return scikit-image's way to HSV, and back from another hue, as a function of an image."""

    def made(image):
        hsv = color.rgb2hsv(image)
        hsv[..., 0] = (hsv[..., 0] + degrees / 360) % 1
        return color.hsv2rgb(hsv)

    return made


TABLES = [
    Table(
        "color gray",
        {},
        "scikit-image 0.26.0, skimage.color.rgb2gray",
        peer=color.rgb2gray,
        image=PIXELS,
        channels=3,
        want="""
             62.1613
             52.6381
            113.4119
            165.5278
             68.5907
            184.4458
        """,
    ),
    Table(
        "color gray",
        {"weights": "bt709"},
        "scikit-image 0.26.0, skimage.color.rgb2gray",
        peer=color.rgb2gray,
        image=PIXELS,
        channels=3,
        want="""
             62.1613
             52.6381
            113.4119
            165.5278
             68.5907
            184.4458
        """,
    ),
    Table(
        "color gray",
        {"weights": "bt601"},
        "ITU-R BT.601-7, 2.5.1: 0.299 R + 0.587 G + 0.114 B",
        image=PIXELS,
        channels=3,
        want="""
              54.31
             73.109
             97.439
            140.256
             97.386
            152.877
        """,
    ),
    Table(
        "color gray",
        {},
        "by definition: grey is grey",
        image="""
            12
            80
            33
             7
        """,
        channels=1,
        want="""
            12
            80
            33
             7
        """,
    ),
    Table(
        "color gray",
        {"weights": "average"},
        "by definition: the mean of red, green and blue",
        image=PIXELS,
        channels=3,
        want="""
             41.666667
             98.666667
             73.666667
             93.333333
            142.666667
             94.333333
        """,
    ),
    Table(
        "color gray",
        {"weights": [0.25, 0, 1]},
        "by definition: 0.25 R + B",
        image=PIXELS,
        channels=3,
        want="36\n141\n65.75\n44.5\n233.75\n28",
    ),
    Table(
        "color hsv",
        {},
        "scikit-image 0.26.0, skimage.color.rgb2hsv",
        peer=color.rgb2hsv,
        image="""
            0.047 0.314 0.129
            0.784  0.02 0.357
            0.027 0.588 0.251
            0.071 0.871 0.157
                1 0.012 0.667
                0     1  0.11
                0     0     0
              0.4   0.4   0.4
              0.2   0.7   0.7
             0.03   0.9  0.02
        """,
        channels=3,
        want="""
            0.384519 0.850318    0.314
            0.926483  0.97449    0.784
            0.399881 0.954082    0.588
             0.35125 0.918485    0.871
            0.889507    0.988        1
            0.351667        1        1
                   0        0        0
                   0        0      0.4
                 0.5 0.714286      0.7
            0.331439 0.977778      0.9
        """,
    ),
    Table(
        "color hsv",
        {"inverse": True},
        "scikit-image 0.26.0, skimage.color.hsv2rgb",
        peer=color.hsv2rgb,
        image="""
            0.3845 0.8503  0.314
            0.9265 0.9745  0.784
            0.3999 0.9541  0.588
            0.3512 0.9185  0.871
            0.8895  0.988      1
            0.3517      1      1
                 0      0      0
                 0      0    0.4
               0.5 0.7143    0.7
            0.3314 0.9778    0.9
        """,
        channels=3,
        want="""
            0.047006    0.314 0.128973
               0.784 0.019992  0.35692
            0.026989    0.588 0.251057
            0.070987    0.871 0.156748
                   1    0.012 0.667044
                   0        1   0.1102
                   0        0        0
                 0.4      0.4      0.4
             0.19999      0.7      0.7
            0.030188      0.9  0.01998
        """,
    ),
    Table(
        "color xyz",
        {},
        "scikit-image 0.26.0, skimage.color.rgb2xyz",
        peer=color.rgb2xyz,
        image="""
            0.047 0.314 0.129
            0.784  0.02 0.357
            0.027 0.588 0.251
            0.071 0.871 0.157
                1 0.012 0.667
                0     1  0.11
                0     0     0
              0.4   0.4   0.4
              0.2   0.7   0.7
             0.03   0.9  0.02
        """,
        channels=3,
        want="""
             0.03298 0.059345 0.024024
            0.257455 0.131388  0.11083
            0.119075 0.222068 0.085086
            0.267826 0.525785 0.107471
            0.485392 0.242378 0.401838
            0.359681    0.716 0.130259
                   0        0        0
            0.126285 0.132868 0.144661
            0.254673 0.359755 0.479728
              0.2828 0.563731  0.09537
        """,
    ),
    Table(
        "color xyz",
        {"inverse": True},
        "scikit-image 0.26.0, skimage.color.xyz2rgb",
        peer=color.xyz2rgb,
        image="""
             0.033 0.0593  0.024
            0.2575 0.1314 0.1108
            0.1191 0.2221 0.0851
            0.2678 0.5258 0.1075
            0.4854 0.2424 0.4018
            0.3597  0.716 0.1303
                 0      0      0
            0.1263 0.1329 0.1447
            0.2547 0.3598 0.4797
            0.2828 0.5637 0.0954
        """,
        channels=3,
        want="""
            0.048677 0.313799 0.128924
            0.784086  0.01972 0.356947
             0.02732 0.588032 0.251024
            0.069938 0.871029 0.157109
                   1 0.012413 0.666967
            0.000535 0.999992 0.110264
                   0        0        0
             0.39997 0.400067 0.400051
            0.200099 0.700041 0.699974
            0.030432 0.899971 0.020494
        """,
    ),
    Table(
        "color lab",
        {},
        "scikit-image 0.26.0, skimage.color.rgb2lab",
        peer=color.rgb2lab,
        image="""
            0.047 0.314 0.129
            0.784  0.02 0.357
            0.027 0.588 0.251
            0.071 0.871 0.157
                1 0.012 0.667
                0     1  0.11
                0     0     0
              0.4   0.4   0.4
              0.2   0.7   0.7
             0.03   0.9  0.02
        """,
        channels=3,
        want="""
              29.24663  -31.94629  21.916361
             42.971584  69.324563   8.293204
             54.245777 -52.596773  35.607534
             77.625451 -75.758609  68.994471
             56.325076  87.911462 -18.760368
             87.775719 -85.652525  80.376142
                     0          0          0
              43.19229  -0.001253   0.002375
             66.501177 -33.265464  -9.942673
             79.825709 -79.243941  76.396141
        """,
    ),
    Table(
        "color lab",
        {"inverse": True},
        "scikit-image 0.26.0, skimage.color.lab2rgb",
        peer=color.lab2rgb,
        image="""
             29.2466 -31.9463  21.9164
             42.9716  69.3246   8.2932
             54.2458 -52.5968  35.6075
             77.6255 -75.7586  68.9945
             56.3251  87.9115 -18.7604
             87.7757 -85.6525  80.3761
                   0        0        0
             43.1923  -0.0013   0.0024
                  50       90       60
                  60      -80       20
        """,
        channels=3,
        want="""
               0.047    0.314 0.128999
               0.784 0.019999    0.357
            0.026999    0.588    0.251
            0.071003 0.871001    0.157
                   1    0.012    0.667
                   0        1 0.110001
                   0        0        0
                 0.4      0.4      0.4
                   1        0 0.078781
                   0 0.682508 0.418263
        """,
    ),
    Table(
        "color ycbcr",
        {},
        "scikit-image 0.26.0, skimage.color.rgb2ycbcr, of uint8",
        peer=lambda image: color.rgb2ycbcr(image / 255),
        image="""
             12  80  33
            200   5  91
              7 150  64
             18 222  40
            255   3 170
              0 255  28
        """,
        channels=3,
        dtype="uint8",
        want="""
             62.642706 117.436063 101.490424
             78.787729 136.868961 207.504298
             99.682906 111.423416  71.334918
            136.455153  78.300345  51.399796
             99.637388  163.99669 226.753969
            147.294365  66.095039  32.214031
        """,
    ),
    Table(
        "color ycbcr",
        {"inverse": True},
        "scikit-image 0.26.0, skimage.color.ycbcr2rgb, of uint8",
        peer=lambda image: 255 * color.ycbcr2rgb(image),
        image="""
             63 117 101
             79 137 208
            100 111  71
            136  78  51
            100 164 227
            147  66  32
        """,
        channels=3,
        dtype="uint8",
        want="""
             11.633298  80.985559  32.536386
            201.038318   4.792838  91.511502
              6.834681 150.807375   63.51509
             16.831942 221.912713   38.86416
            255.814892   3.220907 170.428897
             -0.684353  254.86848   27.46553
        """,
    ),
    Table(
        "color saturation",
        {"amount": 0.3},
        "by definition: grey + amount * (colour - grey), grey of the weights of color gray",
        image=PIXELS,
        channels=3,
        want="""
             47.11291  67.51291  53.41291
             96.84667  38.34667  64.14667
             81.48833 124.38833  98.58833
            121.26946 182.46946 127.86946
            124.51349  48.91349  99.01349
            129.11206 205.61206 137.51206
        """,
    ),
    Table(
        "color saturation",
        {"amount": 2.0, "weights": "bt601"},
        "by definition: grey + amount * (colour - grey), grey of the weights of color gray",
        image=PIXELS,
        channels=3,
        want="""
              -30.31   105.69    11.69
             326.891  -63.109  108.891
             -83.439  202.561   30.561
            -104.256  303.744  -60.256
             412.614  -91.386  242.614
            -152.877  357.123  -96.877
        """,
    ),
    Table(
        "color saturation",
        {"amount": 1.5, "weights": "bt709"},
        "by definition: grey + amount * (colour - grey), grey of the weights of color gray",
        image=PIXELS,
        channels=3,
        want="""
            -13.08065  88.91935  18.41935
            273.68095 -18.81905 110.18095
            -46.20595 168.29405  39.29405
             -55.7639  250.2361  -22.7639
            348.20465 -29.79535 220.70465
             -92.2229  290.2771  -50.2229
        """,
    ),
    Table(
        "color hue",
        {"shift": 75},
        "scikit-image 0.26.0, skimage.color.hsv2rgb of rgb2hsv, the hue turned",
        peer=turned(75),
        image=HUES,
        channels=3,
        want="""
            0.047 0.16525 0.314
            0.784 0.638 0.02
            0.027 0.22375 0.588
            1 0.592 0.012
            0 0.64 1
            0.4 0.4 0.4
            0.325 0.2 0.7
            0.02 0.69 0.9
        """,
    ),
    Table(
        "color hue",
        {"shift": -130},
        "scikit-image 0.26.0, skimage.color.hsv2rgb of rgb2hsv, the hue turned",
        peer=turned(-130),
        image=HUES,
        channels=3,
        want="""
            0.314 0.0845 0.047
            0.02 0.484333 0.784
            0.588 0.1575 0.027
            0.012 0.831667 1
            1 0 0.056667
            0.4 0.4 0.4
            0.7 0.616667 0.2
            0.9 0.02 0.176667
        """,
    ),
]

SEPIA = [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]]

SHEER = """
     12  80  33   0
    200   5  91 255
      7 150  64  51
     18 222  40 102
"""

TABLES += [
    Table(
        "color channel",
        {"index": 0},
        "NumPy, image[..., 0]",
        peer=lambda image: image[..., 0],
        image=PIXELS,
        channels=3,
        want="12\n200\n7\n18\n255\n0",
    ),
    Table(
        "color channel",
        {"index": 2},
        "NumPy, image[..., [2, 3]]: alpha stays",
        peer=lambda image: image[..., [2, 3]],
        image=SHEER,
        channels=4,
        dtype="uint8",
        alpha=True,
        want="33 0\n91 255\n64 51\n40 102",
    ),
    Table(
        "color merge",
        {"inputs": ["input", "input", "input"]},
        "NumPy, stack",
        peer=lambda image: np.stack([image] * 3, axis=-1),
        image="12 80\n7 150",
        want="12 12 12\n80 80 80\n7 7 7\n150 150 150",
    ),
    Table(
        "color merge",
        {"inputs": ["input", "input"]},
        "NumPy, stack",
        peer=lambda image: np.stack([image] * 2, axis=-1),
        image="12 80\n7 150",
        want="12 12\n80 80\n7 7\n150 150",
    ),
    Table(
        "color matrix",
        {"matrix": SEPIA},
        "NumPy, image @ matrix.T",
        peer=lambda image: image @ np.transpose(SEPIA),
        image=PIXELS,
        channels=3,
        want="""
            72.473 64.612 50.307
            99.644 88.518 68.991
            130.197 116.095 90.388
            185.352 165.294 128.684
            134.652 119.613 93.232
            201.387 179.634 139.838
        """,
    ),
    Table(
        "color premultiply",
        {},
        "by definition: colours times alpha / 255",
        image=SHEER,
        channels=4,
        dtype="uint8",
        alpha=True,
        want="""
            0 0 0 0
            200 5 91 255
            1.4 30 12.8 51
            7.2 88.8 16 102
        """,
    ),
    Table(
        "color premultiply",
        {"inverse": True},
        "by definition: colours divided by alpha / 255",
        image=SHEER,
        channels=4,
        dtype="uint8",
        alpha=True,
        want="""
            0 0 0 0
            200 5 91 255
            35 750 320 51
            45 555 100 102
        """,
    ),
    Table(
        "color flatten",
        {},
        "scikit-image 0.26.0, color.rgba2rgb of uint8, and opaque",
        peer=lambda image: np.dstack([255 * color.rgba2rgb(image / 255), np.full(image.shape[:2], 255)]),
        image=SHEER,
        channels=4,
        dtype="uint8",
        alpha=True,
        want="""
            255 255 255 255
            200 5 91 255
            205.4 234 216.8 255
            160.2 241.8 169 255
        """,
    ),
    Table(
        "color flatten",
        {"backdrop": [255, 0, 51]},
        "scikit-image 0.26.0, color.rgba2rgb(background=(1, 0, 0.2)) of uint8, and opaque",
        peer=lambda image: np.dstack(
            [255 * color.rgba2rgb(image / 255, background=(1, 0, 0.2)), np.full(image.shape[:2], 255)]
        ),
        image=SHEER,
        channels=4,
        dtype="uint8",
        alpha=True,
        want="""
            255 0 51 255
            200 5 91 255
            205.4 30 53.6 255
            160.2 88.8 46.6 255
        """,
    ),
]

COLORMAP = "OpenCV 5.0.0, cv2.applyColorMap, as RGB"

GREYS = "0 1 77\n128 200 255"

TABLES += [
    Table(
        "color colormap",
        {},
        COLORMAP,
        image=GREYS,
        dtype="uint8",
        want="""
            68 1 84
            68 2 86
            52 96 141
            33 145 140
            112 207 87
            253 231 37
        """,
    ),
    Table(
        "color colormap",
        {"map": "viridis"},
        COLORMAP,
        image=GREYS,
        dtype="uint8",
        want="""
            68 1 84
            68 2 86
            52 96 141
            33 145 140
            112 207 87
            253 231 37
        """,
    ),
    Table(
        "color colormap",
        {"map": "magma"},
        COLORMAP,
        image=GREYS,
        dtype="uint8",
        want="""
            0 0 4
            1 0 5
            101 26 128
            183 55 121
            253 152 105
            252 253 191
        """,
    ),
    Table(
        "color colormap",
        {"map": "inferno"},
        COLORMAP,
        image=GREYS,
        dtype="uint8",
        want="""
            0 0 4
            1 0 5
            108 24 110
            188 55 84
            251 157 7
            252 255 164
        """,
    ),
    Table(
        "color colormap",
        {"map": "plasma"},
        COLORMAP,
        image=GREYS,
        dtype="uint8",
        want="""
            13 8 135
            16 7 136
            145 14 163
            204 71 120
            251 161 57
            240 249 33
        """,
    ),
    Table(
        "color colormap",
        {"map": "cividis"},
        COLORMAP,
        image=GREYS,
        dtype="uint8",
        want="""
            0 34 78
            0 35 79
            80 87 108
            125 124 120
            196 180 104
            254 232 56
        """,
    ),
    Table(
        "color colormap",
        {"map": "jet"},
        COLORMAP,
        image=GREYS,
        dtype="uint8",
        want="""
            0 0 128
            0 0 132
            0 180 255
            130 255 126
            255 92 0
            128 0 0
        """,
    ),
    Table(
        "color colormap",
        {"map": "gray"},
        "by definition: as it is",
        image=GREYS,
        dtype="uint8",
        want="""
            0 0 0
            1 1 1
            77 77 77
            128 128 128
            200 200 200
            255 255 255
        """,
    ),
]
