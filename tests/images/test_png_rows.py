"""Rows of a PNG, decoded some at a time from the first on, are those that libpng makes of the whole."""

import os
import re
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from pngs import png

from convpipe.errors import ReadError
from convpipe.images import open_image, read
from convpipe.images.formats import png_rows
from convpipe.images.formats.png import SAMPLES, SIGNATURE, chunk

CORPORA = os.environ.get("CONVPIPE_CORPORA")
PNGS = sorted(Path(CORPORA).rglob("*.png")) if CORPORA else []

ROWS, COLS = 23, 21
KINDS = [(depth, 0) for depth in (1, 2, 4, 8, 16)] + [(depth, 3) for depth in (1, 2, 4, 8)]
KINDS += [(depth, colour) for colour in (2, 4, 6) for depth in (8, 16)]
"""Depth, colour type."""


@pytest.fixture(autouse=True)
def in_short_blocks(monkeypatch):
    monkeypatch.setattr(png_rows, "PIECE_BYTES", 300)
    monkeypatch.setattr(png_rows, "STEP", 50)
    monkeypatch.setattr(png_rows, "MOST", 70)


def raw(depth, colour, rng):
    """Return scanlines of noise, each of a filter type of its own."""
    bits = depth * (1 if colour == 3 else SAMPLES[colour])
    lines = rng.integers(0, 256, (ROWS, 1 + -(-COLS * bits // 8)), dtype=np.uint8)
    lines[:, 0] = rng.integers(0, 5, ROWS)
    return lines.tobytes()


def colours(depth, colour, transparent, rng):
    """Return the chunks of a palette, and of transparent colours."""
    size = {0: 2, 2: 6, 3: 1 << depth}[colour] if transparent else 0
    values = rng.integers(0, 256, size, dtype=np.uint8)
    if colour != 3 and depth < 16:
        values[::2] = 0
        values[1::2] &= (1 << depth) - 1
    palette = [chunk(b"PLTE", rng.integers(0, 256, 3 << depth, dtype=np.uint8).tobytes())] * (colour == 3)
    return [*palette, *[chunk(b"tRNS", values.tobytes())] * transparent]


def rows_of(path, step=7):
    with open_image(path) as file:
        reader = file.rows()
        found = []
        for first in range(0, reader.rows, step):
            found.append(reader.read(first, min(first + step, reader.rows)))
            reader.forget(first + step)
        assert not reader._kept
    return np.concatenate(found)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("transparent", [False, True])
def test_kinds(tmp_path, rng, kind, transparent):
    if transparent and kind[1] in (4, 6):
        return
    data = png(COLS, ROWS, *kind, raw(*kind, rng), *colours(*kind, transparent, rng))
    (tmp_path / "a.png").write_bytes(data)
    whole, found = read(tmp_path / "a.png").pixels, rows_of(tmp_path / "a.png")
    assert found.dtype == whole.dtype
    np.testing.assert_array_equal(found, whole)


@pytest.fixture
def sound(tmp_path, rng):
    """A PNG of several chunks of pixels."""
    lines = raw(8, 2, rng)
    data = zlib.compress(lines)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", COLS, ROWS, 8, 2, 0, 0, 0))
    pixels = [chunk(b"IDAT", data[at : at + 200]) for at in range(0, len(data), 200)]
    (tmp_path / "a.png").write_bytes(b"".join([SIGNATURE, head, *pixels, chunk(b"IEND", b"")]))
    return tmp_path / "a.png"


def test_any_rows_from_many_threads(sound):
    """Two passes over bands that threads ask for in any order, of which the first begins in the midst."""
    whole = read(sound).pixels
    with open_image(sound) as file:
        reader = file.rows()
        for _ in range(2):
            starts = (14, 8, 5, 11, 17)
            with ThreadPoolExecutor(len(starts)) as pool:
                found = list(pool.map(lambda at: reader.read(at, at + 6), starts))
            for at, rows in zip(starts, found, strict=True):
                np.testing.assert_array_equal(rows, whole[at : at + 6])
            reader.forget(ROWS)
            assert not reader._kept


def test_rows_before_the_first_that_is_asked_for_are_not_kept(sound):
    with open_image(sound) as file:
        reader = file.rows()
        reader.read(20, 23)
        assert len(reader._kept) == 1


def test_damage_is_told_where_it_lies(sound):
    content = bytearray(sound.read_bytes())
    content[900] ^= 1
    sound.write_bytes(content)
    with open_image(sound) as file:
        reader = file.rows()
        reader.read(0, 8)
        for _ in range(2):
            with pytest.raises(ReadError, match="CRC of the PNG IDAT chunk at byte 881 is wrong"):
                reader.read(0, ROWS)


def test_bytes_that_are_others_are_refused_or_make_no_difference(sound, rng):
    content, whole = sound.read_bytes(), read(sound).pixels
    for at in rng.integers(8, len(content), 200):
        changed = bytearray(content)
        changed[at] ^= 1 << int(rng.integers(8))
        sound.write_bytes(changed)
        try:
            found = rows_of(sound)
        except ReadError:
            continue
        np.testing.assert_array_equal(found, whole)


@pytest.mark.parametrize(("more", "reason"), [(-1, "end before the last row"), (1, "more pixel data")])
def test_as_many_rows_as_there_are(tmp_path, rng, more, reason):
    lines = raw(8, 0, rng)
    (tmp_path / "a.png").write_bytes(png(COLS, ROWS, 8, 0, lines[:-1] if more < 0 else lines + b"x"))
    with pytest.raises(ReadError, match=reason):
        rows_of(tmp_path / "a.png")


def test_what_cannot_come_in_order_is_refused(tmp_path, rng):
    (tmp_path / "a.png").write_bytes(png(COLS, ROWS, 8, 0, bytes(2000), interlace=1))
    with open_image(tmp_path / "a.png") as file, pytest.raises(ReadError, match="interlaced"):
        file.rows()
    upside = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0"
    (tmp_path / "b.png").write_bytes(png(COLS, ROWS, 8, 0, raw(8, 0, rng), chunk(b"eXIf", upside)))
    with open_image(tmp_path / "b.png") as file, pytest.raises(ReadError, match="upside down"):
        file.rows()


@pytest.mark.skipif(not PNGS, reason="CONVPIPE_CORPORA does not point at a folder of image files")
@pytest.mark.parametrize("path", PNGS or [None], ids=lambda path: path and path.name)
def test_corpora(path, monkeypatch):
    monkeypatch.undo()
    try:
        whole = read(path)
    except ReadError:
        with pytest.raises(ReadError):
            rows_of(path)
        return
    try:
        found = rows_of(path, 100)
    except ReadError as error:
        assert re.search("interlaced|upside down|on its side", str(error))  # noqa: PT017
        return
    np.testing.assert_array_equal(found, whole.pixels)
