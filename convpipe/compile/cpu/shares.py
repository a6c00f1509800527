"""Run a loop over units of work, shared out among threads by the driver of bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.cpu import signatures
from convpipe.compile.cpu.executable import NOTHING_ELSE, all_bands, one_band
from convpipe.compile.runtime import cache
from convpipe.memory import read_only

Bytes = NDArray[np.uint8]


NO_ARRAYS = (
    read_only(np.empty((1, 1), np.uint8)),
    np.empty((1, 1), np.uint8),
    read_only(np.empty(1, np.uint8)),
)
"""Of a loop that has all addresses among its words."""


def run_shares(
    loop: tuple[str, str],
    words: Sequence[int],
    units: int,
    threads: int,
    arrays: tuple[Bytes, Bytes, Bytes] = NO_ARRAYS,
) -> None:
    """Run a loop over all units.

    Parameters
    ----------
    loop : (str, str)
        A module, and its function of words, image, result, others, parameters, first and last unit.
    words : sequence of int
    units : int
    threads : int
        1 is the calling one.
    arrays : (image, result, parameters)
        Image and parameters are read-only.
    """
    image, result, parameters = arrays
    numbers = read_only(np.array(words, np.int64))
    given = (cache.address(*loop, signatures.BAND), numbers, image, result, parameters, NOTHING_ELSE)
    if threads == 1:
        one_band()(*given, 0, units)
    else:
        all_bands()(*given, units, 1, threads)
