"""Numbers of a whole image: estimated for the picture at once, then exact, with the bytes of a run."""

import numpy as np
import pytest

from convpipe import Pipeline, stage
from convpipe.display import Shown
from convpipe.plan.demand import Span
from convpipe.tuner import numbers
from convpipe.tuner.desk import Desk, StaleError
from convpipe.tuner.drawing import rounded
from convpipe.tuner.kept import Kept
from convpipe.tuner.sample import Sample
from convpipe.tuner.session import Session
from convpipe.tuner.viewer import View, Viewer

REGION = Span(20, 39), Span(5, 30)

BLUR, SOBEL, OTSU = stage("blur", "gaussian", sigma=1.2), stage("edge", "sobel"), stage("threshold", "otsu")

PIPELINES = {
    "after the image": [OTSU],
    "after windows": [BLUR, SOBEL, OTSU],
    "strided": [stage("blur", "box", size=3, stride=2), OTSU],
    "one after another": [BLUR, stage("contrast", "stretch"), SOBEL, OTSU],
    "stored in between": [stage("blur", "gaussian", sigma=1.2, dtype="uint8"), OTSU],
    "then a window": [BLUR, OTSU, stage("morphology", "dilate", size=3)],
    "a resize before it": [stage("geometry", "resize", size=[70, 61]), OTSU],
    "all of the image before it": [stage("geometry", "rotate", angle=30), OTSU],
}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Images of the tests are large, their strips few rows, and their bands too."""
    monkeypatch.setattr(numbers, "LEAST_PIXELS", 1)
    monkeypatch.setattr(numbers, "STRIP_PIXELS", 300)
    monkeypatch.setattr(numbers, "BAND_PIXELS", 700)


@pytest.fixture
def image():
    rows, cols = np.indices((90, 60))
    return (rows + 2 * cols + 30 * ((rows // 11 + cols // 7) % 2)).astype(np.uint8)


def viewer_of(stages, shown, kept=None):
    return Viewer(Pipeline(stages).engine, Sample("a.png", lambda: shown), Kept() if kept is None else kept)


def look(viewer, *, estimates=False, focus=0, region=REGION, check=lambda: None):
    last = len(viewer.stages) - 1
    seen = viewer.look(View(last, region, 1, focus, estimates=estimates), check)
    return rounded(seen.values, viewer.dtype_of(last)), seen


@pytest.mark.parametrize("focus", [None, 0, -1])
@pytest.mark.parametrize("stages", PIPELINES.values(), ids=PIPELINES)
def test_exact_pictures_have_the_bytes_of_a_run(stages, focus, image):
    region = Span(20, 30), Span(5, 20)
    whole = np.atleast_3d(Pipeline(stages)(image))[20:31, 5:21]
    focus = focus if focus is None else focus % len(stages)
    kept = Kept()
    for again in range(2):
        made, seen = look(viewer_of(stages, Shown(image), kept), focus=focus, region=region)
        np.testing.assert_array_equal(made, whole)
        assert not seen.is_estimated, again


def test_alpha_counts_for_nothing(rng):
    pixels = rng.integers(0, 256, (90, 60, 4), dtype=np.uint8)
    pixels[..., 3] = np.where(pixels[..., 3] > 99, 255, 0)
    stages = [BLUR, stage("contrast", "stretch")]
    made, _ = look(viewer_of(stages, Shown(pixels, alpha=True)))
    whole = Pipeline(stages)(pixels, alpha=True)
    np.testing.assert_array_equal(made, whole[20:40, 5:31])


def test_an_estimate_is_near_comes_of_strips_and_is_not_kept(image):
    stages, kept = [BLUR, stage("contrast", "stretch"), stage("blur", "box", size=3)], Kept()
    exact = Pipeline(stages)(image)[20:40, 5:31, None]
    made, seen = look(viewer_of(stages, Shown(image), kept), estimates=True, focus=2)
    assert seen.is_estimated
    assert (made != exact).any()
    assert np.abs(made.astype(int) - exact).max() < 25
    made, seen = look(viewer_of(stages, Shown(image), kept), focus=2)
    np.testing.assert_array_equal(made, exact)
    # What is known by now is no estimate, also of another last stage.
    others = [*stages[:2], stage("blur", "box", size=5)]
    made, seen = look(viewer_of(others, Shown(image), kept), estimates=True, focus=2)
    assert not seen.is_estimated
    np.testing.assert_array_equal(made, Pipeline(others)(image)[20:40, 5:31, None])


def test_an_image_of_few_pixels_has_no_estimates(image, monkeypatch):
    monkeypatch.setattr(numbers, "LEAST_PIXELS", image.size + 1)
    assert not look(viewer_of([BLUR, OTSU], Shown(image)), estimates=True)[1].is_estimated


def test_what_is_superseded_ends_between_two_bands(image):
    asked = []

    def check():
        asked.append(None)
        if len(asked) == 3:
            raise StaleError("something newer was asked for")

    kept = Kept()
    with pytest.raises(StaleError):
        look(viewer_of([BLUR, OTSU], Shown(image), kept), check=check)
    assert len(asked) == 3
    look(viewer_of([BLUR, OTSU], Shown(image), kept), check=lambda: asked.append(None))
    assert len(asked) - 3 == -(-90 // (700 // 60)) + 1


def test_the_desk_says_what_is_estimated_and_drops_the_exact_for_what_is_newer(tmp_path, image, monkeypatch):
    path = tmp_path / "a.yaml"
    path.write_text("stages:\n  - blur: gaussian\n    sigma: 1.2\n  - threshold: otsu\n")
    desk = Desk(Session(path, [Sample("a.png", lambda: Shown(image))]))
    request = {"stage": 1, "focus": 0, "lane": "main", "count": 1}
    about, _ = desk._picture({**request, "estimates": True})
    assert about["estimated"]
    plain = numbers.Measurer._values

    def newer(self, *given):
        desk.ask({"lane": "main", "count": 2})
        return plain(self, *given)

    monkeypatch.setattr(numbers.Measurer, "_values", newer)
    assert b'"kind": "stale"' in desk.picture(request)
    about, pixels = desk._picture({**request, "count": 2})
    assert not about["estimated"]
    np.testing.assert_array_equal(pixels[..., 0], desk.session.pipeline(image))
    desk.worker.shutdown()
