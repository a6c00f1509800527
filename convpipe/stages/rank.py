"""Ranks: what stands at some place among the sorted pixels of a window. NaNs come last."""

from __future__ import annotations

from typing import Any

import numpy as np

from convpipe.errors import ParameterError
from convpipe.ops import Map, Op, Rank
from convpipe.stages.across import PageWindow, Stacked, by_turns, of_plane
from convpipe.stages.base import Lowering, method
from convpipe.stages.footprint import FOOTPRINT, MOST, SIZE, footprint_of
from convpipe.stages.numbers import CountTriple, Number
from convpipe.stages.parameters import Choice


def window(footprint: Any, size: tuple[int, int], *ranks: int, names: tuple[str, ...] = ("r",)) -> Rank:
    """Return the window of a footprint; an even side reaches one pixel further up or left."""
    return Rank(footprint_of(footprint, size), ranks, names, anchor="lower")


def median(footprint: Any, size: tuple[int, int]) -> Rank:
    """Return the window of a footprint whose middle one is wanted, the upper of two; as :func:`window`."""
    count = int(np.count_nonzero(footprint_of(footprint, size)))
    return window(footprint, size, count // 2)


def _across(lower: Lowering, size: tuple[int, int, int], **given: Any) -> PageWindow:
    """Return the windows of a rank over pages: those of its ops over rows that the pages have by turns."""
    pages, rows, cols = size
    if pages * rows > MOST or cols > MOST:
        raise ParameterError(
            f"size needs pages times rows, and columns, of at most {MOST}; given {list(size)}", "size"
        )
    ops = lower(size=(rows * pages, cols), **given)
    assert isinstance(ops, tuple)
    return by_turns(ops, size)


STACKED = Stacked(
    (
        CountTriple("size", "pages, rows and columns of the window", (3, 3, 3)),
        Choice("footprint", "which pixels of it count: all", "square", choices=("square",)),
    ),
    _across,
    of_plane("size"),
)
"""Ranks of windows over pages: but the mode, which takes fewer pixels than 3x3x3."""


@method(
    "rank",
    "median",
    "the middle one of the sorted pixels; the upper of two",
    reference="scipy.ndimage.median_filter",
    parameters=(SIZE, FOOTPRINT),
    stacked=STACKED,
)
def _median(size: tuple[int, int], footprint: Any) -> tuple[Op, ...]:
    return (median(footprint, size),)


@method(
    "rank",
    "minimum",
    "the lowest pixel",
    reference="scipy.ndimage.minimum_filter",
    parameters=(SIZE, FOOTPRINT),
    stacked=STACKED,
)
def _minimum(size: tuple[int, int], footprint: Any) -> tuple[Op, ...]:
    return (window(footprint, size, 0),)


@method(
    "rank",
    "maximum",
    "the highest pixel",
    reference="scipy.ndimage.maximum_filter",
    parameters=(SIZE, FOOTPRINT),
    stacked=STACKED,
)
def _maximum(size: tuple[int, int], footprint: Any) -> tuple[Op, ...]:
    return (window(footprint, size, -1),)


@method(
    "rank",
    "percentile",
    "the pixel that so many percent of the sorted ones stand below",
    reference="scipy.ndimage.percentile_filter",
    parameters=(
        Number("percentile", "share of the pixels below it, from 0 to 100", least=0.0, most=100.0),
        SIZE,
        FOOTPRINT,
    ),
    example={"percentile": 75},
    stacked=STACKED,
    formula="number int(n * percentile / 100) of n, counted from 0; the last for 100",
)
def _percentile(percentile: float, size: tuple[int, int], footprint: Any) -> tuple[Op, ...]:
    count = int(np.count_nonzero(footprint_of(footprint, size)))
    return (window(footprint, size, min(int(count * percentile / 100), count - 1)),)


@method(
    "rank",
    "range",
    "the difference of the highest and the lowest pixel",
    reference="scipy.ndimage: maximum_filter - minimum_filter",
    parameters=(SIZE, FOOTPRINT),
    stacked=STACKED,
    formula="maximum - minimum",
)
def _range(size: tuple[int, int], footprint: Any) -> tuple[Op, ...]:
    ends = window(footprint, size, -1, 0, names=("highest", "lowest"))
    return ends, Map("maximum(highest - lowest, 0)", ("highest", "lowest"))  # as the plan is to know, too


MOST_MODE = 25
"""Pixels of the largest window of a mode: each is compared with every other."""


def _most_frequent(names: tuple[str, ...]) -> str:
    """Return the most frequent of sorted values as an expression; the lowest of several.

    A value stands n times in a row where some value equals that n - 1 places after it. The lowest of these
    rises with n, until there is none, which counts as the first of all: the highest over all n is wanted.
    """
    first, *longer = names
    found = [first]
    for apart in range(1, len(names)):
        run = first
        for low, high in reversed(list(zip(names, longer[apart - 1 :], strict=False))):
            run = f"where({low} == {high}, {low}, {run})"
        found.append(run)
    return _highest(found)


def _highest(found: list[str]) -> str:
    """Return the maximum of expressions, nested as little as can be."""
    if len(found) == 1:
        return found[0]
    half = len(found) // 2
    return f"maximum({_highest(found[:half])}, {_highest(found[half:])})"


@method(
    "rank",
    "mode",
    f"the most frequent of the pixels, the lowest of several; of at most {MOST_MODE} pixels",
    reference="skimage.filters.rank.modal, inside the image; scipy.stats.mode",
    parameters=(SIZE, FOOTPRINT),
)
def _mode(size: tuple[int, int], footprint: Any) -> tuple[Op, ...]:
    count = int(np.count_nonzero(footprint_of(footprint, size)))
    if count > MOST_MODE:
        raise ParameterError(f"a mode takes at most {MOST_MODE} pixels; this footprint has {count}", "size")
    if count == 1:
        return (window(footprint, size, 0),)
    names = tuple(f"r{rank}" for rank in range(count))
    return window(footprint, size, *range(count), names=names), Map(_most_frequent(names), names)


@method(
    "rank",
    "midpoint",
    "half way between the lowest and the highest pixel",
    reference="R. C. Gonzalez and R. E. Woods, Digital Image Processing: midpoint filter",
    parameters=(SIZE, FOOTPRINT),
    stacked=STACKED,
    formula="(minimum + maximum) / 2",
)
def _midpoint(size: tuple[int, int], footprint: Any) -> tuple[Op, ...]:
    ends = window(footprint, size, 0, -1, names=("lowest", "highest"))
    return ends, Map("(lowest + highest) / 2", ("lowest", "highest"))
