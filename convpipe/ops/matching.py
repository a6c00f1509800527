"""How much each window of an image is like a template: an op that stands apart."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.fourier import SPECTRA, Tiles, quickest
from convpipe.geometry import Axis, Extent
from convpipe.interval import Interval
from convpipe.ops.frame import Frame, function
from convpipe.ops.reference import Reference

Floats = NDArray[np.float64]

_NAME = "convpipe.match"


@function(_NAME)
def _correlated(colours: Floats, template: Reference) -> Floats:
    """Return Pearson's correlation of each window with a template, all colours together, in two passes."""
    rows, cols, channels = *template.pixels.shape[:2], colours.shape[2]
    wanted = about_mean(template, channels)
    around = np.pad(colours, [*((side // 2, (side - 1) // 2) for side in (rows, cols)), (0, 0)])
    windows = sliding_window_view(around, wanted.shape)[:, :, 0]
    found = np.empty(colours.shape)
    with np.errstate(invalid="ignore"):  # of what is infinite
        for line, own in zip(found, windows, strict=True):
            varied = own - own.mean(axis=(1, 2, 3), keepdims=True)
            flat = (own == own[:, :1, :1, :1]).all(axis=(1, 2, 3))
            spread = np.square(varied).sum(axis=(1, 2, 3)) * np.square(wanted).sum()
            likeness = np.einsum("xijc,ijc->x", varied, wanted)
            line[:] = np.where(flat, 0.0, likeness / np.sqrt(np.where(flat, 1.0, spread)))[:, None]
    return found


def about_mean(template: Reference, channels: int) -> Floats:
    """Return how far the samples of a template are from their mean, (rows, cols, channels)."""
    wanted = np.broadcast_to(template.pixels.astype(np.float64), (*template.pixels.shape[:2], channels))
    return np.asarray(wanted - wanted.mean())


@dataclass(frozen=True)
class Matching(Frame):
    """The normalised cross-correlation of a template with the window around each pixel.

    The pixel stands in row ``rows // 2`` and column ``cols // 2`` of the window; outside, the image is 0. All
    colours count together, and have one result. It is 0 of a window that is flat, and NaN of one with a
    sample that is no finite number. Compiled loops do it tile by tile; as :class:`Frame`, in float64, where
    there are none.

    Source: J. P. Lewis, 'Fast normalized cross-correlation', 1995.

    Examples
    --------
    >>> cross = Matching.of(Reference.of(np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])), 1.0)
    >>> cross(np.eye(3)[..., None])[..., 0].round(3)
    array([[-0.06 ,  0.478, -0.395],
           [ 0.478, -0.316,  0.478],
           [-0.395,  0.478, -0.06 ]])
    """

    @classmethod
    def of(cls, template: Reference, full_scale: float) -> Matching:
        """Return it, for images whose white has some value."""
        values = Interval(-1.0, 1.0, full_scale == 1)
        return cls(_NAME, (("template", template),), result=values, operations=200)

    @property
    def template(self) -> Reference:
        """What is looked for."""
        ((_, template),) = self.parameters
        assert isinstance(template, Reference)
        return template

    def check(self, extent: Extent, colours: int) -> None:
        """Raise ValueError if the template is larger than the image, or of other colours."""
        rows, cols, planes = self.template.pixels.shape
        if planes not in (1, colours):
            raise ValueError(f"its template has {planes} channels; the image has {colours}")
        if rows > extent[0] or cols > extent[1]:
            raise ValueError(
                f"its template of {rows}x{cols} is larger than an image of {extent[0]}x{extent[1]}"
            )

    def tiles(self, extent: Extent) -> Tiles:
        """Return in which tiles an image is transformed; they are of one channel each."""
        rows, cols = (
            Axis(side, before=side // 2, after=(side - 1) // 2) for side in self.template.pixels.shape[:2]
        )
        return quickest((rows, cols), extent)

    def nbytes(self, extent: Extent, channels: int) -> int:
        """Return the bytes that it takes, at most: of the template, transformed, and of a copy of the image.

        That is made where samples are no finite numbers, or as they are no squares can be summed.
        """
        transforms = channels * self.tiles(extent).shared_bytes // SPECTRA
        return transforms + math.prod(extent) * (9 * channels + 16)

    def thread_bytes(self, extent: Extent, channels: int) -> int:
        """Return the bytes that a thread takes: a pair of tiles, its responses, and sums over windows."""
        tiles, rows = self.tiles(extent), len(self.template.pixels)
        responses = 2 * (2 if channels > 1 else 1) * tiles.rows.makes * tiles.cols.makes
        return tiles.pair_bytes + 8 * (responses + 2 * (rows + LINES) * (tiles.cols.reads + LINES))


LINES = 8
"""Lines of sums of a thread beside those over the rows of a template; and numbers beside each, at most."""
