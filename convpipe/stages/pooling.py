"""The mathematics of pooling: which pixels a window has, and the mean of them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError, PlanError
from convpipe.geometry import Axis, Extent
from convpipe.padding import Kept, Padding, Pooled, axes
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

    @property
    def padded(self) -> Kept:
        """The image with the padding that is given, for the window of an op."""
        return Kept(Padded(self, 0), Padded(self, 1))

    def axes(self, extent: Extent) -> tuple[Axis, Axis]:
        """Return its windows over an image of `extent`."""
        return axes(extent, self.size, self.stride, self.dilation, self.rule)

    def declared(self, extent: Extent) -> tuple[Axis, Axis]:
        """Return the same with no more than the padding that is given."""
        return axes(extent, self.size, self.stride, self.dilation, self.padding)


@dataclass(frozen=True)
class Padded:
    """An axis, 0 or 1, with the padding of a pool. See :class:`convpipe.padding.Part`."""

    pool: Pool
    axis: int

    def span(self, size: int, name: str) -> tuple[int, int]:
        """Return the first place and the end; outside the `size` samples is padding."""
        axis = self.pool.declared((size, size))[self.axis]
        return -axis.before, size + axis.after


@dataclass(frozen=True)
class Averaging:
    """The taps of means under the windows of a pool. See :class:`convpipe.ops.Rule`.

    Parameters
    ----------
    pool : Pool
    is_padded : bool
        Whether what it averages has the padding already, and the means are of image and padding; or of
        the places of a window that are in the image alone.
    """

    pool: Pool
    is_padded: bool

    def axes(self, extent: Extent, image: Extent, entering: Extent) -> tuple[Polyphase, Polyphase]:
        """Return the taps of rows and columns, for one of `extent`.

        Raises
        ------
        PlanError
            If no window fits.
        """
        windows = self.pool.axes(entering if self.is_padded else extent)
        rows, cols = map(self._taps, entering, extent, windows)
        return rows, cols

    def _taps(self, entering: int, size: int, axis: Axis) -> Polyphase:
        """Return the taps along one axis, of `size` with its padding, or else as it is."""
        outputs = axis.output(entering)
        if outputs < 1:
            raise PlanError(
                f"its window spans {axis.reach} in line but its padded input has "
                f"{entering} + {axis.before} + {axis.after}; output: {axis.formula(entering)}"
            )
        before = 0 if self.is_padded else axis.before
        places = np.arange(outputs)[:, None] * axis.stride - before + np.arange(axis.reach)
        taken = np.arange(axis.reach) % axis.dilation == 0
        inside = taken & (places >= 0) & (places < size)
        weights = inside / inside.sum(axis=1, keepdims=True)
        origin = Fraction(axis.reach - 1, 2) - before
        return Polyphase.of(places, weights, size, Fraction(axis.stride), origin)
