"""Stacks: projections against NumPy, in Python and in folder jobs; what they leave of metadata is true."""

import json
import tracemalloc

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner

from convpipe import Pipeline, stage
from convpipe.batch.budget import Need
from convpipe.cli import main
from convpipe.errors import JobError, ParameterError
from convpipe.images import read_pages, write
from convpipe.pages import PageRange
from convpipe.stack import StackEngine

RNG = np.random.default_rng(7)
STACK = RNG.integers(0, 65536, (7, 11, 13), dtype=np.uint16)
PEERS = {
    "maximum": np.max,
    "minimum": np.min,
    "mean": np.mean,
    "median": np.median,
    "sum": np.sum,
    "deviation": np.std,
}


def projected(name, **options):
    return Pipeline([stage("projection", name)], **options)


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64", "int32"])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_each_is_numpys(name, dtype, channels):
    stack = (RNG.random((6, 9, 10, *channels)) * 250 - 100 * (dtype[0] != "u")).astype(dtype)
    result = projected(name, dtype="float64").stack(stack)
    np.testing.assert_allclose(result, PEERS[name](stack.astype(np.float64), axis=0), rtol=1e-6, atol=1e-5)
    assert projected(name).stack(stack).dtype == dtype


def test_blocks_of_rows_are_joined(monkeypatch):
    monkeypatch.setattr("convpipe.stack.projections.BLOCK", 7 * 13 * 3)
    for name in ("median", "deviation"):
        want = PEERS[name](STACK.astype(float), axis=0)
        np.testing.assert_allclose(projected(name, dtype="float32").stack(STACK), want, rtol=1e-6)


@pytest.mark.parametrize("name", PEERS)
def test_no_more_pages_are_in_memory_than_it_needs(name):
    page = RNG.random((200, 200))
    engine = StackEngine(projected(name).engine)
    list(engine.filter([page], 1))
    tracemalloc.start()
    (made,) = engine.filter((page + number for number in range(60)), 60)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    pages = np.stack([page + number for number in range(60)])
    np.testing.assert_allclose(made, PEERS[name](pages, axis=0), rtol=1e-12)
    assert (most < 8 * page.nbytes) == (name not in ("median", "deviation"))


def test_results_are_rounded_once_at_the_end():
    """What is rounded before a mean would be another one."""
    pages = np.array([[[0, 1]], [[0, 0]], [[0, 1]]], np.uint8)
    halved = Pipeline(
        [stage("point", "scale", gain=0.5), stage("projection", "sum"), stage("point", "scale", gain=4)]
    )
    np.testing.assert_array_equal(halved.stack(pages), [[0, 4]])


def test_stages_after_it_mean_the_scale_of_the_images():
    pipeline = Pipeline([stage("projection", "mean"), stage("point", "invert")])
    want = np.rint(65535 - STACK.mean(axis=0))
    np.testing.assert_array_equal(pipeline.stack(STACK), want)
    level = Pipeline([stage("projection", "maximum"), stage("threshold", "fixed", level=60000)])
    np.testing.assert_array_equal(level.stack(STACK), np.where(STACK.max(axis=0) > 60000, 65535, 0))


