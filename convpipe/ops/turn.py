"""An image seen from another side: pixels elsewhere, and none of them changed."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.geometry import Extent
from convpipe.sampling import Sampling


@dataclass(frozen=True)
class Turn:
    """Rows, columns, or both in reverse order, and then exchanged, if so.

    It is a view of what it reads; what needs it in one piece makes the one copy.

    Parameters
    ----------
    mirrored : (bool, bool)
        Whether rows, and whether columns, are in reverse order.
    transposed : bool
        Whether rows become columns then.

    Examples
    --------
    >>> import numpy as np
    >>> Turn((False, True), transposed=True).of(np.arange(6).reshape(2, 3)).tolist()
    [[2, 5], [1, 4], [0, 3]]
    """

    mirrored: tuple[bool, bool] = (False, False)
    transposed: bool = False

    def of(self, image: NDArray[Any]) -> NDArray[Any]:
        """Return the view of an image, (rows, cols) or (rows, cols, channels)."""
        rows, cols = (slice(None, None, -1 if each else 1) for each in self.mirrored)
        view = image[rows, cols]
        return view.swapaxes(0, 1) if self.transposed else view

    def extent(self, extent: Extent) -> Extent:
        """Return the rows and columns of an image of `extent` after it."""
        return (extent[1], extent[0]) if self.transposed else extent

    def sampling(self, extent: Extent) -> Sampling:
        """Return where the pixels of the result lie in an image of `extent`."""
        rows, cols = self.mirrored
        step = -1.0 if rows else 1.0, -1.0 if cols else 1.0
        first = extent[0] - 1.0 if rows else 0.0, extent[1] - 1.0 if cols else 0.0
        return Sampling(step, first, self.transposed)
