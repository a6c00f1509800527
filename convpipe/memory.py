"""Arrays for results, decoded images and files, in memory that earlier ones gave back.

The operating system hands out memory page by page at first touch, zeroed: for a large result that takes about
as long as writing it. A loop over many images of one size needs that only once.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from convpipe.errors import AllocationError

LEAST, MOST = 1 << 20, 1 << 27
"""Smallest block, in bytes, that is worth keeping, and the most kept in all but for a single larger block."""

LINE = 64
"""Bytes of a line of the caches; every block begins with one, so that loops can write whole ones."""

PAGE = 4096
"""Bytes in which a processor tells places apart, as it asks whether what it reads was just written. What lies
at one place of several pages shares lines of a cache; which lines come next is foreseen within one."""

_MMAP_THRESHOLD, _TRIM_THRESHOLD, _HELD_BLOCK = -3, -1, 1 << 23
"""What mallopt(3) calls them, and the largest block that glibc takes from what is free."""

_free: dict[int, list[NDArray[np.uint8]]] = {}
"""Blocks by their size; the sizes given back last come last.

Without locks, since the collector may give a block back from anywhere: where two threads meet, a block goes
back to the operating system, which does no harm.
"""


class _Lease:
    """Lends a block for as long as any array looks into it.

    NumPy asks it for its memory, and then holds it for every view of that.
    """

    def __init__(self, block: NDArray[np.uint8]) -> None:
        self._block = block
        self.__array_interface__ = block.__array_interface__

    def __del__(self) -> None:
        if _free is not None:  # as it is at the end of the interpreter, which takes such names first
            _give_back(self._block)


def _give_back(block: NDArray[np.uint8]) -> None:
    size = block.nbytes - PAGE
    blocks = _free.pop(size, [])
    if not blocks or size * (len(blocks) + 1) <= MOST:
        blocks.append(block)
    _free[size] = blocks
    kept = {size: size * len(blocks) for size, blocks in list(_free.items())}
    for oldest in list(kept)[:-1]:
        if sum(kept.values()) > MOST:
            _free.pop(oldest, None)
            kept.pop(oldest)


def empty(shape: Sequence[int], dtype: DTypeLike, place: int | None = None) -> NDArray[Any]:
    """Return an array whose values are undefined, as :func:`numpy.empty` does.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype
    place : int, optional
        Where in its page a large one begins, as an address there is, to a line.

    Raises
    ------
    AllocationError
        If there is no memory for it.

    Examples
    --------
    >>> empty((2, 3), "float32").shape
    (2, 3)
    """
    nbytes = math.prod(shape) * np.dtype(dtype).itemsize
    if nbytes < LEAST:
        return np.empty(shape, dtype)
    block = _kept_block(nbytes)
    if block is None:
        for size in [size for size in list(_free) if size > MOST]:
            _free.pop(size, None)
        block = _block(_sizes(nbytes)[0], f"{'x'.join(map(str, shape))} {np.dtype(dtype)}")
    first = 0 if place is None else (place // LINE * LINE - address(block)) % PAGE
    return np.asarray(_Lease(block))[first : first + nbytes].view(dtype).reshape(shape)


def address(array: NDArray[Any]) -> int:
    """Return where the first element of an array is."""
    found: int = array.__array_interface__["data"][0]
    return found


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array, which nobody writes to from now on: loops are compiled for such."""
    array.flags.writeable = False
    return array


def buffer(nbytes: int) -> memoryview:
    """Return bytes whose values are undefined, in a block that others of about as many can take.

    For what differs a little from image to image, as the content of files does. Left to the C library, blocks
    of many sizes leave gaps between each other that no later one fits.

    Examples
    --------
    >>> len(buffer(1000))
    1000
    """
    block: NDArray[np.uint8] = empty((nbytes,), np.uint8)
    return block.data


def _kept_block(nbytes: int) -> NDArray[np.uint8] | None:
    """Return a block that is kept and fits, if there is one."""
    for size in _sizes(nbytes):
        with suppress(KeyError, IndexError):
            return _free[size].pop()
    return None


def _sizes(nbytes: int) -> tuple[int, ...]:
    """Return the size of a new block for so many bytes, and then of others that they may take.

    They come in steps of up to an eighth, so that a result takes the block of what its image was inflated to,
    which is longer by a byte a row. What nobody touches of a block the system does not hand out.
    """
    if nbytes > MOST:
        return (nbytes,)
    step = 1 << (nbytes.bit_length() - 4)
    size = -(-nbytes // step) * step
    return size, size + step


def _block(nbytes: int, array: str) -> NDArray[np.uint8]:
    """Return a block of so many bytes from wherever in its first page they begin."""
    try:
        block = np.empty(nbytes + PAGE + LINE, np.uint8)
    except (MemoryError, ValueError):  # ValueError: more than an index can count
        raise AllocationError(
            f"an array of {array} takes {nbytes / 2**30:,.1f} GiB, and there is no memory for it"
        ) from None
    first = -address(block) % LINE
    return block[first : first + nbytes + PAGE]


def kept() -> int:
    """Return the bytes of the blocks that are kept and lent to nobody."""
    return sum(size * len(blocks) for size, blocks in list(_free.items()))


def release() -> None:
    """Give the blocks that are kept back to the operating system."""
    _free.clear()


def keep_freed() -> None:
    """Have the C library keep what is given back to it, for a process that is convpipe's alone.

    Left alone, glibc maps and unmaps blocks of more than 128 KiB, and cuts off the end of what its threads
    have free: each encoded image would be written into memory that the system has to clear first.
    """
    if sys.platform != "linux":
        return
    import ctypes

    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):  # other C libraries than glibc have none
        mallopt(_MMAP_THRESHOLD, _HELD_BLOCK)
        mallopt(_TRIM_THRESHOLD, 2 * _HELD_BLOCK)
