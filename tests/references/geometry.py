"""Geometry: pixels that are kept as they are, and images of other numbers of them."""

import numpy as np
from PIL import Image
from skimage import measure, transform

from references.table import Table

SKIMAGE = "scikit-image 0.26.0"
PYRAMID = "OpenCV 5.0.0, cv2.pyrUp of float64"
PILLOW = "Pillow 13.0.0, Image.resize in mode F"


def pillow(extent, method):
    """Return Pillow's resize to an extent as a function of an image."""

    def resized(image):
        plane = Image.fromarray(image.astype(np.float32))
        return np.asarray(plane.resize(extent[::-1], Image.Resampling[method]))

    return resized


def bytes_of_pillow(extent, method):
    """Return Pillow's resize of bytes to an extent as a function of an image."""

    def resized(image):
        plane = Image.fromarray(image.astype(np.uint8))
        return np.asarray(plane.resize(extent[::-1], Image.Resampling[method]))

    return resized


def rotated(angle, **given):
    """Return scikit-image's rotation as a function of an image."""
    return lambda image: transform.rotate(image, angle, clip=False, preserve_range=True, **given)


def placed(matrix, shape=None, order=1):
    """Return scikit-image's warp as a function of an image; the matrix leads from the result to the image."""
    found = transform.AffineTransform(np.array([*matrix, [0, 0, 1]]))
    given = {"output_shape": shape, "order": order, "clip": False, "preserve_range": True}
    return lambda image: transform.warp(image, found, mode="reflect", **given)


def projected(matrix, shape=None, order=1, mode="reflect"):
    """Return the same of a matrix of 3 rows."""
    found = transform.ProjectiveTransform(np.array(matrix))
    given = {"output_shape": shape, "order": order, "clip": False, "preserve_range": True}
    return lambda image: transform.warp(image, found, mode=mode, **given)


def seen(points, places, shape):
    """Return the same of a map that leads places of the result to points of the image."""
    points, places = (np.array(each, float)[:, ::-1] for each in (points, places))
    return projected(transform.ProjectiveTransform.from_estimate(places, points).params, shape)


def unrolled(**given):
    """Return scikit-image's polar image as a function of an image."""
    return lambda image: transform.warp_polar(image, mode="reflect", clip=False, preserve_range=True, **given)


def unrolled_rows(shape, order):
    """Return the same by a warp for each angle, of which distances are an affine map."""

    def made(image):
        center, radius = (np.array(image.shape) - 1) / 2, np.hypot(*image.shape) / 2
        rows = []
        for angle in np.arange(shape[0]) * 2 * np.pi / shape[0]:
            step = radius / shape[1]
            line = [[step * np.cos(angle), 0, center[1]], [step * np.sin(angle), 1, center[0]]]
            rows.append(placed(line, (1, shape[1]), order)(image))
        return np.concatenate(rows)

    return made


def rolled(shape, radius, log):
    """Return the way back: scikit-image's warp by the map that leads from its polar images."""

    def made(image):
        rows, cols = image.shape

        def back(points):
            along, down = (points - (np.array(shape[::-1]) - 1) / 2).T
            angle, far = np.arctan2(down, along) % (2 * np.pi), np.hypot(down, along)
            column = np.log(np.maximum(far, 1)) / np.log(radius) if log else far / radius
            return np.stack([cols * column, rows * angle / (2 * np.pi)], axis=1)

        wrapped = np.concatenate([image, image[:1]])  # angles go on with the first
        given = {"output_shape": shape, "order": 1, "clip": False, "preserve_range": True}
        return transform.warp(wrapped, back, mode="reflect", **given)

    return made


def thumbnail(longest):
    """Return Pillow's thumbnail, which enlarges nothing, as a function of an image."""

    def made(image):
        plane = Image.fromarray(image.astype(np.float32))
        plane.thumbnail((longest, longest))
        return np.asarray(plane)

    return made


HOMOGRAPHY = [[1.03, 0.21, -0.4], [-0.12, 0.94, 0.7], [0.03, -0.02, 1.0]]

