"""Limits that are a library's: said before anything is decoded, as what they are."""

import struct

import numpy as np
import pytest
from PIL import Image as Pillow
from pngs import png

from convpipe.errors import LimitError, WriteError
from convpipe.images import Encoding, ImageSpec, Limits, check_output, encode, probe, read
from convpipe.images.bounds import READ, WRITTEN, Bound

ANY = Limits(max_pixels=2**40, max_decoded_bytes=2**40)


def blank(rows, cols):
    return png(cols, rows, 8, 0, bytes(cols + 1) * rows)


class TestReading:
    @pytest.mark.parametrize("extent", [(1, 1_000_001), (1_000_001, 1)])
    def test_png_sides_above_libpngs_limit(self, tmp_path, extent):
        (tmp_path / "a.png").write_bytes(blank(*extent))
        said = r"rows x \d+ columns; png is read with at most 1000000 rows and columns, a limit of libpng"
        for refuse in (probe, read):
            with pytest.raises(LimitError, match=said):
                refuse(tmp_path / "a.png", ANY)

    @pytest.mark.parametrize("extent", [(1, 1_000_000), (1_000_000, 1)])
    def test_png_sides_at_the_limit_are_read(self, tmp_path, extent):
        """The decoder's own limit is no lower."""
        (tmp_path / "a.png").write_bytes(blank(*extent))
        assert read(tmp_path / "a.png").pixels.shape == extent

    def test_gif_above_pillows_limit(self, tmp_path):
        Pillow.new("L", (4, 4)).save(tmp_path / "a.gif")
        data = bytearray((tmp_path / "a.gif").read_bytes())
        struct.pack_into("<HH", data, 6, 9_460, 9_460)
        (tmp_path / "a.gif").write_bytes(data)
        with pytest.raises(LimitError, match="gif is read with at most 89478485 pixels, a limit of Pillow"):
            probe(tmp_path / "a.gif", ANY)

    def test_the_limit_of_gif_is_the_installed_pillows(self):
        assert READ["gif"].pixels == Pillow.MAX_IMAGE_PIXELS


class TestWriting:
    @pytest.mark.parametrize(
        ("format", "channels", "extent", "said"),
        [
            ("png", 3, (1, 1_000_001), "png is written with at most 1000000 rows and columns, "
             "a limit of libpng, not 1 x 1000001; tiff, bmp, npy, npz can hold it"),
            ("jpeg", 1, (65_501, 8), "at most 65500 rows and columns, a limit of libjpeg, as most programs "
             "have it, not 65501 x 8; png, tiff, bmp, npy, npz can hold it"),
            ("webp", 3, (16_384, 1), "at most 16383 rows and columns, a limit of WebP, not 16384 x 1; png"),
            ("bmp", 3, (40_000, 36_000), "at most 4294965248 bytes of pixels, a limit of BMP"),
        ],
    )  # fmt: skip
    def test_what_an_encoder_does_not_take_is_refused_when_it_is_planned(
        self, format, channels, extent, said
    ):
        with pytest.raises(WriteError) as caught:
            check_output(ImageSpec("uint8", channels, extent=extent), Encoding(format))
        assert said in str(caught.value)

    @pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
    def test_the_encoder_takes_all_below(self, format):
        side = WRITTEN[format].side
        for shape in ((1, side), (side, 1)):
            assert encode(np.zeros(shape, np.uint8), Encoding(format)).size > 0
        with pytest.raises(WriteError, match="a limit of"):
            encode(np.zeros((1, side + 1), np.uint8), Encoding(format))

    def test_without_pixels(self):
        with pytest.raises(WriteError, match="1 row and column or more, not 0 x 5"):
            check_output(ImageSpec("uint8", 1, extent=(0, 5)), Encoding("tiff"))

    def test_a_folder_job_says_it_before_decoding(self, source, run):
        data = bytearray(blank(3, 16_390))
        data[data.index(b"IDAT") + 20] ^= 1
        (source / "a.png").write_bytes(data)
        (failure,) = run(format="webp").failures
        assert failure.stage == "write"
        assert "a limit of WebP, not 1 x 16388" in failure.reason


def test_a_bound_is_the_most_that_is_taken():
    assert Bound("X", 5).broken_by((5, 5), 1) is None
    assert Bound("X", 5).broken_by((6, 5), 1) == "at most 5 rows and columns, a limit of X"
    assert Bound("X", pixels=20).broken_by((4, 5), 1) is None
    assert Bound("X", pixels=20).broken_by((3, 7), 1) == "at most 20 pixels, a limit of X"
    assert Bound("X", raw_bytes=36).broken_by((3, 3), 3) is None  # rows are padded to 4 bytes
    assert Bound("X", raw_bytes=35).broken_by((3, 3), 3) == "at most 35 bytes of pixels, a limit of X"
