"""Channels side by side, as images have them, and one after the other, as the loops of conv2d do."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache as once
from typing import Any

import numpy as np
from numba import from_dtype, types
from numpy.typing import NDArray

from convpipe.compile.runtime import cache

_CONVERTED = '''"""Columns of samples as rows of another type, a few at a time."""

from numba import njit

from convpipe.compile.cpu.rows import FLAGS

STEP = 16


@njit(**FLAGS)
def turned(given, made, rows, cols):
    for first in range(0, rows, STEP):
        for col in range(cols):
            for row in range(first, min(first + STEP, rows)):
                made[col, row] = given[row, col]
    return 0
'''

_MOVED = '''"""Columns of samples as rows, in square blocks."""

import numpy as np
from numba import njit

from convpipe.compile.conv2d.transpose import SIDE, turn_block
from convpipe.compile.cpu.rows import FLAGS


@njit(**FLAGS)
def turned(given, made, rows, cols):
    whole, high = rows - rows % SIDE, cols - cols % SIDE
    source, target = given.ctypes.data, made.ctypes.data
    across, down = given.strides[0], made.strides[0]
    size = given.itemsize
    for col in range(0, high, SIDE):
        for row in range(0, whole, SIDE):
            here, there = source + row * across + col * size, target + col * down + row * size
            turn_block(here, across, there, down, np.{dtype}(0))
    for row in range(whole, rows):
        for col in range(high):
            made[col, row] = given[row, col]
    for col in range(high, cols):
        for row in range(rows):
            made[col, row] = given[row, col]
    return 0
'''

_UNKNOWN = ("float16", "bool")
"""Types that Numba's loops do not convert."""


def to_planes(pixels: NDArray[Any], planes: NDArray[Any]) -> None:
    """Copy the first channels of `pixels`, (count, channels or more), into `planes`, (channels, count)."""
    if pixels.dtype.name in _UNKNOWN or not pixels.flags.c_contiguous:
        planes[...] = pixels[:, : len(planes)].T
    else:
        _turn(pixels, planes, len(pixels), len(planes))


def to_pixels(planes: NDArray[Any], pixels: NDArray[Any]) -> None:
    """Copy `planes`, (channels, count), into the first channels of `pixels`, of the same dtype."""
    _turn(planes, pixels, *planes.shape)


def _turn(given: NDArray[Any], made: NDArray[Any], rows: int, cols: int) -> None:
    """Copy so many rows and columns of an array into the columns and rows of another."""
    view = given.view()
    view.flags.writeable = False  # one signature for read-only and writeable arrays
    _loop(given.dtype, made.dtype)(view, made, rows, cols)


@once
def _loop(given: np.dtype[Any], made: np.dtype[Any]) -> Callable[..., int]:
    read = types.Array(from_dtype(given), 2, "C", readonly=True)
    source = _MOVED.format(dtype=given.name) if given == made else _CONVERTED
    written = types.Array(from_dtype(made), 2, "C")
    return cache.load(source, "turned", (read, written, types.int64, types.int64))
