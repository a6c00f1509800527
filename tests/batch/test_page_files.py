"""The pages of a stack as files of their own, and the files of a folder as the pages of one stack."""

import json
import os

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner
from fakes import FakePipeline, SeveralPipeline

from convpipe.batch import JOURNAL, run_folder
from convpipe.cli import main
from convpipe.errors import JobError
from convpipe.images import Encoding, read, read_pages, write
from convpipe.pages import PageRange

STACK = np.arange(12 * 6 * 8, dtype=np.uint16).reshape(12, 6, 8)
INSIDE = STACK[:, 1:-1, 1:-1]
ISOLATE = [False, pytest.param(True, marks=pytest.mark.skipif(os.name != "posix", reason="needs POSIX"))]


def run(source, tmp_path, pipeline=None, **options):
    return run_folder(pipeline or FakePipeline(), source, tmp_path / "out", **options)


class TestPagesToFiles:
    def run(self, source, tmp_path, **options):
        return run(source, tmp_path, output_pages="files", **options)

    @pytest.mark.parametrize("format", [None, "png", "npy"])
    def test_each_page_is_a_file(self, source, tmp_path, files, format):
        tifffile.imwrite(source / "a.tif", STACK, photometric="minisblack")
        report = self.run(source, tmp_path, format=format)
        assert (report.done, report.results[0].pages) == (1, 12)
        suffix = format or "tif"
        assert files(tmp_path / "out") == [f"a-{at:03}.{suffix}" for at in range(12)]
        found = [read(tmp_path / "out" / f"a-{at:03}.{suffix}").pixels for at in range(12)]
        np.testing.assert_array_equal(found, INSIDE)
        assert report.bytes_written == sum(os.path.getsize(each) for each in (tmp_path / "out").glob("a-*"))

    def test_numbers_are_those_of_the_file_and_long_enough_to_sort_by(self, source, tmp_path, files):
        tifffile.imwrite(source / "a.tif", np.zeros((1001, 3, 3), np.uint8), photometric="minisblack")
        self.run(source, tmp_path, pages=PageRange(7, None, 900))
        assert files(tmp_path / "out") == ["a-0007.tif", "a-0907.tif"]

    def test_a_file_of_one_image_is_numbered_as_well(self, source, tmp_path, files):
        write(source / "a.png", STACK[0])
        self.run(source, tmp_path)
        assert files(tmp_path / "out") == ["a-000.png"]

    def test_names_that_look_alike_stay_apart(self, source, tmp_path, files):
        for name in ("a.tif", "a-000.tif"):
            tifffile.imwrite(source / name, STACK[:2], photometric="minisblack")
        assert self.run(source, tmp_path).done == 2
        assert files(tmp_path / "out") == ["a-000-000.tif", "a-000-001.tif", "a-000.tif", "a-001.tif"]

    def test_inputs_of_one_name_and_inputs_that_would_be_replaced_are_refused(self, source, tmp_path):
        for name in ("a.tif", "a.png", "b.tif"):
            write(source / name, STACK[0])
        with pytest.raises(JobError, match="inputs share an output"):
            self.run(source, tmp_path, format="png")
        write(source / "b-003.tif", STACK[0])
        with pytest.raises(JobError, match=r"would replace an input, .*b\.tif' with a number"):
            run_folder(FakePipeline(), source, source, exclude=["a.*"], output_pages="files")

    def test_one_file_is_no_place_for_them(self, source, tmp_path):
        write(source / "a.tif", STACK[0])
        with pytest.raises(JobError, match="each page goes to a file of its own"):
            self.run(source / "a.tif", tmp_path, result="b.tif")

    def test_what_is_there_is_not_replaced(self, source, tmp_path, files):
        tifffile.imwrite(source / "a.tif", STACK[:3], photometric="minisblack")
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "a-001.tif").write_bytes(b"mine")
        (result,) = self.run(source, tmp_path).results
        assert (result.status, result.reason) == ("failed", "the output exists; overwrite replaces it")
        assert files(tmp_path / "out") == ["a-001.tif"]
        assert self.run(source, tmp_path, overwrite=True).done == 1

    def test_resume_knows_every_page(self, source, tmp_path):
        tifffile.imwrite(source / "a.tif", STACK[:3], photometric="minisblack")
        self.run(source, tmp_path)
        record = json.loads((tmp_path / "out" / JOURNAL).read_text().splitlines()[1])
        assert record["output"] == "a-000.tif"
        assert [each["output"] for each in record["beside"]] == ["a-001.tif", "a-002.tif"]
        assert self.run(source, tmp_path, resume=True).results[0].kept
        os.remove(tmp_path / "out" / "a-002.tif")
        assert not self.run(source, tmp_path, resume=True).results[0].kept
        assert (tmp_path / "out" / "a-002.tif").exists()
        (tmp_path / "out" / "a-001.tif").write_bytes(b"damaged")
        assert self.run(source, tmp_path, resume=True).done == 1
        np.testing.assert_array_equal(read(tmp_path / "out" / "a-001.tif").pixels, INSIDE[1])

    def test_of_several_results_each_as_it_says(self, source, tmp_path, files):
        tifffile.imwrite(source / "a.tif", STACK[:2], photometric="minisblack")
        pipeline = SeveralPipeline()
        outputs = {"small": Encoding(pages="files")}
        assert run(source, tmp_path, pipeline, outputs=outputs).done == 1
        assert files(tmp_path / "out") == ["a.tif", "small/a-000.tif", "small/a-001.tif"]
        assert run(source, tmp_path, pipeline, outputs=outputs, resume=True).results[0].kept

    def test_each_file_has_the_scale_and_none_has_the_stack(self, source, tmp_path):
        tifffile.imwrite(
            source / "a.tif",
            STACK,
            imagej=True,
            resolution=(2, 2),
            metadata={"axes": "ZYX", "spacing": 3.0, "unit": "um"},
        )
        report = self.run(source, tmp_path)
        assert report.results[0].notes == ("ImageJ's spacing dropped: one page is left",)
        for number in (0, 5):
            with tifffile.TiffFile(tmp_path / "out" / f"a-{number:03}.tif") as file:
                assert file.imagej_metadata["unit"] == "um"
                assert not {"images", "slices", "spacing"} & file.imagej_metadata.keys()
        report = self.run(source, tmp_path, format="png")
        pixels_per_inch = read(tmp_path / "out" / "a-005.png").metadata.resolution[0]
        assert pixels_per_inch == pytest.approx(2 * 25_400, rel=1e-3)

    def test_many_pages_pass_memory_by(self, source, tmp_path, monkeypatch):
        monkeypatch.setattr("convpipe.images.spool.MOST_IN_MEMORY", 100)
        tifffile.imwrite(source / "a.tif", STACK, photometric="minisblack")
        assert self.run(source, tmp_path).done == 1
        np.testing.assert_array_equal(read(tmp_path / "out" / "a-011.tif").pixels, INSIDE[11])


