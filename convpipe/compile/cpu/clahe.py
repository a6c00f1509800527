"""Local histogram equalisation of 8 and 16 bits by compiled loops: see :mod:`convpipe.clahe`."""

from __future__ import annotations

from functools import cache

import numpy as np

from convpipe.clahe import Grid
from convpipe.compile.common.pictures import Picture
from convpipe.compile.cpu.in_turn import IMAGE, RESULT, ROOM, Call, Word
from convpipe.compile.runtime.threads import shares_among

FEWEST = 1 << 15
"""Samples, and entries of tables, for which another thread is worth waking."""

_WORDS = (
    "COLS",  # of the image, and samples from a pixel to the next
    "STEP",
    "HIGH",  # rows and columns of a tile, and tiles beside each other
    "WIDE",
    "ACROSS",
    "IMAGE",  # addresses of the image, of the result and of tables
    "RESULT",
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
    "LIMIT",  # most samples of a level
)

_HEADER = f"""\
import numpy as np

from convpipe.compile.cpu.compiled.addresses import row_at
from convpipe.compile.cpu.compiled.rows import inline, round

{", ".join(_WORDS)} = range({len(_WORDS)})
F, ONE = np.float32, np.uint32(1)
"""

_TABULATE = """

@inline
def tabulate(words, image, out, others, parameters, first, last):
    # What becomes of each level, in tiles first..last: as `tables`. Bytes are counted in two places
    # in turn: to count one again waits for the former.
    step, wide, across, limit = words[STEP], words[WIDE], words[ACROSS], words[LIMIT]
    rows, cols = row_at(words[ROWS_OF_TILES], np.int64), row_at(words[COLS_OF_TILES], np.int64)
    scale = F(LEVELS - 1) / F(words[HIGH] * wide)
    h = np.empty(LEVELS + OTHER, np.uint32)
    for tile in range(first, last):
        for k in range(LEVELS + OTHER):
            h[k] = np.uint32(0)
        top, left = tile // across * words[HIGH], tile % across * wide
        stop = max(min(left + wide, words[COLS]), left)
        pairs = left + (stop - left) // 2 * 2
        for y in range(top, top + words[HIGH]):
            s = row_at(words[IMAGE] + rows[y] * words[PITCH], T)
            for x in range(left, pairs, 2):
                h[np.int64(s[x * step])] += ONE
                h[np.int64(s[(x + 1) * step]) + OTHER] += ONE
            for x in range(pairs, left + wide):
                h[np.int64(s[cols[x] * step])] += ONE
        over = np.int64(0)
        for k in range(LEVELS):
            if OTHER:
                h[k] += h[k + OTHER]
            over += max(np.int64(h[k]) - limit, 0)
        each, rest = over // LEVELS, over % LEVELS
        apart, following, total = LEVELS // max(rest, 1), 0, np.int64(0)
        table = row_at(words[TABLES] + tile * LEVELS * ENTRY, E)
        for k in range(LEVELS):
            total += min(np.int64(h[k]), limit) + each
            if k == following:
                total += 1 if rest > 0 else 0
                following, rest = following + apart, rest - 1
            table[k] = E(np.int32(round(F(total) * scale)))
    return 0
"""

_FILL = """

@inline
def fill(words, image, out, others, parameters, first, last):
    # Rows first..last of the result. Of bytes the tables of tiles above and below become one, before samples
    # are looked up in those of the tiles to their left and right.
    step, result_step, size = words[STEP], words[RESULT_STEP], words[ACROSS] * LEVELS
    upper, lower = row_at(words[UPPER], np.int64), row_at(words[LOWER], np.int64)
    down, bounds, share = row_at(words[DOWN], F), row_at(words[BOUNDS], np.int64), row_at(words[SHARE], F)
    left, right = row_at(words[LEFT], np.int64), row_at(words[RIGHT], np.int64)
    both = np.empty(size if OTHER else 1, F)
    for y in range(first, last):
        above = row_at(words[TABLES] + upper[y] * size * ENTRY, E)
        below = row_at(words[TABLES] + lower[y] * size * ENTRY, E)
        under = down[y]
        over = F(1) - under
        if OTHER:
            for k in range(size):
                both[k] = above[k] * over + below[k] * under
        s = row_at(words[IMAGE] + y * words[PITCH], T)
        d = row_at(words[RESULT] + y * words[RESULT_PITCH], R)
        for span in range(words[SPANS]):
            one, two = left[span] * LEVELS, right[span] * LEVELS
            for x in range(bounds[span], bounds[span + 1]):
                v, part = np.int64(s[x * step]), share[x]
                if OTHER:
                    a, b = both[one + v], both[two + v]
                else:
                    a = F(above[one + v]) * over + F(below[one + v]) * under
                    b = F(above[two + v]) * over + F(below[two + v]) * under
                made = a * (F(1) - part) + b * part
                if IS_ROUNDED:
                    made = np.int32(round(made))
                d[x * result_step] = R(made)
    return 0
"""

KINDS = {
    "uint8": "T, LEVELS, OTHER, E, ENTRY = np.uint8, 256, 256, np.float32, 4",
    "uint16": "T, LEVELS, OTHER, E, ENTRY = np.uint16, 65536, 0, np.uint16, 2",
}
"""Of a type of samples: levels, where else they are counted, and the type of a table's entries."""


@cache
def loops(dtype: str, result: str) -> str:
    """Return the loops of a type of :data:`KINDS`, whose result is of that type again or of float32."""
    written = f"R, IS_ROUNDED = np.{result}, {result != 'float32'}"
    return f"{_HEADER}{KINDS[dtype]}\n{written}\n{_TABULATE}{_FILL}"


def calls_of_tiles(
    picture: Picture, result: str, colours: int, grid: Grid, limit: float, threads: int | None
) -> tuple[list[Call], int]:
    """Return the loops that write what becomes of an image, and the bytes of room that they take.

    Parameters
    ----------
    picture : Picture
        The image, of a type of :data:`KINDS`.
    result : str
        The type of what is written, as :func:`loops` has it.
    colours : int
        How many of its channels; each has tables of its own.
    grid : Grid
    limit : float
        See :func:`convpipe.clahe.tables`.
    threads : int, optional
    """
    (rows, cols), step = picture.extent, picture.channels
    size, of_result = np.dtype(picture.dtype).itemsize, np.dtype(result).itemsize
    tiles, levels = grid.tiles[0] * grid.tiles[1], 1 << 8 * size
    (upper, lower, down), (left, right, share) = grid.places(0), grid.places(1)
    change = np.flatnonzero(np.diff(left, prepend=-1) | np.diff(right, prepend=-1))
    found: dict[str, Word] = {
        "COLS": cols,
        "STEP": step,
        "HIGH": grid.size[0],
        "WIDE": grid.size[1],
        "ACROSS": grid.tiles[1],
        "TABLES": ROOM,
        "PITCH": picture.pitch,
        "RESULT_PITCH": cols * step * of_result,
        "RESULT_STEP": step,
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
        "LIMIT": max(int(limit * grid.area / levels), 1),
    }
    most = shares_among(threads, rows * cols + tiles * levels, FEWEST)
    calls = []
    for channel in range(colours):
        own = found | {"IMAGE": IMAGE + channel * size, "RESULT": RESULT + channel * of_result}
        words = [own[name] for name in _WORDS]
        for entry, units in (("tabulate", tiles), ("fill", rows)):
            calls.append(Call((loops(picture.dtype, result), entry), words, units, min(most, units)))
    return calls, tiles * levels * (4 if levels == 256 else 2)
