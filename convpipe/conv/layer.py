"""Conv2d: a bank of filters that keeps its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from convpipe.conv import checks
from convpipe.conv.functional import conv2d
from convpipe.errors import ParameterError, ParameterTypeError
from convpipe.geometry import pair
from convpipe.padding import parse_padding
from convpipe.stages.parameters import Flag


class Conv2d:
    """A bank of filters with its parameters: ``torch.nn.Conv2d`` on NumPy arrays.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size : int or [rows, cols]
    stride, padding, dilation, groups, padding_mode
        As for :func:`conv2d`.
    bias : bool
        Whether there is one.
    dtype : {'float32', 'float64'}
        Of the weights.
    seed : int, numpy.random.Generator, optional
        For the initial weights; None draws others each time.

    Attributes
    ----------
    weight : ndarray, shape (out_channels, in_channels / groups, KH, KW)
    bias : ndarray, shape (out_channels,), or None
        Both start uniform in +-1/sqrt(fan in), as torch's do (Kaiming with a = sqrt(5)); assign
        to them to set them.

    Raises
    ------
    ParameterError, ParameterTypeError
        As for :func:`conv2d`, where no image is needed to tell.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Conv2d(3, 16, kernel_size=3, padding=1, seed=0)
    >>> layer
    Conv2d(3, 16, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
    >>> layer(np.zeros((3, 480, 640), "float32")).shape
    (16, 480, 640)
    """

    def __init__(  # noqa: PLR0913 - the signature is torch's
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] | str = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        dtype: DTypeLike = "float32",
        seed: int | np.random.Generator | None = None,
    ) -> None:
        self.in_channels = checks.whole(in_channels, "in_channels")
        self.out_channels = checks.whole(out_channels, "out_channels")
        self.groups = checks.whole(groups, "groups")
        for name, channels in (("in_channels", self.in_channels), ("out_channels", self.out_channels)):
            if channels % self.groups:
                raise ParameterError(
                    f"{name} must be a multiple of groups={self.groups}; given {channels}", name
                )
        self.kernel_size = pair(kernel_size, "kernel_size")
        self.stride, self.dilation = pair(stride, "stride"), pair(dilation, "dilation")
        self.padding = parse_padding(padding, checks.PADDING_RULES)
        checks.same_stride(self.padding, self.stride)
        checks.border(padding_mode)
        self.padding_mode = padding_mode
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise ParameterTypeError(f"dtype needs float32 or float64; given {np.dtype(dtype)}", "dtype")
        shape = (self.out_channels, self.in_channels // self.groups, *self.kernel_size)
        checks.memory(shape, np.dtype(dtype), "kernel_size")
        rng = np.random.default_rng(seed)
        bound = prod(shape[1:]) ** -0.5
        self.weight: NDArray[Any] = rng.uniform(-bound, bound, shape).astype(dtype)
        self.bias: NDArray[Any] | None = None
        if Flag("bias", "whether there is one").parse(bias):
            self.bias = rng.uniform(-bound, bound, self.out_channels).astype(dtype)

    def __call__(self, x: ArrayLike) -> NDArray[Any]:
        """Return :func:`conv2d` of `x`, of shape (N, C, H, W) or (C, H, W), with these weights."""
        padding: Any = self.padding
        return conv2d(
            x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups, self.padding_mode
        )

    def __repr__(self) -> str:
        parts = [
            f"{self.in_channels}, {self.out_channels}",
            f"kernel_size={self.kernel_size}",
            f"stride={self.stride}",
        ]
        if isinstance(self.padding, str):
            parts.append(f"padding={self.padding}")
        elif self.padding != ((0, 0), (0, 0)):
            parts.append(f"padding={_short(self.padding)}")
        if self.dilation != (1, 1):
            parts.append(f"dilation={self.dilation}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return f"Conv2d({', '.join(parts)})"


def _short(padding: tuple[tuple[int, int], tuple[int, int]]) -> tuple[int, ...]:
    """Return the padding as (rows, cols) where both ends agree, as torch writes it, else its four sides."""
    (top, bottom), (left, right) = padding
    return (top, left) if top == bottom and left == right else (top, bottom, left, right)
