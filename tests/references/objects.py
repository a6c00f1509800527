"""Objects, on an image of them: holes, corners that touch, labels side by side, a border."""

import inspect

import numpy as np
from scipy import ndimage
from skimage import feature, measure, morphology, segmentation

from references.table import Table

SKIMAGE = "scikit-image 0.26.0"
SCIPY = "SciPy 1.17.1, ndimage"

OBJECTS = """
    90  90   0   0   0   0  90   0
    90   0   0  90  90  90   0   0
     0   0   0  90   0  90   0   0
     0  30   0  90  90  90   0  50
     0   0   0   0   0   0   0  50
     0  20  20  40  40   0   0   0
     0  20  20  40   0   0  70   0
     0   0   0   0   0   0   0   0
"""
"""Labels side by side, a ring, corners that touch, and what touches the border."""

HILLS = """
    12  15  18  20  14  11  13  12
    14  40  22  20  16  18  60  14
    15  30  25  20  19  35  45  15
    13  20  22  50  50  30  20  12
    11  16  18  50  21  19  14  11
    25  14  13  17  16  15  30  10
"""
"""Peaks, a plateau, and one at the border."""

THICK = """
     0   9   9   9   9   9   0   0   0
     9   9   9   9   9   9   8   0   0
     9   9   7   9   9   9   8   8   0
     9   9   9   9   0   0   8   8   8
     5   9   9   9   0   0   8   8   8
     5   5   9   9   9   8   8   8   0
     0   5   5   9   9   8   8   0   0
"""
"""One that is thick, with a hole."""


def cross(connectivity):
    return ndimage.generate_binary_structure(2, connectivity)


def labelled(**options):
    return lambda image: measure.label(image.astype(np.int32), **options)


def filled(connectivity=1):
    def fill(image):
        holes = ndimage.binary_fill_holes(image != 0, cross(connectivity)) & (image == 0)
        return np.where(holes, image.max(), image)

    return fill


def large(size=64, connectivity=1):
    """With labels made first, as of a mask: one object is not all pixels of a value."""

    def keep(image):
        labels = measure.label(image.astype(np.int32), connectivity=connectivity)
        takes = inspect.signature(morphology.remove_small_objects).parameters
        given = {"max_size": size - 1} if "max_size" in takes else {"min_size": size}  # until 0.25
        return np.where(morphology.remove_small_objects(labels, **given) > 0, image, 0)

    return keep


def inner(buffer=0):
    return lambda image: segmentation.clear_border(image.astype(np.int32), buffer)


def inner_of_sides(image):
    labels = measure.label(image.astype(np.int32), connectivity=1)
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return np.where(np.isin(labels, border), 0, image)


def distances(metric):
    if metric == "euclidean":
        return ndimage.distance_transform_edt
    return lambda image: ndimage.distance_transform_cdt(image != 0, metric)


def thinned(**options):
    return lambda image: np.where(morphology.skeletonize(image != 0, **options), image, 0)


def maximal(**options):
    return lambda image: 1.0 * morphology.local_maxima(image, **options)


def peaked(**options):
    def mark(image):
        found = np.zeros(image.shape)
        found[tuple(feature.peak_local_max(image, **options).T)] = 1
        return found

    return mark


def matched(template, **given):
    """Return scikit-image's normalised cross-correlation as a function of an image."""
    return lambda image: feature.match_template(image, np.array(template, float), **given)


def flooded(markers=False, mask=False, **options):
    def flood(image):
        return segmentation.watershed(
            image,
            measure.label(image.astype(np.int32)) if markers else None,
            mask=image != 0 if mask else None,
            **options,
        )

    return flood


TEMPLATE = [[10, 70, 20, 5], [90, 40, 60, 100]]

COLOURS = [[[9, 70, 30], [180, 20, 90]], [[90, 20, 150], [60, 40, 120]]]

