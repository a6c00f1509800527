"""Which axes of an array are pages, rows, columns and channels, and the way from there to images and back."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import arrays
from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError

PAGES_NEED = "page_axis needs axes of the image, all but two or three of them"


@dataclass(frozen=True)
class Layout:
    """Which axes are which.

    Parameters
    ----------
    pages : tuple of int
        Every page is an image by itself.
    spatial : (int, int)
        Rows and columns.
    channels : int or None
    """

    pages: tuple[int, ...]
    spatial: tuple[int, int]
    channels: int | None

    @classmethod
    def of(
        cls, shape: tuple[int, ...], channel_axis: int | None = None, page_axis: int | Sequence[int] = ()
    ) -> Layout:
        """Return the layout of an array of `shape`.

        Raises
        ------
        ParameterError
            If an axis is not there, or what is left is no image.

        Examples
        --------
        >>> Layout.of((7, 3, 480, 640), channel_axis=1, page_axis=0)
        Layout(pages=(0,), spatial=(2, 3), channels=1)
        """
        axes = len(shape)
        given = page_axis if isinstance(page_axis, Sequence) else (page_axis,)
        if not all(hasattr(axis, "__index__") and -axes <= axis < axes for axis in given):
            raise ParameterError(f"{PAGES_NEED}; given {page_axis} and {shape}", "page_axis")
        pages = tuple(sorted({operator.index(axis) % axes for axis in given}))
        rest = [axis for axis in range(axes) if axis not in pages]
        if len(rest) not in (2, 3):
            raise ParameterError(f"{PAGES_NEED}; given {page_axis} and {shape}", "page_axis")
        own = channel_axis
        if own is not None and hasattr(own, "__index__") and -axes <= own < axes:
            if own % axes not in rest:
                raise ParameterError(f"axis {own} has both pages and channels", "channel_axis")
            own = rest.index(own % axes)
        arrays.channels_last(tuple(shape[axis] for axis in rest), own)
        channels = None
        if len(rest) == 3:
            channels = rest.pop(2 if own is None else own)
        return cls(pages, (rest[0], rest[1]), channels)

    @property
    def axes(self) -> tuple[int, ...]:
        """All of them: those of pages, rows, columns, and channels."""
        return (*self.pages, *self.spatial, *(() if self.channels is None else (self.channels,)))

    def image_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return that of one image, channels last."""
        return tuple(shape[axis] for axis in self.axes[len(self.pages) :])

    def images(self, block: NDArray[Any]) -> NDArray[Any]:
        """Return the images of a block, shape (pages, rows, cols) or (pages, rows, cols, channels)."""
        moved = block.transpose(self.axes)
        return moved.reshape(-1, *moved.shape[len(self.pages) :])

    def result(self, axes: int) -> tuple[int, ...]:
        """Return, for a result of images of 2 or 3 `axes`, where pages, rows, columns and channels are in it.

        Channels that the image has not come last; where they are gone, the axes after them move up.
        """
        kept = self.axes[: len(self.pages) + 2]
        if axes == 3:
            kept += (len(kept) if self.channels is None else self.channels,)
        order = sorted(kept)
        return tuple(order.index(axis) for axis in kept)

    def restored(self, images: NDArray[Any], pages: tuple[int, ...]) -> NDArray[Any]:
        """Return results, of pages of a shape, with their axes where the caller has them."""
        stacked = images.reshape(*pages, *images.shape[1:])
        return stacked.transpose(np.argsort(self.result(images.ndim - 1)))
