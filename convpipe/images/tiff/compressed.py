"""What compresses strips and tiles: differences along their rows (TIFF 6.0, section 14), and then a codec."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from convpipe.images.deflate import deflated

LEVELS = {"deflate": 6, "zstd": 3}
"""Of codecs that have levels, where nobody says: what the libraries themselves take."""

STRIP_BYTES = 1 << 18
"""Of a strip, decoded: with what is made of it, it stays in a core's cache."""

FAST_LEVEL, WINDOW_BITS = 2, 12
"""ISA-L's, where level 1 of deflate is asked for."""


def encoder_of(codec: str, level: int | None, dtype: np.dtype[Any]) -> Callable[[np.ndarray], bytes]:
    """Return what encodes a strip or a tile, (rows, cols, samples).

    Parameters
    ----------
    codec : {'none', 'deflate', 'lzw', 'zstd'}
    level : int or None
        Of codecs that have levels, as their own libraries count: 1 is the quickest.
    dtype : dtype
        As it is in the file.
    """
    if codec == "none":
        return lambda rows: rows.tobytes()
    import imagecodecs

    predict = imagecodecs.floatpred_encode if dtype.kind == "f" else imagecodecs.delta_encode
    compress = _compressor(codec, level)
    return lambda rows: compress(predict(np.ascontiguousarray(rows), axis=-2))


def rows_of_strip(plane: np.ndarray) -> int:
    """Return the rows that a strip of a plane, (rows, cols, samples), has: at least one.

    Examples
    --------
    >>> rows_of_strip(np.empty((2048, 3072, 1), np.uint16))
    42
    """
    return max(1, STRIP_BYTES // max(1, plane[:1].nbytes))


def strips_of(plane: np.ndarray, encode: Callable[[np.ndarray], bytes]) -> Iterator[bytes]:
    """Yield the strips of a plane, (rows, cols, samples), encoded."""
    rows = rows_of_strip(plane)
    return (encode(plane[first : first + rows]) for first in range(0, len(plane), rows))


def _compressor(codec: str, level: int | None) -> Callable[[np.ndarray], bytes]:
    """Return what compresses the bytes of an array.

    A level of deflate is that of zlib. The first is ISA-L's, in a third of libdeflate's time. For the others,
    libdeflate makes as little of photographs, their edges and noise one level below, to 1 %, 8 bits and 16:
    at 6, most of the time of an image that is streamed, in four fifths of the time.
    """
    if codec == "deflate" and level == 1:
        return lambda differences: b"".join(deflated([differences], FAST_LEVEL, WINDOW_BITS))
    import imagecodecs

    compress = getattr(imagecodecs, f"{codec}_encode")
    options = {}
    if codec in LEVELS and level is not None:
        options["level"] = level - 1 if codec == "deflate" else level
    return lambda differences: bytes(compress(differences.data, **options))
