"""What runs one op on whole images, called as a sweep is: what all of these have, and alpha kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from convpipe.compile.common.pictures import Picture
from convpipe.dataclass import dataclass


@dataclass(frozen=True)
class Whole:
    """An op that stands apart.

    Parameters
    ----------
    reads, makes : tuple of int
        Positions of the nodes of the plan whose images it reads and makes.
    title : str
        For a person.
    """

    reads: tuple[int, ...]
    makes: tuple[int, ...]
    title: str

    is_silent = True

    def warm(self) -> None:
        """Compile what the first image would: nothing, unless it has loops."""


@dataclass(frozen=True)
class Colours(Whole):
    """One of a single image, whose loops write the colours of another; alpha stays what it was.

    Parameters
    ----------
    given, picture : Picture
        What it reads and makes.
    alpha : bool
        Whether the last channel is alpha.
    """

    given: Picture
    picture: Picture
    alpha: bool

    def __call__(self, images: Sequence[NDArray[Any]], threads: int | None) -> tuple[list[NDArray[Any]], int]:
        """Return the image that it makes, and that no NaN became 0."""
        picture = self.picture
        samples = images[0].reshape(*picture.extent, picture.channels)
        colours = picture.channels - self.alpha
        rows = picture.empty()
        result = rows.reshape(samples.shape)
        self._write(samples, result, colours, threads)
        result[..., colours:] = samples[..., colours:]
        return [rows], 0

    def _write(self, samples: NDArray[Any], result: NDArray[Any], colours: int, threads: int | None) -> None:
        """Write the first `colours` channels of the result."""
        raise NotImplementedError
