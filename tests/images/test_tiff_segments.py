"""Strips and tiles of a TIFF that are absent, or whose length is not said; predictors; vendors' own rules."""

import struct

import imagecodecs
import numpy as np
import pytest
import tifffile

from convpipe.errors import ReadError
from convpipe.images import probe, read
from convpipe.images.tiff.segments import rows_of

NODATA = 42113


def lose(path, absent, *, lengths_only=False):
    """Set offset and length of the strips or tiles ``absent`` to 0; without a list, of all."""
    with tifffile.TiffFile(path, mode="r+") as file:
        page = file.pages[0]
        kind = "Tile" if page.is_tiled else "Strip"
        offsets, counts = list(page.dataoffsets), list(page.databytecounts)
        for number in range(len(offsets)) if absent is None else absent:
            offsets[number] *= lengths_only
            counts[number] = 0
        for name, values in (("Offsets", offsets), ("ByteCounts", counts)):
            page.tags[kind + name].overwrite(values[0] if len(values) == 1 else tuple(values))


def tagged(nodata):
    return [(NODATA, 2, len(nodata) + 1, nodata, True)] if nodata is not None else []


class TestAbsent:
    @pytest.mark.parametrize("compression", [None, "zlib", "lzw", "packbits", "zstd"])
    @pytest.mark.parametrize(
        ("nodata", "dtype", "filled"),
        [(None, "u1", 0), ("255", "u1", 255), ("-9999", "i2", -9999), ("nan", "f4", np.nan),
         ("1,5", "f8", 1.5), ("-9999", "u2", 0), ("300", "u1", 255), ("nan", "u1", 0),
         ("7.5", "u1", 8), ("nonsense", "u1", 0)],
    )  # fmt: skip
    def test_tiles_are_nodata(self, tmp_path, rng, compression, nodata, dtype, filled):
        pixels = rng.integers(1, 100, (40, 48)).astype(dtype)
        tifffile.imwrite(
            tmp_path / "a.tif", pixels, tile=(16, 16), compression=compression, metadata=None,
            extratags=tagged(nodata),
        )  # fmt: skip
        lose(tmp_path / "a.tif", [0, 5])
        pixels[:16, :16] = pixels[16:32, 32:] = filled
        image = read(tmp_path / "a.tif")
        np.testing.assert_array_equal(image.pixels, pixels)
        value = np.array(filled, dtype).item()
        assert image.notes == (f"2 of 9 tiles are not in the file; filled with {value}",)

    def test_strips_and_whole_images(self, tmp_path, rng):
        pixels = rng.integers(1, 100, (40, 48, 3)).astype(np.uint8)
        tifffile.imwrite(tmp_path / "a.tif", pixels, rowsperstrip=9, photometric="rgb", metadata=None)
        lose(tmp_path / "a.tif", [4])
        pixels[36:] = 0
        np.testing.assert_array_equal(read(tmp_path / "a.tif").pixels, pixels)
        tifffile.imwrite(tmp_path / "b.tif", pixels[..., 0].copy(), metadata=None, extratags=tagged("9"))
        lose(tmp_path / "b.tif", None)
        assert (read(tmp_path / "b.tif").pixels == 9).all()

    def test_jpeg_and_separate_planes(self, tmp_path, rng):
        pixels = np.full((32, 32, 3), 200, np.uint8)
        tifffile.imwrite(
            tmp_path / "a.tif", pixels, tile=(16, 16), compression="jpeg", photometric="rgb", metadata=None
        )
        lose(tmp_path / "a.tif", [3])
        found = read(tmp_path / "a.tif").pixels
        assert (found[16:, 16:] == 0).all()
        assert abs(found[:16].astype(int) - 200).max() < 4
        planes = rng.integers(1, 100, (3, 32, 32)).astype(np.uint8)
        tifffile.imwrite(
            tmp_path / "b.tif",
            planes,
            photometric="rgb",
            planarconfig="separate",
            rowsperstrip=32,
            metadata=None,
        )
        lose(tmp_path / "b.tif", [1])
        planes[1] = 0
        np.testing.assert_array_equal(read(tmp_path / "b.tif").pixels, np.moveaxis(planes, 0, -1))

    def test_single_bits(self, tmp_path, rng):
        pixels = rng.random((32, 32)) > 0.5
        tifffile.imwrite(
            tmp_path / "a.tif", pixels, rowsperstrip=16, photometric="minisblack", metadata=None,
            extratags=tagged("0"),
        )  # fmt: skip
        lose(tmp_path / "a.tif", [1])
        expected = pixels * np.uint8(255)
        expected[16:] = 0
        np.testing.assert_array_equal(read(tmp_path / "a.tif").pixels, expected)


