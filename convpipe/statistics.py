"""Numbers that a whole image gives: extremes, moments, percentiles, levels that part it, its distribution.

NaN and alpha count for nothing, and infinities only as extremes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.histograms import MOST_LEVELS, Counter, CountLoop, Histogram, Moments, Samples
from convpipe.interval import Interval
from convpipe.thresholds import BINS, LEVELS, LOOPS, multiotsu, triangle_beyond

THRESHOLDS = (*LOOPS, *LEVELS, "mean")
"""Levels that part an image in two; each is ``skimage.filters.threshold_...``."""


@dataclass(frozen=True)
class Statistic:
    """One number of an image.

    Parameters
    ----------
    name : str
        In the expression that takes it.
    kind : str
        ``minimum``, ``maximum``, ``sum``, ``mean``, ``variance``, ``deviation``, ``percentile``,
        ``multiotsu`` or one of :data:`THRESHOLDS`. Variance and standard deviation are those of the samples,
        not of what they are drawn from.
    percent : float
        Of a percentile.
    channel : int, optional
        Of which channel alone.
    number, classes : int
        Of multiotsu: which of the levels, from 0, and how many classes.
    ends : (float, float), optional
        Of triangle, the smallest and the largest value of the dtype: its line ends where samples do no more.
    """

    name: str
    kind: str
    percent: float = 0.0
    channel: int | None = None
    number: int = 0
    classes: int = 2
    ends: tuple[float, float] | None = None

    def __str__(self) -> str:
        """Return what it is, for a person."""
        kind = f"percentile {self.percent:g}" if self.kind == "percentile" else self.kind
        kind = f"level {self.number + 1} of {self.classes} classes" if kind == "multiotsu" else kind
        return kind if self.channel is None else f"{kind} of channel {self.channel}"

    def of(self, samples: Samples) -> list[float]:
        """Return it, as a list of one number; NaN of no sample."""
        if self.is_extreme:  # of infinities, too
            return [samples.extreme(self.channel, largest=self.kind == "maximum")]
        if samples.are_few or self.kind not in (*_ORDERED, *_SUMMED):
            histogram = samples.histogram(self.channel, MOST_LEVELS, BINS)
            return [_NONE if histogram is None else self._of_counts(histogram, samples)]
        if self.kind in _SUMMED:
            moments = samples.moments(self.channel)
            return [_NONE if moments is None else _SUMMED[self.kind](moments)]
        return [samples.percentile(self.channel, self.percent)]

    def _of_counts(self, held: Histogram, samples: Samples) -> float:
        """Return it of the histogram of the samples."""
        if self.kind in _COUNTED:
            return _COUNTED[self.kind](self, held)
        if self.ends is not None:
            return triangle_beyond(held, self.ends)
        if self.loop is not None:
            return self.loop.of(held, samples.run)[0]
        if len(held.counts) == 1:  # nothing to part: no pixel is above it
            return held.first
        if self.kind == "multiotsu":
            coarse = samples.histogram(self.channel, BINS, BINS)
            return float(multiotsu(held if coarse is None else coarse, self.classes)[self.number])
        if self.kind == "li" and held.step != 1:
            return _li(samples.finite(self.channel))
        return LEVELS[self.kind](held)

    @property
    def loop(self) -> CountLoop | None:
        """What finds it of counts, if a loop does."""
        return LOOPS.get(self.kind)

    def range(self, samples: Interval) -> Interval:
        """Enclose it, and the NaN that it is of no sample, where every sample lies in an interval.

        Examples
        --------
        >>> Statistic("s", "deviation").range(Interval(0, 255)), Statistic("m", "otsu").range(Interval(3, 9))
        (Interval(low=0.0, high=127.5), Interval(low=3, high=9))
        """
        spread = (samples.high - samples.low) / 2
        if self.kind == "sum":
            return Interval(
                samples.low if samples.low >= 0 else -math.inf,
                samples.high if samples.high <= 0 else math.inf,
                nan=True,
            )
        if self.kind in ("deviation", "variance"):
            return Interval(0.0, spread if self.kind == "deviation" else spread * spread, nan=True)
        return Interval(samples.low, samples.high, nan=True)

    @property
    def is_extreme(self) -> bool:
        """Tell whether it is of all samples as they are, without a copy."""
        return self.kind in ("minimum", "maximum")

    def sorts(self, dtype: str) -> bool:
        """Tell whether it needs all samples of an image of a type together: counts of values are not enough.

        Examples
        --------
        >>> level = Statistic("t", "li")
        >>> level.sorts("uint16"), level.sorts("float32"), Statistic("m", "percentile", 50).sorts("float32")
        (False, True, False)
        """
        return not _has_few_values(dtype) and self.kind == "li"

    def copies(self, dtype: str) -> int:
        """Return the bytes for each sample that it takes at most, of an image of a type: copies in float64.

        Examples
        --------
        >>> median, level = Statistic("m", "percentile", 50), Statistic("t", "otsu")
        >>> median.copies("uint8"), median.copies("float32"), level.copies("float32"), level.copies("int32")
        (0, 17, 0, 17)
        """
        if _has_few_values(dtype) or self.is_extreme or self.kind in _SUMMED:
            return 0
        if self.kind == "li":
            return 2 * FINITE_BYTES
        return FINITE_BYTES if self.kind in _ORDERED or _is_surveyed_in_float64(dtype) else 0


@dataclass(frozen=True)
class Cumulative:
    """The share of an image's samples up to each value, as a table to look up: a histogram, summed.

    Whole numbers of images of an integer type have a bin each; all else has bins from the least sample to the
    largest.
    Source: skimage.exposure.cumulative_distribution.

    Parameters
    ----------
    bins : int
    entries : int
        Of the table: at least `bins`; what is not needed repeats the last.
    scale : float
        What the whole is, in place of 1.
    integers : bool
        Whether the image is of an integer type.
    from_lowest : bool
        Whether shares are of the samples above the lowest value, which becomes 0; a flat image stays.
    """

    bins: int
    entries: int
    scale: float
    integers: bool
    from_lowest: bool = False

    channel = None

    def __str__(self) -> str:
        """Return what it is, for a person."""
        return "cumulative distribution"

    def sorts(self, dtype: str) -> bool:
        """Tell whether it needs all samples together."""
        return False

    def copies(self, dtype: str) -> int:
        """Return the bytes for each sample that it takes at most; as of a :class:`Statistic`."""
        return 0 if _has_few_values(dtype) or not _is_surveyed_in_float64(dtype) else FINITE_BYTES

    def of(self, samples: Samples) -> list[float]:
        """Return the first entry's sample, entries for each unit, the number of the last, and all of them."""
        held = samples.histogram(None, self.entries if self.integers else 0, self.bins)
        if held is None:
            return [0.0, 1.0, 0.0, *[0.0] * self.entries]
        return self.loop.of(held, samples.run)

    @property
    def loop(self) -> CountLoop:
        """What finds it of counts."""
        return CountLoop(distribution, (self.scale, float(self.from_lowest)), 3 + self.entries)


