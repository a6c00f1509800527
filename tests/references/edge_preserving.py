"""Blurs whose weights depend on the samples, in every border."""

import numpy as np
from scipy import ndimage

from references.table import Table, in_every_border

SOURCE = "C. Tomasi, R. Manduchi, 1998: the formula in float64; OpenCV 5.0 is within its own rounding of it"

COLOURS = """
     12  80  33
    200   5  91
      7 150  64
     18 222  40
     99   3 170
     55  28 131
     61 240  11
    108  77   0
"""

BORDERS = {"nearest": "edge", "mirror": "reflect", "reflect": "symmetric"}
"""SciPy's names that are not NumPy's own."""


def _bilateral(image, size=9, color=25.0, space=3.0, disk=True, manhattan=False, mode="mirror", cval=0):
    reach, pixels = size // 2, image.reshape(*image.shape[:2], -1)
    constant = {"constant_values": cval} if mode == "constant" else {}
    padded = np.pad(pixels, [(reach, reach)] * 2 + [(0, 0)], BORDERS.get(mode, mode), **constant)
    total = weights = 0
    for i, j in np.ndindex(size, size):
        away = (i - reach) ** 2 + (j - reach) ** 2
        if disk and away > reach**2:
            continue
        under = padded[i : i + image.shape[0], j : j + image.shape[1]]
        apart = abs(under - pixels)
        apart = apart.sum(2) if manhattan else np.sqrt((apart**2).sum(2))
        weight = np.exp(-away / (2 * space**2) - apart**2 / (2 * color**2))[..., None]
        total, weights = total + weight * under, weights + weight
    return (total / weights).reshape(image.shape)


def _guided(image, size=9, eps=0.01, **mode):
    """Of an image that is its own guide."""
    mean = ndimage.uniform_filter(image, size, **mode)
    variance = ndimage.uniform_filter(image**2, size, **mode) - mean**2
    a = variance / (variance + eps)
    b = mean - a * mean
    return ndimage.uniform_filter(a, size, **mode) * image + ndimage.uniform_filter(b, size, **mode)


