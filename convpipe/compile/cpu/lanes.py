"""Which samples an output of a loop needs, and their sum, as source."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from convpipe.compile.common.text import fused, times
from convpipe.dataclass import dataclass


@dataclass(frozen=True)
class Lanes:
    """Which samples an output of a loop needs: where in the rows under its taps, and where it goes.

    At stride 1 a loop runs over samples, whatever the channels; at a larger stride over pixels, with a
    statement for each channel.

    Parameters
    ----------
    stride : int
        Pixels between outputs.
    channels : int
        1 at stride 1, where they do not matter.
    """

    stride: int = 1
    channels: int = 1

    @property
    def indices(self) -> list[tuple[str, str]]:
        """Index of the output and of the sample under a tap, for each statement."""
        step = self.stride * self.channels
        return [(plus(times("x", self.channels), k), plus(times("x", step), k)) for k in range(self.channels)]

    @property
    def count(self) -> str:
        """How often a loop that makes `n` samples runs."""
        return "n" if self.channels == 1 else f"n // {self.channels}"

    def sums(self, sample: str, dtype: str) -> str:
        """Return the type of sums that `dtype` holds: this, or that of words of two samples."""
        if not self.reads_words(sample, dtype):
            return dtype
        return "int32" if np.dtype(sample).itemsize > 1 else dtype

    def reads_words(self, sample: str, dtype: str) -> bool:
        """Tell whether every other sample is needed, in integers: then two are read as one word."""
        narrow = np.dtype(sample).kind in "iu" and np.dtype(sample).itemsize <= 2
        return narrow and np.dtype(dtype).kind in "iu" and (self.stride, self.channels) == (2, 1)


Term = tuple[int, int]
"""A sample under a tap: which of a loop's rows, and how many samples from its address."""


def sample_at(term: Term, x: str) -> str:
    """Return the sample of a term for the output of index `x`, as source."""
    row, shift = term
    return f"s{row}[{plus(x, shift)}]"


def samples_at(terms: Sequence[Term], x: str, words: bool) -> list[str]:
    """Return the samples of terms for the output of index `x`, as source; out of words of two, if so."""
    if not words:
        return [sample_at(term, x) for term in terms]
    halves: dict[Term, str] = {}
    for row, shift in sorted(set(terms)):
        if (row, shift - 1) in halves and halves[row, shift - 1].startswith("low"):
            halves[row, shift] = f"high(s{row}, {plus(x, shift - 1)})"
        elif (row, shift + 1) in terms:
            halves[row, shift] = f"low(s{row}, {plus(x, shift)})"
        elif shift > 0:  # with the sample before it, which belongs to the row as surely as it does itself
            halves[row, shift] = f"high(s{row}, {plus(x, shift - 1)})"
        else:
            halves[row, shift] = sample_at((row, shift), x)
    return [halves[term] for term in terms]


def whole_sum(
    samples: Sequence[str], units: Sequence[int], weights: Sequence[str], total: str | None, zero: str
) -> str:
    """Return a sum of integers as source: samples whose weight is 1 or -1 are not multiplied.

    Parameters
    ----------
    samples : sequence of str
    units : sequence of int
        1 or -1 for those, else 0.
    weights : sequence of str
        Names of the other weights, in the order of their samples.
    total : str, optional
        What precedes them.
    zero : str
        0 in the type of the sum.
    """
    others, added, taken = (
        [each for each, own in zip(samples, units, strict=True) if own == unit] for unit in (0, 1, -1)
    )
    if others:
        total = fused(list(zip(weights, others, strict=True)), total)
    if added:
        total = f"plus({total or zero}, {', '.join(added)})"
    return f"minus({total or zero}, {', '.join(taken)})" if taken else total or zero


def signed_sum(
    samples: Sequence[str], units: Sequence[int], weights: Sequence[str], total: str | None = None
) -> str:
    """Return a sum of numbers in the order of its samples, as source: as :func:`whole_sum`.

    To add a sample rounds as to add its product with 1 does, and leaves the multipliers to others.

    Examples
    --------
    >>> signed_sum(["a", "b", "c"], [-1, 0, 1], ["w0"])
    'plus(dot_onto(-T(a), w0, b), c)'
    """
    others = iter(weights)
    for unit, group in groupby(zip(units, samples, strict=True), key=itemgetter(0)):
        same = [sample for _, sample in group]
        if unit == 0:
            total = fused([(next(others), sample) for sample in same], total)
            continue
        if total is None:
            first, *same = same
            total = f"T({first})" if unit == 1 else f"-T({first})"
        if same:
            total = f"{'plus' if unit == 1 else 'minus'}({', '.join([total, *same])})"
    assert total is not None
    return total


def rows_of(count: int) -> str:
    """Return how many rows there are, for a person."""
    return f"{count} row{'' if count == 1 else 's'}"


def plus(index: str, k: int) -> str:
    """Return the index `k` further, as source."""
    return f"{index} + {k}" if k else index


def lanes(stride: int, channels: int) -> Lanes:
    """Return the lanes of outputs `stride` pixels apart."""
    return Lanes(stride, channels if stride > 1 else 1)


class Windows(NamedTuple):
    """Windows over rows, of which a loop makes a row each.

    Parameters
    ----------
    rows : int
        Of each.
    many : int
        How many windows.
    step : int
        Rows from one to the next.
    """

    rows: int
    many: int = 1
    step: int = 1

    @property
    def reads(self) -> int:
        """Rows under all of them: what they share is loaded once."""
        return self.rows + (self.many - 1) * self.step

    def samples(self, window: int) -> list[str]:
        """Return the samples under a window, as source."""
        return [f"s{window * self.step + k}[x]" for k in range(self.rows)]

    def __str__(self) -> str:
        """Return how many rows there are, for a person."""
        return rows_of(self.rows) if self.many == 1 else f"{rows_of(self.rows)} for each of {self.many}"
