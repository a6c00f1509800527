"""Reading: every file ends as the right pixels or as a one-line error, never as half a picture."""

import logging
import os
import struct
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from photos import photograph
from PIL import Image as Pillow
from pngs import png

from convpipe.errors import LimitError, ReadError
from convpipe.images import Limits, probe, read, write
from convpipe.images.formats.png import chunk

ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))


def reason_of(path, **options):
    """The reason why a file is refused, which must be one printable line."""
    with pytest.raises(ReadError) as caught:
        read(path, **options)
    reason = caught.value.reason
    assert reason.isprintable()
    assert len(reason) < 400
    return reason


@pytest.fixture
def photo(rng):
    return photograph(rng, 64, 96)


class TestContent:
    def test_empty_file(self, tmp_path):
        (tmp_path / "a.png").write_bytes(b"")
        assert "empty" in reason_of(tmp_path / "a.png")

    @pytest.mark.parametrize(
        ("content", "named"),
        [
            (b"shopping list: eggs, milk", "text"),
            (b"%!PS-Adobe-3.0 EPSF-3.0\n", "EPS"),
            (b"%PDF-1.7\n\x80", "PDF"),
            (b"<?xml version='1.0'?><svg/>", "SVG"),
            (b"\xef\xbb\xbf  <svg xmlns='x'/>", "SVG"),
            (b"BM is what this text begins with", "text"),
            (b"\0\0\0\x20ftypavif\0\0\0\0", "avif"),
            (b"\x07\x08\x09\x0a\0\0\0\0\0\0", "07 08 09"),
        ],
    )
    def test_what_is_not_an_image_is_named(self, tmp_path, content, named):
        (tmp_path / "a.png").write_bytes(content)
        reason = reason_of(tmp_path / "a.png")
        assert named in reason
        assert "not a png image" in reason

    def test_wrong_extension_is_decoded_by_content_and_noted(self, tmp_path, photo):
        write(tmp_path / "a.png", photo)
        (tmp_path / "a.png").rename(tmp_path / "a.jpg")
        image = read(tmp_path / "a.jpg")
        np.testing.assert_array_equal(image.pixels, photo)
        assert image.format == "png"
        assert any("png" in note and "name" in note for note in image.notes)

    def test_missing_file_keeps_errno(self, tmp_path):
        with pytest.raises(ReadError, match="No such file") as caught:
            read(tmp_path / "a.png")
        assert caught.value.errno == 2

    def test_folder(self, tmp_path):
        assert "directory" in reason_of(tmp_path)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
    def test_fifo_is_refused_without_waiting(self, tmp_path):
        os.mkfifo(tmp_path / "a.png")
        assert "regular file" in reason_of(tmp_path / "a.png")

    @pytest.mark.skipif(os.name != "posix", reason="names are text here")
    def test_names_of_any_bytes(self, tmp_path, photo):
        for name in (b"\xff\xfe\n.png", b"-rf.tif", b"x" * 251 + b".bmp"):
            path = os.path.join(os.fsencode(tmp_path), name)
            write(os.fsdecode(path), photo)
            np.testing.assert_array_equal(read(os.fsdecode(path)).pixels, photo)


