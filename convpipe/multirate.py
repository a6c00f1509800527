"""Long smooth kernels at three rates: a decimation, a short kernel on the coarse grid, an interpolation.

Along an axis the samples are summed under a B-spline at every d-th of them; the coarse samples are summed
under a kernel of some dozens of taps; and the result is interpolated with the same B-spline:

    y[n] = sum_i d b[n - i d] sum_j c[j] sum_k b[k] x[(i + j) d + k]

b is the discrete cubic B-spline, of four boxes of d samples. Its response has a zero of fourth order wherever
a coarse grid aliases, and its phases are exact: each sums to 1 / d. c is the spline approximation of the
kernel, by least squares in the space that b * b spans. At every phase of the grid the three steps are one
kernel, so how far they are off is known: half the sum of the differences of the taps, of the spread of the
samples.

References: M. Unser, A. Aldroubi, M. Eden, "B-spline signal processing", IEEE Trans. Signal Processing 41,
1993 (splines, discrete and continuous); P. J. Burt, "Fast filter transforms for image processing", Computer
Graphics and Image Processing 16, 1981 (Gaussians on coarser grids); docs/adr/0015-three-rates.md.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.geometry import Axis, Extent
from convpipe.polyphase import Polyphase

LONGEST = 81
"""Most taps along an axis that are summed as they are: those of a Gaussian of sigma 10, cut at 4 sigma."""

ORDER = 4
"""Boxes of the B-spline: so many products a sample to decimate, and to interpolate. Three alias twice to five
times as much; five and six blur the step in which a kernel is cut off, and gain nothing."""

LARGEST_SIDE = 2**20
"""Most samples along an axis: each output has taps of its own, which are kept."""

COARSE = 8
"""Largest step while the kernel on the coarse grid is short: a larger one saves little, and its B-spline has
more rows than the caches hold."""

SIDE = 64
"""Coarse samples to either side of one from which on a larger step is taken."""

Weights = NDArray[np.float64]


class Placed(NamedTuple):
    """The three steps along an axis, for its window over some number of samples.

    Parameters
    ----------
    before, after, step : int
        Padding and stride of the decimation.
    interpolation : Polyphase
        Of what the kernel leaves of its samples.
    """

    before: int
    after: int
    step: int
    interpolation: Polyphase


@dataclass(frozen=True, eq=False)
class Multirate:
    """A kernel along one axis, as three steps.

    Parameters
    ----------
    step : int
        Samples between those of the coarse grid; 1 where the first of the steps is the whole kernel.
    decimating : ndarray, shape (n,)
        Taps of the first step.
    coarse : ndarray, shape (m,)
        Taps of the second.
    error : float
        Most that a response can be off, as a share of the spread of the samples: the difference between the
        largest and the smallest that it sees. Before rounding.
    """

    step: int
    decimating: Weights
    coarse: Weights
    error: float

    @property
    def reach(self) -> int:
        """Samples that it sees to either side of the one it computes, at most."""
        splines = 1 if self.step == 1 else 2
        return splines * (len(self.decimating) // 2) + self.step * (len(self.coarse) // 2)

    def place(self, window: Axis, size: int) -> Placed:
        """Return the steps for a window of the whole kernel over `size` samples.

        The coarse grid runs on past the ends of the samples, as far as windows do: a border is that of the
        samples, so it is exact.

        Parameters
        ----------
        window : Axis
            Of the whole kernel, with no dilation.
        size : int
        """
        outputs = window.output(size)
        if self.step == 1:
            return Placed(window.before, window.after, window.stride, Polyphase.identity(outputs))
        step, half, side = self.step, len(self.decimating) // 2, len(self.coarse) // 2
        centres = np.arange(outputs) * window.stride + window.kernel // 2 - window.before
        least = -((half - int(centres[0])) // step)  # coarse samples under a tap
        most = (int(centres[-1]) + half) // step
        before = (side - least) * step + half
        after = max((most + side) * step + half - (size - 1), 0)
        count = Axis(len(self.decimating), step, before=before, after=after).output(size) - 2 * side
        return Placed(before, after, step, self._interpolation(centres, least, count, window.stride))

    def _interpolation(self, centres: NDArray[np.int64], least: int, count: int, stride: int) -> Polyphase:
        """Return the taps of outputs at `centres`, over `count` coarse samples from number `least` on."""
        step = self.step
        first, weights = _interpolating(self.decimating, step, centres)
        places = first[:, None] - least + np.arange(ORDER)
        origin = Fraction(int(centres[0]) - least * step, step)
        return Polyphase.of(places, weights, count, Fraction(stride, step), origin)


@dataclass(frozen=True)
class Rates:
    """A separable window that runs as three steps along rows, columns or both.

    Parameters
    ----------
    rows, cols : Multirate
    axes : (Axis, Axis)
        The window, over rows and over columns.
    input : (rows, cols)
        Of what it slides over.
    """

    rows: Multirate
    cols: Multirate
    axes: tuple[Axis, Axis]
    input: Extent

    @property
    def error(self) -> float:
        """Most that a response can be off, as a share of the spread of the samples; before rounding.

        The taps of both axes are off by twice `Multirate.error` in all, so those of the kernel by what the
        product of 1 and these is more than 1.
        """
        return ((1 + 2 * self.rows.error) * (1 + 2 * self.cols.error) - 1) / 2

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"steps": [self.rows.step, self.cols.step], "error": self.error}

    def __str__(self) -> str:
        steps = " x ".join(str(each.step) for each in (self.rows, self.cols))
        return (
            f"at three rates, on a grid of every {steps} pixels: off by at most {self.error:.1e} of the "
            "spread of its samples"
        )


def rates(factors: tuple[Weights, Weights], tolerance: float) -> tuple[Multirate, Multirate]:
    """Return the factors of a separable kernel as three steps each, which together are within `tolerance`."""
    share = (np.sqrt(1 + 2 * tolerance) - 1) / 2  # of two factors that are off by it: see `Rates.error`
    rows, cols = (multirate(factor, float(share)) for factor in factors)
    return rows, cols


def multirate(taps: Weights, tolerance: float) -> Multirate:
    """Return a kernel as three steps, on the coarsest grid on which it is off by at most `tolerance`.

    Parameters
    ----------
    taps : ndarray, shape (2 r + 1,)
        Symmetric, of sum 1, none below 0.
    tolerance : float
        As a share of the spread of the samples.

    Returns
    -------
    Multirate
        With a step of 1 where the kernel is short, or no such grid will do.

    Examples
    --------
    >>> x = np.arange(-200, 201)
    >>> gaussian = np.exp(-0.5 * (x / 50) ** 2)
    >>> found = multirate(gaussian / gaussian.sum(), 1e-4)
    >>> found.step, len(found.decimating), len(found.coarse), found.error < 3e-5
    (8, 29, 51, True)
    """
    return _multirate(np.asarray(taps, np.float64).tobytes(), tolerance)


@lru_cache(maxsize=256)
def _multirate(taps: bytes, tolerance: float) -> Multirate:
    whole = np.frombuffer(taps)
    if len(whole) > LONGEST:
        step = COARSE
        while len(whole) // 2 > SIDE * step:
            step *= 2
        while step > 1:
            found = _on_grid(whole, step)
            if found.error <= tolerance:
                return found
            step //= 2
    return Multirate(1, whole, np.ones(1), 0.0)


def spline(step: int) -> Weights:
    """Return the discrete B-spline over a grid of `step` samples, of sum 1.

    Its taps are whole numbers divided by ``step**ORDER``, so those of a power of two are exact.

    Examples
    --------
    >>> spline(2) * 16
    array([1., 4., 6., 4., 1.])
    """
    taps: Weights = np.ones(1)
    for _ in range(ORDER):
        taps = np.convolve(taps, np.ones(step))
    return np.asarray(taps / step**ORDER)


def _on_grid(taps: Weights, step: int) -> Multirate:
    """Return a kernel as three steps on a grid of `step` samples."""
    narrow = spline(step)
    coarse = _coarse(taps, step, np.convolve(narrow, narrow))
    error = max(_error(narrow, coarse, step, phase, taps) for phase in range(step))
    return Multirate(step, narrow, coarse, error)


def _interpolating(
    narrow: Weights, step: int, centres: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Weights]:
    """Return the first coarse sample under each spline at `centres`, and the taps of ORDER from it on."""
    half = len(narrow) // 2
    first = -((half - centres) // step)
    at = centres[:, None] - (first[:, None] + np.arange(ORDER)) * step + half
    return first, np.where(at >= 0, step * narrow[np.maximum(at, 0)], 0.0)


def _coarse(taps: Weights, step: int, wide: Weights) -> Weights:
    """Return how much of `wide` at every `step` sums to `taps` most nearly; none below 0, of sum 1."""
    radius, half = len(taps) // 2, len(wide) // 2
    side = -(-radius // step)
    reach = max(side * step + half, radius)
    basis = np.zeros((2 * reach + 1, side + 1))
    for j in range(side + 1):
        for centre in {reach - j * step, reach + j * step}:
            basis[centre - half : centre + half + 1, j] += wide
    right = np.linalg.lstsq(basis, np.pad(taps, reach - radius), rcond=None)[0].clip(min=0)
    coarse = np.concatenate([right[:0:-1], right])
    return np.asarray(coarse / coarse.sum(), np.float64)


def _error(narrow: Weights, coarse: Weights, step: int, phase: int, taps: Weights) -> float:
    """Return how far the output `phase` samples after one of the grid can be off.

    A sum whose weights sum to 0 is at most half the sum of their sizes, of the spread of the samples.
    """
    (first,), (weights,) = _interpolating(narrow, step, np.array([phase]))
    grid = np.convolve(weights, coarse)
    spread = np.zeros((len(grid) - 1) * step + 1)
    spread[::step] = grid
    whole = np.convolve(spread, narrow)
    begin = int(first - len(coarse) // 2) * step - len(narrow) // 2 - phase  # of its taps, from the output
    radius = len(taps) // 2
    reach = max(-begin, begin + len(whole) - 1, radius)
    off = np.pad(-taps, reach - radius)
    off[reach + begin : reach + begin + len(whole)] += whole
    return float(np.abs(off).sum() / 2)
