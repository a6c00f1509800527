"""Sums of integers, where they stand for floating point, give its very bytes."""

import itertools
import re
from dataclasses import replace

import defined
import interpreted
import numpy as np
import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from convpipe import Pipeline, stage
from convpipe.compile.cpu.compiled import drive
from convpipe.compile.cpu.compiled.addresses import address
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.compile.cpu.loops import HEADER
from convpipe.compile.cpu.shapes import Part
from convpipe.compile.runtime import cache
from convpipe.errors import PlanError
from convpipe.geometry import Border
from convpipe.ops import COMPUTE, Cast, Map, Rank, Stencil, Taps
from convpipe.plan import Settings, make_plan
from convpipe.plan.arithmetic import Arithmetic, Sums, kept, plan_arithmetic
from convpipe.plan.fixed import Fixed, samples_of
from convpipe.plan.homogeneous import absorbing

BINOMIAL = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
SHARPEN = [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]


def custom(weights, **common):
    return stage("custom", "random", kernel=np.asarray(weights, float).tolist(), **common)


def floating(plan):
    """Return the same plan, which knows of no value that it is a fixed-point number; samples are counted."""

    def without(node):
        own = node.arithmetic
        sums = tuple(Sums("int32", counted=True) if each.counted else Sums(own.compute) for each in own.sums)
        return replace(node, arithmetic=Arithmetic(own.compute, own.given, sums, None))

    return replace(plan, nodes=tuple(map(without, plan.nodes)))


def call(source, arrays, count):
    """Run a loop over arrays."""
    loop = cache.module_of(source, "called").loop

    @njit
    def run(rows, count):
        return loop(address(rows), count, 0)

    run(np.array([interpreted.address(array) for array in arrays]), count)


def bits(values):
    return values.view(f"uint{8 * values.itemsize}")


def same(plan, image):
    """Hold a plan's results against those of floating point, and the sign of every zero."""
    got, want = (compile_plan(one)(image, threads=1)[0] for one in (plan, floating(plan)))
    np.testing.assert_array_equal(bits(got), bits(want))
    return got


def extremes(dtype, shape, rng, kind):
    """Return an image that is random, or of the least and the largest sample alone."""
    limits = np.iinfo(dtype)
    if kind == "random":
        return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    ends = {
        "least": np.zeros(shape, bool),
        "most": np.ones(shape, bool),
        "board": np.indices(shape).sum(axis=0) % 2 == 1,
        "either": rng.random(shape) < 0.5,
    }[kind]
    return np.where(ends, limits.max, limits.min).astype(dtype)


ROUNDED = ("uint8", "int16", "uint16", "float32")
EXTENTS = [(3, 3), (3, 3), (5, 5), (3, 1), (1, 4), (2, 2), (7, 7), (1, 1)]


@st.composite
def kernels(draw):
    """Integers, most of them small, times a power of two; often an outer product, or all alike."""
    rows, cols = draw(st.sampled_from(EXTENTS))
    weight = st.integers(-2, 3) | st.sampled_from([1, -1, 6, 11, -40])

    def row(count):
        return draw(st.lists(weight, min_size=count, max_size=count))

    shape = draw(st.sampled_from(["outer", "dense", "alike"]))
    if shape == "outer":
        found = np.outer(row(rows), row(cols))
    elif shape == "dense":
        found = np.array([row(cols) for _ in range(rows)])
    else:
        found = np.full((rows, cols), draw(weight))
    return np.ldexp(found.astype(float), -draw(st.integers(0, 5)))


