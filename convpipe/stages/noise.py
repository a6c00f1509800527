"""Noise: drawn for each sample by itself, keyed by the seed, the image's name, and where the sample lies.

So the same job gives the same bytes, whatever images are beside it, on however many threads, and when it is
taken up again. A sample's number is the quantile of a distribution at a uniform number of its own (inverse
transform sampling: L. Devroye, 'Non-uniform random variate generation', 1986, II.2). That one is of Philox
4x64-10, whose counter says where the sample lies (J. K. Salmon et al., 'Parallel random numbers: as easy as
1, 2, 3', SC 2011), as NumPy has it.
"""

from __future__ import annotations

import math
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import subject
from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.interval import Interval
from convpipe.ops import Frame, Op
from convpipe.ops.frame import function
from convpipe.stages.base import ImageKind, method
from convpipe.stages.numbers import Count, Number

_FARTHEST = 8.3
"""Standard deviations: of the quantiles of a normal distribution at 2**-54 and at 1 - 2**-54."""

_MOST_PHOTONS = 1e12

_REACH = 18
"""Standard deviations within which counts are drawn: 9 to either side, and 40 counts more."""

SEED = Count("seed", "another one gives other noise", 0, least=0, most=2**63 - 1)


def uniform(shape: tuple[int, int, int], kind: str, seed: int) -> NDArray[np.float64]:
    """Return a number above 0 and below 1 for each sample of an image, a stream for each row.

    Examples
    --------
    >>> whole = uniform((3, 5, 1), "gaussian", 7)
    >>> bool((uniform((2, 3, 1), "gaussian", 7) == whole[:2, :3]).all())
    True
    """
    digest = sha256(f"{kind}\0{seed}\0{subject.name()}".encode()).digest()
    key = np.frombuffer(digest[:16], np.uint64)
    rows, cols, channels = shape
    bits = np.empty((rows, cols * channels), np.uint64)
    for row in range(rows):
        bits[row] = np.random.Philox(key=key, counter=[0, row, 0, 0]).random_raw(cols * channels)
    return np.asarray(((bits >> 11) + 0.5).reshape(shape) * 2.0**-53, np.float64)


@function("noise.gaussian")
def _gaussian_noise(colours: NDArray[np.float64], sigma: float, seed: int) -> NDArray[np.float64]:
    from scipy.special import ndtri

    noise: NDArray[np.float64] = ndtri(uniform(colours.shape, "gaussian", seed))
    return colours + sigma * noise


@function("noise.salt_pepper")
def _salt_pepper(
    colours: NDArray[np.float64], amount: float, salt: float, low: float, high: float, seed: int
) -> NDArray[np.float64]:
    drawn = uniform((*colours.shape[:2], 1), "salt_pepper", seed)
    return np.where(drawn < amount * salt, high, np.where(drawn < amount, low, colours))


@function("noise.poisson")
def _poisson_noise(colours: NDArray[np.float64], gain: float, seed: int) -> NDArray[np.float64]:
    drawn = uniform(colours.shape, "poisson", seed).ravel()
    values, which, numbers = np.unique(
        np.maximum(colours, 0.0).ravel() / gain, return_inverse=True, return_counts=True
    )
    counts = np.empty_like(drawn)
    often = numbers > _REACH * np.sqrt(values) + 40  # a table is shorter
    rest = ~often[which]
    counts[rest] = _quantiles(drawn[rest], values[which[rest]])
    order = np.argsort(which, kind="stable")
    ends = np.cumsum(numbers)
    for at in np.flatnonzero(often):
        own = order[ends[at] - numbers[at] : ends[at]]
        counts[own] = _of_one_mean(drawn[own], values[at])
    return (counts * gain).reshape(colours.shape)


def _of_one_mean(drawn: NDArray[np.float64], mean: float) -> NDArray[np.float64]:
    """Return the quantiles of one Poisson distribution, its distribution function written down once."""
    from scipy.special import pdtr

    around = _REACH / 2 * np.sqrt(mean)
    first = max(0, int(mean - around) - 1)
    counts = np.arange(first, int(mean + around) + 40)
    return first + np.searchsorted(pdtr(counts, mean), drawn).astype(np.float64)


def _quantiles(drawn: NDArray[np.float64], means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the least count at which each distribution function reaches the number drawn."""
    from scipy.special import pdtr, pdtrik

    above = np.ceil(pdtrik(drawn, means))
    below = np.maximum(above - 1, 0)
    return np.where(means == 0, 0.0, np.where(pdtr(below, means) >= drawn, below, above))


@dataclass(frozen=True)
class _Photons(Frame):
    """Counts of photons: how many there can be goes with the samples."""

    def range(self, samples: Interval) -> Interval:
        """Enclose every result."""
        gain = dict(self.parameters)["gain"]
        mean = max(samples.high, 0.0) / gain
        most = gain * (mean + _REACH / 2 * math.sqrt(mean) + 40)
        return Interval(0.0, most, samples.nan or math.isinf(most))


@method(
    "noise",
    "gaussian",
    "a number of a normal distribution added to each sample",
    reference="skimage.util.random_noise; ImageJ, Process > Noise > Add Specified Noise",
    parameters=(Number("sigma", "its standard deviation, in the image's own units", least=0.0), SEED),
    example={"sigma": 10},
    formula="image + sigma * n, n of mean 0 and deviation 1",
)
def _gaussian(sigma: float, seed: int) -> tuple[Op, ...]:
    given = (("sigma", sigma), ("seed", seed))
    return (Frame("noise.gaussian", given, beyond=_FARTHEST * sigma, operations=50, copies=3),)


@method(
    "noise",
    "salt_pepper",
    "some pixels white and some black, all colours of a pixel together",
    reference="skimage.util.random_noise; ImageJ, Process > Noise > Salt and Pepper",
    parameters=(
        Number("amount", "share of the pixels that become one of them", 0.05, least=0.0, most=1.0),
        Number("salt", "share of these that become white", 0.5, least=0.0, most=1.0),
        SEED,
    ),
)
def _salt_and_pepper(amount: float, salt: float, seed: int, image: ImageKind) -> tuple[Op, ...]:
    given = (
        ("amount", amount),
        ("salt", salt),
        ("low", image.lowest),
        ("high", image.full_scale),
        ("seed", seed),
    )
    ends = Interval(image.lowest, image.full_scale)
    return (Frame("noise.salt_pepper", given, values=ends, operations=10, copies=2),)


@method(
    "noise",
    "poisson",
    "each sample a number of photons, where so many as it stands for are expected",
    reference="skimage.util.random_noise; B. E. A. Saleh, 'Photoelectron statistics', 1978",
    parameters=(
        Number(
            "gain",
            "what one photon adds to a sample, in the image's own units; default: 1, of floating point 1/255",
            None,
            above=0.0,
        ),
        SEED,
    ),
    formula="gain * k, k of a Poisson distribution of mean image / gain",
)
def _poisson(gain: float | None, seed: int, image: ImageKind) -> tuple[Op, ...]:
    if gain is None:
        gain = 1.0 if image.full_scale > 1 else 1 / 255
    if image.full_scale / gain > _MOST_PHOTONS:
        raise ParameterError(f"gain {gain:g} makes more than 1e12 photons of the full scale", "gain")
    given: tuple[tuple[str, Any], ...] = (("gain", gain), ("seed", seed))
    return (_Photons("noise.poisson", given, operations=200, copies=6),)
