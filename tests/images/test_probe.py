"""Probing: the header alone, in flat memory, and in agreement with reading."""

import struct
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from PIL import Image as Pillow

from convpipe.errors import ReadError
from convpipe.images import ImageInfo, probe, read, write
from convpipe.limits import DEFAULT_LIMITS


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp", "a.bmp"])
@pytest.mark.parametrize("channels", [1, 3])
def test_says_what_reading_gives(tmp_path, rng, name, channels):
    shape = (21, 34) if channels == 1 else (21, 34, 3)
    write(tmp_path / name, rng.integers(0, 256, shape).astype(np.uint8))
    info, image = probe(tmp_path / name), read(tmp_path / name)
    pixels = image.pixels
    expected = ImageInfo(
        tmp_path / name, image.format, (21, 34), pixels.size // (21 * 34), False, pixels.dtype.name, 1, ()
    )
    assert info == expected


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P"])
@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp", "a.gif", "a.bmp"])
def test_alpha_is_what_the_file_says(tmp_path, name, mode):
    picture = Pillow.new("RGBA", (9, 7), (1, 2, 3, 100)).convert(mode)
    try:
        picture.save(tmp_path / name, **({"transparency": 0} if mode == "P" and name != "a.bmp" else {}))
    except (OSError, ValueError):
        pytest.skip(f"Pillow writes no {mode} into {name}")
    info, image = probe(tmp_path / name), read(tmp_path / name)
    with Pillow.open(tmp_path / name) as stored:
        assert info.alpha == image.alpha == stored.has_transparency_data
    assert info.shape == image.pixels.shape
    assert info.channels == (1 if image.pixels.ndim == 2 else image.pixels.shape[2])


def test_an_array_on_disk_has_no_alpha(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((3, 4, 4), np.uint8))
    assert not probe(tmp_path / "a.npy").alpha
    assert not read(tmp_path / "a.npy").alpha


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp", "a.bmp"])
def test_memory_does_not_follow_the_image(tmp_path, name):
    write(tmp_path / name, np.zeros((2000, 3000, 3), np.uint8))
    probe(tmp_path / name)  # the libraries are imported
    tracemalloc.start()
    try:
        probe(tmp_path / name)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 400_000


def test_a_damaged_picture_behind_a_sound_header(tmp_path, rng):
    write(tmp_path / "a.png", rng.integers(0, 256, (30, 40)).astype(np.uint8))
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[data.index(b"IDAT") + 40] ^= 1
    (tmp_path / "a.png").write_bytes(data)
    assert probe(tmp_path / "a.png").extent == (30, 40)
    with pytest.raises(ReadError, match="damaged"):
        read(tmp_path / "a.png")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_extent_follows_orientation(tmp_path, orientation):
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    Pillow.new("RGB", (40, 30)).save(tmp_path / "a.jpg", exif=exif)
    assert probe(tmp_path / "a.jpg").extent == ((30, 40) if orientation < 5 else (40, 30))


def test_frames_are_counted_and_noted(tmp_path):
    page = Pillow.new("L", (4, 3))
    page.save(tmp_path / "a.tif", save_all=True, append_images=[page, page])
    info = probe(tmp_path / "a.tif")
    assert info.frames == 3
    assert info.notes == ("first of 3 pages; 2 not read",)


@pytest.mark.parametrize("kind", [b"VP8X", b"VP8L", b"VP8 "])
def test_webp_headers(tmp_path, kind):
    picture = Pillow.new("RGBA", (40, 30), (1, 2, 3, 100))
    options = {
        b"VP8X": {"lossless": True, "icc_profile": bytes(200)},
        b"VP8L": {"lossless": True},
        b"VP8 ": {"quality": 80},
    }[kind]
    (picture.convert("RGB") if kind == b"VP8 " else picture).save(tmp_path / "a.webp", **options)
    assert kind in (tmp_path / "a.webp").read_bytes()[12:16]
    info = probe(tmp_path / "a.webp")
    assert (info.extent, info.channels) == ((30, 40), 3 if kind == b"VP8 " else 4)


def test_webp_extent_is_limited_before_decoding(tmp_path):
    huge = b"VP8X" + struct.pack("<I", 10) + bytes(4) + (2**24 - 1).to_bytes(3, "little") * 2
    (tmp_path / "a.webp").write_bytes(b"RIFF" + struct.pack("<I", 4 + len(huge)) + b"WEBP" + huge)
    with pytest.raises(ReadError, match=str(DEFAULT_LIMITS.max_pixels)):
        probe(tmp_path / "a.webp")


def test_importing_loads_no_image_library():
    code = (
        "import sys, convpipe.images; "
        "print([m for m in ('PIL', 'tifffile', 'imagecodecs', 'numba') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
