"""The mathematics of pooling: which pixels a window has, and the mean of them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from convpipe.errors import ParameterError, PlanError
from convpipe.geometry import Axis, Extent
from convpipe.padding import Padding, Pooled, axes
from convpipe.polyphase import Polyphase


@dataclass(frozen=True)
class Pool:
    """Where windows stand that pool, as torch's and ONNX's pools have them.

    Parameters
    ----------
    size : (rows, cols)
    stride : (rows, cols)
    padding : Padding
        At most half of what a window spans.
    dilation : (rows, cols)
    ceil_mode : bool
        As of :class:`convpipe.padding.Pooled`.

    Raises
    ------
    ParameterError
        If the padding is more than that.
    """

    size: Extent
    stride: Extent
    padding: Padding
    dilation: Extent
    ceil_mode: bool

    def __post_init__(self) -> None:
        if isinstance(self.padding, str):
            return
        for size, dilation, sides in zip(self.size, self.dilation, self.padding, strict=True):
            reach = dilation * (size - 1) + 1
            if max(sides) > reach // 2:
                raise ParameterError(
                    f"padding is at most half of the {reach} pixels that a window spans; given {max(sides)}",
                    "padding",
                )

    @property
    def rule(self) -> Pooled:
        """What it pads, for the windows of an op."""
        return Pooled(self.padding, self.ceil_mode)

    def axes(self, extent: Extent) -> tuple[Axis, Axis]:
        """Return its windows over an image of `extent`."""
        return axes(extent, self.size, self.stride, self.dilation, self.rule)

    def declared(self, extent: Extent) -> tuple[Axis, Axis]:
        """Return the same with no more than the padding that is given."""
        return axes(extent, self.size, self.stride, self.dilation, self.padding)


@dataclass(frozen=True)
class Averaging:
    """The taps of means under the windows of a pool. See :class:`convpipe.ops.Rule`.

    Parameters
    ----------
    pool : Pool
    count_include_pad : bool
        Whether a mean is of a window's places in image and padding, with 0 in the padding; or of those in
        the image alone.
    """

    pool: Pool
    count_include_pad: bool

    def axes(self, extent: Extent, image: Extent, entering: Extent) -> tuple[Polyphase, Polyphase]:
        """Return the taps of rows and columns, for one of `extent`.

        Raises
        ------
        PlanError
            If no window fits.
        """
        ends = [axis.after for axis in self.pool.declared(extent)]
        rows, cols = map(self._taps, extent, self.pool.axes(extent), ends)
        return rows, cols

    def _taps(self, size: int, axis: Axis, after: int) -> Polyphase:
        """Return the taps along one axis, with so much padding after it that counts."""
        outputs = axis.output(size)
        if outputs < 1:
            raise PlanError(
                f"its window spans {axis.reach} in line but its padded input has "
                f"{size} + {axis.before} + {axis.after}; output: {axis.formula(size)}"
            )
        places = np.arange(outputs)[:, None] * axis.stride - axis.before + np.arange(axis.reach)
        taken = np.arange(axis.reach) % axis.dilation == 0
        inside = taken & (places >= 0) & (places < size)
        counted = taken & (places < size + after) if self.count_include_pad else inside
        weights = inside / counted.sum(axis=1, keepdims=True)
        origin = Fraction(axis.reach - 1, 2) - axis.before
        return Polyphase.of(places, weights, size, Fraction(axis.stride), origin)
