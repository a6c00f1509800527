"""Values from a table, by where a sample lies in it."""

from __future__ import annotations

import math

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.interval import Interval
from convpipe.statistics import Cumulative

MOST_ENTRIES = 1 << 16
"""Of a table: one for every 16-bit integer."""


@dataclass(frozen=True)
class Lookup:
    """What a table holds for a sample: between two entries, on the line from one to the other.

    The entries are of samples at equal distances from `low` to `high`; what lies beyond them has the value of
    the first and of the last. NaN stays. The table is handed over at run time: another one compiles nothing.

    Parameters
    ----------
    table : tuple of float
        At least two.
    low, high : float
        Samples that the first entry and the last stand for.
    measured : Cumulative, optional
        What gives a table of as many entries, and where it begins and ends, from all samples that enter.
    result : Interval, optional
        Encloses the entries of such a table.

    Raises
    ------
    ParameterError
        If there are too few entries or too many, one is not finite, or `low` is not below `high`.

    Examples
    --------
    >>> Lookup((0.0, 10.0, 0.0), 0.0, 255.0).range(Interval(0, 63.75))
    Interval(low=0.0, high=10.0)
    >>> Lookup((0.0, 10.0, 0.0), 0.0, 255.0).scale * 255
    2.0
    """

    table: tuple[float, ...]
    low: float
    high: float
    measured: Cumulative | None = None
    result: Interval | None = None

    def __post_init__(self) -> None:
        count = len(self.table)
        if not 2 <= count <= MOST_ENTRIES:
            raise ParameterError(f"a table has 2 to {MOST_ENTRIES} entries; given {count}", "table")
        if not all(map(math.isfinite, self.table)):
            raise ParameterError("a table needs finite numbers", "table")
        if not self.low < self.high:
            raise ParameterError(f"a table goes from low to high; given {self.low} to {self.high}", "table")

    @classmethod
    def of(cls, measured: Cumulative, result: Interval) -> Lookup:
        """Return a table that each image gives."""
        return cls((0.0,) * measured.entries, 0.0, 1.0, measured, result)

    @property
    def statistics(self) -> tuple[Cumulative, ...]:
        """What it needs of all samples that enter."""
        return () if self.measured is None else (self.measured,)

    @property
    def scale(self) -> float:
        """Entries for each unit of a sample."""
        return (len(self.table) - 1) / (self.high - self.low)

    @property
    def constants(self) -> tuple[tuple[str, float], ...]:
        """Where a sample lies in the table: the numbers that a loop takes beside its entries."""
        return (("low", self.low), ("scale", self.scale), ("last", len(self.table) - 1.0))

    def place(self, sample: float) -> float:
        """Return the number of the entry, whole or between two, that stands for a sample."""
        return min(max((sample - self.low) * self.scale, 0.0), len(self.table) - 1.0)

    def range(self, samples: Interval) -> Interval:
        """Enclose the values for `samples`."""
        if self.result is not None:
            return Interval(self.result.low, self.result.high, samples.nan)
        first = math.floor(self.place(samples.low - samples.slack))
        last = math.ceil(self.place(samples.high + samples.slack))
        met = np.array(self.table[first : last + 1])
        return Interval(float(met.min()), float(met.max()), samples.nan)
