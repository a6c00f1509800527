"""Levels that part an image in two, or in more, by its histogram.

They are those of scikit-image, which is kept for this field; two of them it has no function of a histogram
for.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from convpipe.histograms import CountLoop, Histogram

BINS = 256
"""Of the histogram of samples that are not whole numbers."""


def _by_scikit_image(kind: str) -> Callable[[Histogram], float]:
    def level(held: Histogram) -> float:
        from skimage import filters

        return float(getattr(filters, f"threshold_{kind}")(hist=(held.counts, held.middles)))

    return level


def otsu(
    counts: NDArray[np.int64],
    middles: NDArray[np.float64],
    told: NDArray[np.float64],
    numbers: NDArray[np.float64],
) -> None:
    """Write the middle of the last bin of the lower of two classes, with the largest variance between them.

    A :class:`convpipe.histograms.CountLoop`. Counts are float32 in sums, as the source has them.

    Source: skimage.filters.threshold_otsu.

    Examples
    --------
    >>> number = np.empty(1)
    >>> otsu(np.array([4, 1, 0, 0, 1, 5]), np.arange(6.0), np.empty(0), number)
    >>> number.tolist()
    [1.0]
    """
    places, bins = np.empty(len(counts), np.int64), 0  # of bins with samples: after others sums are as before
    for k in range(len(counts)):
        if counts[k] > 0:
            places[bins] = k
            bins += 1
    weights, moments = np.empty(bins, np.float32), np.empty(bins, np.float64)
    weight, moment = np.float32(0), np.float64(0)
    for n in range(bins - 1, -1, -1):
        count = np.float32(counts[places[n]])
        weight += count
        moment += count * middles[places[n]]
        weights[n], moments[n] = weight, moment
    weight, moment, best, most = np.float32(0), np.float64(0), places[0], np.float64(-1)
    for n in range(bins - 1):
        count = np.float32(counts[places[n]])
        weight += count
        moment += count * middles[places[n]]
        apart = moment / weight - moments[n + 1] / weights[n + 1]
        variance = weight * weights[n + 1] * (apart * apart)
        if not variance <= most and most == most:  # the first NaN is the largest
            best, most = places[n], variance
    numbers[0] = middles[best]


def _triangle(held: Histogram) -> float:
    """Return the middle of the bin furthest below the line from the peak to the longer end.

    Source: skimage.filters.threshold_triangle.
    """
    counts, middles = held.counts.astype(np.float64), held.middles
    peak = int(np.argmax(counts))
    if peak < len(counts) - 1 - peak:
        counts, middles, peak = counts[::-1], middles[::-1], len(counts) - 1 - peak
    places = np.arange(peak)
    return float(middles[np.argmax(counts[peak] * places - peak * counts[:peak])])


def triangle_beyond(held: Histogram, ends: tuple[float, float]) -> float:
    """Return the level by a line that ends at the empty bin beyond the samples; it is a bin nearer to that.

    There is none beyond the ends of the dtype.

    Source: OpenCV, cv2.threshold with THRESH_TRIANGLE; ImageJ, AutoThresholder.Triangle.

    Examples
    --------
    >>> triangle_beyond(Histogram.of_whole(np.array([0, 0, 1, 1, 2, 9, 0]), 0), (0, 255))
    3.0
    """
    whole = held.step == 1
    last = held.first + held.step * (len(held.counts) - 1)
    room = [not whole or end != at for end, at in zip(ends, (held.first, last), strict=True)]
    counts = np.pad(held.counts, (int(room[0]), int(room[1])))
    first = held.first - held.step * room[0]
    peak = int(np.argmax(counts))
    turned = peak < len(counts) - 1 - peak
    if turned:
        counts, peak = counts[::-1], len(counts) - 1 - peak
    near = ends[1] - (first + len(counts) - 1) if turned else first - ends[0]  # bins before the line's
    places = np.arange(1, peak + 1)
    found = counts[peak] * places - peak * counts[1 : peak + 1]
    best = int(np.argmax(found)) + 1 if peak else 0
    if whole and near == 0 and peak and found[best - 1] <= 0:
        best = 0  # as that compares with 0 what it measures from the first of all bins
    level = best - 1
    return float(first + held.step * (len(counts) - 1 - level if turned else level))


def _li(held: Histogram) -> float:
    """Return the level of least cross entropy, from the mean on.

    Source: skimage.filters.threshold_li, of integers.
    """
    places = np.arange(len(held.counts), dtype=np.float64)
    below, weighted = np.cumsum(held.counts), np.cumsum(held.counts * places)
    level, former = held.mean - held.first, -1.0
    while abs(level - former) > 0.5:
        former, at = level, int(level)
        mean, other = weighted[at] / below[at], (weighted[-1] - weighted[at]) / (below[-1] - below[at])
        if mean == 0:
            break
        level = (mean - other) / (np.log(mean) - np.log(other))
    return float(level + held.first)


LEVELS: dict[str, Callable[[Histogram], float]] = {
    "li": _li,
    "yen": _by_scikit_image("yen"),
    "triangle": _triangle,
    "isodata": _by_scikit_image("isodata"),
}
"""By their names, of a histogram of two bins and more."""

LOOPS = {"otsu": CountLoop(otsu)}
"""Those that loops find, by their names."""


def multiotsu(held: Histogram, classes: int) -> NDArray[np.float64]:
    """Return the levels that part a histogram in classes of the largest variance between them.

    Of no more values than classes each has its own, and the last levels are above all of them.

    Source: skimage.filters.threshold_multiotsu.
    """
    values = held.middles[held.counts > 0]
    if len(values) <= classes:
        return np.append(values[:-1], np.full(classes - len(values), values[-1]))
    from skimage import filters

    found = filters.threshold_multiotsu(hist=(held.counts, held.middles), classes=classes)
    return np.asarray(found, np.float64)