TABLES = [
    Table(
        "objects label",
        {},
        f"{SKIMAGE}, measure.label",
        peer=labelled(),
        image=OBJECTS,
        want="""
              1   1   0   0   0   0   2   0
              1   0   0   2   2   2   0   0
              0   0   0   2   0   2   0   0
              0   3   0   2   2   2   0   4
              0   0   0   0   0   0   0   4
              0   5   5   6   6   0   0   0
              0   5   5   6   0   0   7   0
              0   0   0   0   0   0   0   0
        """,
    ),
    Table(
        "objects label",
        {"connectivity": 1},
        f"{SKIMAGE}, measure.label",
        peer=labelled(connectivity=1),
        image=OBJECTS,
        want="""
              1   1   0   0   0   0   2   0
              1   0   0   3   3   3   0   0
              0   0   0   3   0   3   0   0
              0   4   0   3   3   3   0   5
              0   0   0   0   0   0   0   5
              0   6   6   7   7   0   0   0
              0   6   6   7   0   0   8   0
              0   0   0   0   0   0   0   0
        """,
    ),
    Table(
        "objects fill_holes",
        {},
        f"{SCIPY}.binary_fill_holes",
        peer=filled(),
        image=OBJECTS,
        want="""
             90  90   0   0   0   0  90   0
             90   0   0  90  90  90   0   0
              0   0   0  90  90  90   0   0
              0  30   0  90  90  90   0  50
              0   0   0   0   0   0   0  50
              0  20  20  40  40   0   0   0
              0  20  20  40   0   0  70   0
              0   0   0   0   0   0   0   0
        """,
    ),
    Table(
        "objects fill_holes",
        {"connectivity": 2},
        f"{SCIPY}.binary_fill_holes",
        peer=filled(2),
        image=OBJECTS,
        want="""
             90  90   0   0   0   0  90   0
             90   0   0  90  90  90   0   0
              0   0   0  90  90  90   0   0
              0  30   0  90  90  90   0  50
              0   0   0   0   0   0   0  50
              0  20  20  40  40   0   0   0
              0  20  20  40   0   0  70   0
              0   0   0   0   0   0   0   0
        """,
    ),
    Table(
        "objects remove_small",
        {},
        f"{SKIMAGE}, morphology.remove_small_objects",
        peer=large(),
        image=OBJECTS,
        want="""
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
        """,
    ),
    Table(
        "objects remove_small",
        {"size": 3},
        f"{SKIMAGE}, morphology.remove_small_objects",
        peer=large(3),
        image=OBJECTS,
        want="""
             90  90   0   0   0   0   0   0
             90   0   0  90  90  90   0   0
              0   0   0  90   0  90   0   0
              0   0   0  90  90  90   0   0
              0   0   0   0   0   0   0   0
              0  20  20  40  40   0   0   0
              0  20  20  40   0   0   0   0
              0   0   0   0   0   0   0   0
        """,
    ),
    Table(
        "objects remove_small",
        {"size": 4, "connectivity": 2},
        f"{SKIMAGE}, morphology.remove_small_objects",
        peer=large(4, 2),
        image=OBJECTS,
        want="""
              0   0   0   0   0   0  90   0
              0   0   0  90  90  90   0   0
              0   0   0  90   0  90   0   0
              0   0   0  90  90  90   0   0
              0   0   0   0   0   0   0   0
              0  20  20   0   0   0   0   0
              0  20  20   0   0   0   0   0
              0   0   0   0   0   0   0   0
        """,
    ),
    Table(
        "objects clear_border",
        {},
        f"{SKIMAGE}, segmentation.clear_border",
        peer=inner(),
        image=OBJECTS,
        want="""
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
              0  30   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
              0  20  20  40  40   0   0   0
              0  20  20  40   0   0  70   0
              0   0   0   0   0   0   0   0
        """,
    ),
    Table(
        "objects clear_border",
        {"buffer": 1},
        f"{SKIMAGE}, segmentation.clear_border",
        peer=inner(1),
        image=OBJECTS,
        want="""
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
        """,
    ),
    Table(
        "objects clear_border",
        {"connectivity": 1},
        f"{SKIMAGE}, segmentation.clear_border",
        peer=inner_of_sides,
        image=OBJECTS,
        want="""
              0   0   0   0   0   0   0   0
              0   0   0  90  90  90   0   0
              0   0   0  90   0  90   0   0
              0  30   0  90  90  90   0   0
              0   0   0   0   0   0   0   0
              0  20  20  40  40   0   0   0
              0  20  20  40   0   0  70   0
              0   0   0   0   0   0   0   0
        """,
    ),
    Table(
        "objects distance",
        {},
        f"{SCIPY}.distance_transform_edt",
        peer=distances("euclidean"),
        image=THICK,
        want="""
                    0         1         2         3         2         1         0         0         0
                    1  1.414214  2.236068  2.236068         2  1.414214         1         0         0
                    2  2.236068  2.236068  1.414214         1         1  1.414214         1         0
                    3         3         2         1         0         0         1  1.414214         1
                    2  2.236068         2         1         0         0         1  1.414214         1
                    1  1.414214  2.236068  1.414214         1         1  1.414214         1         0
                    0         1         2  2.236068         2         2         1         0         0
        """,
    ),
    Table(
        "objects distance",
        {"metric": "taxicab"},
        f"{SCIPY}.distance_transform_cdt",
        peer=distances("taxicab"),
        image=THICK,
        want="""
              0   1   2   3   2   1   0   0   0
              1   2   3   3   2   2   1   0   0
              2   3   3   2   1   1   2   1   0
              3   3   2   1   0   0   1   2   1
              2   3   2   1   0   0   1   2   1
              1   2   3   2   1   1   2   1   0
              0   1   2   3   2   2   1   0   0
        """,
    ),
    Table(
        "objects distance",
        {"metric": "chessboard"},
        f"{SCIPY}.distance_transform_cdt",
        peer=distances("chessboard"),
        image=THICK,
        want="""
              0   1   2   3   2   1   0   0   0
              1   1   2   2   2   1   1   0   0
              2   2   2   1   1   1   1   1   0
              3   3   2   1   0   0   1   1   1
              2   2   2   1   0   0   1   1   1
              1   1   2   1   1   1   1   1   0
              0   1   2   2   2   2   1   0   0
        """,
    ),
    Table(
        "objects skeleton",
        {},
        f"{SKIMAGE}, morphology.skeletonize",
        peer=thinned(),
        image=THICK,
        want="""
              0   0   0   0   0   0   0   0   0
              0   0   0   9   9   9   0   0   0
              0   0   7   0   0   0   8   0   0
              0   9   0   0   0   0   8   0   0
              0   0   9   0   0   0   8   0   0
              0   0   0   9   9   8   0   0   0
              0   0   0   0   0   0   0   0   0
        """,
    ),
    Table(
        "objects skeleton",
        {"method": "lee"},
        f"{SKIMAGE}, morphology.skeletonize",
        peer=thinned(method="lee"),
        image=THICK,
        want="""
              0   0   0   0   0   0   0   0   0
              0   0   0   9   9   9   0   0   0
              0   0   7   0   0   0   8   0   0
              0   9   0   0   0   0   8   0   0
              0   0   9   0   0   0   8   0   0
              0   0   0   9   0   0   8   0   0
              0   0   0   0   9   8   0   0   0
        """,
    ),
    Table(
        "objects local_maxima",
        {},
        f"{SKIMAGE}, morphology.local_maxima",
        peer=maximal(),
        image=HILLS,
        want="""
              0   0   0   0   0   0   0   0
              0   1   0   0   0   0   1   0
              0   0   0   0   0   0   0   0
              0   0   0   1   1   0   0   0
              0   0   0   1   0   0   0   0
              1   0   0   0   0   0   1   0
        """,
    ),
    Table(
        "objects local_maxima",
        {"connectivity": 1},
        f"{SKIMAGE}, morphology.local_maxima",
        peer=maximal(connectivity=1),
        image=HILLS,
        want="""
              0   0   0   0   0   0   0   0
              0   1   0   0   0   0   1   0
              0   0   0   0   0   0   0   0
              0   0   0   1   1   0   0   0
              0   0   0   1   0   0   0   0
              1   0   0   0   0   0   1   0
        """,
    ),
    Table(
        "objects local_maxima",
        {"borders": False},
        f"{SKIMAGE}, morphology.local_maxima",
        peer=maximal(allow_borders=False),
        image=HILLS,
        want="""
              0   0   0   0   0   0   0   0
              0   1   0   0   0   0   1   0
              0   0   0   0   0   0   0   0
              0   0   0   1   1   0   0   0
              0   0   0   1   0   0   0   0
              0   0   0   0   0   0   0   0
        """,
    ),
    Table(
        "objects peaks",
        {},
        f"{SKIMAGE}, feature.peak_local_max",
        peer=peaked(),
        image=HILLS,
        want="""
              0   0   0   0   0   0   0   0
              0   1   0   0   0   0   1   0
              0   0   0   0   0   0   0   0
              0   0   0   1   1   0   0   0
              0   0   0   1   0   0   0   0
              0   0   0   0   0   0   0   0
        """,
    ),
    Table(
        "objects peaks",
        {"min_distance": 2},
        f"{SKIMAGE}, feature.peak_local_max",
        peer=peaked(min_distance=2),
        image=HILLS,
        want="""
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
              0   0   0   1   0   0   0   0
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   0   0
        """,
    ),
    Table(
        "objects peaks",
        {"level": 40},
        f"{SKIMAGE}, feature.peak_local_max",
        peer=peaked(threshold_abs=40),
        image=HILLS,
        want="""
              0   0   0   0   0   0   0   0
              0   0   0   0   0   0   1   0
              0   0   0   0   0   0   0   0
              0   0   0   1   1   0   0   0
              0   0   0   1   0   0   0   0
              0   0   0   0   0   0   0   0
        """,
    ),
    Table(
        "objects peaks",
        {"borders": True},
        f"{SKIMAGE}, feature.peak_local_max",
        peer=peaked(exclude_border=False),
        image=HILLS,
        want="""
              0   0   0   0   0   0   0   0
              0   1   0   0   0   0   1   0
              0   0   0   0   0   0   0   0
              0   0   0   1   1   0   0   0
              0   0   0   1   0   0   0   0
              1   0   0   0   0   0   1   0
        """,
    ),
    Table(
        "objects watershed",
        {},
        f"{SKIMAGE}, segmentation.watershed",
        peer=flooded(),
        image=HILLS,
        want="""
              1   1   1   2   2   2   2   3
              1   1   1   2   2   2   2   3
              4   4   2   2   2   2   7   7
              4   4   5   2   2   7   7   7
              4   4   5   5   6   7   7   7
              4   5   5   5   6   6   7   7
        """,
    ),
    Table(
        "objects watershed",
        {"connectivity": 2},
        f"{SKIMAGE}, segmentation.watershed",
        peer=flooded(connectivity=2),
        image=HILLS,
        want="""
              1   1   1   2   2   2   2   3
              1   1   1   2   2   2   2   3
              4   4   4   2   2   2   6   6
              4   4   4   5   6   6   6   6
              4   4   5   5   6   6   6   6
              4   4   5   5   6   6   6   6
        """,
    ),
    Table(
        "objects watershed",
        {"markers": "input"},
        f"{SKIMAGE}, segmentation.watershed",
        peer=flooded(markers=True),
        image=OBJECTS,
        want="""
              1   1   5   5   5   5   2   5
              1   5   5   2   2   2   5   5
              5   5   5   2   2   2   5   5
              5   3   5   2   2   2   5   4
              5   5   5   5   5   5   5   4
              5   5   5   6   6   5   5   5
              5   5   5   6   5   5   7   5
              5   5   5   5   5   5   5   5
        """,
    ),
    Table(
        "objects watershed",
        {"mask": "input"},
        f"{SKIMAGE}, segmentation.watershed",
        peer=flooded(mask=True),
        image=THICK,
        want="""
              0   1   1   1   1   1   0   0   0
              1   1   1   1   1   1   1   0   0
              1   1   1   1   1   1   1   1   0
              1   1   1   1   0   0   1   1   1
              1   1   1   1   0   0   1   1   1
              1   1   1   1   1   1   1   1   0
              0   1   1   1   1   1   1   0   0
        """,
    ),
    Table(
        "objects watershed",
        {"line": True},
        f"{SKIMAGE}, segmentation.watershed",
        peer=flooded(watershed_line=True),
        image=HILLS,
        want="""
              1   1   1   0   2   2   0   3
              1   1   0   2   2   2   0   3
              0   0   2   2   2   0   7   0
              4   4   0   2   0   7   7   7
              4   0   5   0   6   0   7   7
              0   5   5   0   6   6   0   7
        """,
    ),
    Table(
        "objects watershed",
        {"compactness": 20.0},
        f"{SKIMAGE}, segmentation.watershed",
        peer=flooded(compactness=20),
        image=HILLS,
        want="""
              1   1   1   2   2   2   2   3
              1   1   1   2   2   2   2   3
              4   4   1   2   2   2   3   3
              4   4   5   5   6   6   7   7
              4   4   5   5   6   6   7   7
              4   5   5   5   6   6   7   7
        """,
    ),
    Table(
        "objects match_template",
        {"template": TEMPLATE},
        f"{SKIMAGE}, feature.match_template",
        peer=matched(TEMPLATE),
        want="""
            -0.457333 0.39228 0.259083
            0.536611 -0.701606 0.151743
            -0.267667 0.722221 -0.778263
            0.803646 -0.461276 0.447177
        """,
    ),
    Table(
        "objects match_template",
        {"template": TEMPLATE, "pad_input": True},
        f"{SKIMAGE}, feature.match_template, pad_input=True",
        peer=matched(TEMPLATE, pad_input=True),
        want="""
            0.587326 0.332736 0.573167 0.296587 0.226853 0.487338
            0.268411 0.090011 -0.457333 0.39228 0.259083 -0.49145
            -0.380534 0.033862 0.536611 -0.701606 0.151743 0.30906
            0.450652 -0.132645 -0.267667 0.722221 -0.778263 -0.134967
            -0.38099 -0.022405 0.803646 -0.461276 0.447177 0.384045
        """,
    ),
    Table(
        "objects match_template",
        {"template": COLOURS},
        f"{SKIMAGE}, feature.match_template, of all channels",
        peer=lambda image: feature.match_template(image, np.array(COLOURS, float))[..., 0],
        channels=3,
        image="""
            10  80 33
            200  5 91
            64  18 222
            7 150 40
            99   3 170
            55  28 131
            61 240 11
            108 77 0
        """,
        want="""
            0.994291 -0.117687 -0.713877
        """,
    ),
]
