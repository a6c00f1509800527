"""Some pages of a file alone: they are read and filtered, and what is said of the stack is true of them."""

import json
import os

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner
from fakes import FakePipeline

from convpipe.batch import run_folder
from convpipe.cli import main
from convpipe.images import open_image, probe_pages, read_pages, write
from convpipe.pages import PageRange

STACK = np.arange(12 * 6 * 8, dtype=np.uint16).reshape(12, 6, 8)
ISOLATE = [False, pytest.param(True, marks=pytest.mark.skipif(os.name != "posix", reason="needs POSIX"))]

RANGES = {
    "one": (PageRange(3, single=True), [3]),
    "last": (PageRange(-1, single=True), [11]),
    "first two": (PageRange(0, 2), [0, 1]),
    "every fourth": (PageRange(1, 12, 4), [1, 5, 9]),
    "to the end": (PageRange(-3), [9, 10, 11]),
    "beyond the end": (PageRange(10, 99), [10, 11]),
}


def run(source, tmp_path, **options):
    return run_folder(FakePipeline(), source, tmp_path / "out", **options)


@pytest.mark.parametrize("name", RANGES)
def test_the_pages_are_those_of_a_slice(source, tmp_path, name):
    pages, numbers = RANGES[name]
    tifffile.imwrite(source / "a.tif", STACK, photometric="minisblack", metadata=None)
    report = run(source, tmp_path, pages=pages)
    assert (report.done, report.results[0].pages, report.results[0].pixels) == (
        1,
        len(numbers),
        48 * len(numbers),
    )
    found = [image.pixels for image in read_pages(tmp_path / "out" / "a.tif")]
    np.testing.assert_array_equal(found, STACK[numbers][:, 1:-1, 1:-1])
    assert [info.number for info in probe_pages(source / "a.tif", pages=pages)] == numbers


@pytest.mark.parametrize("isolate", ISOLATE)
def test_a_page_that_is_not_there_fails_the_file_with_its_count(source, tmp_path, isolate):
    tifffile.imwrite(source / "a.tif", STACK[:3], photometric="minisblack")
    write(source / "b.png", STACK[0])
    report = run(source, tmp_path, pages=PageRange(3, single=True), isolate=isolate)
    assert [(each.stage, each.reason) for each in report.failures] == [
        ("read", "it has 3 pages, 0 to 2; page 3 is none of them"),
        ("read", "it has 1 page, 0; page 3 is none of them"),
    ]
    report = run(source, tmp_path, pages=PageRange(5, 9, 2), isolate=isolate)
    assert report.failures[0].reason == "it has 3 pages, 0 to 2; pages [5, 9, 2] are none of them"


def test_one_page_can_become_a_file_of_one_image(source, tmp_path):
    tifffile.imwrite(source / "a.tif", STACK, photometric="minisblack")
    report = run(source, tmp_path, pages=PageRange(4, single=True), format="png")
    assert report.done == 1
    assert "shape of the array" not in " ".join(report.results[0].notes)


def test_pages_that_are_left_are_not_read_at_all(source, tmp_path):
    tifffile.imwrite(source / "a.tif", STACK, photometric="minisblack", metadata=None)
    with tifffile.TiffFile(source / "a.tif", mode="r+") as file:
        for broken in (0, 5):
            file.pages[broken].tags["Compression"].overwrite(34712)  # JPEG 2000, which is not read
    assert run(source, tmp_path).failed == 1
    assert run(source, tmp_path, pages=PageRange(6), overwrite=True).done == 1
    assert run(source, tmp_path, pages=PageRange(1, 5), overwrite=True).done == 1
    assert run(source, tmp_path, pages=PageRange(1, 7), overwrite=True).failed == 1


def test_headers_that_are_not_kept_are_read_again(source, monkeypatch):
    tifffile.imwrite(source / "a.tif", STACK, photometric="minisblack", metadata=None)
    monkeypatch.setattr("convpipe.images.opened.KEPT_BYTES", 0)
    with open_image(source / "a.tif", pages=PageRange(1, 12, 3)) as file:
        found = [file.read_page().pixels for _ in file.infos]
    np.testing.assert_array_equal(found, STACK[1:12:3])


def test_another_range_is_another_job(source, tmp_path):
    tifffile.imwrite(source / "a.tif", STACK, photometric="minisblack")
    run(source, tmp_path, pages=PageRange(0, 2))
    assert run(source, tmp_path, pages=PageRange(0, 2), resume=True).results[0].kept
    report = run(source, tmp_path, pages=PageRange(0, 3), resume=True, overwrite=True)
    assert not report.results[0].kept
    assert report.results[0].pages == 3


