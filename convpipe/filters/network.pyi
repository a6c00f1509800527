from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

_Padding = int | Sequence[int] | Literal['same', 'same_upper', 'same_lower', 'valid']
_Border = Literal['constant', 'edge', 'reflect', 'symmetric', 'wrap', 'zeros', 'replicate', 'circular'] | None
_Dtype = Literal['uint8', 'int8', 'uint16', 'int16', 'float16', 'float32', 'uint32', 'int32', 'float64'] | None

def avg_pool(
    image: ArrayLike,
    size: int | Sequence[int],
    *,
    stride: int | Sequence[int] | None = None,
    padding: _Padding = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['torch', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Mean of each window.

    size: rows and columns of the window
    stride: step between outputs, in pixels; default: the size
    padding: pixels outside that windows may reach to, at most half of one
    dilation: step between the places of a window, in pixels
    ceil_mode: whether a last window may reach beyond the padding
    count_include_pad: whether padding counts as pixels of 0; or not at all
    """


def batch_norm(
    image: ArrayLike,
    mean: str | float | Sequence[float],
    var: str | float | Sequence[float],
    *,
    weight: str | float | Sequence[float] = 1.0,
    bias: str | float | Sequence[float] = 0.0,
    eps: float = 1e-05,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['torch', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Mean and variance of each channel taken out, as of a trained network; folded into a conv before it.

    mean: of each channel
    var: variance of each channel
    weight: multiplies each channel
    bias: added to each channel
    eps: added to the variance
    """


def conv(
    image: ArrayLike,
    weights: str | ArrayLike,
    *,
    bias: str | float | Sequence[float] = 0.0,
    groups: int = 1,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['torch', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Filters over all channels together, a channel for each; alpha stays; padding is same, torch's
        default 0.

    weights: of each filter, for each channel of its group, rows and columns
    bias: added to what each filter gives
    groups: of channels: each group of filters sees its own
    """


def leaky_relu(
    image: ArrayLike,
    *,
    slope: float = 0.01,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['torch', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Multiplied by a slope below 0.

    slope: multiplies what is below 0
    """


def max_pool(
    image: ArrayLike,
    size: int | Sequence[int],
    *,
    stride: int | Sequence[int] | None = None,
    padding: _Padding = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['torch', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Largest pixel of each window.

    size: rows and columns of the window
    stride: step between outputs, in pixels; default: the size
    padding: pixels outside that windows may reach to, at most half of one
    dilation: step between the places of a window, in pixels
    ceil_mode: whether a last window may reach beyond the padding
    """


def normalize(
    image: ArrayLike,
    mean: str | float | Sequence[float],
    std: str | float | Sequence[float],
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
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
    """Mean and deviation of each colour taken out, as networks want their images.

    mean: of each channel, of samples from 0 to 1
    std: standard deviation of each channel, of samples from 0 to 1
    """


def relu(
    image: ArrayLike,
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['torch', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """0 below 0."""


def sigmoid(
    image: ArrayLike,
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['torch', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """The logistic function, from 0 to 1."""

