"""What a formula means: pixels beside each other and numbers of images, as NumPy computes them."""

import numpy as np
import oracle
import pytest

from convpipe import ParameterError, Pipeline, stage
from convpipe.formula import Formula
from convpipe.ops import Map, Reduce, Stencil

SIDES = {"reflect": {}, "edge": {}, "wrap": {}, "constant": {"value": 7}}

CASES = {
    "hypot(x[0, 1] - x[0, -1], x[1, 0] - x[-1, 0])": lambda at, x: np.hypot(
        at(0, 1) - at(0, -1), at(1, 0) - at(-1, 0)
    ),
    "where(x[0, 1] > x, x[2, -3], -x / 2)": lambda at, x: np.where(at(0, 1) > x, at(2, -3), -x / 2),
    "0.25 * (x[-1, 0] + x[1, 0] + x[0, -1] + x[0, 1])": lambda at, x: (
        0.25 * (at(-1, 0) + at(1, 0) + at(0, -1) + at(0, 1))
    ),
    "x[1, 1] * x[-1, -1] - x ** 2": lambda at, x: at(1, 1) * at(-1, -1) - x**2,
    "x[0, 5]": lambda at, x: at(0, 5),
    "x[-4, 0] + 2 * x[-4, 0]": lambda at, x: 3 * at(-4, 0),
    "x[0, 1] - x[0, 1] + x[3, 0]": lambda at, x: at(3, 0),
    "where(x > otsu(x), 1, 0)": lambda at, x: (x > oracle_number("otsu", x)) * 1.0,
    "(x - mean(x)) / std(x)": lambda at, x: (x - x.mean()) / x.std(),
    "x > percentile(x, 90)": lambda at, x: (x > np.percentile(x, 90)) * 1.0,
    "(x[0, 1] - min(x)) / (max(x) - min(x))": lambda at, x: (at(0, 1) - x.min()) / (x.max() - x.min()),
    "x - median(abs(x - median(x)))": lambda at, x: x - np.median(np.abs(x - np.median(x))),
    "mean(x[0, 1] * x)": lambda at, x: np.full_like(x, np.mean(at(0, 1) * x)),
    "sqrt(var(x)) + 0 * sum(x) * x": lambda at, x: np.full_like(x, x.std()),
    "clip(x, 20, 90) + arctan2(x, 50) + sin(x) * cos(x)": lambda at, x: (
        np.clip(x, 20, 90) + np.arctan2(x, 50) + np.sin(x) * np.cos(x)
    ),
    "x if x[0, -1] < 100 and not x[-1, 0] < 50 else 3": lambda at, x: np.where(
        (at(0, -1) < 100) & ~(at(-1, 0) < 50), x, 3.0
    ),
}


def oracle_number(kind, x):
    from skimage import filters

    return getattr(filters, f"threshold_{kind}")(x.astype(np.int64).reshape(len(x), -1))


def expected(case, image, border="reflect"):
    x, reach = image.astype(np.float64), 6
    given = {"constant_values": 7.0} if border == "constant" else {}
    padded = np.pad(x, [(reach, reach)] * 2 + [(0, 0)] * (x.ndim - 2), mode=border, **given)

    def at(row, col):
        rows, cols = x.shape[:2]
        return padded[reach + row : reach + row + rows, reach + col : reach + col + cols]

    return CASES[case](at, x)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "channels"), [("uint8", 1), ("uint16", 3), ("float32", 1)])
def test_it_gives_what_numpy_does(case, dtype, channels, rng):
    shape = (23, 31, 3) if channels == 3 else (23, 31)
    image = rng.integers(0, 256, shape).astype(dtype)
    made = Pipeline([stage("combine", "it", formula=case)])
    want = expected(case, image)
    got = made(image, dtype="float32")
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5 * np.abs(want).max())
    plan = made.plan(shape, dtype=dtype)
    oracle.near_values(made(image), oracle.run_graph(plan, image.reshape(23, 31, channels))[-1], dtype, 1e-5)


@pytest.mark.parametrize("border", SIDES)
def test_the_border_of_the_stage_is_beside_the_image(border, rng):
    image = rng.integers(0, 256, (17, 12), np.uint8)
    for case in list(CASES)[:5]:
        run = Pipeline([stage("combine", "it", formula=case, border=border, **SIDES[border])])
        want = expected(case, image, border)
        np.testing.assert_allclose(run(image, dtype="float32"), want, rtol=1e-6, atol=1e-4)


def test_stride_and_padding_are_of_the_result(rng):
    image = rng.integers(0, 256, (17, 12), np.uint8)
    whole = expected("x[1, 1] * x[-1, -1] - x ** 2", image)
    given = {"formula": "x[1, 1] * x[-1, -1] - x ** 2"}
    for common, kept in (({"stride": 3}, np.s_[::3, ::3]), ({"padding": "valid"}, np.s_[1:-1, 1:-1])):
        made = Pipeline([stage("combine", "it", **given, **common)])(image, dtype="float32")
        np.testing.assert_array_equal(made, whole[kept])


