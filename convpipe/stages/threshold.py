"""Thresholds: each pixel white or black, by a level or two, which are given or found from the image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.interval import Interval
from convpipe.ops import Frame, Map, Op, Reduce
from convpipe.ops.frame import function
from convpipe.stages.base import ImageKind, method
from convpipe.stages.numbers import Count, Number, in_order
from convpipe.stages.parameters import Choice
from convpipe.statistics import Statistic

LEVEL = Number("level", "pixels above it become white, in the image's own units")

_WHITE = "where(r > level, full, 0)"


def above(level: float, image: ImageKind) -> tuple[Op, ...]:
    """Return white above a level."""
    return (Map(_WHITE, constants=(("level", level), ("full", image.full_scale))),)


def above_statistic(image: ImageKind, kind: str, percent: float = 0.0, **more: Any) -> tuple[Op, ...]:
    """Return white above a level that the image gives: see :class:`Statistic`."""
    level = (Statistic("level", kind, percent, **more),)
    full, either = (("full", image.full_scale),), Interval(0, image.full_scale)
    return (Reduce(_WHITE, constants=full, statistics=level, result=either),)


method(
    "threshold",
    "fixed",
    "largest value of the dtype above a level, 0 elsewhere, of signed types too",
    reference="cv2.threshold with THRESH_BINARY",
    parameters=(LEVEL,),
    example={"level": 100},
    formula="full scale if r > level, else 0",
)(above)


def _declare(
    kind: str, level: str, source: str, lower: Callable[..., Any] | None = None, **more: Any
) -> None:
    """Declare a threshold by a level that scikit-image finds from all colours together."""
    method(
        "threshold",
        kind,
        f"largest value of the dtype above {level}, 0 elsewhere; all colours together",
        reference=f"skimage.filters.threshold_{kind}; {source}",
        formula="full scale if r > level, else 0; of a histogram of all integers, or of 256 bins",
        **more,
    )(lower or (lambda image: above_statistic(image, kind)))


def _triangle(line: str, image: ImageKind) -> tuple[Op, ...]:
    ends = (image.lowest, image.full_scale) if line == "beyond" else None
    return above_statistic(image, "triangle", ends=ends)


_declare(
    "otsu",
    "the level that parts the image in two classes of the largest variance between them",
    "N. Otsu, 'A threshold selection method from gray-level histograms', IEEE Trans. SMC 9, 1979",
)
_declare(
    "li",
    "the level of the least cross entropy of the image and its two classes' means",
    "C. H. Li, P. K. S. Tam, 'An iterative algorithm for minimum cross entropy thresholding', Pattern "
    "Recognition Letters 18, 1998",
)
_declare(
    "yen",
    "the level of the largest correlation of the histogram's two parts",
    "J.-C. Yen, F.-J. Chang, S. Chang, 'A new criterion for automatic multilevel thresholding', IEEE Trans. "
    "Image Processing 4, 1995",
)
_declare(
    "triangle",
    "the level whose bin is furthest below the line from the histogram's peak to its longer end",
    "G. W. Zack, W. E. Rogers, S. A. Latt, 'Automatic measurement of sister chromatid exchange frequency', "
    "J. Histochem. Cytochem. 25, 1977",
    _triangle,
    parameters=(
        Choice(
            "line",
            "where it ends: at the outermost bin that has samples, or at the empty one beyond, and then the "
            "level is a bin nearer to that, as in OpenCV and ImageJ",
            "samples",
            choices=("samples", "beyond"),
        ),
    ),
)
_declare(
    "isodata",
    "the least level halfway between the means of what is below and above it",
    "T. W. Ridler, S. Calvard, 'Picture thresholding using an iterative selection method', IEEE Trans. SMC "
    "8, 1978",
)
_declare(
    "mean",
    "the image's mean",
    "C. A. Glasbey, 'An analysis of histogram-based thresholding algorithms', CVGIP 55, 1993",
)


@method(
    "threshold",
    "percentile",
    "largest value of the dtype above a percentile of the image's samples, 0 elsewhere; all colours together",
    reference="numpy.percentile, on the line between two samples; cv2.threshold with THRESH_BINARY",
    parameters=(
        Number("percentile", "share of the samples that become black, from 0 to 100", least=0.0, most=100.0),
    ),
    example={"percentile": 90},
    formula="full scale if r > percentile, else 0",
)
def _percentile(percentile: float, image: ImageKind) -> tuple[Op, ...]:
    return above_statistic(image, "percentile", percentile)


@method(
    "threshold",
    "between",
    "largest value of the dtype from one level to another, both included, 0 elsewhere; each colour by itself",
    reference="cv2.inRange, of an image of one channel",
    parameters=(
        Number("low", "least value that becomes white, in the image's own units"),
        Number("high", "largest value that becomes white"),
    ),
    example={"low": 100, "high": 200},
    formula="full scale if low <= r <= high, else 0",
)
def _between(low: float, high: float, image: ImageKind) -> tuple[Op, ...]:
    in_order(low, high)
    constants = (("low", low), ("high", high), ("full", image.full_scale))
    return (Map("where(r >= low, where(r <= high, full, 0), 0)", constants=constants),)


@method(
    "threshold",
    "multiotsu",
    "classes of gray by levels of the largest variance between them, at equal distances over the full "
    "scale of the dtype; all colours together",
    reference="skimage.filters.threshold_multiotsu; P.-S. Liao, T.-S. Chen, P.-C. Chung, 'A fast algorithm "
    "for multilevel thresholding', J. Inf. Sci. Eng. 17, 2001",
    parameters=(Count("classes", "how many values the result has", 3, least=2, most=5),),
    formula="full scale / (classes - 1) for each level that r is above; of a histogram of 256 bins where "
    "there are more values",
)
def _multiotsu(classes: int, image: ImageKind) -> tuple[Op, ...]:
    numbers = range(classes - 1)
    levels = tuple(Statistic(f"l{k}", "multiotsu", number=k, classes=classes) for k in numbers)
    passed = " + ".join(f"where(r > l{k}, 1, 0)" for k in numbers)
    step, result = (("step", image.full_scale / (classes - 1)),), Interval(0, image.full_scale)
    return (Reduce(f"step * ({passed})", constants=step, statistics=levels, result=result),)


_HYSTERESIS = "skimage.filters.apply_hysteresis_threshold"


@function(_HYSTERESIS)
def _connected(colours: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    from skimage import filters

    planes = [filters.apply_hysteresis_threshold(plane, low, high) for plane in np.moveaxis(colours, 2, 0)]
    return np.stack(planes, axis=2).astype(np.float64)


@method(
    "threshold",
    "hysteresis",
    "largest value of the dtype above a low level, in regions of that which are somewhere above a high one, "
    "0 elsewhere; each colour by itself",
    reference=f"{_HYSTERESIS}; J. Canny, 'A computational approach to edge detection', IEEE "
    "Trans. PAMI 8, 1986",
    parameters=(
        Number("low", "pixels of a region are above it, in the image's own units"),
        Number("high", "one of them at least is above it"),
    ),
    example={"low": 60, "high": 150},
    formula="full scale if r > low and the region, over sides and not corners, has an r > high; else 0",
)
def _hysteresis(low: float, high: float, image: ImageKind) -> tuple[Op, ...]:
    in_order(low, high)
    shares = (("low", low / image.full_scale), ("high", high / image.full_scale))
    ends = Interval(0.0, image.full_scale)
    found = Frame(_HYSTERESIS, shares, image.full_scale, values=ends, operations=30, copies=1, planes=2)
    return (found,)