class TestImageJ:
    """Of a hyperstack of 2 times, 3 slices and 2 channels."""

    def save(self, source):
        tifffile.imwrite(
            source / "a.tif",
            STACK.reshape(2, 3, 2, 6, 8),
            imagej=True,
            metadata={
                "axes": "TZCYX", "spacing": 2.0, "unit": "um", "finterval": 0.5, "mode": "composite",
                "Labels": [f"plane {at}" for at in range(12)],
                "Ranges": (0.0, 100.0, 0.0, 200.0),
            },
        )  # fmt: skip

    def read(self, tmp_path):
        with tifffile.TiffFile(tmp_path / "out" / "a.tif") as file:
            return file.imagej_metadata, file.asarray()

    def test_one_channel(self, source, tmp_path):
        self.save(source)
        assert run(source, tmp_path, pages=PageRange(1, None, 2)).results[0].notes == ()
        said, pixels = self.read(tmp_path)
        assert (said["images"], said["slices"], said["frames"]) == (6, 3, 2)
        assert "channels" not in said
        assert (said["spacing"], said["finterval"], said["unit"]) == (2.0, 0.5, "um")
        assert said["Labels"] == [f"plane {at}" for at in range(1, 12, 2)]
        assert said["Ranges"] == (0.0, 200.0)
        np.testing.assert_array_equal(pixels.reshape(6, 4, 6), STACK[1::2, 1:-1, 1:-1])

    def test_the_slices_of_one_time(self, source, tmp_path):
        self.save(source)
        report = run(source, tmp_path, pages=PageRange(6, 12))
        assert report.results[0].notes == ("ImageJ's finterval dropped: one page is left",)
        said, _ = self.read(tmp_path)
        assert (said["images"], said["channels"], said["slices"]) == (6, 2, 3)
        assert not {"frames", "finterval"} & said.keys()

    def test_one_page(self, source, tmp_path):
        self.save(source)
        run(source, tmp_path, pages=PageRange(3, single=True))
        said, _ = self.read(tmp_path)
        assert not {"images", "channels", "slices", "frames", "spacing", "hyperstack"} & said.keys()
        assert (said["unit"], said["Labels"]) == ("um", "plane 3")

    def test_pages_that_are_no_hyperstack(self, source, tmp_path):
        self.save(source)
        report = run(source, tmp_path, pages=PageRange(1, 5))
        assert report.results[0].notes == ("ImageJ description dropped: it is of other pages, too",)
        assert self.read(tmp_path)[0] is None

    def test_a_step_makes_the_distance_longer(self, source, tmp_path):
        tifffile.imwrite(source / "a.tif", STACK, imagej=True, metadata={"axes": "ZYX", "spacing": 1.5})
        run(source, tmp_path, pages=PageRange(0, None, 3))
        said, _ = self.read(tmp_path)
        assert (said["images"], said["slices"], said["spacing"]) == (4, 4, 4.5)


def test_ome_says_what_is_left(source, tmp_path):
    tifffile.imwrite(
        source / "a.ome.tif",
        STACK.reshape(2, 3, 2, 6, 8),
        ome=True,
        photometric="minisblack",
        metadata={
            "axes": "TZCYX",
            "PhysicalSizeZ": 2.0,
            "TimeIncrement": 0.5,
            "Channel": {"Name": ["a", "b"]},
        },
    )
    report = run(source, tmp_path, pages=PageRange(7, None, 2))
    assert report.results[0].notes == ("OME's TimeIncrement dropped: one page is left",)
    with tifffile.TiffFile(tmp_path / "out" / "a.ome.tif") as file:
        (series,) = file.series
        assert (file.is_ome, series.axes, series.shape) == (True, "ZYX", (3, 4, 6))
        np.testing.assert_array_equal(series.asarray(), STACK[7::2, 1:-1, 1:-1])
        pixels = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
    assert (pixels["SizeZ"], pixels["SizeC"], pixels["SizeT"], pixels["PhysicalSizeZ"]) == (3, 1, 1, 2.0)
    assert pixels["Channel"]["Name"] == "b"
    assert "TimeIncrement" not in pixels


def test_the_shape_of_tifffile_is_that_of_what_is_left(source, tmp_path):
    tifffile.imwrite(
        source / "a.tif",
        STACK.reshape(3, 4, 6, 8),
        photometric="minisblack",
        metadata={"axes": "TZYX", "PhysicalSizeZ": 3.0},
    )
    report = run(source, tmp_path, pages=PageRange(4, 8))
    assert report.results[0].notes == ("PhysicalSizeZ dropped: not all pages are left",)
    with tifffile.TiffFile(tmp_path / "out" / "a.tif") as file:
        said = json.loads(file.pages.first.description)
    assert (said["shape"], said["axes"]) == ([1, 4, 4, 6], "TZYX")


def test_a_second_array_of_a_file_keeps_its_own_shape(source, tmp_path):
    with tifffile.TiffWriter(source / "a.tif") as writer:
        writer.write(STACK[:3], photometric="minisblack")
        writer.write(STACK[:5, :4], photometric="minisblack")
    run(source, tmp_path, pages=PageRange(3))
    with tifffile.TiffFile(tmp_path / "out" / "a.tif") as file:
        assert json.loads(file.pages.first.description)["shape"] == [5, 2, 6]


def test_a_config_names_them_and_the_first_is_planned(source, tmp_path):
    with tifffile.TiffWriter(source / "a.tif") as writer:
        for page in (STACK[0], STACK[1, :5], STACK[2, :4]):
            writer.write(page, photometric="minisblack", metadata=None)
    job = {"input": {"path": str(source), "pages": [1, 3]}, "output": str(tmp_path / "out")}
    config = tmp_path / "job.yaml"
    config.write_text(json.dumps({**job, "stages": [{"point": "invert"}]}))
    planned = CliRunner().invoke(main, ["plan", str(config), "--json"])
    assert json.loads(planned.stdout)["jobs"][0]["sizes"][0]["input"] == [5, 8]
    assert CliRunner().invoke(main, ["run", str(config), "--quiet"]).exit_code == 0
    found = [image.pixels for image in read_pages(tmp_path / "out" / "a.tif")]
    np.testing.assert_array_equal(found[0], 65535 - STACK[1, :5])
    np.testing.assert_array_equal(found[1], 65535 - STACK[2, :4])
    missing = CliRunner().invoke(main, ["plan", str(config), "--set", "input.pages=7"])
    assert missing.exit_code == 1
    assert "it has 3 pages, 0 to 2; page 7 is none of them" in missing.stderr
