"""Responses of a kernel to a tile, through Fourier transforms, each right to within its own window.

A transform is a sum over the whole tile: what it rounds off is up to

    e = 4 log2(N) 2**-53 ||w|| ||x||

for a tile x of N samples and a kernel w, in Euclidean norms. (Each value is the root of a tree of log2(N)
sums, and by Cauchy and Schwarz no sum of absolute values in it is larger than the product of the norms. See
N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., chapter 24.) That is little beside a
response of common size, and too much beside that of a dim window which shares its tile with a bright sample.
So every response y is to have an error of at most `TOLERANCE` times the sum of |w||x| over its own window:

- Integer samples under integer taps give integers: where e is below a quarter, rounding makes them exact.
- |y| is at most that sum, so most responses are large enough to show it.
- Else the number of samples in each window that are not zero is computed, exactly: where there is none, the
  response is zero.
- If few are left, they are computed as sums over their windows; else the sum of |w||x| is, for all.
- What still is not shown lies beside samples that are larger by orders of magnitude: these are split off, and
  both parts are treated so; no part adds anything to a window in which it has no sample.

NaN and infinities are taken out first, and put into the windows that hold them as a loop over all taps would:
under a tap of 0 an infinity gives NaN, and so does NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft

from convpipe.fourier import Tiles
from convpipe.geometry import Extent

Array = NDArray[np.float64]

_Kernel = list[tuple[tuple[slice, slice], NDArray[np.complex128], float]]
"""Of each block of a kernel: the samples it reads, its transform, and its Euclidean norm."""

TOLERANCE = {"float32": 2.0**-22, "float64": 2.0**-42}
"""Largest error of a response, relative to the sum of |w||x| over its window, by the type of the arithmetic.

A loop over the taps rounds every sum; of the 1,600 taps of a 40x40 kernel up to 2**-13 in float32.
"""

ROUNDING = 4 * 2.0**-53
"""What a transform rounds off is up to this, a level of its tree; a twentieth of that was seen."""

SPAN = 24
"""Binary orders of magnitude that are transformed together once larger samples are split off."""

FEW = 4
"""Responses are computed as sums if these take fewer products than so many times the tile's samples."""

SMALLEST = 2.0**-400
"""Samples have squares that fit if the largest is between this and its inverse."""

LATTICE = 2**16
"""Largest integer that a tap may be, in units of the smallest."""


@dataclass
class Parts:
    """Responses that are sums of parts, with what is known of each.

    Parameters
    ----------
    response : ndarray, shape (rows, cols)
    error : ndarray, shape (rows, cols)
        At most so much is it off.
    size : ndarray, shape (rows, cols)
        Sum of the sizes of the products; off by `error`, too.
    """

    response: Array
    error: Array
    size: Array

    @classmethod
    def nothing(cls) -> Parts:
        """Return the sum of no parts."""
        return cls(np.zeros(()), np.zeros(()), np.zeros(()))

    def __add__(self, other: Parts) -> Parts:
        return Parts(self.response + other.response, self.error + other.error, self.size + other.size)

    def scaled(self, exponent: int) -> Parts:
        """Return the same times a power of two."""
        return Parts(*(np.ldexp(part, exponent) for part in (self.response, self.error, self.size)))

    def doubtful(self, tolerance: float) -> NDArray[np.bool_]:
        """Tell which responses are not shown to be right."""
        shown = self.error <= tolerance * (self.size - self.error)
        return np.asarray(~(shown | (self.error == 0)))


