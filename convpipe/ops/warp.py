"""An image whose pixels are interpolated where a map puts them: an op that stands apart."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.geometry import Border, Extent, border_index
from convpipe.interval import UNBOUNDED, Interval
from convpipe.ops.transformation import Transformation
from convpipe.sampling import Sampling

LEAST_KNOWN = 0.5 - 2.0**-20
"""How much of the weights samples that are there must have between them: half, whatever is rounded off."""

TAPS = {"nearest": 1, "bilinear": 2, "bicubic": 4}
"""Pixels that an interpolation reads along each axis."""

FARTHEST = 1 << 20
"""Most rows or columns outside the image that a result may reach to."""


class Placement(Protocol):
    """What the map follows from, once an extent is known. It can be pickled."""

    def extent(self, given: Extent, image: Extent) -> Extent:
        """Return the extent of the result for one `given`, in a pipeline for an `image`."""

    def transformation(self, given: Extent, image: Extent) -> Transformation:
        """Return the map.

        Raises
        ------
        ValueError
            If there is none.
        """


@dataclass(frozen=True)
class Warp:
    """A pixel of the result is interpolated among the pixels around its place in the image.

    Along each axis bilinear reads 2 pixels, bicubic the 4 of R. Keys' kernel with a = -0.5. What lies outside
    the image is made by the border's rule. Nearest takes the pixel whose centre is next, of two the later.

    Parameters
    ----------
    placement : Placement
    method : str
        One of `TAPS`.
    border : Border
    value : float
        What a constant border holds.
    opaque : float, optional
        Alpha of that, where the last channel is alpha: it is interpolated like a colour, and colours are as
        far as it says.
    fitted : (rows, cols) and Transformation, optional
        The extent of the result, and the map, where that of the image is known.
    has_holes : bool
        Whether samples can be missing, as is said when it is fitted: it is a mean of the others then, of
        weights that sum to :data:`LEAST_KNOWN` at least.
    """

    placement: Placement
    method: str
    border: Border = Border.REFLECT
    value: float = 0.0
    opaque: float | None = None
    fitted: tuple[Extent, Transformation] | None = None
    has_holes: bool = False

    @property
    def extent(self) -> Extent:
        """Rows and columns of the result, once it is fitted."""
        assert self.fitted is not None
        return self.fitted[0]

    @property
    def transformation(self) -> Transformation:
        """The map, once it is fitted."""
        assert self.fitted is not None
        return self.fitted[1]

    def sampling(self, extent: Extent) -> Sampling:
        """Return where the pixels of the result lie in the image, of the `extent` that it is fitted to."""
        return self.transformation.sampling

    def fit(self, extent: Extent, image: Extent, has_holes: bool = False) -> Warp:
        """Return the same for what has an `extent`, in a pipeline for an `image`.

        Raises
        ------
        ValueError
            If there is no such map, or the result would be too large, or reach too far outside.
        """
        fitted = self.placement.extent(extent, image), self.placement.transformation(extent, image)
        found = replace(self, fitted=fitted, has_holes=has_holes)
        if max(fitted[0]) > FARTHEST:
            raise ValueError(f"its result of {fitted[0][0]}x{fitted[0][1]} has a side above {FARTHEST}")
        for (first, last), size in zip(found.places(), extent, strict=True):
            if first < -FARTHEST or last > size + FARTHEST:
                raise ValueError(f"its result reaches to {first} and {last} of {size} rows or columns")
        return found

    def ranges(self, colour: Interval, alpha: Interval | None) -> tuple[Interval, Interval | None]:
        """Enclose every colour, and every alpha where that is the last channel."""
        if self.border == Border.CONSTANT:
            colour = colour.join(Interval(self.value, self.value))
        if alpha is None:
            return self._responses(colour), None
        if self.border == Border.CONSTANT and self.opaque is not None:
            alpha = alpha.join(Interval(self.opaque, self.opaque))
        if self.method == "nearest":
            return colour, alpha
        alpha = self._responses(Interval(max(alpha.low, 0.0), max(alpha.high, 0.0)))
        # Of weights below 0 a mean that is weighted by alpha can be anything.
        return UNBOUNDED if self.method == "bicubic" else colour.join(Interval(0.0, 0.0)), alpha

    def _responses(self, samples: Interval) -> Interval:
        """Enclose sums: along an axis weights above 0 sum to at most 9/8, those below 0 to 1/8."""
        if self.method != "bicubic":
            return samples
        if not samples.bounded:
            return UNBOUNDED
        beyond = 2 * 9 / 64 / (LEAST_KNOWN if self.has_holes else 1)
        up, down = 1 + beyond, -beyond
        low, high = samples.low * up + samples.high * down, samples.high * up + samples.low * down
        return Interval(low, high, samples.nan)

    def places(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return the first and the last row, and column, that it reads, outside the image too."""
        taps = TAPS[self.method]
        rows, cols = (
            (_whole(low) - taps, _whole(high) + taps) for low, high in self.transformation.spans(self.extent)
        )
        return rows, cols

    def rule(self, axis: int) -> Border:
        """Return what makes rows (columns) outside the image."""
        return Border.WRAP if self.transformation.wraps[axis] else self.border

    def index(self, axis: int, size: int) -> NDArray[np.int64]:
        """Return the row (column) of the image for each of `places` along an axis; -1 for the constant."""
        first, last = self.places()[axis]
        return np.array([border_index(at, size, self.rule(axis)) for at in range(first, last + 1)], np.int64)


def _whole(place: float) -> int:
    """Return the pixel that a place begins with; of one that no number says, one that is too far."""
    return math.floor(place) if abs(place) < 2 * FARTHEST else int(math.copysign(2 * FARTHEST, place))