IMAGE = """
     1  2  3  4  5
     6  7  8  9 10
    11 12 13 14 15
    16 17 18 19 20
"""

TABLES = [
    Table(
        "geometry crop",
        {"box": [1, 0, 3, None]},
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
        {"box": [0, -3, None, -1]},
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
        {"box": [1, 0, None, 4], "stride": [1, 2]},
        "NumPy, image[1:, 0:4:2]",
        peer=lambda image: image[1:, 0:4:2],
        image=IMAGE,
        want="""
             6  8
            11 13
            16 18
        """,
    ),
    Table(
        "geometry crop",
        {"relative": [0.3, 0.5, 0.9, 1]},
        "NumPy, image[round(0.3 * 4):round(0.9 * 4), round(0.5 * 5):5], a half rounded up",
        peer=lambda image: image[1:4, 3:],
        image=IMAGE,
        want="""
             9 10
            14 15
            19 20
        """,
    ),
    Table(
        "geometry crop",
        {"center": [1, 3]},
        "NumPy, image[(4 - 1) // 2:][:1], and columns (5 - 3) // 2 and on",
        peer=lambda image: image[1:2, 1:4],
        image=IMAGE,
        want="7 8 9",
    ),
    Table(
        "geometry resize",
        {"factor": 0.5},
        f"{PILLOW}, of half the rows and columns",
        peer=pillow((3, 3), "BICUBIC"),
        dtype="float32",
        want="""
            53.144062 91.724899 90.889221
            85.381706 81.623367 77.47699
            119.190407 132.104584 76.165817
        """,
    ),
    Table(
        "geometry resize",
        {"size": [3, 4], "method": "lanczos3", "rounding": "each_pass"},
        "Pillow 13.0.0, Image.resize in mode L",
        peer=bytes_of_pillow((3, 4), "LANCZOS"),
        dtype="uint8",
        want="""
            43 77 110 83
            78 101 60 85
            128 110 144 49
        """,
    ),
    Table(
        "geometry resize",
        {"size": [3, 8], "method": "lanczos3", "rounding": "each_pass"},
        "Pillow 13.0.0, Image.resize in mode L, which sums rows first",
        peer=bytes_of_pillow((3, 8), "LANCZOS"),
        dtype="uint8",
        want="""
            1 71 89 53 116 121 86 72
            60 84 118 99 38 70 94 70
            137 132 90 98 201 113 36 72
        """,
    ),
    Table(
        "geometry resize",
        {"longest": 4, "method": "bilinear"},
        PILLOW,
        peer=pillow((3, 4), "BILINEAR"),
        dtype="float32",
        want="""
            47.410713 75.936508 105.587303 79.964287
            76.944443 97.679016 72.209877 81.791664
            125.839287 108.269844 136.539673 64.303574
        """,
    ),
    Table(
        "geometry resize",
        {"longest": 9, "enlarge": False},
        "Pillow 13.0.0, Image.thumbnail in mode F",
        peer=thumbnail(9),
        image=IMAGE,
        dtype="float32",
        want=IMAGE,
    ),
    Table(
        "geometry resize",
        {"size": [3, 8], "method": "nearest"},
        PILLOW,
        peer=pillow((3, 8), "NEAREST"),
        dtype="float32",
        want="""
            12 80 80 33 200 5 5 91
            99 3 3 170 55 28 28 131
            183 26 26 142 255 49 49 116
        """,
    ),
    Table(
        "geometry resize",
        {"size": [3, 4], "method": "box"},
        PILLOW,
        peer=pillow((3, 4), "BOX"),
        dtype="float32",
        want="""
            62.25 48.5 111.25 65.5
            51 170 41.5 131
            127.5 76.5 122.25 58
        """,
    ),
    Table(
        "geometry resize",
        {"size": [6, 8], "method": "box"},
        PILLOW,
        peer=pillow((6, 8), "BOX"),
        dtype="float32",
        want="""
            12 80 80 33 200 5 5 91
            7 150 150 64 18 222 222 40
            99 3 3 170 55 28 28 131
            99 3 3 170 55 28 28 131
            61 240 240 11 108 77 77 0
            183 26 26 142 255 49 49 116
        """,
    ),
    Table(
        "geometry resize",
        {"size": [3, 4], "method": "bilinear"},
        PILLOW,
        peer=pillow((3, 4), "BILINEAR"),
        dtype="float32",
        want="""
            47.410713 75.936508 105.587303 79.964287
            76.944443 97.679016 72.209877 81.791664
            125.839287 108.269844 136.539673 64.303574
        """,
    ),
    Table(
        "geometry resize",
        {"size": [6, 8], "method": "bilinear"},
        PILLOW,
        peer=pillow((6, 8), "BILINEAR"),
        dtype="float32",
        want="""
            12 54.5 62.375 53.875 179.125 78.125 37.25 91
            8.25 85.90625 103.90625 57.15625 62.59375 128.65625 124.625 52.75
            60.666668 62.90625 87.34375 115.052086 50.364582 82.864586 102.927086 93.083336
            83.166664 94.78125 102.5 100.416664 80.416664 59.166668 58.916668 76.416664
            91.5 150.875 132.96875 56.375 132.125 98.03125 54.625 29
            183 84.875 69.5 156.125 240.875 126.25 74.125 116
        """,
    ),
    Table(
        "geometry resize",
        {"size": [3, 4], "method": "hamming"},
        PILLOW,
        peer=pillow((3, 4), "HAMMING"),
        dtype="float32",
        want="""
            36.808502 63.279556 117.442024 75.941002
            74.174881 110.356026 60.383884 89.110596
            128.598221 98.71505 159.30574 68.746727
        """,
    ),
    Table(
        "geometry resize",
        {"size": [6, 8], "method": "hamming"},
        PILLOW,
        peer=pillow((6, 8), "HAMMING"),
        dtype="float32",
        want="""
            12 64.107903 69.015755 35.795898 197.204102 50.572937 25.098833 91
            7.38201 112.570885 125.249397 61.133862 32.402851 164.868881 167.671341 43.896503
            70.177345 53.990372 69.55854 135.227875 44.971687 78.174927 91.982903 102.490631
            87.094986 79.550598 87.284424 119.373558 72.417725 49.95417 54.243793 89.959038
            70.321053 187.815872 176.291199 22.653101 117.58667 85.230423 59.436497 8.862638
            183 62.692055 53.110054 143.89183 253.10817 97.143715 64.658394 116
        """,
    ),
    Table(
        "geometry resize",
        {"size": [3, 4], "method": "bicubic"},
        PILLOW,
        peer=pillow((3, 4), "BICUBIC"),
        dtype="float32",
        want="""
            44.308811 75.207657 109.532524 80.41777
            76.032028 101.505447 64.125084 83.157898
            129.001846 106.813499 142.991776 57.068657
        """,
    ),
    Table(
        "geometry resize",
        {"size": [6, 8], "method": "bicubic"},
        PILLOW,
        peer=pillow((6, 8), "BICUBIC"),
        dtype="float32",
        want="""
            8.776946 56.265167 58.759052 45.794968 201.75679 70.154625 18.067146 97.891869
            -5.674319 97.944687 122.049583 44.916836 48.310978 152.493423 143.423981 37.607098
            65.856476 47.83308 83.843498 135.152161 33.45293 78.817314 114.359612 101.067253
            83.597168 91.745514 103.559608 105.52108 76.067429 42.69437 49.187527 81.974945
            78.944855 175.425095 150.727737 30.61689 136.637039 107.641434 47.798363 13.676256
            196.352753 72.297638 45.205532 163.98793 261.932892 121.109673 60.051926 124.059547
        """,
    ),
    Table(
        "geometry resize",
        {"size": [3, 4], "method": "lanczos3"},
        PILLOW,
        peer=pillow((3, 4), "LANCZOS"),
        dtype="float32",
        want="""
            42.908573 77.482132 109.823219 83.391006
            77.854424 101.412697 59.538162 84.931602
            128.41095 110.410339 143.509964 49.770489
        """,
    ),
    Table(
        "geometry resize",
        {"size": [6, 8], "method": "lanczos3"},
        PILLOW,
        peer=pillow((6, 8), "LANCZOS"),
        dtype="float32",
        want="""
            8.463875 59.189877 48.751289 51.930962 208.158096 71.26046 4.699308 107.194855
            -15.277872 103.310867 136.488342 28.962389 45.941708 168.083145 140.594879 27.257856
            76.302422 31.647272 86.503006 148.374084 26.126839 71.583771 132.157379 105.40889
            79.52916 91.292427 107.797523 102.427551 75.448967 25.315939 40.070789 83.964233
            72.660484 185.007446 151.988235 24.61097 135.846756 129.768814 42.621761 11.205014
            205.310944 71.612694 21.083414 179.963181 270.923584 120.484772 51.661209 134.015686
        """,
    ),
    Table(
        "geometry resize",
        {"size": [3, 8], "method": "area"},
        "scikit-image 0.26.0, transform.resize_local_mean",
        peer=lambda image: transform.resize_local_mean(image, (3, 8), preserve_range=True),
        want="""
            10 75.333333 87.133333 45.4 127.2 103.6 84.733333 70.6
            73 77.533333 92.2 117 58.2 70.466667 79.933333 86.6
            134.2 119.133333 104.266667 89.6 196.2 105.533333 63.333333 69.6
        """,
    ),
    Table(
        "geometry resize",
        {"size": [3, 8], "method": "bilinear", "antialias": False},
        "torch 2.13.0, nn.functional.interpolate(mode='bilinear', align_corners=False)",
        want="""
            10.333333 68.458333 80.833333 55.333333 127.333333 100.583333 76.083333 74
            99 39 65.625 155.625 69.375 38.125 66.625 131
            142.333333 114.208333 97.708333 111.791667 192.541667 113.708333 65.458333 77.333333
        """,
    ),
    Table(
        "geometry resize",
        {"size": [3, 8], "method": "bicubic", "antialias": False},
        "torch 2.13.0, nn.functional.interpolate(mode='bicubic', align_corners=False)",
        want="""
            -2.213831 80.463469 88.46054 43.030581 133.111636 112.873761 72.760887 68.869385
            105.890625 19.246582 60.212402 170.24707 70.666992 18.833008 62.149902 138.393066
            145.061478 121.094898 89.429859 104.93882 209.852557 121.608163 48.137542 73.041106
        """,
    ),
]

