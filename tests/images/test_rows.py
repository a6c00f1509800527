"""Rows of an image, read as they are asked for, are those of the whole image."""

import os
import threading
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from convpipe.errors import ReadError
from convpipe.images import open_image, read, rows, write
from convpipe.images.tiff.segments import in_short_strips

CORPORA = os.environ.get("CONVPIPE_CORPORA")
TIFFS = sorted(Path(CORPORA).rglob("*.tif*")) if CORPORA else []


def check(path, step):
    """Hold bands of some rows each, one after the other, against the whole image."""
    whole = read(path)
    with open_image(path, first=True) as file:
        reader = file.rows()
        assert reader.rows == len(whole.pixels)
        bands = []
        for first in range(0, reader.rows, step):
            reader.forget(max(first - 1, 0))
            bands.append(reader.read(max(first - 1, 0), min(first + step, reader.rows))[min(first, 1) :])
    found = np.concatenate(bands)
    assert found.dtype == whole.pixels.dtype
    np.testing.assert_array_equal(found, whole.pixels)
    assert reader.metadata == whole.metadata
    assert set(reader.notes) <= set(whole.notes)


COMPRESSIONS = {
    "none": {},
    "deflate": {"compression": "zlib"},
    "deflate, predicted": {"compression": "zlib", "predictor": True},
    "LZW": {"compression": "lzw", "predictor": True},
    "zstd": {"compression": "zstd", "predictor": True},
    "PackBits": {"compression": "packbits"},
}
LAYOUTS = {
    "tiles": {"tile": (16, 32)},
    "strips": {"rowsperstrip": 7},
    "one strip": {},
    "big-endian BigTIFF": {"tile": (16, 16), "bigtiff": True, "byteorder": ">"},
}
PIXELS = {
    "grey": ((61, 45), {}),
    "RGB": ((61, 45, 3), {"photometric": "rgb"}),
    "planes": ((3, 61, 45), {"photometric": "rgb", "planarconfig": "separate"}),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("pixels", PIXELS)
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_layouts(tmp_path, rng, layout, compression, pixels, dtype):
    shape, tags = PIXELS[pixels]
    image = rng.integers(0, 200, shape).astype(dtype)
    options = {**tags, **COMPRESSIONS[compression], **LAYOUTS[layout]}
    tifffile.imwrite(tmp_path / "a.tif", image, metadata=None, **options)
    check(tmp_path / "a.tif", 10)


@pytest.mark.parametrize("layout", ["tiles", "strips"])
def test_jpeg(tmp_path, rng, layout):
    image = rng.integers(0, 200, (61, 45, 3)).astype("u1")
    options = {"tile": (16, 32)} if layout == "tiles" else {"rowsperstrip": 16}
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="rgb", compression="jpeg", **options)
    check(tmp_path / "a.tif", 10)


@pytest.mark.parametrize("orientation", [1, 2, 3, 4])
def test_rows_are_upright(tmp_path, rng, orientation):
    image = rng.integers(0, 200, (61, 45)).astype("u1")
    tags = [(274, 3, 1, orientation, True)]
    tifffile.imwrite(tmp_path / "a.tif", image, tile=(16, 16), metadata=None, extratags=tags)
    check(tmp_path / "a.tif", 10)


def test_an_image_on_its_side_is_refused(tmp_path, rng):
    tags = [(274, 3, 1, 6, True)]
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((9, 8), "u1"), metadata=None, extratags=tags)
    with open_image(tmp_path / "a.tif") as file, pytest.raises(ReadError, match="on its side"):
        file.rows()


def test_what_is_decoded_as_a_whole_is_refused(tmp_path):
    write(tmp_path / "a.bmp", np.zeros((9, 8), "u1"))
    with open_image(tmp_path / "a.bmp") as file, pytest.raises(ReadError, match="bmp is decoded as a whole"):
        file.rows()


@pytest.mark.parametrize("dtype", ["bool", "i1", "u4", "f2", "f8", ">u2"])
@pytest.mark.parametrize("layout", ["tiles", "strips", "npy"])
def test_types(tmp_path, rng, dtype, layout):
    image = rng.integers(0, 2 if dtype == "bool" else 100, (61, 45)).astype(dtype)
    if layout == "npy":
        np.save(tmp_path / "a.npy", image)
        return check(tmp_path / "a.npy", 10)
    options = {"tile": (16, 32)} if layout == "tiles" else {"rowsperstrip": 7}
    tifffile.imwrite(tmp_path / "a.tif", image, metadata=None, photometric="minisblack", **options)
    return check(tmp_path / "a.tif", 10)


