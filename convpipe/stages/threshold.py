"""Thresholds: each pixel black or white, by levels that the image gives, or between two of them."""

from __future__ import annotations

from convpipe.interval import Interval
from convpipe.ops import Map, Op, Reduce
from convpipe.stages.base import ImageKind, method
from convpipe.stages.numbers import Number, in_order
from convpipe.statistics import Statistic


@method(
    "threshold",
    "percentile",
    "largest value of the dtype above a percentile of the image's samples, 0 elsewhere; all colours together",
    reference="numpy.percentile, on the line between two samples; cv2.threshold with THRESH_BINARY",
    parameters=(
        Number("percent", "share of the samples that become black, from 0 to 100", least=0.0, most=100.0),
    ),
    example={"percent": 90},
    formula="full scale if r > percentile, else 0",
)
def _percentile(percent: float, image: ImageKind) -> tuple[Op, ...]:
    level = (Statistic("level", "percentile", percent),)
    full, either = (("full", image.full_scale),), Interval(0, image.full_scale)
    return (Reduce("where(r > level, full, 0)", constants=full, statistics=level, result=either),)


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
