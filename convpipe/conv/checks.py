"""What conv2d refuses, before anything is allocated: messages name the argument, what it is and the need."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convpipe.errors import ParameterError, ParameterTypeError, PlanError
from convpipe.geometry import BORDER_NAMES, LARGEST, Axis, Border, pair
from convpipe.padding import Padding, axes, parse_padding

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")
"""torch's names; pipelines know more."""

PADDING_RULES = ("same", "valid")
"""torch's; pipelines know more."""

Shape = tuple[int, int, int, int]


class Given(NamedTuple):
    """What is looked at of an array, of NumPy or of the device."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def ndim(self) -> int:
        """Number of its axes."""
        return len(self.shape)


A = TypeVar("A", bound=Any)


def array(value: ArrayLike, name: str) -> NDArray[Any]:
    """Return `value` as an array of numbers that float32 or float64 arithmetic is meant for."""
    try:
        found = np.asarray(value)
    except ValueError as error:
        raise ParameterError(f"{name} needs an array of numbers: {error}", name) from error
    return numbers(found, name)


def numbers(found: A, name: str) -> A:
    """Return the array `found`, of NumPy or of the device, if it holds numbers of an accepted dtype."""
    kind, size = found.dtype.kind, found.dtype.itemsize
    if kind not in "fiub" or size > 8:
        raise ParameterTypeError(
            f"{name} needs float16, float32, float64, integers or booleans; given {found.dtype}", name
        )
    return found


def whole(value: object, name: str) -> int:
    """Return `value` as an int of at least 1."""
    if isinstance(value, Sequence):
        raise ParameterTypeError(f"{name} needs a whole number; given {value!r}", name)
    return pair(value, name)[0]


def image_shape(x: Given) -> Shape:
    """Return the shape of `x` with all four axes."""
    if x.ndim not in (2, 3, 4):
        raise ParameterError(f"x needs shape (N, C, H, W), (C, H, W) or (H, W); given {x.shape}", "x")
    n, c, h, w = (1,) * (4 - x.ndim) + x.shape
    if 0 in (c, h, w):
        raise ParameterError(f"x needs at least one channel, row and column; given shape {x.shape}", "x")
    return n, c, h, w


def filter_shape(weight: Given) -> Shape:
    """Return the shape of `weight` with all four axes."""
    if weight.ndim not in (2, 4) or 0 in weight.shape:
        raise ParameterError(
            "weight needs shape (C_out, C_in / groups, KH, KW) or (KH, KW), each at least 1; "
            f"given {weight.shape}",
            "weight",
        )
    outputs, inputs, rows, cols = (1,) * (4 - weight.ndim) + weight.shape
    return outputs, inputs, rows, cols


def channels(x: Given, weight: Given, groups: int) -> None:
    """Refuse channels that the groups do not divide, or that are not the filters'."""
    inputs, (outputs, per_group, *_) = image_shape(x)[1], filter_shape(weight)
    if outputs % groups:
        raise ParameterError(
            f"groups={groups} must divide the {outputs} filters of weight {weight.shape}", "groups"
        )
    if per_group * groups != inputs:
        raise ParameterError(
            f"weight {weight.shape} with groups={groups} needs x of {per_group} * {groups} = "
            f"{per_group * groups} channels; given x {x.shape}, {inputs} channels",
            "weight",
        )


def bias(value: Given, taps: Shape) -> None:
    """Refuse a bias that is not one number for each filter."""
    if value.shape != (taps[0],):
        raise ParameterError(
            f"bias needs shape ({taps[0]},), a number for each filter of weight {taps}; given {value.shape}",
            "bias",
        )


def border(padding_mode: str) -> Border:
    """Return the border rule of one of torch's padding modes."""
    if padding_mode not in PADDING_MODES:
        raise ParameterError(
            f"padding_mode needs one of {', '.join(PADDING_MODES)}; given {padding_mode!r}", "padding_mode"
        )
    return BORDER_NAMES[padding_mode]


def same_stride(padding: Padding, stride: tuple[int, int]) -> None:
    """Refuse 'same' with a stride, as torch does."""
    if padding == "same" and stride != (1, 1):
        raise ParameterError(f"padding 'same' needs stride 1; given stride {stride}", "padding")


def windows(
    shape: Shape, taps: Shape, stride: object, padding: object, dilation: object
) -> tuple[Axis, Axis]:
    """Return the windows over rows and columns, which fit in the padded image."""
    strides, dilations = pair(stride, "stride"), pair(dilation, "dilation")
    sides = parse_padding(padding, PADDING_RULES)
    same_stride(sides, strides)
    try:
        found = axes(shape[2:], taps[2:], strides, dilations, sides)
    except PlanError as error:
        raise ParameterError(f"padding or dilation: {error}", "padding") from error
    for axis, size, name in zip(found, shape[2:], ("rows", "columns"), strict=True):
        if axis.output(size) < 1:
            raise ParameterError(
                f"weight {taps} does not fit in x {shape}: with dilation {axis.dilation} the kernel spans "
                f"{axis.reach} {name}, and x with padding {axis.before} and {axis.after} has "
                f"{size + axis.before + axis.after}",
                "weight",
            )
    return found


def fits_border(shape: Shape, windows: tuple[Axis, Axis], padding_mode: str) -> None:
    """Refuse padding that would reflect or wrap around more than once, as torch does."""
    if padding_mode not in ("reflect", "circular"):
        return
    for axis, size, name in zip(windows, shape[2:], ("rows", "columns"), strict=True):
        most = size - 1 if padding_mode == "reflect" else size
        if max(axis.before, axis.after) > most:
            raise ParameterError(
                f"padding of {axis.before} and {axis.after} {name} is more than {padding_mode} can make of "
                f"x {shape}: it needs at most {most}",
                "padding",
            )


def memory(shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> None:
    """Refuse an array of more bytes than an index can count."""
    if prod(shape) * dtype.itemsize > sys.maxsize:
        raise ParameterError(f"{name} leads to an array of shape {shape}, too large for any memory", name)


def row_buffers(taps: Shape, windows: tuple[Axis, Axis], cols: int) -> None:
    """Refuse padding or dilation that makes the padded rows under one window too large to keep."""
    rows, across = windows
    padded = max(cols + across.before + across.after, across.reach)
    samples = min(rows.reach, 4 * rows.kernel) * taps[1] * padded
    if samples > LARGEST:
        raise ParameterError(
            f"padding and dilation make a window over weight {taps} touch {samples} samples of padded rows; "
            f"the most is {LARGEST}",
            "padding",
        )
