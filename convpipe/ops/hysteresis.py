"""What is joined to something certain: an op that stands apart."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.geometry import Extent
from convpipe.interval import Interval
from convpipe.ops.frame import Frame, function

_NAME = "convpipe.hysteresis"

WEAK, STRONG = 1, 2
"""Marks of what counts where it touches something that does, and of what counts in any case."""


@function(_NAME)
def _joined(marks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 where marks are strong, or weak and joined to strong ones over eight neighbours."""
    weak, joined = marks >= WEAK, marks >= STRONG
    while True:
        around = np.pad(joined, [(1, 1), (1, 1), (0, 0)])
        grown = weak & sliding_window_view(around, (3, 3), axis=(0, 1)).any(axis=(3, 4))
        if (grown == joined).all():
            return joined.astype(np.float64)
        joined = grown


@dataclass(frozen=True)
class Hysteresis(Frame):
    """Of marks 0, 1 (weak) and 2 (strong), the strong ones and the weak ones that are joined to one of these.

    Pixels are joined over eight neighbours. Compiled loops do it; as :class:`Frame` where there are none.

    Source: J. Canny, "A computational approach to edge detection", IEEE Trans. PAMI 8, 1986.

    Parameters
    ----------
    full : float
        What they become; others become 0.

    Examples
    --------
    >>> Hysteresis.of(255)(np.array([[1, 0, 0, 1, 2]])[..., None])[..., 0]
    array([[  0.,   0.,   0., 255., 255.]])
    """

    full: float = 1.0

    @classmethod
    def of(cls, full: float) -> Hysteresis:
        """Return it, with what becomes of marks that count."""
        return cls(_NAME, operations=4, full=full)

    def __call__(self, *colours: NDArray[Any]) -> NDArray[np.float64]:
        """Return what it makes of marks, (rows, cols, colours)."""
        return super().__call__(*colours) * self.full

    def nbytes(self, extent: Extent, channels: int) -> int:
        """Return the bytes that it takes: a channel's marks, with a frame, and the places to visit."""
        rows, cols = extent
        return (rows + 2) * (cols + 9) * 9 + math.prod(extent) * 8 * channels

    def range(self, samples: Interval) -> Interval:
        """Enclose every result."""
        return Interval(0, self.full)
