"""Values as levels from 0 to 255, stretched where 8 bits do not hold them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass

PERCENTILES = (0.1, 99.9)
"""Of the samples: they become black and white where a picture is stretched; a few hot pixels do not count."""


@dataclass(frozen=True)
class Stretch:
    """Which value becomes black, and which white; between them levels are linear.

    Parameters
    ----------
    black, white : float
        Values of levels 0 and 255. Where they are the same, all is the grey between;
        where they are NaN, all is black.
    note : str
        How that is said to a person; empty where levels are the values.
    """

    black: float
    white: float
    note: str

    @classmethod
    def of(cls, values: NDArray[np.float64], seen: NDArray[np.bool_], dtype: str) -> Stretch:
        """Return that of some values: none of those of 8 bits; around 0, if they lie on both sides of it.

        Parameters
        ----------
        values : ndarray, shape (rows, cols, channels)
        seen : ndarray, shape (rows, cols)
            The pixels that decide.
        dtype : str
            Whose full scale the values are of.

        Examples
        --------
        >>> values, seen = np.array([[[-1.0], [3.0]]]), np.array([[True, True]])
        >>> stretch = Stretch.of(values, seen, "float32")
        >>> stretch.note
        'stretched: black -2.996, white 2.996'
        >>> np.rint(stretch.levels(values).ravel())
        array([ 85., 255.])
        """
        finite = values[seen][np.isfinite(values[seen])]
        if dtype == "uint8" and (finite.size == 0 or (finite.min() > -0.5 and finite.max() < 255.5)):
            return cls(0, 255, "")
        if finite.size == 0:
            return cls(np.nan, np.nan, "no finite value")
        low, high = (float(level) for level in np.percentile(finite, PERCENTILES))
        if low == high:  # nearly all of one value
            low, high = float(finite.min()), float(finite.max())
        if low == high:
            return cls(low, high, f"all {low + 0.0:.4g}, shown as grey")
        if low < 0 < high:  # so that 0 is the grey between
            low, high = -max(-low, high), max(-low, high)
        return cls(low, high, f"stretched: black {low + 0.0:.4g}, white {high + 0.0:.4g}")

    def levels(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values as levels, from 0 to 255 where any is stretched; what is not finite is at an end."""
        if not self.note:
            return np.nan_to_num(values)
        if np.isnan(self.black):
            return np.zeros_like(values)
        if self.black == self.white:
            return np.full_like(values, 255 / 2)
        from skimage.exposure import rescale_intensity

        black, white = self.black, self.white
        known = np.nan_to_num(values, nan=black, posinf=white, neginf=black)
        return np.asarray(rescale_intensity(known, in_range=(black, white), out_range=(0, 255)))
