"""Run a layer: an image with channels last through the loops of (N, C, H, W)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.pictures import Picture
from convpipe.compile.conv2d.bands import Bands
from convpipe.compile.cpu.whole import Whole
from convpipe.dataclass import dataclass
from convpipe.geometry import Axis, Border, border_index
from convpipe.ops import Layer

UNKNOWN = ("float16", "bool")
"""Types that Numba's loops do not convert."""


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
        """Return the image that it makes, and that no NaN became 0."""
        samples = images[0].reshape(*self.given.extent, self.given.channels)
        rows = self.picture.empty()
        result = rows.reshape(*self.picture.extent, self.picture.channels)
        self._bands.run(self._bands.given.rows(samples), result, self._numbers, threads)
        if self.layer.opaque is not None:
            result[..., -1] = self._alpha(samples[..., -1], self.layer.opaque)
        return [rows], 0

    @cached_property
    def _bands(self) -> Bands:
        given = self.given
        if given.dtype in UNKNOWN:
            given = replace(given, dtype=self.picture.dtype)
        return Bands(self.layer, self.axes, given, self.picture)

    @cached_property
    def _numbers(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Weights and biases in the type of the arithmetic."""
        layer, dtype = self.layer, self.picture.dtype
        biases = np.array(layer.biases or np.zeros(layer.filters), dtype)
        return np.ascontiguousarray(layer.weights.array, dtype), biases

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
        """Compile its loops."""
        self._bands.warm()


def _under(tap: int, axis: Axis, size: int, border: Border) -> NDArray[np.int64]:
    """Return where the samples under a tap are from, for every output; -1 is outside."""
    first = tap * axis.dilation - axis.before
    places = range(first, first + axis.output(size) * axis.stride, axis.stride)
    return np.array([border_index(place, size, int(border)) for place in places], np.int64)
