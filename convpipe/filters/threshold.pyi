from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

_Padding = int | Sequence[int] | Literal['same', 'same_upper', 'same_lower', 'valid']
_Border = Literal['constant', 'edge', 'reflect', 'symmetric', 'wrap', 'zeros', 'replicate', 'circular'] | None
_Dtype = Literal['uint8', 'int8', 'uint16', 'int16', 'float16', 'float32', 'uint32', 'int32', 'float64'] | None
_Axis = Literal['plane', 'stack']

def adaptive(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 11,
    offset: float = 2.0,
    method: Literal['mean', 'gauss'] = 'mean',
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['opencv', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Largest value of the dtype above the mean around the pixel less an offset, 0 elsewhere.

    size: rows and columns of the window; odd
    offset: taken from the mean, in the image's own units
    method: whether all pixels of the window count alike, or by OpenCV's Gaussian of that size: sigma is
        0.15 * size + 0.35 above 9
    """


def between(
    image: ArrayLike,
    low: float,
    high: float,
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['opencv', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Largest value of the dtype from one level to another, both included, 0 elsewhere; each colour by
        itself.

    low: least value that becomes white, in the image's own units
    high: largest value that becomes white
    """


def fixed(
    image: ArrayLike,
    level: float,
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['opencv', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Largest value of the dtype above a level, 0 elsewhere, of signed types too.

    level: pixels above it become white, in the image's own units
    """


def hysteresis(
    image: ArrayLike,
    low: float,
    high: float,
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
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
    """Largest value of the dtype above a low level, in regions of that which are somewhere above a high
        one, 0 elsewhere; each colour by itself.

    low: pixels of a region are above it, in the image's own units
    high: one of them at least is above it
    """


def isodata(
    image: ArrayLike,
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['skimage', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    axis: _Axis = 'plane',
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Largest value of the dtype above the least level halfway between the means of what is below and
        above it, 0 elsewhere; all colours together."""


def li(
    image: ArrayLike,
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['skimage', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    axis: _Axis = 'plane',
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Largest value of the dtype above the level of the least cross entropy of the image and its two
        classes' means, 0 elsewhere; all colours together."""


def mean(
    image: ArrayLike,
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['skimage', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    axis: _Axis = 'plane',
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Largest value of the dtype above the image's mean, 0 elsewhere; all colours together."""


def multiotsu(
    image: ArrayLike,
    *,
    classes: int = 3,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['skimage', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    axis: _Axis = 'plane',
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Classes of gray by levels of the largest variance between them, at equal distances over the full
        scale of the dtype; all colours together.

    classes: how many values the result has
    """


def niblack(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 15,
    k: float = 0.2,
    offset: float = 0.0,
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
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
    """Largest value of the dtype above the mean around the pixel less some deviations, 0 elsewhere.

    size: rows and columns of the window; odd
    k: how many standard deviations below the mean the level is
    offset: taken from the level, in the image's own units
    """


def otsu(
    image: ArrayLike,
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['opencv', 'skimage', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    axis: _Axis = 'plane',
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Largest value of the dtype above the level that parts the image in two classes of the largest
        variance between them, 0 elsewhere; all colours together."""


def percentile(
    image: ArrayLike,
    percentile: float,
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    axis: _Axis = 'plane',
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Largest value of the dtype above a percentile of the image's samples, 0 elsewhere; all colours
        together.

    percentile: share of the samples that become black, from 0 to 100
    """


def sauvola(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 15,
    k: float = 0.2,
    r: float | None = None,
    offset: float = 0.0,
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
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
    """Largest value of the dtype above a share of the mean around the pixel, 0 elsewhere; less where the
        deviation is small.

    size: rows and columns of the window; odd
    k: how much of the mean the level loses in a flat window
    r: deviation where the level is the mean; default: half of the dtype's range, 1 for floating point
    offset: taken from the level, in the image's own units
    """


def triangle(
    image: ArrayLike,
    *,
    line: Literal['samples', 'beyond'] = 'samples',
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['opencv', 'skimage', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    axis: _Axis = 'plane',
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Largest value of the dtype above the level whose bin is furthest below the line from the histogram's
        peak to its longer end, 0 elsewhere; all colours together.

    line: where it ends: at the outermost bin that has samples, or at the empty one beyond, and then the
        level is a bin nearer to that, as in OpenCV and ImageJ
    """


def yen(
    image: ArrayLike,
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['skimage', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    axis: _Axis = 'plane',
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Largest value of the dtype above the level of the largest correlation of the histogram's two parts,
        0 elsewhere; all colours together."""

