"""Steps whose windows reach over several pages, as many of which are held as one window spans."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count as numbers
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.engine import Engine
from convpipe.ops import COMPUTE
from convpipe.padding import Sides
from convpipe.stack.gather import by_turns, holding, summed
from convpipe.stack.slide import Batch, Slide
from convpipe.stack.steps import EachPage, Filtering, Page, Shape, page_bytes, planned

AT_ONCE = 8
"""Sums of pages that are made together, as they share most of the pages that they read."""


@dataclass(frozen=True)
class _Windows(EachPage):
    """What both kinds have.

    Parameters
    ----------
    name : str
        Of the stage.
    slide : Slide
    """

    name: str
    slide: Slide

    def said(self) -> str:
        """Say which pages are read, and how many are held."""
        slide = self.slide
        after = slide.pages - 1 - slide.before
        held = "all of them" if slide.border.name == "WRAP" else f"{slide.held(LONG)} of them"
        return f"{self.name}: each page with {slide.before} before it and {after} after it, {held} in memory"

    def _type(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        return holding(dtype, self.slide.value, COMPUTE[dtype.name])


LONG = 1 << 10
"""Pages of a stack that is longer than what is held of it."""


@dataclass(frozen=True)
class SummedPages(_Windows):
    """Sums of pages, and the stages that filter each of them.

    Parameters
    ----------
    sums : Engine
        From samples (pages, n) to their sums.
    """

    sums: Engine

    def run(self, pages: Iterator[Page], count: int, on: Filtering) -> Iterator[Page]:
        """Yield each, a batch after the other."""
        number = numbers()
        for batch, held in self.slide.run(pages, count):
            for made in self._summed(batch, held, self.slide.value, on):
                yield on.run(self.engine, made, self.dtype, next(number))

    def _summed(self, batch: Batch, held: dict[int, Page], value: float, on: Filtering) -> list[Page]:
        """Return the sums of a batch."""
        under = [*batch.reads[0], *(each[-1] for each in batch.reads[1:])]
        dtype = self._type(next(iter(held.values())).dtype)

        def sums(samples: NDArray[Any]) -> NDArray[Any]:
            return self.sums.filter(samples, 1, COMPUTE[dtype.name])[0]

        given = [None if at < 0 else held[at] for at in under]
        return summed(given, len(batch.reads), value, sums, dtype, on.threads)

    def after(self, shape: Shape, dtype: str) -> tuple[Shape, str]:
        """As the stages are planned."""
        return planned(self.engine, shape, COMPUTE[dtype]), self.dtype

    def held_bytes(self, shape: Shape, dtype: str, count: int) -> int:
        """Of the pages that are held, and of a batch of sums."""
        sums = min(self.slide.at_once, count) * page_bytes(shape, COMPUTE[dtype])
        return self.slide.held(count) * page_bytes(shape, dtype) + sums


@dataclass(frozen=True)
class WeighedPages(SummedPages):
    """The same of what is there of pages: a mean of that, weighted by the window.

    Source: H. Knutsson, C.-F. Westin, "Normalized and differential convolution", CVPR 1993.

    Parameters
    ----------
    missing : float
        What stands for samples that are not there.
    plane, shares : Engine
        Of what is in a plane of the window: of samples, and of what they count.
    """

    missing: float
    plane: Engine
    shares: Engine

    def run(self, pages: Iterator[Page], count: int, on: Filtering) -> Iterator[Page]:
        """Yield each; NaN where a window finds nothing."""
        number = numbers()
        for batch, held in self.slide.run(map(self._known, pages), count):
            samples = {at: page[0] for at, page in held.items()}
            counts = {at: page[1] for at, page in held.items()}
            both = (self._summed(batch, samples, self.slide.value, on), self._summed(batch, counts, 1.0, on))
            for sample, share in zip(*both, strict=True):
                top = on.run(self.plane, sample, sample.dtype.name)
                bottom = on.run(self.shares, share, share.dtype.name)
                mean = np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)
                yield on.run(self.engine, mean, self.dtype, next(number))

    def _known(self, page: Page) -> Page:
        """Return the samples of a page, 0 where they are missing, and what they count."""
        missing = np.isnan(page) if np.isnan(self.missing) else page == self.missing
        known = np.zeros((2, *page.shape), COMPUTE[page.dtype.name])
        np.copyto(known[0], page, where=~missing)
        known[1] = ~missing
        return known

    def held_bytes(self, shape: Shape, dtype: str, count: int) -> int:
        """Twice as much, in the type of the arithmetic."""
        return 2 * super().held_bytes(shape, COMPUTE[dtype], count)


@dataclass(frozen=True)
class PagesByTurns(_Windows):
    """Windows over rows of pages by turns, and the stages after them.

    Parameters
    ----------
    halo : Sides
        Pixels around a page that the windows reach to.
    """

    halo: Sides

    def run(self, pages: Iterator[Page], count: int, on: Filtering) -> Iterator[Page]:
        """Yield each."""
        for number, (batch, held) in enumerate(self.slide.run(pages, count)):
            (under,) = batch.reads
            given = [None if at < 0 else held[at] for at in under]
            dtype = self._type(next(iter(held.values())).dtype)
            image = by_turns(given, self.halo, self.slide.border, self.slide.value, dtype)
            yield on.run(self.engine, image, self.dtype, number)

    def after(self, shape: Shape, dtype: str) -> tuple[Shape, str]:
        """As the stages are planned."""
        return planned(self.engine, self._entering(shape), self._type(np.dtype(dtype)).name), self.dtype

    def held_bytes(self, shape: Shape, dtype: str, count: int) -> int:
        """Of the pages that are held, and of their rows by turns."""
        image = page_bytes(self._entering(shape), self._type(np.dtype(dtype)).name)
        return self.slide.held(count) * page_bytes(shape, dtype) + image

    def _entering(self, shape: Shape) -> Shape:
        (above, below), (left, right) = self.halo
        rows, cols, *channels = shape
        return ((above + rows + below) * self.slide.pages, left + cols + right, *channels)
