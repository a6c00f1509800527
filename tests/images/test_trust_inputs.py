"""What a file may be, case by case: each ends as the right result or as one line that says why not.

Every case runs through a folder job, which reads, plans, filters (here: crops) and writes.
"""

import io
import pickle
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
import tifffile
from fakes import FakePipeline
from PIL import Image as Pillow
from PIL import ImageCms

from convpipe.batch import run_folder
from convpipe.images import Limits, read, read_pages, write

RGB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def source(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def run(source, tmp_path):
    """Run a folder job over ``in``, and return its report."""
    return lambda **options: run_folder(FakePipeline(), source, tmp_path / "out", **options)


@pytest.fixture
def refused(run, tmp_path):
    """Run the job, which must refuse every file in one line and leave no output; return reasons by name."""

    def call(**options):
        report = run(**options)
        assert report.done == 0
        assert report.exit_code == 1
        assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".jsonl"}
        for result in report.failures:
            assert result.stage == "read"
            assert result.reason.isprintable()
            assert len(result.reason) < 400
        return {result.path: result.reason for result in report.failures}

    return call


@pytest.fixture
def result(run, tmp_path):
    """Run the job, which must do every file, and return the result of one."""

    def call(name, **options):
        report = run(**options)
        assert report.failures == []
        image = read(tmp_path / "out" / name)
        (record,) = (each for each in report.results if each.output == name)
        return image, record

    return call


@pytest.fixture
def photo(rng):
    rows, cols = np.mgrid[:48, :64]
    smooth = np.stack([rows * 3, cols * 2, rows + cols], axis=-1)
    return np.clip(smooth + rng.normal(0, 3, smooth.shape), 0, 255).astype(np.uint8)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width, height, depth=8, colour=0, *, raw=b"\0" * 100, extra=b""):
    ihdr = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + ihdr + extra + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def cropped(pixels):
    return pixels[1:-1, 1:-1]


def overwrite(path, **tags):
    with tifffile.TiffFile(path, mode="r+") as file:
        for name, value in tags.items():
            file.pages[0].tags[name].overwrite(value, dtype=4)


def test_case_01_empty_files_and_text_are_errors(source, refused):
    (source / "empty.png").touch()
    (source / "text.png").write_text("no picture, but a few words")
    reasons = refused()
    assert reasons["empty.png"] == "the file is empty (0 bytes)"
    assert "the file holds text" in reasons["text.png"]


@pytest.mark.parametrize("kept", [0.1, 0.6, 0.98])
def test_case_02_truncated_files_are_errors(source, refused, photo, kept):
    names = ("a.png", "b.jpg", "c.gif", "d.tif", "e.webp", "f.bmp")
    for name in names:
        Pillow.fromarray(photo).save(source / name)
        whole = (source / name).read_bytes()
        (source / name).write_bytes(whole[: int(len(whole) * kept)])
    assert set(refused(format="png")) == set(names)


def test_case_02_allow_truncated_is_opt_in_and_recorded(source, run, photo, tmp_path):
    for name in ("a.png", "b.jpg"):
        Pillow.fromarray(photo).save(source / name)
        whole = (source / name).read_bytes()
        (source / name).write_bytes(whole[: len(whole) * 3 // 4])
    plain = run()
    assert plain.failed == 2
    half = run(allow_truncated=True)
    assert half.failures == []
    notes = {each.path: " ".join(each.notes) for each in half.results}
    assert "of the pixels are there; the others are black" in notes["a.png"]
    assert "filled with grey" in notes["b.jpg"]
    top = read(tmp_path / "out" / "a.png").pixels
    np.testing.assert_array_equal(top[:20], cropped(photo)[:20])
    assert not top[-5:].any()


def test_case_02_a_resume_tells_half_images_from_whole_ones(source, run, photo):
    """Whether half an image will do is part of what a journal's records agree in; limits are not."""
    write(source / "a.png", photo)
    run()
    assert run(resume=True, limits=Limits(max_frames=7)).kept == 1
    with pytest.raises(Exception, match="journal of another job"):
        run(resume=True, allow_truncated=True)


@pytest.mark.parametrize("interlaced", [0, 1])
def test_case_02_what_is_left_of_a_png(tmp_path, photo, interlaced):
    import imagecodecs

    kinds = [photo, photo[..., 0], (photo.astype(np.uint16) * 257), photo[..., [0, 1]]]
    for pixels in kinds:
        if interlaced:
            channels = 1 if pixels.ndim == 2 else pixels.shape[2]
            rows = [
                b"\0" + row.astype(pixels.dtype.newbyteorder(">")).tobytes()
                for r, c, dr, dc in ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4),
                                     (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
                for row in pixels[r::dr, c::dc]
            ]  # fmt: skip
            head = struct.pack(">IIBBBBB", 64, 48, 8 * pixels.itemsize, {1: 0, 2: 4, 3: 2}[channels], 0, 0, 1)
            whole = (
                b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"".join(rows)))
            )
            whole += chunk(b"IEND", b"")
        else:
            whole = imagecodecs.png_encode(np.ascontiguousarray(pixels))
        path = tmp_path / "a.png"
        path.write_bytes(whole)
        np.testing.assert_array_equal(read(path, allow_truncated=True).pixels, pixels)
        path.write_bytes(whole[:-20])  # almost all of it is there
        image = read(path, allow_truncated=True)
        assert image.pixels.shape == pixels.shape
        assert (image.pixels == pixels).mean() > 0.7


