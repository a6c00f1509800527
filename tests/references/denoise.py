"""Denoising: by functions of scikit-image, over the full scale of uint8, and by medians, in every border."""

from importlib.util import find_spec

import numpy as np
from scipy import ndimage
from skimage import restoration

from references.table import Table, in_every_border

VERSION = "scikit-image 0.26.0, skimage.restoration"


def tv(**options):
    return lambda image: 255 * restoration.denoise_tv_chambolle(image / 255, **options)


def nl_means(**options):
    given = {"patch_size": 7, "patch_distance": 11, "h": 0.1, **options}
    return lambda image: 255 * restoration.denoise_nl_means(image / 255, preserve_range=True, **given)


def shrunk(**options):
    """None where PyWavelets is not there, which scikit-image has it from, and which nothing else needs."""
    if find_spec("pywt") is None:
        return None
    return lambda image: 255 * restoration.denoise_wavelet(image / 255, **options)


OUTLIERS = "SciPy 1.17.1, ndimage.median_filter, under the rule of ImageJ's RankFilters.java at 09e0f4f"

RADIUS_2 = np.array([[0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0]])
"""The circle of radius 2 of ImageJ, which holds what is at most the root of 5 away, as its makeLineRadii."""


def outliers(tolerance=50, far=np.positive, **window):
    window = window or {"size": 3}

    def removed(image, mode="mirror", cval=0):
        median = ndimage.median_filter(image, **window, mode=mode, cval=cval)
        return np.where(far(image - median) > tolerance, median, image)

    return removed


