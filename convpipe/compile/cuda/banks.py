"""How a bank of taps, taken apart as both backends do, is summed in one pass over a tile or in two.

Which operations follow each other is decided in :mod:`convpipe.compile.common.banks`; where nothing rounds,
any order gives the same, and taps are taken as they are. This module imports no CUDA.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from convpipe.compile.common.banks import Bank as Chosen
from convpipe.compile.common.banks import Dense, LowRank, Separable, Uniform, choose
from convpipe.compile.cuda.passes import QUAD, UNROLLED_TAPS, Bank
from convpipe.dataclass import dataclass
from convpipe.ops import Stencil, Taps
from convpipe.plan.arithmetic import Arithmetic

SEPARATE = 16
"""What a second pass over the tile costs, in taps: a store, a barrier and a load."""

Weighted = tuple[Bank, list[float]]
"""A bank whose weights have no place yet, and its weights."""


@dataclass(frozen=True)
class Banks:
    """The banks of a stencil.

    Parameters
    ----------
    taps : sequence of Taps
    chosen : sequence of Chosen
        How each is summed.
    whole : sequence of bool
        Of which the sums of integers are more than floating point holds.
    """

    taps: Sequence[Taps]
    chosen: Sequence[Chosen]
    whole: Sequence[bool]

    @property
    def has_halves(self) -> bool:
        """Tell whether two passes, down the columns and along the rows, are less work than one."""
        if not all(bank.has_columns or len(bank.rows) * len(bank.cols) == 1 for bank in self.chosen):
            return False
        return sum(map(_in_halves, self.chosen)) < sum(map(_at_once, self.chosen))

    def whole_window(self) -> list[Weighted]:
        """Return the banks of the only pass."""
        return [each for at, bank in enumerate(self.chosen) for each in self._in_one(at, bank)]

    def _in_one(self, at: int, bank: Chosen) -> list[Weighted]:
        if bank.sums.made is not None and not isinstance(bank, Separable):
            weights = self.taps[at].weights
            nonzero = [(int(i), int(j)) for i, j in np.argwhere(weights)]
            return [_dot(bank.name, nonzero, [float(weights[tap]) for tap in nonzero])]
        if isinstance(bank, Dense):
            return [_dot(bank.name, bank.taps, bank.weights)]
        if isinstance(bank, LowRank):
            return _products(bank)
        taps = tuple((i, j) for i in bank.rows for j in bank.cols)
        if isinstance(bank, Uniform):
            return [(Bank(bank.name, 0, taps, form="equal", whole=self.whole[at]), list(bank.weights))]
        return [(Bank(bank.name, 0, taps, form="outer"), list(bank.weights))]

    def columns(self) -> list[Weighted]:
        """Return the banks of the pass down the columns."""
        return [each for bank in self.chosen for each in _down(bank)]

    def rows(self) -> list[Weighted]:
        """Return those of the pass along the rows, each of a plane of its own."""
        made = [each for at, bank in enumerate(self.chosen) for each in self._along(at, bank)]
        return [(replace(bank, source=plane), weights) for plane, (bank, weights) in enumerate(made)]

    def _along(self, at: int, bank: Chosen) -> list[Weighted]:
        if isinstance(bank, LowRank):
            return [
                _dot(bank.name, [(0, j) for j in product.row], row, bank.name if number else None)
                for number, (product, _, row) in enumerate(bank.weighted_products)
            ]
        taps = tuple((0, j) for j in bank.cols)
        if isinstance(bank, Uniform):
            return [(Bank(bank.name, 0, taps, form="tree", whole=self.whole[at]), list(bank.weights))]
        weights = bank.weights[-len(taps) :] if isinstance(bank, Separable) else [1.0]  # its one tap: before
        return [_dot(bank.name, taps, weights)]


def _in_halves(bank: Chosen) -> int:
    """Return the taps that a bank takes in two passes, and what the second one is worth."""
    if isinstance(bank, LowRank):
        return len(bank.weights) + SEPARATE * len(bank.products)
    return len(bank.rows) + len(bank.cols) + SEPARATE


def _at_once(bank: Chosen) -> int:
    """Return the taps that it takes in one."""
    if isinstance(bank, LowRank):
        return sum(len(one.taps) for one, _ in _products(bank))
    if isinstance(bank, Separable):  # windows beside each other share the sums down their columns
        return len(bank.rows) * (len(bank.cols) + QUAD - 1) // QUAD + len(bank.cols)
    return len(bank.rows) * len(bank.cols)


def _products(bank: LowRank) -> list[Weighted]:
    """Return the outer products of a bank, each onto the one before it, with all of their columns."""
    found: list[Weighted] = []
    rows: tuple[int, ...] = ()
    above: tuple[float, ...] = ()
    for product, column, row in bank.weighted_products:
        if not product.onto:
            rows, above = (), ()
        rows, above = (*rows, *product.column), (*above, *column)
        taps = tuple((i, j) for i in rows for j in product.row)
        one = Bank(bank.name, 0, taps, form="outer", onto=bank.name if found else None)
        found.append((one, [*above, *row]))
    return found


def _down(bank: Chosen) -> list[Weighted]:
    """Return the sums down the columns of a bank; those of each outer product make a plane of their own."""
    if isinstance(bank, LowRank):
        found: list[Weighted] = []
        for number, (product, column, _) in enumerate(bank.weighted_products):
            before = f"{bank.name}_of{number - 1}" if product.onto else None
            taps = [(i, 0) for i in product.column]
            found.append(_dot(f"{bank.name}_of{number}", taps, column, before))
        return found
    below = tuple((i, 0) for i in bank.rows)
    if isinstance(bank, Uniform):
        return [(Bank(bank.name, 0, below, form="sums"), [])]
    return [_dot(bank.name, below, bank.weights[: len(below)])]


def banks_of(stencil: Stencil, arithmetic: Arithmetic) -> Banks:
    """Return the banks of `stencil`, whose sums are as `arithmetic` says."""
    banks = zip(stencil.names, stencil.banks, arithmetic.sums, strict=True)
    chosen = [choose(name, taps, sums) for name, taps, sums in banks]
    held = 2 ** (np.finfo(arithmetic.compute).nmant + 1)
    size = 0 if arithmetic.given is None else arithmetic.given.size
    whole = [
        bank.sums.counted and size * math.prod(taps.extent) > held
        for bank, taps in zip(chosen, stencil.banks, strict=True)
    ]
    return Banks(stencil.banks, chosen, whole)


def _dot(
    name: str, taps: Sequence[tuple[int, int]], weights: Sequence[float], onto: str | None = None
) -> Weighted:
    """Return a bank of products; more taps than stand in one expression are all of a rectangle, some of 0."""
    if len(taps) <= UNROLLED_TAPS:
        return Bank(name, 0, tuple(taps), onto=onto), list(weights)
    given = dict(zip(taps, weights, strict=True))
    rows, cols = (1 + max(tap[axis] for tap in taps) for axis in range(2))
    every = [(i, j) for i in range(rows) for j in range(cols)]
    bank = Bank(name, 0, tuple(every), skips=len(every) > len(taps), onto=onto)
    return bank, [given.get(tap, 0.0) for tap in every]