class Spectra:
    """A kernel as it multiplies transforms of tiles.

    Parameters
    ----------
    taps : ndarray of float64, shape (KH, KW)
    tiles : Tiles
    tolerance : float
        As in :data:`TOLERANCE`.
    integers : bool
        Whether samples are integers.
    """

    def __init__(self, taps: Array, tiles: Tiles, tolerance: float, integers: bool) -> None:
        self._tiles = tiles
        self._tolerance = tolerance
        self._unit, self._taps = _in_units(taps)
        self._exact = integers and _whole(self._taps)
        self._rounding = ROUNDING * math.log2(math.prod(tiles.extent))
        self._spectra = self._kernel(self._taps)

    def responses(self, samples: Array, extent: Extent) -> Array:
        """Return the responses to windows in a tile.

        Parameters
        ----------
        samples : ndarray, shape (tiles.rows.reads, tiles.cols.reads)
            Of one channel.
        extent : (rows, cols)
            Of the responses: at most (tiles.rows.makes, tiles.cols.makes).
        """
        with np.errstate(all="ignore"):  # infinities are meant, and so is what overflows
            responses = self._responses(samples, extent)
            responses *= self._unit
            return responses

    def _responses(self, samples: Array, extent: Extent) -> Array:
        largest = max(float(samples.max()), -float(samples.min()))
        if largest == 0:
            return np.zeros(extent)
        if not SMALLEST < largest < 1 / SMALLEST:  # or not finite
            return self._carefully(samples, extent)
        response, error = self._transformed(samples, self._spectra, extent)
        if self._exact and error < 0.25:
            return np.rint(response, out=response)
        doubtful = np.abs(response) < error * (1 + 1 / self._tolerance)
        if self._many(doubtful):
            empty = self._count(samples != 0, extent) == 0
            response[empty] = 0
            doubtful &= ~empty
        if self._many(doubtful):
            return self._carefully(samples, extent)
        if doubtful.any():
            response[doubtful] = self._sums(samples, doubtful)
        return response

    def _many(self, doubtful: NDArray[np.bool_]) -> bool:
        """Tell whether sums over these windows would be more work than transforms."""
        work = np.count_nonzero(doubtful) * self._taps.size
        return bool(work > FEW * math.prod(self._tiles.extent))

    def _carefully(self, samples: Array, extent: Extent) -> Array:
        """Return the responses to samples of any size, those beside infinities among them."""
        finite = np.where(np.isfinite(samples), samples, 0.0)
        known, rest = Parts.nothing(), finite
        while True:
            parts = known + self._part(rest, extent)
            doubtful = parts.doubtful(self._tolerance)
            large = np.abs(rest) >= math.ldexp(float(np.abs(rest).max()), -SPAN)
            if not doubtful.any() or (large | (rest == 0)).all():
                break
            known = known + self._part(np.where(large, rest, 0.0), extent)
            rest = np.where(large, 0.0, rest)
        parts.response[doubtful] = self._sums(finite, doubtful)
        return self._not_finite(samples, parts.response)

    def _part(self, samples: Array, extent: Extent) -> Parts:
        """Return the responses, zero where a window holds no sample but zeros, and their errors and sizes."""
        exponent = int(np.frexp(np.abs(samples).max())[1])
        samples = np.ldexp(samples, -exponent)
        response, error = self._transformed(samples, self._spectra, extent)
        size, _ = self._transformed(np.abs(samples), self._sizes, extent)
        seen = self._count(samples != 0, extent) > 0
        parts = Parts(np.where(seen, response, 0.0), np.where(seen, error, 0.0), np.where(seen, size, 0.0))
        return parts.scaled(exponent)

    def _not_finite(self, samples: Array, response: Array) -> Array:
        """Return the response with what NaN and infinities make of it, under taps of 0 too."""
        infinite = np.isinf(samples)
        if infinite.any():
            held = self._held(infinite, response.shape)
            signs = np.where(infinite, np.sign(samples), 0.0)
            net = np.rint(self._transformed(signs, self._signs, response.shape)[0])
            value = np.where(np.abs(net) == held, np.copysign(np.inf, net), np.nan)
            response = np.where(held > 0, value, response)
        if (holes := np.isnan(samples)).any():
            response = np.where(self._held(holes, response.shape) > 0, np.nan, response)
        return response

    def _held(self, marked: NDArray[np.bool_], extent: Extent) -> NDArray[np.int32]:
        """Return how many marked samples each window holds: differences of sums from the corner on."""
        sums = np.zeros((marked.shape[0] + 1, marked.shape[1] + 1), np.int32)
        sums[1:, 1:] = marked.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
        sides = zip(extent, self._taps.shape, (self._tiles.rows, self._tiles.cols), strict=True)
        begin, end = zip(*(_bounds(count, taps, side.step) for count, taps, side in sides), strict=True)
        counts = sums[end[0], end[1]] - sums[begin[0], end[1]] - sums[end[0], begin[1]] + sums[begin]
        return np.asarray(counts)

    def _count(self, marked: NDArray[np.bool_], extent: Extent) -> Array:
        """Return how many marked samples each window has under taps that are not zero."""
        return np.rint(self._transformed(marked.astype(np.float64), self._places, extent)[0])

    def _sums(self, samples: Array, where: NDArray[np.bool_]) -> Array:
        """Return the responses marked in `where`, each as the sum over its window."""
        rows, cols = np.nonzero(where)
        steps = self._tiles.rows.step, self._tiles.cols.step
        windows = sliding_window_view(samples, self._taps.shape)[:: steps[0], :: steps[1]]
        sums = np.empty(len(rows))
        count = max(1, math.prod(self._tiles.extent) // self._taps.size)
        for first in range(0, len(rows), count):
            part = slice(first, first + count)
            products = windows[rows[part], cols[part]] * self._taps
            sums[part] = products.reshape(len(products), -1).sum(axis=1)
        return sums

    def _transformed(self, samples: Array, kernel: _Kernel, extent: Extent) -> tuple[Array, float]:
        """Return the responses as they come, and what they can be off."""
        total: Any = None
        error = 0.0
        for place, spectrum, norm in kernel:
            tile = samples[place]
            error += self._rounding * norm * _norm(tile)
            product = fft.rfft2(tile)
            product *= spectrum
            total = product if total is None else np.add(total, product, out=total)
        (rows, cols), (down, across) = extent, (self._tiles.rows.step, self._tiles.cols.step)
        lines = fft.ifft(total, axis=0, overwrite_x=True)[: (rows - 1) * down + 1 : down]
        whole: Array = fft.irfft(lines, self._tiles.cols.size, axis=1, overwrite_x=True)
        return whole[:, : (cols - 1) * across + 1 : across], error

    @cached_property
    def _sizes(self) -> _Kernel:
        return self._kernel(np.abs(self._taps))

    @cached_property
    def _signs(self) -> _Kernel:
        return self._kernel(np.sign(self._taps))

    @cached_property
    def _places(self) -> _Kernel:
        return self._kernel((self._taps != 0).astype(np.float64))

    def _kernel(self, taps: Array) -> _Kernel:
        """Return for each block of `taps` the samples it reads, its transform and its norm."""
        rows, cols = self._tiles.rows, self._tiles.cols
        kernel: _Kernel = []
        for top in range(0, rows.blocks * rows.block, rows.block):
            for left in range(0, cols.blocks * cols.block, cols.block):
                block = taps[top : top + rows.block, left : left + cols.block]
                place = slice(top, top + rows.size), slice(left, left + cols.size)
                spectrum = np.conj(fft.rfft2(block, self._tiles.extent))  # cross-correlation
                kernel.append((place, spectrum, _norm(block)))
        return kernel


def _bounds(count: int, taps: int, step: int) -> tuple[slice, slice]:
    """Return where `count` windows of so many taps begin, and where they end."""
    last = (count - 1) * step + 1
    return slice(0, last, step), slice(taps, taps + last, step)


def _norm(values: Array) -> float:
    """Return the Euclidean norm: not through BLAS, whose last bit depends on its threads."""
    return math.sqrt(np.einsum("ij,ij->", values, values))


def _in_units(taps: Array) -> tuple[float, Array]:
    """Return a unit, and the taps in it: whole numbers, if one of 1 and the smallest tap makes them so.

    Examples
    --------
    >>> _in_units(np.array([[0.25, 0.5, 0.25]]))
    (0.25, array([[1., 2., 1.]]))
    """
    smallest = float(np.abs(taps[taps != 0]).min())
    for unit in (1.0, smallest):
        whole = np.rint(taps / unit)
        if np.abs(whole).max() <= LATTICE and (np.abs(taps / unit - whole) <= 2.0**-50 * np.abs(whole)).all():
            return unit, whole
    return 1.0, taps


def _whole(taps: Array) -> bool:
    return bool((taps == np.rint(taps)).all())
