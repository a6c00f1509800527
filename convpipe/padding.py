"""Padding: its forms, how much of it a rule means, and the tap that stands on a pixel; integers only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Literal, Protocol, cast

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError, PlanError
from convpipe.geometry import LARGEST, Axis, Extent, check_count, plain

Sides = tuple[tuple[int, int], tuple[int, int]]
"""((top, bottom), (left, right)) in pixels."""


class Part(Protocol):
    """What is kept of an axis."""

    def span(self, size: int, name: str) -> tuple[int, int]:
        """Return the first sample that is kept of `size`, and the end; `name` is theirs, as rows.

        Raises
        ------
        PlanError
            If nothing is kept, or more than there is.
        """


@dataclass(frozen=True)
class Slice:
    """From a first sample to an end, as NumPy's: below 0 they count from the last; None is the end."""

    first: int
    end: int | None

    def span(self, size: int, name: str) -> tuple[int, int]:
        """Return both, as :meth:`Part.span`.

        Examples
        --------
        >>> Slice(2, -3).span(10, "rows")
        (2, 7)
        """
        first, end = self.first, self.end
        begin = first + size if first < 0 else first
        stop = size if end is None else end + size if end < 0 else end
        if not 0 <= begin < stop <= size:
            asked = f"the box from {first} to {'null' if end is None else end}"
            if begin >= stop:
                raise PlanError(f"{asked} keeps nothing of an image of {size} {name}")
            null = "; null in the place of its end keeps all to the last" if 0 <= begin < size else ""
            raise PlanError(f"{asked} keeps more than there is of an image of {size} {name}{null}")
        return begin, stop


@dataclass(frozen=True)
class Share:
    """From one share of the axis to another, from 0 to 1; both are rounded half up to whole samples."""

    low: float
    high: float

    def span(self, size: int, name: str) -> tuple[int, int]:
        """Return the first and the end, as :meth:`Part.span`.

        Examples
        --------
        >>> Share(0.25, 1).span(10, "rows")
        (3, 10)
        """
        begin, stop = (int(Fraction(share) * size + Fraction(1, 2)) for share in (self.low, self.high))
        if begin >= stop:
            asked = f"the part from {self.low:g} to {self.high:g}"
            raise PlanError(f"{asked} keeps nothing of an image of {size} {name}")
        return begin, stop


@dataclass(frozen=True)
class Middle:
    """So many samples in the middle; where one is left over, the part lies nearer to the first."""

    count: int

    def span(self, size: int, name: str) -> tuple[int, int]:
        """Return the first and the end, as :meth:`Part.span`.

        Examples
        --------
        >>> Middle(4).span(7, "rows")
        (1, 5)
        """
        if self.count > size:
            raise PlanError(f"'center' keeps {self.count} {name}, more than there are of an image of {size}")
        begin = (size - self.count) // 2
        return begin, begin + self.count


@dataclass(frozen=True)
class Repeated:
    """All samples so many times, one after the other: beyond the axis, where a border that wraps has them."""

    count: int

    def span(self, size: int, name: str) -> tuple[int, int]:
        """Return the first and the end, as :meth:`Part.span`.

        Examples
        --------
        >>> Repeated(3).span(7, "rows")
        (0, 21)
        """
        return 0, self.count * size


@dataclass(frozen=True)
class Kept:
    """What is kept of an image, in place of padding: it is as padding below 0."""

    rows: Part
    cols: Part

    def sides(self, axis: int, size: int) -> tuple[int, int]:
        """Return the padding of an axis of `size` pixels.

        Raises
        ------
        PlanError
            If nothing is kept, or more than there is.

        Examples
        --------
        >>> Kept(Middle(3), Slice(2, -3)).sides(1, 10)
        (-2, -3)
        """
        begin, stop = (self.rows, self.cols)[axis].span(size, ("rows", "columns")[axis])
        return -begin, stop - size


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


def padding_forms(rules: Sequence[str] = PADDING_RULES) -> str:
    """Return, in words, what a padding can be.

    Examples
    --------
    >>> padding_forms(["same", "valid"])
    "an int, [rows, cols], [top, bottom, left, right], 'same' or 'valid'"
    """
    forms = ["an int", "[rows, cols]", "[top, bottom, left, right]", *(repr(rule) for rule in rules)]
    return ", ".join(forms[:-1]) + f" or {forms[-1]}"


