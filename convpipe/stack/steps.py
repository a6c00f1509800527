"""Steps of a stack: each takes its pages one after the other, and yields those that it makes of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field
from pathlib import PurePath
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from convpipe import subject
from convpipe.dataclass import dataclass
from convpipe.engine import Engine
from convpipe.losses import NO_LOSSES, Losses
from convpipe.stack.projections import all_of, is_running, projected

Page = NDArray[Any]

Shape = tuple[int, ...]


class Subjects(NamedTuple):
    """What the pages of a stack are called: see :mod:`convpipe.subject`.

    Parameters
    ----------
    path : PurePath
        Of the image.
    numbers : sequence of int
        Of its pages.
    """

    path: PurePath
    numbers: Sequence[int]


@dataclass
class Filtering:
    """One stack on its way.

    Parameters
    ----------
    threads : int, optional
        As for :meth:`Engine.filter`.
    called : Subjects, optional
    losses : Losses
        Of all pages so far.
    """

    threads: int | None
    called: Subjects | None = None
    losses: Losses = field(default=NO_LOSSES)

    def naming(self, number: int) -> AbstractContextManager[None]:
        """Filter the page of a number."""
        if self.called is None:
            return nullcontext()
        return subject.called(self.called.path, self.called.numbers[number])

    def run(self, engine: Engine, image: Page, dtype: str, number: int = 0) -> Page:
        """Return what an engine makes of an image, which is the page of a number."""
        with self.naming(number):
            made, lost = engine.filter(image, self.threads, dtype)
        self.losses = self.losses + lost
        return made


class Step(Protocol):
    """What happens to the pages of a stack up to the next stage that reads several."""

    def made(self, count: int) -> int:
        """Return how many pages come of so many."""

    def run(self, pages: Iterator[Page], count: int, on: Filtering) -> Iterator[Page]:
        """Yield them."""

    def after(self, shape: Shape, dtype: str) -> tuple[Shape, str]:
        """Return shape and dtype of those that come of pages of a shape and dtype."""

    def held_bytes(self, shape: Shape, dtype: str, count: int) -> int:
        """Return the memory of the pages that it holds at once, beside one and what comes of it."""

    def said(self) -> str:
        """Say what it reads, and how many pages are in memory; '' of one that reads one after the other."""


@dataclass(frozen=True)
class EachPage:
    """Stages that filter one page after the other.

    Parameters
    ----------
    engine : Engine
    dtype : str
        Of what they give.
    """

    engine: Engine
    dtype: str

    def made(self, count: int) -> int:
        """As many."""
        return count

    def run(self, pages: Iterator[Page], count: int, on: Filtering) -> Iterator[Page]:
        """Yield each filtered."""
        for number, page in enumerate(pages):
            yield on.run(self.engine, page, self.dtype, number)

    def after(self, shape: Shape, dtype: str) -> tuple[Shape, str]:
        """As the stages are planned."""
        return planned(self.engine, shape, dtype), self.dtype

    def held_bytes(self, shape: Shape, dtype: str, count: int) -> int:
        """None beside one."""
        return 0

    def said(self) -> str:
        """Nothing."""
        return ""


@dataclass(frozen=True)
class Filled(EachPage):
    """Stages of pages in which a number stands for what is missing, that is NaN before.

    Parameters
    ----------
    value : float
    """

    value: float

    def run(self, pages: Iterator[Page], count: int, on: Filtering) -> Iterator[Page]:
        """Yield each."""
        filled = (np.where(np.isnan(page), page.dtype.type(self.value), page) for page in pages)
        return super().run(filled, count, on)


@dataclass(frozen=True)
class WholeStack(EachPage):
    """A stage with numbers of all pages, which looks at one pixel: it filters them as one tall image.

    Parameters
    ----------
    name : str
        Of the stage.
    """

    name: str

    def run(self, pages: Iterator[Page], count: int, on: Filtering) -> Iterator[Page]:
        """Yield each, once all are read."""
        stack = all_of(pages, count)
        tall = stack.reshape(-1, *stack.shape[2:])
        made = on.run(self.engine, tall, self.dtype)
        yield from made.reshape(count, -1, *made.shape[1:])

    def held_bytes(self, shape: Shape, dtype: str, count: int) -> int:
        """All pages, and what comes of them."""
        return count * (page_bytes(shape, dtype) + page_bytes(*self.after(shape, dtype)))

    def said(self) -> str:
        """Say so."""
        return f"{self.name}: numbers of all pages of a stack, which are in memory at once"


@dataclass(frozen=True)
class OneOfAll(EachPage):
    """A projection, and the stages that filter the page which it makes.

    Parameters
    ----------
    name : str
        Of its stage.
    projection : str
    compute : str
        Type in which it reads pages.
    """

    name: str
    projection: str
    compute: str

    def made(self, count: int) -> int:
        """One."""
        return 1

    def run(self, pages: Iterator[Page], count: int, on: Filtering) -> Iterator[Page]:
        """Yield the one."""
        made = projected(self.projection, pages, count, self.compute)
        yield on.run(self.engine, made.astype(self.compute, copy=False), self.dtype)

    def after(self, shape: Shape, dtype: str) -> tuple[Shape, str]:
        """As the stages are planned."""
        return planned(self.engine, shape, self.compute), self.dtype

    def held_bytes(self, shape: Shape, dtype: str, count: int) -> int:
        """All pages, or what the pages so far give."""
        if is_running(self.projection):
            return page_bytes(shape, "float64")
        return count * page_bytes(shape, self.compute)

    def said(self) -> str:
        """Say so."""
        if is_running(self.projection):
            return f"{self.name}: all pages of a stack, one after the other"
        return f"{self.name}: all pages of a stack are in memory at once, in the type of the arithmetic"


def planned(engine: Engine, shape: Shape, dtype: str) -> Shape:
    """Return the shape of what an engine makes of an image."""
    plan = engine.plan(shape, dtype)
    return (*plan.extent, plan.output_channels)


def page_bytes(shape: Shape, dtype: str) -> int:
    """Return the memory of a page."""
    return math.prod(shape) * np.dtype(dtype).itemsize
