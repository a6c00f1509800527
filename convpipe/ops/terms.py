"""Kernels of low rank: sums of few outer products, each of which runs as two passes.

Sources: C. Eckart and G. Young, "The approximation of one matrix by another of lower rank", Psychometrika 1,
1936; G. Strang and C. Moler, "LU and CR elimination", SIAM Review 64(1), 2022, of equal columns.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass

PASS_COST = 2
"""Taps that a pass over a row in the L1 cache is worth: nine of 3x3 pixels gain by two passes (4096x4096 in
0.66 of the time for uint16, 0.7 for uint8, the same for float32, which waits for memory); the six of a Sobel
kernel take 1.1 to 1.4 times as long."""

WHOLE_PASS_COST = 0
"""The same of sums of 16-bit integers: a column pass widens each sample once, and the row pass reads what is
wide; taps as they are widen every sample for every tap, which is what they wait for."""

LONG = 32
"""From more taps in line than this on, a kernel of rank 1 is separable whatever its passes cost."""

TAP_COST, PASSES_COST = 1.75, 9
"""What a tap of a factor is worth, and the two passes of an outer product over rows in the L1 cache, in taps
of the loop over all taps, which keeps what it sums in registers. Measured (4096x4096, two threads): of that
loop a tap takes 0.07 ms; of products with long factors 0.12 of float32 and 0.11 of uint8. A disk of 63 takes
33 and 28 ms, for 20 products of 6 taps on average."""

WHOLE_TAP_COST, WHOLE_PASSES_COST = 1, 3
"""The same of sums of 16-bit integers: both loops have them in rows, and widen samples of 8 bits. A disk of 7
pixels takes 0.65 of the time of its 29 taps, one of 5 pixels 1.4 of that of its 13."""


def pass_cost(dtype: str) -> int:
    """Return what the second pass of the only outer product is worth, in taps, of sums of that type."""
    return PASS_COST if np.dtype(dtype).kind == "f" else WHOLE_PASS_COST


def cost_of(taps: int, products: int, dtype: str) -> int:
    """Return what so many outer products with so many taps are worth, in taps of the loop over all taps.

    Parameters
    ----------
    taps, products : int
    dtype : str
        Of the sums.
    """
    if np.dtype(dtype).kind != "f":
        return WHOLE_TAP_COST * taps + WHOLE_PASSES_COST * products
    return round(TAP_COST * taps) + PASSES_COST * products


@dataclass(frozen=True, eq=False)
class Term:
    """An outer product of a column and a row.

    Parameters
    ----------
    column : ndarray, shape (KH,)
    row : ndarray, shape (KW,)
    onto : bool
        Whether its sums down the columns are onto those of the term before, whose weights `column` lacks.
    """

    column: NDArray[np.float64]
    row: NDArray[np.float64]
    onto: bool = False

    @property
    def count(self) -> int:
        """Taps of both factors that are not zero."""
        return int(np.count_nonzero(self.column) + np.count_nonzero(self.row))

    @property
    def is_long(self) -> bool:
        """Tell whether more taps are in line than stand alone, with none left out."""
        places = np.flatnonzero(self.row)
        return len(places) > LONG and int(places[-1] - places[0]) + 1 == len(places)


@dataclass(frozen=True, eq=False)
class Terms:
    """A kernel as a sum of outer products, in the order in which they are summed.

    Parameters
    ----------
    terms : tuple of Term
    """

    terms: tuple[Term, ...]

    @property
    def count(self) -> int:
        """Taps of all factors that are not zero."""
        return sum(term.count for term in self.terms)

    def cost(self, dtype: str) -> int:
        """Return what they are worth in taps of the loop over all taps, of sums of that type."""
        return cost_of(self.count, len(self.terms), dtype)

    def factors(self, compute: str) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Yield the whole column and the row of each term, as they are in the type of the arithmetic."""
        column = np.zeros(0)
        for term in self.terms:
            own, row = (factor.astype(compute).astype(np.float64) for factor in (term.column, term.row))
            column = column + own if term.onto else own
            yield column, row

    def bound(self, weights: NDArray[np.float64], compute: str) -> float:
        """Return the most their sum as computed differs from that under `weights`, for samples of size 1."""
        return self.difference(weights, compute) + self.rounding(compute)

    def difference(self, weights: NDArray[np.float64], compute: str) -> float:
        """Return the most that their sum differs from `weights`, for samples of size 1, nothing rounded."""
        made = sum(np.outer(column, row) for column, row in self.factors(compute))
        return float(np.abs(weights - made).sum())

    def rounding(self, compute: str) -> float:
        """Return the most that their sums round off, for samples of size 1.

        What a tap of a column gives is rounded once for each tap of that column, and once for each tap of
        its row and of the rows after it, at most: N. J. Higham, "Accuracy and stability of numerical
        algorithms", 2002, 3.1.
        """
        along = sum(int(np.count_nonzero(term.row)) for term in self.terms)
        total = 0.0
        for column, row in self.factors(compute):
            operations = int(np.count_nonzero(column)) + along
            total += rounded_off(operations, compute) * np.abs(column).sum() * np.abs(row).sum()
            along -= int(np.count_nonzero(row))
        return float(total)