@st.composite
def cases(draw):
    border = st.sampled_from([border.name.lower() for border in Border])
    stages = [
        custom(
            draw(kernels()),
            border=draw(border),
            value=draw(st.sampled_from([0, 7, -3, 0.5, 255, 1 / 3, -0.0])),
            stride=draw(st.sampled_from([1, 1, 2, 3])),
            dilation=draw(st.sampled_from([1, 1, 2])),
            padding=draw(st.sampled_from(["same", 1, [2, 0, 1, 3]])),
            **draw(st.sampled_from([{}, {}, *({"dtype": name} for name in ROUNDED)])),
        )
        for _ in range(draw(st.integers(1, 3)))
    ]
    dtype = draw(st.sampled_from(["uint8", "uint8", "uint8", "int8", "uint16", "int16", "int32"]))
    shape = draw(st.integers(1, 30)), draw(st.integers(1, 90)), draw(st.sampled_from([1, 1, 3]))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    image = extremes(dtype, shape, rng, draw(st.sampled_from(["random", "least", "most", "board", "either"])))
    output = draw(st.sampled_from(["uint8", "int8", "uint16", "int16", "int32", COMPUTE[dtype]]))
    try:
        plan = make_plan(stages, shape[:2], Settings(output_dtype=output), channels=shape[2], dtype=dtype)
    except PlanError:
        return None
    return plan, image


@settings(max_examples=60, deadline=None)
@given(cases())
def test_integer_kernels_give_the_bytes_of_floating_point(case):
    if case is None:
        return
    plan, image = case
    got = same(plan, image)
    np.testing.assert_array_equal(got, oracle.cast(defined.run(plan, image), plan.output_dtype))


CHAINS = {
    "sobel": [stage("edge", "sobel")],
    "derivative": [stage("edge", "scharr", direction="x", gain=0.7)],
    "huge derivative": [stage("edge", "sobel", gain=1e30)],
    "pyramid": [custom(BINOMIAL, stride=2, padding=2)] * 3,
    "sharpened edges": [custom(SHARPEN), stage("edge", "sobel", border="wrap"), stage("point", "invert")],
    "rounded between": [
        stage("blur", "gaussian", sigma=1, dtype="uint8"),
        custom(BINOMIAL),
        stage("blur", "box"),
    ],
    "constant border": [
        custom(SHARPEN, border="constant", value=9),
        custom(BINOMIAL, border="constant", value=7),
    ],
    "a border between steps": [custom(BINOMIAL / 2), custom(SHARPEN, border="constant", value=1 / 3)],
    "every other column": [custom([[1, -2, 0, 3]], stride=[1, 2]), custom([[3, 1, -1]] * 3, stride=2)],
}
JOINS = {
    "gradient": [
        custom([[-1, 0, 1]], name="gx"),
        custom([[-1], [0], [1]], name="gy", from_="input"),
        stage("combine", "size", formula="sqrt(gx * gx + gy * gy)"),
    ],
    "read twice": [
        custom(BINOMIAL, name="soft"),
        custom(SHARPEN, name="sharp"),
        stage("combine", "both", formula="soft - sharp / 2", dtype="uint8"),
        custom(BINOMIAL),
    ],
    "read by windows alone": [
        custom(BINOMIAL, name="soft"),
        custom(SHARPEN, name="sharp"),
        custom(SHARPEN, from_="soft", border="constant", value=3, name="other"),
        stage("combine", "both", formula="sharp + other"),
    ],
}


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16"])
@pytest.mark.parametrize("kind", ["random", "board", "either"])
@pytest.mark.parametrize("name", [*CHAINS, *JOINS])
def test_stages_and_graphs_give_the_bytes_of_floating_point(name, kind, dtype, rng):
    image = extremes(dtype, (23, 70, 1), rng, kind)
    pipeline = Pipeline({**CHAINS, **JOINS}[name])
    for output in (dtype, "float32"):
        same(replace(pipeline.engine.plan(image.shape, dtype, False), output_dtype=output), image)


@pytest.mark.parametrize("name", ["sobel", "sharpened edges", "rounded between", "pyramid"])
def test_images_with_alpha_give_the_bytes_of_floating_point(name, rng):
    image = rng.integers(0, 256, (20, 41, 4), np.uint8)
    same(Pipeline(CHAINS[name]).engine.plan(image.shape, "uint8", True), image)


