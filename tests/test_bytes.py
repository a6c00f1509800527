"""Results have the bytes that the ops define, and no compiler flag that could change them."""

import re

import defined
import numpy as np
import oracle
import pytest
from hypothesis import given, settings
from test_fusion import cases, planned

from convpipe.compile.cpu import loops
from convpipe.compile.cpu.compiled import drive
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.compile.cpu.lanes import Windows
from convpipe.compile.runtime import cache
from convpipe.errors import PlanError
from convpipe.geometry import Border
from convpipe.ops import COMPUTE
from convpipe.plan import Settings, make_plan
from convpipe.stages import stage

GENERATOR = np.random.default_rng(5)


def kernel(rows, cols, rank=None):
    if rank == 0:
        return np.full((rows, cols), 0.37)
    if rank == 1:
        return np.outer(GENERATOR.normal(size=rows), GENERATOR.normal(size=cols))
    if rank is not None:
        return GENERATOR.normal(size=(rows, rank)) @ GENERATOR.normal(size=(rank, cols))
    return GENERATOR.normal(size=(rows, cols))


SHAPES = {
    "one tap": kernel(1, 1),
    "unrolled": kernel(3, 4),
    "unrolled in passes": kernel(5, 5),
    "rows": kernel(7, 6),
    "separable": kernel(5, 6, 1),
    "rank 2": kernel(7, 9, 2),
    "rank 3": kernel(19, 17, 3),
    "equal columns": (np.hypot(*np.mgrid[-5:6, -6:7]) < 6.1) * 0.37,
    "mirrored": np.abs(np.arange(-4, 5)) * GENERATOR.normal(size=(12, 1)) ** np.arange(-4, 5) ** 2,
    "equal taps": kernel(3, 4, 0),
    "long": kernel(3, 41, 1),
    "many equal taps": kernel(3, 11, 0),
}


def custom(weights, **common):
    return stage("custom", "random", kernel=np.asarray(weights).tolist(), **common)


@pytest.mark.parametrize(("shape", "dtype"), [*((shape, "uint8") for shape in SHAPES), ("rows", "int16"),
    ("many equal taps", "float32"), ("rank 3", "float32"), ("rank 2", "float64"),
    ("equal columns", "float32"), ("mirrored", "int32"), ("unrolled in passes", "float64"),
    ("separable", "float64")])  # fmt: skip
def test_every_loop_shape(shape, dtype, rng):
    image = rng.normal(0, 50, (19, 53, 1)).astype(dtype)
    stages = [custom(SHAPES[shape], bias=0.1), custom(SHAPES["unrolled"], stride=2)]
    plan = make_plan(stages, (19, 53), Settings(output_dtype=COMPUTE[dtype]), dtype=dtype)
    result, _ = compile_plan(plan)(image, threads=1)
    np.testing.assert_array_equal(result, defined.run(plan, image))


@settings(max_examples=60, deadline=None)
@given(cases())
def test_random_pipelines(case):
    stages, image, border = case
    try:
        plan = planned(stages, image, border)
    except PlanError:
        return
    result, _ = compile_plan(plan)(image, threads=1)
    np.testing.assert_array_equal(result, defined.run(plan, image))


def test_rows_made_to_spare_read_no_far_side(rng):
    """Three rows, made two at a time: the fourth would wrap around to rows that rings gave up."""
    image = rng.integers(0, 256, (9, 9, 1), dtype=np.uint8)
    stages = [
        stage("blur", "box", size=[2, 4], padding=0),
        stage("edge", "roberts", padding=0),
        stage("blur", "gaussian", sigma=1, truncate=2, padding=0),
    ]
    plan = planned(stages, image, Border.WRAP)
    np.testing.assert_array_equal(compile_plan(plan)(image, threads=1)[0], defined.run(plan, image))


def test_channels_are_mixed_as_defined(rng):
    image = rng.integers(0, 256, (9, 8, 3), dtype=np.uint8)
    plan = make_plan([stage("color", "gray")], (9, 8), Settings(output_dtype="float32"), channels=3)
    result, _ = compile_plan(plan)(image)
    np.testing.assert_array_equal(result, defined.run(plan, image)[..., 0])


