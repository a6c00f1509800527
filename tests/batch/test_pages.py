"""TIFFs of several pages in folder jobs: every page is filtered, and its own facts go with it."""

import json
import os
import sys

import numpy as np
import pytest
import tifffile
from fakes import FakePipeline

from convpipe.batch import JOURNAL, run_folder
from convpipe.images import Encoding, Limits, Metadata, Page, encode_pages, read_pages
from convpipe.images.spool import Spool

NAMED = b"II*\0\x08\0\0\0\x01\0\x1d\x01\x02\0\x07\0\0\0\x1a\0\0\0\0\0\0\0"
"""EXIF of one field, the page's name, whose text follows."""


@pytest.fixture
def pages(rng):
    """Pages of three extents, dtypes and channel counts."""
    return [
        (rng.random((12, 9, 3)) * 255).astype(np.uint8),
        (rng.random((8, 30)) * 65_535).astype(np.uint16),
        rng.random((10, 10)),
    ]


@pytest.fixture
def stack(source, pages):
    described = [
        Page(page, metadata=Metadata(exif=NAMED + b"page-%d\0" % number, resolution=(100 * number, 100)))
        for number, page in enumerate(pages, 1)
    ]
    encode_pages(described).save(source / "stack.tif")
    return source / "stack.tif"


def run(source, tmp_path, **options):
    return run_folder(FakePipeline(), source, tmp_path / "out", **options)


ISOLATE = [False, pytest.param(True, marks=pytest.mark.skipif(os.name != "posix", reason="needs POSIX"))]


@pytest.mark.parametrize("isolate", ISOLATE)
def test_every_page_is_filtered(source, stack, pages, tmp_path, isolate):
    report = run(source, tmp_path, isolate=isolate)
    assert (report.done, report.failed, report.pages) == (1, 0, 3)
    found = list(read_pages(tmp_path / "out" / "stack.tif"))
    for page, image in zip(pages, found, strict=True):
        np.testing.assert_array_equal(image.pixels, page[1:-1, 1:-1])
        assert image.pixels.dtype == page.dtype
    assert [image.metadata.resolution[0] for image in found] == pytest.approx([100, 200, 300])
    with tifffile.TiffFile(tmp_path / "out" / "stack.tif") as file:
        assert [page.tags["PageName"].value for page in file.pages] == ["page-1", "page-2", "page-3"]


def test_the_number_of_pages_is_recorded(source, stack, tmp_path):
    report = run(source, tmp_path)
    assert report.results[0].pages == 3
    assert report.to_dict()["pages"] == 3
    assert report.megapixels == pytest.approx((12 * 9 + 8 * 30 + 10 * 10) / 1e6)  # of all pages
    assert json.loads((tmp_path / "out" / JOURNAL).read_text().splitlines()[1])["pages"] == 3
    assert run(source, tmp_path, resume=True).results[0].pages == 3


def test_a_format_of_one_image_is_refused_before_decoding(source, stack, tmp_path):
    report = run(source, tmp_path, format="png")
    (failure,) = report.failures
    assert failure.stage == "write"
    way = "tiff holds them all, and 'output: {pages: files}' makes a file of each"
    assert failure.reason == f"png holds one image, and there are 3 pages; {way}"
    assert not (tmp_path / "out" / "stack.png").exists()


def test_a_page_that_cannot_be_filtered_fails_the_file(source, pages, tmp_path, files):
    encode_pages([Page(pages[0]), Page(np.zeros((2, 2), np.uint8))]).save(source / "a.tif")
    report = run(source, tmp_path)
    assert report.failures[0].stage == "blur box"
    assert files(tmp_path / "out") == []


@pytest.mark.parametrize("isolate", ISOLATE)
def test_damage_in_a_later_page_leaves_no_output(source, stack, tmp_path, files, isolate):
    with tifffile.TiffFile(stack, mode="r+") as file:
        file.pages[2].tags["StripByteCounts"].overwrite(3)
    report = run(source, tmp_path, isolate=isolate)
    assert report.failures[0].stage == "read"
    assert "fewer bytes than the pixels need" in report.failures[0].reason
    assert files(tmp_path / "out") == []


def test_pages_together_are_limited(source, tmp_path):
    blank = np.zeros((4000, 4000), np.uint8)
    encode_pages([Page(blank)] * 6, Encoding("tiff", compression=9)).save(source / "a.tif")
    refused = run(source, tmp_path, limits=Limits(max_ratio=100)).failures[0].reason
    assert refused.endswith("(limits: max_ratio)")
    assert run(source, tmp_path).done == 1


def test_a_stack_passes_memory_by(source, pages, tmp_path, monkeypatch):
    """What is too large for memory is encoded in a file without a name, next to its result."""
    made = []

    class Recorded(Spool):
        def __init__(self, *args):
            super().__init__(*args)
            made.append(self)

    monkeypatch.setattr("convpipe.images.spool.MOST_IN_MEMORY", 1000)
    monkeypatch.setattr(sys.modules["convpipe.images.write"], "Spool", Recorded)
    encode_pages([Page(page) for page in pages]).save(source / "a.tif")
    assert run(source, tmp_path).failures == []
    assert made[1].file.fileno() > 0
    assert [image.pixels.shape for image in read_pages(tmp_path / "out" / "a.tif")] == [
        (10, 7, 3), (6, 28), (8, 8)
    ]  # fmt: skip


def test_thumbnails_and_masks_are_left_with_a_note(source, pages, tmp_path):
    with tifffile.TiffWriter(source / "a.tif") as writer:
        for page, kind in ((pages[1][::2], 1), (pages[0], 0), (pages[0][..., 0], 2), (pages[2], 2)):
            writer.write(page, subfiletype=kind, metadata=None)
    with tifffile.TiffFile(source / "a.tif", mode="r+") as file:
        file.pages[2].tags["NewSubfileType"].overwrite(4)  # a mask
    report = run(source, tmp_path)
    assert report.results[0].pages == 2
    assert "2 reduced images or masks left" in report.results[0].notes
    shapes = [image.pixels.shape for image in read_pages(tmp_path / "out" / "a.tif")]
    assert shapes == [(10, 7, 3), (8, 8)]


def test_pages_of_one_shape_that_are_tagged_otherwise(tmp_path):
    """They do not become one series, whose pages would share the tags of the first."""
    pixels = np.arange(5 * 6 * 4, dtype=np.uint8).reshape(5, 6, 4)
    encode_pages([Page(pixels, alpha=alpha) for alpha in (True, False, False, True)]).save(tmp_path / "a.tif")
    found = list(read_pages(tmp_path / "a.tif"))
    assert [image.alpha for image in found] == [True, False, False, True]
    for image in found:
        np.testing.assert_array_equal(image.pixels, pixels)
