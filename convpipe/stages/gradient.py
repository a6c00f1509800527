"""Gradients: the derivatives along rows and columns, their magnitude, and the angle between them.

All are scaled as in scikit-image, so that a magnitude stays in the range of its input: smoothing taps
sum to 1, derivative taps are differences of neighbours, and the magnitude of n directions is their
root mean square.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from convpipe.interval import Interval
from convpipe.ops import Map, Op, Stencil, Taps
from convpipe.stages.base import method
from convpipe.stages.numbers import Number
from convpipe.stages.parameters import Choice

GAIN = Number("gain", "multiplies the result", 1.0)
DIRECTION = Choice(
    "direction",
    "magnitude; the derivative along x (columns) or y (rows); or the angle from x to y, 0 to 360 degrees",
    "magnitude",
    choices=("magnitude", "x", "y", "angle"),
)

_ANGLE = "gain * (where(gy < 0, 360, 0) + 57.29577951308232 * arctan2(gy, gx))"
"""In degrees."""


def _gradient(x: Taps, y: Taps) -> Callable[..., tuple[Op, ...]]:
    """Return the lowering of an operator with the two derivative stencils `x` and `y`."""
    both, names = Stencil((x, y), ("gx", "gy")), ("gx", "gy")

    def lower(direction: str, gain: float) -> tuple[Op, ...]:
        if direction == "magnitude":
            scale = gain * float(np.sqrt(0.5))
            return both, Map("gain * sqrt(square(gx) + square(gy))", names, (("gain", scale),))
        if direction == "angle":
            ends = Interval(min(0, 360 * gain), max(0, 360 * gain), nan=True)
            return both, Map(_ANGLE, names, (("gain", gain),), ends)
        taps = x if direction == "x" else y
        return Stencil((taps,), ("g",)), Map("gain * g", ("g",), (("gain", gain),))

    return lower


_MAGNITUDE = (
    "magnitude = gain * sqrt((gx^2 + gy^2) / 2); squares fit float32 from 1e-19 to 1e19; "
    "angle = gain * atan2(gy, gx) in degrees"
)


def _declare(
    name: str, summary: str, reference: str, formula: str, lower: Callable[..., tuple[Op, ...]]
) -> None:
    formula = f"{formula}; {_MAGNITUDE}"
    method("edge", name, summary, reference=reference, parameters=(DIRECTION, GAIN), formula=formula)(lower)


def _declare_smoothed(name: str, summary: str, reference: str, smooth: Sequence[int]) -> None:
    """Declare a 3x3 operator: a central difference, smoothed across it by `smooth`."""
    weights = np.array(smooth) / sum(smooth)
    difference = [-1.0, 0.0, 1.0]
    lower = _gradient(x=Taps.outer(weights, difference), y=Taps.outer(difference, weights))
    smoothing = f"{list(smooth)} / {sum(smooth)}"
    formula = f"gx = [-1, 0, 1] along a row, smoothed across it by {smoothing}; gy = its transpose"
    _declare(name, summary, reference, formula, lower)


_FARID_SMOOTH = (
    0.0376593171958126,
    0.249153396177344,
    0.426374573253687,
    0.249153396177344,
    0.0376593171958126,
)
_FARID_EDGE = (-0.109603762960254, -0.276690988455557, 0.0, 0.276690988455557, 0.109603762960254)

_declare_smoothed(
    "sobel",
    "gradient magnitude with [1, 2, 1] smoothing",
    "I. Sobel, G. Feldman, 'A 3x3 isotropic gradient operator for image processing', 1968",
    [1, 2, 1],
)
_declare_smoothed(
    "scharr",
    "gradient magnitude with [3, 10, 3] smoothing, closest to rotation invariance",
    "H. Scharr, 'Optimale Operatoren in der digitalen Bildverarbeitung', Heidelberg 2000",
    [3, 10, 3],
)
_declare_smoothed(
    "prewitt",
    "gradient magnitude with [1, 1, 1] smoothing",
    "J. M. S. Prewitt, 'Object enhancement and extraction', 1970",
    [1, 1, 1],
)
_declare(
    "roberts",
    "diagonal differences on 2x2 pixels; x is the main diagonal, y the other",
    "L. G. Roberts, 'Machine perception of three-dimensional solids', 1963",
    "gx = [[-1, 0], [0, 1]], gy = [[0, -1], [1, 0]], undivided",
    _gradient(x=Taps([[-1, 0], [0, 1]]), y=Taps([[0, -1], [1, 0]])),
)
_declare(
    "farid",
    "gradient magnitude on 5x5 pixels, whose taps are designed for rotation invariance",
    "skimage.filters.farid; H. Farid, E. P. Simoncelli, 'Differentiation of discrete multidimensional "
    "signals', IEEE Trans. Image Processing 13, 2004",
    "gx = [-0.1096, -0.2767, 0, 0.2767, 0.1096] along a row, smoothed across it by "
    "[0.0377, 0.2492, 0.4264, 0.2492, 0.0377]; gy = its transpose",
    _gradient(x=Taps.outer(_FARID_SMOOTH, _FARID_EDGE), y=Taps.outer(_FARID_EDGE, _FARID_SMOOTH)),
)
