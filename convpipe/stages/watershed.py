"""Objects, from where an image is highest or lowest: maxima, peaks, and what water fills."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convpipe.interval import Interval
from convpipe.ops import Frame, Graph, Node, Op
from convpipe.ops.frame import function
from convpipe.remarks import remark
from convpipe.stages.base import ImageKind
from convpipe.stages.names import StageReference
from convpipe.stages.numbers import Count, Number
from convpipe.stages.objects import LABELS, Image, connectivity_of, declare, held, labels, most_labels, whole
from convpipe.stages.parameters import Flag

_MAXIMA = "skimage.morphology.local_maxima"
_PEAKS = "skimage.feature.peak_local_max"
_WATERSHED = "skimage.segmentation.watershed"

_ADVICE = (
    "'markers' name the stage whose objects are the sources; objects of a mask that touch are parted by "
    "{objects: distance}, its {objects: peaks} as markers, and a watershed of '-distance'"
)
_OF_MASK = f"of a mask without markers, water rises from its ground alone and parts nothing: {_ADVICE}"


def _numbers(image: Image) -> Image:
    """Return an image with its lowest value for what is not a number."""
    return np.where(np.isnan(image), np.nanmin(image, initial=np.inf), image)


def _marked(marks: NDArray[np.bool_], full: float) -> Image:
    return np.where(marks[..., None], full, 0.0)


@function(_MAXIMA)
def _maximal(image: Image, *, connectivity: int, borders: bool, full: float) -> Image:
    from skimage import morphology

    values = _numbers(image[..., 0])
    found = morphology.local_maxima(values, connectivity=connectivity, allow_borders=borders)
    return _marked(found, full)


@declare(
    "local_maxima",
    "largest value of the dtype on pixels, and on plateaus, all of whose neighbours are lower; 0 elsewhere",
    reference=_MAXIMA,
    parameters=(
        connectivity_of(2, "neighbours"),
        Flag("borders", "whether those at the border of the image count", True),
    ),
)
def _local_maxima(connectivity: int, borders: bool, image: ImageKind) -> tuple[Op, ...]:
    full = image.full_scale
    given = (("connectivity", connectivity), ("borders", borders), ("full", full))
    return (Frame(_MAXIMA, given, result=Interval(0, full), operations=20, planes=4),)


@function(_PEAKS)
def _peaked(image: Image, *, min_distance: int, level: float | None, borders: bool, full: float) -> Image:
    from skimage import feature

    values = _numbers(image[..., 0])
    found = feature.peak_local_max(
        values, min_distance=min_distance, threshold_abs=level, exclude_border=not borders
    )
    marks = np.zeros(values.shape, bool)
    marks[tuple(found.T)] = True
    return _marked(marks, full)


@declare(
    "peaks",
    "largest value of the dtype on the highest pixels, a distance from higher ones; 0 elsewhere",
    reference=_PEAKS,
    parameters=(
        Count("min_distance", "rows or columns between two of them, at least", 1, least=1, most=1000),
        Number("level", "what a peak is above, in the image's own units; default: the lowest value", None),
        Flag("borders", "whether pixels as near as that to the border of the image count", False),
    ),
)
def _peaks(min_distance: int, level: float | None, borders: bool, image: ImageKind) -> tuple[Op, ...]:
    full = image.full_scale
    given = (("min_distance", min_distance), ("level", level), ("borders", borders), ("full", full))
    work = 4 * (2 * min_distance + 1)
    return (Frame(_PEAKS, given, result=Interval(0, full), operations=work, planes=6),)


@function(_WATERSHED)
def _flooded(
    image: Image,
    *others: Image,
    named: tuple[str, ...],
    connectivity: int,
    compactness: float,
    line: bool,
    most: int,
) -> Image:
    from skimage import segmentation

    beside = {name: other[..., 0] for name, other in zip(named, others, strict=True)}
    values = np.where(np.isnan(image[..., 0]), np.inf, image[..., 0])
    found = segmentation.watershed(
        values,
        labels(beside["markers"], 2) if "markers" in beside else None,
        mask=whole(beside["mask"]) != 0 if "mask" in beside else None,
        connectivity=connectivity,
        compactness=compactness,
        watershed_line=line,
    )
    if "markers" not in beside:
        _say_what_is_parted(values, int(found.max(initial=0)))
    return held(found, most)


def _say_what_is_parted(values: Image, basins: int) -> None:
    """Remark that an image without markers has no minima that tell objects apart."""
    if basins and ((values == values.min()) | (values == values.max())).all():
        remark(_OF_MASK)
    elif basins < 2:
        minima = "1 local minimum" if basins else "no local minimum"
        remark(f"the image has {minima} to be filled from, and 'markers' are not given: {_ADVICE}")


@declare(
    "watershed",
    "basins that rising water fills from markers, numbered as objects label numbers the markers",
    reference=f"{_WATERSHED}; P. Soille, M. Ansoult, 'Automated basin delineation from digital elevation "
    "models using mathematical morphology', Signal Processing 20, 1990",
    parameters=(
        StageReference(
            "markers",
            "name of the stage whose objects are the sources; default: the local minima, which of a "
            "mask is its whole ground: objects that touch need the peaks of their distance",
            None,
        ),
        StageReference("mask", "name of the stage that is 0 where nothing is flooded", None),
        connectivity_of(1, "water"),
        Number("compactness", "above 0: how far basins are of one size and shape", 0.0, least=0.0),
        Flag("line", "whether a line of 0 stands between basins", False),
    ),
    reads=("from", "markers", "mask"),
    example={"markers": "input"},
    dtype=LABELS,
)
def _watershed(
    markers: str | None,
    mask: str | None,
    connectivity: int,
    compactness: float,
    line: bool,
    dtype: str | None,
) -> Graph:
    named = tuple(name for name, given in (("markers", markers), ("mask", mask)) if given is not None)
    most = most_labels(dtype)
    given = (
        ("named", named),
        ("connectivity", connectivity),
        ("compactness", compactness),
        ("line", line),
        ("most", most),
    )
    result, images = Interval(0, most), 1 + len(named)
    frame = Frame(
        _WATERSHED,
        given,
        result=result,
        operations=300,
        planes=12,
        images=images,
        of_mask=None if markers is not None else _OF_MASK,
    )
    return Graph((Node("result", (frame,), ("input", *named)),))