def test_case_03_bad_checksums_are_refused(source, refused, photo):
    write(source / "a.png", photo)
    data = bytearray((source / "a.png").read_bytes())
    at = data.index(b"IDAT")
    data[at + 4 + int.from_bytes(data[at - 4 : at], "big")] ^= 1
    (source / "a.png").write_bytes(data)
    assert "CRC" in refused()["a.png"]


def test_case_03_a_bad_checksum_with_allow_truncated(source, result, photo):
    write(source / "a.png", photo)
    data = bytearray((source / "a.png").read_bytes())
    at = data.index(b"IDAT")
    data[at + 4 + int.from_bytes(data[at - 4 : at], "big")] ^= 1
    (source / "a.png").write_bytes(data)
    image, record = result("a.png", allow_truncated=True)
    np.testing.assert_array_equal(image.pixels, cropped(photo))
    assert record.notes[0].startswith("damaged or truncated: 100%")


BOMBS = """\
import re, sys
from convpipe.errors import LimitError
from convpipe.images import probe, read
for path in sys.argv[1:]:
    try:
        read(path)
    except LimitError:
        continue
    raise SystemExit(f"{path} was read")
print(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1] if sys.platform == "linux" else 0)
"""
"""Prints its peak of memory: that of getrusage starts with the peak of whoever started it."""


def test_case_04_bombs_are_refused_from_their_headers(source, refused, tmp_path):
    (source / "pixels.png").write_bytes(png_of(100_000, 100_000))
    rows = zlib.compressobj(9)
    blank = b"".join(rows.compress(bytes(1 << 20)) for _ in range(100)) + rows.flush()
    ihdr = chunk(b"IHDR", struct.pack(">IIBBBBB", 16_000, 25_000, 1, 0, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + ihdr + chunk(b"IDAT", blank[:4000]) + chunk(b"IEND", b"")
    (source / "ratio.png").write_bytes(bomb)
    profile = chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(100 << 20)))
    (source / "profile.png").write_bytes(png_of(1, 1, raw=b"\0\0", extra=profile))
    reasons = refused()
    assert "(limits: max_pixels)" in reasons["pixels.png"]
    assert "(limits: max_ratio)" in reasons["ratio.png"]
    assert "(limits: max_metadata_bytes)" in reasons["profile.png"]
    files = [str(path) for path in source.iterdir()]
    done = subprocess.run([sys.executable, "-c", BOMBS, *files], capture_output=True, text=True, check=True)
    assert int(done.stdout) * 1024 < 300e6


@pytest.mark.parametrize("name", ["a.png", "a.gif", "a.bmp"])
def test_case_05_between_one_and_two_times_pillows_limit_nothing_warns(source, run, name):
    """Pillow warns between its limit and twice that; here one limit decides, for every format alike."""
    side = 9_500  # 90 million pixels; Pillow's limit is 89
    assert Pillow.MAX_IMAGE_PIXELS < side * side < 2 * Pillow.MAX_IMAGE_PIXELS
    Pillow.fromarray(np.zeros((8, 8), np.uint8)).save(source / name)
    data = bytearray((source / name).read_bytes())
    if name == "a.png":
        data = png_of(side, side)
    elif name == "a.gif":
        struct.pack_into("<HH", data, 6, side, side)
    else:
        struct.pack_into("<ii", data, 18, side, side)
    (source / name).write_bytes(data)
    report = run(limits=Limits(max_pixels=side * side - 1), format="png")
    assert f"{side} rows x {side} columns" in report.failures[0].reason


