from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

_Padding = int | Sequence[int] | Literal['same', 'same_upper', 'same_lower', 'valid']
_Border = Literal['constant', 'edge', 'reflect', 'symmetric', 'wrap', 'zeros', 'replicate', 'circular'] | None
_Dtype = Literal['uint8', 'int8', 'uint16', 'int16', 'float16', 'float32', 'uint32', 'int32', 'float64'] | None
_Axis = Literal['plane', 'stack']

def blend(
    image: ArrayLike,
    with_: ArrayLike,
    *,
    alpha: float | None = None,
    mode: Literal['normal', 'add', 'subtract', 'difference', 'multiply', 'screen', 'darken', 'lighten', 'overlay', 'hard_light', 'exclusion', 'color_dodge', 'color_burn'] = 'normal',
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
) -> NDArray[Any]:
    """The image of another stage over this one, with an opacity, in one of the modes of painting programs.

    alpha: how much of the result is there, of what lies below the rest; default: 0.5 of normal, else 1
    mode: what the two give
    """


def composite(
    image: ArrayLike,
    with_: ArrayLike,
    mask: ArrayLike,
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
    alpha: bool = False,
) -> NDArray[Any]:
    """The image of another stage where a mask is white, this one where it is black, in between a mix of
        both."""


def formula(
    *,
    formula: str,
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
    alpha: bool = False,
    **images: ArrayLike,
) -> NDArray[Any]:
    """A formula over the results of stages, pixel by pixel; the value of the key is a label of your own.

    formula: expression over names of stages, and 'input' for the image that enters; all of one extent
    """


def mask(
    image: ArrayLike,
    mask: ArrayLike,
    *,
    outside: float = 0.0,
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
    """The image where a mask is not 0, a number elsewhere.

    outside: value where the mask is 0, in the image's own units
    """

