"""Numbers of an image that is larger than memory: every look at its samples is a pass over its bands.

The numbers are those of the whole image, bit for bit: counts and extremes have no order, and sums are of the
same shares of pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import radix
from convpipe.errors import PlanError
from convpipe.histograms import SHARE, Counter, Moments, Samples, Survey, shares_of

Look = Callable[[], Iterator[NDArray[Any]]]
"""Begins a pass: samples, (n, channels), from the first to the last."""


class Passed:
    """Samples that are never in memory together, in the place of an array of them.

    Parameters
    ----------
    look : callable
    dtype : dtype
    pixels, channels : int
    channel : int, optional
        The only one that is meant.
    """

    def __init__(
        self, look: Look, dtype: np.dtype[Any], pixels: int, channels: int, channel: int | None = None
    ) -> None:
        self._look, self._channels, self._channel = look, channels, channel
        self.dtype, self.pixels = dtype, pixels
        self.size = pixels * (channels if channel is None else 1)

    def of(self, channel: int | None) -> Passed:
        """Return those of one channel."""
        return Passed(self._look, self.dtype, self.pixels, self._channels, channel)

    def chunks(self) -> Iterator[NDArray[Any]]:
        """Pass over them."""
        for chunk in self._look():
            yield chunk if self._channel is None else chunk[:, self._channel : self._channel + 1]

    def shares(self) -> Iterator[NDArray[Any]]:
        """Pass over them in the shares that are summed by themselves."""
        many = shares_of(self.pixels)
        ends = iter([(at + 1) * self.pixels // many for at in range(many)])
        held: list[NDArray[Any]] = []
        begin, end = 0, next(ends)
        for chunk in self.chunks():
            while begin + len(chunk) >= end:
                held.append(chunk[: end - begin])
                chunk, begin = chunk[end - begin :], end
                yield np.concatenate(held)
                held, end = [], next(ends, self.pixels + 1)
            held.append(chunk)
            begin += len(chunk)


class PassCounter(Counter):
    """Looks at samples that are passed over, with what counts some of them.

    Parameters
    ----------
    counter : Counter
    """

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def survey(self, samples: Any) -> Survey:
        """Return what the finite samples are like."""
        found = Survey(0, np.nan, np.nan, whole=True)
        for chunk in samples.chunks():
            found |= self._counter.survey(chunk)
        return found

    def whole(self, samples: Any, low: int, high: int) -> NDArray[np.int64]:
        """Return how many of the samples are each of low to high."""
        counts = np.zeros(high - low + 1, np.int64)
        for chunk in samples.chunks():
            counts += self._counter.whole(chunk, low, high)
        return counts

    def bins(self, samples: Any, edges: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return how many samples lie between each two of some edges."""
        counts = np.zeros(len(edges) - 1, np.int64)
        for chunk in samples.chunks():
            counts += self._counter.bins(chunk, edges)
        return counts

    def run(self, function: Callable[..., Any], *given: Any) -> Any:
        """Return what a function of counts gives."""
        return self._counter.run(function, *given)

    def moments(self, samples: Any, origin: float) -> NDArray[np.float64]:
        """Return of each share of the samples its count, total and squares."""
        return np.concatenate([self._counter.moments(share, origin) for share in samples.shares()])


class PassedSamples(Samples):
    """What is found of samples that are passed over.

    Parameters
    ----------
    samples : Passed
    counter : Counter
    """

    def __init__(self, samples: Passed, counter: Counter) -> None:
        super().__init__(samples, PassCounter(counter))  # type: ignore[arg-type]
        self._passed = samples

    def all(self, channel: int | None) -> Any:
        """Return those of a channel, or of all."""
        return self._passed.of(channel)

    def extreme(self, channel: int | None, *, largest: bool) -> float:
        """Return the largest or the smallest of them; NaN of none."""
        found, reduce = math.nan, np.fmax if largest else np.fmin
        for chunk in self._passed.of(channel).chunks():
            found = float(reduce(found, reduce.reduce(chunk, axis=None)))
        return found

    def percentile(self, channel: int | None, percent: float) -> float:
        """Return a percentile of the finite ones, in a pass for each digit of their keys; NaN of none."""

        def count(known: int, first: Sequence[int]) -> NDArray[np.int64]:
            if known:
                return self._digits(channel, known, first)
            return self._once(("digits", channel), lambda: self._digits(channel, known, first))  # type: ignore[no-any-return]

        return radix.percentile(self._passed.dtype, percent, count)

    def _digits(self, channel: int | None, known: int, first: Sequence[int]) -> NDArray[np.int64]:
        """Count what the keys of all samples go on with, of few at a time, as keys and digits are copies."""
        counts = np.zeros((len(first), 1 << radix.DIGIT), np.int64)
        for chunk in self._passed.of(channel).chunks():
            for begin in range(0, len(chunk), SHARE):
                counts += radix.count_digits(chunk[begin : begin + SHARE], known, first)
        return counts

    def finite(self, channel: int | None) -> NDArray[np.float64]:
        """Refuse to return all of them at once."""
        raise PlanError(
            "a level between samples of floating point is found of all of them together, in memory; "
            "give it more (--memory), or 'dtype: uint16' before this stage"
        )

    def _moments(self, samples: Any) -> Moments | None:
        for chunk in samples.chunks():
            held = np.flatnonzero(np.isfinite(chunk))
            if held.size:
                origin = float(chunk.reshape(-1)[held[0]])
                return Moments.of_shares(self._counter.moments(samples, origin), origin)
        return None
