from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

_Padding = int | Sequence[int] | Literal['same', 'same_upper', 'same_lower', 'valid']
_Border = Literal['constant', 'edge', 'reflect', 'symmetric', 'wrap', 'zeros', 'replicate', 'circular'] | None
_Dtype = Literal['uint8', 'int8', 'uint16', 'int16', 'float16', 'float32', 'uint32', 'int32', 'float64'] | None

def flatfield(
    image: ArrayLike,
    flat: str | ArrayLike,
    *,
    dark: str | ArrayLike | None = None,
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
    """The image less a dark frame, divided by the light of a flat field; left where that shows none.

    flat: a picture of nothing but the light, of the image's rows and columns
    dark: a picture without light; default: none
    """


def subtract(
    image: ArrayLike,
    *,
    method: Literal['gaussian', 'tophat', 'median', 'rolling_ball'] = 'gaussian',
    sigma: float | Sequence[float] | None = None,
    size: int | Sequence[int] | None = None,
    footprint: Literal['square', 'disk', 'ellipse', 'cross', 'diamond'] | ArrayLike | None = None,
    radius: float | None = None,
    which: Literal['bright', 'dark'] = 'bright',
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
    """The image less its background, as a blur, an opening, a median or a rolling ball finds it.

    method: how the background is found
    sigma: of gaussian: standard deviation in pixels; default: 50
    size: of tophat and median: rows and columns of the footprint; default: 51
    footprint: of tophat and median: its shape; default: a disk for tophat, a square for median
    radius: of rolling_ball: in pixels, and in values of the image; default: 50
    which: bright objects on a dark background, which becomes 0, or dark ones on a bright one, which
        becomes the largest value
    """

