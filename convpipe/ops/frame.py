"""A whole image through a library's function: what is better kept than written anew.

The functions are registered by the modules that declare filters, under a name that says what they are. They
import their library when they are called: a plan needs none of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.geometry import Extent
from convpipe.interval import Interval

Function = Callable[..., NDArray[np.float64]]
"""From the colours of each image, (rows, cols, colours) of float64, and parameters by name to one of the same
shape."""

_FUNCTIONS: dict[str, Function] = {}


def function(name: str) -> Callable[[Function], Function]:
    """Register the decorated function, under the dotted name of the library's that it calls."""

    def register(call: Function) -> Function:
        if name in _FUNCTIONS:
            raise ValueError(f"{name} is registered twice")
        _FUNCTIONS[name] = call
        return call

    return register


@dataclass(frozen=True)
class Frame:
    """The colours of whole images through a function of a library, in float64; alpha stays the first one's.

    The function takes values over the full scale of the image's dtype, 0 to 1 of unsigned integers, as
    scikit-image has them.

    Parameters
    ----------
    function : str
        Under which it is registered.
    parameters : tuple of (name, value)
        What it takes by name beside the colours.
    full_scale : float
        By which samples are divided before it, and multiplied after it.
    beyond : float
        How far, over that scale, a result can lie beyond the smallest and the largest sample.
    values : Interval, optional
        What a result can be beside that.
    result : Interval, optional
        Encloses every result, whatever the samples are.
    operations : int
        Arithmetic operations on a sample, about.
    copies, planes : int
        What the function takes beside its input and its result, at most: images of float64, and single
        channels of them.
    images : int
        How many it takes, of one extent and as many channels.
    leaves_out : bool
        Whether a sample that is NaN counts for nothing, and stays NaN.
    of_mask : str, optional
        What is to be said where its first image has no more than two values.

    Raises
    ------
    ValueError
        If no function is registered under that name.
    """

    function: str
    parameters: tuple[tuple[str, Any], ...] = ()
    full_scale: float = 1.0
    beyond: float = 0.0
    values: Interval | None = None
    result: Interval | None = None
    operations: int = 1
    copies: int = 0
    planes: int = 0
    images: int = 1
    leaves_out: bool = False
    of_mask: str | None = None

    def __post_init__(self) -> None:
        if self.function not in _FUNCTIONS:
            raise ValueError(f"no function is registered as {self.function!r}")

    def __call__(self, *colours: NDArray[Any]) -> NDArray[np.float64]:
        """Return what it makes of colours, (rows, cols, colours) of each image, in their own units.

        Raises
        ------
        ImageError
            If the function does not take the image.
        ValueError
            If the function gives another shape.
        """
        given = [each.astype(np.float64) / self.full_scale for each in colours]
        made = np.asarray(_FUNCTIONS[self.function](*given, **dict(self.parameters)))
        if made.shape != colours[0].shape:
            raise ValueError(f"{self.function} made {made.shape} of an image of {colours[0].shape}")
        return made * self.full_scale

    def check(self, extent: Extent, colours: int) -> None:
        """Raise ValueError if it takes no image of that extent and that many colours."""

    def nbytes(self, extent: Extent, channels: int) -> int:
        """Return the bytes that it takes at most, with copies of the image and of the result in float64."""
        return math.prod(extent) * 8 * ((2 + self.images + self.copies) * channels + self.planes)

    def thread_bytes(self, extent: Extent, channels: int) -> int:
        """Return the bytes that each thread takes beside them, where it runs on several."""
        return 0

    def range(self, samples: Interval) -> Interval:
        """Enclose every result."""
        if self.result is not None:
            return replace(self.result, nan=samples.nan) if self.leaves_out else self.result
        beyond = self.beyond * self.full_scale
        found = Interval(samples.low - beyond, samples.high + beyond, samples.nan)
        return found if self.values is None else found.join(self.values)


@dataclass(frozen=True)
class TileEqualization(Frame):
    """Local histogram equalisation by the tiles of an image: see :mod:`convpipe.clahe`.

    Compiled loops do images of 8 and 16 bits; as :class:`Frame`, all else.
    """
