"""Windows that slide over the rows and columns of an image: sums of products, and samples by their rank."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from convpipe import expression
from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.geometry import Axis, Border, Extent, pair
from convpipe.interval import Interval
from convpipe.ops.taps import Taps
from convpipe.padding import Anchor, Kept, Padding, Pooled, Sides, axes, centre, halo, parse_padding


@dataclass(frozen=True, eq=False, kw_only=True)
class Window(ABC):
    """Where a window stands for each of its outputs, and what it finds outside the image.

    Parameters
    ----------
    stride, dilation : (rows, cols)
    padding : Padding
    border : Border
    value : float
        What a constant border holds.
    opaque : float, optional
        Its alpha, where the last channel of the image is alpha: a border is as opaque as can be.
    keep_alpha : bool
        Whether the last channel is passed on from the centre of the window instead of being filtered.
    anchor : Anchor
        Which place of the window stands on the pixel that it computes: what ``same`` pads for.
    mean : bool
        Whether a response is a mean of samples: where some of them are missing, it is that of the others.
    has_own_border : bool
        Whether its border stays what it is, whatever a stage asks for.
    """

    stride: Extent = (1, 1)
    dilation: Extent = (1, 1)
    padding: Padding | Kept | Pooled = "same"
    border: Border = Border.REFLECT
    value: float = 0.0
    opaque: float | None = None
    keep_alpha: bool = False
    anchor: Anchor = "upper"
    mean: bool = False
    has_own_border: bool = False

    def __post_init__(self) -> None:
        expression.check_names(self.names, "a response")
        pair(self.stride, "stride")
        pair(self.dilation, "dilation")
        if not isinstance(self.padding, Kept | Pooled):
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
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Names of the responses, which the next map's expression uses."""

    @property
    @abstractmethod
    def kernel(self) -> Extent:
        """Rows and columns of the window, before dilation."""

    @property
    @abstractmethod
    def is_identity(self) -> bool:
        """Tell whether its one response is the sample that it stands on."""

    @abstractmethod
    def responses(self, samples: Interval) -> tuple[Interval, ...]:
        """Enclose each response to samples from the interval `samples`."""

    def axes(self, extent: Extent) -> tuple[Axis, Axis]:
        """Return the windows over rows and columns of an input of `extent`."""
        return axes(extent, self.kernel, self.stride, self.dilation, self.padding, self.anchor)

    @property
    def halo(self) -> Sides:
        """Pixels it reaches to, ((above, below), (left, right)) of the one it computes."""
        return halo(self.kernel, self.dilation, self.anchor)

    @property
    def tiles(self) -> bool:
        """Tell whether each window begins where the one before it ends."""
        return self.dilation == (1, 1) and self.stride == self.kernel

    @property
    def centre(self) -> Extent:
        """Row and column of the place that stands on the pixel.

        With an even kernel and an even dilation none does: the one next to it, where the window is longer.
        """
        return centre(self.kernel, self.anchor)

    def ranges(self, samples: Interval) -> dict[str, Interval]:
        """Enclose each named response; an infinite value of the border, as of a maximum, never is one."""
        if self.border == Border.CONSTANT and self.padding != "valid" and math.isfinite(self.value):
            samples = samples.join(Interval(self.value, self.value))
        return dict(zip(self.names, self.responses(samples), strict=True))


@dataclass(frozen=True, eq=False)
class Stencil(Window):
    """Sums of products: `banks` of taps over each channel, one response per bank.

    Parameters
    ----------
    banks : tuple of Taps
        All of one extent.
    names : tuple of str
        A response for each bank.
    """

    banks: tuple[Taps, ...]
    names: tuple[str, ...] = ("r",)

    def __post_init__(self) -> None:
        if len({taps.extent for taps in self.banks}) != 1 or len(self.banks) != len(self.names):
            given = f"{self.names} for banks of {[taps.extent for taps in self.banks]}"
            raise ParameterError(f"a stencil needs a name for each bank, all of one extent; given {given}")
        super().__post_init__()

    @property
    def kernel(self) -> Extent:
        """Rows and columns of the taps, before dilation."""
        return self.banks[0].extent

    @property
    def is_identity(self) -> bool:
        """Tell whether it is one tap of 1."""
        return self.kernel == (1, 1) and len(self.banks) == 1 and self.banks[0].weight(0, 0) == 1

    def responses(self, samples: Interval) -> tuple[Interval, ...]:
        """Enclose each bank's sum."""
        return tuple(bank.response(samples) for bank in self.banks)


@dataclass(frozen=True, eq=False)
class Rank(Window):
    """What stands at some ranks among the samples of a window, sorted from the smallest.

    NaNs come last, after infinity, as in ``numpy.sort``: a minimum leaves them out, a maximum is one if any
    is.

    Parameters
    ----------
    footprint : array_like of bool, shape (KH, KW)
        Which places of the window count.
    ranks : tuple of int
        0 for the minimum, -1 or the count of places less 1 for the maximum; one response for each.
    names : tuple of str

    Raises
    ------
    ParameterError
        If no place counts, a rank is none of its places, or there is not a name for each rank.

    Examples
    --------
    >>> Rank([[0, 1, 0], [1, 1, 1], [0, 1, 0]], (2,)).kernel
    (3, 3)
    >>> Rank([[1, 1]], (-1,)).ranks
    (1,)
    """

    footprint: NDArray[np.bool_]
    ranks: tuple[int, ...]
    names: tuple[str, ...] = ("r",)

    def __post_init__(self) -> None:
        footprint = np.array(self.footprint, bool, ndmin=2)
        footprint.setflags(write=False)
        if footprint.ndim != 2 or not footprint.any():
            raise ParameterError(f"a rank needs a footprint of rows with a 1; given shape {footprint.shape}")
        object.__setattr__(self, "footprint", footprint)
        if len(self.ranks) != len(self.names) or any(not -self.count <= k < self.count for k in self.ranks):
            given = f"ranks {self.ranks} named {self.names} of {self.count} places"
            raise ParameterError(f"ranks are counted among the places, with a name each; given {given}")
        object.__setattr__(self, "ranks", tuple(k % self.count for k in self.ranks))
        super().__post_init__()

    @property
    def count(self) -> int:
        """How many places count."""
        return int(np.count_nonzero(self.footprint))

    @property
    def kernel(self) -> Extent:
        """Rows and columns of the footprint, before dilation."""
        rows, cols = self.footprint.shape
        return rows, cols

    @property
    def is_extreme(self) -> bool:
        """Tell whether nothing but the first and the last sample is wanted."""
        return {*self.ranks} <= {0, self.count - 1}

    @property
    def is_identity(self) -> bool:
        """Tell whether its footprint is the pixel."""
        return self.kernel == (1, 1) and len(self.ranks) == 1

    def responses(self, samples: Interval) -> tuple[Interval, ...]:
        """Enclose each response, which is one of the samples."""
        return (samples,) * len(self.ranks)
