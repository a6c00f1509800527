"""The bytes of a device are those of the processor: sums are taken apart alike, operations rounded alike.

But for powers, exponentials and logarithms, which are each system's own, and Fourier transforms.
"""

import ast

import graphs
import numpy as np
import pytest
from device import SIMULATED, compiled, make

from convpipe.compile.cpu.graphs import compile_plan as on_processor
from convpipe.compile.cuda.supported import unsupported
from convpipe.geometry import Border
from convpipe.ops import ChannelMap, Map
from convpipe.plan import make_plan
from convpipe.plan.missing import Missing
from convpipe.stages import families, stage

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.filterwarnings("ignore:.*overflow encountered"),  # the simulator computes with NumPy
]

SYSTEM = {"power"}
"""The function that is each system's own."""


def defined(method):
    """Tell whether kernels are written for a method, of operations that round alike everywhere."""
    channels = method.colours or 1
    whole, plan = (
        make_plan([make(method)], (5, 7), channels=channels, dtype=dtype) for dtype in ("uint8", "float32")
    )
    ops = [op for node in plan.nodes for op in node.ops]
    maps = [op for op in ops if isinstance(op, Map)]
    maps += [line for op in ops if isinstance(op, ChannelMap) for _, line in op.lines]
    names = {node.id for one in maps for node in ast.walk(one.tree) if isinstance(node, ast.Name)}
    return unsupported(whole) is None and unsupported(plan) is None and not names & SYSTEM


METHODS = [method for methods in families().values() for method in methods.values() if defined(method)]


def pixels(dtype, shape):
    rng = np.random.default_rng(7)
    if np.dtype(dtype).kind == "f":
        return (rng.standard_normal(shape) * 100).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)


def check(stages, image, border=Border.REFLECT, output_dtype=None, **options):
    plan, run = compiled(stages, image, border, output_dtype, **options)
    got, _ = run(image)
    want, _ = on_processor(plan)(image, threads=1)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))  # of which a device has its own
    assert np.where(np.isnan(got), 0, got).tobytes() == np.where(np.isnan(want), 0, want).tobytes()
    return run


FORMULAS = [
    "sin(x[0, 1]) * cos(x / 7) + arctan2(x[1, 0], x - 3)",
    "where(x[-1, 0] > mean(x), hypot(x[0, 1] - x[0, -1], x[1, 0] - x[-1, 0]), clip(x, 3, 90))",
    "(x - mean(abs(x - median(x)))) / std(x)",
]


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas(formula, dtype):
    stages = [stage("combine", "it", formula=formula)]
    check(stages, pixels(dtype, (6, 9)), Border.SYMMETRIC, output_dtype="float64")


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("method", METHODS, ids=lambda method: f"{method.family}-{method.name}")
def test_registry(method, dtype):
    shape = (6, 9, method.colours) if method.colours else (6, 9)
    border = list(Border)[METHODS.index(method) % len(Border)]
    check([make(method)], pixels(dtype, shape), border)


def kernel(rows, cols, zeros=()):
    taps = np.random.default_rng(rows * cols).standard_normal((rows, cols))
    for tap in zeros:
        taps[tap] = 0
    return taps.tolist()


def outer(column, row):
    return np.outer(column, row).tolist()


def disk(rows, cols, weight=0.37):
    y, x = np.mgrid[:rows, :cols] * 2 - [[[rows - 1]], [[cols - 1]]]
    return (((y / rows) ** 2 + (x / cols) ** 2 < 1) * weight).tolist()


def of_rank(rank, rows, cols):
    left, right = np.random.default_rng(rank).standard_normal((2, rank, 40))
    return (left[:, :rows].T @ right[:, :cols]).tolist()


def widening(rows, cols):
    """Each column holds the one before it and a few taps more above and below, at whatever place."""
    taps = np.random.default_rng(2).random(rows)[:, np.newaxis].repeat(cols, 1)
    for col in range(cols):
        taps[: 3 * (col * 2 % cols), col] = 0
    return taps.tolist()


LONG = [0.0, *np.random.default_rng(3).random(40).tolist()]
LONG[7] = 0.0

FORMS = {
    "dense": (kernel(3, 3), {"dot"}),
    "many": (kernel(7, 6), {"dot"}),
    "many of other steps": (kernel(7, 6), {"dot"}),
    "wide": (kernel(3, 14), {"dot"}),
    "sparse": (kernel(7, 11, [(i, j) for i in range(7) for j in range(11) if (i + j) % 2]), {"dot"}),
    "columns and rows at once": (outer([0.1, 0.7, 0.3], [0.2, 0.5, 0.9]), {"outer"}),
    "columns, then rows": (outer(np.linspace(0.1, 1, 11), np.linspace(1.3, 0.2, 9)), {"dot"}),
    "long, with taps of 0": (outer(LONG, [0.3, 0.7, 0.9]), {"dot"}),
    "rank 2": (of_rank(2, 9, 14), {"dot"}),
    "rank 3, long": (of_rank(3, 38, 9), {"dot"}),
    "equal columns at once": (disk(6, 11), {"outer"}),
    "equal columns": (disk(15, 14), {"dot"}),
    "equal columns, long": (widening(45, 4), {"dot"}),
    "equal": (np.full((5, 9), 1 / 45).tolist(), {"sums", "tree"}),
    "equal, at once": (np.full((2, 8), 1 / 16.1).tolist(), {"equal"}),
    "equal and long": (np.full((40, 75), 1e-3).tolist(), {"sums", "tree"}),
}
"""A kernel, and the forms of the banks that it is summed by, where something can be rounded."""

