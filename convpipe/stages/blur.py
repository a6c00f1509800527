"""Blurs: separable low-pass stencils whose weights sum to 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convpipe.errors import ParameterError
from convpipe.ops import Op, Stencil, Taps
from convpipe.stages.base import method
from convpipe.stages.numbers import CountPair, Number, NumberPair

_LARGEST_RADIUS = 4096


@method(
    "blur",
    "box",
    "mean of a rectangle of pixels; an even side reaches one pixel further up or left",
    reference="scipy.ndimage.uniform_filter",
    parameters=(CountPair("size", "rows and columns of the rectangle", (3, 3)),),
    alpha="premultiply",
)
def _box(size: tuple[int, int]) -> tuple[Op, ...]:
    if max(size) > 2 * _LARGEST_RADIUS:
        raise ParameterError(f"size must be at most {2 * _LARGEST_RADIUS}; given {list(size)}", "size")
    rows, cols = size
    mean = Taps.outer(np.full(rows, 1 / rows), np.full(cols, 1 / cols))
    return (Stencil((mean,), anchor="lower"),)


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
        raise ParameterError(
            f"{name} {sigma:g} with truncate {truncate:g} reaches {radius} pixels; "
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


@method(
    "blur",
    "gaussian",
    "Gaussian low-pass",
    reference="scipy.ndimage.gaussian_filter",
    parameters=(SIGMA, TRUNCATE, TOLERANCE),
    alpha="premultiply",
    example={"sigma": 1.4},
)
def _gaussian(sigma: tuple[float, float], truncate: float, tolerance: float) -> tuple[Op, ...]:
    return (Stencil((gaussian(sigma, truncate, tolerance),)),)
