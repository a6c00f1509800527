from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

_Padding = int | Sequence[int] | Literal['same', 'same_upper', 'same_lower', 'valid']
_Border = Literal['constant', 'edge', 'reflect', 'symmetric', 'wrap', 'zeros', 'replicate', 'circular'] | None
_Dtype = Literal['uint8', 'int8', 'uint16', 'int16', 'float16', 'float32', 'uint32', 'int32', 'float64'] | None
_Axis = Literal['plane', 'stack']

def maximum(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 3,
    footprint: Literal['square', 'disk', 'ellipse', 'cross', 'diamond'] | ArrayLike = 'square',
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['opencv', 'scipy', 'pillow', 'vips', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    axis: _Axis = 'plane',
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """The highest pixel.

    size: rows and columns of the footprint
    footprint: which pixels of that rectangle count, or rows of 0 and 1
    """


def median(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 3,
    footprint: Literal['square', 'disk', 'ellipse', 'cross', 'diamond'] | ArrayLike = 'square',
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['opencv', 'scipy', 'skimage', 'pillow', 'vips', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    axis: _Axis = 'plane',
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """The middle one of the sorted pixels; the upper of two.

    size: rows and columns of the footprint
    footprint: which pixels of that rectangle count, or rows of 0 and 1
    """


def midpoint(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 3,
    footprint: Literal['square', 'disk', 'ellipse', 'cross', 'diamond'] | ArrayLike = 'square',
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
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
    """Half way between the lowest and the highest pixel.

    size: rows and columns of the footprint
    footprint: which pixels of that rectangle count, or rows of 0 and 1
    """


def minimum(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 3,
    footprint: Literal['square', 'disk', 'ellipse', 'cross', 'diamond'] | ArrayLike = 'square',
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['opencv', 'scipy', 'pillow', 'vips', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    axis: _Axis = 'plane',
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """The lowest pixel.

    size: rows and columns of the footprint
    footprint: which pixels of that rectangle count, or rows of 0 and 1
    """


def mode(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 3,
    footprint: Literal['square', 'disk', 'ellipse', 'cross', 'diamond'] | ArrayLike = 'square',
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
    """The most frequent of the pixels, the lowest of several; of at most 25 pixels.

    size: rows and columns of the footprint
    footprint: which pixels of that rectangle count, or rows of 0 and 1
    """


def percentile(
    image: ArrayLike,
    percentile: float,
    *,
    size: int | Sequence[int] = 3,
    footprint: Literal['square', 'disk', 'ellipse', 'cross', 'diamond'] | ArrayLike = 'square',
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['scipy', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    axis: _Axis = 'plane',
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """The pixel that so many percent of the sorted ones stand below.

    percentile: share of the pixels below it, from 0 to 100
    size: rows and columns of the footprint
    footprint: which pixels of that rectangle count, or rows of 0 and 1
    """


def range(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 3,
    footprint: Literal['square', 'disk', 'ellipse', 'cross', 'diamond'] | ArrayLike = 'square',
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
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
    """The difference of the highest and the lowest pixel.

    size: rows and columns of the footprint
    footprint: which pixels of that rectangle count, or rows of 0 and 1
    """

