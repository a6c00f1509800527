"""What keeps codecs fast: memory that is used again, and files that are searched no more than needed."""

import struct
import time
import zlib

import imagecodecs
import numpy as np
import pytest

from convpipe.errors import LimitError, ReadError
from convpipe.images import read, write
from convpipe.images.formats import jpeg

START_OF_SCAN = b"\xff\xda"


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_decoding_uses_memory_that_came_back(tmp_path, name):
    write(tmp_path / name, np.full((700, 800, 3), 90, np.uint8))
    first, second = read(tmp_path / name), read(tmp_path / name)
    place = first.pixels.ctypes.data
    assert second.pixels.ctypes.data != place
    del first
    assert read(tmp_path / name).pixels.ctypes.data == place


@pytest.fixture
def sequential():
    """A JPEG of one scan, and what a file like a scan more would be after it."""
    return imagecodecs.jpeg8_encode(np.zeros((16, 16, 3), np.uint8), 90)


def test_scans_are_counted_where_there_may_be_several(monkeypatch, sequential):
    monkeypatch.setattr(jpeg, "MAX_SCANS", 0)
    assert jpeg.is_complete(sequential)
    progressive = sequential.replace(b"\xff\xc0", b"\xff\xc2", 1)
    one_component = bytearray(sequential)
    one_component[sequential.index(START_OF_SCAN) + 4] = 1
    for file in progressive, bytes(one_component):
        with pytest.raises(LimitError, match="more than 0 scans"):
            jpeg.is_complete(file + START_OF_SCAN + sequential[-2:])


def test_libjpeg_refuses_scans_after_a_whole_one(tmp_path, sequential):
    """So they need not be counted: thousands of them cost nothing."""
    scan = sequential[sequential.index(START_OF_SCAN) : -2]
    (tmp_path / "a.jpg").write_bytes(sequential[:-2] + scan * 5000 + sequential[-2:])
    began = time.process_time()
    with pytest.raises(ReadError):
        read(tmp_path / "a.jpg")
    assert time.process_time() - began < 1


def test_chunks_that_decoders_do_not_see_are_cut_out_of_a_png(tmp_path, rng):
    """A PNG without such chunks is decoded as it stands; one with them, before or between, to the same."""
    pixels = rng.integers(0, 256, (90, 300, 3), np.uint8)
    plain = imagecodecs.png_encode(pixels, 1)
    place = plain.index(b"IDAT") - 4
    length = int.from_bytes(plain[place : place + 4], "big")
    text = struct.pack(">I", 3) + b"tEXtk\0v" + struct.pack(">I", zlib.crc32(b"tEXtk\0v"))
    end = place + 12 + length
    for content in plain, plain[:place] + text + plain[place:], plain[:end] + text + plain[end:]:
        (tmp_path / "a.png").write_bytes(content)
        np.testing.assert_array_equal(read(tmp_path / "a.png").pixels, pixels)
