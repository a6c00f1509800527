"""Arrays for results, in memory that earlier results gave back.

The operating system hands out memory page by page at first touch, zeroed: for a large result that takes about
as long as writing it. A loop over many images of one size needs that only once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

LEAST, MOST = 1 << 20, 1 << 27
"""Smallest block, in bytes, that is worth keeping, and the most kept in all."""

_free: dict[int, list[NDArray[np.uint8]]] = {}


class _Lease:
    """Lends a block for as long as any array looks into it.

    NumPy asks it for its memory, and then holds it for every view of that.
    """

    def __init__(self, block: NDArray[np.uint8]) -> None:
        self._block = block
        self.__array_interface__ = block.__array_interface__

    def __del__(self) -> None:
        # No lock: the collector may come here from anywhere. A little more than MOST does no harm.
        kept = sum(block.nbytes for blocks in list(_free.values()) for block in list(blocks))
        if kept + self._block.nbytes <= MOST:
            _free.setdefault(self._block.nbytes, []).append(self._block)


def empty(shape: Sequence[int], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array whose values are undefined, as :func:`numpy.empty` does.

    Examples
    --------
    >>> empty((2, 3), "float32").shape
    (2, 3)
    """
    nbytes = math.prod(shape) * np.dtype(dtype).itemsize
    if nbytes < LEAST:
        return np.empty(shape, dtype)
    try:
        block = _free[nbytes].pop()
    except (KeyError, IndexError):
        block = np.empty(nbytes, np.uint8)
    return np.asarray(_Lease(block)).view(dtype).reshape(shape)
