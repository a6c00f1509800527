"""Responses of a kernel to a tile, through Fourier transforms, each right to within its own window.

A transform is a sum over the whole tile: what it rounds off is up to

    e = R 2**-53 ||w|| ||x||

for a pair of tiles x and a kernel w, in Euclidean norms, where R counts roundings (`lines.rounding`):

- Forward, a pass is a unitary matrix times a root of its radix, so what it rounds off, r 2**-53 of the norm
  of what it gives, stays the same share of the norm to the end. r is counted in `lines`: one for each
  addition on the way, two for each constant, and for a product with a root of unity one for the root and two
  for the product (C.-P. Jeannerod, P. Kornerup, N. Louvet, J.-M. Muller, "Error bounds on complex
  floating-point multiplication with an FMA", Math. Comp. 86, 2017). So the transforms of x and w are off by
  E 2**-53 of their norms, E the sum over all passes; by Cauchy and Schwarz the response is off by twice that.
- Backward, a response is the root of a tree of sums. What is rounded off in it is at most r 2**-53, pass by
  pass, of the sum of the sizes of its leaves over N, which is ||w|| ||x|| by Cauchy and Schwarz again.

See N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., chapter 24. A thirtieth of it was
seen. That is little beside a response of common size, and too much beside that of a dim window which shares
its tiles with a bright sample. So every response y is to have an error of at most `TOLERANCE` times the sum
of |w||x| over its own window:

- Integer samples under integer taps give integers: where e is below a quarter, rounding makes them exact.
- |y| is at most that sum, so most responses are large enough to show it.
- Where a window holds nothing but zeros, the response is zero.
- |w||x| of the largest tap is at most that sum, and often large enough.
- If few are left, they are computed as sums over their windows. So far `tiling` does it; what follows, this.
- Else the number of samples in each window that are not zero under taps that are not is computed, exactly:
  where there is none, the response is zero. For all others the sum of |w||x| is computed.
- What still is not shown lies beside samples that are larger by orders of magnitude: these are split off, and
  both parts are treated so; no part adds anything to a window in which it has no sample.

NaN and infinities are taken out first, and put into the windows that hold them as a loop over all taps would:
under a tap of 0 an infinity gives NaN, and so does NaN. A tile that holds one, or samples whose squares do
not fit float64, is no part of a pair: the other tile is transformed alone.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from convpipe.compile.cpu.fourier import job as at
from convpipe.compile.cpu.fourier.hand import Hand, Spectrum
from convpipe.compile.cpu.fourier.lines import rounding
from convpipe.dataclass import dataclass
from convpipe.fourier import Tiles
from convpipe.geometry import Extent

Array = NDArray[np.float64]

TOLERANCE = {"float32": 2.0**-22, "float64": 2.0**-42}
"""Largest error of a response, relative to the sum of |w||x| over its window, by the type of the arithmetic.

