from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

_Padding = int | Sequence[int] | Literal['same', 'same_upper', 'same_lower', 'valid']
_Border = Literal['constant', 'edge', 'reflect', 'symmetric', 'wrap', 'zeros', 'replicate', 'circular'] | None
_Dtype = Literal['uint8', 'int8', 'uint16', 'int16', 'float16', 'float32', 'uint32', 'int32', 'float64'] | None

def high_boost(
    image: ArrayLike,
    sigma: float | Sequence[float],
    *,
    boost: float = 2.0,
    truncate: float = 4.0,
    tolerance: float = 0.0001,
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
    """Boost * image - Gaussian blur: what a blur takes away, and boost - 1 times the image.

    sigma: standard deviation in pixels
    boost: weight of the image: 1 leaves details alone, 2 is unsharp
    truncate: radius in standard deviations
    tolerance: how far a blur of a large sigma may be off to be quick, as a share of the samples'
        spread; 0: no way
    """


def laplacian(
    image: ArrayLike,
    *,
    amount: float = 1.0,
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
    """Image - amount * second derivative.

    amount: strength of the sharpening
    """


def unsharp(
    image: ArrayLike,
    sigma: float | Sequence[float],
    *,
    amount: float = 1.0,
    level: float = 0.0,
    truncate: float = 4.0,
    tolerance: float = 0.0001,
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
    """Image + amount * (image - Gaussian blur), where the difference is above a level.

    sigma: standard deviation in pixels
    amount: strength of the sharpening
    level: differences up to it are let be, as noise; in the image's own units
    truncate: radius in standard deviations
    tolerance: how far a blur of a large sigma may be off to be quick, as a share of the samples'
        spread; 0: no way
    """

