"""Large kernels through Fourier transforms: every response is right to within its own window."""

import tracemalloc
from functools import cache

import numpy as np
import oracle
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_stages import check

from convpipe import fourier
from convpipe.compile.cpu.fourier import spectra
from convpipe.compile.cpu.fourier.transform import Transform
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.geometry import Axis, Border
from convpipe.losses import Losses
from convpipe.ops import COMPUTE
from convpipe.plan import Settings, make_plan
from convpipe.stages import stage


def custom(kernel, **common):
    return stage("custom", "large", kernel=np.asarray(kernel, float).tolist(), **common)


@pytest.fixture
def always(monkeypatch):
    """Take transforms for every kernel that has no other loop, however small the image."""
    monkeypatch.setattr(fourier, "ADVANTAGE", 0)


def transformed(one, image, border=Border.REFLECT, threads=1):
    """Return the responses of a stage, in the type of the arithmetic, and its stencil."""
    channels = image.shape[2] if image.ndim == 3 else 1
    plan = make_plan(
        [one],
        image.shape[:2],
        Settings(border=border, output_dtype=COMPUTE[image.dtype.name]),
        channels=channels,
        dtype=image.dtype.name,
    )
    run = compile_plan(plan)
    (part,) = run.runs
    assert isinstance(part, Transform)
    return run(image, threads)[0], plan.stages[0].ops[0]


def reference(stencil, image):
    """Return the responses and the sum of the sizes of their products, summed tap by tap, taps of 0 too."""
    wide = image.reshape(*image.shape[:2], -1).astype(np.longdouble)
    response = size = 0
    with np.errstate(all="ignore"):
        for i, j, samples in oracle.windows(stencil, wide):
            product = stencil.banks[0].weights[i, j] * samples
            response, size = response + product, size + np.abs(product)
    return response.reshape(*response.shape[:2], *image.shape[2:]), size.reshape(
        *size.shape[:2], *image.shape[2:]
    )


def assert_local(got, want, size):
    """Each response has its error from its own window; the windows that hold an infinity or a NaN show it."""
    limit = np.finfo(got.dtype)
    with np.errstate(all="ignore"):
        rounded = want.astype(got.dtype)
        finite = np.isfinite(rounded)
        np.testing.assert_array_equal(got[~finite], rounded[~finite])
        allowed = (spectra.TOLERANCE[got.dtype.name] + limit.eps) * size + limit.smallest_subnormal
        error = np.abs(got - want)
    assert (error <= allowed)[finite].all()
    assert (got[size == 0] == 0).all()


def crossed(rng):
    """Return a kernel with a row and a column of zeros."""
    kernel = rng.standard_normal((31, 31))
    kernel[4], kernel[:, 22] = 0, 0
    return kernel


OUTLIERS = [1e38, -3.4e38, 1e20, -1e9, np.inf, -np.inf, np.nan]

KERNELS = {
    "noise": lambda rng: rng.standard_normal((20, 21)),
    "tails": lambda rng: np.exp(-1.5 * np.hypot(*np.ogrid[-10:11, -10:11])),
    "disk": lambda rng: np.hypot(*np.ogrid[-11:12, -11:12]) < 11.3,
    "holes": lambda rng: rng.standard_normal((25, 24)) * (rng.random((25, 24)) < 0.75),
    "crossed": crossed,
    "thirds": lambda rng: rng.integers(1, 9, (20, 20)) / 3,
}


@st.composite
def cases(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows, cols = draw(st.integers(24, 70)), draw(st.integers(24, 70))
    dtype = draw(st.sampled_from(["float32", "float64", "uint8", "int32"]))
    kind = draw(st.sampled_from(["noise", "orders", "dark", "steps"]))
    image = rng.random((rows, cols)) * 200
    if kind == "orders":
        image = 10.0 ** rng.uniform(-30, 30, image.shape)
    image[:, draw(st.integers(0, cols)) :] *= {"dark": 0, "steps": 1e-12}.get(kind, 1)
    if dtype.startswith("float"):
        for value in draw(st.lists(st.sampled_from(OUTLIERS), max_size=4)):
            top, left = rng.integers(0, rows), rng.integers(0, cols)
            image[top : top + draw(st.sampled_from([1, 1, 9])), left : left + 2] = value
    else:
        image = np.clip(image, 0, np.iinfo(dtype).max)
    with np.errstate(over="ignore"):
        image = image.astype(dtype)
    common = {
        "stride": draw(st.sampled_from([1, 2, [3, 1]])),
        "dilation": draw(st.sampled_from([1, 1, 2, [1, 3]])),
        "padding": draw(st.sampled_from(["same", 40])),
        "border": draw(st.sampled_from([border.name.lower() for border in Border])),
        "value": draw(st.sampled_from([0, 0.5, -3])),
    }
    return custom(KERNELS[draw(st.sampled_from(sorted(KERNELS)))](rng), **common), image


@settings(max_examples=60, deadline=None)
@given(cases())
def test_an_error_stays_in_its_window(case):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fourier, "ADVANTAGE", 0)
        got, stencil = transformed(*case)
    assert_local(got, *reference(stencil, case[1]))