def distribution(
    counts: NDArray[np.int64],
    middles: NDArray[np.float64],
    told: NDArray[np.float64],
    numbers: NDArray[np.float64],
) -> None:
    """Write what a :class:`Cumulative` is: a :class:`CountLoop`, which is told its scale and where it begins.

    Examples
    --------
    >>> numbers = np.empty(7)
    >>> distribution(np.array([2, 1, 1]), np.empty(0), np.array([9.0, 1.0, 100.0, 0.0]), numbers)
    >>> numbers.tolist()
    [9.0, 1.0, 2.0, 50.0, 75.0, 100.0, 100.0]
    """
    first, step, scale, from_lowest = told
    below = counts[0] if from_lowest > 0 else 0
    total = counts.sum()
    numbers[0], numbers[1], numbers[2], numbers[3:] = first, 1.0, 0.0, first
    if below < total:
        numbers[1], numbers[2], held = 1 / step, len(counts) - 1, 0
        for k in range(len(numbers) - 3):
            if k < len(counts):
                held += counts[k]
            numbers[3 + k] = scale * (held - below) / (total - below)


@dataclass(frozen=True)
class Matched(Cumulative):
    """For each value the one up to which as large a share of other samples lies, on the line between two.

    Source: skimage.exposure.match_histograms.

    Parameters
    ----------
    shares, values : tuple of float
        Of those samples, rising.
    """

    shares: tuple[float, ...] = ()
    values: tuple[float, ...] = ()

    @classmethod
    def to(cls, others: NDArray[np.float64], entries: int, integers: bool) -> Matched:
        """Return the table of so many `entries` that gives samples the distribution of `others`."""
        values, counts = np.unique(others, return_counts=True)
        shares = np.cumsum(counts) / others.size
        if len(values) > entries:
            kept = np.linspace(0, len(values) - 1, entries).astype(np.int64)
            values, shares = values[kept], shares[kept]
        found = tuple(shares.tolist()), tuple(values.tolist())
        return cls(entries, entries, 1.0, integers, False, *found)

    def __str__(self) -> str:
        """Return what it is, for a person."""
        return "cumulative distribution and that of the reference"

    def of(self, samples: Samples) -> list[float]:
        """Return the first entry's sample, entries for each unit, the number of the last, and all of them."""
        first, unit, last, *shares = super().of(samples)
        return [first, unit, last, *np.interp(shares, self.shares, self.values).tolist()]


