"""A correlation as numbers: how it is cut into strips of rows and blocks of channels, for compiled loops."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convpipe.compile.common.correlation import Correlation
from convpipe.compile.conv2d import layout
from convpipe.compile.conv2d.buffers import Buffers
from convpipe.compile.conv2d.tile import BLOCK, PANEL_BYTES, STACK, widths
from convpipe.compile.conv2d.vectors import MASKED, SUMS
from convpipe.compile.runtime.processor import VECTOR_BYTES
from convpipe.dataclass import dataclass
from convpipe.geometry import Extent

SPLIT_ROWS = 8
"""Rows a thread has at least before channels are divided among threads: each strip copies rows of its own."""

SHARE_PRODUCTS = 250_000
"""Fewest products of a thread: from 0.3 to 1 million on, by the layer, two threads are quicker than one."""

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Cut:
    """How a correlation is divided.

    Parameters
    ----------
    words : ndarray of int64
        As :mod:`convpipe.compile.conv2d.layout` says.
    sizes : (int, int)
        Rows and columns of a result.
    units : int
        Strips, of every image and group, times the parts that their channels are divided into.
    shares : int
        Threads that are worth waking.
    """

    words: Numbers
    sizes: Extent
    units: int
    shares: int


@dataclass(frozen=True)
class Tiles:
    """Where the machine code of tiles is, and of what goes along the rows of a strip.

    Parameters
    ----------
    block : callable
        Takes how many channels the tile is of.
    stack : callable
        Takes how many vectors a stack of rows spans.
    fill, run_strip : callable
        The loops that copy what a strip of rows reads, and make it in blocks of channels.
    itemsize : int
        Bytes of a sample.
    """

    block: Callable[[int], int]
    stack: Callable[[int], int]
    fill: Callable[[], int]
    run_strip: Callable[[], int]
    itemsize: int


def cut(
    shape: tuple[int, ...],
    taps: tuple[int, ...],
    how: Correlation,
    threads: int,
    tiles: Tiles,
    planes: tuple[int, int] | None = None,
) -> Cut:
    """Return how the correlation of (N, C, H, W) images with (C_out, C / groups, KH, KW) taps is divided.

    Channels of the images and of the results follow each other, or begin so many samples apart as `planes`
    says.
    """
    plane, made = planes or (shape[2] * shape[3], 0)
    buffers = Buffers(taps[1], (shape[2], shape[3]), how, tiles.itemsize, plane)
    banks, filters, sizes = shape[0] * how.groups, taps[0] // how.groups, buffers.sizes
    products = banks * filters * math.prod((*taps[1:], *sizes))
    shares = max(1, min(threads, products // SHARE_PRODUCTS))
    strips = _strips(banks, sizes[0], shares, buffers.most_rows())
    splits = min(-(-shares // (banks * strips)), -(-filters // BLOCK))
    words = _Words()
    words.put(
        {
            layout.ITEM: tiles.itemsize,
            layout.GROUPS: how.groups,
            layout.FILTERS: filters,
            layout.PLANE_IN: plane,
            layout.COLS_IN: shape[3],
            layout.PLANE_OUT: made or math.prod(sizes),
            layout.COLS_OUT: sizes[1],
        }
    )
    width = _stack_width(buffers, sizes[0] // strips) if filters == 1 else 0
    if not words.put_samples(buffers, strips, width):
        words.put({layout.FILL: tiles.fill()})
    if width:
        words.put({layout.SPLITS: 1, layout.STACK_VECTORS: width, layout.STACK_TILE: tiles.stack(width)})
    else:
        words.put({layout.RUN_STRIP: tiles.run_strip()})
        words.put_parts(filters, splits, tiles.block)
    return Cut(words.array(), sizes, banks * strips * splits, shares)


def _strips(banks: int, rows: int, shares: int, most: int) -> int:
    """Return into how many strips of at most so many rows each image is divided."""
    strips = -(-rows // most)
    step = shares // math.gcd(banks, shares)  # as many for each thread
    even = -(-strips // step) * step
    return even if rows >= even * SPLIT_ROWS or strips > step else strips


def _stack_width(buffers: Buffers, rows: int) -> int:
    """Return how many vectors stacks span in strips of at least so many rows; 0 where rows are not stacked.

    Rows of one channel that see the same samples share what is loaded of them.
    """
    window, lanes, cols = buffers.how.windows[0], VECTOR_BYTES // buffers.itemsize, buffers.sizes[1]
    if window.stride > 1 or window.dilation > 1 or min(window.kernel, rows) < STACK:
        return 0
    if cols < (lanes // 2 if MASKED else lanes):
        return 0
    most = SUMS // STACK if MASKED else min(SUMS // STACK, cols // lanes)
    vectors = -(-cols // lanes)
    return -(-vectors // -(-vectors // most))


class _Words:
    def __init__(self) -> None:
        self._head = np.zeros(layout.WORDS, np.int64)
        self._lists = [self._head]

    def put(self, numbers: dict[int, int]) -> None:
        """Write numbers into their places."""
        for place, number in numbers.items():
            self._head[place] = number

    def put_samples(self, buffers: Buffers, strips: int, stack: int) -> bool:
        """Write what strips of rows read, and from where: in stacks of rows of so many vectors, or 0.

        Return whether it is read where it stands.
        """
        rows, window = buffers.sizes[0], buffers.how.windows
        tops = [strip * rows // strips for strip in range(strips + 1)]
        most, in_place = -(-rows // strips), buffers.in_place(rows // strips)
        in_place = in_place and stack * VECTOR_BYTES <= buffers.sizes[1] * buffers.itemsize
        seen = window[0].kernel + (STACK - 1 if stack else 0)
        offsets, pieces = buffers.offsets(most, seen, in_place) * buffers.itemsize, buffers.pieces()
        edges = buffers.edges(most)[: 0 if in_place else None]
        listed = []
        for top, end in pairwise(tops):
            lines = buffers.lines(top, end - top, most)[: 0 if in_place else None]
            listed.append((top, end - top, self._list(lines), len(lines)))
        samples = 0 if in_place else buffers.samples(most) * buffers.itemsize
        self.put(
            {
                layout.MEMORY: PANEL_BYTES + samples + 2 * VECTOR_BYTES,  # to begin and to end with
                layout.KERNEL_Y: window[0].kernel,
                layout.KERNEL_X: window[1].kernel,
                layout.TAPS: buffers.channels * window[0].kernel * window[1].kernel,
                layout.CHANNELS: buffers.channels,
                layout.STRIPS: strips,
                layout.IN_PLACE: in_place,
                layout.PITCH: buffers.pitch,
                layout.STRIDE: window[1].stride,
                layout.PHASES: buffers.phases,
                layout.PIECE_STEP: buffers.piece_step(most),
                layout.EDGE_COUNT: len(edges),
                layout.OFFSETS_AT: self._list(offsets),
                layout.PIECES_AT: self._list(pieces),
                layout.EDGES_AT: self._list(edges),
                layout.STRIPS_AT: self._list(listed),
            }
        )
        return in_place

    def put_parts(self, filters: int, splits: int, tile: Callable[[int], int]) -> None:
        """Write the blocks of each part of the channels; the first of all may have a channel more."""
        blocks = -(-filters // BLOCK)
        size, larger = divmod(filters, blocks)
        listed = []
        for split in range(splits):
            first, last = split * blocks // splits, (split + 1) * blocks // splits
            kinds = (size + 1, first, min(last, larger)), (size, max(first, larger), last)
            runs = [
                (tile(n), n, *widths(n), begin * size + min(begin, larger), end - begin)
                for n, begin, end in kinds
                if begin < end
            ]
            listed.append((self._list(runs), len(runs)))
        self.put({layout.SPLITS: splits, layout.SPLITS_AT: self._list(listed)})

    def array(self) -> Numbers:
        """Return all of them."""
        words = np.concatenate(self._lists)
        words.flags.writeable = False
        return words

    def _list(self, numbers: ArrayLike) -> int:
        """Append numbers, and return where they begin."""
        place = sum(map(len, self._lists))
        self._lists.append(np.array(numbers, np.int64).reshape(-1))
        return place
