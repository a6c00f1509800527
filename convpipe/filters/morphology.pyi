from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

_Padding = int | Sequence[int] | Literal['same', 'same_upper', 'same_lower', 'valid']
_Border = Literal['constant', 'edge', 'reflect', 'symmetric', 'wrap', 'zeros', 'replicate', 'circular'] | None
_Dtype = Literal['uint8', 'int8', 'uint16', 'int16', 'float16', 'float32', 'uint32', 'int32', 'float64'] | None

def blackhat(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 3,
    footprint: Literal['square', 'disk', 'ellipse', 'cross', 'diamond'] | ArrayLike = 'square',
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
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
    """What a closing fills: dark spots smaller than the footprint.

    size: rows and columns of the footprint
    footprint: which pixels of that rectangle count, or rows of 0 and 1
    """


def close(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 3,
    footprint: Literal['square', 'disk', 'ellipse', 'cross', 'diamond'] | ArrayLike = 'square',
    iterations: int = 1,
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
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
    """Dilated, then eroded: what is dark and smaller than the footprint goes.

    size: rows and columns of the footprint
    footprint: which pixels of that rectangle count, or rows of 0 and 1
    iterations: how often, one after the other
    """


def dilate(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 3,
    footprint: Literal['square', 'disk', 'ellipse', 'cross', 'diamond'] | ArrayLike = 'square',
    iterations: int = 1,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['opencv', 'scipy', 'skimage', 'skimage2', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """The highest pixel under the footprint: what is bright becomes larger.

    size: rows and columns of the footprint
    footprint: which pixels of that rectangle count, or rows of 0 and 1
    iterations: how often, one after the other
    """


def erode(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 3,
    footprint: Literal['square', 'disk', 'ellipse', 'cross', 'diamond'] | ArrayLike = 'square',
    iterations: int = 1,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    dilation: int | Sequence[int] = 1,
    anchor: int | Sequence[int] | None = None,
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['opencv', 'scipy', 'skimage', 'skimage2', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """The lowest pixel under the footprint: what is bright becomes smaller.

    size: rows and columns of the footprint
    footprint: which pixels of that rectangle count, or rows of 0 and 1
    iterations: how often, one after the other
    """


def gradient(
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
    like: Literal['opencv', 'scipy', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Dilated less eroded: how much the image changes under the footprint.

    size: rows and columns of the footprint
    footprint: which pixels of that rectangle count, or rows of 0 and 1
    """


def open(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 3,
    footprint: Literal['square', 'disk', 'ellipse', 'cross', 'diamond'] | ArrayLike = 'square',
    iterations: int = 1,
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
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
    """Eroded, then dilated: what is bright and smaller than the footprint goes.

    size: rows and columns of the footprint
    footprint: which pixels of that rectangle count, or rows of 0 and 1
    iterations: how often, one after the other
    """


def reconstruct(
    image: ArrayLike,
    seed: ArrayLike,
    *,
    method: Literal['dilation', 'erosion'] = 'dilation',
    connectivity: int = 2,
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
    alpha: bool = False,
) -> NDArray[Any]:
    """Another stage's result, the seed, dilated (or eroded) again and again, never above (below) the
        image; each colour by itself, alpha stays, and nothing passes a NaN.

    method: from below, or from above
    connectivity: where it grows: 1, to the sides; 2, to corners, too
    """


def tophat(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 3,
    footprint: Literal['square', 'disk', 'ellipse', 'cross', 'diamond'] | ArrayLike = 'square',
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
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
    """What an opening takes away: bright spots smaller than the footprint, on a level ground.

    size: rows and columns of the footprint
    footprint: which pixels of that rectangle count, or rows of 0 and 1
    """

