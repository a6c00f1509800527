"""Rules that writers of TIFFs have of their own, on every page."""

import io
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from convpipe.errors import ReadError
from convpipe.images import probe, probe_pages, read, read_pages

LSM_INFO = struct.pack("<II", 67_127_628, 500) + bytes(600)
UNUSED, SAMPLE_FORMAT, PREDICTOR = 263, 339, 317


def retagged(path, old, new):
    """Exchange the number of a tag on every page."""
    with tifffile.TiffFile(path) as file:
        places = [page.tags[old].offset for page in file.pages if old in page.tags]
    data = bytearray(path.read_bytes())
    for place in places:
        struct.pack_into("<H", data, place, new)
    path.write_bytes(data)


class TestLsm:
    """Pages alternate with thumbnails; lengths are those of decoded strips; predictors may not be applied."""

    @pytest.fixture
    def pages(self, rng):
        return rng.integers(0, 4000, (3, 3, 20, 24)).astype(np.uint16)

    def save(self, path, pages, rng, **options):
        with tifffile.TiffWriter(path, byteorder="<") as writer:
            for page in pages:
                tags = [(34412, 1, len(LSM_INFO), LSM_INFO, True), (UNUSED, 3, 1, 2, False)]
                writer.write(
                    page, photometric="rgb", planarconfig="separate", rowsperstrip=20, metadata=None,
                    extratags=tags, **options,
                )  # fmt: skip
                thumbnail = rng.integers(0, 256, (5, 6)).astype(np.uint8)
                writer.write(thumbnail, subfiletype=1, metadata=None)

    def check(self, path, pages):
        assert [info.channels for info in probe_pages(path)] == [3, 3, 3]
        for image, page in zip(read_pages(path), pages, strict=True):
            np.testing.assert_array_equal(image.pixels, np.moveaxis(page, 0, -1))

    def test_compressed(self, tmp_path, pages, rng):
        self.save(tmp_path / "a.tif", pages, rng, compression="lzw", predictor=2)
        with tifffile.TiffFile(tmp_path / "a.tif", mode="r+", is_lsm=False) as file:
            for page in file.pages[::2]:
                assert min(page.databytecounts) > 960  # longer than decoded: noise
                page.tags["StripByteCounts"].overwrite((960, 960, 960))
        self.check(tmp_path / "a.tif", pages)

    def test_a_predictor_declared_and_not_applied(self, tmp_path, pages, rng):
        self.save(tmp_path / "a.tif", pages, rng)
        retagged(tmp_path / "a.tif", UNUSED, PREDICTOR)
        self.check(tmp_path / "a.tif", pages)

    @pytest.mark.parametrize("tag", [(34412, 1, len(LSM_INFO), LSM_INFO, True), (33628, 4, 1, 0, True)])
    def test_strips_apart_are_not_taken_for_contiguous(self, tmp_path, rng, tag):
        """Nor in an STK, the second."""
        pixels = rng.integers(0, 256, (20, 24)).astype(np.uint8)
        tifffile.imwrite(tmp_path / "a.tif", pixels, rowsperstrip=10, metadata=None, extratags=[tag])
        with tifffile.TiffFile(tmp_path / "a.tif", mode="r+", is_lsm=False) as file:
            first, second = file.pages[0].dataoffsets
            file.pages[0].tags["StripOffsets"].overwrite((second, first))
        expected = np.concatenate([pixels[10:], pixels[:10]])
        np.testing.assert_array_equal(read(tmp_path / "a.tif").pixels, expected)


def test_ndpi_is_read_as_the_one_jpeg_that_it_is(tmp_path):
    """It lists restart markers, for readers of parts."""
    rows, cols = np.mgrid[:64, :128]
    pixels = np.stack([rows, cols, rows // 2], -1).astype(np.uint8)
    out = io.BytesIO()
    Pillow.fromarray(pixels).save(out, "JPEG", quality=95, subsampling=0, restart_marker_blocks=2)
    jpeg = out.getvalue()
    scan = jpeg.index(b"\xff\xda")
    starts = [scan + 2 + int.from_bytes(jpeg[scan + 2 : scan + 4], "big")]
    starts += [
        at + 2 for at in range(starts[0], len(jpeg) - 1) if jpeg[at] == 0xFF and 0xD0 <= jpeg[at + 1] <= 0xD7
    ]
    tags = [
        (271, 2, 9, "Hamamatsu", True),
        (65420, 4, 1, 1, True),
        (65426, 4, len(starts), tuple(starts), True),
    ]
    tifffile.imwrite(
        tmp_path / "a.tif", iter([jpeg]), shape=pixels.shape, dtype=np.uint8, compression="jpeg",
        photometric="rgb", rowsperstrip=64, metadata=None, extratags=tags,
    )  # fmt: skip
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.pages[0].is_tiled
    found = read(tmp_path / "a.tif").pixels
    np.testing.assert_array_equal(found, np.asarray(Pillow.open(io.BytesIO(jpeg))))
    assert abs(found.astype(int) - pixels).max() <= 3


def test_indica_means_floats_where_no_sample_format_is_said(tmp_path, rng):
    pages = rng.random((3, 20, 24)).astype(np.float32)
    with tifffile.TiffWriter(tmp_path / "a.tif", byteorder="<") as writer:
        for number, page in enumerate(pages):
            writer.write(
                page,
                metadata=None,
                contiguous=False,
                software="IndicaLabsImageWriter v1" if not number else False,
            )
    retagged(tmp_path / "a.tif", SAMPLE_FORMAT, UNUSED)
    for image, page in zip(read_pages(tmp_path / "a.tif"), pages, strict=True):
        np.testing.assert_array_equal(image.pixels, page)


def test_square_roots_of_a_gel_scanner_are_made_counts(tmp_path, rng):
    roots = rng.integers(0, 60_000, (20, 24)).astype(np.uint16)
    tags = [(33445, 4, 1, 2, True), (33446, 5, 1, (1, 40), True)]
    tifffile.imwrite(tmp_path / "a.tif", roots, metadata=None, extratags=tags)
    image = read(tmp_path / "a.tif")
    np.testing.assert_allclose(image.pixels, roots.astype(float) ** 2 / 40, rtol=1e-6)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        np.testing.assert_array_equal(image.pixels, file.series[0].asarray())
    assert probe(tmp_path / "a.tif").dtype == "float32"
    assert "square roots of counts (Molecular Dynamics GEL) made counts" in image.notes


def test_lsm_and_ndpi_above_4_gib_are_refused(tmp_path, monkeypatch, rng):
    """Their offsets go on from 0 there."""
    monkeypatch.setattr("convpipe.images.tiff.quirks.WRAPPED_BYTES", 1000)
    page = rng.integers(0, 256, (20, 24)).astype(np.uint8)
    tag = (34412, 1, len(LSM_INFO), LSM_INFO, True)
    tifffile.imwrite(tmp_path / "a.tif", page, metadata=None, extratags=[tag])
    with pytest.raises(ReadError, match="an LSM or NDPI above 4 GiB"):
        probe(tmp_path / "a.tif")
    tifffile.imwrite(tmp_path / "b.tif", page, metadata=None, extratags=[tag], bigtiff=True)
    np.testing.assert_array_equal(read(tmp_path / "b.tif").pixels, page)
