"""Size arithmetic and border index maps: integers only.

The one place for the output-size formula and the border rules. The planner, the
generated loops, ``conv2d`` and the tests all call these functions; :func:`border_index` is plain
integer Python on purpose, so that each backend compiles this very definition.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import IntEnum
from fractions import Fraction

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError, ParameterTypeError

Extent = tuple[int, int]
"""Rows and columns of an image."""

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

BORDERS_OF_SCIPY = {"mirror": "reflect", "nearest": "edge", "grid-wrap": "wrap", "grid-constant": "constant"}
"""Its names that are none here, with ours; its ``reflect`` is ``symmetric`` here."""


def border_hint(name: object) -> str:
    """Return what SciPy's name for a border is here; '' for another.

    Examples
    --------
    >>> border_hint("mirror")
    "scipy.ndimage's 'mirror' is 'reflect' here"
    """
    ours = BORDERS_OF_SCIPY.get(name) if isinstance(name, str) else None
    return "" if ours is None else f"scipy.ndimage's {name!r} is {ours!r} here"


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

    @property
    def rate(self) -> Fraction:
        """Samples between outputs."""
        return Fraction(self.stride)

    @property
    def centre(self) -> Fraction:
        """Where the window of the first output is centred, in samples, the first being at 0."""
        return Fraction(self.reach - 1, 2) - self.before

    def hull(self, first: int, last: int) -> tuple[int, int]:
        """Return where the window of output `first` begins, and where that of output `last` has ended.

        Examples
        --------
        >>> Axis(3, stride=2, before=1).hull(0, 4)
        (-1, 10)
        """
        return first * self.stride - self.before, last * self.stride - self.before + self.reach

    @property
    def spread(self) -> tuple[int, int]:
        """How far its windows begin before `rate` times their output, and how far after it they end."""
        return self.before, self.reach - self.before

    def under(self, output: int) -> range:
        """Return the places of the samples under the taps of an output; outside the image, too.

        Examples
        --------
        >>> list(Axis(3, stride=2, dilation=4, before=1).under(1))
        [1, 5, 9]
        """
        first = output * self.stride - self.before
        return range(first, first + self.reach, self.dilation)

    def slack(self, size: int) -> int:
        """Return by how many samples the window can move before it meets the end of the padding."""
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
        return self.slack(size) // self.stride + 1

    def dropped(self, size: int) -> int:
        """Return how many of the last samples the floor leaves unread; padding is not counted.

        Examples
        --------
        >>> Axis(kernel=2, stride=2).dropped(5), Axis(kernel=3, stride=2, before=1, after=1).dropped(4)
        (1, 0)
        """
        return max(self.slack(size) % self.stride - max(self.after, 0), 0)

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
        Input samples one output sample depends on, at most.
    stride : int or Fraction
        Input samples between neighbouring outputs (the cumulative stride).
    before : int or Fraction
        How far the field starts before ``output index * stride``.
    """

    reach: int = 1
    stride: int | Fraction = 1
    before: int | Fraction = 0

    @property
    def centre(self) -> Fraction:
        """Where the field of the first output sample is centred, in input samples, the first being at 0."""
        return Fraction(self.reach - 1, 2) - self.before

    @classmethod
    def around(cls, fields: Sequence[Field]) -> Field:
        """Return the field of what is computed from outputs of several `fields`, all of one stride.

        Examples
        --------
        >>> Field.around([Field(reach=3, before=1), Field(reach=4, before=0)])
        Field(reach=5, stride=1, before=1)
        """
        before = max(field.before for field in fields)
        after = max(field.reach - field.before for field in fields)
        return cls(math.ceil(before + after), fields[0].stride, before)

    def through(self, axis: Axis) -> Field:
        """Return the field after one more window `axis`.

        Source: Araujo, Norris and Sim, "Computing receptive fields of convolutional neural
        networks", Distill 2019.

        Examples
        --------
        >>> Field().through(Axis(3, stride=2, before=1)).through(Axis(3, before=1))
        Field(reach=7, stride=2, before=3)
        """
        reach = math.ceil(self.reach + (axis.reach - 1) * self.stride)
        centre = self.centre + axis.centre * self.stride
        return Field(reach, _whole(self.stride * axis.rate), _whole(Fraction(reach - 1, 2) - centre))


def _whole(number: Fraction) -> int | Fraction:
    """Return a number that is whole as an int."""
    return number.numerator if number.denominator == 1 else number


def extent(size: Sequence[int]) -> str:
    """Return rows x columns, and x channels where there are.

    Examples
    --------
    >>> extent((480, 640))
    '480x640'
    """
    return "x".join(map(str, size))


def pair(value: object, name: str, least: int = 1) -> tuple[int, int]:
    """Return `value` (an int, or [rows, cols]) as (rows, cols), each at least `least`.

    Raises
    ------
    ParameterTypeError
        If `value` is neither an int nor two ints; a bool is not an int here.
    ParameterError
        If a number is below `least` or too large to index with.
    """
    value = plain(value)
    items = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value, value)
    if len(items) != 2:
        raise ParameterError(f"{name} needs an int or [rows, cols]; given {value!r}", name)
    rows, cols = (check_count(item, value, name, least) for item in items)
    return rows, cols


def plain(value: object) -> object:
    """Return a NumPy array as lists, and its scalars as Python's; anything else as it is."""
    return value.tolist() if hasattr(value, "tolist") else value


def check_count(item: object, value: object, name: str, least: int) -> int:
    """Return `item`, a part of `value`, as an int of at least `least`, or raise as :func:`pair` does."""
    if isinstance(item, bool) or not hasattr(item, "__index__"):
        part = "" if isinstance(value, str) else f" ({type(item).__name__} {item!r})"
        raise ParameterTypeError(f"{name} needs whole numbers; given {value!r}{part}", name)
    number = int(item.__index__())
    if number < least:
        raise ParameterError(f"{name} must be at least {least}; given {value!r}", name)
    if number > LARGEST:
        raise ParameterError(f"{name} must be at most {LARGEST}; given {value!r}", name)
    return number