TABLES += [
    Table(
        "geometry flip",
        {},
        "NumPy, flip",
        peer=lambda image: np.flip(image, 1),
        image=IMAGE,
        want="""
         5  4  3  2  1
        10  9  8  7  6
        15 14 13 12 11
        20 19 18 17 16
    """,
    ),
    Table(
        "geometry flip",
        {"axis": "columns"},
        "NumPy, flip",
        peer=lambda image: np.flip(image, 1),
        image=IMAGE,
        want="""
         5  4  3  2  1
        10  9  8  7  6
        15 14 13 12 11
        20 19 18 17 16
    """,
    ),
    Table(
        "geometry flip",
        {"axis": "rows"},
        "NumPy, flip",
        peer=lambda image: np.flip(image, 0),
        image=IMAGE,
        want="""
        16 17 18 19 20
        11 12 13 14 15
         6  7  8  9 10
         1  2  3  4  5
    """,
    ),
    Table(
        "geometry flip",
        {"axis": "both"},
        "NumPy, flip",
        peer=np.flip,
        image=IMAGE,
        want="""
        20 19 18 17 16
        15 14 13 12 11
        10  9  8  7  6
         5  4  3  2  1
    """,
    ),
    Table(
        "geometry rotate90",
        {},
        "NumPy, rot90",
        peer=np.rot90,
        image=IMAGE,
        want="""
         5 10 15 20
         4  9 14 19
         3  8 13 18
         2  7 12 17
         1  6 11 16
    """,
    ),
    Table(
        "geometry rotate90",
        {"quarters": 2},
        "NumPy, rot90",
        peer=lambda image: np.rot90(image, 2),
        image=IMAGE,
        want="""
        20 19 18 17 16
        15 14 13 12 11
        10  9  8  7  6
         5  4  3  2  1
    """,
    ),
    Table(
        "geometry rotate90",
        {"quarters": 3},
        "NumPy, rot90",
        peer=lambda image: np.rot90(image, 3),
        image=IMAGE,
        want="""
        16 11  6  1
        17 12  7  2
        18 13  8  3
        19 14  9  4
        20 15 10  5
    """,
    ),
    Table(
        "geometry tile",
        {"count": [2, 1]},
        "NumPy 2.4.6, tile",
        peer=lambda image: np.tile(image, (2, 1)),
        image="1 2 3\n4 5 7",
        want="""
        1 2 3
        4 5 7
        1 2 3
        4 5 7
    """,
    ),
    Table(
        "geometry tile",
        {"count": [1, 3]},
        "NumPy 2.4.6, tile",
        peer=lambda image: np.tile(image, (1, 3)),
        image="1 2 3\n4 5 7",
        want="""
        1 2 3 1 2 3 1 2 3
        4 5 7 4 5 7 4 5 7
    """,
    ),
    Table(
        "geometry transpose",
        {},
        "NumPy, swapaxes",
        peer=lambda image: image.swapaxes(0, 1),
        image=IMAGE,
        want="""
         1  6 11 16
         2  7 12 17
         3  8 13 18
         4  9 14 19
         5 10 15 20
    """,
    ),
    Table(
        "geometry pyramid_up",
        {},
        PYRAMID,
        image="12 80 33 200\n7 150 64 18\n99 3 170 55",
        want="""
              32.4375    54.125   79.5625    69.125   62.0625    97.625 140.28125     154.5
               35.875     62.25      93.5     81.75    64.375     78.75  101.4375       109
              45.0625        71 103.71875    98.125   76.0625    59.375    48.875    45.375
               58.875     64.75    78.625     96.75   101.875     76.75   46.5625      36.5
             70.96875   54.4375   46.5625   89.0625 126.53125  103.5625 63.671875    50.375
                   75        51    35.875      86.5    134.75     112.5    69.375        55
        """,
    ),
    Table(
        "geometry pyramid_up",
        {},
        PYRAMID,
        image="12 80 33 200",
        want="""
                 29      46  65.625    56.5   59.75   116.5 179.125     200
                 29      46  65.625    56.5   59.75   116.5 179.125     200
        """,
    ),
    Table(
        "geometry pyramid_up",
        {},
        PYRAMID,
        image="12\n80\n33",
        want="""
                29     29
                46     46
            65.625 65.625
              56.5   56.5
            38.875 38.875
                33     33
        """,
    ),
]

