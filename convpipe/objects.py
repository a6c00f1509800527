"""Tables of the objects that labels tell: where each lies, and the measures of what is within it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.errors import PlanError
from convpipe.formula import Measure
from convpipe.geometry import Extent
from convpipe.regions import GEOMETRY, Regions, RegionSamples
from convpipe.statistics import Statistic

INPUT = "input"
"""The image that enters, in a formula."""

LABELS = "labels"
"""What a measure of each object is `per`."""

INTENSITIES = {"intensity_mean": "mean", "intensity_min": "minimum", "intensity_max": "maximum"}
"""Numbers of the input within each object, by scikit-image's names."""

PROPERTIES = (*GEOMETRY, *INTENSITIES)
"""What is told of each object beside its measures."""

SUMMARIES = ("count", "mean", "min", "max")
"""The numbers of an image that come of those of its objects."""


@dataclass(frozen=True)
class Objects:
    """A table with a row for each object.

    Parameters
    ----------
    labels : str
        Of which image they are.
    columns : dict of str to ndarray, shape (objects,)
        :data:`PROPERTIES`, without intensities where the input has another extent, and then the measures.
    """

    labels: str
    columns: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.columns["label"])


def of_objects(measures: Mapping[str, Measure]) -> dict[str, dict[str, Measure]]:
    """Return the measures of each object, by the image that labels them."""
    found: dict[str, dict[str, Measure]] = {}
    for name, one in measures.items():
        if one.labels is not None:
            found.setdefault(one.labels, {})[name] = one
    return found


def tables(
    measures: Mapping[str, Measure], images: Mapping[str, NDArray[Any]], alpha: bool
) -> tuple[Objects, ...]:
    """Return the table of each image that labels objects.

    Parameters
    ----------
    measures : mapping of str to Measure
    images : mapping of str to ndarray
        By the formulas of what is counted, and the input.
    alpha : bool
        Whether the last channel of each is alpha, which says which pixels count.

    Raises
    ------
    PlanError
        A label is no whole number.
    """
    return tuple(_table(name, own, images, alpha) for name, own in of_objects(measures).items())


def _table(
    labels: str, measures: Mapping[str, Measure], images: Mapping[str, NDArray[Any]], alpha: bool
) -> Objects:
    pixels = _Pixels(images[labels], alpha)
    try:
        regions = Regions(pixels.colours.reshape(pixels.colours.shape[:2]), pixels.shown)
    except ValueError as error:
        raise PlanError(f"the objects of {labels}: {error}") from None
    samples: dict[str, RegionSamples] = {}

    def number(image: str, statistic: Statistic) -> NDArray[np.float64]:
        if image not in samples:
            other = _Pixels(images[image], alpha)
            samples[image] = regions.samples(other.colours, other.shown)
        return samples[image].number(statistic)

    columns = dict(regions.geometry)
    if images[INPUT].shape[:2] == images[labels].shape[:2]:
        columns |= {name: number(INPUT, Statistic("", kind)) for name, kind in INTENSITIES.items()}
    for name, one in measures.items():
        numbers = {
            each.name: number(each.image, Statistic("", each.statistic.kind, each.statistic.percent))
            for each in one.counted
        }
        columns[name] = np.broadcast_to(one.values(numbers), (len(regions),))
    return Objects(labels, columns)


class _Pixels:
    """The colours of an image, (rows, cols, colours) or (rows, cols), and which of its pixels alpha shows."""

    def __init__(self, image: NDArray[Any], alpha: bool) -> None:
        self.colours = image[..., :-1] if alpha else image
        self.shown = image[..., -1] > 0 if alpha else None  # NaN is not


def summaries(name: str, found: Objects) -> dict[str, float]:
    """Return the numbers of an image that come of a measure of its objects; of none the count alone is one.

    Examples
    --------
    >>> cells = Objects("cells", {"label": np.array([1, 2]), "size": np.array([3.0, np.nan])})
    >>> summaries("size", cells)
    {'size.count': 2, 'size.mean': 3.0, 'size.min': 3.0, 'size.max': 3.0}
    """
    numbers = found.columns[name]
    held = numbers[~np.isnan(numbers)]
    made = [float(reduce(held)) for reduce in (np.mean, np.min, np.max)] if held.size else [np.nan] * 3
    return {f"{name}.{kind}": number for kind, number in zip(SUMMARIES, (len(found), *made), strict=True)}


def check(measures: Mapping[str, Measure], extents: Mapping[str, Extent], colours: Mapping[str, int]) -> None:
    """Raise PlanError if what is measured of objects has another extent than their labels, or these colours.

    Parameters
    ----------
    measures : mapping of str to Measure
    extents, colours : mapping of str
        Of every image by its formula.
    """
    for labels, own in of_objects(measures).items():
        if colours[labels] > 1:
            raise PlanError(
                f"the objects of {labels}: it has {colours[labels]} colours, and labels are one; "
                "color: gray, or channel, before it makes one"
            )
        for name, one in own.items():
            _check_extents(name, labels, [counted.image for counted in one.counted], extents)


def _check_extents(name: str, labels: str, of: Iterable[str], extents: Mapping[str, Extent]) -> None:
    for image in of:
        if extents[image] != extents[labels]:
            shown = [f"{each} {'x'.join(map(str, extents[each]))}" for each in (image, labels)]
            raise PlanError(f"measure {name}: its images have other extents: {', '.join(shown)}")