TABLES = [
    *in_every_border(
        "blur bilateral",
        {"sigma_color": 25},
        SOURCE,
        _bilateral,
        constant="""
             35.158611  57.679181  43.125876 201.555859  30.075975    63.9784
             30.876126 152.644977  53.602757   32.26718 220.163668  46.929306
             73.083609  24.599448 165.811107  50.125771  40.482357 121.234386
             51.712097  236.48075   28.21535  97.248718  57.864868  29.255132
            173.451129  43.224344 138.758966 244.421673   48.57996 104.157983
        """,
        edge="""
             14.318613  74.470471  26.739812 200.544999  15.654462  89.982091
             13.744585 153.278656  58.317588  21.139775 214.468571   39.20912
             91.430949  15.272642 166.930327   50.94632  28.872903 119.613028
             58.343733 236.589189   20.12006  110.23937  75.273062  11.793778
            180.032918  30.032261 142.612906 250.326383   44.34001  117.82215
        """,
        reflect="""
             15.442642  72.602274  30.060012 205.125251  18.089871  82.683803
             15.094653 153.364622  58.267646  21.884279 218.740191  37.434469
             91.687429  14.151191 164.946254  50.847119  29.286553 122.620127
             57.575972 237.850671  17.340143 102.090852  71.821567   16.17298
            170.076038  23.964493 138.785371 242.684143  46.209375 110.746889
        """,
        symmetric="""
             15.084063  75.389886  27.870559 200.139971  17.393553  85.261536
             14.901258 152.540059  58.832446  21.849891 218.130306   37.23395
             89.274895  15.022412 168.125906  50.225287  30.108545  119.67661
             57.247799 237.814212  18.986215 107.080293  73.610216  13.283491
            175.580213  28.544664 139.318934 246.335709  45.321588 114.861469
        """,
        wrap="""
             17.026214  75.943308  31.047759  196.52865  16.363376   86.89573
             16.435875   145.7953  58.965616   21.80196 221.676953  37.590834
             94.552301  16.179566 165.785657  50.358978  27.319301 125.686327
              58.05722 232.161743  17.766472 100.783649   70.39577  13.716543
            178.060247  26.248749 139.239367 239.462855  44.790342 112.598603
        """,
    ),
    Table(
        "blur bilateral",
        {"sigma_color": 60, "size": 3, "footprint": "square"},
        SOURCE,
        peer=lambda image: _bilateral(image, color=60, size=3, disk=False, mode="mirror"),
        want="""
             34.571851  64.394599  50.229761 203.673149  28.071101   66.27295
             27.575377 117.453949  59.334941  33.440046 194.449574  38.175963
             92.112198  29.469846 148.695335  54.767146   43.52662 104.123884
             45.622698  197.98813  31.198466    91.7135  73.759678  40.411056
            208.426228  37.140996 134.158683 226.452486  64.075682  74.717953
        """,
    ),
    Table(
        "blur bilateral",
        {"sigma_color": 40, "size": 5, "sigma_space": 1},
        SOURCE,
        peer=lambda image: _bilateral(image, color=40, size=5, space=1, mode="mirror"),
        want="""
              19.66721  69.004427  41.878808 207.917632  19.667305  74.880639
             15.203859 141.736751   53.06655  30.202945 215.968135  34.435902
             96.800384  15.639223 160.488539  50.757978  36.046146 114.164963
             50.363419 229.356215  21.317472  96.748152  73.054572  22.666452
            194.421944    27.2063 138.800351 253.491971  58.782036  94.306741
        """,
    ),
    Table(
        "blur bilateral",
        {"sigma_color": 80, "size": 3, "distance": "euclidean"},
        SOURCE,
        peer=lambda image: _bilateral(image, color=80, size=3, manhattan=False, mode="reflect"),
        border="symmetric",
        image=COLOURS,
        channels=3,
        want="""
             16.065223  77.305312  37.048811
            186.046846   8.342136  92.975035
             15.954436 174.551682  53.175641
             18.321082 206.488108  43.051192
             88.913345   9.304541 159.813769
             73.866608  21.274075 137.977841
             55.631862 220.223319  18.171271
            103.979266  86.284436   1.468996
        """,
    ),
    Table(
        "blur bilateral",
        {"sigma_color": 80, "size": 3, "distance": "manhattan"},
        SOURCE,
        peer=lambda image: _bilateral(image, color=80, size=3, manhattan=True, mode="reflect"),
        border="symmetric",
        image=COLOURS,
        channels=3,
        want="""
             12.043604  79.970943  33.043827
            197.608112   5.387946  91.641913
              9.826701 163.432204  59.081214
             16.773997  213.40023  42.797397
             93.866374   5.923552 165.435145
             64.074861  23.666263 136.735695
             60.262184 236.259591  12.094919
            107.584804  78.292592   0.113868
        """,
    ),
    Table(
        "blur guided",
        {},
        "the formula of K. He et al., 2013, with SciPy 1.17.1 ndimage.uniform_filter",
        peer=lambda image: _guided(image, mode="mirror"),
        want="""
             12.000133  80.000018  33.000097 199.999814   5.000145  90.999998
              7.000142   149.9999  64.000045  18.000123 221.999777  40.000086
             98.999984   3.000148 169.999863   55.00006  28.000106  130.99993
              61.00005 239.999749  11.000135 107.999971  77.000023   0.000154
            182.999843  26.000109 141.999913 254.999723  49.000071 115.999957
        """,
    ),
    Table(
        "blur guided",
        {"size": 3, "eps": 2000},
        "the formula of K. He et al., 2013, with SciPy 1.17.1 ndimage.uniform_filter",
        peer=lambda image: _guided(image, 3, 2000, mode="reflect"),
        border="symmetric",
        want="""
             28.768301   72.33272  46.735089 172.321881  26.193124  88.468069
             26.620759 121.383568  68.653261  36.711185 183.209875  52.314323
             92.516925  26.093359 148.298079  64.313394   44.77719 113.937177
             71.788024 207.913181   33.19008 105.847874   79.65763  27.743632
              166.4828  46.972163 136.085293 223.319918  62.153075 101.198051
        """,
    ),
    Table(
        "blur guided",
        {"size": 5, "eps": 1500},
        "the formula of K. He et al., 2013, with SciPy 1.17.1 ndimage.uniform_filter",
        peer=lambda image: _guided(image, 5, 1500, mode="nearest"),
        border="edge",
        want="""
             26.230177   75.97209  43.219897 171.429899  24.730101  89.901577
             23.685474 130.246193  67.558827   33.63895 189.808879  51.898248
             94.554625   22.29186 151.195676  63.098402  42.508762 121.345937
             69.335852 209.095366  29.755051 105.807268  81.074464  21.897238
            167.389636  43.348756 134.910183 224.009191  60.236691 112.333678
        """,
    ),
    Table(
        "blur guided",
        {"size": 3, "eps": 300, "guide": "input"},
        "the formula of K. He et al., 2013, with SciPy 1.17.1 ndimage.uniform_filter",
        peer=lambda image: _guided(image, 3, 300, mode="mirror"),
        want="""
             16.723794  79.528313  35.951746 194.224019   8.668844  91.011998
             11.751917 145.268465  65.024821  21.667655 215.822096  42.270922
             98.111234   7.360004 165.688278  56.811911  31.357807 127.588173
             62.733848 234.893664  15.035824 107.217754  76.834115   6.061982
            180.044823  29.127969 140.393241 247.510653  51.253734 111.936625
        """,
    ),
]