def test_case_05_a_gif_whose_frame_is_larger_than_its_screen(source, refused, photo):
    Pillow.fromarray(photo).save(source / "a.gif")
    data = bytearray((source / "a.gif").read_bytes())
    at = data.index(b",\0\0\0\0" + struct.pack("<HH", 64, 48))
    struct.pack_into("<HH", data, at + 5, 65_000, 1_500)  # 97 million pixels, more than Pillow's limit
    (source / "a.gif").write_bytes(data)
    assert "1500 rows x 65000 columns" in refused(format="png")["a.gif"]


def test_case_06_a_tiff_that_claims_terabytes_and_a_giant_tile(source, refused, photo):
    tifffile.imwrite(source / "huge.tif", photo[..., 0], metadata=None)
    overwrite(source / "huge.tif", ImageWidth=2_000_000, ImageLength=1_900_000)  # 3.5 TiB
    tifffile.imwrite(source / "tile.tif", photo[..., 0], tile=(32, 32), metadata=None)
    overwrite(source / "tile.tif", TileWidth=20_000, TileLength=60_000)
    tifffile.imwrite(source / "tag.tif", photo[..., 0], metadata=None, extratags=[(700, 1, 4, b"abcd", True)])
    data = bytearray((source / "tag.tif").read_bytes())
    struct.pack_into("<I", data, data.index(struct.pack("<HHI", 700, 1, 4)) + 4, 1 << 30)
    (source / "tag.tif").write_bytes(data)
    reasons = refused()
    assert "3800000000000 pixels" in reasons["huge.tif"]
    assert "a tile claims 60000 rows" in reasons["tile.tif"]
    assert "(limits: max_metadata_bytes)" in reasons["tag.tif"]


def test_case_06_a_tile_of_legal_extent_that_is_too_large(source, refused, photo):
    tifffile.imwrite(source / "tile.tif", photo[..., 0], tile=(32, 32), metadata=None)
    overwrite(source / "tile.tif", TileWidth=16_000, TileLength=16_000)
    assert "(limits: max_tile_bytes)" in refused(limits=Limits(max_tile_bytes=200_000_000))["tile.tif"]


@pytest.mark.parametrize("pages", [1, 3])
def test_case_07_loops_of_directories_end(source, result, photo, pages):
    with tifffile.TiffWriter(source / "a.tif") as writer:
        for _ in range(pages):
            writer.write(photo, metadata=None, photometric="rgb")
    with tifffile.TiffFile(source / "a.tif") as file:
        first, last = file.pages[0].offset, file.pages[pages - 1].offset
    data = bytearray((source / "a.tif").read_bytes())
    (tags,) = struct.unpack_from("<H", data, last)
    struct.pack_into("<I", data, last + 2 + 12 * tags, first)
    (source / "a.tif").write_bytes(data)
    image, record = result("a.tif")
    np.testing.assert_array_equal(image.pixels, cropped(photo))
    assert "the list of pages runs in a loop" in record.notes
    assert record.pages == pages


def test_case_08_no_rows_no_columns_empty_arrays(source, refused, photo):
    (source / "a.png").write_bytes(png_of(0, 5))
    tifffile.imwrite(source / "b.tif", photo[..., 0], metadata=None)
    overwrite(source / "b.tif", ImageLength=0)
    np.save(source / "c.npy", np.zeros((0, 4)))
    Pillow.fromarray(photo).save(source / "d.jpg")
    data = bytearray((source / "d.jpg").read_bytes())
    struct.pack_into(">H", data, data.index(b"\xff\xc0") + 5, 0)
    (source / "d.jpg").write_bytes(data)
    Pillow.fromarray(photo).save(source / "e.gif")
    data = bytearray((source / "e.gif").read_bytes())
    struct.pack_into("<H", data, 6, 0)
    (source / "e.gif").write_bytes(data)
    reasons = refused(format="png")
    assert len(reasons) == 5
    assert all("no pixels" in reason for reason in reasons.values())


def test_case_09_content_decides_and_the_name_is_noted(source, result, photo):
    write(source / "a.png", photo)
    (source / "a.png").rename(source / "a.tif")
    image, record = result("a.tif")
    assert image.format == "tiff"  # the result is what its name says
    assert record.notes == ("the content is png, not what the name says",)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript (EPS)"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "a PDF document"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b'<?xml version="1.0"?>\n<svg/>', "XML (perhaps SVG)"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\0\0\0\x20ftypheic\0\0\0\0", "an ISO media file"),
        (b"#!/bin/sh\n", "text"),
    ],
)
def test_case_09_what_is_not_in_the_allowlist_is_refused(source, refused, content, named):
    (source / "a.jpg").write_bytes(content)
    assert named in refused()["a.jpg"]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
