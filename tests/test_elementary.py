"""Elementary functions: how far they are off, and that no backend decides their bits."""

import dataclasses
import math

import numpy as np
import pytest

from convpipe.compile.common.elementary import NAMES, angles, exponentials
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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_exponentials_and_logarithms_are_within_their_bound(dtype, rng):
    most = 709.0 if dtype == "float64" else 88.0
    drawn = np.concatenate([rng.uniform(-most, most, 3000), rng.uniform(-1, 1, 1000) * 1e-6, [0, 1, -0.0]])
    image = drawn.astype(dtype)[None]
    wide = image.astype(np.longdouble)
    share = 2.0**-51 if dtype == "float64" else 2.0**-24 + 2.0**-51
    least = float(np.finfo(dtype).smallest_subnormal)
    assert (np.abs(computed("exp(r)", image) - np.exp(wide)) <= share * np.exp(wide) + least).all()
    limits = np.finfo(dtype)
    sizes = np.exp2(rng.uniform(limits.minexp - 20, limits.maxexp - 0.1, 3000))
    near = np.concatenate(
        [1 + rng.uniform(-1, 1, 2000) * 2.0 ** -rng.uniform(1, 23, 2000), [limits.max, 1.0]]
    )
    image = np.concatenate([sizes, near, [limits.smallest_subnormal, limits.max, 1.0]]).astype(dtype)[None]
    want = np.log(image.astype(np.longdouble))
    assert (np.abs(computed("log(r)", image) - want) <= share * np.abs(want)).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ends_of_exponentials_and_logarithms(dtype):
    image = np.array([[np.nan, np.inf, -np.inf, 1e4, -1e4, 0.0]], dtype)
    np.testing.assert_array_equal(computed("exp(r)", image), [[np.nan, np.inf, 0, np.inf, 0, 1]])
    image = np.array([[np.nan, np.inf, -np.inf, 0.0, -0.0, -1.0, 1.0]], dtype)
    want = [[np.nan, np.inf, np.nan, -np.inf, -np.inf, np.nan, 0]]
    np.testing.assert_array_equal(computed("log(r)", image), want)


@pytest.mark.filterwarnings("ignore:.*encountered")
def test_every_backend_gives_the_same_bits(rng):
    """The definition in Python, with exact multiply-adds, against the loops that LLVM made of it."""

    def dot_onto(total, weight, sample):
        return np.float64(fma(float(weight), float(sample), float(total), "float64"))

    image = samples(rng, "float64")[:, ::9]

    def same(function):
        return function

    def bits(value):
        return np.float64(value).view(np.int64)

    def number(bits):
        return np.int64(bits).view(np.float64)

    made = (*angles(same, dot_onto), *exponentials(same, dot_onto, bits, number))
    functions = dict(zip(NAMES, made, strict=True))
    for text in ("sin(r)", "cos(r)", "arctan2(r, 0.7)", "arctan2(r, -r)", "exp(r)", "log(r)"):
        want = [eval(text, {}, {**functions, "r": r}) for r in image.ravel()]
        assert computed(text, image).tobytes() == np.array(want).tobytes(), text
