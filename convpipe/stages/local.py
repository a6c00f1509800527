"""Thresholds and contrast by what lies around each pixel: the mean of a window, and the deviation in it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from convpipe.errors import ParameterError
from convpipe.ops import IDENTITY, Graph, Map, Node, Op, Stencil, Taps
from convpipe.stages.base import ImageKind, method
from convpipe.stages.blur import gaussian_taps
from convpipe.stages.numbers import CountPair, Number
from convpipe.stages.parameters import Choice

_LARGEST_SIDE = 8191


def _odd(size: tuple[int, int]) -> None:
    """Refuse a window that has no middle.

    Raises
    ------
    ParameterError
    """
    if not all(side % 2 and side <= _LARGEST_SIDE for side in size):
        raise ParameterError(f"size needs odd numbers of at most {_LARGEST_SIDE}; given {list(size)}", "size")


def _mean(size: tuple[int, int]) -> Taps:
    rows, cols = size
    return Taps.outer(np.full(rows, 1 / rows), np.full(cols, 1 / cols))


_SMALL_GAUSSIANS = {
    3: np.array([1, 2, 1]) / 4,
    5: np.array([1, 4, 6, 4, 1]) / 16,
    7: np.array([2, 7, 14, 18, 14, 7, 2]) / 64,
    9: np.array([4, 13, 30, 51, 60, 51, 30, 13, 4]) / 256,
}
"""Those that OpenCV has instead of samples of a Gaussian: cv2.getGaussianKernel(size, 0)."""


def _gauss(size: tuple[int, int]) -> Taps:
    """Return the taps of OpenCV's Gaussian of that size."""

    def of(side: int) -> NDArray[np.float64]:
        sigma = 0.3 * ((side - 1) * 0.5 - 1) + 0.8
        small = _SMALL_GAUSSIANS.get(side)
        return gaussian_taps(sigma, (side // 2) / sigma) if small is None else small

    rows, cols = map(of, size)
    return Taps.outer(rows, cols)


@method(
    "threshold",
    "adaptive",
    "largest value of the dtype above the mean around the pixel less an offset, 0 elsewhere",
    reference="cv2.adaptiveThreshold with THRESH_BINARY, whose border is edge",
    parameters=(
        CountPair("size", "rows and columns of the window; odd", (11, 11)),
        Number("offset", "taken from the mean, in the image's own units", 2.0),
        Choice(
            "method",
            "whether all pixels of the window count alike, or by OpenCV's Gaussian of that size: "
            "sigma is 0.15 * size + 0.35 above 9",
            "mean",
            choices=("mean", "gauss"),
        ),
    ),
    formula="full scale if r > mean - offset, else 0; of integers the mean is rounded, the offset up",
)
def _adaptive(size: tuple[int, int], offset: float, method: str, image: ImageKind) -> tuple[Op, ...]:
    _odd(size)
    taps = _mean(size) if method == "mean" else _gauss(size)
    whole = image.full_scale > 1
    mean = "round(mean)" if whole else "mean"
    values = (("offset", math.ceil(offset) if whole else offset), ("full", image.full_scale))
    return (
        Stencil((IDENTITY.centred(taps.extent), taps), ("r", "mean")),
        Map(f"where(r > {mean} - offset, full, 0)", ("r", "mean"), values),
    )


def moments(size: tuple[int, int], image: ImageKind) -> tuple[Node, ...]:
    """Return what gives `mean`, that around each pixel less a `middle`, and `squares`, that of its square.

    The middle is that of the dtype: the less there is to square, the less is rounded off.
    """
    less = Map("r - middle", constants=(("middle", middle(image)),))
    mean = Stencil((_mean(size),), mean=True)
    return (
        Node("centred", (less,)),
        Node("mean", (mean,), ("centred",)),
        Node("squared", (Map("square(r)"),), ("centred",)),
        Node("squares", (mean,), ("squared",)),
    )


def middle(image: ImageKind) -> float:
    """Return the middle of the dtype, a whole number of an integer type."""
    middle = (image.full_scale + image.lowest) / 2
    return math.ceil(middle) if image.full_scale > 1 else middle


MEAN = "(middle + mean)"

VARIANCE = "(squares - square(mean))"

DEVIATION = f"where({VARIANCE} > noise * squares, sqrt({VARIANCE}), 0)"
"""Standard deviation around a pixel; 0 where it is no more than what is rounded off: see :func:`noise`."""


def noise(size: tuple[int, int], image: ImageKind) -> float:
    """Return what share of itself the mean of squares, or a mean, may be off by the rounding of its sums.

    The sums of few integers of 8 bits are exact.
    """
    exact = image.full_scale > 1 and math.prod(size) * middle(image) ** 2 <= 2**24
    return 2.0**-21 if exact else 2.0**-23 * sum(size)


_SIZE = CountPair("size", "rows and columns of the window; odd", (15, 15))
_OFFSET = Number("offset", "taken from the level, in the image's own units", 0.0)


def _above_level(level: str, size: tuple[int, int], image: ImageKind, **values: float) -> Graph:
    """Return white above a level, an expression of :data:`MEAN`, :data:`DEVIATION` and `values`.

    What is above it by no more than the mean rounds off, which is one about the middle, is not: of a flat
    window nothing is.
    """
    _odd(size)
    numbers = {**values, "middle": middle(image), "noise": noise(size, image), "full": image.full_scale}
    text = f"where(r - ({level}) > noise * (abs(r) + abs(mean)), full, 0)"
    white = Map(text, ("r", "mean", "squares"), tuple(numbers.items()))
    return Graph((*moments(size, image), Node("result", (white,), ("input", "mean", "squares"))))


@method(
    "threshold",
    "niblack",
    "largest value of the dtype above the mean around the pixel less some deviations, 0 elsewhere",
    reference="skimage.filters.threshold_niblack; W. Niblack, 'An introduction to digital image "
    "processing', 1986",
    parameters=(_SIZE, Number("k", "how many standard deviations below the mean the level is", 0.2), _OFFSET),
    formula="full scale if r > mean - k * deviation - offset, else 0",
)
def _niblack(size: tuple[int, int], k: float, offset: float, image: ImageKind) -> Graph:
    return _above_level(f"{MEAN} - k * {DEVIATION} - offset", size, image, k=k, offset=offset)


@method(
    "threshold",
    "sauvola",
    "largest value of the dtype above a share of the mean around the pixel, 0 elsewhere; less where the "
    "deviation is small",
    reference="skimage.filters.threshold_sauvola; J. Sauvola, M. Pietikainen, 'Adaptive document image "
    "binarization', Pattern Recognition 33, 2000",
    parameters=(
        _SIZE,
        Number("k", "how much of the mean the level loses in a flat window", 0.2),
        Number(
            "r",
            "deviation where the level is the mean; default: half of the dtype's range, 1 for floating point",
            None,
            above=0.0,
        ),
        _OFFSET,
    ),
    formula="full scale if r > mean * (1 + k * (deviation / r - 1)) - offset, else 0",
)
def _sauvola(size: tuple[int, int], k: float, r: float | None, offset: float, image: ImageKind) -> Graph:
    half = (image.full_scale - image.lowest) / 2 if image.full_scale > 1 else 1.0
    level = f"{MEAN} * (1 + k * ({DEVIATION} / widest - 1)) - offset"
    return _above_level(level, size, image, k=k, widest=r or half, offset=offset)


@method(
    "contrast",
    "local",
    "contrast by the mean and the standard deviation around each pixel, so that it is alike everywhere",
    reference="W. K. Pratt, 'Digital image processing', 4th edition 2007, on the Wallis operator; zscore: "
    "differences in deviations, as scipy.stats.zscore of each window",
    parameters=(
        CountPair("size", "rows and columns of the window; odd", (31, 31)),
        Choice(
            "method",
            "wallis: mean and deviation are drawn to others; zscore: difference from the mean, in deviations",
            "wallis",
            choices=("wallis", "zscore"),
        ),
        Number("mean", "to which wallis draws, in the image's own units; default: middle of the dtype", None),
        Number("deviation", "to which wallis draws; default: a fifth of the full scale", None, above=0.0),
        Number("gain", "most that wallis multiplies a difference with", 4.0, above=0.0),
        Number(
            "weight", "of the mean that wallis draws to, the rest of that around", 0.8, least=0.0, most=1.0
        ),
    ),
    formula="wallis: (r - m) * gain * deviation / (gain * s + deviation) + weight * mean + (1 - weight) * m; "
    "zscore: (r - m) / s, 0 where s is; of the mean m around and the deviation s",
)
def _local(size: tuple[int, int], method: str, image: ImageKind, **wallis: float | None) -> Graph:
    _odd(size)
    numbers = {"middle": middle(image), "noise": noise(size, image)}
    if method == "zscore":
        text = f"where({DEVIATION} > 0, (r - {MEAN}) / {DEVIATION}, 0)"
    else:
        usual = {"mean": numbers["middle"], "deviation": image.full_scale / 5}
        given = {name: usual[name] if value is None else value for name, value in wallis.items()}
        numbers |= {"wanted": given.pop("mean"), "spread": given.pop("deviation"), **given}
        share = f"gain * spread / (gain * {DEVIATION} + spread)"
        text = f"(r - {MEAN}) * ({share}) + weight * wanted + (1 - weight) * {MEAN}"
    made = Map(text, ("r", "mean", "squares"), tuple(numbers.items()))
    return Graph((*moments(size, image), Node("result", (made,), ("input", "mean", "squares"))))