def test_case_10_orientation_is_applied_once(source, result, run, photo, tmp_path, name, orientation):
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if name == "a.webp" else {}
    Pillow.fromarray(photo).save(source / name, exif=exif, **options)
    image, record = result(name)
    upright = photo.swapaxes(0, 1) if orientation >= 5 else photo
    upright = upright[::-1] if orientation in (3, 4, 7, 8) else upright
    upright = upright[:, ::-1] if orientation in (2, 3, 6, 7) else upright
    np.testing.assert_array_equal(image.pixels, cropped(upright))
    assert record.input == upright.shape[:2]
    with Pillow.open(tmp_path / "out" / name) as again:  # what any other reader makes of it
        assert again.getexif().get(0x0112, 1) == 1


class TestCase11:
    """Kinds of pixels: a documented conversion, never silent clipping to 8 bits."""

    def test_case_11_palette_with_alpha(self, source, result):
        picture = Pillow.new("P", (4, 3))
        picture.putpalette([10, 20, 30, 40, 50, 60])
        picture.putdata([0, 1] * 6)
        picture.save(source / "a.png", transparency=bytes([128, 255]))
        image, _ = result("a.png")
        assert image.pixels.tolist() == [[[40, 50, 60, 255], [10, 20, 30, 128]]]

    def test_case_11_grey_with_alpha(self, source, result, rng):
        pixels = rng.integers(0, 256, (5, 6, 2)).astype(np.uint8)
        Pillow.fromarray(pixels, "LA").save(source / "a.png")
        np.testing.assert_array_equal(result("a.png")[0].pixels, cropped(pixels))

    @pytest.mark.parametrize("name", ["a.png", "a.tif", "a.bmp"])
    def test_case_11_one_bit(self, source, result, name):
        bits = np.eye(9, dtype=bool)
        Pillow.fromarray(bits).save(source / name)
        np.testing.assert_array_equal(result(name)[0].pixels, cropped(bits) * np.uint8(255))

    @pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
    def test_case_11_ink_without_a_profile(self, source, result, name):
        ink = np.full((16, 16, 4), (0, 100, 255, 51), np.uint8)
        options = {"quality": 100} if name == "a.jpg" else {}
        Pillow.fromarray(ink, mode="CMYK").save(source / name, **options)
        image, record = result(name, quality=100)
        np.testing.assert_allclose(image.pixels, np.broadcast_to([204, 124, 0], (14, 14, 3)), atol=3)
        assert record.notes == ("CMYK without a profile converted to RGB by (1 - ink)(1 - black)",)

    @pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
    def test_case_11_ink_with_a_profile(self, source, result, name):
        """The profile's cyan is a pink: nothing but the profile gives that colour."""
        ink = np.full((16, 16, 4), (255, 0, 0, 0), np.uint8)
        options = {"quality": 100} if name == "a.jpg" else {}
        Pillow.fromarray(ink, mode="CMYK").save(source / name, icc_profile=cmyk_profile(), **options)
        image, record = result(name, quality=100)
        np.testing.assert_allclose(image.pixels, np.broadcast_to([205, 62, 121], (14, 14, 3)), atol=6)
        assert record.notes == ("CMYK converted to sRGB through its profile",)
        assert image.metadata.icc is None

    @pytest.mark.parametrize("name", ["a.png", "a.tif"])
    def test_case_11_sixteen_bits(self, source, result, rng, name):
        pixels = rng.integers(0, 65_536, (7, 8, 3)).astype(np.uint16)
        write(source / name, pixels)
        image, _ = result(name)
        np.testing.assert_array_equal(image.pixels, cropped(pixels))
        assert image.pixels.dtype == np.uint16

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_case_11_floating_point(self, source, result, rng, dtype):
        pixels = (rng.random((7, 8)) * 1000 - 500).astype(dtype)
        write(source / "a.tif", pixels)
        image, _ = result("a.tif")
        np.testing.assert_array_equal(image.pixels, cropped(pixels))
        assert image.pixels.dtype == dtype

    def test_case_11_floating_point_to_a_format_that_has_none(self, source, run):
        write(source / "a.tif", np.zeros((7, 8), np.float32))
        (failure,) = run(format="png").failures
        assert failure.stage == "write"
        assert failure.reason == "png cannot hold float32 with 1 channel; tiff can"


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_case_12_the_first_frame_of_an_animation_with_a_note(source, result, photo, name):
    frames = [Pillow.fromarray(each) for each in (photo, photo[::-1].copy(), 255 - photo)]
    frames[0].save(source / name, save_all=True, append_images=frames[1:], lossless=True)
    image, record = result("a.png", format="png")
    assert "first of 3 frames; 2 left" in record.notes
    assert image.pixels.shape[:2] == cropped(photo).shape[:2]