Measured = Statistic | Cumulative


FINITE_BYTES = 17
"""Of a sample that is copied: all of them in float64, which are finite, and these."""


def _has_few_values(dtype: str) -> bool:
    """As :attr:`convpipe.histograms.Samples.are_few`."""
    return np.dtype(dtype).kind in "bui" and np.dtype(dtype).itemsize <= 2


def _is_surveyed_in_float64(dtype: str) -> bool:
    """Tell whether no loop knows what samples of a type are like: those of floating point have one."""
    return np.dtype(dtype).name not in ("float32", "float64")


_NONE = float("nan")

EXTREMES = (Statistic("low", "minimum"), Statistic("high", "maximum"))


def measure(
    statistics: Sequence[Measured], samples: NDArray[Any], counter: Counter | None = None
) -> list[float]:
    """Return what `statistics` are of `samples`, one after the other; NaN of no sample.

    Parameters
    ----------
    statistics : sequence of Statistic or Cumulative
    samples : ndarray, shape (n, channels), or any shape where no channel is asked for
        Of real type; none of them alpha.
    counter : Counter, optional
        What counts them; default: NumPy.

    Examples
    --------
    >>> image = np.array([[1, 2, np.nan], [9, 10, 11]])
    >>> measure([*EXTREMES, Statistic("level", "otsu")], image)
    [1.0, 11.0, 2.0]
    >>> measure([Statistic("m", "mean"), Statistic("m1", "mean", channel=1)], np.array([[1, 2], [3, 6]]))
    [3.0, 4.0]
    """
    given = Samples(samples if samples.ndim == 2 else samples.reshape(-1, 1), counter or Counter())
    return numbers_of(statistics, given)


def numbers_of(statistics: Sequence[Measured], given: Samples) -> list[float]:
    """Return what `statistics` are of samples, as :func:`measure` does."""
    return [number for one in statistics for number in one.of(given)]


def _li(held: NDArray[np.float64]) -> float:
    """Return the level of least cross entropy of samples that are not whole numbers."""
    from skimage import filters

    return float(filters.threshold_li(held))


def _variance(held: Histogram) -> float:
    return float(held.counts @ np.square(held.middles - held.mean)) / held.total


_ORDERED = ("percentile",)
"""Of samples in the order of size."""

_SUMMED: dict[str, Callable[[Moments], float]] = {
    "sum": lambda moments: moments.sum,
    "mean": lambda moments: moments.mean,
    "variance": lambda moments: moments.variance,
    "deviation": lambda moments: math.sqrt(moments.variance),
}
"""Of their moments."""

_COUNTED: dict[str, Callable[[Statistic, Histogram], float]] = {
    "sum": lambda one, held: float(held.counts @ held.middles),
    "mean": lambda one, held: held.mean,
    "variance": lambda one, held: _variance(held),
    "deviation": lambda one, held: float(np.sqrt(_variance(held))),
    "percentile": lambda one, held: held.percentile(one.percent),
}
"""Of how often each value is there: of types with few of them."""