SPOILS = st.tuples(st.integers(0, 129), st.integers(0, 119), st.sampled_from([np.nan, np.inf, -np.inf]))


@cache
def crossings():
    """Return a kernel with zeros through a transform, and at another stride through the loop."""
    kernel = crossed(np.random.default_rng(7))
    plans = []
    for stride, advantage in ((1, 0), (3, np.inf)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fourier, "ADVANTAGE", advantage)
            one, settings = custom(kernel, stride=stride), Settings(border=Border.REFLECT)
            plans.append(make_plan([one], (130, 120), settings, dtype="float32"))
    assert [plan.stages[0].tiles is None for plan in plans] == [False, True]
    return (*map(compile_plan, plans), plans[0].stages[0].ops[0])


@settings(max_examples=12, deadline=None)
@given(st.lists(SPOILS, min_size=1, max_size=4))
@example([(30, 40, np.inf), (52, 44, -np.inf)])
@example([(20, 33, -np.inf), (60, 33, np.nan), (61, 80, np.inf), (0, 0, np.inf)])
def test_taps_of_0_meet_what_is_not_finite_as_in_the_loop(spoils):
    """0 * NaN and 0 * Inf are NaN: what a pixel becomes depends on its window, not on stride or size."""
    image = np.random.default_rng(8).random((130, 120)).astype(np.float32)
    for row, col, value in spoils:
        image[row, col] = value
    transform, loop, stencil = crossings()
    full, strided = transform(image, threads=1)[0], loop(image, threads=1)[0]
    assert_local(full, *reference(stencil, image))
    np.testing.assert_allclose(strided, full[::3, ::3], rtol=1e-4, atol=1e-4)


@pytest.mark.usefixtures("always")
def test_a_tap_that_vanishes_in_float32_is_a_tap_of_0(rng):
    kernel = rng.standard_normal((21, 21))
    kernel[3, 5] = 1e-60
    image = rng.random((60, 60)).astype(np.float32)
    image[30, 30] = np.inf
    got, _ = transformed(custom(kernel), image)
    at = 30 + 10 - 3, 30 + 10 - 5
    assert np.isnan(got[at])
    assert np.argwhere(np.isnan(got)).tolist() == [[*at]]


@pytest.mark.usefixtures("always")
def test_the_sign_of_a_tap_is_that_of_what_an_infinity_gives(rng):
    kernel = rng.standard_normal((20, 21))
    image = rng.random((60, 61)).astype(np.float32)
    image[30, 31] = -np.inf
    got, _ = transformed(custom(kernel), image)
    window = got[30 - 10 : 30 + 10, 31 - 10 : 31 + 11][::-1, ::-1]
    np.testing.assert_array_equal(window, np.where(kernel > 0, -np.inf, np.inf))


@pytest.mark.usefixtures("always")
def test_taps_that_are_only_nearly_whole_are_not_rounded(rng):
    kernel = rng.integers(1, 9, (20, 20)) * (1 + rng.uniform(-1, 1, (20, 20)) * 2.0**-33)
    image = rng.integers(0, 2**20, (60, 60), dtype=np.int32)
    got, stencil = transformed(custom(kernel), image)
    assert_local(got, *reference(stencil, image))
    assert (got != np.rint(got)).any()


def test_one_fill_value_spoils_no_other_window(rng):
    image = rng.random((130, 120)).astype(np.float32)
    kernel = rng.standard_normal((41, 40))
    clean, stencil = transformed(custom(kernel), image)
    image[60, 50] = -3.4e38
    filled, _ = transformed(custom(kernel), image)
    assert_local(filled, *reference(stencil, image))
    far = np.ones(image.shape, bool)
    far[40:81, 30:71] = False
    np.testing.assert_allclose(filled[far], clean[far], rtol=1e-5, atol=1e-6)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_disk_on_one_pixel_is_a_disk_and_black_is_black(dtype):
    disk = np.hypot(*np.ogrid[-23:24, -23:24]) <= 23
    image = np.zeros((201, 190), dtype)
    image[90, 100] = 200
    stages = [custom(disk), stage("point", "threshold", level=0)]
    plan = make_plan(stages, image.shape, dtype=dtype)
    assert plan.stages[0].tiles is not None
    white, _ = compile_plan(plan)(image, threads=1)
    assert np.count_nonzero(white) == disk.sum() == 1653


