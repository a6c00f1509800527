"""The weights of a stencil: dense, an outer product that runs as two passes, or a sum of some."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convpipe.geometry import Extent
from convpipe.interval import Interval
from convpipe.ops.terms import TOLERANCE, Term, Terms, nearest_outer, pass_cost, taken_apart

UNROLLED_TAPS = 25
"""Up to this many taps that are not zero stand alone in a loop; sparse kernels may have twice as many."""

UNIFORM_COLUMNS = 8
"""From this width on, a row of equal taps is summed by doubling: sums of 2, of 4, of 8, ... neighbours."""


class Taps:
    """The weights of one bank of a stencil.

    Parameters
    ----------
    weights : array_like, shape (KH, KW), optional
        Cross-correlation weights, as in ``nn.Conv2d``; by default the product of the factors.
    factors : pair of array_like, shapes (KH,) and (KW,), optional
        Column and row whose outer product is `weights`, for a stencil that runs as two passes.
    tolerance : float
        How far a response may be off, as a share of the spread of the samples: see
        :mod:`convpipe.multirate`. Above 0 of smooth factors alone.
    divisible : bool
        Whether weights that are no outer product may run as a sum of some.

    Examples
    --------
    >>> Taps.outer([1, 2, 1], [-1, 0, 1]).weights.astype(int)
    array([[-1,  0,  1],
           [-2,  0,  2],
           [-1,  0,  1]])
    """

    def __init__(
        self,
        weights: ArrayLike | None,
        factors: tuple[ArrayLike, ArrayLike] | None = None,
        tolerance: float = 0.0,
        *,
        divisible: bool = False,
    ) -> None:
        self.tolerance = tolerance
        self.factors = None if factors is None else (_frozen(factors[0], 1), _frozen(factors[1], 1))
        self._dense = None if weights is None else _frozen(weights, 2)
        self._apart: dict[str, Terms | None] = {}
        self._divisible = divisible

    @classmethod
    def outer(cls, column: ArrayLike, row: ArrayLike, tolerance: float = 0.0) -> Taps:
        """Return the separable taps ``outer(column, row)``.

        The product is made only if its `weights` are asked for: those of a Gaussian of 1000 pixels are 64
        million.
        """
        return cls(None, (column, row), tolerance)

    @classmethod
    def separated(cls, weights: ArrayLike) -> Taps:
        """Return `weights` as taps that run as two passes, if they are an outer product.

        Of integers, and of integers times a power of two, the factors are exact. Of others the singular value
        decomposition gives the nearest outer product. It is taken where no response can differ by more than
        float32 rounds off: the sum of the weights' differences is below 2**-24 of the sum of their sizes.
        Others may be the sum of a few outer products: see `terms`.

        Examples
        --------
        >>> Taps.separated([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]).factors
        (array([1., 2., 1.]), array([-1.,  0.,  1.]))
        >>> Taps.separated([[0, 1, 0], [1, 1, 1], [0, 1, 0]]).factors is None
        True
        """
        whole = cls(weights)
        if (factors := _whole_factors(whole.weights)) is not None:
            return cls(whole.weights, factors)
        taps = cls(whole.weights, nearest_outer(whole.weights))
        if taps.error <= np.abs(whole.weights).sum() * TOLERANCE["float32"]:
            return taps
        return cls(whole.weights, divisible=True)

    def terms(self, dtype: str) -> Terms | None:
        """Return the sum of outer products that is less work than the taps; None where there is none.

        Of taps that integers are summed under exactly, the products are exact, too. Others differ by no more
        than the type rounds off, and are bounded by no more than the sum of all taps.

        Parameters
        ----------
        dtype : str
            Of the sums.

        Examples
        --------
        >>> y, x = np.mgrid[-6:7, -6:7]
        >>> int((x**2 + y**2 <= 36).sum()), Taps.separated(x**2 + y**2 <= 36).terms("float32").count
        (113, 26)
        """
        if dtype not in self._apart:
            self._apart[dtype] = self._terms(dtype)
        return self._apart[dtype]

    def products(self, dtype: str) -> Terms | None:
        """Return the outer products that run; None where the taps are summed in another way.

        Parameters
        ----------
        dtype : str
            Of the sums.

        Examples
        --------
        >>> sobel = Taps.outer([1, 2, 1], [-1, 0, 1])
        >>> sobel.products("float32") is None, sobel.products("int16").count
        (True, 5)
        """
        terms = None if self.doubled else self.terms(dtype)
        if terms is None or len(terms.terms) > 1:
            return terms
        pays = terms.count + pass_cost(dtype) < self.count or terms.terms[0].is_long
        return terms if pays else None

    def summed(self, dtype: str) -> list[NDArray[np.float64]]:
        """Return the weights under which samples, or sums of them, are summed in that type."""
        terms = self.terms(dtype)
        return (
            [self.weights]
            if terms is None
            else [part for term in terms.terms for part in (term.column, term.row)]
        )

    def _terms(self, dtype: str) -> Terms | None:
        if self.factors is not None:
            allowed = TOLERANCE.get(dtype, 0.0)
            if not self.error or self.error <= allowed * np.abs(self.weights).sum():
                return Terms((Term(*self.factors),))
        elif not self._divisible:
            return None
        exactly = np.dtype(dtype).kind != "f" or self._sums_exactly(dtype)
        loop = self.count if self.stand_alone else math.prod(self.extent)
        return taken_apart(self.weights, dtype, loop, exactly=exactly)

    def _sums_exactly(self, dtype: str) -> bool:
        """Tell whether floating point holds sums of integers under the taps, where these are small."""
        found = fixed_point(self.weights)
        return found is not None and int(np.abs(found[0]).sum()) <= 2 ** (np.finfo(dtype).nmant + 1)

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """The weights, shape (KH, KW)."""
        return _frozen(np.outer(*self._parts), 2) if self._dense is None else self._dense

    @property
    def _parts(self) -> tuple[NDArray[np.float64], ...]:
        """What defines the weights: themselves, or the factors."""
        return self.factors or () if self._dense is None else (self._dense,)

    @property
    def is_given(self) -> bool:
        """Tell whether the weights are given, and not made of factors."""
        return self._dense is not None

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
    def stand_alone(self) -> bool:
        """Tell whether a loop over all taps leaves out those that are zero: few, or of a sparse kernel."""
        few = self.count <= UNROLLED_TAPS
        return few or (self.count <= 2 * UNROLLED_TAPS and 2 * self.count <= math.prod(self.extent))

    @property
    def uniform(self) -> bool:
        """Tell whether all taps are equal."""
        return all((part == part.flat[0]).all() for part in self._parts)

    @property
    def doubled(self) -> bool:
        """Tell whether all taps are equal, and rows of them are summed by doubling."""
        rows, cols = self.extent
        return rows > 1 and cols >= UNIFORM_COLUMNS and self.uniform

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
        return Taps.outer(column, row, self.tolerance)

    @property
    def trimmed(self) -> Taps:
        """The same taps without zeros around them, as many left out at either end of a row, and of a column.

        >>> Taps.outer([0, 1, 2, 0], [0, 0, 3, 0, 0]).trimmed.extent
        (2, 1)
        """
        if self._dense is not None or self.factors is None:
            return self
        column, row = map(_trimmed, self.factors)
        return Taps.outer(column, row, self.tolerance)

    def response(self, samples: Interval) -> Interval:
        """Enclose the response to samples from the interval `samples`."""
        positive, negative = 1.0, 0.0
        for part in self._parts:
            up, down = float(part[part > 0].sum()), float(part[part < 0].sum())
            positive, negative = positive * up + negative * down, positive * down + negative * up
        return samples * positive + samples * negative


def _trimmed(factor: NDArray[np.float64]) -> NDArray[np.float64]:
    used = np.flatnonzero(factor)
    margin = int(min(used[0], factor.size - 1 - used[-1])) if used.size else 0
    return factor[margin : factor.size - margin]


LARGEST_WHOLE = 2**24
"""Largest integer that a weight is taken to be: beyond it float32 holds not every one."""


def fixed_point(weights: NDArray[np.float64]) -> tuple[NDArray[np.int64], int] | None:
    """Return weights as integers and the fraction bits that they share; None where an integer is too large.

    Examples
    --------
    >>> fixed_point(np.array([0.25, -1.5, 3]))
    (array([ 1, -6, 12]), 2)
    """
    nonzero = weights[weights != 0]
    if not nonzero.size or not np.isfinite(nonzero).all():
        return None
    mantissa, exponent = np.frexp(nonzero)
    bits = (mantissa * 2.0**53).astype(np.int64)
    least = np.frexp((bits & -bits).astype(np.float64))[1] - 1  # place of the last bit that is set
    fraction = max(0, int((53 - exponent - least).max()))
    with np.errstate(over="ignore"):  # what is too large, then infinite, is none
        scaled = np.ldexp(weights, fraction)
    if not (np.abs(scaled) <= LARGEST_WHOLE).all():
        return None
    return scaled.astype(np.int64), fraction


def _whole_factors(weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the exact column and row of an outer product of integers, times a power of two."""
    found = fixed_point(weights)
    if found is None:
        return None
    whole, fraction = found
    first = whole[whole.any(axis=1)][0]
    row = first // np.gcd.reduce(first)
    at = int(np.flatnonzero(row)[0])
    column = whole[:, at] // row[at]
    if not (column > 0).any():
        column, row = -column, -row
    if not np.array_equal(np.multiply.outer(column, row), whole):
        return None
    half = fraction // 2
    return np.ldexp(column.astype(np.float64), -half), np.ldexp(row.astype(np.float64), half - fraction)


def _frozen(values: ArrayLike, ndim: int) -> NDArray[np.float64]:
    array = np.array(values, dtype=np.float64, ndmin=ndim)
    if array.ndim != ndim or not array.size:
        raise ValueError(f"taps need {ndim} axes, none of them empty; given shape {array.shape}")
    array.setflags(write=False)
    return array


IDENTITY = Taps.outer([1.0], [1.0])