class TestDamage:
    @pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp", "a.bmp", "a.gif", "a.npy"])
    @pytest.mark.parametrize("kept", [0.02, 0.5, 0.97])
    def test_truncated(self, tmp_path, photo, name, kept):
        path = tmp_path / name
        if name == "a.gif":
            Pillow.fromarray(photo).save(path)
        elif name == "a.npy":
            np.save(path, photo)
        else:
            write(path, photo)
        assert read(path).pixels.shape == photo.shape
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * kept)])
        reason_of(path)

    @pytest.mark.parametrize("missing", [1, 4, 12])
    def test_png_and_jpeg_without_their_last_bytes(self, tmp_path, photo, missing):
        for name in ("a.png", "a.jpg"):
            write(tmp_path / name, photo)
            whole = (tmp_path / name).read_bytes()
            (tmp_path / name).write_bytes(whole[:-missing])
            assert "truncated" in reason_of(tmp_path / name)

    def test_the_end_of_a_thumbnail_is_not_the_end_of_the_jpeg(self, tmp_path, photo):
        write(tmp_path / "a.jpg", photo)
        whole = (tmp_path / "a.jpg").read_bytes()
        thumbnail = b"\xff\xe2" + (2 + len(whole)).to_bytes(2, "big") + whole
        (tmp_path / "a.jpg").write_bytes(whole[:2] + thumbnail + whole[2:])
        assert read(tmp_path / "a.jpg").pixels.shape == photo.shape
        (tmp_path / "a.jpg").write_bytes(whole[:2] + thumbnail + whole[2 : len(whole) // 2])
        assert "truncated" in reason_of(tmp_path / "a.jpg")

    def test_truncated_jpeg_on_request(self, tmp_path, photo):
        write(tmp_path / "a.jpg", photo)
        whole = (tmp_path / "a.jpg").read_bytes()
        (tmp_path / "a.jpg").write_bytes(whole[: len(whole) * 3 // 4])
        image = read(tmp_path / "a.jpg", allow_truncated=True)
        assert np.abs(image.pixels[:16].astype(int) - photo[:16]).mean() < 8
        assert any("truncated" in note for note in image.notes)

    def test_truncated_jpeg_inside_tiff(self, tmp_path, photo):
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, photo, compression="jpeg", photometric="rgb", metadata=None)
        with tifffile.TiffFile(path) as file:
            (offset,), (count,) = file.pages[0].dataoffsets, file.pages[0].databytecounts
        whole = bytearray(path.read_bytes())
        assert whole[offset + count - 2 : offset + count] == b"\xff\xd9"
        whole[offset + count // 2 : offset + count] = bytes(count - count // 2)
        path.write_bytes(whole)
        assert "end marker" in reason_of(path)

    def test_jpeg_inside_tiff_larger_than_its_strip(self, tmp_path, photo):
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, photo, compression="jpeg", photometric="rgb", metadata=None)
        data = bytearray(path.read_bytes())
        struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, 60_000, 60_000)
        path.write_bytes(data)
        assert "60000 x 60000" in reason_of(path)

    @pytest.mark.parametrize("compression", ["lzw", "packbits", "zlib", "zstd", "lzma", "webp"])
    def test_truncated_strip_inside_a_whole_tiff(self, tmp_path, photo, compression):
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, photo, compression=compression, photometric="rgb", rowsperstrip=16)
        with tifffile.TiffFile(path, mode="r+") as file:
            counts = list(file.pages[0].databytecounts)
            counts[2] //= 2
            file.pages[0].tags["StripByteCounts"].overwrite(tuple(counts))
        reason_of(path)

    def test_missing_strip(self, tmp_path, photo):
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, photo, photometric="rgb", rowsperstrip=16, metadata=None, compression="zlib")
        with tifffile.TiffFile(path, mode="r+") as file:
            counts = list(file.pages[0].databytecounts)
            file.pages[0].tags["StripByteCounts"].overwrite((*counts[:3], 0))
        assert "missing" in reason_of(path)

    def test_tiff_compression_that_is_not_read_is_named(self, tmp_path, photo):
        tifffile.imwrite(tmp_path / "a.tif", photo, compression="png", photometric="rgb")
        assert "compression PNG" in reason_of(tmp_path / "a.tif")

    @pytest.mark.parametrize("name", [b"IHDR", b"IDAT", b"tRNS", b"PLTE"])
    def test_bad_crc_of_what_makes_the_pixels(self, tmp_path, name):
        extra = [chunk(b"PLTE", bytes(range(12))), chunk(b"tRNS", b"\1\2\3\4")]
        data = bytearray(png(4, 1, 8, 3, b"\0\0\1\2\3", *extra))
        at = data.index(name)
        data[at + 4 + int.from_bytes(data[at - 4 : at], "big")] ^= 1
        (tmp_path / "a.png").write_bytes(data)
        assert "CRC" in reason_of(tmp_path / "a.png")

    def test_bad_crc_elsewhere_costs_only_that_chunk(self, tmp_path):
        data = bytearray(png(2, 1, 8, 0, b"\0\7\x09", chunk(b"pHYs", struct.pack(">IIB", 3000, 3000, 1))))
        data[data.index(b"pHYs") + 13] ^= 1
        (tmp_path / "a.png").write_bytes(data)
        image = read(tmp_path / "a.png")
        assert image.pixels.tolist() == [[7, 9]]
        assert image.metadata.resolution is None
        assert image.notes == ("broken PNG pHYs chunk dropped",)

    def test_png_without_pixels(self, tmp_path):
        data = png(2, 1, 8, 0, b"\0\7\x09")
        start = data.index(b"IDAT") - 4
        (tmp_path / "a.png").write_bytes(data[:start] + chunk(b"IEND", b""))
        assert "IDAT" in reason_of(tmp_path / "a.png")

    def test_thousands_of_jpeg_scans(self, tmp_path, photo):
        Pillow.fromarray(photo).save(tmp_path / "a.jpg", progressive=True)
        data = (tmp_path / "a.jpg").read_bytes()
        read(tmp_path / "a.jpg")
        last = data.rindex(b"\xff\xda")
        (tmp_path / "a.jpg").write_bytes(data[:last] + data[last:-2] * 1000 + b"\xff\xd9")
        with pytest.raises(LimitError, match="scans"):
            read(tmp_path / "a.jpg")

    @pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp", "a.bmp", "a.gif"])
    def test_any_flipped_byte_is_read_or_refused(self, tmp_path, photo, name, rng):
        Pillow.fromarray(photo[:16, :16]).save(tmp_path / name)
        whole = (tmp_path / name).read_bytes()
        for position in {*range(min(64, len(whole))), *rng.integers(0, len(whole), 60).tolist()}:
            damaged = bytearray(whole)
            damaged[position] ^= 0xFF
            (tmp_path / name).write_bytes(damaged)
            try:
                info, image = probe(tmp_path / name), read(tmp_path / name)
            except ReadError as error:
                assert error.reason.isprintable()  # noqa: PT017
            else:
                assert info.extent == image.pixels.shape[:2]

    def test_tiff_whose_pages_run_in_a_loop(self, tmp_path, photo):
        tifffile.imwrite(tmp_path / "a.tif", photo, metadata=None, byteorder="<", photometric="rgb")
        data = bytearray((tmp_path / "a.tif").read_bytes())
        (first,) = struct.unpack_from("<I", data, 4)
        (tags,) = struct.unpack_from("<H", data, first)
        struct.pack_into("<I", data, first + 2 + 12 * tags, first)
        (tmp_path / "a.tif").write_bytes(data)
        image = read(tmp_path / "a.tif")
        np.testing.assert_array_equal(image.pixels, photo)
        assert "the list of pages runs in a loop" in image.notes

    def test_tifffile_stays_silent_and_becomes_notes(self, tmp_path, photo, capfd, caplog):
        write(tmp_path / "a.tif", photo)
        whole = (tmp_path / "a.tif").read_bytes()
        (tmp_path / "a.tif").write_bytes(whole[:8] + b"\xff" * 40 + whole[48:])
        with caplog.at_level(logging.DEBUG):
            reason_of(tmp_path / "a.tif")
        assert capfd.readouterr() == ("", "")
        assert not caplog.records


