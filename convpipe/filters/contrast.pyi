from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

_Padding = int | Sequence[int] | Literal['same', 'same_upper', 'same_lower', 'valid']
_Border = Literal['constant', 'edge', 'reflect', 'symmetric', 'wrap', 'zeros', 'replicate', 'circular'] | None
_Dtype = Literal['uint8', 'int8', 'uint16', 'int16', 'float16', 'float32', 'uint32', 'int32', 'float64'] | None
_Axis = Literal['plane', 'stack']

def clahe(
    image: ArrayLike,
    *,
    clip: float = 2.0,
    tiles: int | Sequence[int] = 8,
    method: Literal['opencv', 'skimage'] = 'opencv',
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
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
    """Histogram equalisation of tiles, its contrast limited, and between their middles lines from each to
        the next; each colour by itself, alpha stays.

    clip: most samples of a level, in multiples of their mean; those beyond are spread over all levels
    tiles: rows and columns of tiles
    method: OpenCV's, or scikit-image's: of 256 levels between the least and the largest value, which
        become black and white; tiles from the first corner on; of RGB the value of HSV
    """


def curves(
    image: ArrayLike,
    points: ArrayLike,
    *,
    interpolation: Literal['monotone', 'natural'] = 'monotone',
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
    """A smooth curve through control points; beyond the first and the last, what these become.

    points: [value, becomes] of each, in the image's own units, values rising
    interpolation: monotone: cubic, and nowhere beyond two neighbours; natural: the smoothest cubic
        spline, which can overshoot
    """


def equalize(
    image: ArrayLike,
    *,
    bins: int = 256,
    lowest: Literal['share', 'black'] = 'share',
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
    """The share of the image's samples that are not above each, over the full scale; all colours together.

    bins: of the histogram, where samples are not whole numbers of an integer type
    lowest: what the lowest value becomes: the share of its samples, or black, with the shares of those
        above it over the full scale
    """


def gamma(
    image: ArrayLike,
    gamma: float,
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
    """Power law over the full scale of the dtype; negative values become 0.

    gamma: exponent; below 1 brightens
    """


def local(
    image: ArrayLike,
    *,
    size: int | Sequence[int] = 31,
    method: Literal['wallis', 'zscore'] = 'wallis',
    mean: float | None = None,
    deviation: float | None = None,
    gain: float = 4.0,
    weight: float = 0.8,
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
    """Contrast by the mean and the standard deviation around each pixel, so that it is alike everywhere.

    size: rows and columns of the window; odd
    method: wallis: mean and deviation are drawn to others; zscore: difference from the mean, in
        deviations
    mean: to which wallis draws, in the image's own units; default: middle of the dtype
    deviation: to which wallis draws; default: a fifth of the full scale
    gain: most that wallis multiplies a difference with
    weight: of the mean that wallis draws to, the rest of that around
    """


def log(
    image: ArrayLike,
    *,
    inverse: bool = False,
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
    """Logarithm over the full scale of the dtype: brightens, dark values most; negative values become 0.

    inverse: whether to undo it
    """


def lut(
    image: ArrayLike,
    table: Sequence[float] | str,
    *,
    interpolation: Literal['tetrahedral', 'trilinear'] = 'tetrahedral',
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
    """Each sample from a table over the range of the dtype, on the line from one entry to the next; three
        colours from that of a .cube file.

    table: values for samples at equal distances from the smallest to the largest of the dtype, or a
        file
    interpolation: of a 3-D table, between the 4 entries of a tetrahedron or the 8 of a cube
    """


def match(
    image: ArrayLike,
    reference: str | ArrayLike,
    *,
    channels: Literal['each', 'together'] = 'each',
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
    """The values of a reference image in the place of those of as large a share of the image.

    reference: image of any extent whose values are taken over, in their own units
    channels: each colour by that of the reference, or all by all of its samples, as of one colour
    """


def sigmoid(
    image: ArrayLike,
    *,
    cutoff: float = 0.5,
    gain: float = 10.0,
    inverse: bool = False,
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
    """Logistic curve over the full scale of the dtype: spreads values around its middle and presses
        others.

    cutoff: share of the full scale that becomes its middle
    gain: slope of the curve: larger ones spread more
    inverse: whether bright becomes dark: full scale less the curve
    """


def stretch(
    image: ArrayLike,
    *,
    low: float = 0.0,
    high: float = 100.0,
    channels: Literal['together', 'each'] = 'together',
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
    """Spread the values from the smallest to the largest over the range of the dtype; a flat image is
        black.

    low: percentile that becomes the smallest value; what is below is clipped
    high: percentile that becomes the largest value
    channels: by numbers of all colours together, or of each by itself
    """


def zscore(
    image: ArrayLike,
    *,
    channels: Literal['together', 'each'] = 'together',
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
    """Difference from the image's mean, in standard deviations; 0 of a flat image.

    channels: by numbers of all colours together, or of each by itself
    """

