"""A layer of an image whose channels stand side by side, in bands of rows that stay in the caches.

The rows that a band reads become planes, the loops of conv2d make planes of them, and these become pixels of
the result: each sample of it is written to memory once, where it stays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import memory
from convpipe.compile.common.correlation import Correlation
from convpipe.compile.common.pictures import Picture
from convpipe.compile.conv2d import band_words as word
from convpipe.compile.conv2d import interleave
from convpipe.compile.conv2d.correlate import share, work_of
from convpipe.compile.conv2d.words import SHARE_PRODUCTS
from convpipe.compile.cpu import signatures
from convpipe.compile.cpu.shares import run_shares
from convpipe.compile.runtime import cache
from convpipe.compile.runtime.threads import count
from convpipe.dataclass import dataclass
from convpipe.geometry import Axis, Border
from convpipe.memory import LINE
from convpipe.ops import Layer
from convpipe.plan.costs import layer_rows

_BAND = '''"""Bands of a layer, of {given} in {made}."""

import numpy as np
from numba import njit

from convpipe.compile.conv2d import band_words
from convpipe.compile.conv2d.transpose import SIDE, turn_block
from convpipe.compile.cpu.compiled.addresses import address, hold, place_of, row_at
from convpipe.compile.cpu.compiled.drive import call_band
from convpipe.compile.cpu.compiled.rows import FLAGS, border_index, inline, number_float64

G, T = np.{given}, np.{made}


{to_planes}

{to_pixels}

@inline
def take(table, y, count, planes):
    # The rows under the windows of a band, as planes, with what lies outside.
    width, pixel = table[band_words.WIDTH], table[band_words.PIXEL]
    wide, left = table[band_words.WIDE], table[band_words.LEFT]
    lines = -(-count * wide * {size} // {line})
    step, value = (lines + 1 - lines % 2) * {line}, T(number_float64(table[band_words.VALUE]))
    for r in range(count):
        place = planes + r * wide * {size}
        j = border_index(y + r, table[band_words.HEIGHT], table[band_words.BORDER])
        if j < 0 or wide > width:
            for c in range(table[band_words.CHANNELS]):
                row = row_at(place + c * step, T)
                for x in range(wide):
                    row[x] = value
        if j >= 0:
            pixels = table[band_words.IMAGE] + j * width * pixel * {given_size}
            to_planes(pixels, pixel, place + left * {size}, step, table[band_words.CHANNELS], width)


@njit(**FLAGS)
def band(words, image, out, others, parameters, first, last):
    table = address(words)
    block = np.empty(table[band_words.MEMORY] + 64, np.uint8)
    planes = place_of(block) + 63
    planes -= planes % 64
    made = planes + table[band_words.MADE_AT]
    starts = np.empty(2, np.int64)
    starts[0], starts[1] = table[band_words.WEIGHTS], table[band_words.BIASES]
    high, cols = table[band_words.HIGH], table[band_words.COLS]
    pixel, filters = table[band_words.MADE_PIXEL], table[band_words.FILTERS]
    for unit in range(first, last):
        y = unit * high
        rows = min(high, table[band_words.ROWS] - y)
        count = (rows - 1) * table[band_words.STRIDE] + table[band_words.REACH]
        take(table, y * table[band_words.STRIDE] - table[band_words.BEFORE], count, planes)
        own = words[band_words.WORDS : table[band_words.LAST_AT]]
        units, step = table[band_words.FULL_UNITS], table[band_words.FULL_STEP]
        if rows < high:
            own = words[table[band_words.LAST_AT] :]
            units, step = table[band_words.LAST_UNITS], table[band_words.LAST_STEP]
        call_band(table[band_words.SHARE], own, planes, made, starts, 0, 0, units)
        to_pixels(made, step, table[band_words.OUT] + y * cols * pixel * {size}, pixel, filters, rows * cols)
    hold(block, starts)
    return 0
'''


@dataclass(frozen=True)
class Bands:
    """A layer over images of one kind.

    Parameters
    ----------
    layer : Layer
    axes : (Axis, Axis)
        Its windows, padding resolved.
    given, picture : Picture
        What it reads, and makes in the type of the arithmetic.
    """

    layer: Layer
    axes: tuple[Axis, Axis]
    given: Picture
    picture: Picture

    @property
    def high(self) -> int:
        """Rows of the result in a band."""
        return layer_rows(self.layer, self.axes, self.given.extent, self.picture.extent, self._size)

    @cached_property
    def source(self) -> str:
        """The module of its loops."""
        layer, given, made = self.layer, self.given, self.picture
        return _BAND.format(
            given=given.dtype,
            made=made.dtype,
            given_size=np.dtype(given.dtype).itemsize,
            size=self._size,
            line=LINE,
            to_planes=interleave.to_planes(given.dtype, made.dtype, layer.channels, given.channels),
            to_pixels=interleave.to_pixels(made.dtype, layer.filters, made.channels),
        )

    @cached_property
    def address(self) -> int:
        """Where their machine code is."""
        return cache.address(self.source, "band", signatures.BAND)

    def warm(self) -> None:
        """Compile its loops, and those of conv2d."""
        cache.address(self.source, "band", signatures.BAND)
        assert len(self._words)

    def run(
        self, image: NDArray[Any], out: NDArray[Any], numbers: Sequence[NDArray[Any]], threads: int | None
    ) -> None:
        """Write the filters of a result; `numbers` are the weights and the biases. All are contiguous."""
        words = self._words.copy()
        arrays = (image, out, *numbers)
        words[[word.IMAGE, word.OUT, word.WEIGHTS, word.BIASES]] = [memory.address(array) for array in arrays]
        units = -(-self.picture.extent[0] // self.high)
        products = math.prod((*self.layer.weights.shape, *self.picture.extent))
        shares = max(1, min(units, threads or count(), products // SHARE_PRODUCTS))
        run_shares((self.source, "band"), words.tolist(), units, shares)

    @cached_property
    def _words(self) -> NDArray[np.int64]:
        layer, rows, (made_rows, made_cols) = self.layer, self.axes[0], self.picture.extent
        head, high = np.zeros(word.WORDS, np.int64), self.high
        full = self._correlation(high, word.FULL_UNITS, word.FULL_STEP, head)
        last = self._correlation(made_rows % high or high, word.LAST_UNITS, word.LAST_STEP, head)
        planes = layer.channels * self._apart(self._taken(high) * self._wide) * self._size
        head[word.SHARE] = share()
        head[word.VALUE] = np.float64(layer.value).view(np.int64)
        head[[word.ROWS, word.HIGH, word.COLS]] = made_rows, high, made_cols
        head[[word.HEIGHT, word.WIDTH, word.PIXEL]] = *self.given.extent, self.given.channels
        head[[word.STRIDE, word.BEFORE, word.REACH]] = rows.stride, rows.before, rows.reach
        head[[word.BORDER, word.LEFT, word.WIDE]] = int(layer.border), self._sides[0], self._wide
        head[[word.CHANNELS, word.FILTERS]] = layer.channels, layer.filters
        head[word.MADE_PIXEL] = self.picture.channels
        head[word.MADE_AT], head[word.MEMORY] = planes, planes + layer.filters * head[word.FULL_STEP]
        head[word.LAST_AT] = word.WORDS + len(full)
        return np.concatenate([head, full, last])

    def _correlation(self, high: int, units: int, step: int, head: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the words of the correlation that makes so many rows; its units and step go into `head`."""
        layer, cols, dtype = self.layer, self.axes[1], np.dtype(self.picture.dtype)
        shape = (1, layer.channels, self._taken(high), self._wide)
        if any(self._sides):
            cols = replace(cols, before=0, after=0)
        how = Correlation((replace(self.axes[0], before=0, after=0), cols), layer.groups, layer.border)
        plane = self._apart(high * self.picture.extent[1])
        work = work_of(
            shape, layer.weights.shape, how, dtype, 1, (self._apart(self._taken(high) * self._wide), plane)
        )
        head[units], head[step] = work.units, plane * self._size
        return work.words

    def _taken(self, high: int) -> int:
        """Return the rows of the image under so many rows of the result."""
        rows = self.axes[0]
        return (high - 1) * rows.stride + rows.reach

    def _apart(self, samples: int) -> int:
        """Return the samples from a plane of some to the next: an odd number of lines, which share no set."""
        lines = -(-samples * self._size // LINE)
        return (lines + 1 - lines % 2) * LINE // self._size

    @property
    def _size(self) -> int:
        return np.dtype(self.picture.dtype).itemsize

    @property
    def _sides(self) -> tuple[int, int]:
        """Columns outside that planes have: the loops know all borders along rows but that of a value."""
        valued = self.layer.border == Border.CONSTANT and self.layer.value != 0
        return (self.axes[1].before, self.axes[1].after) if valued else (0, 0)

    @property
    def _wide(self) -> int:
        return self.given.extent[1] + sum(self._sides)
