"""How many samples of an image have which value: what most numbers of a whole image are made of.

NaN and infinities count for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

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


class Counter:
    """Looks at all samples, with NumPy; a backend may have what is quicker."""

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
        self._found: dict[tuple[Any, ...], Any] = {}

    def all(self, channel: int | None) -> NDArray[Any]:
        """Return those of a channel, or of all."""
        return self._samples if channel is None else self._samples[:, channel : channel + 1]

    def finite(self, channel: int | None) -> NDArray[np.float64]:
        """Return those of them that are finite, in one row of float64."""
        return self._once(("finite", channel), lambda: finite(self.all(channel)))  # type: ignore[no-any-return]

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
        if survey.low == survey.high:
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
