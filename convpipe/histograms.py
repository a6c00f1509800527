"""How many samples have which value, and their moments: what numbers of a whole image are made of.

NaN and infinities count for nothing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass

MOST_LEVELS = 1 << 16
"""Samples that are whole numbers have a bin for each, up to this many."""


@dataclass(frozen=True)
class Histogram:
    """Counts in bins of one width; the first and the last hold a sample.

    Parameters
    ----------
    counts : ndarray of int
    first : float
        Middle of the first bin.
    step : float
        From a middle to the next.
    middles : ndarray of float
    """

    counts: NDArray[np.int64]
    first: float
    step: float
    middles: NDArray[np.float64]

    @classmethod
    def of_whole(cls, counts: NDArray[np.int64], low: int) -> Histogram:
        """Return that of whole numbers from `low` on, without those at the ends that no sample has."""
        held = np.flatnonzero(counts)
        first, last = int(held[0]), int(held[-1])
        middles = np.arange(low + first, low + last + 1, dtype=np.float64)
        return cls(counts[first : last + 1], float(low + first), 1.0, middles)

    @classmethod
    def of_bins(cls, counts: NDArray[np.int64], edges: NDArray[np.float64]) -> Histogram:
        """Return that of bins between `edges`."""
        step = float(edges[-1] - edges[0]) / len(counts)
        return cls(counts, float(edges[0]) + step / 2, step, (edges[:-1] + edges[1:]) / 2)

    @cached_property
    def total(self) -> int:
        """How many samples there are."""
        return int(self.counts.sum())

    @cached_property
    def mean(self) -> float:
        """Mean of the samples, where all are in the middle of their bin."""
        offsets = self.counts @ np.arange(len(self.counts), dtype=np.float64)
        return self.first + self.step * float(offsets) / self.total

    def percentile(self, percent: float) -> float:
        """Return a percentile of them, on the line between two samples, as ``numpy.percentile``."""
        place = percent / 100 * (self.total - 1)
        last = np.cumsum(self.counts) - 1  # the number of the last sample of each bin, in order of size
        below, above = (self.middles[np.searchsorted(last, at)] for at in (np.floor(place), np.ceil(place)))
        return float(below + (above - below) * (place - np.floor(place)))


@dataclass(frozen=True)
class CountLoop:
    """Numbers that a loop finds of counts: a function of single numbers, which backends compile.

    Parameters
    ----------
    function : callable
        Of the counts, the middles of their bins, what it is told, and the numbers that it writes.
    told : tuple of float
        After the middle of the first bin, and from one to the next.
    size : int
        How many numbers.
    """

    function: Callable[..., None]
    told: tuple[float, ...] = ()
    size: int = 1

    def of(self, held: Histogram, run: Callable[..., Any]) -> list[float]:
        """Return the numbers of a histogram; what calls the function may have compiled it."""
        numbers = np.empty(self.size)
        run(self.function, held.counts, held.middles, np.array([held.first, held.step, *self.told]), numbers)
        return numbers.tolist()


@dataclass(frozen=True)
class Survey:
    """What the finite ones of some samples are like.

    Parameters
    ----------
    count : int
    low, high : float
        The smallest and the largest; NaN of no sample.
    whole : bool
        Whether all are whole numbers.
    """

    count: int
    low: float
    high: float
    whole: bool

    def __or__(self, other: Survey) -> Survey:
        """Return what these samples and others are like."""
        low, high = float(np.fmin(self.low, other.low)), float(np.fmax(self.high, other.high))
        return Survey(self.count + other.count, low, high, self.whole and other.whole)


@dataclass(frozen=True)
class Moments:
    """The sum of samples, and their spread.

    Parameters
    ----------
    count : int
    origin : float
        One of the samples, so that equal ones have a spread of exactly 0.
    total : float
        The sum of what they are above it.
    squares : float
        The sum of the squares of what they are above their mean.
    """

    count: int
    origin: float
    total: float
    squares: float

    @property
    def mean(self) -> float:
        """Of the samples."""
        return self.origin + self.total / self.count

    @property
    def sum(self) -> float:
        """Of the samples."""
        return self.count * self.origin + self.total

    @property
    def variance(self) -> float:
        """Of the samples themselves, not of what they are drawn from."""
        return self.squares / self.count

    @classmethod
    def of_shares(cls, shares: NDArray[np.float64], origin: float) -> Moments:
        """Return those of several shares of samples, each with its count, total and squares.

        Source: T. F. Chan, G. H. Golub, R. J. LeVeque, 'Algorithms for computing the sample variance', 1983.
        """
        count = total = squares = 0.0
        for own, of_own, squares_of_own in shares[shares[:, 0] > 0].tolist():
            if count:
                apart = of_own / own - total / count
                squares += apart * apart * (count * own / (count + own))
            count, total, squares = count + own, total + of_own, squares + squares_of_own
        return cls(int(count), origin, total, squares)


LANES = 8
"""Sums that go on side by side, and are added at the end: in this order whoever adds."""


BYTES_OF_PAIRS = 2 << 16
"""What counts of all pairs of bytes take, of each thread that has many bytes to count."""


class Counter:
    """Looks at all samples, with NumPy; a backend may have what is quicker, and gives the same numbers."""

    def survey(self, samples: NDArray[Any]) -> Survey:
        """Return what the finite samples, (n, channels), are like."""
        held = finite(samples)
        if not held.size:
            return Survey(0, np.nan, np.nan, whole=True)
        whole = samples.dtype.kind in "bui" or bool((held == np.rint(held)).all())
        return Survey(held.size, float(held.min()), float(held.max()), whole)

    def whole(self, samples: NDArray[Any], low: int, high: int) -> NDArray[np.int64]:
        """Return how many of the samples, whole numbers where they are finite, are each of low to high."""
        return np.bincount((finite(samples) - low).astype(np.int64), minlength=high - low + 1)

    def bins(self, samples: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return how many samples lie between each two of some even edges, the last one included."""
        return np.histogram(finite(samples), len(edges) - 1, (edges[0], edges[-1]))[0]

    def run(self, function: Callable[..., Any], *given: Any) -> Any:
        """Return what a function of counts gives that is written as loops: a backend compiles it."""
        return function(*given)

    def moments(self, samples: NDArray[Any], origin: float) -> NDArray[np.float64]:
        """Return of each share of the samples, (n, channels), its count, total and squares: (shares, 3)."""
        pixels, channels = samples.shape
        bounds = np.arange(shares_of(pixels) + 1) * pixels // shares_of(pixels)
        found = []
        for begin, end in itertools.pairwise(bounds.tolist()):
            share = samples[begin:end]
            own = np.array([_moments_of_run(share[:, k], origin) for k in range(channels)])
            made = Moments.of_shares(own, origin)
            found.append((made.count, made.total, made.squares))
        return np.array(found, np.float64)


