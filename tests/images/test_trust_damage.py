"""What a file may lack or claim, case by case: each ends as one line that says why it is refused, or as told.

Every case runs through a folder job, which reads, plans, filters (here: crops) and writes.
"""

import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
import tifffile
from fakes import cropped
from PIL import Image as Pillow
from pngs import png

from convpipe.images import Limits, read, write
from convpipe.images.formats.png import SIGNATURE, chunk


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
    with pytest.raises(Exception, match="results of another job"):
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
            whole = SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"".join(rows)))
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
    (source / "pixels.png").write_bytes(png(100_000, 100_000))
    rows = zlib.compressobj(9)
    blank = b"".join(rows.compress(bytes(1 << 20)) for _ in range(100)) + rows.flush()
    ihdr = chunk(b"IHDR", struct.pack(">IIBBBBB", 16_000, 25_000, 1, 0, 0, 0, 0))
    bomb = SIGNATURE + ihdr + chunk(b"IDAT", blank[:4000]) + chunk(b"IEND", b"")
    (source / "ratio.png").write_bytes(bomb)
    profile = chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(100 << 20)))
    (source / "profile.png").write_bytes(png(1, 1, 8, 0, b"\0\0", profile))
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
        data = png(side, side)
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
    (source / "a.png").write_bytes(png(0, 5))
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
