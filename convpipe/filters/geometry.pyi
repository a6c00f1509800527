from collections.abc import Mapping, Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

_Padding = int | Sequence[int] | Literal['same', 'same_upper', 'same_lower', 'valid']
_Border = Literal['constant', 'edge', 'reflect', 'symmetric', 'wrap', 'zeros', 'replicate', 'circular'] | None
_Dtype = Literal['uint8', 'int8', 'uint16', 'int16', 'float16', 'float32', 'uint32', 'int32', 'float64'] | None

def affine(
    image: ArrayLike,
    matrix: ArrayLike,
    *,
    inverse: bool = False,
    method: Literal['nearest', 'bilinear', 'bicubic', 'linear', 'cubic'] = 'bilinear',
    size: int | Sequence[int] | Literal['input'] | None = None,
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
    """Interpolated where a matrix puts its pixels; those outside are made by the border's rule.

    matrix: 2 rows of 3: the column, and the row, in the image of a pixel (column, row, 1) of the result
    inverse: the matrix leads from the image to the result, as cv2.warpAffine takes it
    method: what is read of the image: the pixel whose centre is next; 2x2 around a place; 4x4, by Keys'
        kernel with a = -0.5
    size: of the result; input: as the image that enters; default: as what it reads
    """


def bin(
    image: ArrayLike,
    factor: int | Sequence[int],
    *,
    method: Literal['mean', 'sum'] = 'mean',
    stride: int | Sequence[int] = 1,
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
    """One pixel of each group of pixels: their mean, or their sum; what fills no group is left out.

    factor: rows and columns of a group
    method: what a pixel becomes; a sum counts hidden pixels as the mean
    """


def crop(
    image: ArrayLike,
    *,
    box: Sequence[int | None] | str | Mapping[str, Any] | None = None,
    relative: Sequence[float] | None = None,
    center: int | Sequence[int] | None = None,
    stride: int | Sequence[int] = 1,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['pillow', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Keep some rows and columns; costs nothing, as the others are not read.

    box: [top, left, bottom, right], the last two not kept; null for none, below 0 from the last. Or a
        .csv file of them for each image: columns name, top, left, bottom, right
    relative: the same as shares of the sides, from 0 to 1, rounded half up to pixels
    center: [rows, cols] in the middle; one left over is at the end
    """


def decimate(
    image: ArrayLike,
    factor: int | Sequence[int],
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
    """Every so manieth pixel, from the first; nothing is blurred before, so that what is fine aliases.

    factor: step between the pixels that are kept
    """


def flip(
    image: ArrayLike,
    *,
    axis: Literal['rows', 'columns', 'both'] = 'columns',
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['opencv', 'pillow', 'vips', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Rows, columns or both in reverse order; metadata follows.

    axis: what is in reverse order: columns for a mirror image
    """


def pad(
    image: ArrayLike,
    by: int | Sequence[int],
    *,
    stride: int | Sequence[int] = 1,
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
    """Rows and columns added around the image, by the rule of its border.

    by: pixels added: at every side, of rows and columns, or at each side
    """


def perspective(
    image: ArrayLike,
    *,
    points: ArrayLike | None = None,
    to: ArrayLike | None = None,
    matrix: ArrayLike | None = None,
    inverse: bool = False,
    method: Literal['nearest', 'bilinear', 'bicubic', 'linear', 'cubic'] = 'bilinear',
    size: int | Sequence[int] | Literal['input'] | None = None,
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
    """Seen from elsewhere: by a matrix, or so that four points of the image lie where they should.

    points: four of the image, [row, column] each; give them, or matrix
    to: where each of them lies in the result; default: in its corners, clockwise from the first pixel
    matrix: 3 rows of 3: from a pixel (column, row, 1) of the result to x, y and w
    inverse: the matrix leads from the image to the result, as cv2.warpPerspective takes it
    method: what is read of the image: the pixel whose centre is next; 2x2 around a place; 4x4, by Keys'
        kernel with a = -0.5
    size: of the result; input: as the image that enters; default: as what it reads
    """


def polar(
    image: ArrayLike,
    *,
    center: float | Sequence[float] | None = None,
    radius: float | None = None,
    scaling: Literal['linear', 'log'] = 'linear',
    inverse: bool = False,
    method: Literal['nearest', 'bilinear', 'bicubic', 'linear', 'cubic'] = 'bilinear',
    size: int | Sequence[int] | Literal['input'] | None = None,
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
    """Unrolled around a centre: rows are angles from the right on, clockwise, columns distances; and back.

    center: [row, column]; default: the middle of the image, or of the result of inverse
    radius: pixels, to which the columns reach; default: half of the diagonal of that image
    scaling: what columns are: distances, or logarithms of them
    inverse: back: what it reads has angles in its rows, the first after the last
    method: what is read of the image: the pixel whose centre is next; 2x2 around a place; 4x4, by Keys'
        kernel with a = -0.5
    size: of the result; input: as the image that enters, the default of inverse; else 360 rows and a
        column a pixel
    """


def pyramid_down(
    image: ArrayLike,
    *,
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
    """A binomial blur of 5x5 and then every second pixel: half as many rows and columns, rounded up."""


def pyramid_up(
    image: ArrayLike,
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
    """Twice as many rows and columns, smooth: pixel (2 i, 2 j) of the result lies on pixel (i, j)."""


def resize(
    image: ArrayLike,
    *,
    size: int | Sequence[int] | Literal['input'] | None = None,
    factor: float | Sequence[float] | None = None,
    longest: int | None = None,
    enlarge: bool = True,
    method: Literal['nearest', 'area', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos3', 'linear', 'cubic', 'lanczos'] = 'bicubic',
    antialias: bool = True,
    rounding: Literal['last', 'each_pass'] = 'last',
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['skimage', 'pillow', 'torch', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Another number of rows and columns; a smaller image is made of means, so that it does not alias.

    size: of the result; input: as the image that enters; give it, factor or longest
    factor: of rows and columns, above 0; sides are rounded half up
    longest: longer side of the result, the other in proportion; of a smaller image too: see enlarge
    enlarge: false: an image that is smaller than longest stays as it is
    method: kernel f: bicubic has a = -0.5, without antialias -0.75; area is the exact mean over a pixel
    antialias: widen the kernel where the result is smaller; false: s = 1, the first and last pixel
        repeated
    rounding: each_pass: along rows and down columns, each rounded to 8 bits, as Pillow has it; last: of
        the result
    """


def rotate(
    image: ArrayLike,
    angle: float,
    *,
    method: Literal['nearest', 'bilinear', 'bicubic', 'linear', 'cubic'] = 'bilinear',
    expand: bool = False,
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
    """Turned about its middle by any angle; pixels outside are made by the border's rule.

    angle: degrees, counterclockwise
    method: what is read of the image: the pixel whose centre is next; 2x2 around a place; 4x4, by Keys'
        kernel with a = -0.5
    expand: as large as holds the centres of all pixels, as skimage's resize=True
    """


def rotate90(
    image: ArrayLike,
    *,
    quarters: int = 1,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['opencv', 'pillow', 'vips', 'convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    missing: float | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    channel_axis: int | str | None = None,
    alpha: bool = False,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Turned by quarters, counterclockwise; metadata follows.

    quarters: how many; 3 turn it clockwise by one
    """


def tile(
    image: ArrayLike,
    count: int | Sequence[int],
    *,
    stride: int | Sequence[int] = 1,
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
    """The image repeated, down and along, as a seamless texture is looked at; it cuts nothing into pieces.

    count: how often down and along: [rows, cols], or both alike
    """


def transpose(
    image: ArrayLike,
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
    """Rows become columns; metadata follows."""

