"""Sines, cosines and angles: how far they are off, and that no backend decides their bits."""

import dataclasses
import math

import numpy as np
import pytest

from convpipe.compile.common.angles import NAMES, angles
from convpipe.compile.common.exact import fma
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.ops import Map, Stencil
from convpipe.plan import make_plan
from convpipe.stages import stage

LARGE = [0.0, -0.0, 1e-30, 0.5, 1.0, 22.0, 355.0, 1e5, 1e9, 1e12, 2.0**40]


def computed(text, image):
    plan = make_plan([stage("point", "abs")], image.shape, dtype=image.dtype.name)
    stencil = next(op for op in plan.nodes[0].ops if isinstance(op, Stencil))
    node = dataclasses.replace(plan.nodes[0], ops=(stencil, Map(text)))
    return compile_plan(dataclasses.replace(plan, nodes=(node,)))(image, threads=1)[0]


def samples(rng, dtype):
    quarters = np.arange(-300, 300) * (math.pi / 2)
    drawn = rng.uniform(-1, 1, 3000) * 10.0 ** rng.uniform(-6, 6, 3000)
    return np.array([*LARGE, *(-x for x in LARGE), *quarters, *drawn], dtype)[None]


@pytest.mark.parametrize("name", ["sin", "cos"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sines_are_within_their_bound(name, dtype, rng):
    image = samples(rng, dtype)
    want = getattr(np, name)(image.astype(np.longdouble))
    bound = 2.0**-52 if dtype == "float64" else 2.0**-24 * np.abs(want) + 2.0**-52
    assert (np.abs(computed(f"{name}(r)", image) - want) <= bound).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("run", [1.0, -0.25, 0.0, 1e3, -1e-3])
def test_angles_are_within_their_bound(dtype, run, rng):
    image = samples(rng, dtype)
    want = np.arctan2(image.astype(np.longdouble) + 0, np.longdouble(np.dtype(dtype).type(run)))
    bound = 2.0**-50 if dtype == "float64" else 2.0**-23 * np.abs(want) + 2.0**-50
    assert (np.abs(computed(f"arctan2(r, {run})", image) - want) <= bound).all()


def test_what_has_no_sine_is_nan_and_infinities_have_angles():
    image = np.array([[np.nan, np.inf, -np.inf, 2.0**41, -1e30]], np.float32)
    with np.errstate(invalid="ignore"):
        assert np.isnan(computed("sin(r)", image)).all()
        assert np.isnan(computed("cos(r)", image)).all()
    quarter = math.pi / 4
    want = np.float32([[np.nan, quarter, -quarter, quarter, -quarter]])
    np.testing.assert_array_equal(computed("arctan2(r, abs(r))", image), want)
    np.testing.assert_array_equal(
        computed("arctan2(0 * r, -1)", np.float32([[3.0]])), [[np.float32(math.pi)]]
    )


def test_every_backend_gives_the_same_bits(rng):
    """The definition in Python, with exact multiply-adds, against the loops that LLVM made of it."""

    def dot_onto(total, weight, sample):
        return np.float64(fma(float(weight), float(sample), float(total), "float64"))

    image = samples(rng, "float64")[:, ::9]
    functions = dict(zip(NAMES, angles(lambda function: function, dot_onto), strict=True))
    for text in ("sin(r)", "cos(r)", "arctan2(r, 0.7)", "arctan2(r, -r)"):
        want = [eval(text, {}, {**functions, "r": r}) for r in image.ravel()]
        assert computed(text, image).tobytes() == np.array(want).tobytes(), text
