"""Edge operators of second derivatives, of differences of blurs, and of compass directions.

All are scaled so that a response stays near the range of the input, as gradients are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from convpipe.ops import Graph, Map, Node, Op, Stencil, Taps
from convpipe.stages.base import ImageKind, method
from convpipe.stages.blur import TOLERANCE, TRUNCATE, gaussian, gaussian_taps
from convpipe.stages.gradient import GAIN
from convpipe.stages.numbers import Number, NumberPair


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
        NumberPair("sigma", "standard deviation in pixels of the finer one", least=0.0),
        Number("ratio", "how many times as large that of the coarser one is", 1.6, least=1.0),
        TRUNCATE,
        TOLERANCE,
        GAIN,
    ),
    example={"sigma": 1.0},
    formula="gain * (blur by sigma - blur by ratio * sigma)",
)
def _dog(
    sigma: tuple[float, float], ratio: float, truncate: float, tolerance: float, gain: float
) -> tuple[Op, ...]:
    fine = gaussian(sigma, truncate, tolerance)
    coarse = gaussian((ratio * sigma[0], ratio * sigma[1]), truncate, tolerance, "ratio")
    both = Stencil((fine.centred(coarse.extent), coarse), ("fine", "coarse"))
    return both, Map("gain * (fine - coarse)", ("fine", "coarse"), (("gain", gain),))


SHARPNESS = NumberPair("sigma", "standard deviation of the Gaussian in pixels", least=0.1)


@method(
    "edge",
    "log",
    "Laplacian of Gaussian: sum of the second derivatives of a blur, positive on dark spots",
    reference="scipy.ndimage.gaussian_laplace; D. Marr, E. Hildreth, 'Theory of edge detection', 1980",
    parameters=(SHARPNESS, TRUNCATE, GAIN),
    example={"sigma": 1.4},
    formula="gain * sum of g''(i) g(j) and g(i) g''(j), g'' = (x^2 / sigma^4 - 1 / sigma^2) g, undivided; of "
    "spots of radius r the response is largest at sigma = r / sqrt(2), and falls with 1 / sigma^2",
)
def _log(sigma: tuple[float, float], truncate: float, gain: float) -> tuple[Op, ...]:
    return _curvature(sigma, truncate, gain)


def _curvature(sigma: tuple[float, float], truncate: float, gain: float) -> tuple[Op, ...]:
    """Return a Laplacian of Gaussian."""
    rows, cols = (gaussian_taps(each, truncate) for each in sigma)
    curved = [_second_derivative(g, each) for g, each in zip((rows, cols), sigma, strict=True)]
    both = Stencil((Taps.outer(curved[0], cols), Taps.outer(rows, curved[1])), ("down", "along"))
    return both, Map("gain * (down + along)", ("down", "along"), (("gain", gain),))


@method(
    "edge",
    "zero_crossing",
    "white where a Laplacian of Gaussian changes its sign between two opposite neighbours, 0 elsewhere",
    reference="scipy.ndimage.gaussian_laplace; Gonzalez, Woods, 'Digital image processing', 10.2; "
    "D. Marr, E. Hildreth, 'Theory of edge detection', 1980",
    parameters=(
        SHARPNESS,
        Number("level", "by how much the two must differ, more than", 0.0, least=0.0),
        TRUNCATE,
    ),
    example={"sigma": 2.0},
    formula="full scale where of a pair of opposite neighbours one is below 0 and one above, more than level "
    "apart; of the response of 'edge: log'",
)
def _zero_crossing(sigma: tuple[float, float], level: float, truncate: float, image: ImageKind) -> Graph:
    names = tuple(f"{'abcd'[k]}{side}" for side in "01" for k in range(4))
    places = [(0, 0), (0, 1), (0, 2), (1, 0), (2, 2), (2, 1), (2, 0), (1, 2)]
    taps = tuple(Taps([[float((i, j) == at) for j in range(3)] for i in range(3)]) for at in places)
    # As far as two of different signs are apart, the furthest of all pairs; 0 of none.
    apart = [
        f"where(minimum({one}, {other}) < 0, where(maximum({one}, {other}) > 0, abs({one} - {other}), 0), 0)"
        for one, other in zip(names[:4], names[4:], strict=True)
    ]
    found = Map(
        f"where({_largest(apart)} > level, full, 0)", names, (("level", level), ("full", image.full_scale))
    )
    return Graph(
        (
            Node("log", _curvature(sigma, truncate, 1.0)),
            Node("result", (Stencil(taps, names), found), ("log",)),
        )
    )


def _second_derivative(g: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Return the taps of a Gaussian's second derivative, of those of the Gaussian."""
    x = (np.arange(len(g)) - len(g) // 2) / sigma
    return np.asarray((x * x - 1) / sigma**2 * g)


def _compass(ring: Sequence[float]) -> tuple[Taps, ...]:
    """Return the eight 3x3 kernels whose outer ring, read clockwise from the corner, is `ring` turned."""
    clockwise = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    kernels = np.zeros((8, 3, 3))
    for turn in range(8):
        for place, (i, j) in enumerate(clockwise):
            kernels[turn, i, j] = ring[(place - turn) % 8]
    return tuple(Taps(kernel) for kernel in kernels)


def _largest(values: Sequence[str]) -> str:
    """Return the expression of the largest of some."""
    return reduce("maximum({}, {})".format, values)


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
    banks = _compass([weight / 15 for weight in (5, 5, 5, -3, -3, -3, -3, -3)])
    return Stencil(banks, names), Map(f"gain * {_largest(names)}", names, (("gain", gain),))


@method(
    "edge",
    "robinson",
    "strongest of eight compass directions, with the taps of Sobel",
    reference="G. S. Robinson, 'Edge detection by compass gradient masks', Computer Graphics and Image "
    "Processing 6, 1977",
    parameters=(GAIN,),
    formula="gain * the largest of [[1, 2, 1], [0, 0, 0], [-1, -2, -1]] / 4 and its seven turns",
)
def _robinson(gain: float) -> tuple[Op, ...]:
    names = ("n", "ne", "e", "se")  # the other four are these with the other sign
    banks = _compass([weight / 4 for weight in (1, 2, 1, 0, -1, -2, -1, 0)])[: len(names)]
    return Stencil(banks, names), Map(
        f"gain * {_largest([f'abs({name})' for name in names])}", names, (("gain", gain),)
    )