class TestFilesToAStack:
    def save(self, source, count=11):
        (source / "b").mkdir()
        for at in range(count):
            write(source / "b" / f"p{at}.png", STACK[at])

    @pytest.mark.parametrize("isolate", ISOLATE)
    def test_the_images_of_a_folder_are_pages_in_natural_order(self, source, tmp_path, files, isolate):
        self.save(source)
        write(source / "x.png", STACK[11])
        report = run(source, tmp_path, stack="folder", isolate=isolate)
        assert [(each.path, each.pages) for each in report.results] == [("b.tif", 11), ("in.tif", 1)]
        found = [image.pixels for image in read_pages(tmp_path / "out" / "b.tif")]
        np.testing.assert_array_equal(found, INSIDE[:11])
        assert files(tmp_path / "out") == ["b.tif", "in.tif"]
        assert all(each.kept for each in run(source, tmp_path, stack="folder", resume=True).results)

    def test_another_image_in_the_folder_makes_another_stack(self, source, tmp_path):
        self.save(source)
        run(source, tmp_path, stack="folder")
        write(source / "b" / "p11.png", STACK[11])
        report = run(source, tmp_path, stack="folder", resume=True)
        assert (report.results[0].kept, report.results[0].pages) == (False, 12)

    def test_some_of_the_files(self, source, tmp_path):
        self.save(source)
        report = run(source, tmp_path, stack="folder", pages=PageRange(-2))
        assert report.results[0].pages == 2
        found = [image.pixels for image in read_pages(tmp_path / "out" / "b.tif")]
        np.testing.assert_array_equal(found, INSIDE[9:11])
        report = run(source, tmp_path, stack="folder", pages=PageRange(11, single=True), overwrite=True)
        assert report.failures[0].reason == "it has 11 pages, 0 to 10; page 11 is none of them"

    @pytest.mark.parametrize(
        ("other", "form"),
        [
            (STACK[0, :5], "5x8 uint16 with 1 channel"),
            (STACK[0].astype(np.uint8), "6x8 uint8 with 1 channel"),
            (np.zeros((6, 8, 3), np.uint16), "6x8 uint16 with 3 channels"),
        ],
    )
    def test_the_first_that_is_unlike_is_named(self, source, tmp_path, files, other, form):
        self.save(source)
        write(source / "b" / "p4.png", other, overwrite=True)
        (failure,) = run(source, tmp_path, stack="folder").failures
        assert (failure.stage, failure.path) == ("read", "b.tif")
        assert failure.reason == f"p4.png is {form}, and p0.png, the first page, is 6x8 uint16 with 1 channel"
        assert files(tmp_path / "out") == []

    def test_a_file_of_several_pages_is_named(self, source, tmp_path):
        self.save(source)
        tifffile.imwrite(source / "b" / "p99.tif", STACK[:2], photometric="minisblack")
        (failure,) = run(source, tmp_path, stack="folder").failures
        assert failure.reason == "p99.tif: it has 2 pages, and each image is one of the stack"

    def test_a_damaged_file_is_named(self, source, tmp_path):
        self.save(source)
        path = source / "b" / "p4.png"
        path.write_bytes(path.read_bytes()[:-30])
        (failure,) = run(source, tmp_path, stack="folder").failures
        assert failure.reason.startswith("p4.png: ")

    def test_names_that_would_be_one_are_refused(self, source, tmp_path):
        (source / "in").mkdir()
        for path in ("a.png", "in/a.png"):
            write(source / path, STACK[0])
        with pytest.raises(JobError, match=r"would both become 'in\.tif'"):
            run(source, tmp_path, stack="folder")

    def test_an_image_is_no_folder(self, source, tmp_path):
        write(source / "a.png", STACK[0])
        with pytest.raises(JobError, match="the input is one image"):
            run(source / "a.png", tmp_path, stack="folder")

    def test_what_one_file_says_of_a_stack_is_not_said_of_all(self, source, tmp_path):
        (source / "b").mkdir()
        for at in range(3):
            tifffile.imwrite(source / "b" / f"{at}.tif", STACK[at], imagej=True, metadata={"unit": "um"})
        report = run(source, tmp_path, stack="folder")
        assert report.results[0].notes == ("ImageJ description dropped: it is of one image alone",)
        assert len(list(read_pages(tmp_path / "out" / "b.tif"))) == 3

    def test_files_to_files(self, source, tmp_path, files):
        self.save(source, 3)
        run(source, tmp_path, stack="folder", output_pages="files", format="png")
        assert files(tmp_path / "out") == ["b-000.png", "b-001.png", "b-002.png"]


def test_a_config_says_both(source, tmp_path, files):
    (source / "b").mkdir()
    for at in range(3):
        write(source / "b" / f"{at}.png", STACK[at])
    job = {
        "input": {"path": str(source), "stack": "folder", "pages": [1, None]},
        "output": {"path": str(tmp_path / "out"), "pages": "files", "format": "bmp"},
        "stages": [{"blur": "box"}],
        "dtype": "uint8",
    }
    config = tmp_path / "job.yaml"
    config.write_text(json.dumps(job))
    planned = json.loads(CliRunner().invoke(main, ["plan", str(config), "--json"]).stdout)
    assert planned["jobs"][0]["sizes"][0]["input"] == [6, 8]
    assert CliRunner().invoke(main, ["run", str(config), "--quiet"]).exit_code == 0
    assert files(tmp_path / "out") == ["b-001.bmp", "b-002.bmp"]
