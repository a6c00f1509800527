"""Fused, staged, banded and threaded runs give the same bytes."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_stages import check

from convpipe.compile.cpu import strips
from convpipe.compile.cpu.executable import Fused
from convpipe.compile.cpu.graphs import GraphExecutable, compile_plan
from convpipe.errors import PlanError
from convpipe.geometry import Border
from convpipe.losses import Losses
from convpipe.plan import Settings, make_plan, rings
from convpipe.plan.parts import MOST_LEVELS, MOST_STAGES
from convpipe.stages import stage

# A fixed set of structures, so that the examples vary everything else without compiling anew.
STAGES = {
    "blur": lambda **common: stage("blur", "gaussian", sigma=1, truncate=2, **common),
    "box": lambda **common: stage("blur", "box", size=[2, 4], **common),
    "sobel": lambda **common: stage("edge", "sobel", **common),
    "roberts": lambda **common: stage("edge", "roberts", **common),
    "big": lambda **common: stage(
        "custom", "big", kernel=np.arange(-18.0, 18.0).reshape(6, 6) / 99, **common
    ),
    "mean": lambda **common: stage("blur", "box", size=[3, 11], **common),
    "cast": lambda **common: stage("sharpen", "unsharp", sigma=0.5, dtype="uint8", **common),
}
STAGES |= {
    "scale": lambda **common: stage("point", "scale", gain=0.3, bias=0.1, **common | {"padding": "same"}),
    "abs": lambda **common: stage("point", "abs", **common | {"padding": "same"}),
    "crop": lambda **common: stage("geometry", "crop", box=[1, 2, None, -1], stride=common.get("stride", 1)),
}
# Resizes have no window to move or to spread, and are given none of what does it.
STAGES |= {
    "smaller": lambda **common: stage("geometry", "resize", factor=[0.4, 0.7], method="lanczos3"),
    "larger": lambda **common: stage("geometry", "resize", factor=[1.3, 2], method="bicubic"),
    "turned": lambda **common: stage("geometry", "resize", size=[17, 9], method="area"),
    "picked": lambda **common: stage("geometry", "resize", factor=1.5, method="nearest"),
}
CHAINS = [
    ("blur", "sobel"),
    ("box", "roberts", "blur"),
    ("mean", "big", "box"),
    ("scale", "mean", "scale", "abs"),
    ("cast", "blur", "cast", "sobel"),
    ("crop", "big", "crop", "mean", "crop"),
    ("smaller", "sobel"),
    ("cast", "smaller", "larger"),
    ("blur", "larger", "turned", "box"),
    ("turned", "picked"),
]


def staged(stages, image, border):
    """Run every stage alone, the whole float32 image between them."""
    for one in stages:
        plan = make_plan(
            [one],
            image.shape[:2],
            Settings(border=border, output_dtype="float32"),
            channels=image.shape[2],
            dtype=image.dtype.name,
        )
        image, _ = compile_plan(plan)(image, threads=1)
    return image


@st.composite
def cases(draw):
    chain = draw(st.sampled_from(CHAINS))
    strides = draw(st.sampled_from([1, 2]))
    padding = draw(st.sampled_from(["same", 0, [1, 2], [0, 3, 9, 1]]))
    own = draw(st.sampled_from([None, *(border.name.lower() for border in Border)]))
    common = [{"padding": padding, "border": own} if own else {"padding": padding} for _ in chain]
    common[0] |= {"stride": strides, "value": draw(st.sampled_from([0, 0.5, -3]))}
    stages = [STAGES[name](**given) for name, given in zip(chain, common, strict=True)]
    rows, cols = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    channels = draw(st.sampled_from([1, 3]))
    seed = draw(st.integers(0, 2**16))
    image = np.random.default_rng(seed).integers(0, 256, (rows, cols, channels), dtype=np.uint8)
    return stages, image, draw(st.sampled_from(list(Border)))


def planned(stages, image, border):
    return make_plan(
        stages, image.shape[:2], Settings(border=border, output_dtype="float32"), channels=image.shape[2]
    )


@settings(max_examples=100, deadline=None)
@given(cases(), st.integers(4, 30))
def test_strips_of_any_width_give_the_same_bytes(case, width):
    stages, image, border = case
    try:
        plan = planned(stages, image, border)
    except PlanError:
        return
    whole, _ = compile_plan(plan)(image, threads=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rings, "NARROWEST", width)
        patch.setattr(rings, "CACHE", 1)
        cut, _ = compile_plan(plan)(image, threads=1)
    np.testing.assert_array_equal(cut, whole)


def test_strips_overlap_only_where_they_are_narrower_than_the_image():
    plan = make_plan([STAGES["blur"](), STAGES["sobel"]()], (64, 5000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rings, "CACHE", 1)
        cut = strips.strips(compile_plan(plan).schedule)
    assert len(cut) == 5
    assert sum(sobel.cols for _, sobel in cut) == 5000
    assert [sobel.first for _, sobel in cut] == [0, 960, 1984, 2944, 3968]  # whole lines, whatever a pixel is
    assert [blur.cols - sobel.cols for blur, sobel in cut] == [1, 2, 2, 2, 1]
    assert [blur.reads[0].high - blur.reads[0].low - sobel.cols for blur, sobel in cut] == [3, 6, 6, 6, 3]


def test_narrow_strips_are_shared_out_evenly():
    plan = make_plan([STAGES["sobel"]()], (64, 1100))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rings, "CACHE", 1)
        cut = strips.strips(compile_plan(plan).schedule)
    assert [(sobel.first, sobel.last) for (sobel,) in cut] == [(0, 550), (550, 1100)]


def test_rows_under_low_windows_count_half_where_images_are_cut_into_strips():
    sharpen = stage("custom", "sharpen", kernel=[[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
    tall = stage("custom", "tall", kernel=[[0.1, 0.3, 0.7]] * 31)

    def count(stages, cols):
        return len(strips.strips(compile_plan(make_plan(stages, (64, cols), dtype="float32")).schedule))

    assert [count([sharpen] * 4, cols) for cols in (5000, 15000)] == [1, 3]
    assert [count([tall, tall], cols) for cols in (2000, 5000)] == [1, 3]


@settings(max_examples=150, deadline=None)
@given(cases())
def test_fused_is_staged_bit_for_bit(case):
    stages, image, border = case
    try:
        plan = planned(stages, image, border)
    except PlanError as error:
        assert str(error).startswith("stage ")  # noqa: PT017
        return
    fused, _ = compile_plan(plan)(image, threads=1)
    assert fused.shape == (*plan.extent, image.shape[2])
    np.testing.assert_array_equal(fused, staged(stages, image, border))


@pytest.mark.parametrize("border", list(Border))
def test_bands_of_any_height_give_the_same_bytes(border, rng):
    image = rng.integers(0, 256, (61, 37, 1), dtype=np.uint8)
    stages = [STAGES["blur"](), STAGES["sobel"]()]
    run = compile_plan(planned(stages, image, border))
    whole, _ = run(image, threads=1)
    assert image.flags.writeable
    for bands, writeable in itertools.product((1, 2, 3, 7, 61), (True, False)):
        image.setflags(write=writeable)
        out = np.empty((61, 37), np.float32)
        run.fused.run((image.reshape(61, 37),), (out,), bands)
        np.testing.assert_array_equal(out, whole.reshape(61, 37))


@pytest.mark.parametrize(("extent", "bands"), [((64, 64), 1), ((16, 20_000), 1), ((300, 200), 8)])
def test_a_band_has_enough_rows_and_enough_to_do(extent, bands, monkeypatch):
    run = compile_plan(make_plan([STAGES["blur"](), STAGES["sobel"]()], extent))
    asked = []
    monkeypatch.setattr(Fused, "run", lambda *given: asked.append(given[3]) or 0)
    run(np.zeros(extent, np.uint8), threads=8)
    run(np.zeros(extent, np.uint8), threads=1)
    assert asked == [bands, 1]


def test_threads_give_the_same_bytes(rng):
    image = rng.integers(0, 256, (300, 200), dtype=np.uint8)
    run = compile_plan(make_plan([STAGES["blur"](), STAGES["sobel"]()], image.shape))
    one, _ = run(image, threads=1)
    many, _ = run(image)
    np.testing.assert_array_equal(one, many)


@pytest.mark.parametrize("chain", CHAINS, ids="-".join)
def test_chains_against_oracle(chain, rng):
    image = rng.integers(0, 256, (23, 19, 3), dtype=np.uint8)
    check([STAGES[name]() for name in chain if name != "cast"], image, output_dtype="float32")


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_reduction_splits_the_chain_and_only_there(channels, rng):
    image = rng.integers(20, 200, (31, 27, channels), dtype=np.uint8)
    stages = [
        STAGES["blur"](),
        STAGES["sobel"](),
        stage("contrast", "stretch"),
        STAGES["blur"](border="wrap"),
    ]
    plan = check(stages, image, output_dtype="float32")
    assert [len(part.nodes) for part in plan.parts] == [2, 2]


def test_stretching_fills_the_scale_and_leaves_a_flat_image_black():
    stretch = [stage("contrast", "stretch")]
    image = np.array([[50, 100], [75, 60]], np.uint8)
    result, _ = compile_plan(make_plan(stretch, image.shape))(image)
    assert result.tolist() == [[0, 255], [128, 51]]
    flat, _ = compile_plan(make_plan(stretch, image.shape))(np.full_like(image, 9))
    assert not flat.any()
    holes = np.array([[0.5, np.nan], [1.5, 1.0]], np.float32)
    spread, _ = compile_plan(make_plan(stretch, holes.shape, dtype="float32"))(holes)
    np.testing.assert_array_equal(spread, [[0, np.nan], [1, 0.5]])


@pytest.mark.parametrize(
    ("dtype", "image"),
    [
        ("float32", [-3e38, 0, 3e38]),
        ("float32", [-3.4e38, 0, 3.4e38]),
        ("float32", [0, 1.5e38, 3e38]),
        ("float32", [0, 1.4e-45, 2.8e-45]),  # half of its smallest number is 0
        ("float64", [-1.7e308, 0, 1.7e308]),
        ("float64", [-1e-310, 0, 1e-310]),
    ],
)
def test_stretching_takes_every_finite_image(dtype, image):
    stretch = make_plan([stage("contrast", "stretch")], (1, 3), dtype=dtype)
    assert compile_plan(stretch)(np.array([image], dtype))[0].tolist() == [[0, 0.5, 1]]


@pytest.mark.parametrize("method", ["sobel", "scharr", "prewitt", "roberts"])
def test_a_magnitude_needs_squares_that_fit(method):
    image = np.zeros((5, 5), np.float32)
    run = compile_plan(make_plan([stage("edge", method)], image.shape, dtype="float32"))
    for sample, largest in [
        (1e-24, (0, 0)),
        (2e-19, (1e-20, 2e-19)),
        (5e18, (1e17, 5e18)),
        (1e20, (np.inf,) * 2),
    ]:
        image[2, 2] = sample
        assert largest[0] <= run(image)[0].max() <= largest[1]


def test_other_weights_compile_nothing():
    plans = [
        make_plan([stage("blur", "gaussian", sigma=s, truncate=3 / s), stage("edge", "sobel")], size)
        for s, size in ((1.0, (64, 64)), (1.4, (48, 640)))
    ]
    first, second = (compile_plan(plan) for plan in plans)
    assert first.table.loops == second.table.loops
    assert first.table.parameters.tobytes() != second.table.parameters.tobytes()


@pytest.mark.parametrize(
    "image",
    [
        np.arange(48, dtype=">u2").reshape(6, 8),
        np.arange(96, dtype=np.uint8).reshape(6, 16)[:, ::2],
        np.arange(48, dtype=np.float32).reshape(8, 6).T,
        np.arange(48, dtype=np.int16).reshape(6, 8)[::-1, ::-1],
    ],
    ids=["big-endian", "strided", "transposed", "reversed"],
)
def test_any_memory_layout(image):
    native = np.ascontiguousarray(image, image.dtype.newbyteorder("="))
    native.setflags(write=False)
    stages = [STAGES["sobel"](dtype="float32")]
    run = compile_plan(make_plan(stages, image.shape, dtype=native.dtype.name))
    np.testing.assert_array_equal(run(image)[0], run(native)[0])


def test_nan_propagates_and_becomes_a_counted_zero():
    image = np.full((9, 9), 7.0, np.float32)
    image[4, 4] = np.nan
    box = [stage("blur", "box", size=3)]
    values, _ = compile_plan(make_plan(box, image.shape, dtype="float32"))(image)
    assert np.isnan(values).sum() == 9
    rounded, losses = compile_plan(
        make_plan(box, image.shape, Settings(output_dtype="uint8"), dtype="float32")
    )(image)
    assert losses == Losses(nans=9)
    assert (rounded[3:6, 3:6] == 0).all()
    assert (np.delete(rounded.ravel(), np.flatnonzero(np.isnan(values.ravel()))) == 7).all()


@pytest.mark.parametrize(
    ("dtype", "value", "want"),
    [
        ("uint8", 2.5, 2),
        ("uint8", 3.5, 4),
        ("uint8", 300, 255),
        ("uint8", -5, 0),
        ("int16", 40000, 32767),
        ("int16", -40000, -32768),
        ("int16", np.nan, 0),
        ("uint16", np.inf, 65535),
    ],
)
def test_rounds_half_to_even_and_saturates(dtype, value, want):
    image = np.full((3, 3), value, np.float32)
    plan = make_plan(
        [stage("custom", "same", kernel=[[1]])], (3, 3), Settings(output_dtype=dtype), dtype="float32"
    )
    result, _ = compile_plan(plan)(image)
    assert result.dtype == dtype
    assert (result == want).all()


def test_a_long_chain_is_cut_into_loops_that_share_their_code(rng):
    image = rng.integers(0, 256, (9, 11, 1), dtype=np.uint8)
    stages = [stage("edge", "laplacian", gain=0.1), stage("point", "scale", gain=0.9)] * 20
    run = compile_plan(check(stages, image, output_dtype="float32"))
    loops = [part.fused for part in run.runs]
    levels = [sum(level.title != "padded copies" for level in each.schedule.levels) for each in loops]
    assert (sum(levels), max(levels)) == (20, MOST_LEVELS)
    assert len({loop for each in loops for loop in each.table.loops}) < 8
    np.testing.assert_array_equal(run(image)[0], staged(stages, image, Border.REFLECT))


def test_thousands_of_stages_are_planned_and_cut_into_few_structures():
    """A chain of 400 took 90 s to end as a RecursionError; what is compiled now are these few."""
    stages = [stage("edge", "laplacian"), *[stage("point", "abs")] * 47] * 40
    plan = make_plan(stages, (9, 11))
    assert max(len(part.nodes) for part in plan.parts) == MOST_STAGES
    assert len({loop for run in compile_plan(plan).runs for loop in run.fused.table.loops}) < 12


@pytest.mark.parametrize("channels", [2, 4])
def test_what_follows_a_mix_leaves_alpha_alone(channels, rng):
    image = rng.integers(0, 256, (9, 11, channels), dtype=np.uint8)
    gray = stage("color", "gray", bias=50)
    check([gray], image, alpha=True)
    result, _ = compile_plan(make_plan([gray], (9, 11), channels=channels, alpha=True))(image)
    np.testing.assert_array_equal(result[..., 1], image[..., -1])


LONG = {
    "gaussian": lambda **common: stage("blur", "gaussian", sigma=9, **common),
    "box": lambda **common: stage("blur", "box", size=70, **common),
    "line": lambda **common: stage("custom", "line", kernel=[list(range(1, 51))], **common),
    "pole": lambda **common: stage("custom", "pole", kernel=[[k] for k in range(1, 51)], **common),
}


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("common", [{}, {"stride": [1, 2], "dilation": [2, 1]}], ids=["plain", "strided"])
def test_long_kernels_against_oracle(kind, common, rng):
    image = rng.integers(0, 256, (31, 90, 3), dtype=np.uint8)
    check([LONG[kind](**common)], image, output_dtype="float32")
    check([STAGES["blur"](), LONG[kind](**common)], image.astype(np.float32)[..., 0])


@pytest.mark.parametrize(
    "large",
    [
        lambda n: stage("blur", "gaussian", sigma=n, tolerance=0),
        lambda n: stage("sharpen", "unsharp", sigma=n, tolerance=0),
        lambda n: stage("blur", "box", size=10 * n),
        lambda n: stage("custom", "line", kernel=[[1 + k % 5 for k in range(10 * n)]]),
    ],
    ids=["gaussian", "unsharp", "box", "line"],
)
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_no_more_loops_are_compiled_for_a_larger_kernel(large, dtype):
    runs = (GraphExecutable(make_plan([large(n)], (64, 64), dtype=dtype)) for n in (20, 500))
    (small,), (huge,) = (run.runs for run in runs)
    assert len(huge.fused.table.loops) <= len(small.fused.table.loops) + 3
    assert len(huge.fused.source) < 2 * len(small.fused.source)
