from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

_Padding = int | Sequence[int] | Literal['same', 'same_upper', 'same_lower', 'valid']
_Border = Literal['constant', 'edge', 'reflect', 'symmetric', 'wrap', 'zeros', 'replicate', 'circular'] | None
_Dtype = Literal['uint8', 'int8', 'uint16', 'int16', 'float16', 'float32', 'uint32', 'int32', 'float64'] | None

def clear_border(
    image: ArrayLike,
    *,
    buffer: int = 0,
    connectivity: int = 2,
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
    """Objects that touch the border of the image become background; the rest stays.

    buffer: how near to the border is touching it, in pixels
    connectivity: which neighbours are together as pixels of an object: 1, those at a side; 2, those at
        a corner, too
    """


def distance(
    image: ArrayLike,
    *,
    metric: Literal['euclidean', 'taxicab', 'chessboard'] = 'euclidean',
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
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
    """From each pixel to the nearest of the background, middle to middle, in pixels; inf where there is
        none.

    metric: along a line; along rows and columns; or along diagonals as well
    """


def fill_holes(
    image: ArrayLike,
    *,
    connectivity: int = 1,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
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
    """Background that reaches no border of the image becomes the largest value of the image; the rest
        stays.

    connectivity: which neighbours are together as background: 1, those at a side; 2, those at a corner,
        too
    """


def label(
    image: ArrayLike,
    *,
    connectivity: int = 2,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
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
    """Each object with a number of its own, from 1 on in the order of their first pixels; the background
        is 0.

    connectivity: which neighbours are together as pixels of an object: 1, those at a side; 2, those at
        a corner, too
    """


def local_maxima(
    image: ArrayLike,
    *,
    connectivity: int = 2,
    borders: bool = True,
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
    """Largest value of the dtype on pixels, and on plateaus, all of whose neighbours are lower; 0
        elsewhere.

    connectivity: which neighbours are together as neighbours: 1, those at a side; 2, those at a corner,
        too
    borders: whether those at the border of the image count
    """


def match_template(
    image: ArrayLike,
    template: str | ArrayLike,
    *,
    pad_input: bool = False,
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
    """How much the image looks like a template around each pixel: 1 as the template, -1 as its negative.

    template: image that is looked for, of as many colours, or of one; all count together
    pad_input: as large as the image, outside of which it is 0; false: where the template lies inside
        alone
    """


def peaks(
    image: ArrayLike,
    *,
    min_distance: int = 1,
    level: float | None = None,
    borders: bool = False,
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
    """Largest value of the dtype on the highest pixels, a distance from higher ones; 0 elsewhere.

    min_distance: rows or columns between two of them, at least
    level: what a peak is above, in the image's own units; default: the lowest value
    borders: whether pixels as near as that to the border of the image count
    """


def remove_small(
    image: ArrayLike,
    *,
    size: int = 64,
    connectivity: int = 1,
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
    """Objects of few pixels become background; the rest stays.

    size: pixels of an object that stays, at least
    connectivity: which neighbours are together as pixels of an object: 1, those at a side; 2, those at
        a corner, too
    """


def skeleton(
    image: ArrayLike,
    *,
    method: Literal['zhang', 'lee'] = 'zhang',
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
    """Lines of one pixel in the middle of objects, connected as they are; the rest becomes background.

    method: of Zhang and Suen, or of Lee
    """


def watershed(
    image: ArrayLike,
    markers: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    *,
    connectivity: int = 1,
    compactness: float = 0.0,
    line: bool = False,
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
    """Basins that rising water fills from markers, numbered as objects label numbers the markers.

    connectivity: which neighbours are together as water: 1, those at a side; 2, those at a corner, too
    compactness: above 0: how far basins are of one size and shape
    line: whether a line of 0 stands between basins
    """

