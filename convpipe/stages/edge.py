"""Edge operators: derivative stencils and the magnitude of their responses.

All are scaled as in scikit-image, so that a magnitude stays in the range of its input: smoothing taps
sum to 1, derivative taps are differences of neighbours, and the magnitude of n directions is their
root mean square.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from convpipe.ops import Map, Op, Stencil, Taps
from convpipe.stages.base import method
from convpipe.stages.blur import TOLERANCE, TRUNCATE, gaussian
from convpipe.stages.numbers import Number, NumberPair, in_order
from convpipe.stages.parameters import Choice

GAIN = Number("gain", "multiplies the result", 1.0)
DIRECTION = Choice(
    "direction",
    "magnitude, or the derivative along x (columns) or y (rows)",
    "magnitude",
    choices=("magnitude", "x", "y"),
)


def _gradient(x: Taps, y: Taps) -> Callable[..., tuple[Op, ...]]:
    """Return the lowering of an operator with the two derivative stencils `x` and `y`."""

    def lower(direction: str, gain: float) -> tuple[Op, ...]:
        if direction == "magnitude":
            scale = gain * float(np.sqrt(0.5))
            norm = Map("gain * sqrt(square(gx) + square(gy))", ("gx", "gy"), (("gain", scale),))
            return Stencil((x, y), ("gx", "gy")), norm
        taps = x if direction == "x" else y
        return Stencil((taps,), ("g",)), Map("gain * g", ("g",), (("gain", gain),))

    return lower


_MAGNITUDE = "magnitude = gain * sqrt((gx^2 + gy^2) / 2); squares fit float32 from 1e-19 to 1e19"


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


@method(
    "edge",
    "laplacian",
    "second derivative: sum over both axes, positive on dark spots",
    reference="scipy.ndimage.laplace; R. C. Gonzalez, R. E. Woods, 'Digital image processing', 3.6",
    parameters=(GAIN,),
    formula="gain * [[0, 1, 0], [1, -4, 1], [0, 1, 0]], undivided",
)
def _laplacian(gain: float) -> tuple[Op, ...]:
    taps = Taps([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    return Stencil((taps,)), Map("gain * r", constants=(("gain", gain),))


@method(
    "edge",
    "dog",
    "difference of two Gaussian blurs: what lies between two scales, positive on bright spots",
    reference="skimage.filters.difference_of_gaussians; D. Marr, E. Hildreth, 'Theory of edge "
    "detection', 1980",
    parameters=(
        NumberPair("low_sigma", "standard deviation in pixels of the finer one", least=0.0),
        NumberPair(
            "high_sigma", "of the coarser one, at least low_sigma; default: 1.6 * low_sigma", None, least=0.0
        ),
        TRUNCATE,
        TOLERANCE,
        GAIN,
    ),
    example={"low_sigma": 1.0},
    formula="gain * (blur by low_sigma - blur by high_sigma)",
)
def _dog(
    low_sigma: tuple[float, float],
    high_sigma: tuple[float, float] | None,
    truncate: float,
    tolerance: float,
    gain: float,
) -> tuple[Op, ...]:
    high_sigma = high_sigma or (1.6 * low_sigma[0], 1.6 * low_sigma[1])
    for low, high in zip(low_sigma, high_sigma, strict=True):
        in_order(low, high, "low_sigma", "high_sigma")
    fine = gaussian(low_sigma, truncate, tolerance, "low_sigma")
    coarse = gaussian(high_sigma, truncate, tolerance, "high_sigma")
    both = Stencil((fine.centred(coarse.extent), coarse), ("fine", "coarse"))
    return both, Map("gain * (fine - coarse)", ("fine", "coarse"), (("gain", gain),))


def _compass(ring: Sequence[float]) -> tuple[Taps, ...]:
    """Return the eight 3x3 kernels whose outer ring, read clockwise from the corner, is `ring` turned."""
    clockwise = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    kernels = np.zeros((8, 3, 3))
    for turn in range(8):
        for place, (i, j) in enumerate(clockwise):
            kernels[turn, i, j] = ring[(place - turn) % 8]
    return tuple(Taps(kernel) for kernel in kernels)


@method(
    "edge",
    "kirsch",
    "strongest of eight compass directions",
    reference="R. A. Kirsch, 'Computer determination of the structure of biological images', 1971",
    parameters=(GAIN,),
    formula="gain * the largest of [[5, 5, 5], [-3, 0, -3], [-3, -3, -3]] / 15 and its seven turns",
)
def _kirsch(gain: float) -> tuple[Op, ...]:
    names = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
    strongest = names[0]
    for name in names[1:]:
        strongest = f"maximum({strongest}, {name})"
    banks = _compass([weight / 15 for weight in (5, 5, 5, -3, -3, -3, -3, -3)])
    return Stencil(banks, names), Map(f"gain * {strongest}", names, (("gain", gain),))
