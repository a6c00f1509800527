"""Tone: contrast by a curve over the range of the dtype, the same for every image."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.interval import Interval
from convpipe.ops import Lookup, Map, Op
from convpipe.ops.lookup import MOST_ENTRIES
from convpipe.stages.base import ImageKind, method
from convpipe.stages.matrix import Matrix
from convpipe.stages.numbers import Number
from convpipe.stages.parameters import Choice, Flag

Floats = NDArray[np.float64]

INVERSE = Flag("inverse", "whether to undo it", False)

_NEAREST = 2.0**-100
"""Least distance of two control points: float32 holds the slope between, and the scale of a table."""


def power_law(gamma: float, image: ImageKind) -> tuple[Op, ...]:
    """Return a power of the share of the full scale."""
    constants = (("full", image.full_scale), ("gamma", gamma))
    return (Map("full * power(maximum(r / full, 0), gamma)", constants=constants),)


GAMMA = (Number("gamma", "exponent; below 1 brightens", above=0.0),)

for _family in ("contrast", "point"):
    method(
        _family,
        "gamma",
        "power law over the full scale of the dtype; negative values become 0",
        reference="skimage.exposure.adjust_gamma",
        parameters=GAMMA,
        example={"gamma": 0.5},
        formula="full * (r / full)^gamma",
    )(power_law)


@method(
    "contrast",
    "log",
    "logarithm over the full scale of the dtype: brightens, dark values most; negative values become 0",
    reference="skimage.exposure.adjust_log",
    parameters=(INVERSE,),
    formula="full * log2(1 + r / full); inverse: full * (2^(r / full) - 1)",
)
def _log(inverse: bool, image: ImageKind) -> tuple[Op, ...]:
    share = "maximum(r / full, 0)"
    text = f"full * (exp({share} * ln2) - 1)" if inverse else f"full * (log(1 + {share}) / ln2)"
    return (Map(text, constants=(("full", image.full_scale), ("ln2", float(np.log(2))))),)


@method(
    "contrast",
    "sigmoid",
    "logistic curve over the full scale of the dtype: spreads values around its middle and presses others",
    reference="skimage.exposure.adjust_sigmoid; G. J. Braun, M. D. Fairchild, 'Image lightness rescaling "
    "using sigmoidal contrast enhancement functions', J. Electronic Imaging 8, 1999",
    parameters=(
        Number("cutoff", "share of the full scale that becomes its middle", 0.5),
        Number("gain", "slope of the curve: larger ones spread more", 10.0, above=0.0),
        Flag("inverse", "whether bright becomes dark: full scale less the curve", False),
    ),
    formula="full / (1 + exp(gain * (cutoff - r / full)))",
)
def _sigmoid(cutoff: float, gain: float, inverse: bool, image: ImageKind) -> tuple[Op, ...]:
    values = (("full", image.full_scale), ("cutoff", cutoff), ("gain", -gain if inverse else gain))
    return (
        Map(
            "full / (1 + exp(gain * (cutoff - r / full)))",
            constants=values,
            result=Interval(0.0, image.full_scale),
        ),
    )


@dataclass(frozen=True)
class ControlPoints(Matrix):
    """Rows [value, becomes] of numbers, the values rising; parsed to a tuple of pairs of float."""

    def parse(self, value: Any) -> tuple[tuple[float, ...], ...]:
        """Return the pairs."""
        rows = super().parse(value)
        rising = all(first[0] < second[0] for first, second in itertools.pairwise(rows))
        if len(rows) < 2 or len(rows[0]) != 2 or not rising:
            raise ParameterError(f"{self.name} needs {self.kind()}; given {list(map(list, rows))}", self.name)
        for (first, *_), (second, *_) in itertools.pairwise(rows):
            if second - first < _NEAREST:
                raise ParameterError(
                    f"{self.name} has two values nearer than {_NEAREST:.2g}; given {first:g} and {second:g}",
                    self.name,
                )
        return rows

    def kind(self) -> str:
        """Return what is needed."""
        return (
            "two and more rows [value, becomes], the values rising, such as [[0, 0], [128, 160], [255, 255]]"
        )

    def schema(self) -> dict[str, Any]:
        """Return a list of pairs."""
        pair = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
        return {"type": "array", "items": pair, "minItems": 2}


def _monotone(steps: Floats, rises: Floats) -> Floats:
    """Return the slopes at the points of a curve that is monotone wherever they are."""
    if len(steps) == 1:
        return np.repeat(rises, 2)
    before, after = steps[:-1], steps[1:]
    first, second = rises[:-1], rises[1:]
    one, two = 2 * after + before, after + 2 * before
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (one + two) / (one / first + two / second)
    inner = np.where(first * second > 0, mean, 0.0)
    ends = (_end(*steps[:2], *rises[:2]), _end(*steps[:-3:-1], *rises[:-3:-1]))
    return np.array([ends[0], *inner, ends[1]])


def _end(step: float, other: float, rise: float, following: float) -> float:
    """Return the slope at an end, from three points, as far as that is monotone."""
    slope = ((2 * step + other) * rise - step * following) / (step + other)
    if slope * rise <= 0:
        return 0.0
    return 3 * rise if rise * following < 0 and abs(slope) > abs(3 * rise) else slope


def _natural(steps: Floats, rises: Floats) -> Floats:
    """Return the slopes at the points of the cubic spline without a bend at its ends."""
    count = len(steps) + 1
    system, right = np.zeros((count, count)), np.zeros(count)
    system[0, :2], system[-1, -2:] = (2, 1), (1, 2)
    right[0], right[-1] = 3 * rises[0], 3 * rises[-1]
    for k in range(1, count - 1):
        before, after = steps[k - 1], steps[k]
        system[k, k - 1 : k + 2] = after, 2 * (before + after), before
        right[k] = 3 * (after * rises[k - 1] + before * rises[k])
    return np.asarray(np.linalg.solve(system, right), np.float64)


_SLOPES = {"monotone": _monotone, "natural": _natural}


def curve(points: Sequence[tuple[float, float]], interpolation: str, at: Floats) -> Floats:
    """Return the values at some places of the cubic through `points` that an interpolation gives.

    Source of the pieces: C. Hermite's cubics, from values and slopes at both ends.

    Examples
    --------
    >>> curve([(0, 0), (1, 1), (3, 1)], "monotone", np.array([0.5, 2]))
    array([0.66666667, 1.        ])
    """
    x, y = np.array(points).T
    steps = np.diff(x)
    rises = np.diff(y) / steps
    slopes = _SLOPES[interpolation](steps, rises)
    k = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(steps) - 1)
    t = (at - x[k]) / steps[k]
    bend = (slopes[k + 1] + slopes[k] - 2 * rises[k]) * t + 3 * rises[k] - 2 * slopes[k] - slopes[k + 1]
    return np.asarray(y[k] + steps[k] * t * (slopes[k] + t * bend))


_STEPS = 4096
"""Fewest from one end of a curve's table to the other: on the lines between, 1e-8 of its bend is lost."""