def parse_padding(value: object, rules: Sequence[str] = PADDING_RULES, name: str = "padding") -> Padding:
    """Return any accepted padding form as a rule or ((top, bottom), (left, right)).

    Parameters
    ----------
    value : int, [rows, cols], [top, bottom, left, right] or str
    rules : sequence of str
        The words that are taken.
    name : str
        What errors call it.

    Examples
    --------
    >>> parse_padding([1, 2])
    ((1, 1), (2, 2))
    >>> parse_padding([1, 2, 3, 4])
    ((1, 2), (3, 4))
    """
    value = plain(value)
    needed = padding_forms(rules)
    if isinstance(value, str):
        if value in rules:
            return cast(Padding, str(value))
        raise ParameterError(f"{name} needs {needed}; given {value!r}", name)
    items = tuple(value) if isinstance(value, Sequence) else (value, value)
    if len(items) == 2 and all(isinstance(item, tuple) and len(item) == 2 for item in items):
        items = (*items[0], *items[1])  # a padding that was parsed before
    sides = tuple(check_count(item, value, name, 0) for item in items)
    if len(sides) == 2:
        rows, cols = sides
        return (rows, rows), (cols, cols)
    if len(sides) == 4:
        top, bottom, left, right = sides
        return (top, bottom), (left, right)
    raise ParameterError(f"{name} needs {needed}; given {value!r}", name)


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


def halo(kernel: Extent, dilation: Extent, anchor: Anchor) -> Sides:
    """Return the pixels that a window reaches to, ((above, below), (left, right)) of the one it stands on.

    Examples
    --------
    >>> halo((3, 4), (2, 1), "upper"), halo((3, 4), (2, 1), (0, 3))
    (((2, 2), (1, 2)), ((0, 4), (3, 0)))
    """
    above, left = (anchor,) * 2 if isinstance(anchor, str) else anchor
    rows, cols = zip(kernel, dilation, strict=True)
    return reach_around(*rows, above), reach_around(*cols, left)


def centre(kernel: Extent, anchor: Anchor) -> Extent:
    """Return row and column of the tap that stands on the pixel.

    Examples
    --------
    >>> centre((3, 4), "upper"), centre((3, 4), "lower"), centre((3, 4), (0, 3))
    ((1, 1), (1, 2), (0, 3))
    """
    if not isinstance(anchor, str):
        return anchor
    rows, cols = ((size - (anchor == "upper")) // 2 for size in kernel)
    return rows, cols


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


@dataclass(frozen=True)
class Pooled:
    """Padding of a window that pools what is inside the image: what it finds outside counts for nothing.

    Parameters
    ----------
    given : Padding
    ceil : bool
        Whether a last window that begins in the image, or in the padding before it, but reaches beyond all
        padding, counts too: torch's and ONNX's ``ceil_mode``.
    """

    given: Padding
    ceil: bool = False

    def sides(self, size: int, axis: Axis) -> tuple[int, int]:
        """Return the padding of an axis of `size` pixels, whose own is that given.

        Raises
        ------
        PlanError
            If a window has no pixel: below half of what it spans that is one of few pixels, dilated.

        Examples
        --------
        >>> Pooled("valid", ceil=True).sides(6, Axis(3, 2)), Pooled("valid").sides(6, Axis(3, 2))
        ((0, 1), (0, 0))
        """
        before, after = axis.before, axis.after
        if self.ceil:
            outputs = -(-(size + before + after - axis.reach) // axis.stride) + 1
            outputs -= (outputs - 1) * axis.stride >= size + before
            after = (outputs - 1) * axis.stride + axis.reach - size - before
        if size < axis.dilation:
            for output in range(replace(axis, after=after).output(size)):
                first = output * axis.stride - before
                if not any(0 <= at < size for at in range(first, first + axis.reach, axis.dilation)):
                    raise PlanError(f"with dilation {axis.dilation} a window has none of {size} in line")
        return before, after


def axes(
    extent: Extent,
    kernel: Extent,
    stride: Extent,
    dilation: Extent,
    padding: Padding | Kept | Pooled,
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
        axis = _padded(padding, i, extent[i], Axis(kernel[i], stride[i], dilation[i]), tap)
        before, after = axis.before, axis.after
        if max(extent[i] + before + after, axis.reach) > LARGEST:
            raise PlanError(
                f"{extent[i]} {axis_name} with padding {before} and {after} and a kernel that spans "
                f"{axis.reach} pass the largest side, {LARGEST}"
            )
        resolved.append(axis)
    return resolved[0], resolved[1]


def _padded(
    padding: Padding | Kept | Pooled, i: int, size: int, axis: Axis, tap: Literal["upper", "lower"] | int
) -> Axis:
    """Return the window along rows (0) or columns, over `size` of them, with its padding."""
    if isinstance(padding, Pooled):
        given = _padded(padding.given, i, size, axis, tap)
        before, after = padding.sides(size, given)
    elif isinstance(padding, Kept):
        before, after = padding.sides(i, size)
    elif padding == "same":
        before, after = reach_around(axis.kernel, axis.dilation, tap)
    elif padding == "same_upper" or padding == "same_lower":
        before, after = fitted_padding(size, axis.kernel, axis.stride, axis.dilation, padding)
    else:
        before, after = (0, 0) if padding == "valid" else padding[i]
    return replace(axis, before=before, after=after)
