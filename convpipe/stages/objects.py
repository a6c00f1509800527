"""Objects: what lies together in an image that is not 0. All by functions of scikit-image and SciPy.

The background is 0, and NaN. An image has one channel: what is near what would differ between colours.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.errors import ImageError
from convpipe.interval import Interval
from convpipe.ops import Frame, Op, dtype_range, is_integer
from convpipe.ops.frame import function
from convpipe.stages.base import Lowering, method
from convpipe.stages.numbers import Connectivity, Count
from convpipe.stages.parameters import Choice

Image = NDArray[np.float64]

LABELS = "uint16"
"""Type of an image of labels that says no other."""

MOST = 2**24
"""Labels, counted from 0, that float32 tells apart."""

_LABEL = "skimage.measure.label"
_FILL = "scipy.ndimage.binary_fill_holes"
_SMALL = "skimage.morphology.remove_small_objects"
_CLEAR = "skimage.segmentation.clear_border"
_DISTANCE = "scipy.ndimage.distance_transform"
_SKELETON = "skimage.morphology.skeletonize"


def connectivity_of(default: int, of: str = "pixels of an object") -> Connectivity:
    """Return a parameter that says which neighbours count."""
    doc = f"which neighbours are together as {of}: 1, those at a side; 2, those at a corner, too"
    return Connectivity("connectivity", doc, default)


def whole(image: Image) -> NDArray[np.int32]:
    """Return whole numbers that differ where values do; 0 of the background."""
    values = np.where(np.isnan(image), 0.0, image)
    with np.errstate(invalid="ignore"):
        numbers = values.astype(np.int32)
    if (numbers == values).all():
        return numbers
    places = np.unique(values, return_inverse=True)[1].reshape(image.shape).astype(np.int32)
    return np.where(values == 0, 0, places + 1)


def labels(image: Image, connectivity: int) -> NDArray[np.int32]:
    """Return the number of the object of each pixel, from 1 on in the order of their first pixels.

    An object is of connected pixels of one value.
    """
    from skimage import measure

    return np.asarray(measure.label(whole(image), connectivity=connectivity), np.int32)


def held(labels: NDArray[Any], most: int) -> Image:
    """Return labels, if a type up to `most` tells them apart."""
    count = int(labels.max(initial=0))
    if count > most:
        wider = "; give the stage 'dtype: int32'" if most < MOST else ""
        raise ImageError(f"it finds {count} objects, of which its dtype tells {most} apart{wider}")
    return labels[..., None].astype(np.float64)


def most_labels(dtype: str | None) -> int:
    """Return the highest label that a result of `dtype` holds."""
    if dtype == "float16":
        return 2**11
    return min(int(dtype_range(dtype).high), MOST) if dtype is not None and is_integer(dtype) else MOST


def declare(name: str, summary: str, **declared: Any) -> Callable[[Lowering], Lowering]:
    """Declare a method of one channel."""
    return method("objects", name, summary, colours=1, alpha="refuse", **declared)


@function(_LABEL)
def _labelled(image: Image, *, connectivity: int, most: int) -> Image:
    return held(labels(image[..., 0], connectivity), most)


@declare(
    "label",
    "each object with a number of its own, from 1 on in the order of their first pixels; the background is 0",
    reference=_LABEL,
    parameters=(connectivity_of(2),),
    formula="an object: connected pixels of one value that is not 0; more than the dtype holds are an error",
    dtype=LABELS,
)
def _label(connectivity: int, dtype: str | None) -> tuple[Op, ...]:
    most = most_labels(dtype)
    given = (("connectivity", connectivity), ("most", most))
    return (Frame(_LABEL, given, result=Interval(0, most), operations=20, planes=3),)


@function(_FILL)
def _filled(image: Image, *, connectivity: int) -> Image:
    from scipy import ndimage

    background = (image[..., 0] == 0) | np.isnan(image[..., 0])
    shape = ndimage.generate_binary_structure(2, connectivity)
    holes = ndimage.binary_fill_holes(~background, shape) & background
    highest = np.nanmax(image, initial=-np.inf)
    return np.where(holes[..., None], highest, image)


@declare(
    "fill_holes",
    "background that reaches no border of the image becomes the largest value of the image; the rest stays",
    reference=f"{_FILL}; P. Soille, 'Morphological Image Analysis', 1999",
    parameters=(connectivity_of(1, "background"),),
)
def _fill_holes(connectivity: int) -> tuple[Op, ...]:
    return (Frame(_FILL, (("connectivity", connectivity),), operations=20, planes=3),)


@function(_SMALL)
def _without_small(image: Image, *, size: int, connectivity: int) -> Image:
    found = labels(image[..., 0], connectivity)
    stays = np.bincount(found.ravel()) >= size
    stays[0] = False
    return np.where(stays[found][..., None], image, 0.0)


@declare(
    "remove_small",
    "objects of few pixels become background; the rest stays",
    reference=f"{_SMALL}, of a mask; of labels, each connected part of one is an object",
    parameters=(
        Count("size", "pixels of an object that stays, at least", 64, least=1, most=2**31),
        connectivity_of(1),
    ),
    formula="an object: connected pixels of one value that is not 0",
)
def _remove_small(size: int, connectivity: int) -> tuple[Op, ...]:
    given = (("size", size), ("connectivity", connectivity))
    return (Frame(_SMALL, given, values=Interval(0, 0), operations=20, planes=4),)


@function(_CLEAR)
def _without_border(image: Image, *, buffer: int, connectivity: int) -> Image:
    found = labels(image[..., 0], connectivity)
    wide = buffer + 1
    inside = np.zeros(found.shape, bool)
    inside[wide:-wide, wide:-wide] = True
    stays = np.ones(int(found.max(initial=0)) + 1, bool)
    stays[found[~inside]] = stays[0] = False
    return np.where(stays[found][..., None], image, 0.0)


@declare(
    "clear_border",
    "objects that touch the border of the image become background; the rest stays",
    reference=_CLEAR,
    parameters=(
        Count("buffer", "how near to the border is touching it, in pixels", 0, least=0, most=2**31),
        connectivity_of(2),
    ),
    formula="an object: connected pixels of one value that is not 0",
)
def _clear_border(buffer: int, connectivity: int) -> tuple[Op, ...]:
    given = (("buffer", buffer), ("connectivity", connectivity))
    return (Frame(_CLEAR, given, values=Interval(0, 0), operations=20, planes=4),)


@function(_DISTANCE)
def _distances(image: Image, *, metric: str) -> Image:
    from scipy import ndimage

    is_object = (image != 0) & ~np.isnan(image)
    if is_object.all():
        return np.full(image.shape, np.inf)
    if metric == "euclidean":
        return np.asarray(ndimage.distance_transform_edt(is_object[..., 0]), np.float64)[..., None]
    return np.asarray(ndimage.distance_transform_cdt(is_object[..., 0], metric), np.float64)[..., None]


@declare(
    "distance",
    "from each pixel to the nearest of the background, middle to middle, in pixels; inf where there is none",
    reference=f"{_DISTANCE}_edt, {_DISTANCE}_cdt",
    parameters=(
        Choice(
            "metric",
            "along a line; along rows and columns; or along diagonals as well",
            "euclidean",
            choices=("euclidean", "taxicab", "chessboard"),
        ),
    ),
)
def _distance(metric: str) -> tuple[Op, ...]:
    result = Interval(0, math.inf)
    return (Frame(_DISTANCE, (("metric", metric),), result=result, operations=30, planes=6),)


@function(_SKELETON)
def _skeletal(image: Image, *, method: str) -> Image:
    from skimage import morphology

    is_object = (image[..., 0] != 0) & ~np.isnan(image[..., 0])
    return np.where(morphology.skeletonize(is_object, method=method)[..., None], image, 0.0)


@declare(
    "skeleton",
    "lines of one pixel in the middle of objects, connected as they are; the rest becomes background",
    reference=f"{_SKELETON}; T. Y. Zhang, C. Y. Suen, 'A fast parallel algorithm for thinning digital "
    "patterns', Comm. ACM 27, 1984; T.-C. Lee, R. L. Kashyap, C.-N. Chu, 'Building skeleton models via 3-D "
    "medial surface/axis thinning algorithms', CVGIP 56, 1994",
    parameters=(Choice("method", "of Zhang and Suen, or of Lee", "zhang", choices=("zhang", "lee")),),
)
def _skeleton(method: str) -> tuple[Op, ...]:
    return (Frame(_SKELETON, (("method", method),), values=Interval(0, 0), operations=100, planes=3),)