@pytest.mark.parametrize("name", ["pyramid", "every other column", "sharpened edges"])
def test_integer_loops_read_nothing_outside_their_rows(name, rng):
    image = rng.integers(0, 256, (21, 38, 1), np.uint8)
    plan = make_plan(CHAINS[name], (21, 38))
    got, nbytes = interpreted.run(compile_plan(plan), image)
    assert nbytes <= plan.thread_bytes
    np.testing.assert_array_equal(
        got.reshape(plan.extent), oracle.cast(defined.run(plan, image), "uint8")[..., 0]
    )


def test_rows_are_of_the_narrowest_type_that_holds_them():
    def levels_of(name):
        return compile_plan(make_plan(CHAINS[name], (64, 64))).schedule.levels

    levels = levels_of("pyramid")
    assert [(level.dtype, level.recipe.fraction) for level in levels] == [
        ("uint16", 8),
        ("float32", 0),
        ("uint8", 0),
    ]
    assert [level.recipe.drops for level in levels] == [0, None, None]
    # Copies have pixels beside them, or bring together what wraps around.
    assert [level.dtype for level in levels_of("sharpened edges")] == ["uint8", "int16", "int16", "uint8"]
    assert [level.dtype for level in levels_of("rounded between")] == ["uint8", "uint16", "uint8"]
    assert levels_of("constant border")[1].dtype == "int16"
    assert levels_of("a border between steps")[0].dtype == "float32"


def test_a_gain_takes_the_fraction_bits_of_sums():
    def taken(name):
        (level,) = compile_plan(make_plan(CHAINS[name], (40, 40))).schedule.levels
        recipe = level.recipe
        sums = [Part("dot", [], "int16", sums="int16", worth=worth(bank)) for bank in recipe.banks]
        ((*left,),), constants = recipe._scaled([sums])
        assert {part.worth for part in left} == ({1.0} if recipe.absorbing else {worth(recipe.banks[0])})
        return recipe.absorbing and (recipe.absorbing[0], constants[0] / recipe.constants[0][0])

    def worth(bank):
        return 2.0**-bank.sums.made.fraction

    assert taken("sobel") == (0, 2**-2)
    assert taken("derivative") == (0, 2**-4)
    assert taken("huge derivative") is None
    for name in ("sobel", "derivative", "huge derivative"):
        source = compile_plan(make_plan(CHAINS[name], (40, 40))).source
        assert ("w0 *" in source) is (taken(name) is None)


@pytest.mark.parametrize(
    ("expression", "want"),
    [
        ("k * a", (0, 1)),
        ("j * (square(a) - a * b)", (1, 2)),
        ("k * minimum(abs(a), -b)", (0, 1)),
        ("k * sqrt(a * b)", (0, 1)),
        ("k * sqrt(a)", None),
        ("k * (a + square(b))", None),
        ("k * (a + 1)", None),
        ("k * (a + j)", None),
        ("k * a / b", None),
        ("k * a * a * a", None),
        ("k * square(square(a))", None),
        ("k * exp(a)", None),
        ("k * minimum(a, 3)", None),
        ("k * where(a > 3, a, b)", None),
        ("a * k", None),
        ("a + k", None),
        ("huge * a", None),
    ],
)
def test_maps_that_a_power_of_two_passes_through(expression, want):
    constants = (("k", 0.3), ("j", -7.0), ("huge", 1e30))
    step = Map(expression, ("a", "b"), constants)
    assert absorbing(step) == want
    if want is not None:
        at, degree = want
        a, b = (np.arange(1, 9000, 7, dtype=np.float32) * sign for sign in (1, 3))
        given = {name: np.float32(value) for name, value in constants}
        scaled = given | {constants[at][0]: given[constants[at][0]] * np.float32(2.0 ** (-5 * degree))}
        names = {"__builtins__": {}, **oracle.FUNCTIONS}
        small = eval(expression, names | given | {"a": a / 32, "b": b / 32})
        np.testing.assert_array_equal(bits(eval(expression, names | scaled | {"a": a, "b": b})), bits(small))


