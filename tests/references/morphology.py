"""Morphology with flat footprints."""

import numpy as np
from scipy import ndimage
from skimage import morphology

from references.table import IMAGE, Table

FOOTPRINT = np.array([[0, 1, 1], [1, 1, 0]])
CROSS = ndimage.generate_binary_structure(2, 1)

TABLES = [
    Table(
        "morphology erode",
        {},
        "SciPy 1.17.1, ndimage.minimum_filter",
        peer=lambda image: ndimage.minimum_filter(image, 3, mode="mirror"),
        want="""
                7     7    18     5     5     5
                3     3     3     5     5     5
                3     3     3    11     0     0
                3     3     3    11     0     0
               26    11    11    11     0     0
        """,
    ),
    Table(
        "morphology erode",
        {"size": [4, 2]},
        "SciPy 1.17.1, ndimage.minimum_filter",
        peer=lambda image: ndimage.minimum_filter(image, (4, 2), mode="mirror"),
        want="""
                3     3     3    18     5     5
                3     3     3    18     5     5
                3     3     3    11     5     0
                3     3     3    11    18     0
                3     3     3    11    28     0
        """,
    ),
    Table(
        "morphology erode",
        {"footprint": [[0, 1, 1], [1, 1, 0]]},
        "SciPy 1.17.1, ndimage.minimum_filter",
        peer=lambda image: ndimage.minimum_filter(image, footprint=FOOTPRINT, mode="mirror"),
        want="""
                7    12    18    18     5     5
                7     7    33     5     5     5
                3     3     3    18    28    28
                3     3    11    11    28     0
               26    11    11    77     0     0
        """,
    ),
    Table(
        "morphology erode",
        {"iterations": 2, "size": [1, 3]},
        "SciPy 1.17.1, ndimage.minimum_filter",
        peer=lambda image: ndimage.minimum_filter(
            ndimage.minimum_filter(image, (1, 3), mode="mirror"), (1, 3), mode="mirror"
        ),
        want="""
               12    12     5     5     5     5
                7     7     7    18    18    18
                3     3     3     3    28    28
               11    11    11     0     0     0
               26    26    26    26    49    49
        """,
    ),
    Table(
        "morphology dilate",
        {},
        "SciPy 1.17.1, ndimage.maximum_filter",
        peer=lambda image: ndimage.maximum_filter(image, 3, mode="mirror"),
        want="""
              150   150   200   222   222   222
              150   170   200   222   222   222
              240   240   240   222   222   222
              240   240   255   255   255   131
              240   240   255   255   255   116
        """,
    ),
    Table(
        "morphology dilate",
        {"size": [4, 2]},
        "SciPy 1.17.1, ndimage.maximum_filter",
        peer=lambda image: ndimage.maximum_filter(image, (4, 2), mode="mirror"),
        want="""
              150   150   170   200   222   222
              150   150   170   200   222   222
              240   240   240   200   222   222
              240   240   240   255   255   222
              240   240   240   255   255   131
        """,
    ),
    Table(
        "morphology dilate",
        {"footprint": [[0, 1, 1], [1, 1, 0]]},
        "SciPy 1.17.1, ndimage.maximum_filter",
        peer=lambda image: ndimage.maximum_filter(image, footprint=FOOTPRINT, mode="mirror"),
        want="""
              150   150    80   222   222   222
              150   150   200   200   222   222
              150   150   170   222   222   222
              240   240   240   108   131   131
              240   240   142   255   255   116
        """,
    ),
    Table(
        "morphology dilate",
        {"iterations": 2, "size": [1, 3]},
        "SciPy 1.17.1, ndimage.maximum_filter",
        peer=lambda image: ndimage.maximum_filter(
            ndimage.maximum_filter(image, (1, 3), mode="mirror"), (1, 3), mode="mirror"
        ),
        want="""
               80   200   200   200   200   200
              150   150   222   222   222   222
              170   170   170   170   170   131
              240   240   240   240   108   108
              183   255   255   255   255   255
        """,
    ),
    Table(
        "morphology open",
        {},
        "SciPy 1.17.1, ndimage.grey_opening",
        peer=lambda image: ndimage.grey_opening(image, size=3, mode="mirror"),
        want="""
                7    18    18    18     5     5
                7    18    18    18    11     5
                3     3    11    11    11     5
               26    26    11    11    11     0
               26    26    11    11    11     0
        """,
    ),
    Table(
        "morphology open",
        {"size": [4, 2]},
        "SciPy 1.17.1, ndimage.grey_opening",
        peer=lambda image: ndimage.grey_opening(image, size=(4, 2), mode="mirror"),
        want="""
                3     3    18    18     5     5
                3     3    18    18    18    18
                3     3    18    28    28    28
                3     3    11    28    28    28
                3     3    11    28    28    28
        """,
    ),
    Table(
        "morphology open",
        {"footprint": [[0, 1, 1], [1, 1, 0]]},
        "SciPy 1.17.1, ndimage.grey_opening",
        peer=lambda image: ndimage.grey_opening(image, footprint=FOOTPRINT, mode="mirror"),
        want="""
               12    18    33    33     5     5
                7    33    33    18    28    28
                3     3    18    28    28    28
               26    26    11    77    77    28
               26    11    77    77    28    28
        """,
    ),
    Table(
        "morphology open",
        {"iterations": 2, "size": [1, 3]},
        "SciPy 1.17.1, ndimage.minimum_filter, maximum_filter",
        peer=lambda image: ndimage.maximum_filter(
            ndimage.maximum_filter(
                ndimage.minimum_filter(
                    ndimage.minimum_filter(image, (1, 3), mode="mirror"), (1, 3), mode="mirror"
                ),
                (1, 3),
                mode="mirror",
            ),
            (1, 3),
            mode="mirror",
        ),
        want="""
               12    12    12    12     5     5
                7    18    18    18    18    18
                3     3    28    28    28    28
               11    11    11    11    11     0
               26    26    49    49    49    49
        """,
    ),
    Table(
        "morphology close",
        {},
        "SciPy 1.17.1, ndimage.grey_closing",
        peer=lambda image: ndimage.grey_closing(image, size=3, mode="mirror"),
        want="""
              150   150   150   200   222   222
              150   150   150   200   222   222
              150   150   170   200   131   131
              240   240   222   222   116   116
              240   240   240   255   116   116
        """,
    ),
    Table(
        "morphology close",
        {"size": [4, 2]},
        "SciPy 1.17.1, ndimage.grey_closing",
        peer=lambda image: ndimage.grey_closing(image, size=(4, 2), mode="mirror"),
        want="""
              150   150   170   200   222   222
              150   150   170   200   222   222
              150   150   170   200   131   131
              240   240   200   200   131   131
              240   240   240   255   131   131
        """,
    ),
    Table(
        "morphology close",
        {"footprint": [[0, 1, 1], [1, 1, 0]]},
        "SciPy 1.17.1, ndimage.grey_closing",
        peer=lambda image: ndimage.grey_closing(image, footprint=FOOTPRINT, mode="mirror"),
        want="""
              150   150   150   200   200   222
              150   150   150   170   222   222
              150   150   170   108   108   131
              240   240   108   108   131   116
              240   142   142   255   116   116
        """,
    ),
    Table(
        "morphology close",
        {"iterations": 2, "size": [1, 3]},
        "SciPy 1.17.1, ndimage.minimum_filter, maximum_filter",
        peer=lambda image: ndimage.minimum_filter(
            ndimage.minimum_filter(
                ndimage.maximum_filter(
                    ndimage.maximum_filter(image, (1, 3), mode="mirror"), (1, 3), mode="mirror"
                ),
                (1, 3),
                mode="mirror",
            ),
            (1, 3),
            mode="mirror",
        ),
        want="""
               80    80    80   200   200   200
              150   150   150   150   222   222
              170   170   170   131   131   131
              240   240   108   108   108   108
              183   183   183   255   255   255
        """,
    ),
    Table(
        "morphology gradient",
        {},
        "SciPy 1.17.1, ndimage.maximum_filter, minimum_filter",
        peer=lambda image: (
            ndimage.maximum_filter(image, 3, mode="mirror") - ndimage.minimum_filter(image, 3, mode="mirror")
        ),
        want="""
              143   143   182   217   217   217
              147   167   197   217   217   217
              237   237   237   211   222   222
              237   237   252   244   255   131
              214   229   244   244   255   116
        """,
    ),
    Table(
        "morphology gradient",
        {"size": [4, 2]},
        "SciPy 1.17.1, ndimage.maximum_filter, minimum_filter",
        peer=lambda image: (
            ndimage.maximum_filter(image, (4, 2), mode="mirror")
            - ndimage.minimum_filter(image, (4, 2), mode="mirror")
        ),
        want="""
              147   147   167   182   217   217
              147   147   167   182   217   217
              237   237   237   189   217   222
              237   237   237   244   237   222
              237   237   237   244   227   131
        """,
    ),
    Table(
        "morphology gradient",
        {"footprint": [[0, 1, 1], [1, 1, 0]]},
        "SciPy 1.17.1, ndimage.maximum_filter, minimum_filter",
        peer=lambda image: (
            ndimage.maximum_filter(image, footprint=FOOTPRINT, mode="mirror")
            - ndimage.minimum_filter(image, footprint=FOOTPRINT, mode="mirror")
        ),
        want="""
              143   138    62   204   217   217
              143   143   167   195   217   217
              147   147   167   204   194   194
              237   237   229    97   103   131
              214   229   131   178   255   116
        """,
    ),
    Table(
        "morphology tophat",
        {},
        "SciPy 1.17.1, ndimage.white_tophat",
        peer=lambda image: ndimage.white_tophat(image, size=3, mode="mirror"),
        want="""
                5    62    15   182     0    86
                0   132    46     0   211    35
               96     0   159    44    17   126
               35   214     0    97    66     0
              157     0   131   244    38   116
        """,
    ),
    Table(
        "morphology tophat",
        {"size": [4, 2]},
        "SciPy 1.17.1, ndimage.white_tophat",
        peer=lambda image: ndimage.white_tophat(image, size=(4, 2), mode="mirror"),
        want="""
                9    77    15   182     0    86
                4   147    46     0   204    22
               96     0   152    27     0   103
               58   237     0    80    49   -28
              180    23   131   227    21    88
        """,
    ),
    Table(
        "morphology tophat",
        {"footprint": [[0, 1, 1], [1, 1, 0]]},
        "SciPy 1.17.1, ndimage.white_tophat",
        peer=lambda image: ndimage.white_tophat(image, footprint=FOOTPRINT, mode="mirror"),
        want="""
                0    62     0   167     0    86
                0   117    31     0   194    12
               96     0   152    27     0   103
               35   214     0    31     0   -28
              157    15    65   178    21    88
        """,
    ),
    Table(
        "morphology blackhat",
        {},
        "SciPy 1.17.1, ndimage.black_tophat",
        peer=lambda image: ndimage.black_tophat(image, size=3, mode="mirror"),
        want="""
              138    70   117     0   217   131
              143     0    86   182     0   182
               51   147     0   145   103     0
              179     0   211   114    39   116
               57   214    98     0    67     0
        """,
    ),
    Table(
        "morphology blackhat",
        {"size": [4, 2]},
        "SciPy 1.17.1, ndimage.black_tophat",
        peer=lambda image: ndimage.black_tophat(image, size=(4, 2), mode="mirror"),
        want="""
              138    70   137     0   217   131
              143     0   106   182     0   182
               51   147     0   145   103     0
              179     0   189    92    54   131
               57   214    98     0    82    15
        """,
    ),
    Table(
        "morphology blackhat",
        {"footprint": [[0, 1, 1], [1, 1, 0]]},
        "SciPy 1.17.1, ndimage.black_tophat",
        peer=lambda image: ndimage.black_tophat(image, footprint=FOOTPRINT, mode="mirror"),
        want="""
              138    70   117     0   195   131
              143     0    86   152     0   182
               51   147     0    53    80     0
              179     0    97     0    54   116
               57   116     0     0    67     0
        """,
    ),
    Table(
        "morphology reconstruct",
        {"seed": "input"},
        "scikit-image 0.26.0, morphology.reconstruction: of the image itself; more in test_reconstruct.py",
        peer=lambda image: morphology.reconstruction(image, image),
        want=IMAGE,
    ),
    Table(
        "morphology reconstruct",
        {"seed": "input", "connectivity": 1},
        "scikit-image 0.26.0, morphology.reconstruction: of the image itself; more in test_reconstruct.py",
        peer=lambda image: morphology.reconstruction(image, image, footprint=CROSS),
        want=IMAGE,
    ),
    Table(
        "morphology reconstruct",
        {"seed": "input", "method": "erosion"},
        "scikit-image 0.26.0, morphology.reconstruction: of the image itself; more in test_reconstruct.py",
        peer=lambda image: morphology.reconstruction(image, image, method="erosion"),
        want=IMAGE,
    ),
]
