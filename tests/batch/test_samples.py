"""Samples of a run: which images they are, and that they show what the stages give."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from convpipe import Pipeline, images, stage
from convpipe.batch import samples as taking
from convpipe.pages import PageRange
from convpipe.report import ImageResult, choose

SOBEL = (stage("blur", "box", size=3, name="soft"), stage("edge", "sobel", direction="x", stride=2))


@pytest.fixture(scope="session", autouse=True)
def compiled_loops(tmp_path_factory):
    """Keep compiled loops apart from the user's, and for all tests of this file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVPIPE_CACHE_DIR", str(tmp_path_factory.mktemp("loops")))
        yield


@pytest.fixture
def photos(tmp_path, rng):
    (tmp_path / "in").mkdir()
    for name, shape in {"a.png": (12, 20), "b.png": (12, 20), "c.png": (9, 9, 3)}.items():
        images.write(tmp_path / "in" / name, rng.integers(0, 256, shape, dtype=np.uint8))
    return tmp_path / "in"


@pytest.fixture
def run(photos, tmp_path):
    """Run a pipeline over the images."""

    def call(pipeline=None, **options):
        pipeline = pipeline or Pipeline(SOBEL)
        return pipeline.run_folder(photos, tmp_path / "out", **{"samples": 2, **options})

    return call


def opened(shot):
    return np.asarray(Image.open(BytesIO(shot.content)))


def test_a_sample_shows_what_every_stage_gives(run, photos):
    first, second = run().samples
    assert (first.path, first.why) == ("a.png", "the first image")
    assert (second.path, second.why) == ("c.png", "the first of 9x9 png")
    assert [(shot.stage, shot.name, shot.extent) for shot in first.shots] == [
        (-1, "image", (12, 20)),
        (0, "soft", (12, 20)),
        (1, "edge sobel", (6, 10)),
    ]
    pixels = images.read(photos / "a.png").pixels
    assert (opened(first.shots[0])[..., 0] == pixels).all()
    soft = ndimage.uniform_filter(pixels.astype(float), 3, mode="mirror")
    assert abs(opened(first.shots[1])[..., 0] - soft).max() <= 0.51
    assert all(shot.seconds > 0 for shot in first.shots[1:])


def test_the_histogram_counts_what_the_type_saturates(run, photos):
    histogram = run(samples=1).samples[0].histogram
    soft = ndimage.uniform_filter(images.read(photos / "a.png").pixels.astype(float), 3, mode="mirror")
    values = ndimage.sobel(soft, axis=1, mode="mirror")[::2, ::2] / 4
    assert (histogram.dtype, histogram.range) == ("uint8", (0, 255))
    assert histogram.below == (np.rint(values) < 0).sum() > 0
    assert histogram.above == (np.rint(values) > 255).sum()
    assert sum(histogram.counts) == values.size
    assert histogram.low == pytest.approx(min(values.min(), 0), abs=0.01)
    assert histogram.high == pytest.approx(max(values.max(), 255), abs=0.01)


def test_values_that_are_almost_one_have_a_histogram(run, photos):
    pixels = np.full((8, 8), 0.3, np.float32)
    pixels[3] = np.nextafter(np.float32(0.3), np.float32(1))
    for path in photos.iterdir():
        path.unlink()
    images.write(photos / "a.tif", pixels)
    made = run(Pipeline([stage("point", "gamma", gamma=1)]), samples=1).samples[0]
    assert sum(made.histogram.counts) == 64


def test_values_beyond_both_ends_are_counted(run, photos):
    stages = [stage("combine", "stretch", formula="2 * input - 100")]
    histogram = run(Pipeline(stages), samples=1).samples[0].histogram
    values = 2 * images.read(photos / "a.png").pixels.astype(float) - 100
    assert histogram.below == (values < 0).sum() > 0
    assert histogram.above == (values > 255).sum() > 0
    assert (histogram.low, histogram.high) == (values.min(), values.max())


def test_nan_is_counted_and_floats_have_no_ends(run, photos):
    pixels = np.zeros((8, 8), np.float32)
    pixels[0, 0] = np.nan
    images.write(photos / "a.tif", pixels)
    made = run(Pipeline([stage("point", "abs")]), include=["*.tif"], samples=1)
    histogram = made.samples[0].histogram
    assert (histogram.nans, histogram.range, sum(histogram.counts)) == (1, None, 63)


def test_what_is_missing_lies_on_a_checkerboard_and_counts_for_nothing(run, photos):
    pixels = np.full((8, 8), 50, np.uint8)
    pixels[:, :3] = 0
    images.write(photos / "a.tif", pixels)
    pipeline = Pipeline([stage("blur", "box", size=1)], missing=0)
    (sample,) = run(pipeline, include=["*.tif"], samples=1).samples
    assert "what is missing on a checkerboard" in sample.shots[-1].notes
    assert sum(sample.histogram.counts) == 40


