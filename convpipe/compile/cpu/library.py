"""Run a frame: the colours of whole images through a function of a library, on the processor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.clahe import EQUALIZED_TILES, Grid
from convpipe.compile.common.pictures import Picture
from convpipe.compile.cpu.clahe import LOOPS, equalize_tiles
from convpipe.compile.cpu.whole import Whole
from convpipe.errors import ImageError
from convpipe.ops import Frame, Held


@dataclass(frozen=True)
class Library(Whole):
    """A function of a library, called as a sweep is.

    Parameters
    ----------
    inputs : tuple of int
        Those of `reads` in the order of the function, which may take one more than once.
    frame : Frame
    picture : Picture
        That it makes.
    alpha : bool
        Whether the last channel is alpha, which stays what it was.
    """

    inputs: tuple[int, ...]
    frame: Frame
    picture: Picture
    alpha: bool

    @property
    def source(self) -> str:
        """What it calls, in a line."""
        return f"# {self.title}\n# the whole image: {self.frame}\n"

    def __call__(self, images: Sequence[NDArray[Any]], threads: int | None) -> tuple[list[NDArray[Any]], int]:
        """Return the image that it makes, and that no NaN became 0."""
        picture = self.picture
        shape = *picture.extent, picture.channels
        samples = [images[self.reads.index(at)].reshape(shape) for at in self.inputs]
        colours = picture.channels - self.alpha
        if isinstance(self.frame, Held) and not self.alpha:
            return [picture.rows(self.frame.placed(picture.extent, colours))], 0
        rows = picture.empty()
        result = rows.reshape(shape)
        given = [each[..., :colours] for each in samples]
        try:
            if not _tiled(self.frame, given[0], result[..., :colours], threads):
                result[..., :colours] = self.frame(*given)
        except ImageError as error:
            raise ImageError(f"{self.title}: {error.reason}") from None
        result[..., colours:] = samples[0][..., colours:]
        return [rows], 0


def _tiled(frame: Frame, colours: NDArray[Any], result: NDArray[Any], threads: int | None) -> bool:
    """Write the result of a frame for which there are loops; tell whether it is one."""
    if frame.function != EQUALIZED_TILES or colours.dtype.name not in LOOPS or result.dtype != np.float32:
        return False
    given = dict(frame.parameters)
    rows, cols, count = colours.shape
    grid = Grid(given["tiles"], (rows, cols))
    for k in range(count):
        equalize_tiles(colours[..., k], result[..., k], grid, given["limit"], threads)
    return True
