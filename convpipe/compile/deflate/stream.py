"""A zlib stream of the rows of an image."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.runtime import environment, start
from convpipe.errors import BackendError

BLOCK_BYTES = 160
"""Of a block, at most, beside its bytes: how long its codes are."""


def possible() -> bool:
    """Tell whether loops can be compiled here."""
    try:
        environment.check()
    except BackendError:
        return False
    return True


def most_bytes(rows: int, row_bytes: int) -> int:
    """Return how many bytes the stream of so many rows has at most.

    >>> most_bytes(2, 3)
    840
    """
    from_rows = rows * (row_bytes + 1)
    return (from_rows + BLOCK_BYTES * (2 * from_rows // 65_528 + 4) + 192) // 8 * 8


def filtered_and_deflated(rows: NDArray[np.uint8], pixel_bytes: int, out: memoryview) -> memoryview:
    """Return the stream of `rows`, (H, bytes of a row), in the memory `out`.

    Every row has the average filter, of PNG (third edition, 9.2). The stream is the same on every processor.

    Parameters
    ----------
    rows : ndarray (H, W), uint8
        C-contiguous.
    pixel_bytes : int
        Bytes from a pixel to that on its left.
    out : memoryview
        Of :func:`most_bytes` or more.

    Examples
    --------
    >>> import zlib
    >>> row = np.array([[1, 2, 4], [1, 2, 4]], np.uint8)
    >>> [*zlib.decompress(filtered_and_deflated(row, 1, memoryview(bytearray(840))))]
    [3, 1, 2, 3, 3, 1, 1, 1]
    """
    with start.LOADING:
        from convpipe.compile.deflate import encode
        from convpipe.compile.runtime import cache as compiled
    loop = compiled.load(_source(encode.__file__), "deflate_rows", encode.DEFLATE)
    given = rows.view()
    given.flags.writeable = False  # one signature for all
    words = np.frombuffer(out, np.uint32, len(out) // 4)
    return out[: loop(given, pixel_bytes, words)]


@cache
def _source(file: str) -> str:
    return Path(file).read_text()
