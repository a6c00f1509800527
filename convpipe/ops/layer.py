"""A layer of a network: sums over windows of all channels at once, as many as there are filters."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.geometry import Axis, Border, Extent, pair
from convpipe.interval import Interval
from convpipe.padding import Anchor, Padding, Sides, axes, centre, halo, parse_padding


@dataclass(frozen=True, repr=False)
class Weights:
    """The filters of a layer; two of one shape and the same numbers are equal.

    Parameters
    ----------
    shape : (C_out, C_in / groups, KH, KW)
    content : bytes
        Numbers of float64, in that order.

    Examples
    --------
    >>> Weights.of([[[[1, 2, 3]]]]).shape
    (1, 1, 1, 3)
    """

    shape: tuple[int, int, int, int]
    content: bytes

    @classmethod
    def of(cls, numbers: ArrayLike) -> Weights:
        """Return the weights that an array holds.

        Raises
        ------
        ParameterError
            If it is of another number of axes, is empty, or a number is not finite.
        """
        array = np.array(numbers, np.float64, order="C")
        if array.ndim != 4 or not array.size:
            raise ParameterError(
                f"weights need shape (C_out, C_in / groups, KH, KW), none of them 0; given {array.shape}",
                "weights",
            )
        if not np.isfinite(array).all():
            raise ParameterError("weights need finite numbers", "weights")
        outputs, inputs, rows, cols = array.shape
        return cls((outputs, inputs, rows, cols), array.tobytes())

    def __repr__(self) -> str:
        """Return their shape, and a digest by which others are told from them."""
        shape = "x".join(map(str, self.shape))
        return f"<Weights {shape} {hashlib.sha256(self.content).hexdigest()[:16]}>"

    @cached_property
    def array(self) -> NDArray[np.float64]:
        """The numbers, which cannot be changed."""
        return np.frombuffer(self.content).reshape(self.shape)


@dataclass(frozen=True)
class Layer:
    """Cross-correlation of all channels with filters, as ``nn.Conv2d``; alpha stays that under the centre.

    Parameters
    ----------
    weights : Weights
    biases : tuple of float
        One for each filter; none for all 0.
    groups : int
        Divides the channels and the filters: each group of filters sees its own channels.
    stride, dilation : (rows, cols)
    padding : Padding
    border : Border
    value : float
        What a constant border holds.
    anchor : Anchor
        Which tap stands on the pixel that it computes: what ``same`` pads for.
    opaque : float, optional
        The alpha of a constant border, where the last channel of the image is alpha; else None.

    Raises
    ------
    ParameterError
        If the groups do not divide the filters, or there is not a bias for each of these.

    Examples
    --------
    >>> Layer(Weights.of([[[[1]], [[-1]]]])).range(Interval(0, 255), padded=False)
    Interval(low=-255.0, high=255.0)
    """

    weights: Weights
    biases: tuple[float, ...] = ()
    groups: int = 1
    stride: Extent = (1, 1)
    dilation: Extent = (1, 1)
    padding: Padding = "same"
    border: Border = Border.REFLECT
    value: float = 0.0
    anchor: Anchor = "upper"
    opaque: float | None = None

    def __post_init__(self) -> None:
        pair(self.stride, "stride")
        pair(self.dilation, "dilation")
        parse_padding(self.padding)
        if self.filters % self.groups:
            raise ParameterError(f"groups={self.groups} must divide the {self.filters} filters", "groups")
        if len(self.biases) not in (0, self.filters):
            raise ParameterError(
                f"bias needs a number for each of {self.filters} filters; given {len(self.biases)}", "bias"
            )

    @classmethod
    def scaling(cls, gains: Sequence[float], shifts: Sequence[float], opaque: float | None = None) -> Layer:
        """Return what multiplies each channel by a number of its own, and adds another.

        Examples
        --------
        >>> Layer.scaling([2, 3], [0, 1]).is_scaling
        True
        """
        weights = Weights.of(np.reshape(gains, (-1, 1, 1, 1)))
        return cls(weights, tuple(map(float, shifts)), len(gains), opaque=opaque)

    @property
    def is_scaling(self) -> bool:
        """Tell whether it only multiplies each channel by a number, and adds one; no pixel moves."""
        still = self.stride == (1, 1) and self.padding in ("same", "valid", ((0, 0), (0, 0)))
        return still and self.weights.shape == (self.groups, 1, 1, 1) and self.groups == self.filters

    def scaled(self, scaling: Layer) -> Layer:
        """Return what it is with a scaling of its filters after it.

        Examples
        --------
        >>> edge = Layer(Weights.of([[[[1, -1]]]]), (3,))
        >>> both = edge.scaled(Layer.scaling([2], [1]))
        >>> both.weights.array.tolist(), both.biases
        ([[[[2.0, -2.0]]]], (7.0,))
        """
        gains = scaling.weights.array.reshape(-1)
        biases = gains * np.array(self.biases or np.zeros(self.filters))
        shifts = np.array(scaling.biases or np.zeros(self.filters))
        weights = Weights.of(self.weights.array * gains[:, None, None, None])
        return replace(self, weights=weights, biases=tuple((biases + shifts).tolist()))

    @property
    def filters(self) -> int:
        """How many channels it makes, without alpha."""
        return self.weights.shape[0]

    @property
    def channels(self) -> int:
        """How many it reads, without alpha."""
        return self.weights.shape[1] * self.groups

    @property
    def kernel(self) -> Extent:
        """Rows and columns of a filter, before dilation."""
        return self.weights.shape[2:]

    def axes(self, extent: Extent) -> tuple[Axis, Axis]:
        """Return the windows over rows and columns of an input of `extent`."""
        return axes(extent, self.kernel, self.stride, self.dilation, self.padding, self.anchor)

    @property
    def halo(self) -> Sides:
        """Pixels it reaches to, ((above, below), (left, right)) of the one it computes."""
        return halo(self.kernel, self.dilation, self.anchor)

    @property
    def centre(self) -> Extent:
        """Row and column of the tap that stands on the pixel."""
        return centre(self.kernel, self.anchor)

    @property
    def operations(self) -> int:
        """On a sample that it makes."""
        return 2 * math.prod(self.weights.shape[1:])

    def range(self, samples: Interval, padded: bool) -> Interval:
        """Enclose every sum of `samples`, and of what a constant border holds where it is `padded`."""
        if padded and self.border == Border.CONSTANT:
            samples = samples.join(Interval(self.value, self.value))
        flat = self.weights.array.reshape(self.filters, -1)
        above, below = np.maximum(flat, 0).sum(axis=1), np.minimum(flat, 0).sum(axis=1)
        start = np.array(self.biases or np.zeros(self.filters))
        sums = [
            Interval(float(a), float(a)) * samples + Interval(float(b), float(b)) * samples + float(c)
            for a, b, c in zip(above, below, start, strict=True)
        ]
        low, high = min(each.low for each in sums), max(each.high for each in sums)
        return Interval(low, high, any(each.nan for each in sums))
