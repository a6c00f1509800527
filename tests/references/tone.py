"""Tone curves: of the range of the dtype, and through control points."""

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator
from skimage import exposure

from references.table import Table

SKIMAGE = "scikit-image 0.26.0, skimage.exposure."
SHARES = """
    0 0.125 0.5   0.75
    1   0.3 0.9 0.0625
"""
POINTS = [[0, 10], [64, 40], [192, 220], [255, 240]]
X, Y = np.array(POINTS).T


def of_8_bits(adjust, **parameters):
    """Return what scikit-image makes of shares of 255, not yet rounded."""
    return lambda image: 255 * adjust(image / 255, **parameters)


TABLES = [
    Table(
        "contrast gamma",
        {"gamma": 0.5},
        f"{SKIMAGE}adjust_gamma",
        peer=of_8_bits(exposure.adjust_gamma, gamma=0.5),
        dtype="uint8",
        want="""
             55.317267 142.828569  91.733309 225.831796  35.707142 152.331875
              42.24926 195.576072 127.749755  67.749539 237.928561 100.995049
            158.886752  27.658633 208.206628 118.427193  84.498521 182.770348
            124.719686 247.386338  52.962251   165.9518 140.124944          0
            216.020832  81.424812 190.289254        255 111.781036 171.988372
        """,
    ),
    Table(
        "contrast gamma",
        {"gamma": 0.5},
        f"{SKIMAGE}adjust_gamma",
        peer=lambda image: exposure.adjust_gamma(image, gamma=0.5),
        image=SHARES,
        want="""
                     0   0.353553   0.707107   0.866025
                     1   0.547723   0.948683       0.25
        """,
    ),
    Table(
        "contrast gamma",
        {"gamma": 2.2},
        f"{SKIMAGE}adjust_gamma",
        peer=of_8_bits(exposure.adjust_gamma, gamma=2.2),
        dtype="uint8",
        want="""
              0.306444   19.90443   2.837151 149.423111   0.044657  26.426695
               0.09362  79.351027  12.182817   0.747741 187.987221   4.331953
             31.808941   0.014515 104.505563   8.728703   1.976512  58.904522
             10.961688 223.160084   0.253055  38.519802  18.299169          0
             122.89782   1.679164  70.337373        255   6.769914  45.077452
        """,
    ),
    Table(
        "contrast log",
        {},
        f"{SKIMAGE}adjust_log",
        peer=of_8_bits(exposure.adjust_log),
        dtype="uint8",
        want="""
             16.917336 100.384281  44.770749 213.019171   7.143666 112.270072
              9.962739 170.193289   82.38009  25.092945 230.390465  53.605515
            120.679289   4.302824 187.926227  71.851597  38.327726 152.516418
             78.903964 244.017476  15.536895 129.915437  97.074929          0
            199.010574  35.718585 162.853649        255   64.66139 137.935095
        """,
    ),
    Table(
        "contrast log",
        {},
        f"{SKIMAGE}adjust_log",
        peer=lambda image: exposure.adjust_log(image),
        image=SHARES,
        want="""
                     0   0.169925   0.584963   0.807355
                     1   0.378512   0.925999   0.087463
        """,
    ),
    Table(
        "contrast log",
        {"inverse": True},
        f"{SKIMAGE}adjust_log",
        peer=of_8_bits(exposure.adjust_log, inv=True),
        dtype="uint8",
        want="""
              8.454911  61.942853  23.931141 184.179579   3.489395  71.562695
              4.898486 128.368697  48.453958  12.786918 211.244104  29.289338
             78.741835   2.087943 149.787268  41.120326    20.1658 109.071734
             45.989453  234.62381   7.739753  87.007191  59.368798          0
            164.346933  18.673934  120.12203        255  36.329967  94.525862
        """,
    ),
    Table(
        "contrast sigmoid",
        {},
        f"{SKIMAGE}adjust_sigmoid",
        peer=of_8_bits(exposure.adjust_sigmoid),
        dtype="uint8",
        want="""
              2.721335  34.267769   6.117172 240.965527   2.073375  49.185653
              2.241053 180.363941  19.519826   3.433532 248.882828   7.988959
             62.844238   1.918148 214.488378  14.034473   5.049564 136.236289
             17.502015 251.942988   2.617756  80.994488  30.925645   1.706677
            229.019726   4.675637 162.803834 253.293323  11.221469  99.227562
        """,
    ),
    Table(
        "contrast sigmoid",
        {},
        f"{SKIMAGE}adjust_sigmoid",
        peer=lambda image: exposure.adjust_sigmoid(image),
        image=SHARES,
        want="""
              0.006693   0.022977        0.5   0.924142
              0.993307   0.119203   0.982014   0.012432
        """,
    ),
    Table(
        "contrast sigmoid",
        {"cutoff": 0.3, "gain": 4},
        f"{SKIMAGE}adjust_sigmoid",
        peer=of_8_bits(exposure.adjust_sigmoid, cutoff=0.3, gain=4),
        dtype="uint8",
        want="""
             67.991832 130.999121   85.61277 222.882815  62.658711  141.93781
             64.153246  193.81217 115.039895  72.786579 231.388258  91.965459
            149.769309   61.18783 207.200303 106.201494  81.211382 178.906579
            112.075909 236.781596  67.212539 158.374371 127.999997   59.02618
            214.621829  79.484963 187.787461 240.382335  100.41865 165.782985
        """,
    ),
    Table(
        "contrast sigmoid",
        {"inverse": True},
        f"{SKIMAGE}adjust_sigmoid",
        peer=of_8_bits(exposure.adjust_sigmoid, inv=True),
        dtype="uint8",
        want="""
            252.278665 220.732231 248.882828  14.034473 252.926625 205.814347
            252.758947  74.636059 235.480174 251.566468   6.117172 247.011041
            192.155762 253.081852  40.511622 240.965527 249.950436 118.763711
            237.497985   3.057012 252.382244 174.005512 224.074355 253.293323
             25.980274 250.324363  92.196166   1.706677 243.778531 155.772438
        """,
    ),
    Table(
        "contrast curves",
        {"points": POINTS},
        "SciPy 1.17.1, scipy.interpolate.PchipInterpolator",
        peer=PchipInterpolator(X, Y),
        dtype="uint8",
        want="""
               12.7886   55.04846  21.422541 223.832711   10.94478  69.674064
             11.411514 171.582082         40  14.813457 233.264863  25.141859
             81.961197  10.528127 200.669029  34.129506  18.996454 138.381124
             38.013968 238.453781  12.489829  97.010572  51.609461         10
            214.087423  18.085327 158.013917        240  30.392203 111.132769
        """,
    ),
    Table(
        "contrast curves",
        {"points": POINTS, "interpolation": "natural"},
        "SciPy 1.17.1, scipy.interpolate.CubicSpline with natural ends",
        peer=CubicSpline(X, Y, bc_type="natural"),
        dtype="uint8",
        want="""
             12.795922   57.99694  19.549127 225.942946  11.129473  72.978658
             11.591284  167.55973         40  14.387165 235.753512  22.794047
              84.87929   10.67482 196.233836  32.267273  17.592836 136.890408
             37.229142 238.919283  12.547836  99.012958  54.246041         10
            211.501747  16.882979 154.900556        240  28.014106 112.027743
        """,
    ),
    Table(
        "contrast curves",
        {"points": [[0.125, 0.25], [0.5, 0.9]]},
        "SciPy 1.17.1, scipy.interpolate.PchipInterpolator: of two points a line; beyond them, they",
        peer=lambda image: PchipInterpolator([0.125, 0.5], [0.25, 0.9])(image.clip(0.125, 0.5)),
        image=SHARES,
        want="""
                  0.25       0.25        0.9        0.9
                   0.9   0.553333        0.9       0.25
        """,
    ),
    Table(
        "contrast curves",
        {"points": [[0, 0.5], [0.25, 0.1], [0.5, 0.2], [1, 0.15]]},
        "SciPy 1.17.1, scipy.interpolate.PchipInterpolator",
        peer=PchipInterpolator([0, 0.25, 0.5, 1], [0.5, 0.1, 0.2, 0.15]),
        image=SHARES,
        want="""
                   0.5    0.21875        0.2    0.19375
                  0.15     0.1104     0.1744   0.346094
        """,
    ),
]
