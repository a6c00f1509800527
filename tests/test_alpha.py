"""Alpha beside colours: what stands outside the image, what counts for less than nothing, what is lost."""

import numpy as np
import pytest
from test_stages import check

from convpipe import Pipeline, stage
from convpipe.geometry import Border
from convpipe.losses import Losses
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


def test_alpha_below_nothing_counts_for_nothing(rng):
    image = rng.integers(-128, 128, (9, 11, 2)).astype(np.int8)
    run = Pipeline([stage("blur", "box", size=3)], dtype="float32")
    result = run(image, alpha=True)
    clipped = np.dstack([image[..., 0], np.maximum(image[..., 1], 0)])
    np.testing.assert_array_equal(result, run(clipped, alpha=True))
    assert result[..., 0].min() >= -128
    assert result[..., 0].max() <= 127
    check([stage("blur", "box", size=3)], image, output_dtype="float32", alpha=True)


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
        image[5, 5, 0] = image[10, 10, 3] = np.nan  # eight of the nine taps around a pixel are not 0
        run = Pipeline([stage("edge", "sobel", dtype="uint8", stride=stride)], dtype=dtype)
        assert run.engine.filter(image, 1, alpha=True)[1] == Losses(lost)
