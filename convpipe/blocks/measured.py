"""The tasks that find numbers of the whole images that an array holds, in rounds over all of its chunks.

In each round, every strip of an image answers by itself. What it reads are the chunks that the results are
made of, too: it keeps no samples for the next round, but makes them again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from convpipe.blocks.maker import Maker, PageNumbers, joined
from convpipe.blocks.rounds import Answers, Inquiry, Strip, most_rounds, put_together, strips
from convpipe.blocks.sources import Sources
from convpipe.dataclass import dataclass

if TYPE_CHECKING:
    from dask._task_spec import TaskRef

AT_ONCE = 8
"""Parts whose answers one task puts together."""


@dataclass(frozen=True)
class Numbered:
    """Adds tasks that find the numbers of images.

    Parameters
    ----------
    name : str
        Of the tasks.
    maker : Maker
    key : str
        Of the task that gives the maker.
    sources : Sources
    tasks : dict
        Takes them.
    """

    name: str
    maker: Maker
    key: str
    sources: Sources
    tasks: dict[Any, Any]

    def of(self, page: tuple[int, ...]) -> list[TaskRef]:
        """Return what gives the numbers of the images in a chunk of pages, of one node after the other."""
        found: list[TaskRef] = []
        for head in self.maker.heads:
            found.append(self._of(head, page, list(found)))
        return found

    def _of(self, head: int, page: tuple[int, ...], earlier: list[TaskRef]) -> TaskRef:

        image, layout = self.sources.image, self.sources.layout
        many = math.prod(image.chunks[axis][at] for axis, at in zip(layout.pages, page, strict=True))
        inquiry = self.maker.inquiry(head)
        asked = self._add((head, "ask", 0, *page), _begun, inquiry, many)
        reads = [self._reads(head, strip, page, earlier) for strip in self._strips(head)]
        for number in range(most_rounds(inquiry)):
            answers = [
                self._add((head, "answer", number, *page, at), _answered, *given, asked, *read)
                for at, (given, read) in enumerate(reads)
            ]
            answers = self._merged((head, "merge", number, *page), asked, answers)
            asked = self._add((head, "ask", number + 1, *page), _told, asked, *answers)
        return self._add((head, "numbers", *page), _numbers, asked)

    def _strips(self, head: int) -> list[Strip]:
        rows, cols = self.maker.measured_extent(head)
        return strips(rows * cols, self.sources.image.numblocks[self.sources.layout.spatial[0]])

    def _reads(
        self, head: int, strip: Strip, page: Sequence[int], earlier: Sequence[TaskRef]
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Return what a strip's answers are made by, and of what: the same in every round."""
        from dask._task_spec import List, TaskRef

        region = self.sources.generous(self.maker.measured_reads(head, strip))
        counts, parts = self.sources.of(region, page)
        return (TaskRef(self.key), (head, strip, region)), (List(*earlier), counts, *parts)

    def _merged(self, key: tuple[Any, ...], asked: TaskRef, answers: list[TaskRef]) -> list[TaskRef]:
        """Return few parts of answers, put together of many."""
        level = 0
        while len(answers) > AT_ONCE:
            level += 1
            answers = [
                self._add((*key, level, at), _merge, asked, *answers[at : at + AT_ONCE])
                for at in range(0, len(answers), AT_ONCE)
            ]
        return answers

    def _add(self, key: tuple[Any, ...], function: Any, *given: Any) -> TaskRef:
        from dask._task_spec import Task, TaskRef

        key = (self.name, *key)
        self.tasks[key] = Task(key, function, *given)
        return TaskRef(key)


def _begun(inquiry: Inquiry, pages: int) -> list[Inquiry]:
    return [inquiry] * pages


def _answered(
    maker: Maker,
    where: Any,
    asked: Sequence[Inquiry],
    earlier: Sequence[PageNumbers],
    counts: tuple[int, ...],
    *parts: NDArray[Any],
) -> list[Answers]:
    return maker.answers(where, asked, earlier, joined(counts, parts))


def _merge(asked: Sequence[Inquiry], *parts: Sequence[Answers]) -> list[Answers]:
    return [put_together(one.questions, own) for one, own in _by_page(asked, parts)]


def _told(asked: Sequence[Inquiry], *parts: Sequence[Answers]) -> list[Inquiry]:
    return [one.told(own) for one, own in _by_page(asked, parts)]


def _numbers(asked: Sequence[Inquiry]) -> PageNumbers:
    return [one.numbers for one in asked]


def _by_page(
    asked: Sequence[Inquiry], parts: Sequence[Sequence[Answers]]
) -> Iterator[tuple[Inquiry, list[Answers]]]:
    """Return each page's inquiry, and the answers of all parts to it."""
    return ((one, [part[page] for part in parts]) for page, one in enumerate(asked))