def test_several_images_meet(rng):
    image = rng.integers(0, 256, (20, 24), np.uint8)
    before = [stage("blur", "box", size=3, name="soft"), stage("edge", "sobel", name="edges")]
    text = "where(edges[0, 1] > mean(edges) and soft < otsu(soft), input[-1, 0] - soft, max(input) - edges)"
    outputs = {"soft": "soft", "edges": "edges"}
    run = Pipeline([*before, stage("combine", "it", formula=text)], outputs=outputs, dtype="float32")
    made = run(image)
    soft, edges, x = (each.astype(np.float64) for each in (made["soft"], made["edges"], image))
    beside = np.pad(edges, ((0, 0), (0, 1)), mode="reflect")[:, 1:]
    above = np.pad(x, ((1, 0), (0, 0)), mode="reflect")[:-1]
    from skimage import filters

    holds = (beside > edges.mean()) & (soft < filters.threshold_otsu(soft))
    want = np.where(holds, above - soft, x.max() - edges)
    np.testing.assert_allclose(made["result"], want, rtol=1e-5, atol=1e-3)


def test_x_is_the_stage_before_unless_one_is_called_so(rng):
    image = rng.integers(0, 256, (9, 8), np.uint8)
    invert, double = stage("point", "invert"), stage("point", "scale", gain=0.5, name="x")
    half = stage("combine", "it", formula="x / 4 + input")
    np.testing.assert_array_equal(
        Pipeline([invert, half])(image, dtype="float32"), (255.0 - image) / 4 + image
    )
    named = Pipeline(
        [
            double,
            stage("point", "invert", from_="input", name="other"),
            stage("combine", "it", formula="x + other"),
        ]
    )
    np.testing.assert_array_equal(named(image, dtype="float32"), image * 0.5 + (255.0 - image))


def test_alpha_stays_and_hides(rng):
    image = rng.integers(1, 256, (12, 13, 4), np.uint8)
    image[4:8, 5:9, 3] = 0
    seen = image.copy()
    seen[4:8, 5:9, :3] = rng.integers(0, 256, (4, 4, 3))
    for text in ("x[0, 1] - x[0, -1]", "abs(x - mean(x))", "x[1, 0] + std(abs(x))"):
        run = Pipeline([stage("combine", "it", formula=text)])
        made, other = run(image, alpha=True), run(seen, alpha=True)
        np.testing.assert_array_equal(made[..., 3], image[..., 3])
        visible = image[..., 3] > 0
        np.testing.assert_array_equal(made[visible], other[visible])


def test_holes_count_for_nothing(rng):
    image = rng.uniform(0, 9, (12, 13)).astype(np.float32)
    image[3, 4] = np.nan
    run = Pipeline([stage("combine", "it", formula="x[0, 1] - mean(x)")], missing="nan")
    made = run(image)
    want = np.pad(image, ((0, 0), (0, 1)), mode="reflect")[:, 1:] - np.nanmean(image)
    want[3, 3] = image[3, 3] - np.nanmean(
        image
    )  # the pixel itself stands in for a neighbour that is not there
    assert np.isnan(made[3, 4])
    want[3, 4] = np.nan
    np.testing.assert_allclose(made, want, rtol=1e-5, atol=1e-5)


def test_the_plan_shows_halo_and_range():
    plan = Pipeline([stage("combine", "it", formula="hypot(x[0, 1] - x[0, -2], x[3, 0] - x) + std(x)")]).plan(
        (40, 50)
    )
    (one,) = plan.stages
    assert one.halo == ((0, 3), (2, 1))
    assert one.range.low == 0
    assert one.range.high == pytest.approx(255 * 2**0.5 + 127.5)
    several = Pipeline(
        [
            stage("blur", "box", size=3, name="soft"),
            stage("combine", "it", formula="soft[0, 1] - mean(input[2, 0])"),
        ]
    ).plan((40, 50))
    assert several.stages[-1].halo == ((0, 2), (0, 1))
    assert several.stages[-1].range == several.stages[-1].range.__class__(-255, 255, nan=True)


def test_what_is_true_or_false_of_a_bool_image_is_bool():
    plan = Pipeline([stage("combine", "it", formula="x > mean(x)")]).plan((9, 9), dtype="bool")
    assert plan.output_dtype == "bool"


def test_weighted_sums_of_pixels_are_banks_of_taps():
    window, found = Formula("hypot(a[0, 1] - a[0, -1], 2 * a[1, 0] - a[-1, 0] * 2)").ops
    assert isinstance(window, Stencil)
    assert [bank.weights.tolist() for bank in window.banks] == [
        [[0, 0, 0], [-1, 0, 1], [0, 0, 0]],
        [[0, -2, 0], [0, 0, 0], [0, 2, 0]],
    ]
    assert found.expression == "sqrt(square(x0) + square(x1))"
    (plain,) = Formula("2 * a + 1").ops
    assert type(plain) is Map
    number = Formula("a - mean(a)").ops[0]
    assert isinstance(number, Reduce)


def test_formulas_are_equal_if_they_are_written_alike():
    one, other = (stage("combine", "it", formula=text) for text in ("(x [0,1])+ 1", "x[0, 1] + 1"))
    assert one == other
    assert one != stage("combine", "it", formula="x[0, 2] + 1")


def test_128_pixels_and_64_rows_are_taken():
    Formula("(" + ") + (".join("+".join(f"a[{i}, {j}]" for j in range(16)) for i in range(8)) + ")")
    Formula("a[64, -64]")
    with pytest.raises(ParameterError, match="at most 64 pixels"):
        Formula("a[65, 0]")