@pytest.mark.parametrize("shape", [(61, 45), (61, 45, 1), (61, 45, 4)])
def test_arrays(tmp_path, rng, shape, monkeypatch):
    monkeypatch.setattr(rows, "PIECE_BYTES", 2000)
    np.save(tmp_path / "a.npy", rng.integers(0, 200, shape).astype("u2"))
    check(tmp_path / "a.npy", 10)


def test_an_array_by_columns_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.asfortranarray(np.zeros((9, 8), "u1")))
    with open_image(tmp_path / "a.npy") as file, pytest.raises(ReadError, match="ascontiguousarray"):
        file.rows()


def test_an_array_that_loses_its_end_while_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "PIECE_BYTES", 1 << 18)
    np.save(tmp_path / "a.npy", np.zeros((4000, 1000), "u1"))
    with open_image(tmp_path / "a.npy") as file:
        reader = file.rows()
        os.truncate(tmp_path / "a.npy", 2_000_000)
        reader.read(0, 1500)
        with pytest.raises(ReadError, match="the file is truncated"):
            reader.read(1500, 4000)


@pytest.mark.parametrize("below", [True, False])
def test_of_a_pyramid_the_largest_is_read(tmp_path, rng, below):
    image = rng.integers(0, 200, (64, 48)).astype("u1")
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(image, tile=(16, 16), metadata=None, subifds=1 if below else None)
        file.write(image[::2, ::2], tile=(16, 16), metadata=None, subfiletype=1)
    check(tmp_path / "a.tif", 10)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 60), st.sampled_from(["u1", "bool", "u2"]))
def test_long_strips_are_cut(tmp_path_factory, height, most, step, dtype):
    """Strips of any height, cut into some that hold any number of rows."""
    path = tmp_path_factory.mktemp("cut") / "a.tif"
    image = np.random.default_rng(height).integers(0, 2, (37, 13)).astype(dtype)
    tifffile.imwrite(path, image, rowsperstrip=height, metadata=None, photometric="minisblack")
    with tifffile.TiffFile(path) as file:
        page = in_short_strips(file.pages[0], most * 13)
        np.testing.assert_array_equal(page.asarray(), image)
        assert page.rowsperstrip <= max(most * 8, 1)
    check(path, step)


def test_absent_tiles_are_filled(tmp_path, rng):
    def tiles():
        yield from (b"" if number in (0, 5) else bytes(range(256)) for number in range(9))

    tifffile.imwrite(tmp_path / "a.tif", tiles(), shape=(40, 48), dtype="u1", tile=(16, 16), metadata=None)
    check(tmp_path / "a.tif", 7)


def test_only_what_is_asked_for_is_decoded(tmp_path, rng):
    """A tile that is damaged breaks the rows that it holds alone."""
    image = rng.integers(0, 200, (64, 48)).astype("u1")
    tifffile.imwrite(tmp_path / "a.tif", image, tile=(16, 16), compression="zlib", metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        at, count = file.pages[0].dataoffsets[10], file.pages[0].databytecounts[10]
    content = bytearray((tmp_path / "a.tif").read_bytes())
    content[at : at + count] = bytes(count)
    (tmp_path / "a.tif").write_bytes(content)
    with open_image(tmp_path / "a.tif") as file:
        reader = file.rows()
        np.testing.assert_array_equal(reader.read(0, 48), image[:48])
        with pytest.raises(ReadError, match="damaged"):
            reader.read(47, 49)


def test_blocks_are_decoded_once_and_by_many_threads(tmp_path, rng, monkeypatch):
    image = rng.integers(0, 200, (64, 48)).astype("u1")
    tifffile.imwrite(tmp_path / "a.tif", image, tile=(16, 16), compression="zlib", metadata=None)
    with open_image(tmp_path / "a.tif") as file:
        reader = file.rows()
        asked = []
        decode = reader._blocks.decoded
        object.__setattr__(reader._blocks, "decoded", lambda number: asked.append(number) or decode(number))
        found = {}
        threads = [
            threading.Thread(target=lambda at=at: found.update({at: reader.read(at, at + 20)}))
            for at in range(0, 40, 4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for at, rows in found.items():
            np.testing.assert_array_equal(rows, image[at : at + 20])
        assert sorted(asked) == [0, 1, 2, 3]
        reader.forget(32)
        assert sorted(reader._kept) == [2, 3]


@pytest.mark.skipif(not TIFFS, reason="CONVPIPE_CORPORA does not point at a folder of image files")
@pytest.mark.parametrize("path", TIFFS or [None], ids=lambda path: path and path.name)
def test_corpora(path):
    try:
        read(path)
    except ReadError:
        return
    with open_image(path, first=True) as file:
        try:
            file.rows()
        except ReadError as error:
            assert "on its side" in str(error)  # noqa: PT017
            return
    check(path, 33)
