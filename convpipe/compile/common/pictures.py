"""Images as loops read and write them, and the way from and to what a caller has: for every backend, once."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import memory
from convpipe.dataclass import dataclass
from convpipe.geometry import Extent
from convpipe.losses import NO_LOSSES, Losses
from convpipe.ops import stored
from convpipe.plan import Output, Plan


@dataclass(frozen=True)
class Picture:
    """An image that a loop reads or writes: rows of samples, the channels of a pixel side by side.

    Parameters
    ----------
    extent : (rows, cols)
    channels : int
    dtype : str
        As it is stored.
    """

    extent: Extent
    channels: int
    dtype: str

    @property
    def pitch(self) -> int:
        """Bytes of a row."""
        return self._shape[1] * self._samples.itemsize

    def rows(self, image: NDArray[Any]) -> NDArray[Any]:
        """Return `image`, of any strides, byte order and type that it is stored as, as a loop reads it."""
        rows = np.ascontiguousarray(image, self._samples)
        return rows if rows.shape == self._shape else rows.reshape(self._shape)

    def pixels(self, image: NDArray[Any], alpha: bool) -> NDArray[Any]:
        """Return the samples of `image` that count in statistics, those of a pixel as a row: not alpha's."""
        samples = image.reshape(-1, self.channels)
        return samples[:, :-1] if alpha else samples

    def empty(self, read: NDArray[Any] | None = None, stagger: int = 0) -> NDArray[Any]:
        """Return rows to write it to, in their pages so many bytes from those that are read meanwhile."""
        if self._is_small:
            return np.empty(self._shape, self._samples)
        place = None if read is None else memory.address(read) + stagger
        return memory.empty(self._shape, self._samples, place)

    def band(self, first: int, last: int) -> Band:
        """Return rows to write some of it to, `first` to before `last`."""
        return Band(np.empty((last - first, self._shape[1]), self._samples), first)

    @cached_property
    def _shape(self) -> Extent:
        rows, cols = self.extent
        return rows, cols * self.channels

    @cached_property
    def _samples(self) -> np.dtype[Any]:
        return np.dtype(self.dtype)

    @cached_property
    def _is_small(self) -> bool:
        """Whether no memory is kept for it, and so none is looked for: an image takes a few microseconds."""
        return math.prod(self._shape) * self._samples.itemsize < memory.LEAST


@dataclass(frozen=True)
class Band:
    """Some rows of an image, as loops read and write them.

    Parameters
    ----------
    rows : ndarray, shape (rows, cols * channels)
    first : int
        The number of the first of them in the image.
    """

    rows: NDArray[Any]
    first: int

    @property
    def origin(self) -> int:
        """The address that row 0 of the image would have."""
        return memory.address(self.rows) - self.first * self.rows.strides[0]

    def part(self, first: int, last: int) -> NDArray[Any]:
        """Return rows `first` to before `last` of the image."""
        return self.rows[first - self.first : last - self.first]


@dataclass(frozen=True)
class Outcome:
    """A result of a plan: what becomes of the rows that were written for it.

    Parameters
    ----------
    plan : Plan
    output : Output
    """

    plan: Plan
    output: Output

    @cached_property
    def picture(self) -> Picture:
        """The rows, as a loop writes them."""
        node = self.plan.nodes[self.output.node]
        return Picture(node.extent, node.channels, stored(self.output.dtype, self.plan.compute))

    def finished(self, rows: NDArray[Any], axes: int, nans: int = 0) -> tuple[NDArray[Any], Losses]:
        """Return the result for an image of 2 or 3 `axes`, in its own type and shape, and what was lost.

        Parameters
        ----------
        rows : ndarray
        axes : int
        nans : int
            That became 0 in the rows.
        """
        overflows = 0
        if self._converts:
            rows, overflows = self._converted(rows)
        shape = self._shapes[axes]
        losses = Losses(nans, overflows) if nans or overflows else NO_LOSSES
        return rows if rows.shape == shape else rows.reshape(shape), losses

    def _converted(self, rows: NDArray[Any]) -> tuple[NDArray[Any], int]:
        """Return the rows in their own type, and how many finite samples became infinite."""
        if self.output.dtype != "float16":
            return rows.astype(self.output.dtype), 0
        halves = memory.empty(rows.shape, np.dtype(np.float16))
        return halves, round_to_half(rows, halves)

    def of_band(self, rows: NDArray[Any], axes: int) -> tuple[NDArray[Any], Losses]:
        """Return some rows of the result, and what was lost, as :meth:`finished` does all of them."""
        overflows = 0
        if self._converts:
            rows, overflows = self._converted(rows)
        return rows.reshape(len(rows), *self._shapes[axes][1:]), Losses(overflows=overflows)

    @cached_property
    def _converts(self) -> bool:
        """Whether it is of another dtype than loops write."""
        return self.output.dtype != self.picture.dtype

    @cached_property
    def _shapes(self) -> dict[int, tuple[int, ...]]:
        """Its shapes by the axes of the image: small images take a few microseconds in all."""
        return {axes: self.plan.result_shape(axes, self.output.node) for axes in (2, 3)}


def round_to_half(rows: NDArray[Any], out: NDArray[Any]) -> int:
    """Round `rows` to float16, half to even, into `out`; return how many finite samples became infinite.

    Parameters
    ----------
    rows : ndarray, shape (rows, samples)
        Of floating point.
    out : ndarray
        Of float16, or `rows` itself.
    """
    overflows, step = 0, max(1, _AT_A_TIME // max(1, rows[:1].size))
    with np.errstate(over="ignore"):  # which is counted
        for first in range(0, len(rows), step):
            given = rows[first : first + step]
            rounded = given.astype(np.float16)
            overflows += int(np.count_nonzero(np.isinf(rounded)) - np.count_nonzero(np.isinf(given)))
            out[first : first + step] = rounded
    return overflows


_AT_A_TIME = 1 << 16
"""Samples that are rounded to float16 at a time: what that takes stays in the caches."""
