"""Strips of TIFFs, inflated by Python's own zlib: what is in them, and what made them."""

import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
from isal import isal_zlib

from convpipe.images import Encoding, Metadata, Page, encode
from convpipe.images.metadata.model import Samples

PLANAR = Metadata(samples=Samples(3, planar=True))


def strips_of(path):
    """Return a page's strips as they are in the file, and its rows in each."""
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        data = path.read_bytes()
        places = zip(page.dataoffsets, page.databytecounts, strict=True)
        return [data[at : at + size] for at, size in places], page.rowsperstrip


@pytest.fixture
def smooth():
    rows, cols = np.mgrid[:200, :700]
    return np.round(2000 * np.sin(rows / 40) * np.cos(cols / 50) + 30000).astype(np.uint16)


@pytest.mark.parametrize("level", [1, 2, 6, 9])
def test_strips_hold_differences_along_their_rows(tmp_path, smooth, level):
    encode(Page(smooth), Encoding("tiff", compression=level)).save(tmp_path / "a.tif")
    strips, rows = strips_of(tmp_path / "a.tif")
    assert rows == 187  # 256 KB of 1400 bytes a row
    found = np.concatenate([np.frombuffer(zlib.decompress(strip), "<u2") for strip in strips]).reshape(
        200, 700
    )
    assert np.array_equal(np.cumsum(found, axis=1, dtype=np.uint16), smooth)
    assert len(strips) == 2


def test_planes_lie_one_behind_the_other(tmp_path, smooth):
    pixels = np.stack([smooth, smooth[::-1], smooth // 3], axis=-1).astype(np.uint16)
    encode(Page(pixels, metadata=PLANAR), Encoding("tiff", compression=1)).save(tmp_path / "a.tif")
    strips, _ = strips_of(tmp_path / "a.tif")
    assert len(strips) == 6
    third = b"".join(map(zlib.decompress, strips[4:]))
    assert np.array_equal(
        np.cumsum(np.frombuffer(third, "<u2").reshape(200, 700), axis=1, dtype=np.uint16), smooth // 3
    )


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 1), (3, 400_000), (300, 200, 3), (90, 80, 4)], ids=str)
@pytest.mark.parametrize("level", [1, 6])
@pytest.mark.parametrize("planar", [False, True])
def test_others_read_the_pixels(tmp_path, rng, dtype, shape, level, planar):
    pixels = (rng.random(shape) * 200).astype(dtype)
    metadata = PLANAR if planar and len(shape) == 3 else Metadata()
    encode(Page(pixels, metadata=metadata), Encoding("tiff", compression=level)).save(tmp_path / "a.tif")
    found = tifffile.imread(tmp_path / "a.tif")
    assert found.dtype == dtype
    assert np.array_equal(np.moveaxis(found, 0, -1) if metadata is PLANAR else found, pixels)


def test_pages_of_a_stack_are_deflated_each(tmp_path, smooth):
    from convpipe.images.tiff.write import paged

    with open(tmp_path / "a.tif", "w+b") as out, paged(out, 1, 2 * smooth.nbytes) as write:
        for pixels in (smooth, smooth // 2):
            write(Page(pixels))
    assert np.array_equal(tifffile.imread(tmp_path / "a.tif"), [smooth, smooth // 2])


@pytest.mark.parametrize("tiles", [None, 64])
@pytest.mark.parametrize("level", [1, 2, 6, 9])
def test_what_packs_each_level(tmp_path, smooth, tiles, level):
    encode(Page(smooth), Encoding("tiff", compression=level, tiles=tiles)).save(tmp_path / "a.tif")
    for strip in strips_of(tmp_path / "a.tif")[0]:
        plain = zlib.decompress(strip)
        if level == 1:
            deflate = isal_zlib.compressobj(2, wbits=12)
            assert strip == deflate.compress(plain) + deflate.flush()
        else:  # libdeflate's levels are one below
            assert strip == imagecodecs.deflate_encode(plain, level=level - 1)
