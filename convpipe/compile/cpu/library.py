"""Run a frame: the colours of whole images through a function of a library, on the processor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import memory
from convpipe.clahe import Grid
from convpipe.compile.common.pictures import Picture
from convpipe.compile.cpu.clahe import KINDS, calls_of_tiles
from convpipe.compile.cpu.in_turn import InTurn, made_ready
from convpipe.compile.cpu.whole import Whole
from convpipe.dataclass import dataclass
from convpipe.errors import ImageError
from convpipe.ops import Frame, Held, TileEqualization
from convpipe.remarks import heard, remark


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

    is_silent = False

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
        rows = picture.empty()
        result = rows.reshape(shape)
        try:
            with heard() as said:
                self._write([each[..., :colours] for each in samples], result[..., :colours], threads)
        except ImageError as error:
            raise ImageError(f"{self.title}: {error.reason}") from None
        for text in said:
            remark(f"{self.title}: {text}")
        result[..., colours:] = samples[0][..., colours:]
        return [rows], 0

    def _write(self, given: Sequence[NDArray[Any]], result: NDArray[Any], threads: int | None) -> None:
        """Write the colours of the result."""
        result[...] = self.frame(*given)


@dataclass(frozen=True)
class Placed(Library):
    """An image that is given, whatever enters; as :class:`Library`."""

    frame: Held

    is_silent = True

    def __call__(self, images: Sequence[NDArray[Any]], threads: int | None) -> tuple[list[NDArray[Any]], int]:
        """Return the image, and that no NaN became 0; without alpha it is read where it stands."""
        if self.alpha:
            return super().__call__(images, threads)
        picture = self.picture
        return [picture.rows(self.frame.placed(picture.extent, picture.channels))], 0


@dataclass(frozen=True)
class Equalized(Library):
    """Local histogram equalisation, by loops where there are some; as :class:`Library`."""

    frame: TileEqualization

    is_silent = True

    def __call__(self, images: Sequence[NDArray[Any]], threads: int | None) -> tuple[list[NDArray[Any]], int]:
        """Return the image that it makes, and that no NaN became 0."""
        image, picture = images[0], self.picture
        if image.dtype.name not in KINDS or picture.dtype not in ("float32", image.dtype.name):
            return super().__call__(images, threads)
        samples, rows = replace(picture, dtype=image.dtype.name).rows(image), picture.empty()
        loops, room = self._made(image.dtype.name, threads)
        loops(samples, rows, memory.empty((room,), np.uint8))
        if self.alpha:
            colours = picture.channels - 1
            rows[:, colours :: picture.channels] = samples[:, colours :: picture.channels]
        return [rows], 0

    @made_ready
    def _made(self, dtype: str, threads: int | None) -> tuple[InTurn, int]:
        """Return the loops for an image of a type, and how many bytes of room they take."""
        own, picture = dict(self.frame.parameters), replace(self.picture, dtype=dtype)
        grid = Grid(own["tiles"], picture.extent)
        colours, result = picture.channels - self.alpha, self.picture.dtype
        calls, room = calls_of_tiles(picture, result, colours, grid, own["limit"], threads)
        return InTurn(calls), room
