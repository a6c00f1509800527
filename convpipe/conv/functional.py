"""conv2d: what is given is checked, then handed to the compiled loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convpipe.conv import checks

WIDE = (np.dtype(">f8"), np.dtype("<f8"))
"""The dtypes that make the result float64."""


def conv2d(
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
        Any strides and byte order; N may be 0.
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
        float64 if `x`, `weight` or `bias` is; else float32, in which float16, integers and booleans
        are computed.

    Raises
    ------
    ParameterError
        If shapes or numbers do not fit together; what torch refuses is refused. A ValueError.
    ParameterTypeError
        If something is of the wrong type: complex or object arrays, a float for a stride. Also a TypeError.

    Notes
    -----
    NaN and infinities propagate. Padding multiplies zeros, so an infinite weight over zero padding gives
    NaN. The result does not depend on the number of threads. The formula is that of
    https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html.

    Examples
    --------
    >>> import numpy as np
    >>> conv2d(np.arange(16).reshape(4, 4), [[1, 0], [0, -1]], stride=2)
    array([[-5., -5.],
           [-5., -5.]], dtype=float32)
    >>> conv2d(np.ones((8, 3, 32, 32)), np.ones((16, 3, 3, 3)), padding="same").shape
    (8, 16, 32, 32)
    """
    images, filters = checks.array(x, "x"), checks.array(weight, "weight")
    shape, taps = checks.image_shape(images), checks.filter_shape(filters)
    groups = checks.whole(groups, "groups")
    checks.channels(images, filters, groups)
    given = [images, filters]
    if bias is not None:
        given.append(checks.bias(checks.array(bias, "bias"), taps))
    border = checks.border(padding_mode)
    windows = checks.windows(shape, taps, stride, padding, dilation)
    checks.fits_border(shape, windows, padding_mode)
    sizes = windows[0].output(shape[2]), windows[1].output(shape[3])
    dtype = np.dtype(np.float64 if any(array.dtype in WIDE for array in given) else np.float32)
    checks.memory((shape[0], taps[0], *sizes), dtype, "padding")
    checks.row_buffers(taps, windows, shape[3])
    result: NDArray[Any] = np.empty((0, taps[0], *sizes), dtype)
    if shape[0]:
        from convpipe.compile.nchw import correlate  # numba loads when the first image comes, not before

        dense = [
            np.require(array, dtype, ["C", "ALIGNED"]).reshape(needed)
            for array, needed in zip(given, (shape, taps, (taps[0],)), strict=False)
        ]
        result = correlate(dense[0], dense[1], dense[2] if len(dense) > 2 else None, windows, groups, border)
    if images.ndim == filters.ndim == 2:
        result = result[:, 0]
    return result if images.ndim == 4 else np.asarray(result[0])
