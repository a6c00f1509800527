"""The few operations that every stage is lowered to; emitters know these and no filter's name.

======== ============================================================================
Stencil  linear: each bank of taps gives one response per sample
Map      a scalar expression of the responses, giving one value per sample
Reduce   such an expression that also needs the extremes of the whole image
Mix      a matrix across the channels of each pixel
Alpha    to or from colour multiplied by alpha
Cast     round and saturate to a dtype, and go on in floating point
======== ============================================================================

A program is a chain: each op takes what the one before it gave. A stencil gives one response per
bank; the map that follows combines them, so a stage hands exactly one value per sample on.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convpipe import expression, interval
from convpipe.errors import ParameterError
from convpipe.geometry import Axis, Border, Extent, pair
from convpipe.interval import UNBOUNDED, Interval
from convpipe.padding import Anchor, Padding, Sides, axes, parse_padding, reach_around


class Taps:
    """The weights of one bank of a stencil.

    Parameters
    ----------
    weights : array_like, shape (KH, KW), optional
        Cross-correlation weights, as in ``nn.Conv2d``; by default the product of the factors.
    factors : pair of array_like, shapes (KH,) and (KW,), optional
        Column and row whose outer product is `weights`, for a stencil that runs as two passes.

    Examples
    --------
    >>> Taps.outer([1, 2, 1], [-1, 0, 1]).weights.astype(int)
    array([[-1,  0,  1],
           [-2,  0,  2],
           [-1,  0,  1]])
    """

    def __init__(self, weights: ArrayLike | None, factors: tuple[ArrayLike, ArrayLike] | None = None) -> None:
        self.factors = None if factors is None else (_frozen(factors[0], 1), _frozen(factors[1], 1))
        self._dense = None if weights is None else _frozen(weights, 2)

    @classmethod
    def outer(cls, column: ArrayLike, row: ArrayLike) -> Taps:
        """Return the separable taps ``outer(column, row)``.

        The product is made only if its `weights` are asked for: those of a Gaussian of 1000 pixels are 64
        million.
        """
        return cls(None, (column, row))

    @classmethod
    def separated(cls, weights: ArrayLike) -> Taps:
        """Return `weights` as taps that run as two passes, if they are an outer product.

        The singular value decomposition gives the nearest outer product. It is taken where no response can
        differ by more than float32 rounds off: the sum of the weights' differences is below 2**-24 of the
        sum of their sizes.

        Examples
        --------
        >>> Taps.separated([[1, 2, 1], [2, 4, 2], [1, 2, 1]]).error < 1e-14
        True
        >>> Taps.separated([[0, 1, 0], [1, 1, 1], [0, 1, 0]]).factors is None
        True
        """
        whole = cls(weights)
        left, sizes, right = np.linalg.svd(whole.weights, full_matrices=False)
        column, row = (np.sqrt(sizes[0]) * factor for factor in (left[:, 0], right[0]))
        for factor in (column, row):
            factor[np.abs(factor) <= 1e-12 * np.abs(factor).max()] = 0  # a zero tap is to cost nothing
        taps = cls(whole.weights, (column, row))
        return taps if taps.error <= np.abs(whole.weights).sum() * 2.0**-24 else whole

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """The weights, shape (KH, KW)."""
        return _frozen(np.outer(*self._parts), 2) if self._dense is None else self._dense

    @property
    def _parts(self) -> tuple[NDArray[np.float64], ...]:
        """What defines the weights: themselves, or the factors."""
        return self.factors or () if self._dense is None else (self._dense,)

    @property
    def error(self) -> float:
        """Most that the two passes can differ from the weights, for samples of size 1, before rounding."""
        if self._dense is None or self.factors is None:
            return 0.0
        return float(np.abs(self._dense - np.outer(*self.factors)).sum())

    @property
    def extent(self) -> Extent:
        """Rows and columns of the kernel."""
        rows, cols = (size for part in self._parts for size in part.shape)
        return rows, cols

    @property
    def count(self) -> int:
        """Number of taps that are not zero."""
        return math.prod(int(np.count_nonzero(part)) for part in self._parts)

    @property
    def uniform(self) -> bool:
        """Tell whether all taps are equal."""
        return all((part == part.flat[0]).all() for part in self._parts)

    def weight(self, row: int, col: int) -> float:
        """Return one weight."""
        if len(self._parts) == 1:
            return float(self.weights[row, col])
        return math.prod(float(factor[i]) for factor, i in zip(self._parts, (row, col), strict=True))

    def centred(self, extent: Extent) -> Taps:
        """Return the same taps inside a larger kernel of `extent`, zeros around them."""
        missing = [large - small for large, small in zip(extent, self.extent, strict=True)]
        margins = [(m // 2, m - m // 2) for m in missing]
        if len(self._parts) == 1:
            return Taps(np.pad(self.weights, margins))
        column, row = (np.pad(factor, margin) for factor, margin in zip(self._parts, margins, strict=True))
        return Taps.outer(column, row)

    def response(self, samples: Interval) -> Interval:
        """Enclose the response to samples from the interval `samples`."""
        positive, negative = 1.0, 0.0
        for part in self._parts:
            up, down = float(part[part > 0].sum()), float(part[part < 0].sum())
            positive, negative = positive * up + negative * down, positive * down + negative * up
        return samples * positive + samples * negative


def _frozen(values: ArrayLike, ndim: int) -> NDArray[np.float64]:
    array = np.array(values, dtype=np.float64, ndmin=ndim)
    if array.ndim != ndim or not array.size:
        raise ValueError(f"taps need {ndim} axes, none of them empty; given shape {array.shape}")
    array.setflags(write=False)
    return array


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
    padding: Padding = "same"
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


IDENTITY = Taps.outer([1.0], [1.0])


@dataclass(frozen=True)
class Map:
    """A scalar expression of one or more responses, written once and compiled for every backend.

    Parameters
    ----------
    expression : str
        Over `inputs` and the names of `constants`, in the language of :mod:`convpipe.expression`.
    inputs : tuple of str
        Names of the responses it combines.
    constants : tuple of (name, value)
        Finite numbers, handed over at run time, so that another value compiles nothing.

    Raises
    ------
    ParameterError
        If the expression is none of the language, or a name or number is not of its form.

    Examples
    --------
    >>> m = Map("gain * sqrt(square(gx) + square(gy))", ("gx", "gy"), (("gain", 0.5),))
    >>> m.range({"gx": Interval(-6, 6), "gy": Interval(-8, 8)})
    Interval(low=0.0, high=5.0)
    >>> Map("(r > 3) * 5").range({"r": Interval(0, 255)})
    Interval(low=0.0, high=5.0)
    """

    expression: str
    inputs: tuple[str, ...] = ("r",)
    constants: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        expression.check_names(
            (*self.inputs, *(name for name, _ in self.constants)), "an input or a constant"
        )
        for name, value in self.constants:
            if not isinstance(value, int | float) or not math.isfinite(value):
                raise ParameterError(f"constant {name} needs a finite number; given {value!r}", name)
        assert self.tree is not None

    @property
    def tree(self) -> ast.expr:
        """The expression in the few forms of :func:`convpipe.expression.parse`."""
        return expression.parse(self.expression, frozenset([*self.inputs, *dict(self.constants)]))

    def range(self, responses: Mapping[str, Interval]) -> Interval:
        """Enclose the value of the expression."""
        constants = {name: Interval(value, value) for name, value in self.constants}
        values = {**constants, **responses}
        result: Interval = expression.evaluate(self.tree, values, interval.FUNCTIONS, _exactly)
        return result


def _exactly(number: float) -> Interval:
    return Interval(float(number), float(number))


EXTREMES = (("low", 0.0), ("high", 0.0))
"""First constants of a :class:`Reduce`; their values come from the image."""


@dataclass(frozen=True)
class Reduce(Map):
    """A map that also needs ``low`` and ``high``, the smallest and largest of all samples that enter it.

    NaNs are left out, and so is alpha. Nothing before it can be fused with anything after it.

    Parameters
    ----------
    result : Interval
        Encloses the value of the expression, whatever the extremes are.
    """

    result: Interval = UNBOUNDED

    def range(self, responses: Mapping[str, Interval]) -> Interval:
        """Enclose the value of the expression."""
        return self.result


@dataclass(frozen=True)
class Mix:
    """A matrix across channels: output channel i is the sum of ``matrix[i][j] * channel j``."""

    matrix: tuple[tuple[float, ...], ...]

    def range(self, samples: Interval) -> Interval:
        """Enclose every output channel, each input channel ranging over `samples`."""
        rows = [Taps([row]).response(samples) for row in self.matrix]
        return Interval(min(r.low for r in rows), max(r.high for r in rows))


@dataclass(frozen=True)
class Alpha:
    """Multiply (or, with `undo`, divide) the colour channels by the last channel.

    A blur of plain colour would bleed the hidden colour of transparent pixels into visible ones; a
    blur of colour times alpha does not. A pixel cannot count for less than nothing, so alpha below 0 is 0.
    Where alpha is 0 afterwards, so is colour. Source: T. Porter and T. Duff, "Compositing digital images",
    SIGGRAPH 1984.
    """

    undo: bool = False


@dataclass(frozen=True)
class Cast:
    """Round half to even and saturate to an integer dtype, NaN becoming 0; a floating one changes nothing."""

    dtype: str

    def __post_init__(self) -> None:
        if self.dtype not in COMPUTE:
            raise ParameterError(f"a cast needs one of {', '.join(COMPUTE)}; given {self.dtype!r}", "dtype")

    def range(self, samples: Interval) -> Interval:
        """Enclose the rounded, saturated values; a floating dtype changes none.

        What the arithmetic rounds off may decide to which side a half goes: the range takes in both.

        Examples
        --------
        >>> Cast("uint8").range(Interval(-3, 19.5))
        Interval(low=0.0, high=20.0)
        """
        if not is_integer(self.dtype):
            return samples
        limits, either = dtype_range(self.dtype), min(samples.slack, 0.49)
        ends = (samples.low - either, samples.high + either)
        low, high = (min(max(float(np.rint(end)), limits.low), limits.high) for end in ends)
        cast = Interval(low, high)
        return cast.join(Interval(0.0, 0.0)) if samples.nan else cast


Op = Stencil | Map | Mix | Alpha | Cast


def dtype_range(dtype: str) -> Interval:
    """Return the values an image of `dtype` is taken to hold: all of an integer type, else 0 to 1.

    Examples
    --------
    >>> dtype_range("uint8")
    Interval(low=0.0, high=255.0)
    """
    kind = np.dtype(dtype)
    if kind.kind in "bf":
        return Interval(0.0, 1.0)
    limits = np.iinfo(kind)
    return Interval(float(limits.min), float(limits.max))


def is_integer(dtype: str) -> bool:
    """Tell whether pixels of `dtype` are rounded and saturated on the way out."""
    return np.dtype(dtype).kind in "biu"


def is_rounding(op: Op) -> bool:
    """Tell whether `op` rounds to integers."""
    return isinstance(op, Cast) and is_integer(op.dtype)


COMPUTE: dict[str, str] = {
    **dict.fromkeys(["bool", "uint8", "int8", "uint16", "int16", "float16", "float32"], "float32"),
    # 32-bit integers do not fit the 24-bit significand of float32.
    **dict.fromkeys(["uint32", "int32", "float64"], "float64"),
}
"""Every image dtype, and the floating-point type its arithmetic runs in."""
