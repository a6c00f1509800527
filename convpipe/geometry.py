"""Size arithmetic and border index maps: integers only.

The one place for the output-size formula, the padding forms and the border rules. The planner, the
generated loops, ``conv2d`` and the tests all call these functions; :func:`border_index` is plain
integer Python on purpose, so that each backend compiles this very definition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, cast

from convpipe.errors import ParameterError, ParameterTypeError, PlanError

Extent = tuple[int, int]
"""Rows and columns of an image."""

Sides = tuple[tuple[int, int], tuple[int, int]]
"""((top, bottom), (left, right)) in pixels."""

Padding = Literal["same", "same_upper", "same_lower", "valid"] | Sides
"""A rule for it, or how much at each side.

========== ====================================================================================
same       as at stride 1, so that a strided result is every stride-th pixel of the full one
same_upper ONNX's and TensorFlow's: what ceil(size / stride) outputs need, half at either end
same_lower the same, where it is odd with one more before than after
valid      none
========== ====================================================================================
"""

PADDING_RULES = ("same", "same_upper", "same_lower", "valid")

Anchor = Literal["upper", "lower"] | tuple[int, int]
"""The tap, by row and column, that stands on the pixel a window computes; or the middle of the kernel.

A kernel of even size has two of them: ``upper`` is the first, so that the window reaches further down and
right, as torch's does; ``lower`` the second, as those of scipy.ndimage and OpenCV do.
"""

LARGEST = 2**31 - 1
"""Largest kernel, stride, dilation, padding or padded side: beyond it index products could overflow."""


class Border(IntEnum):
    """How pixels outside the image are made; the names are NumPy's (``numpy.pad``).

    ======== ==========================
    constant ``vvv|abcd|vvv``
    edge     ``aaa|abcd|ddd``
    reflect  ``dcb|abcd|cba``
    symmetric ``cba|abcd|dcb``
    wrap     ``bcd|abcd|abc``
    ======== ==========================
    """

    CONSTANT = 0
    EDGE = 1
    REFLECT = 2
    SYMMETRIC = 3
    WRAP = 4


BORDER_NAMES: dict[str, Border] = {
    **{border.name.lower(): border for border in Border},
    # torch's padding_mode
    "zeros": Border.CONSTANT,
    "replicate": Border.EDGE,
    "circular": Border.WRAP,
}


def border_index(i: int, n: int, border: int) -> int:
    """Return the index inside ``range(n)`` that position `i` outside it reads, or -1 for the constant.

    Total: a position further out than the image is wide keeps reflecting or wrapping, as in
    ``numpy.pad`` and ``scipy.ndimage``.

    Parameters
    ----------
    i : int
        Position, of any sign.
    n : int
        Number of samples along the axis, at least 1.
    border : int
        A :class:`Border`.

    Examples
    --------
    >>> [border_index(i, 4, Border.REFLECT) for i in range(-3, 7)]
    [3, 2, 1, 0, 1, 2, 3, 2, 1, 0]
    >>> border_index(-1, 4, Border.CONSTANT)
    -1
    """
    if 0 <= i < n:
        return i
    if border == 0:  # constant
        return -1
    if border == 1:  # edge
        return 0 if i < 0 else n - 1
    if border == 4:  # wrap
        return i % n
    # The two mirrors: reflect does not repeat the edge sample, symmetric does.
    repeat = 1 if border == 3 else 0
    period = 2 * (n - 1 + repeat)
    if period == 0:
        return 0
    i %= period
    return i if i < n else period - repeat - i


@dataclass(frozen=True)
class Axis:
    """A sliding window along one axis: everything its output size depends on.

    Parameters
    ----------
    kernel : int
        Number of taps.
    stride, dilation : int
        Step between outputs, and between taps, in samples.
    before, after : int
        Padding at the two ends, in samples.
    """

    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0

    @property
    def reach(self) -> int:
        """Samples the dilated window spans: ``dilation * (kernel - 1) + 1``."""
        return self.dilation * (self.kernel - 1) + 1

    def _span(self, size: int) -> int:
        return size + self.before + self.after - self.reach

    def output(self, size: int) -> int:
        """Output size for `size` input samples: floor((M + 2p - d(K-1) - 1) / s) + 1.

        Below 1 when the window does not fit; the caller names the stage and raises.
        The formula is that of ``torch.nn.Conv2d``.

        Examples
        --------
        >>> Axis(kernel=2, stride=3).output(4)
        1
        >>> Axis(kernel=2, stride=3, before=1, after=1).output(4)
        2
        """
        return self._span(size) // self.stride + 1

    def dropped(self, size: int) -> int:
        """Return how many of the last samples the floor leaves unread; padding is not counted.

        Examples
        --------
        >>> Axis(kernel=2, stride=2).dropped(5), Axis(kernel=3, stride=2, before=1, after=1).dropped(4)
        (1, 0)
        """
        return max(self._span(size) % self.stride - self.after, 0)

    def formula(self, size: int) -> str:
        """Return the output-size formula with its numbers, for a person.

        Examples
        --------
        >>> Axis(kernel=2, stride=3).formula(4)
        'floor((4 + 0 + 0 - 1*(2-1) - 1)/3) + 1 = 1'
        """
        return (
            f"floor(({size} + {self.before} + {self.after} - {self.dilation}*({self.kernel}-1) - 1)"
            f"/{self.stride}) + 1 = {self.output(size)}"
        )


@dataclass(frozen=True)
class Field:
    """Receptive field of a pipeline along one axis, seen from one output sample.

    Parameters
    ----------
    reach : int
        Input samples one output sample depends on.
    stride : int
        Input samples between neighbouring outputs (the cumulative stride).
    before : int
        How far the field starts before ``output index * stride``.
    """

    reach: int = 1
    stride: int = 1
    before: int = 0

    @property
    def centre(self) -> float:
        """Where the field of the first output sample is centred, in input samples, the first being at 0."""
        return (self.reach - 1) / 2 - self.before

    def through(self, axis: Axis) -> Field:
        """Return the field after one more window `axis`.

        Source: Araujo, Norris and Sim, "Computing receptive fields of convolutional neural
        networks", Distill 2019.

        Examples
        --------
        >>> Field().through(Axis(3, stride=2, before=1)).through(Axis(3, before=1))
        Field(reach=7, stride=2, before=3)
        """
        return Field(
            reach=self.reach + (axis.reach - 1) * self.stride,
            stride=self.stride * axis.stride,
            before=self.before + axis.before * self.stride,
        )


def pair(value: object, name: str, least: int = 1) -> tuple[int, int]:
    """Return `value` (an int, or [rows, cols]) as (rows, cols), each at least `least`.

    Raises
    ------
    ParameterTypeError
        If `value` is neither an int nor two ints; a bool is not an int here.
    ParameterError
        If a number is below `least` or too large to index with.
    """
    value = _plain(value)
    items = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value, value)
    if len(items) != 2:
        raise ParameterError(f"{name} needs an int or [rows, cols]; given {value!r}", name)
    rows, cols = (_count(item, value, name, least) for item in items)
    return rows, cols


def padding_forms(rules: Sequence[str] = PADDING_RULES) -> str:
    """Return, in words, what a padding can be.

    Examples
    --------
    >>> padding_forms(["same", "valid"])
    "an int, [rows, cols], [top, bottom, left, right], 'same' or 'valid'"
    """
    *others, last = (repr(rule) for rule in rules)
    return ", ".join(["an int, [rows, cols], [top, bottom, left, right]", *others]) + f" or {last}"


def parse_padding(value: object, rules: Sequence[str] = PADDING_RULES) -> Padding:
    """Return any accepted padding form as a rule or ((top, bottom), (left, right)).

    Parameters
    ----------
    value : int, [rows, cols], [top, bottom, left, right] or str
    rules : sequence of str
        The words that are taken.

    Examples
    --------
    >>> parse_padding([1, 2])
    ((1, 1), (2, 2))
    >>> parse_padding([1, 2, 3, 4])
    ((1, 2), (3, 4))
    """
    value = _plain(value)
    needed = padding_forms(rules)
    if isinstance(value, str):
        if value in rules:
            return cast(Padding, str(value))
        raise ParameterError(f"padding needs {needed}; given {value!r}", "padding")
    items = tuple(value) if isinstance(value, Sequence) else (value, value)
    if len(items) == 2 and all(isinstance(item, tuple) and len(item) == 2 for item in items):
        items = (*items[0], *items[1])  # a padding that was parsed before
    sides = tuple(_count(item, value, "padding", 0) for item in items)
    if len(sides) == 2:
        rows, cols = sides
        return (rows, rows), (cols, cols)
    if len(sides) == 4:
        top, bottom, left, right = sides
        return (top, bottom), (left, right)
    raise ParameterError(f"padding needs {needed}; given {value!r}", "padding")


def _plain(value: object) -> object:
    """Return a NumPy array as lists, and its scalars as Python's; anything else as it is."""
    return value.tolist() if hasattr(value, "tolist") else value


