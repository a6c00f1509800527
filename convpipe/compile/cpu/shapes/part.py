"""What loop shapes share: what their level is, and what they leave to its last loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.banks import Bank
from convpipe.compile.cpu.layout import WORKSPACE
from convpipe.compile.cpu.steps import Place, Sample
from convpipe.dataclass import dataclass
from convpipe.geometry import Extent


def units(weights: NDArray[Any]) -> tuple[int, ...]:
    """Return 1 or -1 for weights that are that, else 0."""
    return tuple(int(weight) if weight in (1, -1) else 0 for weight in weights.tolist())


@dataclass(frozen=True)
class Part:
    """What is left of a response: samples to be weighted and summed onto what was summed before.

    Parameters
    ----------
    kind : str
        As of :class:`convpipe.compile.cpu.combine.Response`.
    samples : sequence of Sample
    dtype : str
        Of the samples there.
    weights : ndarray, optional
    total : Place, optional
    sums : str, optional
        Type of the sum, if that is of integers.
    worth : float
        What 1 of a sum stands for.
    """

    kind: str
    samples: Sequence[Sample]
    dtype: str
    weights: NDArray[Any] = field(default_factory=lambda: np.empty(0))
    total: Place | None = None
    sums: str | None = None
    worth: float = 1.0

    @property
    def is_left(self) -> bool:
        """Tell whether all of its samples are left, of several places in rows that are read."""
        rows = all(place.row != WORKSPACE for place, _ in self.samples)
        return self.total is None and len(self.samples) > 1 and rows

    @property
    def units(self) -> tuple[int, ...]:
        """Of weighted samples, for each: 1 or -1 if that is its weight, 0 for any other."""
        return units(self.weights) if self.sums or self.kind == "dot" else ()

    @property
    def factors(self) -> list[float]:
        """What multiplies in the type of the arithmetic: samples, and a sum."""
        own = [] if self.sums else [float(weight) for weight in self._multipliers]
        return own + [self.worth] * (self.worth != 1)

    @property
    def integers(self) -> list[int]:
        """What multiplies samples as integers."""
        return [] if self.sums is None else self._multipliers.tolist()

    @property
    def _multipliers(self) -> NDArray[Any]:
        """Its weights but those that only add or take away."""
        return self.weights[np.array(self.units) == 0] if self.units else self.weights


def alike(made: Sequence[Sequence[Part]]) -> list[list[Part]]:
    """Return parts of several rows, whose samples are counted from where any of them first reads their row.

    So a sample under the windows of several is one and the same.
    """
    first: dict[int, int] = {}
    for place, _ in chain.from_iterable(part.samples for of_row in made for part in of_row):
        first[place.row] = min(first.get(place.row, place.offset), place.offset)

    def based(part: Part) -> Part:
        size = np.dtype(part.dtype).itemsize
        samples = [
            Sample(Place(row, first[row]), shift + (offset - first[row]) // size)
            for (row, offset), shift in part.samples
        ]
        return replace(part, samples=samples)

    return [[based(part) for part in of_row] for of_row in made]


@dataclass(frozen=True)
class Geometry:
    """What the steps of a level share.

    Parameters
    ----------
    stride, dilation, kernel : (rows, cols)
    compute : str
        Type of the arithmetic.
    in_place : bool
        Whether rows are read where nothing is put beside them: column sums are padded instead.
    lead : int
        Rows of its window that come before those under the taps.
    stores : bool
        Whether the sum of its one bank is what its rows hold.
    phases : int
        Of the columns' sums, where they are sorted into some: their number is the stride. Else 1.
    """

    stride: Extent
    dilation: Extent
    kernel: Extent
    compute: str
    in_place: bool
    lead: int = 0
    stores: bool = False
    phases: int = 1

    @property
    def along(self) -> int:
        """Pixels from one output to the next in what is summed along a row."""
        return self.stride[1] // self.phases

    def slides(self, bank: Bank) -> bool:
        """Tell whether a running sum of rows is less work than the sum of the window's."""
        return bank.sums.counted and self.dilation[0] == 1 and self.kernel[0] > 2 * self.stride[0]

    def shares(self, bank: Bank) -> bool:
        """Tell whether column passes make several rows at a time: their windows share some that they read."""
        shared = self.stride[0] == 1 or self.stride[0] == 2 < self.kernel[0]
        return bank.has_columns and self.dilation[0] == 1 and shared