@method(
    "contrast",
    "curves",
    "a smooth curve through control points; beyond the first and the last, what these become",
    reference="scipy.interpolate.PchipInterpolator; F. N. Fritsch, J. Butland, 'A method for constructing "
    "local monotone piecewise cubic interpolants', SIAM J. Sci. Stat. Comput. 5, 1984; natural, as "
    "Photoshop's and ffmpeg's: scipy.interpolate.CubicSpline",
    parameters=(
        ControlPoints("points", "[value, becomes] of each, in the image's own units, values rising"),
        Choice(
            "interpolation",
            "monotone: cubic, and nowhere beyond two neighbours; natural: the smoothest cubic spline, which "
            "can overshoot",
            "monotone",
            choices=tuple(_SLOPES),
        ),
    ),
    example={"points": [[0, 0], [64, 40], [192, 220], [255, 255]]},
)
def _curves(points: tuple[tuple[float, float], ...], interpolation: str) -> tuple[Op, ...]:
    low, high = points[0][0], points[-1][0]
    steps = _STEPS
    if float(high - low).is_integer() and high - low < MOST_ENTRIES:  # an entry for every whole number
        steps = int(high - low) * math.ceil(_STEPS / (high - low))
    table = curve(points, interpolation, np.linspace(low, high, steps + 1))
    return (Lookup(tuple(table.tolist()), low, high),)
