"""Run a layer: an image with channels last through the loops of (N, C, H, W)."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.correlation import Correlation
from convpipe.compile.common.pictures import Picture
from convpipe.compile.conv2d.correlate import correlate
from convpipe.compile.conv2d.interleave import to_pixels, to_planes
from convpipe.compile.cpu.whole import Whole
from convpipe.compile.runtime.threads import count, limited
from convpipe.geometry import Axis, Border, border_index
from convpipe.ops import Layer

BAND_BYTES = 1 << 22
"""Of a band of results, which are in the caches until their channels stand side by side. Of smaller bands
more rows of the image are read twice. Measured: 64 filters of 3x7x7 in 1.4 of the time of conv2d, 16 of
3x3x3, which wait for memory, in 2.2.
"""


@dataclass(frozen=True)
class Layered(Whole):
    """A layer, called as a sweep is.

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
    def source(self) -> str:
        """What it does, in a line."""
        layer = self.layer
        shape = "x".join(map(str, layer.weights.shape))
        return f"# {self.title}\n# filters of {shape} in {layer.groups} groups, through the loops of conv2d\n"

    def __call__(self, images: Sequence[NDArray[Any]], threads: int | None) -> tuple[list[NDArray[Any]], int]:
        """Return the image that it makes, and that no NaN became 0.

        It is made in bands of rows that stay in the caches until their channels stand side by side.
        """
        samples = images[0].reshape(*self.given.extent, self.given.channels)
        rows = self.picture.empty()
        result = rows.reshape(*self.picture.extent, self.picture.channels)
        bands = self._bands
        workers = min(threads or count(), len(bands))

        def make(band: tuple[int, int]) -> None:
            with limited(1 if workers > 1 else threads):
                self._band(samples, result, *band)

        if workers > 1:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(make, bands))
        else:
            for band in bands:
                make(band)
        if self.layer.opaque is not None:
            result[..., -1] = self._alpha(samples[..., -1], self.layer.opaque)
        return [rows], 0

    @cached_property
    def _bands(self) -> list[tuple[int, int]]:
        """First rows of the result, and those before which they end, of bands that fit the caches."""
        rows, cols = self.picture.extent
        high = max(1, BAND_BYTES // (cols * self.layer.filters * np.dtype(self.picture.dtype).itemsize))
        return [(first, min(first + high, rows)) for first in range(0, rows, high)]

    @cached_property
    def _numbers(self) -> tuple[NDArray[Any], NDArray[Any] | None]:
        """Weights and biases in the type of the arithmetic."""
        layer, dtype = self.layer, self.picture.dtype
        return layer.weights.array.astype(dtype), np.array(layer.biases, dtype) if layer.biases else None

    def _band(self, samples: NDArray[Any], result: NDArray[Any], first: int, last: int) -> None:
        """Make rows `first` to before `last` of the result."""
        layer, (rows, cols) = self.layer, self.axes
        planes = self._planes(
            samples, first * rows.stride - rows.before, (last - first - 1) * rows.stride + rows.reach
        )
        if planes.shape[2] > samples.shape[1]:
            cols = replace(cols, before=0, after=0)
        how = Correlation((replace(rows, before=0, after=0), cols), layer.groups, layer.border)
        (made,) = correlate(planes[None], *self._numbers, how)
        to_pixels(made.reshape(layer.filters, -1), result[first:last].reshape(-1, result.shape[2]))

    def _planes(self, samples: NDArray[Any], first: int, count: int) -> NDArray[Any]:
        """Return `count` rows from `first` on as planes, outside the image as the border has them.

        The loops know all borders along rows but that of a value; of such a one the columns are there, too.
        """
        layer, (height, width, _) = self.layer, samples.shape
        at = np.array([border_index(row, height, int(layer.border)) for row in range(first, first + count)])
        inside = first >= 0 and first + count <= height
        taken = samples[first : first + count] if inside else samples[at]
        valued = layer.border == Border.CONSTANT and layer.value != 0
        sides = (self.axes[1].before, self.axes[1].after) if valued else (0, 0)
        planes = np.empty((layer.channels, count, width), self.picture.dtype)
        to_planes(taken.reshape(count * width, -1), planes.reshape(layer.channels, -1))
        if not inside:
            planes[:, at < 0] = layer.value if valued else 0
        if any(sides):
            return np.pad(planes, [(0, 0), (0, 0), sides], constant_values=layer.value)
        return planes

    def _alpha(self, alpha: NDArray[Any], opaque: float) -> NDArray[Any]:
        """Return alpha under the centre of each window; outside a constant border it is opaque."""
        rows, cols = (
            _under(tap, axis, size, self.layer.border)
            for tap, axis, size in zip(self.layer.centre, self.axes, alpha.shape, strict=True)
        )
        found: NDArray[Any] = alpha[np.ix_(rows, cols)].astype(self.picture.dtype)
        found[rows < 0] = opaque
        found[:, cols < 0] = opaque
        return found

    def warm(self) -> None:
        """Compile its loops, which are those of all layers of a type."""
        one = np.ones((1, 1, 1, 1), self.picture.dtype)
        correlate(one, one, None, Correlation((Axis(1), Axis(1)), 1, Border.CONSTANT))
        pixel = np.ones((1, 1), self.given.dtype)
        to_planes(pixel, one.reshape(1, 1))
        to_pixels(one.reshape(1, 1), one.reshape(1, 1))


def _under(tap: int, axis: Axis, size: int, border: Border) -> NDArray[np.int64]:
    """Return where the samples under a tap are from, for every output; -1 is outside."""
    first = tap * axis.dilation - axis.before
    places = range(first, first + axis.output(size) * axis.stride, axis.stride)
    return np.array([border_index(place, size, int(border)) for place in places], np.int64)
