"""TIFFs and PNGs of one bit a pixel: of whose bytes libtiff, libpng and Pillow read the same."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from convpipe import Pipeline, config, images, stage
from convpipe.errors import ConfigError, WriteError

GROUP4 = images.Encoding("tiff", compression="group4")
BILEVEL = images.Encoding("png", compression="bilevel")

SCAN = np.where(np.random.default_rng(3).random((41, 67)) > 0.8, 0, 255).astype("uint8")


def test_pixels_come_back_and_the_file_says_what_it_is(tmp_path):
    path = tmp_path / "scan.tif"
    images.write(path, SCAN, GROUP4)
    with tifffile.TiffFile(path) as file:
        (page,) = file.pages
    assert (page.compression.name, page.bitspersample, page.photometric.name) == (
        "CCITTFAX4",
        1,
        "MINISBLACK",
    )
    assert np.array_equal(images.read(path).pixels, SCAN)
    assert np.array_equal(np.asarray(Image.open(path)), SCAN > 0)


def test_a_page_of_text_is_a_fraction_of_deflate(tmp_path):
    flat = np.full((400, 300), 255, "uint8")
    flat[50:60, 20:200] = flat[80:90, 20:120] = 0
    sizes = {}
    for compression in ("group4", 9):
        path = tmp_path / f"{compression}.tif"
        images.write(path, flat, images.Encoding("tiff", compression=compression))
        sizes[compression] = path.stat().st_size
    assert sizes["group4"] < 0.6 * sizes[9]


@pytest.mark.parametrize("cols", [1, 7, 8, 9, 67])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_png_of_bits(tmp_path, cols, dtype):
    path, pixels = tmp_path / "scan.png", (SCAN[:, :cols] > 0).astype(dtype) * np.iinfo(dtype).max
    metadata = images.Metadata(resolution=(300.0, 300.0))
    images.write(path, images.Page(pixels, metadata=metadata), BILEVEL)
    with Image.open(path) as file:
        assert (file.mode, round(file.info["dpi"][0])) == ("1", 300)
        assert np.array_equal(np.asarray(file), pixels > 0)
    found = images.read(path)
    assert found.pixels.dtype == np.uint8  # as bits are read
    assert np.array_equal(found.pixels, SCAN[:, :cols])
    assert found.metadata.resolution == pytest.approx((300, 300), rel=1e-4)


def test_a_page_of_text_is_a_fraction_of_bytes(tmp_path):
    flat = np.full((400, 300), 255, "uint8")
    flat[50:60, 20:200] = flat[80:90, 20:120] = 0
    flat[100:141, 50:117] = SCAN
    sizes = {}
    for compression in ("bilevel", 9):
        path = tmp_path / f"{compression}.png"
        images.write(path, flat, images.Encoding("png", compression=compression))
        sizes[compression] = path.stat().st_size
    assert sizes["bilevel"] < 0.6 * sizes[9]


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (np.arange(4, dtype="uint8").reshape(2, 2), "2 pixels are neither 0 nor 3"),
        (
            np.zeros((4, 4, 3), "uint8"),
            "group4 is of a tiff of 1 channel; given tiff and uint8 with 3",
        ),
    ],
)
def test_what_is_not_black_and_white_is_refused(tmp_path, pixels, reason):
    with pytest.raises(WriteError, match=reason):
        images.write(tmp_path / "a.tif", pixels, GROUP4)
    with pytest.raises(WriteError, match=reason.replace("group4", "bilevel").replace("tiff", "png")):
        images.write(tmp_path / "a.png", pixels, BILEVEL)
    assert not list(tmp_path.iterdir())


def test_other_formats_have_none(tmp_path):
    with pytest.raises(WriteError, match="group4 is of a tiff"):
        images.write(tmp_path / "a.png", SCAN, images.Encoding("png", compression="group4"))
    with pytest.raises(WriteError, match=r"bilevel is of a png of 1 channel; .*; write 'format: png'"):
        images.write(tmp_path / "a.tif", SCAN, images.Encoding("tiff", compression="bilevel"))


def test_a_job_writes_pages_with_their_resolution(tmp_path):
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    with tifffile.TiffWriter(source / "scan.tif") as writer:
        for page in (SCAN, 255 - SCAN):
            writer.write(page, resolution=(300, 300), resolutionunit="INCH")
    report = Pipeline([stage("threshold", "otsu")]).run_folder(source, target, compression="group4")
    assert report.failures == []
    with tifffile.TiffFile(target / "scan.tif") as file:
        assert [page.bitspersample for page in file.pages] == [1, 1]
        assert file.pages[1].tags["XResolution"].value == (300, 1)
        assert np.array_equal(file.pages[1].asarray(), SCAN == 0)


def test_a_result_of_another_format_is_not_of_group_4(tmp_path):
    """What `outputs` takes over from `output` has to be something that its own format has."""
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    images.write(source / "a.png", SCAN)
    job = {"format": "tiff", "compression": "group4", "outputs": {"grey": {"format": "png"}}}
    stages = [stage("point", "invert", name="grey"), stage("threshold", "otsu")]
    assert Pipeline(stages, outputs={"grey": "grey"}).run_folder(source, target, **job).failures == []
    assert images.probe(target / "grey" / "a.png").format == "png"
    with tifffile.TiffFile(target / "a.tif") as file:
        assert file.pages.first.compression == tifffile.COMPRESSION.CCITT_T6
    job["outputs"]["grey"]["compression"] = "group4"  # who says so is told
    (failure,) = Pipeline(stages, outputs={"grey": "grey"}).run_folder(source, tmp_path / "b", **job).failures
    assert failure.reason.endswith("given png and uint8 with 1 channel; write 'format: tiff'")


def test_a_job_writes_masks_of_bits(tmp_path):
    (tmp_path / "in").mkdir()
    images.write(tmp_path / "in" / "a.png", SCAN)
    job = {"outputs": {"mask": {"compression": "bilevel"}}}
    stages = [stage("threshold", "otsu", name="mask"), stage("blur", "box", from_="input")]
    report = Pipeline(stages, outputs={"mask": "mask"}).run_folder(tmp_path / "in", tmp_path / "out", **job)
    assert report.failures == []
    with (
        Image.open(tmp_path / "out" / "mask" / "a.png") as mask,
        Image.open(tmp_path / "out" / "a.png") as soft,
    ):
        assert (mask.mode, soft.mode) == ("1", "L")


def test_a_config_may_say_so():
    bits = "stages: [{threshold: otsu}]\noutput: {format: png, compression: bilevel}\n"
    assert config.load_text(bits)[0].output.compression == "bilevel"
    text = "stages: [{threshold: otsu}]\noutput: {format: tiff, compression: g4}\n"
    assert config.load_text(text)[0].output.compression == "group4"
    with pytest.raises(
        ConfigError, match=r"2:37: compression needs .* or group4 or bilevel; given str 'group3'"
    ):
        config.load_text(text.replace("g4", "group3"))