def rounded_off(operations: int, compute: str) -> float:
    """Return the share of the sizes of its terms that a sum of so many rounded operations is off, at most.

    Higham's gamma, 3.1: n u / (1 - n u), where u, the unit roundoff, is half of the machine epsilon.
    """
    share = operations * float(np.finfo(compute).eps) / 2
    return share / (1 - share)


TOLERANCE = {"float32": 2.0**-24, "float64": 2.0**-49}
"""Most that outer products differ from a kernel, as a share of it: what float32 rounds off, and what the
decomposition itself does in float64."""


def taken_apart(weights: NDArray[np.float64], dtype: str, loop: int, *, exactly: bool) -> Terms | None:
    """Return the sum of outer products that is less work than the loop over all taps; None if there is none.

    Parameters
    ----------
    weights : ndarray, shape (KH, KW)
    dtype : str
        Of the sums. None are taken whose bound, in floating point, is above that of the sum of all taps.
    loop : int
        Taps of the loop.
    exactly : bool
        Whether the products have to be the weights, without any difference.
    """
    ways = [by_equal_columns(weights)]
    if not exactly and (nearest := by_singular_values(weights, TOLERANCE[dtype])) is not None:
        ways.append(nearest)
    if dtype in TOLERANCE:
        allowed = rounded_off(int(np.count_nonzero(weights)), dtype) * np.abs(weights).sum()
        ways = [way for way in ways if way.bound(weights, dtype) <= allowed]
    best = min(ways, key=lambda way: way.cost(dtype), default=None)
    return best if best is not None and best.cost(dtype) < loop else None


def by_equal_columns(weights: NDArray[np.float64]) -> Terms:
    """Return a term for each set of equal columns, exact whatever the weights.

    A column that holds all of the one before it is summed onto it: a disk of K pixels takes 2 K sums.

    Examples
    --------
    >>> disk = by_equal_columns(np.array([[0, 1.0, 0], [1, 1, 1], [0, 1, 0]]))
    >>> [(term.column, term.row, term.onto) for term in disk.terms]
    [(array([0., 1., 0.]), array([1., 0., 1.]), False), (array([1., 0., 1.]), array([0., 1., 0.]), True)]
    """
    columns, at = np.unique(weights, axis=1, return_inverse=True)
    sizes = np.count_nonzero(columns, axis=0)
    terms: list[Term] = []
    before = np.zeros(weights.shape[0])
    for k in np.argsort(sizes, kind="stable"):
        column, row = columns[:, k], (at.ravel() == k).astype(np.float64)
        if not sizes[k]:
            continue
        onto = bool(before.any()) and np.array_equal(column[before != 0], before[before != 0])
        terms.append(Term(np.where(before != 0, 0, column) if onto else column, row, onto))
        before = column
    return Terms(tuple(terms))


def by_singular_values(weights: NDArray[np.float64], tolerance: float) -> Terms | None:
    """Return the fewest terms of the singular value decomposition whose sum is `weights`, about.

    Parameters
    ----------
    weights : ndarray, shape (KH, KW)
    tolerance : float
        Most that all weights together may differ, as a share of their sizes' sum.
    """
    left, singular, right = np.linalg.svd(weights, full_matrices=False)
    allowed = tolerance * np.abs(weights).sum()
    tails = np.sqrt(np.cumsum(singular[::-1] ** 2))[::-1]  # left out, in the 2-norm: at most in the 1-norm
    least, most = int(np.count_nonzero(tails > allowed)), len(singular) // 2
    for rank in range(max(least, 1), most + 1):
        columns, rows = _factors(left, singular, right, rank)
        if np.abs(weights - columns.T @ rows).sum() <= allowed:
            return Terms(tuple(map(Term, columns, rows)))
    return None


def nearest_outer(weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the column and the row whose product is nearest to `weights` in the sum of squares.

    Examples
    --------
    >>> column, row = nearest_outer(np.array([[0.1, 0.2], [0.3, 0.6]]))
    >>> np.allclose(np.outer(column, row), [[0.1, 0.2], [0.3, 0.6]], rtol=1e-15)
    True
    """
    (column,), (row,) = _factors(*np.linalg.svd(weights, full_matrices=False), 1)
    return column, row


def _factors(
    left: NDArray[np.float64], singular: NDArray[np.float64], right: NDArray[np.float64], rank: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return columns and rows, one a line, of the first `rank` terms, each times the root of its value."""
    scale = np.sqrt(singular[:rank])
    return _without_dust(left[:, :rank] * scale).T, _without_dust(right[:rank].T * scale).T


def _without_dust(factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return columns without taps that are next to nothing: a tap of zero costs nothing."""
    return np.where(np.abs(factors) <= 1e-12 * np.abs(factors).max(axis=0), 0, factors)