def test_of_several_pages_the_first_that_is_read_is_shown(run, photos):
    images.write_pages(photos / "a.tif", [np.full((6, 6), value, np.uint8) for value in (10, 20, 30)])
    (sample,) = run(
        Pipeline([stage("point", "abs")]), include=["*.tif"], pages=PageRange(1, single=True), samples=1
    ).samples
    assert sample.notes == ("page 1 of 3",)
    assert (opened(sample.shots[0]) == 20).all()


def test_the_middle_of_a_large_image_is_shown(run, photos, monkeypatch):
    monkeypatch.setattr(taking, "LARGEST", 8)
    sample = run(samples=1).samples[0]
    assert sample.notes == ("the middle 8x8 of 12x20, filtered as an image of its own",)
    assert (opened(sample.shots[0])[..., 0] == images.read(photos / "a.png").pixels[2:10, 6:14]).all()


def test_pictures_are_small(run, photos, rng):
    images.write(photos / "a.png", rng.integers(0, 256, (1300, 900), dtype=np.uint8), overwrite=True)
    shot = run(Pipeline([stage("point", "abs")]), samples=1).samples[0].shots[0]
    assert shot.shape == (325, 225)
    assert len(shot.content) < 100_000


def test_what_cannot_be_shown_is_named_with_the_reason(run, photos, monkeypatch):
    def remove(finished, whole, result):
        if finished == whole:
            (photos / "a.png").unlink()

    first, second = run(progress=remove).samples
    assert (first.error, first.shots) == ("cannot open: No such file or directory", ())
    assert second.shots
    monkeypatch.setattr(taking, "MOST_BYTES", 100)
    assert "and up to 0.0001 MB are shown" in run(overwrite=True).samples[0].error


@pytest.mark.parametrize("options", [{"isolate": True}, {"resume": True}, {"workers": 1}])
def test_samples_of_runs_of_every_kind(run, options):
    before = run(overwrite=True).samples
    again = run(overwrite="resume" not in options, **options)
    assert again.kept == (3 if "resume" in options else 0)
    assert [[shot.content for shot in one.shots] for one in again.samples] == [
        [shot.content for shot in one.shots] for one in before
    ]


def test_none_are_taken_unasked_or_of_a_run_that_ended_early(run):
    assert run(samples=0).samples == ()

    def stop(finished, whole, result):
        raise KeyboardInterrupt

    report = run(overwrite=True, progress=stop)
    assert (report.interrupted, report.samples) == (130, ())


def test_a_signal_while_they_are_taken_takes_nothing_from_the_run(run, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(taking, "_shot", interrupt)
    report = run()
    assert (report.done, report.interrupted, report.samples) == (3, None, ())


def test_a_projection_has_no_pictures(run, photos):
    images.write_pages(photos / "a.tif", [np.zeros((6, 6), np.uint8)] * 2)
    report = run(Pipeline([stage("projection", "maximum")]), include=["*.tif"])
    assert (report.done, report.samples) == (1, ())


def test_stages_of_linear_light_have_their_places(run):
    sample = run(Pipeline(SOBEL, linear_light=True), samples=1).samples[0]
    assert [shot.stage for shot in sample.shots] == [-1, 1, 2]


def test_noise_of_a_sample_is_that_of_the_run(run, tmp_path):
    pipeline = Pipeline([stage("noise", "gaussian", sigma=20)])
    sample = run(pipeline, samples=1).samples[0]
    stored = images.read(tmp_path / "out" / "a.png").pixels
    assert (opened(sample.shots[-1])[..., 0] == stored).all()


def done(path, shape=(4, 4), **more):
    return ImageResult(path, "done", input=shape, **more)


def test_which_images_are_chosen():
    results = [done(f"{at}.png", (4, 4 + at // 40)) for at in range(80)]
    results += [ImageResult("x.png", "failed"), done("p.tif"), done("q.tif", pages=3)]
    assert choose(results, 0) == []
    assert choose(results[80:81], 3) == []
    assert [path for path, _ in choose(results, 1)] == ["0.png"]
    assert [path for path, _ in choose(results, 4)] == ["0.png", "40.png", "p.tif", "q.tif"]
    more = choose(results, 8)
    assert len(more) == len({path for path, _ in more}) == 8
    assert more == choose(results, 8)
    assert [path for path, _ in choose(results[:2], 8)] == ["0.png", "1.png"]
