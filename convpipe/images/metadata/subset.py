"""Some of the pages that are one image of many dimensions: whether they are one themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise


def subset(numbers: Sequence[int], shape: Sequence[int]) -> list[list[int]] | None:
    """Return which places along each axis the pages have; None where they are no image of the same axes.

    Parameters
    ----------
    numbers : sequence of int
        Of the pages that are left, in order, among all that the image has.
    shape : sequence of int
        Its axes, the last of which runs quickest from page to page.

    Returns
    -------
    list of lists of int, or None
        For each axis, in order.

    Examples
    --------
    >>> subset([2, 4], (6,)), subset([3, 5], (2, 3)), subset([2, 3], (2, 3))
    ([[2, 4]], [[1], [0, 2]], None)
    """
    sizes = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    places = [
        sorted({number // size % length for number in numbers})
        for size, length in zip(sizes, shape, strict=True)
    ]
    made = [0]
    for own, size in zip(places, sizes, strict=True):
        made = [base + size * place for base in made for place in own]
        if len(made) > len(numbers):
            return None
    return places if made == list(numbers) else None


def step_of(places: Sequence[int]) -> int | None:
    """Return how far apart places along an axis are; None for one alone, or where they are not evenly so.

    Examples
    --------
    >>> step_of([2, 4, 6]), step_of([3]), step_of([0, 1, 3])
    (2, None, None)
    """
    steps = {after - before for before, after in pairwise(places)}
    return steps.pop() if len(steps) == 1 else None