@pytest.mark.usefixtures("always")
def test_integers_under_integer_taps_are_exact(rng):
    image = rng.integers(0, 65536, (100, 90), dtype=np.uint16)
    kernel = rng.integers(-500, 500, (41, 40))
    got, stencil = transformed(custom(kernel), image)
    np.testing.assert_array_equal(got, reference(stencil, image)[0].astype(np.float32))


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("border", list(Border))
def test_a_chain_around_it(border, rng):
    image = rng.integers(0, 256, (97, 101, 3), dtype=np.uint8)
    stages = [
        stage("blur", "gaussian", sigma=1, truncate=2),
        custom(rng.standard_normal((40, 41)), padding=[9, 33], bias=7, value=30),
        stage("edge", "sobel"),
    ]
    plan = check(stages, image, border, output_dtype="float32")
    run = compile_plan(plan)
    assert [type(part).__name__ for part in run.runs] == ["Sweep", "Transform", "Sweep"]
    assert run(image, threads=1)[0].tobytes() == run(image, threads=3)[0].tobytes()
    alone = image
    for one in stages:
        step = make_plan(
            [one],
            alone.shape[:2],
            Settings(border=border, output_dtype="float32"),
            channels=3,
            dtype=alone.dtype.name,
        )
        alone, _ = compile_plan(step)(alone, threads=1)
    np.testing.assert_array_equal(run(image)[0], alone)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("common", [{}, {"stride": 2, "dilation": [2, 3]}], ids=["plain", "strided"])
def test_a_kernel_larger_than_a_tile_is_cut_into_blocks(common, rng, monkeypatch):
    monkeypatch.setattr(fourier, "SIZES", (64,))
    image = rng.random((150, 140)).astype(np.float32)
    image[30, 40], image[70:] = np.nan, 0
    one = custom(rng.standard_normal((70, 45)), padding=60, **common)
    plan = make_plan([one], image.shape, dtype="float32")
    assert plan.stages[0].tiles.blocks > 1
    got, stencil = transformed(one, image)
    assert_local(got, *reference(stencil, image))


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("content", ["noise", "fill"])
@pytest.mark.parametrize("threads", [1, 3])
def test_memory_is_what_the_plan_says(content, threads, rng):
    image = rng.random((90, 80)).astype(np.float32)
    if content == "fill":
        image[::7, ::5], image[50:] = 1e30, 0
    one = custom(rng.standard_normal((41, 40)), padding=400)
    tiles = make_plan([one], image.shape, dtype="float32").stages[0].tiles
    transformed(one, image)  # what is imported is no part of it
    tracemalloc.start()
    try:
        result, _ = transformed(one, image, threads=threads)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < result.nbytes + tiles.shared_bytes + threads * tiles.thread_bytes + 20 * 2**20


def test_no_image_stands_between_the_responses_and_what_is_made_of_them(rng):
    image = rng.integers(0, 256, (300, 40, 3), dtype=np.uint8)
    stages = [custom(rng.random((41, 40)) / 1000), stage("color", "gray"), stage("point", "invert")]
    plan = check(stages, image)
    run = compile_plan(plan)
    (part,) = run.runs
    assert isinstance(part, Transform)
    many, _ = run(image, threads=3)
    assert many.shape == (300, 40)
    np.testing.assert_array_equal(many, run(image, threads=1)[0])


def test_nans_that_become_0_are_counted_once(rng):
    image = rng.random((150, 160)).astype(np.float32)
    image[70, 80] = np.nan
    plan = make_plan(
        [custom(rng.random((41, 40)))], image.shape, Settings(output_dtype="uint8"), dtype="float32"
    )
    assert compile_plan(plan)(image, threads=1)[1] == Losses(41 * 40)


def test_a_dilated_kernel_on_a_small_image_takes_the_loop():
    """Its transform took 10.8 GB and 38 s."""
    plan = make_plan([custom(np.ones((41, 41)) + np.eye(41), dilation=200)], (64, 64))
    assert plan.stages[0].tiles is None


def test_the_number_of_tiles_is_that_of_the_cuts():
    from convpipe.compile.cpu.fourier.cuts import cuts as _cuts

    for stride, dilation, outputs in [(1, 1, 100), (2, 4, 77), (3, 5, 31), (1, 40, 12), (6, 4, 50)]:
        window = Axis(21, stride, dilation)
        size = window.reach + (outputs - 1) * stride
        side = fourier.Side(window, outputs, 64, 1)
        cuts = list(_cuts(side, size, Border.EDGE))
        assert side.tiles == len(cuts)
        made = sorted(y for cut in cuts for y in range(outputs)[cut.outputs])
        assert made == list(range(outputs))
