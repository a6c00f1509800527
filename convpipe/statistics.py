"""Numbers that a whole image gives: its extremes, its percentiles, and levels that part it in two.

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
        ``minimum``, ``maximum``, ``percentile`` or one of :data:`THRESHOLDS`.
    percent : float
        Of a percentile.
    """

    name: str
    kind: str
    percent: float = 0.0

    def __str__(self) -> str:
        """Return what it is, for a person."""
        return f"percentile {self.percent:g}" if self.kind == "percentile" else self.kind


EXTREMES = (Statistic("low", "minimum"), Statistic("high", "maximum"))


def measure(statistics: Sequence[Statistic], samples: NDArray[Any]) -> list[float]:
    """Return what `statistics` are of `samples`; NaN of no sample.

    Parameters
    ----------
    statistics : sequence of Statistic
    samples : ndarray
        Of any shape and real type; none of them alpha.

    Examples
    --------
    >>> image = np.array([[1, 2, np.nan], [9, 10, 11]])
    >>> measure([*EXTREMES, Statistic("level", "otsu")], image)
    [1.0, 11.0, 2.0]
    """
    if all(one.kind in ("minimum", "maximum") for one in statistics):  # of infinities, too
        return [
            float((np.fmin if one.kind == "minimum" else np.fmax).reduce(samples, axis=None))
            for one in statistics
        ]
    held = np.asarray(samples, np.float64)
    held = held[np.isfinite(held)]
    if not held.size:
        return [float("nan")] * len(statistics)
    return [_KINDS.get(one.kind, _threshold)(one, held) for one in statistics]


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


_KINDS: dict[str, Callable[[Statistic, NDArray[np.float64]], float]] = {
    "minimum": lambda one, held: float(held.min()),
    "maximum": lambda one, held: float(held.max()),
    "percentile": _percentile,
}
