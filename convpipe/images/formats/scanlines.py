"""Scanlines of a PNG, filtered by NumPy and deflated by ISA-L (W3C PNG, third edition, 9 and 10)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.images import deflate

NONE, UP, AVERAGE = 0, 2, 3
"""Filter types. Sub is the best for no image that was tried, and Paeth takes NumPy as long as all else."""

LEVEL, WINDOW_BITS = 1, 9
"""Of ISA-L. A repeat that begins far back takes more bits than its bytes do in a photograph: with 512 bytes
to look back into, photographs are up to 5 % smaller than with 32 KiB, and flat images take half."""

GROUP = 1 << 18
"""Bytes that are filtered and deflated at a time, so that they stay in the processor's cache."""

LEAST, ONE_IN = 8, 32
"""Rows of the sample of an image: at least so many, if there are, and one in so many."""

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


def deflated(pixels: Pixels) -> list[bytes]:
    """Return the zlib stream of an image's scanlines, in pieces.

    All have the filter type that makes a sample of them the smallest. The bytes may differ between processors
    and versions of ISA-L, what they inflate to does not.

    Parameters
    ----------
    pixels : ndarray (H, W) or (H, W, C), uint8 or uint16

    Examples
    --------
    >>> import zlib
    >>> [*zlib.decompress(b"".join(deflated(np.array([[1, 2, 4]], np.uint16))))]
    [3, 0, 1, 0, 2, 0, 3]
    """
    return deflate.deflated(_scanlines(pixels, _smallest(pixels)), LEVEL, WINDOW_BITS)


def of_bits(white: NDArray[np.bool_]) -> list[bytes]:
    """Return the zlib stream of scanlines of one bit a pixel, none of them filtered.

    Examples
    --------
    >>> import zlib
    >>> [*zlib.decompress(b"".join(of_bits(np.array([[True, False, True]]))))]
    [0, 160]
    """
    packed = np.packbits(white, axis=1)
    return [zlib.compress(np.pad(packed, ((0, 0), (1, 0))).tobytes(), 9)]


def filtered(lines: NDArray[np.uint8], above: NDArray[np.uint8], pixel: int, kind: int) -> NDArray[np.uint8]:
    """Return scanlines: a filter type, and the bytes that it gives.

    Parameters
    ----------
    lines, above : ndarray (N, W), uint8
        Rows of bytes, and those above each of them.
    pixel : int
        Bytes from a pixel to that on its left.
    kind : int
        `NONE`, `UP` or `AVERAGE`.

    Examples
    --------
    >>> filtered(np.array([[3, 4, 6]], np.uint8), np.array([[1, 2, 4]], np.uint8), 1, AVERAGE)
    array([[3, 3, 2, 2]], dtype=uint8)
    """
    out = np.empty((len(lines), lines.shape[1] + 1), np.uint8)
    out[:, 0] = kind
    to = out[:, 1:]
    if kind == NONE:
        to[:] = lines
    elif kind == UP:
        np.subtract(lines, above, out=to)
    else:
        np.subtract(lines[:, :pixel], above[:, :pixel] >> 1, out=to[:, :pixel])
        left, up = lines[:, :-pixel], above[:, pixel:]
        mean = left ^ up
        mean >>= 1
        mean += left & up  # half of their sum, which 8 bits may not hold
        np.subtract(lines[:, pixel:], mean, out=to[:, pixel:])
    return out


def lines_of(rows: NDArray[Any]) -> NDArray[np.uint8]:
    """Return rows of pixels as bytes, those of 16 bits the higher first.

    >>> lines_of(np.array([[1, 256]], np.uint16)).tolist()
    [[0, 1, 1, 0]]
    """
    big_endian = rows.astype(rows.dtype.newbyteorder(">"), copy=False)
    return np.ascontiguousarray(big_endian).reshape(len(rows), -1).view(np.uint8)


def _scanlines(pixels: Pixels, kind: int) -> Iterator[NDArray[np.uint8]]:
    """Yield all scanlines, a group at a time."""
    step, pixel = max(1, GROUP * len(pixels) // pixels.nbytes), pixels[0, 0].nbytes
    for first in range(0, len(pixels), step):
        lines = lines_of(pixels[max(0, first - 1) : first + step])
        if first == 0:  # above the first row is nothing
            lines = np.concatenate([np.zeros_like(lines[:1]), lines])
        yield filtered(lines[1:], lines[:-1], pixel, kind)


def _smallest(pixels: Pixels) -> int:
    """Return the filter type that is the best for a sample of rows."""
    rows, pixel = len(pixels), pixels[0, 0].nbytes
    if rows == 1:
        return AVERAGE
    step = max(1, rows // max(LEAST, rows // ONE_IN))
    lines, above = lines_of(pixels[1::step]), lines_of(pixels[:-1:step])
    return smallest(lines, above, pixel)


def smallest(lines: NDArray[np.uint8], above: NDArray[np.uint8], pixel: int) -> int:
    """Return the filter type that is the best for rows of bytes; parameters as for :func:`filtered`."""

    def size(kind: int) -> int:
        return sum(map(len, deflate.deflated([filtered(lines, above, pixel, kind)], LEVEL, WINDOW_BITS)))

    return min((AVERAGE, UP, NONE), key=size)


def deflater() -> Any:
    """Return what deflates scanlines as quickly as may be."""
    return deflate.deflater(LEVEL, WINDOW_BITS)