def _count(item: object, value: object, name: str, least: int) -> int:
    if isinstance(item, bool) or not hasattr(item, "__index__"):
        raise ParameterTypeError(
            f"{name} needs whole numbers; given {value!r} ({type(item).__name__} {item!r})", name
        )
    number = int(item.__index__())
    if number < least:
        raise ParameterError(f"{name} must be at least {least}; given {value!r}", name)
    if number > LARGEST:
        raise ParameterError(f"{name} must be at most {LARGEST}; given {value!r}", name)
    return number


def reach_around(kernel: int, dilation: int, anchor: Literal["upper", "lower"] | int) -> tuple[int, int]:
    """Return how far a window reaches before and after the pixel that it stands on.

    This is what ``same`` pads: ``dilation * (kernel - 1)`` in all.

    Examples
    --------
    >>> reach_around(4, 1, "upper"), reach_around(4, 1, "lower"), reach_around(4, 1, 0)
    ((1, 2), (2, 1), (0, 3))
    """
    total = dilation * (kernel - 1)
    if anchor == "upper":
        before = total // 2
    elif anchor == "lower":
        before = total - total // 2
    else:
        before = dilation * anchor
    return before, total - before


def fitted_padding(
    size: int, kernel: int, stride: int, dilation: int, rule: Literal["same_upper", "same_lower"]
) -> tuple[int, int]:
    """Return what ceil(size / stride) windows need, half before and half after.

    ONNX's ``auto_pad`` SAME_UPPER and SAME_LOWER, the first of them TensorFlow's SAME. Where the first window
    lies depends on the size.

    Examples
    --------
    >>> [fitted_padding(size, kernel=3, stride=2, dilation=1, rule="same_upper") for size in (5, 6)]
    [(1, 1), (0, 1)]
    """
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + Axis(kernel, stride, dilation).reach - size, 0)
    half = total // 2
    return (half, total - half) if rule == "same_upper" else (total - half, half)


def axes(
    extent: Extent,
    kernel: Extent,
    stride: Extent,
    dilation: Extent,
    padding: Padding,
    anchor: Anchor = "upper",
) -> tuple[Axis, Axis]:
    """Return the two windows, over rows and over columns, with the padding resolved for `extent`.

    Raises
    ------
    PlanError
        If a padded side is too large to index.
    """
    resolved = []
    for i, axis_name in enumerate(("rows", "columns")):
        tap = anchor if isinstance(anchor, str) else anchor[i]
        if padding == "same":
            before, after = reach_around(kernel[i], dilation[i], tap)
        elif padding == "same_upper" or padding == "same_lower":
            before, after = fitted_padding(extent[i], kernel[i], stride[i], dilation[i], padding)
        elif padding == "valid":
            before, after = 0, 0
        else:
            before, after = padding[i]
        axis = Axis(kernel[i], stride[i], dilation[i], before, after)
        if max(extent[i] + before + after, axis.reach) > LARGEST:
            raise PlanError(
                f"{extent[i]} {axis_name} with padding {before} and {after} and a kernel that spans "
                f"{axis.reach} pass the largest side, {LARGEST}"
            )
        resolved.append(axis)
    return resolved[0], resolved[1]