class TestLimits:
    @pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp", "a.bmp", "a.gif", "a.npy"])
    def test_pixels(self, tmp_path, photo, name):
        np.save(tmp_path / name, photo) if name == "a.npy" else Pillow.fromarray(photo).save(tmp_path / name)
        exactly = Limits(max_pixels=64 * 96)
        assert read(tmp_path / name, exactly).pixels.shape == photo.shape
        for refuse in (probe, read):
            with pytest.raises(LimitError, match="64 rows x 96 columns"):
                refuse(tmp_path / name, Limits(max_pixels=64 * 96 - 1))

    def test_decoded_bytes(self, tmp_path, photo):
        write(tmp_path / "a.png", photo)
        with pytest.raises(LimitError, match="decodes to 18432 bytes"):
            read(tmp_path / "a.png", Limits(max_decoded_bytes=18_431))

    def test_file_bytes(self, tmp_path, photo):
        write(tmp_path / "a.png", photo)
        with pytest.raises(LimitError, match="the file has"):
            read(tmp_path / "a.png", Limits(max_file_bytes=1000))

    def test_png_bomb(self, tmp_path):
        (tmp_path / "a.png").write_bytes(png(200_000, 200_000, 8, 0, bytes(1000)))
        with pytest.raises(LimitError, match="200000 rows"):
            read(tmp_path / "a.png")

    def test_gif_bomb_between_once_and_twice_pillows_limit(self, tmp_path, photo):
        Pillow.fromarray(photo).save(tmp_path / "a.gif")
        data = bytearray((tmp_path / "a.gif").read_bytes())
        struct.pack_into("<HH", data, 6, 10_000, 10_000)
        (tmp_path / "a.gif").write_bytes(data)
        with pytest.raises(LimitError, match="10000 rows"):
            read(tmp_path / "a.gif")

    @pytest.mark.parametrize(
        ("tag", "value", "reason"),
        [("ImageWidth", 2**31, "pixels"), ("ImageLength", 0, "no pixels"), ("ImageWidth", 0, "no pixels")],
    )
    def test_tiff_extent(self, tmp_path, photo, tag, value, reason):
        tifffile.imwrite(tmp_path / "a.tif", photo[..., 0], metadata=None)
        with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
            file.pages[0].tags[tag].overwrite(value, dtype=4)
        assert reason in reason_of(tmp_path / "a.tif")

    def test_tiff_giant_tile(self, tmp_path, photo):
        tifffile.imwrite(tmp_path / "a.tif", photo[..., 0], tile=(64, 64), metadata=None)
        with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
            file.pages[0].tags["TileWidth"].overwrite(2**30, dtype=4)
            file.pages[0].tags["TileLength"].overwrite(2**12, dtype=4)
        with pytest.raises(LimitError, match="tile"):
            read(tmp_path / "a.tif")

    def test_frames(self, tmp_path, photo):
        tifffile.imwrite(tmp_path / "a.tif", np.stack([photo] * 5), metadata=None, photometric="rgb")
        image = read(tmp_path / "a.tif", Limits(max_frames=5))
        np.testing.assert_array_equal(image.pixels, photo)
        assert image.notes == ("first of 5 pages; 4 not read",)
        with pytest.raises(LimitError, match="frames"):
            read(tmp_path / "a.tif", Limits(max_frames=4))

    @pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
    def test_animation(self, tmp_path, photo, name):
        first, second = (Pillow.fromarray(each) for each in (photo, photo[::-1].copy()))
        first.save(tmp_path / name, save_all=True, append_images=[second], lossless=True)
        image = read(tmp_path / name)
        assert "first of 2 frames; 1 not read" in image.notes
        with Pillow.open(tmp_path / name) as expected:
            np.testing.assert_array_equal(image.pixels[..., :3], np.asarray(expected.convert("RGB")))


