"""A window that slides along the pages of a stack: which pages it reads, and which have to be held."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any, NamedTuple

from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.geometry import Border
from convpipe.stages.across import pages_under

Page = NDArray[Any]


class Batch(NamedTuple):
    """Pages that are made together.

    Parameters
    ----------
    reads : list of list of int
        Of each, the pages that its window reads; -1 is one that is not there.
    read : int
        How many pages are read by then.
    first : int
        The first of them that this batch or a later one reads: those before it are let go.
    """

    reads: list[list[int]]
    read: int
    first: int


@dataclass(frozen=True)
class Slide:
    """A window over pages.

    Parameters
    ----------
    pages, before : int
        How many it spans, and how many of them lie before the page.
    border : Border
        How pages before the first and after the last are made.
    value : float
        What a constant border holds.
    at_once : int
        How many pages are made together.
    """

    pages: int
    before: int
    border: Border
    value: float
    at_once: int = 1

    def batches(self, count: int) -> list[Batch]:
        """Return how the pages of a stack of so many are made, one batch after the other.

        Examples
        --------
        >>> Slide(3, 1, Border.REFLECT, 0.0).batches(3)[:2]
        [Batch(reads=[[1, 0, 1]], read=2, first=0), Batch(reads=[[0, 1, 2]], read=3, first=0)]
        """
        under = pages_under(count, self.pages, self.before, self.border)
        groups = [under[at : at + self.at_once] for at in range(0, count, self.at_once)]
        there = [[at for each in group for at in each if at >= 0] for group in groups]
        reads = accumulate((max(found) + 1 for found in there), max)
        firsts = [*accumulate((min(found) for found in reversed(there)), min)]
        return [Batch(*each) for each in zip(groups, reads, reversed(firsts), strict=True)]

    def held(self, count: int) -> int:
        """Return how many pages of so many are in memory at once, at most.

        Examples
        --------
        >>> Slide(5, 2, Border.REFLECT, 0.0).held(100), Slide(5, 2, Border.WRAP, 0.0).held(100)
        (5, 100)
        """
        return max(batch.read - batch.first for batch in self.batches(count))

    def run(self, pages: Iterator[Page], count: int) -> Iterator[tuple[Batch, dict[int, Page]]]:
        """Yield each batch with the pages that are held, by their numbers."""
        held: dict[int, Page] = {}
        read = 0
        for batch in self.batches(count):
            held = {at: page for at, page in held.items() if at >= batch.first}
            for number in range(read, batch.read):
                held[number] = next(pages)
            read = batch.read
            yield batch, held