COMMON = {"many of other steps": {"stride": [2, 1], "dilation": [1, 2]}}


@pytest.mark.parametrize("border", [Border.REFLECT, Border.CONSTANT], ids=lambda border: border.name.lower())
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("name", FORMS)
def test_forms(name, dtype, border):
    taps, forms = FORMS[name]
    one = stage("custom", "mine", kernel=taps, value=0.1, **COMMON.get(name, {}))
    for shared in ({}, {"shared": 64}):  # from a tile, and tap by tap from the image
        run = check([one], pixels(dtype, (5, 6)), border, "float64", **shared)
    if dtype.startswith("f"):
        assert {bank.form for group in run.groups for one in group.passes for bank in one.banks} == forms


@pytest.mark.parametrize(("dtype", "size"), [("uint16", [17, 16]), ("int16", [20, 70]), ("uint8", 5)])
def test_sums_of_more_integers_than_floating_point_holds(dtype, size):
    """From 2^24 on float32 does not hold all of them; 32 bits do."""
    limits = np.iinfo(dtype)
    image = pixels(dtype, (5, 6))
    for values in (image, np.maximum(image, limits.max - 4)):
        check([stage("blur", "box", size=size)], values, output_dtype="float32")


@pytest.mark.parametrize("border", [Border.REFLECT, Border.CONSTANT], ids=lambda border: border.name.lower())
def test_alpha(border):
    image = pixels("uint8", (6, 7, 4))
    for one in (
        stage("blur", "gaussian", sigma=1, truncate=1.5, value=10),
        stage("blur", "gaussian", sigma=2, truncate=2, value=10.5),
        stage("edge", "sobel", value=7),
        stage("custom", "parts", kernel=outer(range(1, 9), np.linspace(-1, 3, 6)), value=7, padding=3),
    ):
        check([one], image, border, "float32", alpha=True)


@pytest.mark.parametrize("name", graphs.GRAPHS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_graphs(name, dtype):
    check(graphs.GRAPHS[name], pixels(dtype, (9, 8)), output_dtype="float32")


@pytest.mark.skipif(SIMULATED, reason="a simulator takes its time")
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("method", METHODS, ids=lambda method: f"{method.family}-{method.name}")
def test_registry_in_many_blocks(method, dtype):
    channels = (method.colours,) if method.colours else ()
    for width, common in ((410, {}), (412, {}), (411, {"stride": [2, 3]})):
        check([make(method, **common)], pixels(dtype, (233, width, *channels)))


IN_FOURS = {
    "windows": [stage("blur", "gaussian", sigma=1, truncate=1), stage("edge", "sobel")],
    "extremes": [stage("morphology", "erode", size=5), stage("rank", "median", size=3)],
    "join": [
        stage("blur", "box", size=3, name="soft"),
        stage("combine", "mine", formula="input + 1.5 * (input - soft)", name="sharp"),
        stage("combine", "more", formula="sharp / 2 + input"),
    ],
    "steps": [stage("edge", "dog", sigma=0.6, ratio=1.5), stage("blur", "box", size=2, stride=[2, 1])],
}


@pytest.mark.parametrize("channels", [1, 3, 4, 5])
@pytest.mark.parametrize("name", IN_FOURS)
def test_in_fours(name, channels):
    for width, dtype, output in ((32, "uint8", "uint8"), (30, "uint8", "int16"), (32, "float32", "float64")):
        image = pixels(dtype, (10, width, channels))
        run = check(IN_FOURS[name], image, output_dtype=output, rows=(4,), cols=(8,), threads=64)
        assert ("four(image" in run.source) == (channels < 5)


SMALL = {"sigma_color": 40, "size": 3}
WEIGHED = {
    "grey": ((6, 7), SMALL),
    "colours": ((6, 7, 3), SMALL),
    "manhattan, square, at every other place": (
        (6, 7, 3),
        {**SMALL, "distance": "manhattan", "footprint": "square", "stride": [2, 1]},
    ),
    "alpha": ((6, 7, 4), SMALL),
    "many channels": ((4, 5, 6), SMALL),
    "one place": ((4, 5, 3), {**SMALL, "size": 1, "stride": 2}),
}


@pytest.mark.parametrize(
    "border", [Border.SYMMETRIC, Border.CONSTANT], ids=lambda border: border.name.lower()
)
@pytest.mark.parametrize("name", WEIGHED)
def test_bilateral(name, border):
    shape, given = WEIGHED[name]
    for dtype in ("uint8", "float64"):
        one = stage("blur", "bilateral", value=7, **given)
        for shared in ({}, {"shared": 64}):  # from a tile, and tap by tap from the image
            run = check([one], pixels(dtype, shape), border, "float64", alpha=name == "alpha", **shared)
        assert name == "one place" or not any(group.fits for group in run.groups if group.passes[0].weighs)


def test_bilateral_between_windows():
    stages = [
        stage("blur", "box", size=3),
        stage("blur", "bilateral", **SMALL),
        stage("edge", "sobel"),
    ]
    run = check(stages, pixels("float32", (6, 7, 3)))
    assert any(len(group.passes) > 1 and any(one.weighs for one in group.passes) for group in run.groups)


def test_bilateral_of_what_is_missing():
    image = pixels("float32", (5, 6))
    image[2:4, 3] = np.nan
    check([stage("blur", "bilateral", **SMALL)], image, missing=Missing(np.nan))
