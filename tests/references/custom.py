"""Any kernel, in every border, and what every stage takes: stride, padding, dilation, bias."""

import numpy as np
from scipy import ndimage, signal

from references.table import Table, grid, in_every_border

KERNEL = [[1, 2, -3], [0.5, 0, 4], [-2, 7, -1]]
EVEN = [[1, -2, 3, 0.5], [0, 4, -1, 2]]

LOG_9 = """
    0 1 1   2   2   2 1 1 0
    1 2 4   5   5   5 4 2 1
    1 4 5   3   0   3 5 4 1
    2 5 3 -12 -24 -12 3 5 2
    2 5 0 -24 -40 -24 0 5 2
    2 5 3 -12 -24 -12 3 5 2
    1 4 5   3   0   3 5 4 1
    1 2 4   5   5   5 4 2 1
    0 1 1   2   2   2 1 1 0
"""
"""Laplacian of a Gaussian of 1.4 pixels: R. Fisher, S. Perkins, A. Walker, E. Wolfart, HIPR2, 2003."""

GAUSSIAN = """
    6.69162895726e-05 0.000436349020507 0.0022159631726 0.00876430436279 0.0269959579673 0.0647599366047
    0.120987489765 0.176035758885 0.199474647865
"""
SECOND = """
    0.000250936085897 0.00122723162018 0.00443192634519 0.0115031494762 0.0202469684755 0.020237480189
    0.0 -0.0330067047909 -0.0498686619662
"""
"""A Gaussian of 2 pixels, its second derivative, to the middle: SciPy 1.17.1, ndimage.gaussian_filter1d."""


def log_17():
    """Return the kernel of SciPy's gaussian_laplace: of rank 2."""
    halves = (np.array(text.split(), float) for text in (GAUSSIAN, SECOND))
    gaussian, second = (np.concatenate([half, half[-2::-1]]) for half in halves)
    return np.outer(second, gaussian) + np.outer(gaussian, second)


def _windows(image, kernel, padding, stride=1, dilation=1, mode="reflect"):
    (down, right), (below, beside) = (np.broadcast_to(step, 2) for step in (stride, dilation))
    rows, cols = np.shape(kernel)
    spread = np.zeros(((rows - 1) * below + 1, (cols - 1) * beside + 1))
    spread[::below, ::beside] = kernel
    return signal.correlate2d(np.pad(image, padding, mode), spread, "valid")[::down, ::right]


