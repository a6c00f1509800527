"""Alpha beside colours: what stands outside the image, what counts for less than nothing, what is lost."""

import numpy as np
import oracle
import pytest
from test_stages import EVERY_METHOD, check, ids, make, warps, weighs

from convpipe import Pipeline, stage
from convpipe.geometry import Border
from convpipe.losses import Losses
from convpipe.ops import Window
from convpipe.plan import Settings, make_plan
from convpipe.stages.resampling import METHODS

CONSTANT = {"border": "constant", "value": 40}
STAGES = {
    "box": stage("blur", "box", size=[3, 4], **CONSTANT),
    "gaussian": stage("blur", "gaussian", sigma=1, padding=5, **CONSTANT),
    "sobel": stage("edge", "sobel", padding=[3, 0], **CONSTANT),
    "unsharp": stage("sharpen", "unsharp", sigma=1, stride=2, **CONSTANT),
    "custom": stage("custom", "mine", kernel=[[1, 0, 2], [0, -1, 0]], padding=2, **CONSTANT),
    "frame": stage("point", "invert", padding=2, **CONSTANT),
}


@pytest.mark.parametrize("name", STAGES)
def test_a_constant_border_is_opaque(name, rng):
    image = rng.integers(0, 256, (9, 11, 4), dtype=np.uint8)
    check([STAGES[name]], image, output_dtype="float32", alpha=True)
    check([stage("edge", "laplacian"), STAGES[name], stage("blur", "box")], image, alpha=True)


def test_white_inside_white_is_white():
    white = np.full((5, 6, 4), 255, np.uint8)
    result = Pipeline([stage("blur", "box", size=3, border="constant", value=255)])(white, alpha=True)
    assert (result == 255).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_resize_weighs_colours_by_alpha(method, rng):
    """With negative taps the weight of a pixel can be next to nothing, and its colour anything."""
    image = rng.integers(0, 256, (9, 11, 4), dtype=np.uint8)
    image[3:6, 3:7] = (255, 0, 99, 0)  # hidden, and seen nowhere
    one = stage("geometry", "resize", size=[17, 6], method=method)
    plan = check([one], image, output_dtype="float32", alpha=True, tolerance=2e-3)
    assert plan.stages[0].ranges.colour.bounded == (method not in ("bicubic", "lanczos3"))
    check([one, stage("edge", "sobel")], image, alpha=True)
    shown = Pipeline([one], dtype="float32")(image, alpha=True)
    image[3:6, 3:7, :3] = 7
    np.testing.assert_array_equal(Pipeline([one], dtype="float32")(image, alpha=True), shown)


