"""Edge operators of second derivatives, of differences of blurs, and of compass directions.

All are scaled so that a response stays near the range of the input, as gradients are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convpipe.ops import Map, Op, Stencil, Taps
from convpipe.stages.base import method
from convpipe.stages.blur import TOLERANCE, TRUNCATE, gaussian
from convpipe.stages.gradient import GAIN
from convpipe.stages.numbers import NumberPair, in_order


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