class TestLengths:
    @pytest.mark.parametrize(
        "options", [{}, {"rowsperstrip": 9}, {"tile": (16, 16)}, {"photometric": "miniswhite"}], ids=str
    )
    @pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "?"])
    def test_uncompressed_lengths_of_0_are_worked_out(self, tmp_path, rng, options, dtype):
        pixels = rng.integers(0, 2 if dtype == "?" else 100, (40, 48)).astype(dtype)
        tifffile.imwrite(tmp_path / "a.tif", pixels, metadata=None, **options)
        whole = read(tmp_path / "a.tif").pixels
        lose(tmp_path / "a.tif", None, lengths_only=True)
        image = read(tmp_path / "a.tif")
        np.testing.assert_array_equal(image.pixels, whole)
        assert "worked out from the extent" in " ".join(image.notes)

    def test_a_length_beyond_the_file_is_no_matter_if_the_pixels_are_there(self, tmp_path, rng):
        pixels = rng.integers(0, 100, (40, 48)).astype(np.uint8)
        tifffile.imwrite(tmp_path / "a.tif", pixels, metadata=None)
        with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
            file.pages[0].tags["StripByteCounts"].overwrite(10**6)
        np.testing.assert_array_equal(read(tmp_path / "a.tif").pixels, pixels)
        (tmp_path / "a.tif").write_bytes((tmp_path / "a.tif").read_bytes()[:-1])
        with pytest.raises(ReadError, match="truncated: a strip ends at byte"):
            probe(tmp_path / "a.tif")

    @pytest.mark.parametrize("compression", ["zlib", "lzw", "packbits"])
    def test_compressed_lengths_of_0_are_missing(self, tmp_path, rng, compression):
        pixels = rng.integers(0, 100, (40, 48)).astype(np.uint8)
        tifffile.imwrite(tmp_path / "a.tif", pixels, metadata=None, rowsperstrip=9, compression=compression)
        lose(tmp_path / "a.tif", [2], lengths_only=True)
        with pytest.raises(ReadError, match="a strip is missing: number 2"):
            read(tmp_path / "a.tif")


PREDICTOR, PLACEHOLDER = 317, 65_000
"""tifffile writes no predictor that it does not apply."""


class TestPredictors:
    @pytest.mark.parametrize("compression", [None, "packbits"])
    @pytest.mark.parametrize("predictor", [2, 3])
    @pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
    def test_without_a_compression_that_has_one_it_is_left_out_as_in_libtiff(
        self, tmp_path, rng, compression, predictor, dtype
    ):
        pixels = rng.integers(0, 100, (20, 24, 3)).astype(dtype)
        tifffile.imwrite(
            tmp_path / "a.tif", pixels, compression=compression, photometric="rgb", rowsperstrip=7,
            metadata=None, extratags=[(PLACEHOLDER, 3, 1, predictor, True)],
        )  # fmt: skip
        data = (tmp_path / "a.tif").read_bytes()
        old, new = (struct.pack("<HHI", tag, 3, 1) for tag in (PLACEHOLDER, PREDICTOR))
        assert data.count(old) == 1
        (tmp_path / "a.tif").write_bytes(data.replace(old, new))
        image = read(tmp_path / "a.tif")
        np.testing.assert_array_equal(image.pixels, pixels)
        np.testing.assert_array_equal(imagecodecs.tiff_decode((tmp_path / "a.tif").read_bytes()), pixels)
        assert image.notes == (f"predictor {predictor} left out: its compression has none, as in libtiff",)

    @pytest.mark.parametrize("compression", ["zlib", "lzw", "zstd", "lzma"])
    @pytest.mark.parametrize(
        ("predictor", "dtype"), [(2, "u1"), (2, "u2"), (2, "i4"), (2, "f4"), (3, "f4"), (3, "f8")]
    )
    def test_with_one_it_is_applied_as_in_libtiff(self, tmp_path, rng, compression, predictor, dtype):
        pixels = (rng.random((20, 24, 3)) * 200).astype(dtype)
        stored = pixels.view("i4") if dtype == "f4" and predictor == 2 else pixels
        tifffile.imwrite(
            tmp_path / "a.tif", stored, compression=compression, photometric="rgb", rowsperstrip=7,
            metadata=None, predictor=predictor,
        )  # fmt: skip
        if stored is not pixels:
            with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
                file.pages[0].tags["SampleFormat"].overwrite((3, 3, 3))
        np.testing.assert_array_equal(imagecodecs.tiff_decode((tmp_path / "a.tif").read_bytes()), pixels)
        np.testing.assert_array_equal(read(tmp_path / "a.tif").pixels, pixels)

    @pytest.mark.parametrize(("predictor", "dtype"), [(3, "u2"), (0, "u1"), (34892, "u1"), (7, "u1")])
    def test_what_libtiff_refuses_is_refused(self, tmp_path, rng, predictor, dtype):
        pixels = rng.integers(0, 100, (20, 24)).astype(dtype)
        tifffile.imwrite(tmp_path / "a.tif", pixels, compression="zlib", metadata=None, predictor=2)
        with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
            file.pages[0].tags["Predictor"].overwrite(predictor)
        with pytest.raises(ReadError, match=f"predictor {predictor}"):
            read(tmp_path / "a.tif")