class TestKinds:
    """Each kind of pixel that a file can hold comes out with its documented shape, dtype and values."""

    @pytest.mark.parametrize(
        ("depth", "colour", "raw", "extra", "expected", "dtype"),
        [
            (1, 0, b"\0\xa0", [], [[255, 0, 255]], "uint8"),
            (2, 0, b"\0\x1b", [], [[0, 85, 170]], "uint8"),
            (4, 0, b"\0\x0f\x70", [], [[0, 255, 119]], "uint8"),
            (16, 0, b"\0\0\1\x12\x34\xff\xff", [], [[1, 0x1234, 0xFFFF]], "uint16"),
            (8, 4, b"\0\1\2\3\4\5\6", [], [[[1, 2], [3, 4], [5, 6]]], "uint8"),
            (2, 3, b"\0\x18", [b"\1\2\3\4\5\6\7\x08\x09"], [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], "uint8"),
            (1, 3, b"\0\xa0", [b"\1\2\3\4\5\6", b"\x80"],
             [[[4, 5, 6, 255], [1, 2, 3, 128], [4, 5, 6, 255]]], "uint8"),
            (8, 0, b"\0\1\2\3", [None, b"\0\2"], [[[1, 255], [2, 0], [3, 255]]], "uint8"),
        ],
    )  # fmt: skip
    def test_png(self, tmp_path, depth, colour, raw, extra, expected, dtype):
        names = (b"PLTE", b"tRNS")
        chunks = [chunk(name, data) for name, data in zip(names, extra, strict=False) if data is not None]
        (tmp_path / "a.png").write_bytes(png(3, 1, depth, colour, raw, *chunks))
        image = read(tmp_path / "a.png")
        assert image.pixels.tolist() == expected
        assert image.pixels.dtype == dtype
        assert probe(tmp_path / "a.png").channels == (image.pixels.shape[2:] or (1,))[0]

    def test_what_libpng_warns_of_is_a_note_of_its_image(self, tmp_path, monkeypatch):
        said = []
        monkeypatch.setattr(logging.root, "handlers", [])
        monkeypatch.setattr(logging.lastResort, "emit", said.append)  # which writes to stderr
        names = [f"{number}.png" for number in range(12)]
        for number, name in enumerate(names):
            (tmp_path / name).write_bytes(png(4, 1, 8, 0, bytes(5) + b"more" * (number % 2)))
        with ThreadPoolExecutor(3) as pool:
            found = [image.notes for image in pool.map(lambda name: read(tmp_path / name), names)]
        assert found == [(), ("PNG warning: IDAT: Too much image data",)] * 6
        assert not said

    def test_interlaced_16_bit_png(self, tmp_path, rng):
        pixels = rng.integers(0, 2**16, (13, 11, 3)).astype(np.uint16)
        passes = [pixels[y::dy, x::dx].astype(">u2") for y, x, dy, dx in ADAM7]
        raw = b"".join(b"\0" + row.tobytes() for each in passes for row in each)
        (tmp_path / "a.png").write_bytes(png(11, 13, 16, 2, raw, interlace=1))
        np.testing.assert_array_equal(read(tmp_path / "a.png").pixels, pixels)

    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "int16", "float32", "float64"])
    @pytest.mark.parametrize("byteorder", ["<", ">"])
    @pytest.mark.parametrize("planar", ["contig", "separate"])
    def test_tiff_samples(self, tmp_path, rng, dtype, byteorder, planar):
        pixels = (rng.random((7, 5, 3)) * 200).astype(dtype)
        stored = np.moveaxis(pixels, -1, 0) if planar == "separate" else pixels
        tifffile.imwrite(
            tmp_path / "a.tif", stored, byteorder=byteorder, planarconfig=planar, photometric="rgb",
            compression="zlib", metadata=None,
        )  # fmt: skip
        read_back = read(tmp_path / "a.tif").pixels
        np.testing.assert_array_equal(read_back, pixels)
        assert read_back.dtype == np.dtype(dtype)
        assert read_back.dtype.isnative
        assert read_back.flags.c_contiguous

    def test_tiff_nan_and_infinity_propagate(self, tmp_path):
        pixels = np.array([[np.nan, np.inf, -np.inf, 0.5]], np.float32)
        write(tmp_path / "a.tif", pixels)
        np.testing.assert_array_equal(read(tmp_path / "a.tif").pixels, pixels)

    def test_tiff_float16(self, tmp_path):
        tifffile.imwrite(tmp_path / "a.tif", np.array([[0.5, 2]], np.float16), metadata=None)
        image = read(tmp_path / "a.tif")
        assert image.pixels.dtype == np.float32
        assert image.pixels.tolist() == [[0.5, 2]]

    def test_tiff_tiles(self, tmp_path, photo):
        tifffile.imwrite(tmp_path / "a.tif", photo, tile=(32, 48), photometric="rgb", compression="lzw")
        np.testing.assert_array_equal(read(tmp_path / "a.tif").pixels, photo)

    def test_tiff_white_is_zero(self, tmp_path):
        tifffile.imwrite(tmp_path / "a.tif", np.array([[0, 1, 255]], np.uint8), photometric="miniswhite")
        assert read(tmp_path / "a.tif").pixels.tolist() == [[255, 254, 0]]

    def test_tiff_bits(self, tmp_path):
        bits = np.eye(9, dtype=bool)
        tifffile.imwrite(tmp_path / "a.tif", bits, photometric="minisblack", metadata=None)
        image = read(tmp_path / "a.tif")
        np.testing.assert_array_equal(image.pixels, np.eye(9, dtype=np.uint8) * 255)
        assert image.notes == ()  # a bit is black or white: nothing is scaled

    def test_tiff_12_bits_are_stretched(self, tmp_path):
        packed = iter([bytes.fromhex("000 001 800 fff".replace(" ", ""))])
        tifffile.imwrite(
            tmp_path / "a.tif", packed, shape=(1, 4), dtype=np.uint16, bitspersample=12, metadata=None
        )
        image = read(tmp_path / "a.tif")
        assert image.pixels.tolist() == [[0, 16, 32776, 65535]]
        assert image.notes == ("12-bit samples scaled to 16 bits",)

    def test_tiff_palette(self, tmp_path):
        colours = np.zeros((3, 256), np.uint16)
        colours[:, 7] = 0x1234, 0xABCD, 0xFFFF
        tifffile.imwrite(
            tmp_path / "a.tif", np.array([[0, 7]], np.uint8), photometric="palette", colormap=colours
        )
        assert read(tmp_path / "a.tif").pixels.tolist() == [[[0, 0, 0], [0x12, 0xAB, 0xFF]]]

    def test_tiff_premultiplied_alpha_is_undone(self, tmp_path):
        stored = np.array([[[50, 100, 0, 100], [0, 0, 0, 0], [9, 8, 7, 255]]], np.uint8)
        tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", extrasamples=["assocalpha"])
        image = read(tmp_path / "a.tif")
        assert image.pixels.tolist() == [[[128, 255, 0, 100], [0, 0, 0, 0], [9, 8, 7, 255]]]
        assert "premultiplied alpha undone" in image.notes

    @pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
    def test_cmyk(self, tmp_path, name):
        ink = np.full((16, 16, 4), (0, 100, 255, 51), np.uint8)
        Pillow.frombytes("CMYK", (16, 16), ink.tobytes()).save(
            tmp_path / name, **({"quality": 100} if name == "a.jpg" else {})
        )
        image = read(tmp_path / name)
        np.testing.assert_allclose(image.pixels, np.broadcast_to([204, 124, 0], (16, 16, 3)), atol=2)
        assert "CMYK without a profile converted to RGB by (1 - ink)(1 - black)" in image.notes

    def test_tiff_colour_space_that_has_no_rgb(self, tmp_path, photo):
        tifffile.imwrite(tmp_path / "a.tif", photo, photometric="cielab", metadata=None)
        assert "CIELAB" in reason_of(tmp_path / "a.tif")

    def test_npy(self, tmp_path):
        pixels = np.arange(24, dtype=">f8").reshape(2, 3, 4)
        np.save(tmp_path / "a.npy", np.asfortranarray(pixels))
        image = read(tmp_path / "a.npy")
        np.testing.assert_array_equal(image.pixels, pixels)
        assert image.pixels.dtype == np.float64
        assert image.pixels.flags.c_contiguous
        assert image.pixels.dtype.isnative

    def test_npy_of_objects_is_never_unpickled(self, tmp_path):
        np.save(tmp_path / "a.npy", np.array([[{}]], dtype=object), allow_pickle=True)
        assert "unpickled" in reason_of(tmp_path / "a.npy")

    @pytest.mark.parametrize("array", [np.zeros(3), np.zeros((2, 2, 5)), np.zeros((2, 2), complex)])
    def test_npy_of_another_shape(self, tmp_path, array):
        np.save(tmp_path / "a.npy", array)
        assert "shape" in reason_of(tmp_path / "a.npy")

    def test_npy_without_pixels(self, tmp_path):
        np.save(tmp_path / "a.npy", np.zeros((0, 4)))
        assert "no pixels" in reason_of(tmp_path / "a.npy")