A loop over the taps rounds every sum; of the 1,600 taps of a 40x40 kernel up to 2**-13 in float32.
"""

ROUNDING = 2.0**-53
"""What an operation rounds off."""

SPAN = 24
"""Binary orders of magnitude that are transformed together once larger samples are split off."""

FEW = 4
"""Responses are computed as sums if these take fewer products than so many times the tile's samples."""

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
    """A kernel, and what is known of its responses to tiles.

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
        self.unit, self.taps = _in_units(taps)
        self._exact = integers and _whole(self.taps)
        self._spectrum = self.hand().spectrum(self.taps)

    def hand(self) -> Hand:
        """Return what a thread transforms tiles with."""
        return Hand(self._tiles, ROUNDING * rounding(self._tiles.extent, self._tiles.blocks))

    def describe(self, hand: Hand) -> None:
        """Tell a job of the kernel."""
        words, numbers = hand.words, hand.numbers
        hand.give(self._spectrum)
        hand.hold(at.TAPS, self.taps)
        peak = np.unravel_index(np.abs(self.taps).argmax(), self.taps.shape)
        words[[at.TAP_ROWS, at.TAP_COLS]] = self.taps.shape
        words[[at.PEAK_ROW, at.PEAK_COL]] = peak
        numbers[at.PEAK] = abs(self.taps[peak])
        numbers[[at.UNIT, at.DOUBT]] = self.unit, 1 + 1 / self._tolerance
        words[[at.WHOLE, at.FEW]] = self._exact, FEW * math.prod(self._tiles.extent)

    def responses(self, samples: Array, extent: Extent, hand: Hand) -> Array:
        """Return the responses to windows in a tile for which nothing is known at once.

        Parameters
        ----------
        samples : ndarray, shape (rows, cols)
            Of one channel; at most (tiles.rows.reads, tiles.cols.reads).
        extent : (rows, cols)
            Of the responses: at most (tiles.rows.makes, tiles.cols.makes).
        hand : Hand
            Of the thread.
        """
        with np.errstate(all="ignore"):  # infinities are meant, and so is what overflows
            if not samples.any():
                return np.zeros(extent)
            responses = self._carefully(samples, extent, hand)
            responses *= self.unit
            return responses

    def _carefully(self, samples: Array, extent: Extent, hand: Hand) -> Array:
        """Return the responses to samples of any size, those beside infinities among them."""
        finite = np.where(np.isfinite(samples), samples, 0.0)
        known, rest = Parts.nothing(), finite
        while True:
            parts = known + self._part(rest, extent, hand)
            doubtful = parts.doubtful(self._tolerance)
            large = np.abs(rest) >= math.ldexp(float(np.abs(rest).max()), -SPAN)
            if not doubtful.any() or (large | (rest == 0)).all():
                break
            known = known + self._part(np.where(large, rest, 0.0), extent, hand)
            rest = np.where(large, 0.0, rest)
        parts.response[doubtful] = self._sums(finite, doubtful)
        return self._not_finite(samples, parts.response, hand)

    def _part(self, samples: Array, extent: Extent, hand: Hand) -> Parts:
        """Return the responses, zero where a window holds no sample but zeros, and their errors and sizes."""
        exponent = int(np.frexp(np.abs(samples).max())[1])
        samples = np.ldexp(samples, -exponent)
        response, error = hand.responses(self._spectrum, samples, extent)
        size, _ = hand.responses(self._sizes, np.abs(samples), extent)
        seen = self._count(samples != 0, extent, hand) > 0
        parts = Parts(np.where(seen, response, 0.0), np.where(seen, error, 0.0), np.where(seen, size, 0.0))
        return parts.scaled(exponent)

    def _not_finite(self, samples: Array, response: Array, hand: Hand) -> Array:
        """Return the response with what NaN and infinities make of it, under taps of 0 too."""
        infinite = np.isinf(samples)
        if infinite.any():
            held = self._held(infinite, response.shape)
            signs = np.where(infinite, np.sign(samples), 0.0)
            net = np.rint(hand.responses(self._signs, signs, response.shape)[0])
            value = np.where(np.abs(net) == held, np.copysign(np.inf, net), np.nan)
            response = np.where(held > 0, value, response)
        if (holes := np.isnan(samples)).any():
            response = np.where(self._held(holes, response.shape) > 0, np.nan, response)
        return response

    def _held(self, marked: NDArray[np.bool_], extent: Extent) -> NDArray[np.int32]:
        """Return how many marked samples each window holds: differences of sums from the corner on."""
        sums = np.zeros((marked.shape[0] + 1, marked.shape[1] + 1), np.int32)
        sums[1:, 1:] = marked.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
        sides = zip(extent, self.taps.shape, (self._tiles.rows, self._tiles.cols), strict=True)
        begin, end = zip(*(_bounds(count, taps, side.step) for count, taps, side in sides), strict=True)
        counts = sums[end[0], end[1]] - sums[begin[0], end[1]] - sums[end[0], begin[1]] + sums[begin]
        return np.asarray(counts)

    def _count(self, marked: NDArray[np.bool_], extent: Extent, hand: Hand) -> Array:
        """Return how many marked samples each window has under taps that are not zero."""
        return np.rint(hand.responses(self._places, marked.astype(np.float64), extent)[0])

    def _sums(self, samples: Array, where: NDArray[np.bool_]) -> Array:
        """Return the responses marked in `where`, each as the sum over its window."""
        rows, cols = np.nonzero(where)
        steps = self._tiles.rows.step, self._tiles.cols.step
        windows = sliding_window_view(samples, self.taps.shape)[:: steps[0], :: steps[1]]
        sums = np.empty(len(rows))
        count = max(1, math.prod(self._tiles.extent) // self.taps.size)
        for first in range(0, len(rows), count):
            part = slice(first, first + count)
            products = windows[rows[part], cols[part]] * self.taps
            sums[part] = products.reshape(len(products), -1).sum(axis=1)
        return sums

    @cached_property
    def _sizes(self) -> Spectrum:
        return self.hand().spectrum(np.abs(self.taps))

    @cached_property
    def _signs(self) -> Spectrum:
        return self.hand().spectrum(np.sign(self.taps))

    @cached_property
    def _places(self) -> Spectrum:
        return self.hand().spectrum((self.taps != 0).astype(np.float64))


def _bounds(count: int, taps: int, step: int) -> tuple[slice, slice]:
    """Return where `count` windows of so many taps begin, and where they end."""
    last = (count - 1) * step + 1
    return slice(0, last, step), slice(taps, taps + last, step)


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