SHARE = 1 << 16
"""Pixels of a share that is summed by itself, whatever the number of threads, so that sums are the same."""


def shares_of(pixels: int) -> int:
    """Return in how many shares pixels are summed."""
    return max(1, -(-pixels // SHARE))


def _moments_of_run(run: NDArray[Any], origin: float) -> tuple[int, float, float]:
    """Return how many samples are finite, their sum above an origin, and their squares about their mean."""
    above = np.asarray(run, np.float64) - origin
    there = np.isfinite(above)
    count = int(np.count_nonzero(there))
    if not count:
        return 0, 0.0, 0.0
    total = _lanes(np.where(there, above, 0.0))
    apart = np.where(there, above - total / count, 0.0)
    return count, total, _lanes(apart * apart)


def _lanes(values: NDArray[np.float64]) -> float:
    """Return the sum of values: of every eighth, and then of those sums; what is left over is the first's."""
    last = len(values) // LANES * LANES
    lanes = np.zeros(LANES)
    if last:
        lanes = np.add.reduce(values[:last].reshape(-1, LANES), axis=0)
    first, *others = lanes.tolist()
    for value in (*values[last:].tolist(), *others):
        first += value
    return float(first)


def binned(samples: NDArray[Any], bins: int, low: float, high: float) -> tuple[list[int], float, float]:
    """Return how many samples each of some bins holds, to be drawn, and the ends of them all.

    Parameters
    ----------
    samples : ndarray
        All finite.
    bins : int
    low, high : float
        Ends that hold all samples. They are moved apart where there are too few numbers between them.

    Examples
    --------
    >>> binned(np.array([1.0, 2.0, 3.0]), 2, 1.0, 3.0)
    ([1, 2], 1.0, 3.0)
    >>> binned(np.array([7.0]), 2, 7.0, 7.0)
    ([0, 1], 6.5, 7.5)
    """
    most = float(np.finfo(np.float64).max)
    least = 2 * bins * float(np.spacing(max(abs(low), abs(high), 1e-290)))  # whose inverse is finite, too
    if high - low < least:
        apart = max(0.5, least) if low == high else least
        low, high = max(low - apart, -most), min(high + apart, most)
    if high - low > most:
        return binned(samples / 4, bins, low / 4, high / 4)[0], low, high
    ends = np.float64(low), np.float64(high)  # bins of float32 have fewer numbers between them
    return np.histogram(samples, bins, ends)[0].tolist(), low, high


def finite(samples: NDArray[Any]) -> NDArray[np.float64]:
    """Return the finite ones of some samples, in one row of float64."""
    held = np.asarray(samples, np.float64).ravel()
    return held[np.isfinite(held)]


class Samples:
    """The samples of an image, and what is found of them: once for all that asks for it.

    Parameters
    ----------
    samples : ndarray, shape (n, channels)
        None of them alpha.
    counter : Counter
    """

    def __init__(self, samples: NDArray[Any], counter: Counter) -> None:
        self._samples = samples
        self._counter = counter
        self.run = counter.run
        self._found: dict[tuple[Any, ...], Any] = {}

    def all(self, channel: int | None) -> NDArray[Any]:
        """Return those of a channel, or of all."""
        return self._samples if channel is None else self._samples[:, channel : channel + 1]

    def extreme(self, channel: int | None, *, largest: bool) -> float:
        """Return the largest or the smallest of them, infinities as well; NaN of none."""
        found = self.all(channel)
        reduce = np.fmax.reduce if largest else np.fmin.reduce
        return float(reduce(found, axis=None)) if found.size else math.nan

    def finite(self, channel: int | None) -> NDArray[np.float64]:
        """Return those of them that are finite, in one row of float64."""
        return self._once(("finite", channel), lambda: finite(self.all(channel)))  # type: ignore[no-any-return]

    def percentile(self, channel: int | None, percent: float) -> float:
        """Return a percentile of the finite ones, on the line between two; NaN of none."""
        held = self.finite(channel)
        return float(np.percentile(held, percent)) if held.size else math.nan

    def moments(self, channel: int | None) -> Moments | None:
        """Return those of the finite ones; None of none."""
        return self._once(("moments", channel), lambda: self._moments(self.all(channel)))  # type: ignore[no-any-return]

    def _moments(self, samples: NDArray[Any]) -> Moments | None:
        origin = next(filter(math.isfinite, map(float, samples[:1].ravel())), None)
        if origin is None:
            held = np.flatnonzero(np.isfinite(samples))
            if not held.size:
                return None
            origin = float(samples.reshape(-1)[held[0]])
        return Moments.of_shares(self._counter.moments(samples, origin), origin)

    @property
    def are_few(self) -> bool:
        """Whether their type has no more values than a histogram has bins: all there is to know is in one."""
        return self._samples.dtype.kind in "bui" and self._samples.dtype.itemsize <= 2

    def histogram(self, channel: int | None, levels: int, bins: int) -> Histogram | None:
        """Return how many have each value, or lie in each bin; None of no finite sample.

        Parameters
        ----------
        channel : int, optional
        levels : int
            Whole numbers have a bin each, if there are fewer than so many from the smallest to the largest.
        bins : int
            All else has so many.
        """
        key = ("histogram", channel, levels, bins)
        return self._once(key, lambda: self._histogram(self.all(channel), levels, bins))  # type: ignore[no-any-return]

    def _histogram(self, samples: NDArray[Any], levels: int, bins: int) -> Histogram | None:
        if not samples.size:
            return None
        if self.are_few:
            limits = np.iinfo(samples.dtype) if samples.dtype.kind != "b" else np.iinfo(np.uint8)
            low, high = int(limits.min), int(limits.max)
            found = Histogram.of_whole(self._counter.whole(samples, low, high), low)
            if len(found.counts) <= levels:
                return found
        survey = self._counter.survey(samples)
        if not survey.count:
            return None
        apart = 2 * bins * float(np.spacing(max(abs(survey.low), abs(survey.high))))
        if survey.high - survey.low < apart:  # fewer numbers lie between them than there are edges
            return Histogram(np.array([survey.count]), survey.low, 1.0, np.array([survey.low]))
        if survey.whole and survey.high - survey.low < levels:
            low, high = int(survey.low), int(survey.high)
            return Histogram.of_whole(self._counter.whole(samples, low, high), low)
        edges = np.histogram_bin_edges(np.array([survey.low, survey.high]), bins)
        return Histogram.of_bins(self._counter.bins(samples, edges), edges)

    def _once(self, key: tuple[Any, ...], find: Any) -> Any:
        if key not in self._found:
            self._found[key] = find()
        return self._found[key]
