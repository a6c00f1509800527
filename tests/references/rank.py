"""Ranks, in every border."""

import numpy as np
from scipy import ndimage, stats

from references.table import SCIPY, Table, in_every_border

FOOTPRINT = np.array([[0, 1, 1], [1, 1, 0]])
DISK = np.array([[0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]])
ELLIPSE = np.array([[0, 0, 1, 0, 0], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [0, 0, 1, 0, 0]])
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])

MODE = "SciPy 1.17.1, stats.mode under ndimage.generic_filter"

FEW = """
     5   5   9   2   9   9
     7   5   2   2   9   4
     7   7   5   5   4   4
     2   7   7   9   4   1
     2   5   9   9   1   1
"""
"""Values that are in a window more than once."""


def modal(image, **window):
    return ndimage.generic_filter(image, lambda values: stats.mode(values).mode, **window)


TABLES = [
    *in_every_border(
        "rank median",
        {},
        "SciPy 1.17.1, ndimage.median_filter",
        lambda image, **mode: ndimage.median_filter(image, 3, **mode),
        constant="""
               50    50    50    50    50    50
               50    64    64    55    55    50
               50    64    64    64    55    50
               50    99   108    77    77    50
               50    50    50    50    50    50
        """,
        edge="""
               12    33    80    33    91    91
               12    64    64    55    55    91
               61    64    64    64    55    40
               99    99   108    77    77    77
              183   142   142   108   108    77
        """,
        reflect="""
               80    64    64    64    40    91
               80    64    64    55    55    40
               99    64    64    64    55    77
               61    99   108    77    77    49
              183    61   108    77    77    77
        """,
        symmetric="""
               12    33    80    33    91    91
               12    64    64    55    55    91
               61    64    64    64    55    40
               99    99   108    77    77    77
              183   142   142   108   108    77
        """,
        wrap="""
               80    64    80    64    91    49
               80    64    64    55    55    40
               61    64    64    64    55    61
               99    99   108    77    77    77
               80    61   108    77    91    61
        """,
    ),
    Table(
        "rank median",
        {"size": [2, 4]},
        "SciPy 1.17.1, ndimage.median_filter",
        peer=lambda image: ndimage.median_filter(image, (2, 4), mode="mirror"),
        want="""
               80    80    64    80    64    91
               80    80    64    80    64    91
               99    99    64    64    64    55
               99    99    99    77    77    77
              142   142   142   108   108    77
        """,
    ),
    Table(
        "rank median",
        {"size": [5, 5], "footprint": "disk"},
        "SciPy 1.17.1, ndimage.median_filter",
        peer=lambda image: ndimage.median_filter(image, footprint=DISK, mode="mirror"),
        want="""
               80    64    64    64    33   131
               64    80    64    55    77    28
              150    61    64    77    49    77
               26   142    64    77    77    49
              142    61   142    77    77    77
        """,
    ),
    Table(
        "rank median",
        {"size": [5, 5], "footprint": "ellipse"},
        "SciPy 1.17.1, ndimage.median_filter",
        peer=lambda image: ndimage.median_filter(image, footprint=ELLIPSE, mode="mirror"),
        want="""
               64    64    64    64    40    91
               64    80    55    64    64    40
               64    64    64    77    55    77
               61   108    64    77    77    55
               99   108   108    77    77   108
        """,
    ),
    Table(
        "rank median",
        {"size": [3, 3], "footprint": "cross"},
        "SciPy 1.17.1, ndimage.median_filter",
        peer=lambda image: ndimage.median_filter(image, footprint=CROSS, mode="mirror"),
        want="""
               12    80    64    18   200    40
               99    64    64    64    28   131
                7   150    55    55    77    28
              183    26   142    77    49    77
               61   183    26   108    77    49
        """,
    ),
    Table(
        "rank median",
        {"size": [5, 5], "footprint": "diamond"},
        "SciPy 1.17.1, ndimage.median_filter",
        peer=lambda image: ndimage.median_filter(image, footprint=DISK, mode="mirror"),
        want="""
               80    64    64    64    33   131
               64    80    64    55    77    28
              150    61    64    77    49    77
               26   142    64    77    77    49
              142    61   142    77    77    77
        """,
    ),
    Table(
        "rank median",
        {"footprint": [[0, 1, 1], [1, 1, 0]]},
        "SciPy 1.17.1, ndimage.median_filter",
        peer=lambda image: ndimage.median_filter(image, footprint=FOOTPRINT, mode="mirror"),
        want="""
               80    80    64   200   200    91
               80    80   150    64    91    91
               99    99    64   170    55   131
               99   170   170    55   108    77
              183   183   108   142    77    77
        """,
    ),
    *in_every_border(
        "rank minimum",
        {},
        "SciPy 1.17.1, ndimage.minimum_filter",
        lambda image, **mode: ndimage.minimum_filter(image, 3, **mode),
        constant="""
                7     7    18     5     5     5
                3     3     3     5     5     5
                3     3     3    11     0     0
                3     3     3    11     0     0
               26    11    11    11     0     0
        """,
        edge="""
                7     7    18     5     5     5
                3     3     3     5     5     5
                3     3     3    11     0     0
                3     3     3    11     0     0
               26    11    11    11     0     0
        """,
        reflect="""
                7     7    18     5     5     5
                3     3     3     5     5     5
                3     3     3    11     0     0
                3     3     3    11     0     0
               26    11    11    11     0     0
        """,
        symmetric="""
                7     7    18     5     5     5
                3     3     3     5     5     5
                3     3     3    11     0     0
                3     3     3    11     0     0
               26    11    11    11     0     0
        """,
        wrap="""
                7     7    18     5     5     5
                3     3     3     5     5     5
                0     3     3    11     0     0
                0     3     3    11     0     0
                0    11    11     5     0     0
        """,
    ),
    Table(
        "rank minimum",
        {"size": [4, 1]},
        "SciPy 1.17.1, ndimage.minimum_filter",
        peer=lambda image: ndimage.minimum_filter(image, (4, 1), mode="mirror"),
        want="""
                7     3    33    18     5    40
                7     3    33    18     5    40
                7     3    11    18     5     0
                7     3    11    18    28     0
               61     3    11    55    28     0
        """,
    ),
    Table(
        "rank minimum",
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
    *in_every_border(
        "rank maximum",
        {},
        "SciPy 1.17.1, ndimage.maximum_filter",
        lambda image, **mode: ndimage.maximum_filter(image, 3, **mode),
        constant="""
              150   150   200   222   222   222
              150   170   200   222   222   222
              240   240   240   222   222   222
              240   240   255   255   255   131
              240   240   255   255   255   116
        """,
        edge="""
              150   150   200   222   222   222
              150   170   200   222   222   222
              240   240   240   222   222   222
              240   240   255   255   255   131
              240   240   255   255   255   116
        """,
        reflect="""
              150   150   200   222   222   222
              150   170   200   222   222   222
              240   240   240   222   222   222
              240   240   255   255   255   131
              240   240   255   255   255   116
        """,
        symmetric="""
              150   150   200   222   222   222
              150   170   200   222   222   222
              240   240   240   222   222   222
              240   240   255   255   255   131
              240   240   255   255   255   116
        """,
        wrap="""
              183   183   255   255   255   222
              150   170   200   222   222   222
              240   240   240   222   222   222
              240   240   255   255   255   183
              240   240   255   255   255   183
        """,
    ),
    Table(
        "rank maximum",
        {"size": [4, 1]},
        "SciPy 1.17.1, ndimage.maximum_filter",
        peer=lambda image: ndimage.maximum_filter(image, (4, 1), mode="mirror"),
        want="""
               99   150   170   200   222   131
               99   150   170   200   222   131
               99   240   170   200   222   131
              183   240   170   255   222   131
              183   240   170   255    77   131
        """,
    ),
    Table(
        "rank maximum",
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
        "rank percentile",
        {"percentile": 70},
        "SciPy 1.17.1, ndimage.percentile_filter",
        peer=lambda image: ndimage.percentile_filter(image, 70, 3, mode="mirror"),
        want="""
              150    80   150   200   200   222
               99    99   150   170   131   131
              150   150   150   108   108   131
              183   170   170   142   116    77
              240   183   240   108   108    77
        """,
    ),
    Table(
        "rank percentile",
        {"percentile": 100, "size": [1, 3]},
        "SciPy 1.17.1, ndimage.percentile_filter",
        peer=lambda image: ndimage.percentile_filter(image, 100, (1, 3), mode="mirror"),
        want="""
               80    80   200   200   200    91
              150   150   150   222   222   222
               99   170   170   170   131   131
              240   240   240   108   108    77
              183   183   255   255   255   116
        """,
    ),
    Table(
        "rank percentile",
        {"percentile": 20, "footprint": [[0, 1, 1], [1, 1, 0]]},
        "SciPy 1.17.1, ndimage.percentile_filter",
        peer=lambda image: ndimage.percentile_filter(image, 20, footprint=FOOTPRINT, mode="mirror"),
        want="""
                7    12    18    18     5     5
                7     7    33     5     5     5
                3     3     3    18    28    28
                3     3    11    11    28     0
               26    11    11    77     0     0
        """,
    ),
    Table(
        "rank range",
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
        "rank range",
        {"size": [2, 3]},
        "SciPy 1.17.1, ndimage.maximum_filter, minimum_filter",
        peer=lambda image: (
            ndimage.maximum_filter(image, (2, 3), mode="mirror")
            - ndimage.minimum_filter(image, (2, 3), mode="mirror")
        ),
        want="""
              143   143   182   217   217   217
              143   143   182   217   217   217
              147   167   167   204   204   194
              237   237   237   159   131   131
              214   229   244   244   255   116
        """,
    ),
    Table(
        "rank range",
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
        "rank midpoint",
        {},
        "SciPy 1.17.1, ndimage.maximum_filter, minimum_filter",
        peer=lambda image: (
            (
                ndimage.maximum_filter(image, 3, mode="mirror")
                + ndimage.minimum_filter(image, 3, mode="mirror")
            )
            / 2
        ),
        want="""
             78.5  78.5   109 113.5 113.5 113.5
             76.5  86.5 101.5 113.5 113.5 113.5
            121.5 121.5 121.5 116.5   111   111
            121.5 121.5   129   133 127.5  65.5
              133 125.5   133   133 127.5    58
        """,
    ),
    Table(
        "rank midpoint",
        {"size": [2, 3]},
        "SciPy 1.17.1, ndimage.maximum_filter, minimum_filter",
        peer=lambda image: (
            (
                ndimage.maximum_filter(image, (2, 3), mode="mirror")
                + ndimage.minimum_filter(image, (2, 3), mode="mirror")
            )
            / 2
        ),
        want="""
             78.5  78.5   109 113.5 113.5 113.5
             78.5  78.5   109 113.5 113.5 113.5
             76.5  86.5  86.5   120   120   125
            121.5 121.5 121.5  90.5  65.5  65.5
              133 125.5   133   133 127.5    58
        """,
    ),
    Table(
        "rank midpoint",
        {"footprint": [[0, 1, 1], [1, 1, 0]]},
        "SciPy 1.17.1, ndimage.maximum_filter, minimum_filter",
        peer=lambda image: (
            (
                ndimage.maximum_filter(image, footprint=FOOTPRINT, mode="mirror")
                + ndimage.minimum_filter(image, footprint=FOOTPRINT, mode="mirror")
            )
            / 2
        ),
        want="""
             78.5    81    49   120 113.5 113.5
             78.5  78.5 116.5 102.5 113.5 113.5
             76.5  76.5  86.5   120   125   125
            121.5 121.5 125.5  59.5  79.5  65.5
              133 125.5  76.5   166 127.5    58
        """,
    ),
    Table(
        "rank mode",
        {"value": 50},
        MODE,
        peer=lambda image: modal(image, size=3, **SCIPY["constant"]),
        image=FEW,
        border="constant",
        want="""
             50   5   2   2   9  50
              5   5   5   2   4   4
              7   7   5   2   4   4
              7   7   5   9   1   1
             50  50   9   9   1  50
        """,
    ),
    Table(
        "rank mode",
        {},
        MODE,
        peer=lambda image: modal(image, size=3, **SCIPY["edge"]),
        image=FEW,
        border="edge",
        want="""
              5   5   2   9   9   9
              7   5   5   2   4   4
              7   7   5   2   4   4
              2   7   5   9   1   1
              2   2   9   9   1   1
        """,
    ),
    Table(
        "rank mode",
        {},
        MODE,
        peer=lambda image: modal(image, size=3, **SCIPY["reflect"]),
        image=FEW,
        border="reflect",
        want="""
              5   5   2   2   9   9
              5   5   5   2   4   9
              7   7   5   2   4   4
              7   7   5   9   1   4
              7   7   7   9   1   1
        """,
    ),
    Table(
        "rank mode",
        {},
        MODE,
        peer=lambda image: modal(image, size=3, **SCIPY["symmetric"]),
        image=FEW,
        border="symmetric",
        want="""
              5   5   2   9   9   9
              7   5   5   2   4   4
              7   7   5   2   4   4
              2   7   5   9   1   1
              2   2   9   9   1   1
        """,
    ),
    Table(
        "rank mode",
        {},
        MODE,
        peer=lambda image: modal(image, size=3, **SCIPY["wrap"]),
        image=FEW,
        border="wrap",
        want="""
              5   5   2   9   9   9
              5   5   5   2   4   4
              7   7   5   2   4   4
              7   7   5   9   1   1
              5   5   9   9   9   1
        """,
    ),
    Table(
        "rank mode",
        {"size": [2, 4]},
        MODE,
        peer=lambda image: modal(image, size=(2, 4), mode="mirror"),
        image=FEW,
        want="""
              5   5   2   2   9   9
              5   5   2   2   9   9
              7   7   5   5   4   4
              7   7   7   7   4   4
              7   7   9   9   1   1
        """,
    ),
    Table(
        "rank mode",
        {"size": [5, 5], "footprint": "disk"},
        MODE,
        peer=lambda image: modal(image, footprint=DISK, mode="mirror"),
        image=FEW,
        want="""
              5   5   5   2   9   9
              5   5   2   2   9   4
              7   7   7   2   4   4
              7   7   7   9   4   4
              7   7   7   9   1   4
        """,
    ),
    Table(
        "rank mode",
        {"footprint": [[0, 1, 1], [1, 1, 0]]},
        MODE,
        peer=lambda image: modal(image, footprint=FOOTPRINT, mode="mirror"),
        image=FEW,
        want="""
              5   5   2   2   9   9
              5   5   2   2   9   9
              7   7   2   5   4   4
              7   7   5   4   4   4
              2   7   9   9   1   1
        """,
    ),
]
