"""Run a layer: an image with channels last through the loops of (N, C, H, W)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.correlation import Correlation
from convpipe.compile.common.pictures import Picture
from convpipe.compile.conv2d.correlate import correlate
from convpipe.compile.runtime.threads import limited
from convpipe.geometry import Axis, Border, border_index
from convpipe.ops import Layer


@dataclass(frozen=True)
class Layered:
    """A layer, called as a sweep is.

    Parameters
    ----------
    reads, makes : tuple of int
        Positions of the nodes of the plan whose images it reads and makes.
    title : str
        For a person.
    layer : Layer
    axes : (Axis, Axis)
        Its windows, padding resolved.
    given, picture : Picture
        What it reads, and makes in the type of the arithmetic.
    """

    reads: tuple[int, ...]
    makes: tuple[int, ...]
    title: str
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
        layer, picture = self.layer, self.picture
        samples = images[0].reshape(*self.given.extent, self.given.channels)
        planes = np.ascontiguousarray(np.moveaxis(samples[..., : layer.channels], 2, 0), picture.dtype)
        axes = self.axes
        if layer.border == Border.CONSTANT and layer.value:  # the loops know zeros alone
            sides = [(axis.before, axis.after) for axis in axes]
            planes = np.pad(planes, [(0, 0), *sides], constant_values=layer.value)
            axes = replace(axes[0], before=0, after=0), replace(axes[1], before=0, after=0)
        weights = layer.weights.array.astype(picture.dtype)
        biases = np.array(layer.biases, picture.dtype) if layer.biases else None
        with limited(threads):
            made = correlate(planes[None], weights, biases, Correlation(axes, layer.groups, layer.border))
        rows = picture.empty()
        result = rows.reshape(*picture.extent, picture.channels)
        result[..., : layer.filters] = np.moveaxis(made[0], 0, 2)
        if layer.opaque is not None:
            result[..., -1] = self._alpha(samples[..., -1], layer.opaque)
        return [rows], 0

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
        """Compile its loop, which is one for all layers of a type."""
        one = np.ones((1, 1, 1, 1), self.picture.dtype)
        correlate(one, one, None, Correlation((Axis(1), Axis(1)), 1, Border.CONSTANT))


def _under(tap: int, axis: Axis, size: int, border: Border) -> NDArray[np.int64]:
    """Return where the samples under a tap are from, for every output; -1 is outside."""
    first = tap * axis.dilation - axis.before
    places = range(first, first + axis.output(size) * axis.stride, axis.stride)
    return np.array([border_index(place, size, int(border)) for place in places], np.int64)
