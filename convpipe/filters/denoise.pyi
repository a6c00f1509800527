from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

_Padding = int | Sequence[int] | Literal['same', 'same_upper', 'same_lower', 'valid']
_Border = Literal['constant', 'edge', 'reflect', 'symmetric', 'wrap', 'zeros', 'replicate', 'circular'] | None
_Dtype = Literal['uint8', 'int8', 'uint16', 'int16', 'float16', 'float32', 'uint32', 'int32', 'float64'] | None

def nlmeans(
    image: ArrayLike,
    *,
    h: float = 0.1,
    size: int = 7,
    distance: int = 11,
    sigma: float = 0.0,
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
    """Means of near pixels whose surroundings are alike; all colours together, alpha stays, and a NaN
        spreads.

    h: how alike: larger smooths more, of values over the full scale
    size: pixels of what is compared, on a side; odd
    distance: how far alike surroundings are searched, in pixels
    sigma: standard deviation of the noise, which is taken off the differences
    """


def outliers(
    image: ArrayLike,
    tolerance: float,
    *,
    which: Literal['bright', 'dark', 'both'] = 'bright',
    size: int | Sequence[int] = 3,
    footprint: Literal['square', 'disk', 'ellipse', 'cross', 'diamond'] | ArrayLike = 'square',
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
    """The median in place of pixels that are too far from it; others, and NaNs, stay as they are.

    tolerance: how far is not too far, in the image's own units
    which: pixels above the median, below it, or both
    size: rows and columns of the footprint
    footprint: which pixels of that rectangle count, or rows of 0 and 1
    """


def tv(
    image: ArrayLike,
    *,
    weight: float = 0.1,
    eps: float = 0.0002,
    iterations: int = 200,
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
    """The least total variation near the image: flat regions and sharp edges; each colour by itself, alpha
        stays, and a NaN spreads.

    weight: how much is smoothed, of values over the full scale
    eps: stop when a step changes the cost by less than this share of it
    iterations: most of them
    """


def wavelet(
    image: ArrayLike,
    *,
    wavelet: Literal['db1', 'db2', 'db4', 'sym4'] = 'db1',
    method: Literal['bayes', 'visu', 'BayesShrink', 'VisuShrink'] = 'bayes',
    mode: Literal['soft', 'hard'] = 'soft',
    sigma: float | None = None,
    levels: int | None = None,
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
    """Details of each scale, made smaller by as much as noise is in them; each colour by itself, alpha
        stays, and a NaN spreads.

    wavelet: of Daubechies with 1, 2 or 4 moments, or nearly symmetric
    method: BayesShrink, a threshold for each scale and direction; VisuShrink, one for all
    mode: details lose the threshold, or those below it go
    sigma: standard deviation of the noise, over the full scale; default: found
    levels: how many scales; default: by the size of the image
    """