TABLES = [
    Table(
        "denoise tv",
        {},
        f"{VERSION}.denoise_tv_chambolle",
        peer=tv(),
        dtype="uint8",
        want="""
             39.150397   71.39746  68.827016 138.943852  55.914223  76.674933
             41.328549  79.995429  79.686052  71.688607 136.046767  76.397984
             79.059673  75.987787 102.306038  81.444411  75.072653   76.17971
              81.85954 159.573349  81.351592  95.060437   74.69434  70.436713
            141.915738  93.432116 118.154608 179.224862  77.037795   77.15737
        """,
    ),
    Table(
        "denoise tv",
        {"weight": 0.5},
        f"{VERSION}.denoise_tv_chambolle",
        peer=tv(weight=0.5),
        dtype="uint8",
        want="""
             57.064735  70.052438  78.622346  86.845021  85.939411  83.344027
             65.610187  75.860257  85.067521  86.736629   85.74989  82.802121
             83.399606  87.588672   91.31103  90.453447  86.338086  80.803985
            101.631353 104.953759 103.193505  99.507466  87.499501  82.295139
            113.923577  114.11255 113.978782 111.616917  93.959435  85.738609
        """,
    ),
    Table(
        "denoise tv",
        {"eps": 0.05},
        f"{VERSION}.denoise_tv_chambolle",
        peer=tv(eps=0.05),
        dtype="uint8",
        want="""
             28.143812  70.278445  64.646051 147.569137  49.628881  75.261963
             34.067368  92.997019  79.163326  64.030067 148.155493  78.287079
             74.493132  64.264112 113.212278  74.763173  66.923125  83.563478
             91.777584 170.062319  71.537208  97.291832  68.173609  48.292419
            150.291949  80.009205 126.034463 194.903464  81.626555  86.551455
        """,
    ),
    Table(
        "denoise tv",
        {"iterations": 3},
        f"{VERSION}.denoise_tv_chambolle",
        peer=tv(max_num_iter=3),
        dtype="uint8",
        want="""
             28.143812  70.278445  64.646051 147.569137  49.628881  75.261963
             34.067368  92.997019  79.163326  64.030067 148.155493  78.287079
             74.493132  64.264112 113.212278  74.763173  66.923125  83.563478
             91.777584 170.062319  71.537208  97.291832  68.173609  48.292419
            150.291949  80.009205 126.034463 194.903464  81.626555  86.551455
        """,
    ),
    Table(
        "denoise nlmeans",
        {},
        f"{VERSION}.denoise_nl_means",
        peer=nl_means(),
        dtype="uint8",
        want="""
             17.144731  77.743692  34.546529  198.55401   4.898962   91.40415
              8.619563 152.966223  62.210883  19.826565 218.887222   38.57331
             98.958824          3 170.448705         55  27.990169 131.255607
             60.700154 239.930537  11.533026 107.863192         77          0
            182.744393   25.91896 141.729734  254.30974         49        116
        """,
    ),
    Table(
        "denoise nlmeans",
        {"h": 0.3},
        f"{VERSION}.denoise_nl_means",
        peer=nl_means(h=0.3),
        dtype="uint8",
        want="""
             99.727795   73.66541  92.340077 100.536403   67.00793 110.594975
              68.35937 108.124001   85.92157  78.310378 112.922275  65.880516
            112.608727  67.012058 104.438948  93.847088  75.330596 107.134424
             63.476947 118.740158  73.695318  91.819383  99.647743  69.209578
            120.500992  63.735961 107.597137  96.440986  76.988998 108.134135
        """,
    ),
    Table(
        "denoise nlmeans",
        {"size": 3},
        f"{VERSION}.denoise_nl_means",
        peer=nl_means(patch_size=3),
        dtype="uint8",
        want="""
             37.086171  63.335198  34.333949 186.253694  18.535558 101.382943
             25.760185 151.885618  58.318612  32.963824 207.451316  33.204413
            109.703761  17.176173 172.911197  59.192954  34.775914 139.004819
              34.32607 216.162497  17.932655  69.603329  88.534006  20.904878
             168.39413  20.587167 127.693351  230.28046  42.218506 125.276775
        """,
    ),
    Table(
        "denoise nlmeans",
        {"h": 0.5, "distance": 2},
        f"{VERSION}.denoise_nl_means",
        peer=nl_means(h=0.5, patch_distance=2),
        dtype="uint8",
        want="""
             82.634488   71.14863  78.465664  91.946776  81.824639  97.224335
             75.218463  92.407243  82.668599  83.703927  94.378262  78.813792
             99.488649  87.193953  94.680183  93.594287  81.365163 102.314628
             84.223926 121.502932  88.443427   97.56544  87.263694  85.715446
            117.910393  90.289541 104.670158  84.692175  78.147309   86.20511
        """,
    ),
    Table(
        "denoise nlmeans",
        {"sigma": 0.2},
        f"{VERSION}.denoise_nl_means",
        peer=nl_means(sigma=0.2),
        dtype="uint8",
        want="""
            105.675964  44.734718  94.095775 134.557263  34.430922 150.091465
             28.737478 136.742659  89.345149  47.692476 188.246726  32.335473
             121.90055  26.893545 144.493169 103.889642  44.856601  123.81673
             29.746809  164.62331  47.756376 109.609946 126.056792  26.049344
            123.524163  28.966174 123.313326 104.000049  33.916033 146.100683
        """,
    ),
    *in_every_border(
        "denoise outliers",
        {"tolerance": 50},
        OUTLIERS,
        outliers(),
        constant="""
             12  80  33  50   5  91
              7  64  64  18  55  40
             99   3  64  55  28  50
             61  99  11 108  77   0
             50  26  50  50  49  50
        """,
        edge="""
             12  80  33  33   5  91
              7  64  64  18  55  40
             99   3  64  55  28  40
             61  99  11 108  77   0
            183  26 142 108  49 116
        """,
        reflect="""
             12  80  33  64   5  91
              7  64  64  18  55  40
             99   3  64  55  28  77
             61  99  11 108  77   0
            183  26 142  77  49 116
        """,
        symmetric="""
             12  80  33  33   5  91
              7  64  64  18  55  40
             99   3  64  55  28  40
             61  99  11 108  77   0
            183  26 142 108  49 116
        """,
        wrap="""
             12  80  33  64   5  91
              7  64  64  18  55  40
             99   3  64  55  28  61
             61  99  11 108  77   0
             80  26 142  77  49  61
        """,
    ),
    Table(
        "denoise outliers",
        {"tolerance": 50, "which": "dark"},
        OUTLIERS,
        peer=outliers(far=np.negative),
        want="""
             80  80  33 200   5  91
             80 150  64  18 222  40
             99  64 170  55  28 131
             61 240 108 108  77   0
            183  26 142 255  49 116
        """,
    ),
    Table(
        "denoise outliers",
        {"tolerance": 60, "which": "both"},
        OUTLIERS,
        peer=outliers(60, np.abs),
        want="""
             80  80  33  64   5  91
             80  64  64  18  55  40
             99  64  64  55  28 131
             61  99 108 108  77   0
            183  26 142  77  49 116
        """,
    ),
    Table(
        "denoise outliers",
        {"tolerance": 76, "size": [2, 4]},
        OUTLIERS,
        peer=outliers(76, size=(2, 4)),
        want="""
             12  80  33  80   5  91
              7 150  64  18  64  40
             99   3  64  55  28 131
             61  99  11 108  77   0
            183  26 142 108  49 116
        """,
    ),
    Table(
        "denoise outliers",
        {"tolerance": 50, "footprint": RADIUS_2.tolist()},
        OUTLIERS,
        peer=lambda image: outliers(footprint=RADIUS_2)(image, mode="nearest"),
        border="edge",
        want="""
             12  80  33  64   5  91
              7  55  64  18  77  40
             99   3  77  55  28  55
             61  99  11 108  77   0
            183  26 142 108  49 116
        """,
    ),
    Table(
        "denoise wavelet",
        {},
        f"{VERSION}.denoise_wavelet, with PyWavelets 1.8.0",
        peer=shrunk(),
        dtype="uint8",
        want="""
                 62.25      62.25      78.75      78.75       89.5       89.5
                 62.25      62.25      78.75      78.75       89.5       89.5
                100.75     100.75         86         86         59         59
                100.75     100.75         86         86         59         59
                 104.5      104.5      198.5      198.5       82.5       82.5
        """,
    ),
    Table(
        "denoise wavelet",
        {"wavelet": "db2"},
        f"{VERSION}.denoise_wavelet, with PyWavelets 1.8.0",
        peer=shrunk(wavelet="db2"),
        dtype="uint8",
        want="""
             54.221283  67.686465  83.017194  97.848051  86.834686  82.746259
             59.554895  75.107856  77.569989  83.539799  88.698622  94.074747
             93.675348 104.674475  91.796433   85.31626  72.295887  61.027956
            120.082389 128.307299 100.751339  82.782835  60.787693  39.871485
            108.697206   93.56671 138.507071 167.351494 101.517869   61.05315
        """,
    ),
    Table(
        "denoise wavelet",
        {"wavelet": "db4"},
        f"{VERSION}.denoise_wavelet, with PyWavelets 1.8.0",
        peer=shrunk(wavelet="db4"),
        dtype="uint8",
        want="""
             15.883747  57.679705  84.793859 106.701419 102.380384   56.26818
             32.006764  83.493444   93.33898  66.351322  88.733562  91.220254
             64.502274  94.412919  98.364622  91.067069  71.868986   96.74002
            118.544314 112.873536  99.242777 117.314242 104.407888  56.609844
            145.428713 111.532707 111.685937 133.429852 110.742145  47.247887
        """,
    ),
    Table(
        "denoise wavelet",
        {"wavelet": "sym4"},
        f"{VERSION}.denoise_wavelet, with PyWavelets 1.8.0",
        peer=shrunk(wavelet="sym4"),
        dtype="uint8",
        want="""
              15.66364  51.094929   99.72398 102.583778  94.292411  81.756087
             38.800855  60.794442  93.124935  90.951341  80.306343  74.506166
             70.379112  72.607072  81.299118  73.862987  62.178769  66.846705
            107.408425 111.369867 114.998488 101.691742  85.441101  77.073068
            140.801126 153.093621 158.248935 140.730053 120.649656  93.788745
        """,
    ),
    Table(
        "denoise wavelet",
        {"method": "visu"},
        f"{VERSION}.denoise_wavelet, with PyWavelets 1.8.0",
        peer=shrunk(method="VisuShrink"),
        dtype="uint8",
        want="""
                 62.25      62.25      78.75      78.75       89.5       89.5
                 62.25      62.25      78.75      78.75       89.5       89.5
                100.75     100.75         86         86         59         59
                100.75     100.75         86         86         59         59
                 104.5      104.5      198.5      198.5       82.5       82.5
        """,
    ),
    Table(
        "denoise wavelet",
        {"mode": "hard"},
        f"{VERSION}.denoise_wavelet, with PyWavelets 1.8.0",
        peer=shrunk(mode="hard"),
        dtype="uint8",
        want="""
                 62.25      62.25      78.75      78.75       89.5       89.5
                 62.25      62.25      78.75      78.75       89.5       89.5
                100.75     100.75         86         86         59         59
                100.75     100.75         86         86         59         59
                 104.5      104.5      198.5      198.5       82.5       82.5
        """,
    ),
    Table(
        "denoise wavelet",
        {"sigma": 0.2, "levels": 2},
        f"{VERSION}.denoise_wavelet, with PyWavelets 1.8.0",
        peer=shrunk(sigma=0.2, wavelet_levels=2),
        dtype="uint8",
        want="""
             49.784457 114.090543  36.850319 127.024681  29.403043 119.096957
             48.850319 115.024681 106.784457  57.090543 126.837181  21.662819
            131.784457  32.090543 116.654569  47.220431  47.532931 100.967069
             30.850319 133.024681  47.220431 116.654569 100.967069  47.532931
            171.104578  54.364355 153.895422 226.635645  69.129888  95.870112
        """,
    ),
    Table(
        "denoise wavelet",
        {"levels": 2},
        f"{VERSION}.denoise_wavelet, with PyWavelets 1.8.0",
        peer=shrunk(wavelet_levels=2),
        dtype="uint8",
        want="""
               81.9375    81.9375    81.9375    81.9375      74.25      74.25
               81.9375    81.9375    81.9375    81.9375      74.25      74.25
               81.9375    81.9375    81.9375    81.9375      74.25      74.25
               81.9375    81.9375    81.9375    81.9375      74.25      74.25
                 151.5      151.5      151.5      151.5       82.5       82.5
        """,
    ),
]
