"""Filtered and deflated rows inflate to the filtered rows, whatever the bytes, and take no more than said."""

import zlib

import numpy as np
import pytest

from convpipe.compile.deflate.stream import filtered_and_deflated, most_bytes

FIBONACCI = [1, 1]
while sum(FIBONACCI) < 60_000:
    FIBONACCI.append(sum(FIBONACCI[-2:]))


def filtered(rows, pixel):
    """PNG's average filter (third edition, 9.2), as it is written there."""
    height, width = rows.shape
    raw = rows.astype(int)
    left, up = np.zeros_like(raw), np.zeros_like(raw)
    left[:, pixel:] = raw[:, : max(0, width - pixel)]
    up[1:] = raw[:-1]
    return np.hstack([np.full((height, 1), 3), raw - (left + up) // 2]).astype(np.uint8).tobytes()


def deflated(rows, pixel):
    return filtered_and_deflated(
        np.ascontiguousarray(rows), pixel, memoryview(bytearray(most_bytes(*rows.shape)))
    )


def undone(differences):
    """A row that filters to these differences."""
    row, left = [], 0
    for each in differences:
        left = (each + left // 2) % 256
        row.append(left)
    return np.array([row], np.uint8)


def cases():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (70, 1000), np.uint8)
    yield "noise", noise, 3
    yield "flat", np.full((300, 900), 7, np.uint8), 3
    yield "one byte", noise[:1, :1], 1
    yield "narrower than a pixel", noise[:5, :4], 8
    yield "few values", noise[:, :999] % 3, 1
    yield "runs", np.repeat(noise, 100, axis=1)[:20, :1234], 1
    yield "of every length", np.repeat(noise[:1, :600], np.arange(600), axis=1), 1
    for width in 65_526, 65_527, 65_528, 200_000:
        yield f"{width} wide", rng.integers(0, 9, (2, width), np.uint8), 6
    # The rarest would have codes of 22 bits.
    skewed = np.repeat(np.arange(len(FIBONACCI)), FIBONACCI)
    yield "skewed", undone(rng.permutation(skewed)), 1


@pytest.mark.parametrize(("rows", "pixel"), [case[1:] for case in cases()], ids=[case[0] for case in cases()])
def test_inflates_to_the_filtered_rows(rows, pixel):
    inflate = zlib.decompressobj()  # which checks the checksum
    assert inflate.decompress(deflated(rows, pixel)) == filtered(rows, pixel)
    assert inflate.eof
    assert not inflate.unused_data


def test_takes_no_more_than_zlib_does_of_runs_and_codes():
    rng = np.random.default_rng(0)
    rows = np.cumsum(rng.geometric(0.2, (200, 3000)) - 5, axis=1).astype(np.uint8)
    zlibs = zlib.compressobj(1, zlib.DEFLATED, 15, 8, zlib.Z_RLE)
    assert len(deflated(rows, 3)) < 1.01 * len(zlibs.compress(filtered(rows, 3)) + zlibs.flush())


def test_flat_rows_take_next_to_nothing():
    rows = np.zeros((1000, 1000), np.uint8)
    assert len(deflated(rows, 1)) < rows.size / 100


def test_noise_is_stored():
    rows = np.random.default_rng(0).integers(0, 256, (300, 1000), np.uint8)
    assert len(deflated(rows, 1)) < rows.size * 1.002
