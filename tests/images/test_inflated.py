"""PNGs whose pixels ISA-L inflates: what becomes of each is what libpng alone makes of it."""

import io
import random
import struct
import zlib

import imagecodecs
import numpy as np
import pytest

from convpipe.images import Metadata
from convpipe.images.formats import inflated, png
from convpipe.images.formats.inflated import SIGNATURE, raw_size, with_stored_pixels
from convpipe.images.formats.png import SAMPLES, chunk
from convpipe.images.source import Source
from convpipe.limits import DEFAULT_LIMITS

ROWS, COLS = 13, 21
KINDS = [
    (1, 0, 0),
    (1, 0, 1),
    (2, 3, 0),
    (4, 3, 1),
    (8, 3, 0),
    (8, 0, 0),
    (8, 2, 1),
    (8, 6, 0),
    (16, 4, 0),
    (16, 6, 1),
]
"""Depth, colour type, whether it is interlaced."""


@pytest.fixture(autouse=True)
def of_any_size(monkeypatch):
    monkeypatch.setattr(inflated, "LEAST", 0)
    monkeypatch.setattr(inflated, "MOST_SHRUNK", 1 << 20)


def made(depth, colour, interlaced, *, chunk_bytes=37, level=6):
    """Return a PNG of noise, with a filter type of its own for every row."""
    rng = np.random.default_rng(depth * 10 + colour)
    bits = depth * (1 if colour == 3 else SAMPLES[colour])
    raw = rng.integers(0, 256, raw_size(ROWS, COLS, bits, interlaced), dtype=np.uint8)
    at = 0
    for row, col, row_step, col_step in inflated.ADAM7 if interlaced else ((0, 0, 1, 1),):
        for _ in range(row, ROWS if col < COLS else 0, row_step):
            raw[at] = rng.integers(5)
            at += 1 + -(-len(range(col, COLS, col_step)) * bits // 8)
    palette = (
        [chunk(b"PLTE", rng.integers(0, 256, 3 << depth, dtype=np.uint8).tobytes())] if colour == 3 else []
    )
    return of_stream(zlib.compress(raw.tobytes(), level), (depth, colour, interlaced), palette, chunk_bytes)


def of_stream(stream, kind, before=(), chunk_bytes=1 << 20, extent=(ROWS, COLS)):
    depth, colour, interlaced = kind
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *extent[::-1], depth, colour, 0, 0, interlaced))
    pixels = [chunk(b"IDAT", stream[at : at + chunk_bytes]) for at in range(0, len(stream), chunk_bytes)]
    return b"".join([SIGNATURE, head, *before, *pixels, chunk(b"IEND", b"")])


def outcome(data):
    """Return the pixels of a file, or why there are none."""
    source = Source(io.BytesIO(data), len(data), "png")
    try:
        with source.reading():
            return png.decode(source, png.header(source, DEFAULT_LIMITS), False).tobytes()
    except Exception as error:
        return str(error)


