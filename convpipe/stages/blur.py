"""Blurs: separable low-pass stencils whose weights sum to 1."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from convpipe.errors import ParameterError
from convpipe.ops import Map, Op, Stencil, Taps
from convpipe.stages.across import PageSum, Stacked, of_plane
from convpipe.stages.base import Lowering, method
from convpipe.stages.numbers import CountPair, CountTriple, Number, NumberPair, NumberTriple

_LARGEST_RADIUS = 4096

_LARGEST_BINOMIAL = 1025
"""The weights at the ends of a larger one pass float64."""


def _check_sides(size: tuple[int, ...]) -> None:
    if max(size) > 2 * _LARGEST_RADIUS:
        raise ParameterError(f"size must be at most {2 * _LARGEST_RADIUS}; given {list(size)}", "size")


def _box_across(_: Lowering, size: tuple[int, int, int]) -> PageSum:
    _check_sides(size)
    pages, rows, cols = size
    sums = Stencil((Taps.outer(np.ones(rows), np.ones(cols)),), anchor="lower")  # exact ones, of integers
    share = Map("share * r", constants=(("share", 1 / math.prod(size)),))
    return PageSum((1.0,) * pages, pages // 2, (sums, share))


@method(
    "blur",
    "box",
    "mean of a rectangle of pixels; an even side reaches one pixel further up or left",
    reference="scipy.ndimage.uniform_filter",
    parameters=(CountPair("size", "rows and columns of the rectangle", (3, 3)),),
    alpha="premultiply",
    stacked=Stacked(
        (CountTriple("size", "pages, rows and columns of the box", (3, 3, 3)),), _box_across, of_plane("size")
    ),
)
def _box(size: tuple[int, int]) -> tuple[Op, ...]:
    _check_sides(size)
    rows, cols = size
    mean = Taps.outer(np.full(rows, 1 / rows), np.full(cols, 1 / cols))
    return (Stencil((mean,), anchor="lower"),)


@method(
    "blur",
    "binomial",
    "weights of Pascal's triangle, near a Gaussian; an even side reaches one pixel further up or left",
    reference="B. Jaehne, 'Digital image processing', 11.4; cv2.pyrDown of size 5",
    parameters=(CountPair("size", "rows and columns of the rectangle", (3, 3)),),
    alpha="premultiply",
    formula="(n - 1 over k) / 2^(n - 1) along either side of n; its standard deviation is sqrt(n - 1) / 2",
)
def _binomial(size: tuple[int, int]) -> tuple[Op, ...]:
    if max(size) > _LARGEST_BINOMIAL:
        raise ParameterError(f"size must be at most {_LARGEST_BINOMIAL}; given {list(size)}", "size")
    rows, cols = ([math.comb(n - 1, k) / 2 ** (n - 1) for k in range(n)] for n in size)
    return (Stencil((Taps.outer(rows, cols),), anchor="lower"),)


@method(
    "blur",
    "disk",
    "mean of the pixels at most so far away, as a lens out of focus",
    reference="skimage.filters.rank.mean with skimage.morphology.disk",
    parameters=(Number("radius", "in pixels; need not be whole", 1.0, least=0.0, most=512.0),),
    alpha="premultiply",
)
def _disk(radius: float) -> tuple[Op, ...]:
    reach = int(radius)
    x = np.arange(-reach, reach + 1)
    inside = x[:, None] ** 2 + x**2 <= radius**2
    return (Stencil((Taps.separated(inside / np.count_nonzero(inside)),)),)


@method(
    "blur",
    "motion",
    "mean along a line through the pixel, as a camera that moves",
    reference="fspecial('motion') of MATLAB; in OpenCV, kornia and ImageMagick lines are drawn otherwise",
    parameters=(
        Number("length", "of the line in pixels, from end to end", 9.0, least=1.0, most=512.0),
        Number("angle", "of the line in degrees, from the x axis towards smaller rows", 0.0),
    ),
    alpha="premultiply",
    formula="weights max(0, 1 - distance of the pixel from a segment of length - 1), over their sum",
)
def _motion(length: float, angle: float) -> tuple[Op, ...]:
    half, turn = (length - 1) / 2, math.radians(angle % 180)
    down, right = -math.sin(turn), math.cos(turn)
    rows, cols = (math.ceil(half * abs(each) - 1e-9) for each in (down, right))
    y, x = np.ogrid[-rows : rows + 1, -cols : cols + 1]
    along = np.clip(y * down + x * right, -half, half)
    weights = np.maximum(1 - np.hypot(y - along * down, x - along * right), 0).round(12)
    return (Stencil((Taps.separated(weights / weights.sum()),)),)


def gaussian_taps(sigma: float, truncate: float, name: str = "sigma") -> NDArray[np.float64]:
    """Return a sampled Gaussian of radius int(truncate * sigma + 0.5), normalised to sum 1.

    Parameters
    ----------
    sigma : float
        Standard deviation in pixels; 0 gives the single tap 1.
    truncate : float
        Where to cut, in standard deviations.
    name : str
        Of the parameter that `sigma` comes from, for the error.

    Returns
    -------
    ndarray, shape (2 * radius + 1,), float64

    Raises
    ------
    ParameterError
        If the radius is above 4096.

    Notes
    -----
    Radius and normalisation are those of ``scipy.ndimage.gaussian_filter1d``.

    Examples
    --------
    >>> gaussian_taps(0.5, truncate=2).round(3)
    array([0.107, 0.787, 0.107])
    """
    radius = int(truncate * sigma + 0.5)
    if radius > _LARGEST_RADIUS:
        whose = "" if name == "sigma" else f"{name} gives "
        raise ParameterError(
            f"{whose}sigma {sigma:g} with truncate {truncate:g} reaches {radius} pixels; "
            f"at most {_LARGEST_RADIUS} are taken",
            name,
        )
    if sigma == 0:
        return np.ones(1)
    x = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 * (x / sigma) ** 2)
    return np.asarray(weights / weights.sum())


SIGMA = NumberPair("sigma", "standard deviation in pixels", least=0.0)
TRUNCATE = Number("truncate", "radius in standard deviations", 4.0, above=0.0)
TOLERANCE = Number(
    "tolerance",
    "how far a blur of a large sigma may be off to be quick, as a share of the samples' spread; 0: no way",
    1e-4,
    least=0.0,
    most=1.0,
)


def gaussian(sigma: tuple[float, float], truncate: float, tolerance: float, name: str = "sigma") -> Taps:
    """Return the taps of a Gaussian over rows and columns; as :func:`gaussian_taps`.

    Parameters
    ----------
    sigma : (float, float)
        Of rows and of columns.
    truncate : float
    tolerance : float
        See :class:`convpipe.ops.Taps`.
    name : str
    """
    rows, cols = (gaussian_taps(each, truncate, name) for each in sigma)
    return Taps.outer(rows, cols, tolerance)


def _gaussian_across(
    lower: Lowering, sigma: tuple[float, float, float], truncate: float, tolerance: float
) -> PageSum:
    pages, rows, cols = sigma
    weights = gaussian_taps(pages, truncate)
    ops = lower((rows, cols), truncate, tolerance)
    assert isinstance(ops, tuple)
    return PageSum(tuple(weights.tolist()), len(weights) // 2, ops)


@method(
    "blur",
    "gaussian",
    "Gaussian low-pass",
    reference="scipy.ndimage.gaussian_filter",
    parameters=(SIGMA, TRUNCATE, TOLERANCE),
    alpha="premultiply",
    example={"sigma": 1.4},
    stacked=Stacked(
        (NumberTriple("sigma", "standard deviation in pages, and in pixels", least=0.0),),
        _gaussian_across,
        of_plane("sigma"),
    ),
)
def _gaussian(sigma: tuple[float, float], truncate: float, tolerance: float) -> tuple[Op, ...]:
    return (Stencil((gaussian(sigma, truncate, tolerance),)),)
