"""A sum of outer products: of each, sums down the columns, then of these along the row, onto those before."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.banks.base import Bank
from convpipe.dataclass import dataclass
from convpipe.ops import Taps
from convpipe.ops.terms import cost_of
from convpipe.plan.arithmetic import Sums


class Product(NamedTuple):
    """One outer product: where the weights of its factors are not zero.

    Parameters
    ----------
    column, row : tuple of int
        Kernel rows of the one, and kernel columns of the other.
    onto : bool
        Whether its sums down the columns are onto those of the product before it.
    """

    column: tuple[int, ...]
    row: tuple[int, ...]
    onto: bool


@dataclass(frozen=True)
class LowRank(Bank):
    """Products and fused multiply-adds down each column factor; then one chain of them along all row factors.

    Parameters
    ----------
    products : tuple of Product
        In the order in which they are summed; the weights are those of all columns, then those of all rows.
    """

    products: tuple[Product, ...]

    @property
    def rows(self) -> tuple[int, ...]:
        """Kernel rows of its column factors."""
        return tuple(sorted({row for product in self.products for row in product.column}))

    @property
    def cols(self) -> tuple[int, ...]:
        """Kernel columns of its row factors."""
        return tuple(sorted({col for product in self.products for col in product.row}))

    @property
    def cost(self) -> int:
        """What taps of all factors, and their passes, are worth."""
        return cost_of(len(self.weights), len(self.products), self.sums.dtype)

    @property
    def words(self) -> str:
        """The way, and its taps."""
        along = len(self.weights) - self.meeting
        return f"{len(self.products)} outer products: {self.meeting} + {along} taps, worth {self.cost}"

    @property
    def rows_of_sums(self) -> int:
        """Rows that its sums stand in until they are a response: of two products, and of those so far."""
        return 3

    @property
    def meeting(self) -> int:
        """How many weights are of columns, which meet samples; those of rows meet sums."""
        return sum(len(product.column) for product in self.products)

    @property
    def weighted_products(self) -> list[tuple[Product, tuple[float, ...], tuple[float, ...]]]:
        """The products, each with the weights of its column and of its row."""
        found, down, along = [], 0, self.meeting
        for product in self.products:
            column = self.weights[down : (down := down + len(product.column))]
            found.append((product, column, self.weights[along : (along := along + len(product.row))]))
        return found

    @property
    def _fractions(self) -> NDArray[np.int64]:
        # Of integers the products are exact: their columns are the kernel's, and their rows of 1.
        (fraction,) = self.sums.fractions
        return np.repeat((fraction, 0), (self.meeting, len(self.weights) - self.meeting))


def lowrank(name: str, taps: Taps, sums: Sums) -> LowRank | None:
    """Return a kernel's outer products, if they are less work than its taps."""
    found = taps.products(sums.dtype)
    if found is None or len(found.terms) == 1:
        return None
    places = [tuple(map(_places, (term.column, term.row))) for term in found.terms]
    products = tuple(
        Product(column, row, term.onto) for (column, row), term in zip(places, found.terms, strict=True)
    )
    columns, rows = (
        [weight for factor in factors for weight in factor[factor != 0].tolist()]
        for factors in zip(*((term.column, term.row) for term in found.terms), strict=True)
    )
    return LowRank(name, (*columns, *rows), sums, products)


def _places(factor: NDArray[np.float64]) -> tuple[int, ...]:
    return tuple(np.flatnonzero(factor).tolist())
