"""Images as loops read and write them, and the way from and to what a caller has: for every backend, once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import memory
from convpipe.geometry import Extent
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

    def rows(self, image: NDArray[Any]) -> NDArray[Any]:
        """Return `image`, of any strides, byte order and type that it is stored as, as a loop reads it."""
        return np.ascontiguousarray(image, self._samples).reshape(self._shape)

    def pixels(self, image: NDArray[Any], alpha: bool) -> NDArray[Any]:
        """Return the samples of `image` that count in statistics, those of a pixel as a row: not alpha's."""
        samples = image.reshape(-1, self.channels)
        return samples[:, :-1] if alpha else samples

    def empty(self) -> NDArray[Any]:
        """Return rows to write it to."""
        return memory.empty(self._shape, self._samples)

    @cached_property
    def _shape(self) -> Extent:
        rows, cols = self.extent
        return rows, cols * self.channels

    @cached_property
    def _samples(self) -> np.dtype[Any]:
        return np.dtype(self.dtype)


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
        return Picture(node.extent, node.channels, stored(self.output.dtype))

    def finished(self, rows: NDArray[Any], axes: int) -> NDArray[Any]:
        """Return the result for an image of 2 or 3 `axes`, in its own type and shape."""
        if self._converts:
            with np.errstate(over="ignore"):  # what float16 cannot hold is infinite, as the plan says
                rows = rows.astype(self.output.dtype)
        shape = self._shapes[axes]
        return rows if rows.shape == shape else rows.reshape(shape)

    @cached_property
    def _converts(self) -> bool:
        """Whether it is of another dtype than loops write."""
        return self.output.dtype != self.picture.dtype

    @cached_property
    def _shapes(self) -> dict[int, tuple[int, ...]]:
        """Its shapes by the axes of the image: small images take a few microseconds in all."""
        return {axes: self.plan.result_shape(axes, self.output.node) for axes in (2, 3)}
