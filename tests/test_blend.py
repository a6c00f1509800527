"""Images laid over each other, against Pillow where it has the mode, and through masks."""

import numpy as np
import pytest
from PIL import Image, ImageChops

from convpipe import ConfigError, Pipeline, stage
from convpipe.config import load_text
from convpipe.stages.blend import MODES

OURS_ARE_PILLOWS = {
    "add": ImageChops.add,
    "subtract": ImageChops.subtract,
    "difference": ImageChops.difference,
    "darken": ImageChops.darker,
    "lighten": ImageChops.lighter,
    "multiply": ImageChops.multiply,
    "screen": ImageChops.screen,
    "overlay": ImageChops.overlay,
    "hard_light": ImageChops.hard_light,
}
ABOVE = stage("geometry", "flip", axis="columns", name="above")


def pair(rng, shape=(23, 31)):
    below = rng.integers(0, 256, shape, np.uint8)
    return below, Pipeline([ABOVE])(below)


@pytest.mark.parametrize("mode", OURS_ARE_PILLOWS)
@pytest.mark.parametrize("shape", [(23, 31), (23, 31, 3)])
def test_modes_are_those_of_pillow(mode, shape, rng):
    below, above = pair(rng, shape)
    ours = Pipeline([ABOVE, stage("combine", "blend", with_="above", from_="input", mode=mode)])(below)
    theirs = np.asarray(OURS_ARE_PILLOWS[mode](Image.fromarray(below), Image.fromarray(above)))
    # Pillow cuts what it divides, and rounds in integers.
    assert np.abs(ours.astype(int) - theirs.astype(int)).max() <= (
        2 if mode in ("overlay", "hard_light") else 1
    )


def test_alpha_is_the_share_of_what_lies_above(rng):
    below, above = pair(rng)
    for alpha in (0.0, 0.3, 1.0):
        run = Pipeline([ABOVE, stage("combine", "blend", with_="above", from_="input", alpha=alpha)])
        want = (1 - alpha) * below.astype(float) + alpha * above
        np.testing.assert_allclose(run(below, dtype="float32"), want, atol=1e-4)
    half = Pipeline([ABOVE, stage("combine", "blend", with_="above", from_="input")])
    theirs = np.asarray(Image.blend(Image.fromarray(below), Image.fromarray(above), 0.5))
    assert np.abs(half(below).astype(int) - theirs).max() <= 1


def test_a_composite_is_that_of_pillow(rng):
    below, above = pair(rng, (23, 31, 3))
    stages = [
        ABOVE,
        stage("color", "gray", from_="input", name="grey"),
        stage("combine", "composite", from_="input", with_="above", mask="grey"),
    ]
    run = Pipeline(stages, outputs={"grey": "grey"})
    made = run(below)
    mask = Image.fromarray(made["grey"])
    theirs = Image.composite(Image.fromarray(above), Image.fromarray(below), mask)
    assert np.abs(made["result"].astype(int) - np.asarray(theirs)).max() <= 1
    assert not run.plan((23, 31, 3)).saturations


def test_a_mask_cuts(rng):
    image = rng.integers(0, 256, (9, 11, 3), np.uint8)
    stages = [
        stage("color", "gray"),
        stage("threshold", "fixed", level=128, name="bright"),
        stage("combine", "mask", from_="input", mask="bright", outside=3),
    ]
    made = Pipeline(stages, outputs={"bright": "bright"})(image)
    np.testing.assert_array_equal(made["result"], np.where(made["bright"][..., None] != 0, image, 3))


@pytest.mark.parametrize("mode", sorted(MODES))
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_no_mode_leaves_the_range_of_the_type(mode, dtype, rng):
    top = np.iinfo(dtype).max
    image = rng.integers(0, top + 1, (20, 20)).astype(dtype)
    image[0, :4] = 0, top, top, 0
    run = Pipeline([ABOVE, stage("combine", "blend", with_="above", from_="input", mode=mode)])
    made = run(image, dtype="float32")
    assert made.min() >= 0
    assert made.max() <= top * (1 + 1e-6)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{combine: blend}", "combine blend needs with: the name of a stage"),
        ("{combine: blend, with: soft}", "there is no stage 'soft'"),
        ("{combine: blend, with: input, mode: multiplly}", "mode needs one of"),
        ("{combine: blend, with: input, alpha: 2}", "alpha needs a"),
        ("{combine: composite, with: input}", "combine composite needs mask"),
        ("{combine: blend, formula: input}", "combine blend has no parameter 'formula'"),
        ("{combine: [1]}", "a label of your own, or one of blend, composite, mask"),
    ],
)
def test_what_is_missing_is_said(entry, words):
    with pytest.raises(ConfigError, match=words):
        load_text(f"stages: [{entry}]")


def test_words_of_python_have_an_underscore():
    one = stage("combine", "blend", with_="input", from_="input")
    assert eval(repr(one), {"stage": stage}) == one
    with pytest.raises(ValueError, match="with is given twice, as with_ too"):
        stage("combine", "blend", **{"with": "input", "with_": "input"})
