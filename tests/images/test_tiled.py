"""A tiled TIFF that is written as rows come has the pixels and the metadata of one that is written whole."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from convpipe.errors import WriteError
from convpipe.images import (
    Drafts,
    Encoding,
    File,
    Folder,
    ImageSpec,
    Page,
    check_output,
    encode,
    read,
    read_pages,
    write_pages,
)
from convpipe.images.metadata.model import Metadata, Samples
from convpipe.images.metadata.raster import Raster
from convpipe.images.tiff import tiled
from convpipe.images.tiff.sheet import Sheet
from convpipe.images.tiff.tiled import TiledWriter


def write(image, heights, sheet, threads=2):
    """Return the file of an image whose rows come so many at a time."""
    out = io.BytesIO()
    with ThreadPoolExecutor(threads) as pool:
        writer = TiledWriter(out, sheet, pool)
        first = 0
        while first < len(image):
            last = first + next(heights)
            writer.add(image[first:last])
            first = last
        writer.finish()
    return out.getvalue()


def forever(height):
    while True:
        yield height


def sheet_of(image, **options):
    return Sheet(Raster.of(image), False, Metadata(), **{"tile": 16, **options})


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 70), st.integers(1, 70), st.sampled_from([1, 2, 3, 5]),
    st.sampled_from(["u1", "i2", "u4", "f4", "f8"]), st.sampled_from([None, 0, 6]), st.booleans(), st.data(),
)  # fmt: skip
def test_pixels(rows, cols, channels, dtype, compression, planar, data):
    shape = (rows, cols, channels) if channels > 1 else (rows, cols)
    image = np.random.default_rng(rows).normal(60, 30, shape).astype(dtype)
    samples = Samples(3 if channels == 3 else 1, planar=planar and channels > 1)
    metadata = Metadata(samples=samples if channels > 1 else None)
    sheet = replace(sheet_of(image, compression=compression), metadata=metadata)
    heights = iter(lambda: data.draw(st.integers(1, 40)), None)
    content = write(image, heights, sheet)
    assert content == write(image, forever(rows), sheet, threads=1)
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        (page,) = file.pages
        found = page.asarray()
        assert (page.tilelength, page.tilewidth) == (16, 16)
        assert page.compression == (8 if compression else 1)
    if planar and channels > 1:
        found = np.moveaxis(found, 0, -1)
    np.testing.assert_array_equal(found, image)


def test_a_tile_that_is_the_whole_image(rng):
    for shape in ((16, 16), (16, 16, 3)):
        image = rng.integers(0, 200, shape).astype("u1")
        content = write(image, forever(5), sheet_of(image))
        np.testing.assert_array_equal(tifffile.imread(io.BytesIO(content)), image)
        assert len(content) < 600 + image.nbytes


def test_metadata_is_that_of_the_whole_writer(tmp_path, rng):
    image = rng.integers(0, 200, (40, 50, 4)).astype("u1")
    description = '{"shape": [40, 50, 4]}'
    tifffile.imwrite(
        tmp_path / "a.tif", image, photometric="rgb", extrasamples=["unassalpha"], metadata=None,
        resolution=(300, 200), resolutionunit="INCH", description=description, software="x", datetime=True,
        extratags=[(34675, 7, 4, b"junk", True), (700, 1, 3, b"xmp", True),
                   (33550, 12, 3, (1.0, 2.0, 0.0), True)],
    )  # fmt: skip
    given = read(tmp_path / "a.tif")
    (tmp_path / "whole.tif").write_bytes(
        b"".join(encode(Page(image, True, given.metadata), Encoding("tiff", compression=6)).pieces)
    )
    sheet = Sheet(Raster.of(image), True, given.metadata, 6, 16)
    (tmp_path / "tiled.tif").write_bytes(write(image, forever(7), sheet))
    whole, found = read(tmp_path / "whole.tif"), read(tmp_path / "tiled.tif")
    assert found.metadata == whole.metadata
    assert (found.alpha, found.notes) == (whole.alpha, whole.notes)
    np.testing.assert_array_equal(found.pixels, image)


def test_bigtiff_where_it_is_needed(rng, monkeypatch):
    image = rng.integers(0, 200, (40, 50)).astype("u1")
    assert write(image, forever(9), sheet_of(image)).startswith(b"II*\0")
    monkeypatch.setattr(tiled, "CLASSIC_BYTES", 48 * 64 - 1)
    content = write(image, forever(9), sheet_of(image))
    assert content.startswith(b"II+\0")
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(content)), image)


@pytest.mark.parametrize(("codec", "tag"), [("none", 1), ("deflate", 8), ("lzw", 5), ("zstd", 50000)])
@pytest.mark.parametrize("dtype", ["u2", "f4"])
def test_codecs(rng, codec, tag, dtype):
    image = rng.normal(60, 30, (40, 50)).astype(dtype)
    content = write(image, forever(9), sheet_of(image, codec=codec))
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        (page,) = file.pages
        np.testing.assert_array_equal(page.asarray(), image)
        assert (page.compression, page.predictor) == (tag, 1 if tag == 1 else 3 if dtype == "f4" else 2)


@pytest.mark.parametrize("codec", ["none", "deflate"])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("shape", [(64, 64), (70, 50, 3)])
def test_sizes_below_a_page(rng, codec, big, shape, monkeypatch):
    """Their rows come between those of the page, and one is as large as a tile."""
    monkeypatch.setattr(tiled, "CLASSIC_BYTES", 100 if big else 1 << 30)
    images = [rng.integers(0, 200, shape).astype("u1")]
    images += [np.ascontiguousarray(images[0][::step, ::step]) for step in (2, 4)]
    first, *below = (sheet_of(image, codec=codec) for image in images)
    out = io.BytesIO()
    with ThreadPoolExecutor(2) as pool:
        writer = TiledWriter(out, replace(first, below=tuple(below)), pool)
        for top in range(0, 72, 4):
            for level, image in enumerate(images):
                height = 4 >> level
                writer.add(image[top >> level : (top >> level) + height], level)
        writer.next_page(first)
        writer.add(images[0])
        writer.finish()
    assert out.getvalue().startswith(b"II+\0" if big else b"II*\0")
    with tifffile.TiffFile(io.BytesIO(out.getvalue())) as file:
        for page, image in zip([file.pages[0], *file.pages[0].pages], images, strict=True):
            np.testing.assert_array_equal(page.asarray(), image)
            assert page.is_reduced == (image is not images[0])
        assert len(file.pages) == 2
        np.testing.assert_array_equal(file.pages[1].asarray(), images[0])
        assert file.pages[1].pages is None


def test_pages_one_behind_the_other(rng, monkeypatch):
    images = [rng.integers(0, 200, shape).astype("u1") for shape in ((40, 50), (17, 33, 3), (16, 16))]
    sheets = [sheet_of(image, compression=6) for image in images]
    contents = []
    for most in (tiled.CLASSIC_BYTES, 7_000):  # of all pages together, none of which has as many
        monkeypatch.setattr(tiled, "CLASSIC_BYTES", most)
        with ThreadPoolExecutor(1) as pool:
            writer = TiledWriter(out := io.BytesIO(), sheets[0], pool, sum(each.nbytes for each in sheets))
            writer.add(images[0])
            for image, sheet in zip(images[1:], sheets[1:], strict=True):
                writer.next_page(sheet)
                writer.add(image)
            with pytest.raises(ValueError, match="17 rows of an image of 16"):
                writer.add(image[:1])
            writer.finish()
        contents.append(out.getvalue())
        with tifffile.TiffFile(io.BytesIO(contents[-1])) as file:
            for page, image in zip(file.pages, images, strict=True):
                assert page.tilewidth == 16
                np.testing.assert_array_equal(page.asarray(), image)
    assert [content[:4] for content in contents] == [b"II*\0", b"II+\0"]


def test_an_encoding_of_tiles_has_the_bytes_of_the_writer(tmp_path, rng):
    image, other = (rng.integers(0, 200, shape).astype("u2") for shape in ((40, 50), (20, 30, 3)))
    encoding = Encoding("tiff", compression=3, tiles=16)
    assert b"".join(encode(Page(image), encoding).pieces) == write(
        image, forever(7), sheet_of(image, compression=3)
    )
    write_pages(tmp_path / "a.tif", [image, other], encoding)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert [page.tilewidth for page in file.pages] == [16, 16]
    found = [each.pixels for each in read_pages(tmp_path / "a.tif")]
    for one, want in zip(found, (image, other), strict=True):
        np.testing.assert_array_equal(one, want)


@pytest.mark.parametrize(
    ("encoding", "reason"),
    [
        (Encoding("png", tiles=16), "png has no tiles; tiff or zarr has"),
        (Encoding("tiff", tiles=24), "multiple of 16 rows and columns, not 24"),
        (Encoding("tiff", compression="group4", tiles=16), "group4 is of strips"),
    ],
)
def test_tiles_that_no_file_has(encoding, reason):
    with pytest.raises(WriteError, match=reason):
        check_output(ImageSpec("uint8", 1), encoding)
    assert Encoding("png").over(Encoding("tiff", tiles=16)).tiles is None


def test_rows_that_are_missing_or_too_many(rng):
    image = rng.integers(0, 200, (40, 50)).astype("u1")
    with ThreadPoolExecutor(1) as pool:
        writer = TiledWriter(io.BytesIO(), sheet_of(image), pool)
        writer.add(image[:30])
        with pytest.raises(ValueError, match="30 rows of an image of 40"):
            writer.finish()
        with pytest.raises(ValueError, match="41 rows of an image of 40"):
            writer.add(image[:11])
    with pytest.raises(ValueError, match="multiple of 16, not 24"):
        sheet_of(image, tile=24)


class TestDrafts:
    def test_files_get_their_names_at_the_end(self, tmp_path):
        with Folder(tmp_path) as folder:
            with Drafts().writing(*(File(folder, name, [], False) for name in "ab")) as (one, two):
                one.write(b"later")
                one.seek(0)
                one.write(b"L")
                two.write(b"two")
                assert not {"a", "b"} & set(os.listdir(tmp_path))
            assert (tmp_path / "a").read_bytes() == b"Later"
            assert (tmp_path / "b").read_bytes() == b"two"

    def test_nothing_is_left_after_an_error(self, tmp_path):
        with Folder(tmp_path) as folder:
            with suppress(ZeroDivisionError), Drafts().writing(File(folder, "a", [b"begun"], False)) as files:
                files[0].write(b"more")
                raise ZeroDivisionError
            assert os.listdir(tmp_path) == []

    def test_a_name_that_is_taken_meanwhile_is_kept(self, tmp_path):
        with Folder(tmp_path) as folder:
            with (
                pytest.raises(FileExistsError),
                Drafts().writing(*(File(folder, name, [], False) for name in "ab")),
            ):
                (tmp_path / "b").write_bytes(b"another's")
            assert os.listdir(tmp_path) == ["b"]
            assert (tmp_path / "b").read_bytes() == b"another's"
