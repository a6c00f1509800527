"""Numbers that a whole image gives: extremes, moments, percentiles, levels that part it, its distribution.

Thresholds are those of scikit-image, which is kept for this field. NaN and alpha count for nothing, and
infinities only as extremes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

THRESHOLDS = ("otsu", "li", "yen", "triangle", "isodata", "mean")
"""Levels that part an image in two; each is ``skimage.filters.threshold_...``."""

MOST_LEVELS = 1 << 16
"""Samples that are whole numbers have a histogram of a bin for each, up to this many."""


@dataclass(frozen=True)
class Statistic:
    """One number of an image.

    Parameters
    ----------
    name : str
        In the expression that takes it.
    kind : str
        ``minimum``, ``maximum``, ``sum``, ``mean``, ``variance``, ``deviation``, ``percentile`` or one of
        :data:`THRESHOLDS`. Variance and standard deviation are those of the samples, not of what they are
        drawn from.
    percent : float
        Of a percentile.
    channel : int, optional
        Of which channel alone.
    """

    name: str
    kind: str
    percent: float = 0.0
    channel: int | None = None

    def __str__(self) -> str:
        """Return what it is, for a person."""
        kind = f"percentile {self.percent:g}" if self.kind == "percentile" else self.kind
        return kind if self.channel is None else f"{kind} of channel {self.channel}"

    def of(self, samples: Samples) -> list[float]:
        """Return it, as a list of one number; NaN of no sample."""
        if self.is_extreme:  # of infinities, too
            found = samples.all(self.channel)
            reduce = np.fmin.reduce if self.kind == "minimum" else np.fmax.reduce
            return [float(reduce(found, axis=None)) if found.size else _NONE]
        held = samples.finite(self.channel)
        return [_KINDS.get(self.kind, _threshold)(self, held) if held.size else _NONE]

    @property
    def is_extreme(self) -> bool:
        """Tell whether it is of all samples as they are, without a copy."""
        return self.kind in ("minimum", "maximum")


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
    """

    bins: int
    entries: int
    scale: float
    integers: bool

    def __str__(self) -> str:
        """Return what it is, for a person."""
        return "cumulative distribution"

    def of(self, samples: Samples) -> list[float]:
        """Return the first entry's sample, entries for each unit, the number of the last, and all of them."""
        counts, first, step = self._histogram(samples)
        share = self.scale * counts.cumsum() / max(counts.sum(), 1)
        table = np.pad(share, (0, self.entries - len(share)), mode="edge")
        return [first, 1 / step, len(share) - 1.0, *table.tolist()]

    def _histogram(self, samples: Samples) -> tuple[NDArray[np.int64], float, float]:
        """Return how many samples each bin holds, the value of the first, and the distance of two."""
        held = samples.all(None).ravel()
        if held.dtype.kind not in "bui":
            held = samples.finite(None)
        if not held.size:
            return np.zeros(1, np.int64), 0.0, 1.0
        low, high = held.min(), held.max()
        whole = held.dtype.kind in "bui" or (self.integers and bool((held == np.rint(held)).all()))
        if whole and int(high) - int(low) < self.entries:
            places = held.astype(np.int64) - int(low)
            return np.bincount(places), float(low), 1.0
        counts, edges = np.histogram(held, self.bins)
        step = float(edges[-1] - edges[0]) / self.bins
        return counts, float(edges[0]) + step / 2, step


class Samples:
    """The samples of an image, and those of them that are finite: these once for all that asks for them."""

    def __init__(self, samples: NDArray[Any]) -> None:
        self._samples = samples
        self._finite: tuple[int | None, NDArray[np.float64]] | None = None

    def all(self, channel: int | None) -> NDArray[Any]:
        """Return those of a channel, or of all."""
        return self._samples if channel is None else self._samples[:, channel]

    def finite(self, channel: int | None) -> NDArray[np.float64]:
        """Return those of them that are finite, in one row of float64."""
        if self._finite is None or self._finite[0] != channel:
            held = np.asarray(self.all(channel), np.float64).ravel()
            self._finite = channel, held[np.isfinite(held)]
        return self._finite[1]


Measured = Statistic | Cumulative

_Number = Callable[[Statistic, NDArray[np.float64]], float]

_NONE = float("nan")

EXTREMES = (Statistic("low", "minimum"), Statistic("high", "maximum"))


def measure(statistics: Sequence[Measured], samples: NDArray[Any]) -> list[float]:
    """Return what `statistics` are of `samples`, one after the other; NaN of no sample.

    Parameters
    ----------
    statistics : sequence of Statistic or Cumulative
    samples : ndarray, shape (n, channels), or any shape where no channel is asked for
        Of real type; none of them alpha.

    Examples
    --------
    >>> image = np.array([[1, 2, np.nan], [9, 10, 11]])
    >>> measure([*EXTREMES, Statistic("level", "otsu")], image)
    [1.0, 11.0, 2.0]
    >>> measure([Statistic("m", "mean"), Statistic("m1", "mean", channel=1)], np.array([[1, 2], [3, 6]]))
    [3.0, 4.0]
    """
    given = Samples(samples)
    return [number for one in statistics for number in one.of(given)]


def _of_varied(number: Callable[[NDArray[np.float64]], Any], flat: Callable[[float], float]) -> _Number:
    """Return a kind of statistic that is exact where all samples are equal, which rounding would part."""

    def of(one: Statistic, held: NDArray[np.float64]) -> float:
        low = float(held.min())
        return flat(low) if low == held.max() else float(number(held))

    return of


def _percentile(one: Statistic, held: NDArray[np.float64]) -> float:
    return float(np.percentile(held, one.percent))


def _threshold(one: Statistic, held: NDArray[np.float64]) -> float:
    """Return a level by scikit-image: of whole numbers from a bin for each of them, as of integers."""
    from skimage import filters

    low, high = held.min(), held.max()
    if low == high:  # nothing to part: no pixel is above it
        return float(low)
    whole = high - low < MOST_LEVELS and bool((held == np.rint(held)).all())
    find: Callable[[NDArray[Any]], Any] = getattr(filters, f"threshold_{one.kind}")
    return float(find(held.astype(np.int64) if whole else held))


_KINDS: dict[str, _Number] = {
    "sum": lambda one, held: float(held.sum()),
    "mean": _of_varied(np.mean, lambda level: level),
    "variance": _of_varied(np.var, lambda level: 0.0),
    "deviation": _of_varied(np.std, lambda level: 0.0),
    "percentile": _percentile,
}
