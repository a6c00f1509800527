"""A window that slides over the rows and columns of an image."""

from __future__ import annotations

from dataclasses import dataclass

from convpipe import expression
from convpipe.errors import ParameterError
from convpipe.geometry import Axis, Border, Extent, pair
from convpipe.interval import Interval
from convpipe.ops.taps import Taps
from convpipe.padding import Anchor, Kept, Padding, Sides, axes, parse_padding, reach_around


@dataclass(frozen=True, eq=False)
class Stencil:
    """Sliding window: `banks` of taps over each channel, one response per bank.

    Parameters
    ----------
    banks : tuple of Taps
        All of one extent.
    names : tuple of str
        Names of the responses, which the next map's expression uses.
    stride, dilation : (rows, cols)
    padding : Padding
    border : Border
    value : float
        What a constant border holds.
    opaque : float, optional
        Its alpha, where the last channel of the image is alpha: a border is as opaque as can be.
    keep_alpha : bool
        Whether the last channel is passed on from the centre tap instead of being filtered.
    anchor : Anchor
        Which tap stands on the pixel that the window computes: what ``same`` pads for.
    """

    banks: tuple[Taps, ...]
    names: tuple[str, ...] = ("r",)
    stride: Extent = (1, 1)
    dilation: Extent = (1, 1)
    padding: Padding | Kept = "same"
    border: Border = Border.REFLECT
    value: float = 0.0
    opaque: float | None = None
    keep_alpha: bool = False
    anchor: Anchor = "upper"

    def __post_init__(self) -> None:
        expression.check_names(self.names, "a response")
        if len({taps.extent for taps in self.banks}) != 1 or len(self.banks) != len(self.names):
            given = f"{self.names} for banks of {[taps.extent for taps in self.banks]}"
            raise ParameterError(f"a stencil needs a name for each bank, all of one extent; given {given}")
        pair(self.stride, "stride")
        pair(self.dilation, "dilation")
        if not isinstance(self.padding, Kept):
            parse_padding(self.padding)
        if not isinstance(self.anchor, str):
            taps = pair(self.anchor, "anchor", least=0)
            if any(tap >= size for tap, size in zip(taps, self.kernel, strict=True)):
                rows, cols = self.kernel
                raise ParameterError(
                    f"anchor needs a tap of the {rows}x{cols} kernel, counted from 0; given {list(taps)}",
                    "anchor",
                )

    @property
    def kernel(self) -> Extent:
        """Rows and columns of the taps, before dilation."""
        return self.banks[0].extent

    def axes(self, extent: Extent) -> tuple[Axis, Axis]:
        """Return the windows over rows and columns of an input of `extent`."""
        return axes(extent, self.kernel, self.stride, self.dilation, self.padding, self.anchor)

    @property
    def halo(self) -> Sides:
        """Pixels it reaches to, ((above, below), (left, right)) of the one it computes."""
        above, left = (self.anchor,) * 2 if isinstance(self.anchor, str) else self.anchor
        rows, cols = zip(self.kernel, self.dilation, strict=True)
        return reach_around(*rows, above), reach_around(*cols, left)

    @property
    def centre(self) -> Extent:
        """Row and column of the tap that stands on the pixel.

        With an even kernel and an even dilation none does: the one next to it, where the window is longer.
        """
        if not isinstance(self.anchor, str):
            return self.anchor
        rows, cols = ((size - (self.anchor == "upper")) // 2 for size in self.kernel)
        return rows, cols

    def ranges(self, samples: Interval) -> dict[str, Interval]:
        """Enclose each named response."""
        if self.border == Border.CONSTANT and self.padding != "valid":
            samples = samples.join(Interval(self.value, self.value))
        return {name: bank.response(samples) for name, bank in zip(self.names, self.banks, strict=True)}
