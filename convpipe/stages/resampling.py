"""The mathematics of resizing: which samples an output is a sum of, with which weights."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.errors import PlanError
from convpipe.geometry import Extent
from convpipe.polyphase import Polyphase

MOST = 2**20
"""Most rows or columns of an image and of a result: each of these has taps of its own, which are kept."""

Weights = NDArray[np.float64]


class Kernel(NamedTuple):
    """How far it reaches to either side, its value at a distance, and whether that has no steps."""

    support: float
    value: Callable[[Weights], Weights]
    is_continuous: bool = True


def _box(x: Weights) -> Weights:
    return np.where((x > -0.5) & (x <= 0.5), 1.0, 0.0)


def _bilinear(x: Weights) -> Weights:
    return np.where(np.abs(x) < 1, 1 - np.abs(x), 0)


def _hamming(x: Weights) -> Weights:
    return np.where(np.abs(x) < 1, np.sinc(x) * (0.54 + 0.46 * np.cos(np.pi * x)), 0)


def _bicubic(sharpness: float) -> Callable[[Weights], Weights]:
    """Return the kernel of R. Keys, "Cubic convolution interpolation for digital image processing", 1981."""

    def value(x: Weights) -> Weights:
        x = np.abs(x)
        near = ((sharpness + 2) * x - (sharpness + 3)) * x * x + 1
        far = (((x - 5) * x + 8) * x - 4) * sharpness
        return np.where(x < 1, near, np.where(x < 2, far, 0))

    return value


def _lanczos(x: Weights) -> Weights:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)


KERNELS = {
    "box": Kernel(0.5, _box, is_continuous=False),
    "bilinear": Kernel(1, _bilinear),
    "hamming": Kernel(1, _hamming),
    "bicubic": Kernel(2, _bicubic(-0.5)),
    "lanczos3": Kernel(3, _lanczos),
}
"""As Pillow has them."""

INTERPOLATING = {**KERNELS, "bicubic": Kernel(2, _bicubic(-0.75))}
"""As OpenCV and torch have them, where the kernel is not widened."""

METHODS = ("nearest", "area", *KERNELS)


@dataclass(frozen=True)
class Resizing:
    """The taps of a resize, once the extent of an image is known. See :class:`convpipe.ops.Rule`.

    Parameters
    ----------
    method : str
        One of :data:`METHODS`.
    antialias : bool
    size : (rows, cols) or 'input', optional
        Of the result, which is that of the image that enters the pipeline; or, in its place,
    factor : (float, float), optional
        of rows and columns; or
    longest : int, optional
        the longer side of the result.
    enlarge : bool
        Whether an image whose longer side is below `longest` becomes larger; or stays as it is.
    """

    method: str
    antialias: bool = True
    size: Extent | Literal["input"] | None = None
    factor: tuple[float, float] | None = None
    longest: int | None = None
    enlarge: bool = True

    def extent(self, given: Extent, image: Extent) -> Extent:
        """Return the extent of the result for one `given`, in a pipeline for an `image`.

        A side is rounded half up, to 1 at least.

        Examples
        --------
        >>> Resizing("area", longest=100).extent((300, 451), (0, 0))
        (67, 100)
        """
        if self.size == "input":
            return image
        if self.size is not None:
            return self.size
        if self.factor is not None:
            exact = [Fraction(factor) * side for factor, side in zip(self.factor, given, strict=True)]
        else:
            longest = self.longest or 1
            if not self.enlarge:
                longest = min(longest, max(given))
            exact = [Fraction(longest, max(given)) * side for side in given]
        rows, cols = (max(1, int(side + Fraction(1, 2))) for side in exact)
        return rows, cols

    def axes(self, extent: Extent, image: Extent, entering: Extent) -> tuple[Polyphase, Polyphase]:
        """Return the taps of rows and columns, for one of `extent` in a pipeline for an `image`.

        Raises
        ------
        PlanError
            If the image or the result has more than :data:`MOST` rows or columns.
        """
        check_extent("image", extent)
        made = self.extent(extent, image)
        check_extent("result", made)
        rows, cols = (
            polyphase(self.method, source, target, self.antialias)
            for source, target in zip(extent, made, strict=True)
        )
        return rows, cols


@dataclass(frozen=True)
class Doubling:
    """The taps of twice as many rows and columns: :func:`doubled`. See :class:`convpipe.ops.Rule`."""

    def axes(self, extent: Extent, image: Extent, entering: Extent) -> tuple[Polyphase, Polyphase]:
        """Return the taps of rows and columns, for one of `extent`; as :meth:`Resizing.axes`."""
        check_extent("image", extent)
        check_extent("result", (2 * extent[0], 2 * extent[1]))
        rows, cols = map(doubled, extent)
        return rows, cols


def check_extent(what: str, extent: Extent) -> None:
    """Raise PlanError if an image or a result has too many rows or columns."""
    if max(extent) > MOST:
        raise PlanError(f"its {what} of {extent[0]}x{extent[1]} has a side above {MOST}")


def doubled(source: int) -> Polyphase:
    """Return the taps [1, 4, 6, 4, 1] / 8 over `source` samples with a 0 after each.

    Output 2 i is centred on sample i. Samples are mirrored about the first, and the last one is repeated, as
    OpenCV's ``pyrUp`` does.

    Examples
    --------
    >>> 8 * doubled(2).weights
    array([[6., 2.],
           [4., 4.],
           [1., 7.],
           [0., 8.]])
    """
    outputs = np.arange(2 * source)[:, None]
    weights = np.where(outputs % 2 == 0, [1, 6, 1], [0, 4, 4]) / 8
    weights[0] = 0, 6 / 8, 2 / 8  # what stands before the first is the second
    places, weights = _repeated(outputs // 2 + np.arange(-1, 2), weights, source)
    return Polyphase.of(places, weights, source, Fraction(1, 2), Fraction(0))


def polyphase(method: str, source: int, target: int, antialias: bool = True) -> Polyphase:
    """Return the taps that make `target` samples of `source`.

    Output i is centred at ``(i + 0.5) * source / target``, the first sample being from 0 to 1.

    Parameters
    ----------
    method : str
    source, target : int
    antialias : bool
        Widen the kernel by ``source / target`` where the result is smaller, and cut it at the ends of the
        image, as Pillow does; or else leave it as it is, and repeat the first and last sample, as OpenCV and
        torch do.

    Examples
    --------
    >>> polyphase("bilinear", 4, 2).weights
    array([[0.42857143, 0.42857143, 0.14285714],
           [0.14285714, 0.42857143, 0.42857143]])
    >>> polyphase("area", 3, 2).weights
    array([[0.66666667, 0.33333333],
           [0.33333333, 0.66666667]])
    """
    if source == target:
        return Polyphase.identity(source)
    if method == "nearest":
        places = (2 * np.arange(target)[:, None] + 1) * source // (2 * target)
        weights = np.ones(places.shape)
    elif method == "area":
        places, weights = _area(source, target)
    elif antialias:
        places, weights = under(KERNELS[method], source, target, max(source / target, 1.0))
        weights[(places < 0) | (places >= source)] = 0
    else:
        places, weights = _repeated(*under(INTERPOLATING[method], source, target, 1.0), source)
    weights /= weights.sum(axis=1, keepdims=True)
    step = Fraction(source, target)
    return Polyphase.of(places, weights, source, step, (step - 1) / 2)


def under(kernel: Kernel, source: int, target: int, stretch: float) -> tuple[NDArray[np.int64], Weights]:
    """Return the samples under a kernel that is widened, of every output, and its value there.

    Source: Pillow, ``precompute_coeffs`` in Resample.c.
    """
    whole, part = _centres(source, target, kernel.is_continuous)
    reach = kernel.support * stretch
    first, end = (np.floor(part + side + 0.5).astype(np.int64) for side in (-reach, reach))
    places = first + np.arange(int((end - first).max()))
    weights = kernel.value((places - part + 0.5) * (1 / stretch))
    weights[places >= end] = 0
    return whole + places, weights


def _centres(source: int, target: int, exact: bool) -> tuple[NDArray[np.int64], Weights]:
    """Return where outputs are centred: whole samples, and a part of one.

    As of exact numbers outputs that lie alike among their samples get weights that are equal to the bit.
    Where a kernel steps, what rounding makes of a sample on its edge decides much: that is as Pillow's.
    """
    outputs = np.arange(target)[:, None]
    if not exact:
        return np.zeros_like(outputs), np.asarray((outputs + 0.5) * (source / target), np.float64)
    centres = (2 * outputs + 1) * source  # in units of 1 / (2 * target) samples
    return centres // (2 * target), np.asarray(centres % (2 * target) / (2 * target), np.float64)


def _repeated(places: NDArray[np.int64], weights: Weights, source: int) -> tuple[NDArray[np.int64], Weights]:
    """Give the weights of samples outside to the nearest inside."""
    inside = np.clip(places, 0, source - 1)
    first = inside[:, :1]
    found = np.zeros(weights.shape)
    rows = np.broadcast_to(np.arange(len(places))[:, None], places.shape)
    np.add.at(found, (rows, inside - first), weights)
    return first + np.arange(weights.shape[1]), found


def _area(source: int, target: int) -> tuple[NDArray[np.int64], Weights]:
    """Return the samples that each output covers, and how much of it each fills."""
    begins = np.arange(target)[:, None] * source  # in units of 1 / target samples
    places = begins // target + np.arange(-(-source // target) + 1)
    covered = np.minimum(begins + source, (places + 1) * target) - np.maximum(begins, places * target)
    return places, np.maximum(covered, 0).astype(np.float64)