UINT8 = samples_of("uint8")


def planned(weights, given=UINT8, compute="float32", border="reflect", **window):
    stencil = Stencil((Taps.separated(weights),), border=Border[border.upper()], **window)
    return plan_arithmetic([stencil], given, compute, image=False)


def test_sums_are_exact_up_to_the_significand_and_no_further():
    most = 2**24 // 255
    assert planned([[most, 0, 0]]).made == Fixed(0, 255 * most)
    assert planned([[most, 1, 0]]).made is None
    assert planned([[most, 1, 0]], compute="float64").made == Fixed(0, 255 * (most + 1))
    assert planned([[0.1, 0.2]]).made is None
    assert planned([[0.5, -0.125]]).made == Fixed(-255, 1020, 3)


def test_sums_of_16_bits_are_of_integers():
    def dtype(weights, **given):
        (sums,) = planned(weights, **given).sums
        return sums.dtype

    assert dtype(SHARPEN) == "int16"
    assert dtype(BINOMIAL) == "uint16"
    assert dtype([[128, 1], [0, 0]]) == "uint16"
    assert dtype([[127, -1], [0, 1]]) == "int16"
    assert dtype([[129, -1], [0, 1]]) == "float32"
    assert dtype([[257, 0], [0, 1]]) == "float32"
    assert dtype([[1, 1]], given=samples_of("uint16")) == "float32"
    assert dtype([[1]]) == "float32"  # nothing is summed
    assert dtype(SHARPEN, border="constant", value=0.5) == "float32"
    assert dtype(SHARPEN, border="constant", value=0.5, padding="valid") == "int16"
    assert dtype([[0, -1], [0, -1]]) == "float32"  # of zeros it is -0


def test_what_follows_a_sum():
    stencil = Stencil((Taps(SHARPEN),))
    made = Fixed(-1020, 1275)
    for ops, want in [
        ([], made),
        ([Cast("uint8")], Fixed(0, 255)),
        ([Cast("int16")], made),
        ([Cast("int8")], None),  # -0.3 becomes -0, which no integer is
        ([Cast("float32")], made),
        ([Cast("float16")], None),
        ([Map("r + 1")], None),
    ]:
        assert plan_arithmetic([stencil, *ops], UINT8, "float32", image=True).made == want
    rank = Rank(np.ones((3, 3)), (4,), border=Border.CONSTANT, value=-2)
    assert plan_arithmetic([rank], UINT8, "float32", image=True).made == Fixed(-2, 255)


def test_rows_are_integers_only_for_those_who_can_read_them():
    eighths = Fixed(0, 2040, 3)
    window = Stencil((Taps(SHARPEN),))
    assert kept(eighths, [[window]], "float32") == "int16"
    assert kept(Fixed(0, 255), [[window], [Map("a + b", ("a", "b"))]], "float32") == "uint8"
    assert kept(Fixed(0, 70_000), [[window]], "float32") is None
    assert kept(None, [[window]], "float32") is None
    for ops in (
        [Map("a + b", ("a", "b"))],
        [replace(window, keep_alpha=True)],
        [replace(window, border=Border.CONSTANT, value=0.3)],
        [replace(window, border=Border.CONSTANT, value=5000)],
        [Stencil((Taps([[1e-30]]),))],
        [Rank(np.ones((3, 3)), (4,))],
    ):
        assert kept(eighths, [[window], ops], "float32") is None


