"""What every bank of taps has."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.plan.arithmetic import Sums


@dataclass(frozen=True)
class Bank(ABC):
    """The weighted sum of the samples under a kernel.

    Parameters
    ----------
    name : str
        Of its response in the expression that follows.
    weights : tuple of float
    sums : Sums
        In which type.
    worth : float
        What 1 of its sum stands for, where floating point is summed: a power of two.
    """

    name: str
    weights: tuple[float, ...]
    sums: Sums
    worth: float = field(default=1.0, kw_only=True)

    @property
    def has_columns(self) -> bool:
        """Tell whether it begins with a column pass over whole rows."""
        return True

    @property
    @abstractmethod
    def rows(self) -> tuple[int, ...]:
        """Kernel rows of its taps."""

    @property
    @abstractmethod
    def cols(self) -> tuple[int, ...]:
        """Kernel columns of its taps."""

    @property
    @abstractmethod
    def cost(self) -> int:
        """Taps a sample that it takes, and what its passes are worth in taps."""

    @property
    @abstractmethod
    def words(self) -> str:
        """The way, and its taps."""

    @property
    def choice(self) -> str:
        """The way, its taps, and the type of the sums."""
        return f"{self.words}, in {self.sums.dtype}"

    @property
    def rows_of_sums(self) -> int:
        """Rows that its sums stand in until they are a response."""
        return 2

    @property
    def is_shifted(self) -> bool:
        """Tell whether its response is a sum of integers without some of its last bits."""
        made = self.sums.made
        return self.sums.counted and made is not None and self.weights == (2.0**-made.fraction,)

    @property
    def meeting(self) -> int:
        """How many weights, the first ones, meet samples and no sums."""
        return len(self.weights)

    def in_units(self) -> Self:
        """Return it with a power of two taken out of its weights, if some are 1 or -1 then."""
        return self

    def reading(self, fraction: int) -> Self:
        """Return it for samples of so many fraction bits; sums of integers have them, too."""
        if not fraction or self.sums.weighted:
            return self
        first, others = self.weights[: self.meeting], self.weights[self.meeting :]
        weights = (*(math.ldexp(weight, -fraction) for weight in first), *others)
        return replace(self, weights=weights)

    def values(self, compute: str) -> NDArray[Any]:
        """Return the weights as they multiply samples: integers, or in the type of the arithmetic."""
        rounded = np.array(self.weights, compute)
        if not self.sums.weighted:
            return rounded
        whole: NDArray[Any] = np.ldexp(rounded.astype(np.float64), self._fractions)
        return whole.astype(self.sums.dtype)

    @property
    def _fractions(self) -> NDArray[np.int64]:
        """Fraction bits of the weights that are integers."""
        return np.full(len(self.weights), sum(self.sums.fractions))
