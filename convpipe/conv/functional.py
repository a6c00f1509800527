"""conv2d: what is given is checked, then handed to the compiled loops."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convpipe.compile.common.correlation import Correlation
from convpipe.compile.runtime import environment
from convpipe.conv import checks
from convpipe.dataclass import dataclass


def conv2d(  # noqa: PLR0913 - the signature is torch's
    x: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> NDArray[Any]:
    """Cross-correlate images with a bank of filters, as ``torch.nn.functional.conv2d``.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W), (C, H, W) or (H, W)
        Any strides and byte order; N may be 0. An array on a CUDA device (CuPy, torch, Numba: anything with
        ``__cuda_array_interface__``) is filtered there, and gives an array of its own kind there.
    weight : array_like, shape (C_out, C / groups, KH, KW) or (KH, KW)
        Two axes are one filter of one channel.
    bias : array_like, shape (C_out,), optional
    stride, dilation : int or [rows, cols]
        At least 1.
    padding : int, [rows, cols], [top, bottom, left, right], 'same' or 'valid'
        In pixels. 'same' needs stride 1; an even kernel takes the extra pixel at the bottom and right.
    groups : int
        Divides the channels and the filters: each group of filters sees its own channels.
    padding_mode : {'zeros', 'reflect', 'replicate', 'circular'}

    Returns
    -------
    ndarray
        Of the shape that torch gives: (N, C_out, H', W'), without N for a 3-D `x`; for a 2-D `x`,
        (H', W') if the weight is 2-D, else (C_out, H', W'). H' is
        floor((H + top + bottom - dilation * (KH - 1) - 1) / stride) + 1, and W' likewise.
        Of the dtype in which it is computed: what NumPy promotes float32 and those of `x`, `weight` and
        `bias` to. So float64 if one of them is float64 or has 32- or 64-bit integers, which a list of ints
        has; else float32. Integers beyond 2**53 are rounded. (torch gives integers for integers, or refuses
        them.)

    Raises
    ------
    ParameterError
        If shapes or numbers do not fit together; what torch refuses is refused. A ValueError.
    ParameterTypeError
        If something is of the wrong type: complex or object arrays, a float for a stride. Also a TypeError.
    BackendError
        If no loop can be compiled or run here: ``NUMBA_DISABLE_JIT``, or a limit on threads.

    Notes
    -----
    NaN and infinities propagate. Padding multiplies zeros, so an infinite weight over zero padding gives
    NaN. The result does not depend on the number of threads. The formula is that of
    https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html.

    Examples
    --------
    >>> import numpy as np
    >>> conv2d(np.arange(16, dtype="uint8").reshape(4, 4), np.eye(2, dtype="float32"), stride=2)
    array([[ 5.,  9.],
           [21., 25.]], dtype=float32)
    >>> conv2d(np.arange(16).reshape(4, 4), [[1, 0], [0, -1]], stride=2)  # int64, so computed in float64
    array([[-5., -5.],
           [-5., -5.]])
    >>> conv2d(np.ones((8, 3, 32, 32)), np.ones((16, 3, 3, 3)), padding="same").shape
    (8, 16, 32, 32)
    """
    options = _Options(stride, padding, dilation, groups, padding_mode)
    if hasattr(x, "__cuda_array_interface__"):
        there: NDArray[Any] = _on_device(x, weight, bias, options)  # of the device, in truth
        return there
    images, filters = checks.array(x, "x"), checks.array(weight, "weight")
    start = None if bias is None else checks.array(bias, "bias")
    work = _work(images, filters, start, options)
    checks.row_buffers(work.taps, work.how.windows, work.shape[3])
    result: NDArray[Any] = np.empty((0, *work.result[1:]), work.dtype)
    if work.shape[0]:
        environment.check()
        from convpipe.compile.conv2d.correlate import (
            correlate,  # numba loads when the first image comes, not before
        )

        x, weight = _ready(images, work.dtype), _ready(filters, work.dtype)
        start = None if start is None else _ready(start, work.dtype)
        result = correlate(_with_axes(x, work.shape), _with_axes(weight, work.taps), start, work.how)
    return result.reshape(work.squeezed)


class _Options(NamedTuple):
    """How a caller wants to filter, unchecked."""

    stride: Any
    padding: Any
    dilation: Any
    groups: Any
    padding_mode: Any


@dataclass(frozen=True)
class _Work:
    """What was given, found right, and what it is to be put through."""

    shape: checks.Shape
    taps: checks.Shape
    how: Correlation
    dtype: np.dtype[Any]
    result: checks.Shape
    squeezed: tuple[int, ...]
    """The result's, without the axes that what was given lacks."""


def _work(x: Any, weight: Any, bias: Any, options: _Options) -> _Work:
    """Refuse what does not fit together; arrays are NumPy's or the device's."""
    start = None if bias is None else checks.Given(bias.shape, bias.dtype)
    given = checks.Given(x.shape, x.dtype), checks.Given(weight.shape, weight.dtype), start, options
    return _known(*given) if all(map(_exact, options)) else _check(*given)


def _exact(option: object) -> bool:
    """Return whether `option` equals no other that means something else, as True equals 1."""
    return type(option) in (int, str) or (type(option) is tuple and all(map(_exact, option)))


def _check(x: checks.Given, weight: checks.Given, bias: checks.Given | None, options: _Options) -> _Work:
    shape, taps = checks.image_shape(x), checks.filter_shape(weight)
    groups = checks.whole(options.groups, "groups")
    checks.channels(x, weight, groups)
    if bias is not None:
        checks.bias(bias, taps)
    border = checks.border(options.padding_mode)
    windows = checks.windows(shape, taps, options.stride, options.padding, options.dilation)
    checks.fits_border(shape, windows, options.padding_mode)
    dtype = np.result_type(np.float32, *(given.dtype for given in (x, weight, bias) if given is not None))
    rows, cols = (window.output(size) for window, size in zip(windows, shape[2:], strict=True))
    result = shape[0], taps[0], rows, cols
    checks.memory(result, dtype, "padding")
    squeezed = _squeezed(x.ndim, weight.ndim, result)
    return _Work(shape, taps, Correlation(windows, groups, border), dtype, result, squeezed)


_known = lru_cache(256)(_check)
"""The same, but what was found right once is not looked at again: that took most of a small call."""


def _ready(array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the array as the loops read it."""
    if array.dtype == dtype and array.flags.c_contiguous and array.flags.aligned:
        return array  # np.require takes as long as a small image
    return np.require(array, dtype, ["C", "ALIGNED"])


def _with_axes(array: Any, shape: checks.Shape) -> Any:
    return array if array.shape == shape else array.reshape(shape)  # which a strided device array refuses


def _squeezed(images: int, filters: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of the result for images and filters of so many axes."""
    if images == filters == 2:
        return shape[2:]
    return shape if images == 4 else shape[1:]


def _on_device(x: Any, weight: Any, bias: Any, options: _Options) -> Any:
    """Filter on the device where `x` is, and return an array of the library that `x` comes from."""
    from convpipe.compile.cuda import conv2d as nchw

    images, filters = (checks.numbers(nchw.adopt(a), name) for a, name in ((x, "x"), (weight, "weight")))
    start = None if bias is None else checks.numbers(nchw.adopt(bias), "bias")
    work = _work(images, filters, start, options)
    arrays = _with_axes(images, work.shape), _with_axes(filters, work.taps), start
    result = nchw.correlate(*arrays, work.how, work.dtype)
    return nchw.like(result.reshape(work.squeezed), x)