def test_case_12_frames_are_capped(source, refused, photo):
    frames = [Pillow.fromarray(photo)] * 4
    frames[0].save(source / "a.tif", save_all=True, append_images=frames[1:])
    different = [Pillow.fromarray(photo), Pillow.fromarray(255 - photo), Pillow.fromarray(photo[::-1].copy())]
    different[0].save(source / "b.gif", save_all=True, append_images=different[1:])
    reasons = refused(limits=Limits(max_frames=2), format="tiff")
    assert all("(limits: max_frames)" in reason for reason in reasons.values())
    assert len(reasons) == 2


def test_case_12_every_page_of_a_tiff(source, run, photo, tmp_path):
    with tifffile.TiffWriter(source / "a.tif") as writer:
        for page in (photo, photo[..., 0], photo[:20]):
            writer.write(page, metadata=None)
    (record,) = run().results
    assert record.pages == 3
    shapes = [image.pixels.shape for image in read_pages(tmp_path / "out" / "a.tif")]
    assert shapes == [(46, 62, 3), (46, 62), (18, 62, 3)]


def test_case_13_nan_and_infinity_propagate(source, result):
    pixels = np.full((5, 5), 0.5, np.float32)
    pixels[2, 1:4] = np.nan, np.inf, -np.inf
    write(source / "a.tif", pixels)
    np.testing.assert_array_equal(result("a.tif")[0].pixels, cropped(pixels))


def test_case_13_to_integers_nan_is_0_and_counted(source, tmp_path):
    import convpipe

    pixels = np.full((5, 5), 7, np.float32)
    pixels[2, 1:4] = np.nan, np.inf, -np.inf
    write(source / "a.tif", pixels)
    same = convpipe.stage("custom", "same", kernel=[[1]])
    pipeline = convpipe.Pipeline([same], dtype="uint8", backend="cpu")
    report = pipeline.run_folder(source, tmp_path / "out")
    assert report.nans == 1
    found = read(tmp_path / "out" / "a.tif").pixels
    assert found[2].tolist() == [7, 0, 255, 0, 7]


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_case_14_broken_metadata_is_dropped_with_a_note(source, result, photo, name):
    options = {} if name == "a.tif" else {"exif": b"Exif\0\0MM\0*\0\0\xff\xff"}
    Pillow.fromarray(photo).save(source / name, icc_profile=RGB_PROFILE[:-9], **options)
    image, record = result(name)
    assert image.pixels.shape == cropped(photo).shape
    assert "broken ICC profile dropped" in record.notes
    assert name == "a.tif" or "broken EXIF dropped" in record.notes
    assert (image.metadata.icc, image.metadata.exif) == (None, None)


class Mine:
    """Unpickling this would be seen."""

    def __reduce__(self):
        return (pytest.fail, ("it was unpickled",))


def test_case_15_an_array_of_objects_is_never_unpickled(source, refused):
    out = io.BytesIO()
    np.save(out, np.zeros((2, 2), object), allow_pickle=True)
    head = out.getvalue()[: out.getvalue().index(b"\n") + 1]
    (source / "a.npy").write_bytes(head + pickle.dumps(np.array([[Mine()]], object)))
    assert "never unpickled" in refused(format="png")["a.npy"]


def cmyk_profile():
    """Return a CMYK profile (ICC.1:2022, lut8Type) of four inks: cyan is pink, black is black."""
    lab = [
        value
        for c in (0, 1) for _magenta in (0, 1) for _yellow in (0, 1) for k in (0, 1)
        for value in (int(255 * (1 - k) * (1 - 0.5 * c)), 128 + 60 * c * (1 - k), 128)
    ]  # fmt: skip
    ramp, identity = bytes(range(256)), (65_536, 0, 0, 0, 65_536, 0, 0, 0, 65_536)
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + struct.pack(">9i", *identity)
    lut += ramp * 4 + bytes(lab) + ramp * 3
    table = struct.pack(">I4sII", 1, b"A2B0", 128 + 16, len(lut))
    head = bytearray(128)
    struct.pack_into(">I4sI4s4s4s", head, 0, 144 + len(lut), b"none", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    head[36:40] = b"acsp"
    struct.pack_into(">3i", head, 68, 63_190, 65_536, 54_061)
    return bytes(head) + table + lut
