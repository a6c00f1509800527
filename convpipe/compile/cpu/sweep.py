"""Run levels that share a sweep over the image: several images may enter, and several be written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from convpipe.compile.common.pictures import Band, Picture
from convpipe.compile.cpu.counting import Counting
from convpipe.compile.cpu.executable import Fused
from convpipe.dataclass import dataclass
from convpipe.statistics import Measured, measure


@dataclass(frozen=True)
class Sweep:
    """One loop: the images that it reads and those that it writes.

    Parameters
    ----------
    reads, makes : tuple of int
        Positions of the nodes of the plan whose images they are.
    pictures : tuple of Picture
        Those that it writes.
    fused : Fused
    operations : int
    statistics : tuple of Statistic or Cumulative
        The numbers that it needs of the first image that it reads.
    alpha : bool
        Whether the last channel of that is alpha, which counts for nothing in them.
    """

    reads: tuple[int, ...]
    makes: tuple[int, ...]
    pictures: tuple[Picture, ...]
    fused: Fused
    operations: int
    statistics: tuple[Measured, ...] = ()
    alpha: bool = False

    is_silent = True

    @property
    def source(self) -> str:
        """The schedule, and the generated Python of its loops."""
        return self.fused.source

    def __call__(
        self, images: Sequence[NDArray[Any]], threads: int | None, known: Sequence[float] = ()
    ) -> tuple[list[NDArray[Any]], int]:
        """Return the images that it writes, as rows of samples, and how many NaNs became 0.

        Numbers that it needs are found, unless they are known.
        """
        given = self.fused.program.images
        rows = [picture.rows(image) for image, picture in zip(images, given, strict=True)]
        outs = [picture.empty() for picture in self.pictures]
        bands = self.fused.bands(self.operations, threads)
        measured = known or self.measured(images[0], threads)
        return outs, self.fused.run(rows, outs, bands, measured)

    def band(
        self,
        given: Sequence[Band],
        first: int,
        last: int,
        measured: Sequence[float] = (),
        made_before: int = 0,
    ) -> tuple[list[Band], int]:
        """Return rows of the images that it writes, made of rows of those that it reads; as a call.

        With the numbers of the first of these as a whole, if it needs any. NaNs count in rows alone that
        were not `made_before`.
        """
        return self.fused.band(given, self.pictures, first, last, measured, made_before)

    def measured(self, image: NDArray[Any], threads: int | None) -> list[float]:
        """Return the numbers of an image."""
        if not self.statistics:
            return []
        samples = self.fused.program.images[0].pixels(image, self.alpha)
        return measure(self.statistics, samples, Counting(threads))

    def warm(self) -> None:
        """Compile its loops."""
        self.fused.warm()