def test_its_own_stride_and_bias_are_of_the_result():
    pipeline = Pipeline([stage("projection", "deviation", stride=2, bias=3)], dtype="float32")
    np.testing.assert_allclose(pipeline.stack(STACK), STACK.std(axis=0)[::2, ::2] + 3, rtol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_the_axis_of_pages(axis):
    moved = np.moveaxis(STACK, 0, axis)
    np.testing.assert_array_equal(projected("maximum").stack(moved, page_axis=axis), STACK.max(axis=0))
    blur = Pipeline([stage("blur", "box")])
    want = np.moveaxis(np.stack([blur(page) for page in STACK]), 0, axis)
    np.testing.assert_array_equal(blur.stack(moved, page_axis=axis), want)


def test_where_it_means_nothing_it_is_refused():
    with pytest.raises(ParameterError, match="would read the one page that projection mean makes of all"):
        Pipeline([stage("projection", "mean"), stage("projection", "sum")])
    with pytest.raises(ParameterError, match="reads several pages of a stack, and needs a chain"):
        Pipeline([stage("blur", "box", name="a"), stage("projection", "mean")], outputs={"b": "a"})
    with pytest.raises(ParameterError, match="needs a chain"):
        Pipeline([stage("blur", "box"), stage("projection", "mean", from_="input")])
    Pipeline([stage("projection", "mean", from_="input")])
    with pytest.raises(ParameterError, match="takes none that is missing"):
        projected("mean", missing=-1)
    with pytest.raises(ParameterError, match="a stack is"):
        projected("mean").stack(np.zeros((3, 4)))


class TestFolders:
    @pytest.fixture
    def source(self, tmp_path):
        folder = tmp_path / "in"
        folder.mkdir()
        return folder

    def run(self, source, tmp_path, pipeline=None, **options):
        pipeline = pipeline or projected("maximum")
        return pipeline.run_folder(source, tmp_path / "out", **options)

    def read(self, tmp_path, name="a.tif"):
        (image,) = read_pages(tmp_path / "out" / name)
        return image.pixels

    def test_all_pages_become_one(self, source, tmp_path):
        said = {"axes": "ZYX", "spacing": 2.0, "unit": "um", "Labels": [f"plane {at}" for at in range(7)]}
        tifffile.imwrite(source / "a.tif", STACK, imagej=True, metadata=said)
        report = self.run(source, tmp_path)
        assert (report.done, report.results[0].pages) == (1, 7)
        assert report.results[0].notes == (
            "ImageJ's spacing dropped: one page is left",
            "ImageJ's labels dropped: they are of single planes",
        )
        np.testing.assert_array_equal(self.read(tmp_path), STACK.max(axis=0))
        with tifffile.TiffFile(tmp_path / "out" / "a.tif") as file:
            assert file.imagej_metadata["unit"] == "um"
            assert not {"images", "slices", "spacing", "Labels"} & file.imagej_metadata.keys()

    def test_it_fits_a_format_of_one_image(self, source, tmp_path):
        tifffile.imwrite(source / "a.tif", STACK, photometric="minisblack")
        assert self.run(source, tmp_path, format="png", isolate=True).done == 1
        np.testing.assert_array_equal(self.read(tmp_path, "a.png"), STACK.max(axis=0))

    def test_some_pages_and_a_folder_of_them(self, source, tmp_path):
        (source / "a").mkdir()
        for at, page in enumerate(STACK):
            write(source / "a" / f"{at}.png", page)
        assert self.run(source, tmp_path, stack="folder", pages=PageRange(0, 3)).done == 1
        np.testing.assert_array_equal(self.read(tmp_path), STACK[:3].max(axis=0))

    def test_pages_that_are_unlike_and_several_axes_are_refused(self, source, tmp_path):
        with tifffile.TiffWriter(source / "a.tif") as writer:
            for page in (STACK[0], STACK[1, :5]):
                writer.write(page, photometric="minisblack", metadata=None)
        axes = {"axes": "ZCYX"}
        tifffile.imwrite(source / "b.tif", STACK[:6].reshape(3, 2, 11, 13), imagej=True, metadata=axes)
        report = self.run(source, tmp_path)
        assert [each.reason for each in report.failures] == [
            "page 1 is 5x13 uint16 with 1 channel, and page 0 11x13 uint16 with 1 channel; "
            "projection maximum reads pages that are alike",
            "its pages are 3 slices of 2 channels, and projection maximum is along one axis; choose "
            "the pages of one with input: {pages: [first, end, step]}",
        ]
        report = self.run(source / "b.tif", tmp_path, pages=PageRange(1, None, 2))
        assert report.done == 1
        np.testing.assert_array_equal(self.read(tmp_path, "b.tif"), STACK[1:6:2].max(axis=0))

    def test_masks_and_measures_are_refused(self, source, tmp_path):
        write(source / "a.tif", STACK[0])
        with pytest.raises(JobError, match="takes none that a mask hides"):
            self.run(source, tmp_path, mask=source)

    def test_the_budget_has_the_pages_that_are_held(self, source, tmp_path):
        held = {name: StackEngine(projected(name).engine) for name in PEERS}
        shape = (1000, 1000)
        for name, engine in held.items():
            many = name in ("median", "deviation")
            assert engine.held_bytes(shape, "uint16", 50) == (200_000_000 if many else 8_000_000)
        assert Need(1, 2, 3, 10, 20, 30).beside(100).total == 130
        tifffile.imwrite(source / "a.tif", np.zeros((50, 100, 100), np.uint8), photometric="minisblack")
        (failure,) = self.run(source, tmp_path, projected("median"), memory=2_000_000).failures
        assert failure.reason.startswith("it takes about")
        assert self.run(source, tmp_path, memory=2_000_000).done == 1

    def test_windows_over_pages_give_a_stack(self, source, tmp_path):
        """Of as many pages, each with what its file says of it; of some pages the windows know no others."""
        said = {"axes": "ZYX", "spacing": 2.0, "unit": "um", "Labels": [f"plane {at}" for at in range(7)]}
        tifffile.imwrite(source / "a.tif", STACK, imagej=True, metadata=said)
        pipeline = Pipeline(
            [stage("blur", "gaussian", sigma=1, axis="stack"), stage("threshold", "otsu", axis="stack")]
        )
        for isolate in (False, True):
            report = self.run(source, tmp_path, pipeline, overwrite=True, isolate=isolate)
            assert (report.done, report.results[0].pages, report.results[0].notes) == (1, 7, ())
            got = np.stack([page.pixels for page in read_pages(tmp_path / "out" / "a.tif")])
            np.testing.assert_array_equal(got, pipeline.stack(STACK))
        with tifffile.TiffFile(tmp_path / "out" / "a.tif") as file:
            assert file.imagej_metadata["slices"] == 7
            assert file.imagej_metadata["Labels"] == said["Labels"]
        report = self.run(source, tmp_path, pipeline, overwrite=True, pages=PageRange(1, 6, 2))
        got = np.stack([page.pixels for page in read_pages(tmp_path / "out" / "a.tif")])
        np.testing.assert_array_equal(got, pipeline.stack(STACK[1:6:2]))
        report = self.run(source, tmp_path, pipeline, output_pages="files", format="png")
        assert report.done == 1
        (one,) = read_pages(tmp_path / "out" / "a-006.png")
        np.testing.assert_array_equal(one.pixels, pipeline.stack(STACK)[6])

    def test_a_file_of_one_page_is_a_stack_of_one(self, source, tmp_path):
        write(source / "a.png", STACK[0])
        pipeline = Pipeline([stage("blur", "box", axis="stack", border="constant", value=9)])
        assert self.run(source, tmp_path, pipeline).done == 1
        np.testing.assert_array_equal(self.read(tmp_path, "a.png"), pipeline.stack(STACK[:1])[0])
        np.testing.assert_array_equal(self.read(tmp_path, "a.png"), pipeline(STACK[0]))

    def test_what_is_drawn_at_random_is_another_in_each_page(self, source, tmp_path):
        flat = np.full((4, 6, 7), 100, np.uint8)
        tifffile.imwrite(source / "a.tif", flat, photometric="minisblack")
        noise = stage("noise", "gaussian", sigma=20)
        self.run(source, tmp_path, Pipeline([noise]))
        drawn = np.stack([page.pixels for page in read_pages(tmp_path / "out" / "a.tif")])
        self.run(source, tmp_path, Pipeline([noise, stage("projection", "maximum")]), overwrite=True)
        np.testing.assert_array_equal(self.read(tmp_path), drawn.max(axis=0))
        alone = stage("rank", "maximum", size=1, axis="stack")
        self.run(source, tmp_path, Pipeline([alone, noise]), overwrite=True)
        got = np.stack([page.pixels for page in read_pages(tmp_path / "out" / "a.tif")])
        np.testing.assert_array_equal(got, drawn)

    def test_a_plan_says_so(self, source, tmp_path):
        write(source / "a.tif", STACK[0])
        config = tmp_path / "job.yaml"
        config.write_text(json.dumps({"input": str(source), "stages": [{"projection": "maximum"}]}))
        shown = CliRunner().invoke(main, ["plan", str(config)])
        assert "projection maximum: all pages of a stack, one after the other" in shown.output
        stages = [{"blur": "box", "axis": "stack"}, {"threshold": "otsu", "axis": "stack"}]
        config.write_text(json.dumps({"input": str(source), "stages": stages}))
        shown = CliRunner().invoke(main, ["plan", str(config)])
        assert "blur box: each page with 1 before it and 1 after it, 10 of them in memory" in shown.output
        assert "threshold otsu: numbers of all pages of a stack" in shown.output
        shown = CliRunner().invoke(main, ["plan", str(config), "--json"])
        assert len(json.loads(shown.stdout)["jobs"][0]["sizes"][0]["stack"]) == 2
