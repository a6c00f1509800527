from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

_Padding = int | Sequence[int] | Literal['same', 'same_upper', 'same_lower', 'valid']
_Border = Literal['constant', 'edge', 'reflect', 'symmetric', 'wrap', 'zeros', 'replicate', 'circular'] | None
_Dtype = Literal['uint8', 'int8', 'uint16', 'int16', 'float16', 'float32', 'uint32', 'int32', 'float64'] | None

def canny(
    image: ArrayLike,
    *,
    sigma: float | Sequence[float] = 1.0,
    low: float | None = None,
    high: float | None = None,
    quantiles: bool = False,
    norm: Literal['l2', 'l1'] = 'l2',
    suppression: Literal['interpolated', 'sectors'] = 'interpolated',
    truncate: float = 4.0,
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['opencv', 'skimage', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Edges of one pixel, white: maxima along the gradient above high, and those above low that are joined
        to them; each channel by itself.

    sigma: standard deviation of the blur before it, in pixels; 0: none
    low: magnitude of what is joined; default: a tenth of the full scale
    high: magnitude of what counts by itself; default: a fifth of it
    quantiles: whether low and high are shares of the pixels, from 0 to 1
    norm: of the gradient: l2, or l1, the sum of sizes
    suppression: of all but maxima: among points between neighbours, or along the nearest of four
        directions
    truncate: radius in standard deviations
    """


def dog(
    image: ArrayLike,
    sigma: float | Sequence[float],
    *,
    ratio: float = 1.6,
    truncate: float = 4.0,
    tolerance: float = 0.0001,
    gain: float = 1.0,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['skimage', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Difference of two Gaussian blurs: what lies between two scales, positive on bright spots.

    sigma: standard deviation in pixels of the finer one
    ratio: how many times as large that of the coarser one is
    truncate: radius in standard deviations
    tolerance: how far a blur of a large sigma may be off to be quick, as a share of the samples'
        spread; 0: no way
    gain: multiplies the result
    """


def farid(
    image: ArrayLike,
    *,
    direction: Literal['magnitude', 'x', 'y', 'angle'] = 'magnitude',
    gain: float = 1.0,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['skimage', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Gradient magnitude on 5x5 pixels, whose taps are designed for rotation invariance.

    direction: magnitude; the derivative along x (columns) or y (rows); or the angle from x to y, 0 to
        360 degrees
    gain: multiplies the result
    """


def kirsch(
    image: ArrayLike,
    *,
    gain: float = 1.0,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Strongest of eight compass directions.

    gain: multiplies the result
    """


def laplacian(
    image: ArrayLike,
    *,
    gain: float = 1.0,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['opencv', 'scipy', 'skimage', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Second derivative: sum over both axes, positive on dark spots.

    gain: multiplies the result
    """


def log(
    image: ArrayLike,
    sigma: float | Sequence[float],
    *,
    truncate: float = 4.0,
    gain: float = 1.0,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['scipy', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Laplacian of Gaussian: sum of the second derivatives of a blur, positive on dark spots.

    sigma: standard deviation of the Gaussian in pixels
    truncate: radius in standard deviations
    gain: multiplies the result
    """


def prewitt(
    image: ArrayLike,
    *,
    direction: Literal['magnitude', 'x', 'y', 'angle'] = 'magnitude',
    gain: float = 1.0,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['scipy', 'skimage', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Gradient magnitude with [1, 1, 1] smoothing.

    direction: magnitude; the derivative along x (columns) or y (rows); or the angle from x to y, 0 to
        360 degrees
    gain: multiplies the result
    """


def roberts(
    image: ArrayLike,
    *,
    direction: Literal['magnitude', 'x', 'y', 'angle'] = 'magnitude',
    gain: float = 1.0,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['skimage', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Diagonal differences on 2x2 pixels; x is the main diagonal, y the other.

    direction: magnitude; the derivative along x (columns) or y (rows); or the angle from x to y, 0 to
        360 degrees
    gain: multiplies the result
    """


def robinson(
    image: ArrayLike,
    *,
    gain: float = 1.0,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Strongest of eight compass directions, with the taps of Sobel.

    gain: multiplies the result
    """


def scharr(
    image: ArrayLike,
    *,
    direction: Literal['magnitude', 'x', 'y', 'angle'] = 'magnitude',
    gain: float = 1.0,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['opencv', 'skimage', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Gradient magnitude with [3, 10, 3] smoothing, closest to rotation invariance.

    direction: magnitude; the derivative along x (columns) or y (rows); or the angle from x to y, 0 to
        360 degrees
    gain: multiplies the result
    """


def sobel(
    image: ArrayLike,
    *,
    direction: Literal['magnitude', 'x', 'y', 'angle'] = 'magnitude',
    gain: float = 1.0,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['opencv', 'scipy', 'skimage', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Gradient magnitude with [1, 2, 1] smoothing.

    direction: magnitude; the derivative along x (columns) or y (rows); or the angle from x to y, 0 to
        360 degrees
    gain: multiplies the result
    """


def zero_crossing(
    image: ArrayLike,
    sigma: float | Sequence[float],
    *,
    level: float = 0.0,
    truncate: float = 4.0,
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """White where a Laplacian of Gaussian changes its sign between two opposite neighbours, 0 elsewhere.

    sigma: standard deviation of the Gaussian in pixels
    level: by how much the two must differ, more than
    truncate: radius in standard deviations
    """

