"""Objects that a labelled image tells, and numbers of the samples within each.

Every number is made of all objects at once, of samples that stand object by object: only levels that part a
histogram are found one object after the other.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.statistics import Statistic, measure

Floats = NDArray[np.float64]

GEOMETRY = ("label", "area", "centroid-0", "centroid-1", "bbox-0", "bbox-1", "bbox-2", "bbox-3")
"""What is known of an object without its samples, by scikit-image's names."""

BYTES = 40
"""Of each pixel of objects, while numbers of them are made: its place, their order, and its samples."""


class Regions:
    """The objects of an image of labels: all pixels of one number above 0 are one.

    Parameters
    ----------
    labels : ndarray, shape (rows, cols)
        Whole numbers; what is not above 0, and NaN, is background.
    shown : ndarray of bool, shape (rows, cols), optional
        False where a pixel counts for nothing.

    Attributes
    ----------
    labels : ndarray, shape (objects,)
        The number of each, rising.
    areas : ndarray of int, shape (objects,)
        Pixels of each.

    Raises
    ------
    ValueError
        A label is no whole number.

    Examples
    --------
    >>> found = Regions(np.array([[0, 7, 7], [2, 0, 7]]))
    >>> found.labels.tolist(), found.areas.tolist(), found.geometry["centroid-0"].tolist()
    ([2, 7], [1, 3], [1.0, 0.3333333333333333])
    >>> found.samples(np.array([[9, 1, 2], [5, 9, 6]])).number(Statistic("", "mean")).tolist()
    [5.0, 3.0]
    """

    def __init__(self, labels: NDArray[Any], shown: NDArray[np.bool_] | None = None) -> None:
        there = labels > 0  # NaN is not
        places = np.flatnonzero(there if shown is None else there & shown)
        self.labels, members = _numbered(_whole(labels.reshape(-1)[places]))
        self._places = places[np.argsort(members, kind="stable")]
        self.areas = np.bincount(members, minlength=len(self.labels))
        self._columns = labels.shape[1]

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def geometry(self) -> dict[str, NDArray[Any]]:
        """Number, pixels, centre and bounding box, of which the ends are not within, of each object.

        Source: skimage.measure.regionprops_table.
        """
        axes = np.divmod(self._places, self._columns)
        middles = [_reduced(np.add, axis.astype(np.float64), self.areas) / self.areas for axis in axes]
        least, most = ([_ends(end, axis, self.areas) for axis in axes] for end in (np.minimum, np.maximum))
        columns = (self.labels, self.areas, *middles, *least, *(end + 1 for end in most))
        return dict(zip(GEOMETRY, columns, strict=True))

    def samples(self, image: NDArray[Any], shown: NDArray[np.bool_] | None = None) -> RegionSamples:
        """Return the samples of an image within each object; all colours together.

        Parameters
        ----------
        image : ndarray, shape (rows, cols) or (rows, cols, channels)
        shown : ndarray of bool, shape (rows, cols), optional
            False where a pixel counts for nothing.
        """
        rows = image.reshape(-1, image.shape[2] if image.ndim == 3 else 1)
        held, counts = rows[self._places], self.areas
        if shown is not None:
            seen = shown.reshape(-1)[self._places]
            held, counts = held[seen], _counted(seen, counts)
        return RegionSamples(held.reshape(-1), counts * rows.shape[1])


