"""Every form of a CUDA window, for every dtype, stride and dilation, with kernels of no symmetry."""

import pytest
from device import check
from kernels import DTYPES, SHAPES, WINDOWS, pixels

pytestmark = pytest.mark.gpu

FORMS = {
    "unrolled": ("unrolled", {}),
    "sparse": ("sparse", {}),
    "looped": ("rows", {}),
    "passes": ("long", {}),
    "direct": ("unrolled", {"shared": 64}),
    "direct, looped": ("rows", {"shared": 64}),
}
"""A kernel, and the shared memory of a block if it is to be too small for a tile."""

TOLERANCE = {"float16": 1e-3, "float64": 1e-13, "uint32": 1e-12, "int32": 1e-12}


def form(run):
    """Say what form its one window has."""
    group, *_ = run.groups
    (bank, *_) = group.passes[0].banks
    whole = len([one for group in run.groups for one in group.passes]) == 1
    shape = ("looped" if bank.looped else "unrolled") if whole else "passes"
    return shape if group.fits else f"direct, {shape}"


def run(name, dtype, window):
    shape, options = FORMS[name]
    common = dict(WINDOWS[window])
    if "padding" in common:  # of few outputs: the simulator takes its time
        common["padding"] = [9, 6, 30, 45] if shape == "long" else [9, 6, 5, 8]
    image = pixels(dtype, (5, 7))
    return check([SHAPES[shape](**common)], image, tolerance=TOLERANCE.get(dtype, 2e-6), **options)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("name", FORMS)
def test_windows(name, window):
    _, compiled, _ = run(name, "float32", window)
    assert form(compiled) == {"sparse": "unrolled", "direct": "direct, unrolled"}.get(name, name)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["unrolled", "looped", "direct"])
def test_dtypes(name, dtype):
    run(name, dtype, "plain")
