"""An image that is given: it takes the place of the one that enters, beside which others read it."""

from __future__ import annotations

from dataclasses import field
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.geometry import Extent
from convpipe.interval import Interval
from convpipe.ops.frame import Frame, function

_NAME = "reference image"


@dataclass(frozen=True)
class Reference:
    """The samples of an image; those of the same content are equal.

    Parameters
    ----------
    name : str
        For a person: where it comes from.
    pixels : ndarray, shape (rows, cols, channels), float32
    digest : str
        Of the samples.
    """

    name: str = field(compare=False)
    pixels: NDArray[np.float32] = field(compare=False, repr=False)
    digest: str

    @classmethod
    def of(cls, array: NDArray[Any], name: str = "array") -> Reference:
        """Return the reference of an array, (rows, cols) or (rows, cols, channels)."""
        pixels = np.ascontiguousarray(array, np.float32).reshape(*array.shape[:2], -1)
        pixels.flags.writeable = False
        return cls(name, pixels, sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest())

    @cached_property
    def range(self) -> Interval:
        """Of its samples."""
        return Interval(
            float(np.nanmin(self.pixels)), float(np.nanmax(self.pixels)), bool(np.isnan(self.pixels).any())
        )

    def __format__(self, _: str) -> str:
        return self.name


@function(_NAME)
def _held(colours: NDArray[np.float64], image: Reference) -> NDArray[Any]:
    return np.broadcast_to(image.pixels, colours.shape)


@dataclass(frozen=True)
class Held(Frame):
    """An image that is given, whatever enters; as :class:`Frame`.

    Examples
    --------
    >>> Held.of(Reference.of(np.array([[1, 2], [3, 5]]))).range(Interval(0, 255)).high
    5.0
    """

    @classmethod
    def of(cls, reference: Reference) -> Held:
        """Return the op of a reference."""
        return cls(_NAME, (("image", reference),))

    @property
    def reference(self) -> Reference:
        """The image."""
        ((_, image),) = self.parameters
        assert isinstance(image, Reference)
        return image

    def check(self, extent: Extent, colours: int) -> None:
        """Raise ValueError if its pixels are not those of such an image.

        One channel serves every colour, and a single pixel every extent.
        """
        rows, cols, channels = self.reference.pixels.shape
        if (rows, cols) not in (extent, (1, 1)) or channels not in (1, colours):
            own, other = (
                f"{r} x {c} pixels of {n} channel{'s' * (n > 1)}"
                for (r, c), n in (((rows, cols), channels), (extent, colours))
            )
            raise ValueError(f"{self.reference.name} has {own}; the image has {other}")

    def placed(self, extent: Extent, colours: int) -> NDArray[np.float32]:
        """Return its samples as those of an image, (rows, cols, colours); a view."""
        return np.broadcast_to(self.reference.pixels, (*extent, colours))

    def nbytes(self, extent: Extent, channels: int) -> int:
        """Return 0: it stands, whatever image is filtered."""
        return 0

    def range(self, samples: Interval) -> Interval:
        """Enclose its samples."""
        return self.reference.range
