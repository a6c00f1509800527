from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

_Padding = int | Sequence[int] | Literal['same', 'same_upper', 'same_lower', 'valid']
_Border = Literal['constant', 'edge', 'reflect', 'symmetric', 'wrap', 'zeros', 'replicate', 'circular'] | None
_Dtype = Literal['uint8', 'int8', 'uint16', 'int16', 'float16', 'float32', 'uint32', 'int32', 'float64'] | None
_Axis = Literal['plane', 'stack']

def bilateral(
    image: ArrayLike,
    sigma_color: float,
    *,
    size: int = 9,
    sigma_space: float = 3.0,
    footprint: Literal['disk', 'square'] = 'disk',
    distance: Literal['euclidean', 'manhattan'] = 'euclidean',
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
    """Mean of near pixels that are alike, all colours together: smooth regions and sharp edges.

    size: rows and columns of the window; odd
    sigma_color: standard deviation in colour, in the image's own units
    sigma_space: standard deviation in pixels
    footprint: which pixels of the window count
    distance: of colours: euclidean, or manhattan, the sum of the sizes of differences
    """


def binomial(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 3,
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
    """Weights of Pascal's triangle, near a Gaussian; an even side reaches one pixel further up or left.

    size: rows and columns of the rectangle
    """


def box(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 3,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['opencv', 'scipy', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    axis: _Axis = 'plane',
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Mean of a rectangle of pixels; an even side reaches one pixel further up or left.

    size: rows and columns of the rectangle
    """


def disk(
    image: ArrayLike,
    *,
    radius: float = 1.0,
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
    """Mean of the pixels at most so far away, as a lens out of focus.

    radius: in pixels; need not be whole
    """


def gaussian(
    image: ArrayLike,
    sigma: float | Sequence[float],
    *,
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
    like: Literal['opencv', 'scipy', 'skimage', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    axis: _Axis = 'plane',
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Gaussian low-pass.

    sigma: standard deviation in pixels
    truncate: radius in standard deviations
    tolerance: how far a blur of a large sigma may be off to be quick, as a share of the samples'
        spread; 0: no way
    """


def guided(
    image: ArrayLike,
    guide: ArrayLike | None = None,
    *,
    size: int = 9,
    eps: float = 0.01,
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
    alpha: bool = False,
) -> NDArray[Any]:
    """In each window a line over a guide, near the image: smooth regions, and the guide's edges; each
        colour by itself.

    size: rows and columns of the window; odd
    eps: variance of the guide that is half smoothed, of values over the full scale; below 1e-6 float32
        rounds it off
    """


def motion(
    image: ArrayLike,
    *,
    length: float = 9.0,
    angle: float = 0.0,
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
    """Mean along a line through the pixel, as a camera that moves.

    length: of the line in pixels, from end to end
    angle: of the line in degrees, from the x axis towards smaller rows
    """