def test_integers_are_rounded_and_saturated_as_numbers_are():
    source = "\n".join(
        [
            HEADER,
            "T = np.{}",
            "@inline",
            "def loop(rows, n, p):",
            "    s, t, u = source(rows, 0, T), target(rows, 1, np.uint8), target(rows, 2, np.int8)",
            "    for x in range(n):",
            "        t[x], u[x] = store_uint8(half_even(s[x], {bits})), store_int8(s[x])",
            "    return 0",
        ]
    )
    for dtype, count in itertools.product(("int16", "uint16"), (1, 3, 8)):
        limits = np.iinfo(dtype)
        given = np.arange(limits.min, limits.max + 1 - 2 ** (count - 1)).astype(dtype)
        out, small = np.zeros(given.shape, np.uint8), np.zeros(given.shape, np.int8)
        call(source.replace("{}", dtype).replace("{bits}", str(count)), [given, out, small], len(given))
        np.testing.assert_array_equal(out, oracle.cast(given / 2.0**count, "uint8"))
        np.testing.assert_array_equal(small, oracle.cast(given.astype(float), "int8"))


@pytest.mark.parametrize("result", ["uint8", "int8", "uint16", "int16"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_small_numbers_are_rounded_and_saturated_as_others_are(dtype, result):
    source = f"""{HEADER}
@inline
def loop(rows, n, p):
    s, t = source(rows, 0, np.{dtype}), target(rows, 1, np.{result})
    for x in range(n):
        t[x] = store_small_{result}(s[x])
    return 0
"""
    halves = np.arange(-140_000, 140_000, dtype=dtype) / 2
    ends = np.array([-0.0, 1e-30, 2.0**30, -(2.0**30), 65535.49, np.nan], dtype)
    given = np.concatenate([halves, np.nextafter(halves, np.inf, dtype=dtype), ends])
    out = np.zeros(given.shape, result)
    call(source, [given, out], len(given))
    np.testing.assert_array_equal(out, oracle.cast(given, result))


def test_numbers_are_small_where_ranges_and_the_image_say_so():
    def said(stages, dtype="uint8"):
        run = compile_plan(make_plan(stages, (40, 40), Settings(output_dtype="uint8"), dtype=dtype))
        return [level.recipe.segments[-1].small for level in run.schedule.levels if level.output]

    assert said(CHAINS["sobel"]) == [True]
    assert said(CHAINS["sobel"], dtype="float32") == [False]  # infinities are no surprise there
    assert said([stage("edge", "sobel", gain=1e8)]) == [False]


def test_sums_of_16_bits_run_in_lanes_of_16_bits():
    plan = make_plan([custom(BINOMIAL)], (64, 600))
    for loop in compile_plan(plan).table.loops:
        if "weighted" not in loop.title:
            continue
        function = cache.module_of(loop.source, "seen").loop
        function.compile(drive.LOOP)
        (code,) = function.inspect_llvm().values()
        assert re.search(r"add <\d+ x i16>", code)
        assert not re.search(r"= \w+ (nuw |nsw )*<\d+ x (i32|i64|float)>", code)


def test_a_plan_says_which_arithmetic_a_stage_has_and_why():
    plan = make_plan(CHAINS["pyramid"], (64, 64))
    assert [str(each) for stage in plan.stages for each in stage.arithmetic] == [
        "uint16: of 0 to 255, under taps that are integers / 2^8; 0 to 65280 fits 16 bits",
        "float32: of 0 to 65280 / 2^8, under taps that are integers / 2^8; 0 to 16711680 is beyond 16 bits",
        "float32: of 0 to 16711680 / 2^16, under taps by which it can round",
    ]
    assert plan.to_dict()["stages"][0]["arithmetic"] == [
        {
            "sums": ["uint16"],
            "reasons": ["of 0 to 255, under taps that are integers / 2^8; 0 to 65280 fits 16 bits"],
            "fraction_bits": 8,
        }
    ]
    (box,) = make_plan([stage("blur", "box", size=5)], (64, 64)).stages
    said = "int16: of 0 to 255, equal taps; samples are summed as they are and multiplied once"
    assert [str(each) for each in box.arithmetic] == [said]