@pytest.mark.parametrize("border", list(Border), ids=lambda border: border.name.lower())
@pytest.mark.parametrize("name", ["box", "sobel"])
def test_an_opaque_image_gives_the_colours_that_it_gives_without_alpha(name, border, rng):
    image = rng.integers(0, 256, (9, 11, 4), dtype=np.uint8)
    image[..., 3] = 255
    given = {key: value for key, value in STAGES[name].given.items() if key != "border"}
    run = Pipeline([stage(STAGES[name].method.family, STAGES[name].label, **given)], border=border)
    result = run(image, alpha=True, dtype="float32")
    np.testing.assert_allclose(result[..., :3], run(image[..., :3], dtype="float32"), rtol=0, atol=1e-4)
    np.testing.assert_allclose(result[..., 3], 255, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize(
    "one",
    [
        stage("color", "premultiply", bias=3),
        stage("color", "premultiply", inverse=True, stride=2),
        stage("color", "flatten", backdrop=[3, 200, 9], bias=1),
        stage("color", "flatten"),
    ],
    ids=str,
)
def test_colours_times_alpha_or_over_a_backdrop(one, dtype, rng):
    image = sprite(rng, dtype, colours=3)
    check([one], image, output_dtype="float32", alpha=True)
    check(
        [stage("point", "scale", gain=0.1), one, stage("edge", "sobel")],
        image,
        output_dtype="float32",
        alpha=True,
    )
    check([stage("blur", "box"), one], image, alpha=True)
    made = Pipeline([one], dtype="float32")(image, alpha=True)
    plain = Pipeline([one], dtype="float32")(image[..., :3])
    assert made.shape == (*plain.shape[:2], 4)
    if one.label == "flatten":
        assert (made[..., 3] == (255 if dtype == "uint8" else 1)).all()


def test_alpha_below_nothing_counts_for_nothing(rng):
    image = rng.integers(-128, 128, (9, 11, 2)).astype(np.int8)
    run = Pipeline([stage("blur", "box", size=3)], dtype="float32")
    result = run(image, alpha=True)
    clipped = np.dstack([image[..., 0], np.maximum(image[..., 1], 0)])
    np.testing.assert_array_equal(result, run(clipped, alpha=True))
    assert result[..., 0].min() >= -128
    assert result[..., 0].max() <= 127
    check([stage("blur", "box", size=3)], image, output_dtype="float32", alpha=True)


COVERING = [method for method in EVERY_METHOD if weighs(method)]


def sprite(rng, dtype, shape=(14, 15), colours=3):
    """Return an image that is opaque, transparent and something between."""
    if dtype == "uint8":
        image = rng.integers(0, 256, (*shape, colours + 1)).astype(dtype)
        full = 255
    else:
        image, full = rng.uniform(0.1, 1, (*shape, colours + 1)).astype(dtype), 1
    image[3:9, 4:11, -1] = 0
    image[:, -4:, -1] = full
    return image


class TestHiddenColours:
    """The colour of a pixel counts as far as it is opaque, in every stage."""

    @pytest.mark.parametrize("border", ["reflect", "constant", "wrap"])
    @pytest.mark.parametrize(
        "one",
        [
            stage("edge", "sobel", stride=2),
            stage("edge", "kirsch"),
            stage("sharpen", "unsharp", sigma=1, bias=0.5),
            stage("custom", "odd", kernel=[[1, 0, 2, -1], [0, -1, 0, 3]], padding=[0, 1, 2, 3]),
            stage("contrast", "stretch"),
        ],
        ids=lambda one: one.name,
    )
    def test_against_the_definition(self, one, border, rng):
        image = sprite(rng, "float32")
        run = Pipeline([stage("blur", "box"), one], border=border)
        result = run(image, alpha=True)
        plan = make_plan(run.wiring, (14, 15), Settings(border=run.border), channels=3, dtype="float32")
        values, cover = oracle.run_covered(plan, image[..., :3], image[..., [3, 3, 3]])[-1]
        seen = cover > 0
        np.testing.assert_allclose(result[..., :3][seen], values[seen], rtol=0, atol=2e-5)
        np.testing.assert_allclose(result[..., 3:], cover[..., :1], rtol=0, atol=2e-6)

    @pytest.mark.parametrize("method", COVERING, ids=ids)
    def test_reach_no_other_pixel(self, method, rng):
        image = sprite(rng, "float32", colours=method.colours or 3)
        hidden = image[..., -1] == 0
        other = image.copy()
        other[hidden, :-1] = 1e6
        run = Pipeline([make(method), stage("edge", "sobel")])
        one, two = run(image, alpha=True), run(other, alpha=True)
        np.testing.assert_array_equal(one[..., -1], two[..., -1])
        seen = one[..., -1] > 0
        assert seen.any()
        np.testing.assert_array_equal(one[seen], two[seen])

    @pytest.mark.parametrize("method", COVERING, ids=ids)
    @pytest.mark.parametrize("dtype", ["uint8", "float32"])
    def test_of_an_opaque_image_are_none(self, method, dtype, rng):
        image = sprite(rng, dtype, colours=method.colours or 3)
        image[..., -1] = 255 if dtype == "uint8" else 1
        run = Pipeline([make(method)], dtype="float32")
        result = run(image, alpha=True)[..., :-1]
        want = run(image[..., :-1]).reshape(result.shape)
        is_mean = any(
            op.mean
            for node in run.plan(image.shape, dtype, True).nodes
            for op in node.ops[1:2]
            if isinstance(op, Window)
        )
        is_mean |= warps(method)  # of the pixels around a place
        np.testing.assert_allclose(result, want, rtol=2e-6 if is_mean else 0)

    def test_of_another_image_are_black(self, rng):
        image = sprite(rng, "float32")
        other = image.copy()
        other[image[..., -1] == 0, :-1] = 7
        stages = [stage("blur", "box", size=5, name="soft"), stage("combine", "d", formula="soft - input")]
        one, two = (Pipeline(stages)(each, alpha=True) for each in (image, other))
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one[..., 3], Pipeline(stages[:1])(image, alpha=True)[..., 3])

    def test_have_no_part_in_statistics(self, rng):
        image = sprite(rng, "uint8")
        image[..., :3] //= 2
        other = image.copy()
        other[image[..., -1] == 0, :3] = 255
        run = Pipeline([stage("contrast", "stretch")])
        one, two = run(image, alpha=True), run(other, alpha=True)
        np.testing.assert_array_equal(one, two)
        assert one[image[..., -1] > 0, :3].max() == 255

    def test_what_has_none_is_planned_as_a_chain(self):
        plan = Pipeline([stage("blur", "box"), stage("point", "invert")]).plan((9, 9, 4), alpha=True)
        assert plan.is_chain
        assert len(plan.nodes) == 2


class TestCountOfNaNs:
    """NaNs that become 0 are counted where a stage rounds, in the middle too, each sample once."""

    BLUR = stage("blur", "box", size=3, dtype="uint8")

    @pytest.mark.parametrize("threads", [1, 2])
    @pytest.mark.parametrize(
        ("stages", "lost"),
        [
            ([BLUR, stage("edge", "sobel")], 18),
            ([BLUR, stage("point", "scale", gain=2), stage("blur", "box", size=5, stride=3)], 18),
            ([stage("point", "abs", dtype="int16"), BLUR], 2),
            ([stage("point", "abs"), stage("blur", "box", size=3)], 0),
        ],
        ids=["middle", "pointwise", "twice", "none"],
    )
    def test_grey(self, stages, lost, threads):
        image = np.zeros((200, 60), np.float32)
        image[[5, 150], [7, 50]] = np.nan
        run = Pipeline(stages)
        result, found = run.engine.filter(image, threads)
        assert found == Losses(lost)
        staged = image
        for one in stages:
            staged, _ = Pipeline([one]).engine.filter(staged, dtype=None if one.dtype is None else "float32")
        np.testing.assert_array_equal(result, staged)

    @pytest.mark.parametrize(("stride", "lost"), [(1, 9), (2, 5)])
    @pytest.mark.parametrize("dtype", ["uint8", "float32"])
    def test_alpha_that_is_kept_counts_by_itself(self, stride, lost, dtype):
        image = np.zeros((19, 31, 4), np.float32)
        image[..., 3] = 1
        image[5, 5, 0] = image[10, 10, 3] = np.nan  # eight of the nine taps around a pixel are not 0
        run = Pipeline([stage("edge", "sobel", dtype="uint8", stride=stride)], dtype=dtype)
        assert run.engine.filter(image, 1, alpha=True)[1] == Losses(lost)