class RegionSamples:
    """Samples that stand object by object; NaN counts for nothing, and infinities only as extremes.

    Parameters
    ----------
    values : ndarray, shape (n,)
    counts : ndarray of int, shape (objects,)
        How many are of each.
    """

    def __init__(self, values: NDArray[Any], counts: NDArray[np.int64]) -> None:
        self._given, self._all = values, counts
        self._held, self._counts = values, counts
        if values.dtype.kind == "f" and not (finite := np.isfinite(values)).all():
            self._held, self._counts = values[finite], _counted(finite, counts)

    def number(self, statistic: Statistic) -> Floats:
        """Return a number of each object; NaN of no sample. Its channel is of no account."""
        if statistic.is_extreme:
            reduce = np.fmin if statistic.kind == "minimum" else np.fmax
            return _reduced(reduce, self._given, self._all)
        if statistic.kind == "percentile":
            return self._percentile(statistic.percent)
        if statistic.kind in ("sum", "mean", "variance", "deviation"):
            return self._moment(statistic.kind)
        spans = zip(_starts(self._counts).tolist(), self._counts.tolist(), strict=True)
        parts = (self._held[start : start + count] for start, count in spans)
        return np.array([measure([statistic], part)[0] for part in parts], np.float64)

    def _moment(self, kind: str) -> Floats:
        totals, squares = self._moments
        with np.errstate(divide="ignore", invalid="ignore"):  # of no sample
            means = totals / self._counts
            if kind == "sum":
                return self._origins * self._counts + totals
            if kind == "mean":
                return self._origins + means
            spread = squares / self._counts
        return np.sqrt(spread) if kind == "deviation" else spread

    @cached_property
    def _origins(self) -> Floats:
        """The first sample of each object, so that equal ones have a spread of exactly 0."""
        found = np.full(len(self._counts), np.nan)
        there = self._counts > 0
        found[there] = self._held[_starts(self._counts)[there]]
        return found

    @cached_property
    def _moments(self) -> tuple[Floats, Floats]:
        """What samples of each object are above its first one, summed; and the squares above their mean."""
        above = self._held - np.repeat(self._origins, self._counts)
        totals = _reduced(np.add, above, self._counts)
        with np.errstate(divide="ignore", invalid="ignore"):
            above -= np.repeat(totals / self._counts, self._counts)
        return totals, _reduced(np.add, np.square(above), self._counts)

    @cached_property
    def _sorted(self) -> NDArray[Any]:
        """The samples of each object in order of size."""
        members = np.repeat(np.arange(len(self._counts)), self._counts)
        return self._held[np.lexsort((self._held, members))]

    def _percentile(self, percent: float) -> Floats:
        """Return it, on the line between two samples, as ``numpy.percentile``."""
        found = np.full(len(self._counts), np.nan)
        there = self._counts > 0
        counts, starts = self._counts[there], _starts(self._counts)[there]
        place = percent / 100 * (counts - 1)
        share = place - np.floor(place)
        below, above = (
            self._sorted[starts + at.astype(np.int64)].astype(np.float64)
            for at in (np.floor(place), np.ceil(place))
        )
        found[there] = below + (above - below) * share
        return found


def _whole(labels: NDArray[Any]) -> NDArray[Any]:
    """Return labels as integers."""
    if labels.dtype.kind != "f":
        return labels
    wrong = labels[(labels != np.floor(labels)) | np.isinf(labels)]
    if wrong.size:
        raise ValueError(f"{wrong[0]:g} is no label: objects have whole numbers, from 1 on")
    return labels.astype(np.int64)


def _numbered(labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return which labels there are, rising, and which of them stands where, in few bits to be sorted."""
    largest = int(labels.max(initial=0))
    if largest <= 4 * labels.size:  # a table takes less time than an order
        numbers = np.flatnonzero(np.bincount(labels))
        places = np.zeros(largest + 1, np.min_scalar_type(max(len(numbers) - 1, 0)))
        places[numbers] = np.arange(len(numbers))
        return numbers, places[labels]
    numbers, members = np.unique(labels, return_inverse=True)
    return numbers, members


def _starts(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where the samples of each object begin."""
    starts: NDArray[np.int64] = np.cumsum(counts) - counts
    return starts


def _counted(kept: NDArray[np.bool_], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many samples of each object are kept."""
    members = np.repeat(np.arange(len(counts)), counts)
    return np.bincount(members[kept], minlength=len(counts))


def _reduced(reduce: np.ufunc, values: NDArray[Any], counts: NDArray[np.int64]) -> Floats:
    """Return one number of the samples of each object; NaN of none."""
    found = np.full(len(counts), np.nan)
    there = counts > 0
    if there.any():
        found[there] = reduce.reduceat(values, _starts(counts)[there])
    return found


def _ends(reduce: np.ufunc, axis: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return _reduced(reduce, axis, counts).astype(np.int64)