def test_many_threads(tmp_path, photo):
    names = [f"{i}.{ext}" for i in range(4) for ext in ("png", "jpg", "tif", "webp", "bmp")]

    def there_and_back(name):
        write(tmp_path / name, photo)
        return read(tmp_path / name).pixels

    with ThreadPoolExecutor(4) as pool:
        for name, pixels in zip(names, pool.map(there_and_back, names), strict=True):
            assert np.abs(pixels.astype(int) - photo).max() <= (40 if name.endswith("jpg") else 0)


@pytest.mark.parametrize("options", [{}, {"rowsperstrip": 7}, {"tile": (16, 32)}, {"predictor": True}])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_tiff_lzw(tmp_path, rng, options, dtype, byteorder):
    pixels = (rng.random((41, 53, 3)) * 255).astype(dtype)
    tifffile.imwrite(
        tmp_path / "a.tif", pixels, photometric="rgb", compression="lzw", byteorder=byteorder, **options
    )
    np.testing.assert_array_equal(read(tmp_path / "a.tif").pixels, pixels)


def test_tiff_lzw_with_codes_that_do_not_exist_yet(tmp_path, photo):
    """Decoders that follow such a code read what is not theirs."""
    tifffile.imwrite(tmp_path / "a.tif", photo, compression="lzw", photometric="rgb", metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        (at,) = file.pages[0].dataoffsets
    data = bytearray((tmp_path / "a.tif").read_bytes())
    data[at + 4 : at + 400] = b"\xff\xfe" * 198
    (tmp_path / "a.tif").write_bytes(data)
    assert "not yet in table" in reason_of(tmp_path / "a.tif")
