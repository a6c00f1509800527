"""What metadata can say of pixels, and what descriptions of a TIFF have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.dtypes import name_of
from convpipe.geometry import Extent
from convpipe.images.tiff.ifd import Field
from convpipe.sampling import Sampling

DESCRIPTION, ASCII = 270, 2


@dataclass(frozen=True)
class Raster:
    """The pixels of an image, or page, without their values.

    Parameters
    ----------
    extent : (rows, cols)
    channels : int
    dtype : str
    planar : bool
        Whether a TIFF stores the channels one after the other.
    """

    extent: Extent
    channels: int
    dtype: str
    planar: bool = False

    @classmethod
    def of(cls, pixels: np.ndarray) -> Raster:
        """Return that of an array, (H, W) or (H, W, C).

        >>> Raster.of(np.zeros((2, 3), np.uint8))
        Raster(extent=(2, 3), channels=1, dtype='uint8', planar=False)
        """
        rows, cols = pixels.shape[:2]
        return cls((rows, cols), 1 if pixels.ndim == 2 else pixels.shape[2], name_of(pixels.dtype))


class Description(Protocol):
    """What a program writes into a TIFF to say how its pages are one image of many dimensions."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    @property
    def page(self) -> Raster:
        """Each of the pages that it describes."""

    def followed(self, sampling: Sampling, raster: Raster, notes: list[str]) -> Description | None:
        """Return that of the result, and append to ``notes`` what it no longer says; None: nothing is left.

        Any exception means that it cannot be followed, as it is damaged.
        """

    def of_pages(self, numbers: Sequence[int], notes: list[str]) -> Description | None:
        """Return that of some of its pages, which are left in order, and append to ``notes`` what is gone.

        None, or any exception, means that nothing can be said of these alone.
        """

    def axes(self) -> dict[str, int]:
        """Return how many places there are along each axis of its pages, by what they are called."""

    def fields(self) -> list[Field]:
        """Return the fields of a directory that hold it, little-endian."""


def is_structured(text: bytes) -> bool:
    """Tell whether a TIFF's description is written by a program, for programs; not by a person."""
    return text.startswith((b"ImageJ=", b"SCIFIO=", b"Aperio", b"shape=")) or text.lstrip().startswith(
        (b"<", b"{")
    )


def text_field(text: bytes) -> Field:
    """Return a TIFF's description."""
    return Field(DESCRIPTION, ASCII, len(text) + 1, text + b"\0")


@dataclass(frozen=True)
class Foreign:
    """A description in a form that convpipe does not know: it may state sizes."""

    text: bytes
    page: Raster
    name = "description"

    def followed(self, sampling: Sampling, raster: Raster, notes: list[str]) -> Foreign | None:
        """Return it where no size has changed."""
        if not sampling.moves and raster == self.page:
            return self
        notes.append("the description, of a program, dropped: it may state sizes that are no longer true")
        return None

    def of_pages(self, numbers: Sequence[int], notes: list[str]) -> None:
        """Return nothing: how it counts pages is not known."""

    def axes(self) -> dict[str, int]:
        """Return nothing: how it counts pages is not known."""
        return {}

    def fields(self) -> list[Field]:
        """Return the description."""
        return [text_field(self.text)]
