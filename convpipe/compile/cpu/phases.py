"""How many samples of each phase of a row are made at a time, by `compiled/phases.py`."""

from __future__ import annotations

import numpy as np

VECTOR = 64
"""Bytes of a vector. Where the processor's are shorter, it takes several."""

CHANNELS = 4
"""Most channels of a pixel that are sorted as vectors; pixels of more are copied one by one."""


def sizes(dtype: str, channels: int) -> tuple[int, ...]:
    """Return how many samples of each phase are made at a time: some vectors, and the fewest of whole pixels.

    Examples
    --------
    >>> sizes("float32", 1), sizes("float32", 3), sizes("uint16", 5)
    ((64, 16), (48,), ())
    """
    lanes = VECTOR // np.dtype(dtype).itemsize
    if channels > CHANNELS:
        return ()
    return (3 * lanes,) if channels == 3 else (4 * lanes, lanes)