@pytest.mark.parametrize("compression", ["lzw", "deflate", "packbits"])
def test_the_last_strip_of_every_separate_plane_is_short(tmp_path, rng, compression):
    planes = rng.integers(0, 256, (3, 10, 14), dtype=np.uint8)
    tifffile.imwrite(
        tmp_path / "a.tif", planes, photometric="rgb", planarconfig="separate", rowsperstrip=4,
        compression=compression, metadata=None,
    )  # fmt: skip
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        page = file.pages.first
        assert [rows_of(page, number) for number in range(9)] == [4, 4, 2] * 3
    np.testing.assert_array_equal(read(tmp_path / "a.tif").pixels, np.moveaxis(planes, 0, -1))


class TestPaddedStrips:
    """The last strip is as long as the others, beyond the image: libtiff leaves what is too much."""

    @pytest.mark.parametrize("compression", ["zlib", "lzw", "packbits", None])
    @pytest.mark.parametrize("predictor", [False, True])
    def test_what_is_behind_the_image_is_left(self, tmp_path, rng, compression, predictor):
        predictor = predictor and compression in ("zlib", "lzw")
        pixels = rng.integers(0, 256, (48, 20)).astype(np.uint8)
        tifffile.imwrite(
            tmp_path / "a.tif", pixels, rowsperstrip=16, compression=compression, predictor=predictor,
            metadata=None,
        )  # fmt: skip
        with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
            file.pages[0].tags["ImageLength"].overwrite(41)
        np.testing.assert_array_equal(read(tmp_path / "a.tif").pixels, pixels[:41])

    @pytest.mark.parametrize("strip", [1, 2])
    @pytest.mark.parametrize("cut", [48, 41])
    def test_a_wrong_checksum_stays_an_error(self, tmp_path, rng, strip, cut):
        """Stored bytes, so that nothing but the checksum tells of the damage."""
        pixels = rng.integers(0, 256, (48, 20)).astype(np.uint8)
        tifffile.imwrite(
            tmp_path / "a.tif", pixels, rowsperstrip=16, compression="zlib", compressionargs={"level": 0},
            metadata=None,
        )  # fmt: skip
        with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
            at = file.pages[0].dataoffsets[strip]
            file.pages[0].tags["ImageLength"].overwrite(cut)
        data = bytearray((tmp_path / "a.tif").read_bytes())
        data[at + 100] ^= 1
        (tmp_path / "a.tif").write_bytes(data)
        with pytest.raises(ReadError):
            read(tmp_path / "a.tif")


def test_whole_strips_inflate_to_their_place_without_tifffile(tmp_path, rng, monkeypatch):
    pixels = rng.integers(0, 1000, (41, 20)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels, rowsperstrip=16, compression="zlib", predictor=True)
    monkeypatch.delattr(tifffile.TiffPage, "asarray")
    np.testing.assert_array_equal(read(tmp_path / "a.tif").pixels, pixels)