def bits(values):
    return values.view(f"uint{8 * values.itemsize}")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_stage_rounds_to_float16_as_numpy_does(dtype):
    """Every number of float16, subnormal ones too, what lies half way between two, and its neighbours."""
    halves = np.arange(0x7C00, dtype=np.uint16).view(np.float16).astype(dtype)
    edges = np.append((halves[1:] + halves[:-1]) / 2, 65520).astype(dtype)
    beyond = np.array([0, 1e-40, 2**-60, 65536, 1e30, np.finfo(dtype).max, np.inf], dtype)
    positive = np.concatenate([halves, edges, np.nextafter(edges, 0), np.nextafter(edges, edges * 2), beyond])
    image = np.stack([positive, -positive])
    stages = [custom([[1]], dtype="float16"), stage("blur", "box", size=1, padding=[1, 0, 0, 0])]
    plan = make_plan(stages, image.shape, Settings(output_dtype=dtype), dtype=dtype)
    result, _ = compile_plan(plan)(image, threads=1)
    with np.errstate(over="ignore"):
        want = image.astype(np.float16).astype(dtype)
    np.testing.assert_array_equal(bits(result[1:]), bits(want))
    nan, _ = compile_plan(plan)(np.full(image.shape, np.nan, dtype), threads=1)
    assert np.isnan(nan).all()


@pytest.mark.parametrize(
    ("stored", "dtype", "output"),
    [("float16", "uint8", "float32"), ("float16", "float32", "uint16"), ("float32", "int32", "float64")],
)
def test_what_a_stage_rounds_to_is_what_the_next_one_takes(stored, dtype, output, rng):
    image = rng.normal(700, 99, (9, 8, 1)).astype(dtype)
    after = [stage("point", "scale", gain=3.3), custom([[1, 1]])]
    rounded, plain = (
        make_plan(
            [custom([[0.1, 0.7], [1.3, 0.9]], **own), *after],
            (9, 8),
            Settings(output_dtype=output),
            dtype=dtype,
        )
        for own in ({"dtype": stored}, {})
    )
    result, _ = compile_plan(rounded)(image, threads=1)
    want = defined.run(rounded, image)
    np.testing.assert_array_equal(result, oracle.cast(want, output))
    assert not np.array_equal(want, defined.run(plain, image))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_the_code_of_every_loop_shape_fuses_what_it_says_alone(shape, dtype):
    stages = [custom(SHAPES[shape]), stage("point", "scale", gain=0.3, bias=0.1)]
    executable = compile_plan(make_plan(stages, (40, 60), dtype=dtype))
    fused = 0
    for loop in executable.table.loops:
        function = cache.module_of(loop.source, "seen").loop
        function.compile(drive.LOOP)
        (code,) = function.inspect_llvm().values()
        arithmetic = re.findall(r"= (?:fadd|fmul|fsub|fdiv|fneg|call)\b.*", code)
        flags = r"\b(fast|contract|reassoc|afn|arcp|nnan|ninf|nsz)\b"
        assert not [line for line in arithmetic if re.search(flags, line)]
        assert "llvm.fmuladd" not in code
        says = any(words in loop.source for words in ("dot(w0, s0[x], w1", "dot_onto(", "block(", "= dot_"))
        assert ("llvm.fma." in code) == says
        fused += "llvm.fma." in code
    assert bool(fused) == (
        shape not in ("one tap", "many equal taps") and (shape, dtype) != ("equal taps", "uint8")
    )


@pytest.mark.parametrize(("sample", "rows"), [("uint8", 16), ("float32", 16), ("uint8", 24)])
def test_a_loop_over_many_rows_is_vectorised_without_comparing_addresses(sample, rows):
    loop = loops.dot_rows(sample, "float32", Windows(rows, 2), onto=True)
    function = cache.module_of(loop.source, "seen").loop
    function.compile(drive.LOOP)
    (code,) = function.inspect_llvm().values()
    assert re.search(r"<\d+ x float> @llvm\.fma\.", code)
    assert "memcheck" not in code
