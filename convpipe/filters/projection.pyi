from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

_Padding = int | Sequence[int] | Literal['same', 'same_upper', 'same_lower', 'valid']
_Border = Literal['constant', 'edge', 'reflect', 'symmetric', 'wrap', 'zeros', 'replicate', 'circular'] | None
_Dtype = Literal['uint8', 'int8', 'uint16', 'int16', 'float16', 'float32', 'uint32', 'int32', 'float64'] | None

def deviation(
    pages: ArrayLike,
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    page_axis: int = 0,
    threads: int | None = None,
) -> NDArray[Any]:
    """The standard deviation of a pixel in all pages of the stack; 0 of one page."""


def maximum(
    pages: ArrayLike,
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    page_axis: int = 0,
    threads: int | None = None,
) -> NDArray[Any]:
    """The highest that a pixel is in any page of the stack."""


def mean(
    pages: ArrayLike,
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    page_axis: int = 0,
    threads: int | None = None,
) -> NDArray[Any]:
    """The mean of a pixel in all pages of the stack."""


def median(
    pages: ArrayLike,
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    page_axis: int = 0,
    threads: int | None = None,
) -> NDArray[Any]:
    """The middle one of the sorted values of a pixel in all pages of the stack; the mean of two."""


def minimum(
    pages: ArrayLike,
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    page_axis: int = 0,
    threads: int | None = None,
) -> NDArray[Any]:
    """The lowest that a pixel is in any page of the stack."""


def sum(
    pages: ArrayLike,
    *,
    stride: int | Sequence[int] = 1,
    padding: _Padding = 'same',
    border: _Border = None,
    value: float = 0.0,
    bias: float = 0.0,
    dtype: _Dtype = None,
    like: Literal['convpipe', 'cv2', 'ndimage', 'scikit-image', 'PIL'] | None = None,
    page_axis: int = 0,
    threads: int | None = None,
) -> NDArray[Any]:
    """The sum of a pixel over all pages of the stack."""

