"""Run a turn: a view of an image, or a copy of it where it is a result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from convpipe.compile.common.pictures import Picture
from convpipe.compile.cpu.whole import Whole
from convpipe.dataclass import dataclass
from convpipe.ops import Turn


@dataclass(frozen=True)
class Turned(Whole):
    """An image from another side, called as a sweep is.

    Parameters
    ----------
    turn : Turn
    given, picture : Picture
        What it reads and makes.
    is_result : bool
        Whether the caller gets it: then it is no view of what may be the caller's image.
    """

    turn: Turn
    given: Picture
    picture: Picture
    is_result: bool

    @property
    def source(self) -> str:
        """What it does, in a line."""
        return f"# {self.title}\n# a view: {self.turn}\n"

    def __call__(self, images: Sequence[NDArray[Any]], threads: int | None) -> tuple[list[NDArray[Any]], int]:
        """Return the image that it makes, and that no NaN became 0."""
        view = self.turn.of(images[0].reshape(*self.given.extent, self.given.channels))
        if not self.is_result:
            return [view], 0
        rows = self.picture.empty()
        rows.reshape(view.shape)[:] = view
        return [rows], 0