DOWN = "OpenCV 5.0.0, cv2.pyrDown of float64"


def binned(reduce, *factor):
    """Return scikit-image's reduction of the groups that an image fills, as a function of it."""

    def made(image):
        rows, cols = (size // step * step for size, step in zip(image.shape, factor, strict=True))
        return measure.block_reduce(image[:rows, :cols], factor, reduce)

    return made


TABLES += [
    Table(
        "geometry pyramid_down",
        {},
        DOWN,
        want="""
            68.53125 82.21875 95.359375
            89.171875 91.175781 82.769531
            116.875 112.398438 85.507812
        """,
    ),
    Table(
        "geometry pyramid_down",
        {},
        DOWN,
        image="12 80 33 200 5\n7 150 64 18 222\n99 3 170 55 28\n61 240 11 108 77",
        want="""
            68.53125 82.21875 97.28125
            86.703125 87.9375 78.671875
        """,
    ),
    Table(
        "geometry pyramid_down",
        {},
        f"{DOWN}, BORDER_REPLICATE",
        border="edge",
        want="""
            37.382812 82.828125 87.433594
            77.742188 91.175781 81.734375
            127.6875 125.199219 106.363281
        """,
    ),
    Table(
        "geometry pad",
        {"by": 1},
        "NumPy, pad with mode='reflect'",
        peer=lambda image: np.pad(image, 1, mode="reflect"),
        image="12 80 33\n7 150 64\n99 3 170",
        want="""
            150 7 150 64 150
            80 12 80 33 80
            150 7 150 64 150
            3 99 3 170 3
            150 7 150 64 150
        """,
    ),
    Table(
        "geometry pad",
        {"by": [0, 2, 1, 0]},
        "NumPy, pad with mode='reflect'",
        peer=lambda image: np.pad(image, ((0, 2), (1, 0)), mode="reflect"),
        image="12 80 33\n7 150 64\n99 3 170",
        want="""
            80 12 80 33
            150 7 150 64
            3 99 3 170
            150 7 150 64
            80 12 80 33
        """,
    ),
    Table(
        "geometry pad",
        {"by": [1, 0], "value": 9},
        "NumPy, pad with constant_values=9",
        peer=lambda image: np.pad(image, ((1, 1), (0, 0)), constant_values=9),
        image="12 80 33\n7 150 64",
        border="constant",
        want="9 9 9\n12 80 33\n7 150 64\n9 9 9",
    ),
    Table(
        "geometry decimate",
        {"factor": 2},
        "NumPy, image[::2, ::2]",
        peer=lambda image: image[::2, ::2],
        want="12 33 5\n99 170 28\n183 142 49",
    ),
    Table(
        "geometry decimate",
        {"factor": [2, 3]},
        "NumPy, image[::2, ::3]",
        peer=lambda image: image[::2, ::3],
        want="12 200\n99 55\n183 255",
    ),
    Table(
        "geometry bin",
        {"factor": 2},
        "scikit-image 0.26.0, measure.block_reduce of the first 4 rows by numpy.mean",
        peer=binned(np.mean, 2, 2),
        want="""
            62.25 78.75 89.5
            100.75 86 59
        """,
    ),
    Table(
        "geometry bin",
        {"factor": [2, 3], "method": "sum"},
        "scikit-image 0.26.0, measure.block_reduce of the first 4 rows by numpy.sum",
        peer=binned(np.sum, 2, 3),
        want="346 576\n584 399",
    ),
    Table(
        "geometry rotate",
        {"angle": 37},
        f"{SKIMAGE}, transform.rotate, mode='reflect'",
        peer=rotated(37, mode="reflect"),
        want="""
            92.440255 79.09394 134.49082 147.129291 77.14039 68.944825
            95.032312 47.896124 43.494105 80.671304 58.36004 40.89466
            62.461253 117.157926 128.615773 76.103795 81.479324 60.71448
            41.21201 39.621273 105.945489 53.37173 196.319564 73.582644
            46.111893 81.956825 168.401903 104.051168 128.404833 93.641728
        """,
    ),
    Table(
        "geometry rotate",
        {"angle": -64.5, "method": "bicubic", "expand": True, "value": 50},
        f"{SKIMAGE}, transform.rotate, order=3, resize=True, cval=50",
        peer=rotated(-64.5, order=3, resize=True, cval=50),
        border="constant",
        want="""
            47.935095 48.168894 48.974605 2.16178 28.263212 49.587634 50
            86.788079 48.833622 79.173187 107.936265 84.531215 49.154855 50.540966
            151.525487 196.239992 68.402427 111.209598 41.442807 88.46729 39.679512
            29.869233 89.769982 36.662414 125.789178 16.77588 158.038178 48.461134
            51.035243 214.304101 128.182406 44.862759 147.606597 104.892493 50.964464
            35.288672 121.018227 83.439508 51.656969 112.029611 32.8105 73.288887
            49.829338 50.08963 99.877572 5.478752 78.47942 49.88306 48.743295
        """,
    ),
    Table(
        "geometry rotate",
        {"angle": 155, "method": "nearest"},
        f"{SKIMAGE}, transform.rotate, order=0, mode='reflect'",
        peer=rotated(155, order=0, mode="reflect"),
        want="""
            77 0 49 255 142 240
            131 28 108 11 142 26
            40 222 55 170 240 61
            5 200 18 64 3 99
            222 200 33 80 7 150
        """,
    ),
    Table(
        "geometry affine",
        {"matrix": [[1.0, 0.2, -0.4], [-0.1, 0.9, 0.7]]},
        f"{SKIMAGE}, transform.warp, mode='reflect'",
        peer=placed([[1.0, 0.2, -0.4], [-0.1, 0.9, 0.7]]),
        want="""
            56.7 76.8 75.1 94.48 100.22 67.84
            62.12 71.8 103.36 42.44 151.64 79.8
            80 97.8 122.3 65.6 32.9 131
            118.72 150.7 57.24 113 61.6 24.9
            123.92 87.6 173.46 172.6 72.84 77.52
        """,
    ),
    Table(
        "geometry affine",
        {
            "matrix": [[2.0, 0.5, 1.0], [-0.25, 1.5, 2.0]],
            "inverse": True,
            "method": "bicubic",
            "size": [3, 8],
        },
        f"{SKIMAGE}, transform.warp by the inverse, order=3, mode='reflect'",
        peer=placed(np.linalg.inv([[2.0, 0.5, 1.0], [-0.25, 1.5, 2.0], [0, 0, 1]])[:2], (3, 8), 3),
        want="""
            41.64879 47.467203 113.15296 135.56054 89.231627 43.085931 21.975729 71.38656
            33.991109 10.724298 87.221043 115.994836 61.340736 40.019521 122.869841 188.100845
            43.193374 12 43.193374 84.857802 65.440847 34.884039 74.920128 116.770768
        """,
    ),
    Table(
        "geometry affine",
        {"matrix": [[1.0, 0.2, -0.4], [-0.1, 0.9, 0.7]], "method": "nearest", "size": [2, 4]},
        f"{SKIMAGE}, transform.warp, order=0, mode='reflect'",
        peer=placed([[1.0, 0.2, -0.4], [-0.1, 0.9, 0.7]], (2, 4), 0),
        want="""
            7 150 64 200
            99 3 64 18
        """,
    ),
    Table(
        "geometry perspective",
        {"matrix": HOMOGRAPHY},
        f"{SKIMAGE}, transform.warp of a ProjectiveTransform, mode='reflect'",
        peer=projected(HOMOGRAPHY),
        want="""
            56.7 76.60854 74.193663 89.720562 126.763393 32.047259
            65.477301 72.015979 100.373891 42.512184 129.638182 142.160937
            74.813802 116.393939 121.170704 64.515102 41.138889 97.158753
            134.426664 115.536826 77.1092 108.412197 65.004806 43.297366
            140.720227 103.795014 161.46439 149.433683 70.029586 68.11739
        """,
    ),
    Table(
        "geometry perspective",
        {"matrix": HOMOGRAPHY, "inverse": True, "method": "bicubic", "size": [4, 5]},
        f"{SKIMAGE}, transform.warp by the inverse, order=3, mode='reflect'",
        peer=projected(np.linalg.inv(HOMOGRAPHY), (4, 5), 3),
        want="""
            72.675487 83.721593 98.873954 79.05455 84.650163
            28.678551 108.427864 43.799797 102.727665 129.689464
            38.765203 64.010632 155.132317 44.712702 35.282803
            92.305436 113.298453 72.687527 82.365287 87.048523
        """,
    ),
    Table(
        "geometry perspective",
        {"matrix": HOMOGRAPHY, "method": "nearest"},
        f"{SKIMAGE}, transform.warp, order=0, mode='reflect'",
        peer=projected(HOMOGRAPHY, order=0),
        want="""
            7 150 33 33 200 5
            99 3 64 18 222 222
            61 3 170 55 28 131
            183 26 11 108 77 0
            61 11 255 255 49 116
        """,
    ),
    Table(
        "geometry perspective",
        {"points": [[0, 1], [0.5, 5], [4, 4.5], [3.5, 0]]},
        f"{SKIMAGE}, transform.warp of ProjectiveTransform.from_estimate",
        peer=seen([[0, 1], [0.5, 5], [4, 4.5], [3.5, 0]], [[0, 0], [0, 5], [4, 5], [4, 0]], (5, 6)),
        want="""
            80 45.82045 115.508121 114.130395 87.549078 65.5
            106.762447 93.498275 44.37565 67.812447 173.489619 78.499602
            60.31043 79.896602 129.136354 51.83897 32.470708 93.3953
            93.029063 142.590716 52.408161 94.050093 81.440844 31.088654
            122 113.317302 100.578379 195.015625 124.907017 82.5
        """,
    ),
    Table(
        "geometry perspective",
        {"points": [[0, 1], [0, 5], [4, 4], [3, 0]], "to": [[1, 1], [0, 7], [3, 6], [2, 1]], "size": [4, 8]},
        f"{SKIMAGE}, transform.warp of ProjectiveTransform.from_estimate",
        peer=seen([[0, 1], [0, 5], [4, 4], [3, 0]], [[1, 1], [0, 7], [3, 6], [2, 1]], (4, 8)),
        want="""
            125.35274 105.7975 63.034731 104.517221 166.648206 87.779553 72.113821 91
            109.614519 80 63.457335 91.091279 137.522213 184.984632 125.988766 78.841622
            113.523205 61 111.717788 78.988102 76.411893 56.785422 56.035915 66.885677
            57.85806 116.461763 63.241603 29.965382 149.797157 134.801205 49 69.106587
        """,
    ),
    Table(
        "geometry polar",
        {"size": [8, 4]},
        f"{SKIMAGE}, transform.warp_polar, mode='reflect'",
        peer=unrolled(output_shape=(8, 4)),
        want="""
            112.5 42.140407 74.613929 86.829106
            112.5 85.923132 77.989893 83.407109
            112.5 60.757096 191.906176 69.390736
            112.5 80.483177 146.881787 117.22003
            112.5 90.461038 46.445992 57.831012
            112.5 98.281455 114.862309 43.101185
            112.5 42.695894 112.918463 46.372306
            112.5 54.670794 133.17599 58.648692
        """,
    ),
    Table(
        "geometry polar",
        {"size": [6, 5], "center": [1.5, 3.25], "radius": 3, "scaling": "log", "method": "nearest"},
        f"{SKIMAGE}, transform.warp_polar, scaling='log', order=0, mode='reflect'",
        peer=unrolled(output_shape=(6, 5), center=(1.5, 3.25), radius=3, scaling="log", order=0),
        want="""
            28 28 131 131 28
            28 77 77 77 49
            55 108 11 11 142
            170 170 170 3 3
            18 200 33 33 64
            222 5 5 5 222
        """,
    ),
    Table(
        "geometry polar",
        {"inverse": True, "size": [4, 5], "radius": 4},
        f"{SKIMAGE}, transform.warp by the map back, mode='reflect'",
        peer=rolled((4, 5), 4, log=False),
        want="""
            84.94029 119.434763 136.5 206.103731 77.689829
            89.08269 89.032296 97.75 68.972881 192.519939
            68.562215 111.990543 92.4375 64.263378 153.697051
            36.39616 72.826084 74.6875 57.537803 113.791604
        """,
    ),
    Table(
        "geometry polar",
        {"inverse": True, "size": [5, 4], "radius": 4, "scaling": "log"},
        f"{SKIMAGE}, transform.warp by the map back, mode='reflect'",
        peer=rolled((5, 4), 4, log=True),
        want="""
            72.823575 172.782207 221.145255 44.418193
            65.769786 132.100124 99.768924 162.04935
            98.098487 80 12 44.520287
            105.318341 61.562989 72.340042 84.58331
            73.199469 47.742166 45.132156 161.72618
        """,
    ),
    Table(
        "geometry polar",
        {"size": [4, 5], "method": "bicubic"},
        f"{SKIMAGE}, transform.warp of each row, order=3, mode='reflect'",
        peer=unrolled_rows((4, 5), 3),
        want="""
            124.625 37.329726 31.214857 124.975705 66.283991
            124.625 50.82198 153.822064 175.552563 46.098151
            124.625 136.085028 2.125096 91.912796 28.298902
            124.625 34.845815 83.899064 97.776405 26.970035
        """,
    ),
]