TABLES = [
    *in_every_border(
        "custom mine",
        {"kernel": KERNEL},
        "SciPy 1.17.1, ndimage.correlate",
        lambda image, **mode: ndimage.correlate(image, KERNEL, **mode),
        constant="""
               144   1110    970 -187.5   1942  -11.5
              1049  -14.5    822   1355     61   1159
              -262 2391.5  -65.5    288 1216.5    162
              2379 -656.5   1417 1961.5   -511 1042.5
              -219 1367.5   1171    463 1053.5  351.5
        """,
        edge="""
                 7   1183    516  230.5   1879   76.5
             891.5  -14.5    822   1355     61    915
            -302.5 2391.5  -65.5    288 1216.5    566
            2167.5 -656.5   1417 1961.5   -511  533.5
             547.5  841.5   1658   1715  570.5 1163.5
        """,
        reflect="""
              -327   1225   1194 -753.5   2284 -727.5
              1223  -14.5    822   1355     61   2004
            -565.5 2391.5  -65.5    288 1216.5   -469
              2475 -656.5   1417 1961.5   -511 1217.5
              -534 2714.5    460    920 1176.5 -164.5
        """,
        symmetric="""
                 7   1183    516  230.5   1879   76.5
             891.5  -14.5    822   1355     61    915
            -302.5 2391.5  -65.5    288 1216.5    566
            2167.5 -656.5   1417 1961.5   -511  533.5
             547.5  841.5   1658   1715  570.5 1163.5
        """,
        wrap="""
             588.5    919    515  317.5   1947 -388.5
               923  -14.5    822   1355     61   1052
            -131.5 2391.5  -65.5    288 1216.5    476
              2303 -656.5   1417 1961.5   -511  806.5
              -614 1670.5    842   1592  397.5 1265.5
        """,
    ),
    Table(
        "custom mine",
        {"kernel": KERNEL, "flip": True},
        "SciPy 1.17.1, ndimage.convolve",
        peer=lambda image: ndimage.convolve(image, KERNEL, mode="mirror"),
        want="""
              -327 1322.5    378 -181.5 2731.5 -727.5
               711    421    746   1352   -233   1827
            -745.5   1704 -288.5    572 1571.5   -414
              2078 -523.5   2552  374.5   -240 1313.5
              -534   2708 -737.5 1443.5   1339 -164.5
        """,
    ),
    Table(
        "custom mine",
        {"kernel": [[1, 2, -3]], "flip": True},
        "SciPy 1.17.1, ndimage.convolve, of one row",
        peer=lambda image: ndimage.convolve(image, [[1, 2, -3]], mode="mirror"),
        want="""
            -136  157   26  306 -499  172
            -286  343 -304   66  430 -364
             192 -121  386 -372   22  206
            -358  308 -590  260 -170 -154
             314 -355  461  133 -551  134
        """,
    ),
    Table(
        "custom mine",
        {"kernel": [[1], [2], [-3]], "flip": True},
        "SciPy 1.17.1, ndimage.convolve, of one column",
        peer=lambda image: ndimage.convolve(image, [[1], [2], [-3]], mode="mirror"),
        want="""
              10 -140  -62  364 -434  102
              77   63  199 -509  457  -62
             238 -204  159  164 -533  142
               8  497 -346  306  119 -277
             244 -428  262  294  -56  232
        """,
    ),
    Table(
        "custom mine",
        {"kernel": KERNEL, "normalize": True, "bias": -2.5},
        "SciPy 1.17.1, ndimage.correlate, over the sum of the weights",
        peer=lambda image: ndimage.correlate(image, KERNEL, mode="mirror") / 8.5 - 2.5,
        want="""
            -40.970588 141.617647 137.970588 -91.147059 266.205882 -88.088235
            141.382353  -4.205882  94.205882 156.911765   4.676471 233.264706
            -69.029412 278.852941 -10.205882  31.382353 140.617647 -57.676471
            288.676471 -79.735294 164.205882 228.264706 -62.617647 140.735294
            -65.323529 316.852941  51.617647 105.735294 135.911765 -21.852941
        """,
    ),
    Table(
        "custom mine",
        {"kernel": EVEN},
        "NumPy 2.4.6, pad, and SciPy 1.17.1, signal.correlate2d, one more below and on the right",
        peer=lambda image: _windows(image, EVEN, [(0, 1), (1, 2)]),
        want="""
             318.5    623 1298.5 -376.5 1757.5    -88
              1351   -140    868   1168   -158   1423
               -75 1795.5    -68  564.5    868   16.5
            1833.5    140  991.5   1229  170.5   1287
              -165 1849.5  621.5    192  991.5  230.5
        """,
    ),
    Table(
        "custom mine",
        {"kernel": EVEN, "anchor": [0, 3]},
        "SciPy 1.17.1, ndimage.correlate with origin -1 and 1, from the second row and third column",
        peer=lambda image: ndimage.correlate(image, EVEN, mode="mirror", origin=[-1, 1]),
        want="""
               500    842  318.5    623 1298.5 -376.5
            1218.5   -221   1351   -140    868   1168
            -300.5 1841.5    -75 1795.5    -68  564.5
            1744.5   -193 1833.5    140  991.5   1229
              66.5   2031   -165 1849.5  621.5    192
        """,
    ),
    Table(
        "custom mine",
        {"kernel": EVEN, "padding": "same_lower", "stride": [2, 3]},
        "ONNX 1.19, Conv, auto_pad SAME_LOWER: 1 above and 1 on the left; SciPy 1.17.1, signal.correlate2d",
        peer=lambda image: _windows(image, EVEN, [(1, 0), (1, 0)], [2, 3]),
        want="""
               652 1691
              1351 1168
            1833.5 1229
        """,
    ),
    Table(
        "custom mine",
        {"kernel": KERNEL, "padding": "valid"},
        "NumPy 2.4.6, pad, and SciPy 1.17.1, signal.correlate2d, mode valid",
        peer=lambda image: _windows(image, KERNEL, 0),
        want="""
             -14.5    822   1355     61
            2391.5  -65.5    288 1216.5
            -656.5   1417 1961.5   -511
        """,
    ),
    Table(
        "custom mine",
        {"kernel": KERNEL, "padding": [2, 0, 1, 3]},
        "NumPy 2.4.6, pad, and SciPy 1.17.1, signal.correlate2d, top, bottom, left, right",
        peer=lambda image: _windows(image, KERNEL, [(2, 0), (1, 3)]),
        want="""
               711  357.5    196   2445   -569   1827   -233   1352
              -327   1225   1194 -753.5   2284 -727.5 2731.5 -181.5
              1223  -14.5    822   1355     61   2004   -528    832
            -565.5 2391.5  -65.5    288 1216.5   -469 1146.5   1351
              2475 -656.5   1417 1961.5   -511 1217.5    310 1255.5
        """,
    ),
    Table(
        "custom mine",
        {"kernel": KERNEL, "padding": [0, 2]},
        "NumPy 2.4.6, pad, and SciPy 1.17.1, signal.correlate2d, rows, columns",
        peer=lambda image: _windows(image, KERNEL, [(0, 0), (2, 2)]),
        want="""
              -201   1223  -14.5    822   1355     61   2004   -528
              2421 -565.5 2391.5  -65.5    288 1216.5   -469 1146.5
            -156.5   2475 -656.5   1417 1961.5   -511 1217.5    310
        """,
    ),
    Table(
        "custom mine",
        {"kernel": KERNEL, "dilation": [1, 2]},
        "NumPy 2.4.6, pad, and SciPy 1.17.1, signal.correlate2d, zeros between the taps",
        peer=lambda image: _windows(image, KERNEL, [(1, 1), (2, 2)], dilation=(1, 2)),
        want="""
            -108.5   1968   -293    256 1082.5   1170
               429   -253 1918.5    690    776    615
              1045 1709.5 -491.5  867.5    479  -32.5
             762.5    271 1272.5   1457  465.5    685
              1133   2521   17.5   1209    641  607.5
        """,
    ),
    Table(
        "custom mine",
        {"kernel": KERNEL, "stride": [2, 3]},
        "NumPy 2.4.6, pad, and SciPy 1.17.1, signal.correlate2d, every second row and third column of all",
        peer=lambda image: _windows(image, KERNEL, 1, stride=(2, 3)),
        want="""
              -327 -753.5
            -565.5    288
              -534    920
        """,
    ),
    Table(
        "custom mine",
        {"kernel": EVEN, "stride": 2},
        "NumPy 2.4.6, pad, and SciPy 1.17.1, signal.correlate2d, every second row and column of all",
        peer=lambda image: _windows(image, EVEN, [(0, 1), (1, 2)], stride=2),
        want="""
             318.5 1298.5 1757.5
               -75    -68    868
              -165  621.5  991.5
        """,
    ),
    Table(
        "custom mine",
        {"kernel": EVEN, "stride": [1, 2], "dilation": 2, "padding": [3, 1, 0, 2], "border": "wrap"},
        "NumPy 2.4.6, pad, and SciPy 1.17.1, signal.correlate2d, of all of these",
        peer=lambda image: _windows(image, EVEN, [(3, 1), (0, 2)], (1, 2), 2, mode="wrap"),
        want="""
            777.5
            451.5
            185.5
              817
            637.5
            777.5
            451.5
        """,
    ),
    Table(
        "custom mine",
        {"kernel": EVEN, "anchor": [1, 0]},
        "NumPy 2.4.6, pad, and SciPy 1.17.1, signal.correlate2d, one more above, three on the right",
        peer=lambda image: _windows(image, EVEN, [(1, 0), (0, 3)]),
        want="""
               595    129   1691   -256   1576   -432
               623 1298.5 -376.5 1757.5    -88 1695.5
              -140    868   1168   -158   1423     79
            1795.5    -68  564.5    868   16.5    547
               140  991.5   1229  170.5   1287  400.5
        """,
    ),
    Table(
        "custom mine",
        {"kernel": EVEN, "stride": [2, 3], "padding": "same_upper"},
        "ONNX 1.20, Conv with auto_pad SAME_UPPER: ceil(size / stride) outputs, the odd pixel after",
        peer=lambda image: _windows(image, EVEN, [(0, 1), (0, 1)], stride=(2, 3)),
        want="""
               623 1757.5
            1795.5    868
            1849.5  991.5
        """,
    ),
    Table(
        "custom mine",
        {"kernel": EVEN, "stride": [2, 3], "padding": "same_lower"},
        "ONNX 1.20, Conv with auto_pad SAME_LOWER: ceil(size / stride) outputs, the odd pixel before",
        peer=lambda image: _windows(image, EVEN, [(1, 0), (1, 0)], stride=(2, 3)),
        want="""
               652   1691
              1351   1168
            1833.5   1229
        """,
    ),
    Table(
        "custom mine",
        {"kernel": grid(LOG_9).tolist()},
        "SciPy 1.17.1, ndimage.correlate",
        peer=lambda image: ndimage.correlate(image, grid(LOG_9), mode="mirror"),
        want="""
              6782   4658   1561   -573  -3250  -2182
              5758   3827   1732   -292   -595  -1927
              1868    196    381   1257   2173   3470
             -4409  -3671  -4367  -2242   2817   5850
             -6188  -6891  -6434  -5346   1019   6016
        """,
    ),
    Table(
        "custom mine",
        {"kernel": log_17().tolist()},
        "SciPy 1.17.1, ndimage.gaussian_laplace",
        peer=lambda image: ndimage.gaussian_laplace(image, 2, mode="nearest"),
        border="edge",
        want="""
              6.634348   2.265377  -1.458154  -2.572583  -1.245891   0.520982
              5.606082   2.209415  -0.445617  -0.964501   0.417562   2.137689
              2.830233   0.920076  -0.452619  -0.118132   1.801479   3.841035
             -0.720448  -1.097218  -1.720493  -1.018285   1.458109   4.047863
             -3.349513  -2.552467  -3.319918  -3.180296  -0.686488   2.244844
        """,
    ),
]