def by_libpng(data, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(inflated, "LEAST", 1 << 60)
        return outcome(data)


def size_of(data):
    cols, rows, depth, colour, interlaced = struct.unpack_from(">IIBB2xB", data, 16)
    return raw_size(rows, cols, depth * (1 if colour == 3 else SAMPLES[colour]), bool(interlaced))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunk_bytes", [37, 1 << 20])
def test_pixels_are_those_of_libpng(kind, chunk_bytes, monkeypatch):
    data = made(*kind, chunk_bytes=chunk_bytes)
    assert with_stored_pixels(data, size_of(data)) is not data
    assert isinstance(outcome(data), bytes)
    assert outcome(data) == by_libpng(data, monkeypatch)


def test_a_large_image_is_of_many_blocks(monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 40, (300, 700, 3), dtype=np.uint8)
    data = b"".join(png.encode(pixels, False, Metadata(), None, None))
    assert raw_size(300, 700, 24, False) > 9 * inflated.BLOCK
    assert len(with_stored_pixels(data, size_of(data))) > pixels.nbytes
    assert outcome(data) == pixels.tobytes()


@pytest.mark.parametrize("seed", range(3))
def test_damage_ends_as_by_libpng(seed, monkeypatch):
    rng, kinds = random.Random(seed), []
    files = [made(*kind, level=level) for kind in KINDS for level in (0, 6)]
    for _ in range(400):
        data = bytearray(rng.choice(files))
        for _ in range(rng.choice((1, 1, 4))):
            at = rng.randrange(33, len(data))
            data[at : at + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
        data = rng.choice((bytes, with_right_crcs))(data)
        assert outcome(data) == by_libpng(data, monkeypatch)
        kinds.append(type(outcome(data)))
    assert {bytes, str} == set(kinds)


def with_right_crcs(data):
    """Return a damaged file whose chunks are sound, so that the damage comes as far as their content."""
    at, out = len(SIGNATURE), [data[: len(SIGNATURE)]]
    while at + 12 <= len(data) and (end := at + 12 + int.from_bytes(data[at : at + 4], "big")) <= len(data):
        out.append(chunk(bytes(data[at + 4 : at + 8]), bytes(data[at + 8 : end - 4])))
        at = end
    return b"".join([*out, data[at:]])


def streams():
    """Yield what is wrong with a stream, and the stream."""
    raw = bytes(ROWS * (COLS + 1))
    sound = zlib.compress(raw)
    yield "checksum", sound[:-1] + bytes([sound[-1] ^ 1])
    yield "breaks off", sound[:-3]
    yield "too few samples", zlib.compress(raw[:-1])
    yield "too many", zlib.compress(raw + b"\0")
    yield "bytes behind it", sound + b"behind"
    yield "a dictionary", b"\x78\x20" + sound[2:]
    yield "no method of PNG", b"\x79\x9c" + sound[2:]
    yield "nothing", b""


@pytest.mark.parametrize("stream", [pytest.param(stream, id=what) for what, stream in streams()])
@pytest.mark.parametrize("chunk_bytes", [5, 1 << 20])
def test_what_is_wrong_is_left_to_libpng(stream, chunk_bytes, monkeypatch):
    data = of_stream(stream, (8, 0, 0), chunk_bytes=chunk_bytes)
    assert with_stored_pixels(data, size_of(data)) is data
    assert outcome(data) == by_libpng(data, monkeypatch)


def test_pixels_that_a_chunk_parts_are_left_to_libpng():
    first, _, rest = made(8, 0, 0).partition(b"\0\0\0%IDAT")
    data = first + chunk(b"IDAT", b"") + chunk(b"tRNS", b"\0\0") + b"\0\0\0%IDAT" + rest
    assert with_stored_pixels(data, size_of(data)) is data


def test_a_stream_that_looks_back_further_than_it_says_is_read(monkeypatch):
    """Its checksums say that the pixels are those that were meant; libpng alone refuses it."""
    row = np.random.default_rng(0).integers(0, 256, 3000, dtype=np.uint8)
    pixels = np.repeat(row[np.newaxis], 9, axis=0)
    stream = zlib.compress(np.pad(pixels, ((0, 0), (1, 0))).tobytes())
    data = of_stream(b"\x18\x19" + stream[2:], (8, 0, 0), extent=pixels.shape)
    assert outcome(data) == pixels.tobytes()
    assert "too far back" in by_libpng(data, monkeypatch)


def test_small_images_and_long_repeats_are_left_to_zlib(monkeypatch):
    monkeypatch.undo()
    small = np.random.default_rng(0).integers(0, 256, (40, 60), dtype=np.uint8)
    flat = np.zeros((400, 600), np.uint8)
    for pixels in (small, flat):
        data = imagecodecs.png_encode(pixels)
        assert with_stored_pixels(data, size_of(data)) is data
