"""Local histogram equalisation of bytes by compiled loops: see :mod:`convpipe.tiles`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.cpu import drive
from convpipe.compile.cpu.executable import NOTHING_ELSE, all_bands, one_band
from convpipe.compile.runtime import cache
from convpipe.compile.runtime.threads import count
from convpipe.tiles import Grid, tables

FEWEST = 1 << 16
"""Samples for which another thread is worth waking."""

_WORDS = (
    "COLS",  # of the image, and samples from a pixel to the next
    "STEP",
    "HIGH",  # rows and columns of a tile, and tiles beside each other
    "WIDE",
    "ACROSS",
    "IMAGE",  # addresses of the image, of the result, of counts and of tables
    "RESULT",
    "COUNTS",
    "TABLES",
    "PITCH",  # bytes from a row of the image to the next, and of the result
    "RESULT_PITCH",
    "RESULT_STEP",  # samples of it from a pixel to the next
    "ROWS_OF_TILES",  # addresses: which row and which column of the image is that of all tiles
    "COLS_OF_TILES",
    "UPPER",  # of the tiles above and below a row, and its share of the latter
    "LOWER",
    "DOWN",
    "SPANS",  # how many runs of columns lie between the same tiles; where they begin, and which these are
    "BOUNDS",
    "LEFT",
    "RIGHT",
    "SHARE",  # of a column of the right one
)

_LOOPS = f"""\
import numpy as np

from convpipe.compile.cpu.addresses import placed
from convpipe.compile.cpu.rows import inline

{", ".join(_WORDS)} = range({len(_WORDS)})
F, ONE = np.float32, np.uint32(1)


@inline
def count(words, image, out, others, parameters, first, last):
    # The samples of tiles first..last, each in two tables in turn: to count one again waits for the former.
    step, wide, across = words[STEP], words[WIDE], words[ACROSS]
    rows, cols = placed(words[ROWS_OF_TILES], np.int64), placed(words[COLS_OF_TILES], np.int64)
    for tile in range(first, last):
        h = placed(words[COUNTS] + tile * 2048, np.uint32)
        top, left = tile // across * words[HIGH], tile % across * wide
        stop = max(min(left + wide, words[COLS]), left)
        pairs = left + (stop - left) // 2 * 2
        for y in range(top, top + words[HIGH]):
            s = placed(words[IMAGE] + rows[y] * words[PITCH], np.uint8)
            for x in range(left, pairs, 2):
                h[np.int64(s[x * step])] += ONE
                h[np.int64(s[(x + 1) * step]) + 256] += ONE
            for x in range(pairs, left + wide):
                h[np.int64(s[cols[x] * step])] += ONE
    return 0


@inline
def fill(words, image, out, others, parameters, first, last):
    # Rows first..last of the result: the tables of the tiles above and below become one, and then samples are
    # looked up in those of the tiles to their left and right.
    step, result_step, size = words[STEP], words[RESULT_STEP], words[ACROSS] * 256
    upper, lower = placed(words[UPPER], np.int64), placed(words[LOWER], np.int64)
    down, bounds, share = placed(words[DOWN], F), placed(words[BOUNDS], np.int64), placed(words[SHARE], F)
    left, right = placed(words[LEFT], np.int64), placed(words[RIGHT], np.int64)
    both = np.empty(size, F)
    for y in range(first, last):
        above = placed(words[TABLES] + upper[y] * size * 4, F)
        below = placed(words[TABLES] + lower[y] * size * 4, F)
        part = down[y]
        for k in range(size):
            both[k] = above[k] * (F(1) - part) + below[k] * part
        s = placed(words[IMAGE] + y * words[PITCH], np.uint8)
        d = placed(words[RESULT] + y * words[RESULT_PITCH], F)
        for span in range(words[SPANS]):
            one, two = left[span] * 256, right[span] * 256
            for x in range(bounds[span], bounds[span + 1]):
                v, part = np.int64(s[x * step]), share[x]
                d[x * result_step] = both[one + v] * (F(1) - part) + both[two + v] * part
    return 0
"""


def equalize_tiles(
    samples: NDArray[np.uint8], result: NDArray[np.float32], grid: Grid, limit: float, threads: int | None
) -> None:
    """Write what becomes of a channel of bytes.

    Parameters
    ----------
    samples, result : ndarray, shape (rows, cols)
        Of any strides.
    grid : Grid
    limit : float
        See :func:`convpipe.tiles.tables`.
    threads : int, optional
    """
    rows, cols = samples.shape
    tiles = grid.tiles[0] * grid.tiles[1]
    (upper, lower, down), (left, right, share) = grid.places(0), grid.places(1)
    change = np.flatnonzero(np.diff(left, prepend=-1) | np.diff(right, prepend=-1))
    found: dict[str, int | NDArray[Any]] = {
        "COLS": cols,
        "STEP": samples.strides[1],
        "HIGH": grid.size[0],
        "WIDE": grid.size[1],
        "ACROSS": grid.tiles[1],
        "IMAGE": samples,
        "RESULT": result,
        "COUNTS": (counts := np.zeros((tiles, 2, 256), np.uint32)),
        "TABLES": (made := np.empty((tiles, 256), np.float32)),
        "PITCH": samples.strides[0],
        "RESULT_PITCH": result.strides[0],
        "RESULT_STEP": result.strides[1] // result.itemsize,
        "ROWS_OF_TILES": grid.mirrored(0),
        "COLS_OF_TILES": grid.mirrored(1),
        "UPPER": upper,
        "LOWER": lower,
        "DOWN": down,
        "SPANS": len(change),
        "BOUNDS": np.append(change, cols),
        "LEFT": left[change],
        "RIGHT": right[change],
        "SHARE": share,
    }
    most = min(threads or count(), max(1, samples.size // FEWEST))
    _run("count", found, tiles, most)
    made[:] = tables(counts.sum(axis=1, dtype=np.int64), limit, 0)
    _run("fill", found, rows, most)


def _run(entry: str, found: dict[str, int | NDArray[Any]], units: int, threads: int) -> None:
    """Run a loop over all units of its work, on so many threads."""
    numbers = [one if isinstance(one, int) else _address(one) for one in (found[name] for name in _WORDS)]
    words = np.array(numbers, np.int64)
    words.flags.writeable = False
    room = np.empty((1, 1), np.uint8)
    given = (cache.address(_LOOPS, entry, drive.BAND), words, _NOTHING, room, _NOTHING[0], NOTHING_ELSE)
    if threads == 1:
        one_band()(*given, 0, units)
    else:
        all_bands()(*given, units, 1, threads)


def _address(array: NDArray[Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


_NOTHING = np.empty((1, 1), np.uint8)
_NOTHING.flags.writeable = False
