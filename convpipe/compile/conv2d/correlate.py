"""Run conv2d on the processor: validated arrays and windows in, the result out."""

from __future__ import annotations

from functools import cache as once
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import memory
from convpipe.compile.common.correlation import Correlation
from convpipe.compile.conv2d.words import Cut, Tiles, cut
from convpipe.compile.cpu import signatures
from convpipe.compile.cpu.executable import all_bands, one_band
from convpipe.compile.runtime import cache
from convpipe.compile.runtime.threads import count

_SHARE = '''"""A share of the work of conv2d."""

from numba import njit

from convpipe.compile.conv2d.loops import share
from convpipe.compile.cpu.compiled.rows import FLAGS


@njit(**FLAGS)
def band(words, image, out, others, parameters, first, last):
    return share(words, image, out, others, first, last)
'''

_FILL = '''"""The rows that a strip reads, {dtype}."""

import numpy as np
from numba import njit

from convpipe.compile.conv2d.fill import fill
from convpipe.compile.cpu.compiled.rows import FLAGS


@njit(**FLAGS)
def loop(given, count, parameters):
    return fill(given, np.{dtype})
'''

_RUN_STRIP = '''"""A strip of rows in blocks of channels, {dtype}."""

import numpy as np
from numba import njit

from convpipe.compile.conv2d.loops import run_strip
from convpipe.compile.cpu.compiled.rows import FLAGS


@njit(**FLAGS)
def loop(given, rows, tile):
    return run_strip(given, rows, tile, np.{dtype})
'''

_TILE = '''"""A tile of {outputs} channels, {dtype}."""

from numba import njit, types

from convpipe.compile.conv2d.tile import tile_of
from convpipe.compile.cpu.compiled.rows import FLAGS

tile = tile_of({outputs}, types.{dtype})


@njit(**FLAGS)
def loop(given, vectors, parameters):
    tile(given, vectors)
    return 0
'''

_STACK = '''"""A stack of rows of {vectors} vectors, {dtype}."""

from numba import njit, types

from convpipe.compile.conv2d.tile import stack_of
from convpipe.compile.cpu.compiled.rows import FLAGS

stack = stack_of({vectors}, types.{dtype})


@njit(**FLAGS)
def loop(given, count, parameters):
    stack(given)
    return 0
'''

NOTHING = np.empty(0, np.uint8)
NOTHING.flags.writeable = False


def correlate(
    x: NDArray[Any],
    weight: NDArray[Any],
    bias: NDArray[Any] | None,
    how: Correlation,
) -> NDArray[Any]:
    """Return the cross-correlation of (N, C, H, W) `x` with (C_out, C / groups, KH, KW) `weight`.

    Parameters
    ----------
    x, weight, bias : ndarray
        Of one dtype, float32 or float64, aligned and C-contiguous; none of them empty.
    how : Correlation
        Its windows fit in `x`.
    """
    work = work_of(x.shape, weight.shape, how, x.dtype, count())
    out: NDArray[Any] = memory.empty((x.shape[0], weight.shape[0], *work.sizes), x.dtype)
    start = _zeros(weight.shape[0], x.dtype) if bias is None else bias
    others = np.array([memory.address(weight), memory.address(start)], np.int64)
    image, result = x.reshape(1, -1).view(np.uint8), out.reshape(1, -1).view(np.uint8)
    image.flags.writeable = False  # one signature for read-only and writeable arrays
    given = (share(), work.words, image, result, NOTHING, others)
    if work.shares == 1:
        one_band()(*given, 0, work.units)
    else:
        all_bands()(*given, work.units, 1, work.shares)
    return out


@lru_cache(256)
def work_of(
    shape: tuple[int, ...],
    taps: tuple[int, ...],
    how: Correlation,
    dtype: np.dtype[Any],
    threads: int,
    planes: tuple[int, int] | None = None,
) -> Cut:
    """Return how arrays of such shapes are correlated; as :func:`convpipe.compile.conv2d.words.cut`."""
    block, stack, fill, run_strip = (partial(one, dtype=dtype) for one in (_tile, _stack, _fill, _run_strip))
    tiles = Tiles(block, stack, fill, run_strip, dtype.itemsize)
    return cut(shape, taps, how, threads, tiles, planes)


@once
def share() -> int:
    """Return the address of the loop that makes a share of a correlation."""
    return cache.address(_SHARE, "band", signatures.BAND)


@once
def _fill(dtype: np.dtype[Any]) -> int:
    return cache.address(_FILL.format(dtype=dtype), "loop", signatures.LOOP)


@once
def _run_strip(dtype: np.dtype[Any]) -> int:
    return cache.address(_RUN_STRIP.format(dtype=dtype), "loop", signatures.LOOP)


@once
def _tile(outputs: int, dtype: np.dtype[Any]) -> int:
    return cache.address(_TILE.format(outputs=outputs, dtype=dtype), "loop", signatures.LOOP)


@once
def _stack(vectors: int, dtype: np.dtype[Any]) -> int:
    return cache.address(_STACK.format(vectors=vectors, dtype=dtype), "loop", signatures.LOOP)


@lru_cache(16)
def _zeros(size: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.zeros(size, dtype)
