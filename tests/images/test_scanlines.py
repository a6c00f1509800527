"""Scanlines inflate to what libpng undoes, and take no more bytes than libpng's own."""

import subprocess
import sys
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from scipy import ndimage

from convpipe import images
from convpipe.images.formats import scanlines
from convpipe.images.formats.scanlines import AVERAGE, NONE, UP, filtered

DATA = Path(__file__).parents[2] / "data"
PHOTOGRAPHS = sorted([*DATA.glob("photographs/*.*"), DATA / "microscope" / "retina.jpg"])


def by_libpng(pixels):
    """Bytes of the file that libpng writes in the least time: run lengths, the average filter."""
    return len(imagecodecs.png_encode(pixels, 1, strategy=3, filter=64))


def ours(pixels):
    return images.encode(images.Page(pixels, alpha=pixels.shape[2:] == (4,)), images.Encoding("png")).size


@pytest.mark.parametrize("kind", [NONE, UP, AVERAGE])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (40, 33), (40, 33, 3), (7, 5, 4)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_libpng_undoes_each_filter(rng, monkeypatch, kind, shape, dtype):
    pixels = rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    monkeypatch.setattr(scanlines, "GROUP", 300)
    monkeypatch.setattr(scanlines, "_smallest", lambda _: kind)
    file = images.encode(images.Page(pixels, alpha=shape[2:] == (4,)), images.Encoding("png"))
    content = b"".join(file.pieces)
    np.testing.assert_array_equal(imagecodecs.png_decode(content), pixels)
    row = pixels[0].nbytes + 1
    assert set(zlib.decompress(b"".join(scanlines.deflated(pixels)))[::row]) == {kind}


def test_filters_are_those_of_the_standard(rng):
    """PNG, third edition, 9.2: a byte less that above, or less the floor of the mean of that and the left."""
    lines = rng.integers(0, 256, (8, 24), np.uint8)
    above, left = np.roll(lines, 1, 0).astype(int), np.zeros((8, 24), int)
    left[:, 3:] = lines[:, :-3]
    for kind, predicted in ((NONE, 0), (UP, above), (AVERAGE, (left + above) // 2)):
        found = filtered(lines, above.astype(np.uint8), 3, kind)
        np.testing.assert_array_equal(found[:, 0], kind)
        np.testing.assert_array_equal(found[:, 1:], (lines - predicted).astype(np.uint8))


@pytest.mark.parametrize("path", PHOTOGRAPHS, ids=lambda path: path.name)
def test_photographs_take_at_most_a_twentieth_more_than_libpng(path):
    pixels = images.read(path).pixels
    assert ours(pixels) < 1.05 * by_libpng(pixels)


def few_valued():
    smooth = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(400, 600)), 5)
    mask = np.where(smooth > 0, np.uint8(255), np.uint8(0))
    yield "mask", mask
    yield "mask of 16 bits", mask * np.uint16(257)
    yield "mask of RGB", np.repeat(mask[..., None], 3, axis=2)
    yield "outlines", np.where(abs(smooth) < 0.002, np.uint8(255), np.uint8(0))
    yield "flat", np.full((1000, 1500), 7, np.uint8)
    yield "a flat half", np.concatenate([np.zeros((400, 600), np.uint8), mask])
    yield "levels", (np.digitize(smooth, [-0.1, -0.03, 0.03, 0.1]) * 60).astype(np.uint8)
    yield "noise of two values", np.random.default_rng(0).integers(0, 2, (400, 600), np.uint8) * np.uint8(255)


@pytest.mark.parametrize("pixels", [each for _, each in few_valued()], ids=[name for name, _ in few_valued()])
def test_images_of_few_values_take_no_more_than_libpng(pixels):
    assert ours(pixels) <= by_libpng(pixels)


def test_files_are_written_without_numba(tmp_path):
    program = (
        "import sys, numpy; from convpipe import images;"
        f"images.write({str(tmp_path / 'a.png')!r}, numpy.zeros((99, 99), numpy.uint8));"
        "print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
