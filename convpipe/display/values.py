"""Samples, with what it takes to show them."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.ops import dtype_range


@dataclass(frozen=True)
class Values:
    """The samples of an image, or of a stage's result.

    Parameters
    ----------
    samples : ndarray, shape (rows, cols) or (rows, cols, channels)
    dtype : str
        Whose full scale they are of: ``uint8`` of what an image of 8 bits is between stages, in float32.
    alpha : bool
        Whether the last channel is alpha, straight.
    gap : float, optional
        What stands for a missing sample; it may be NaN.
    labels : bool
        Whether they are numbers of objects, which have no order and no mean.

    Examples
    --------
    >>> from convpipe.display import Values
    >>> values = Values(np.array([[0, 7]], "uint8"), "uint8", gap=0)
    >>> values.opacity
    array([[0., 1.]])
    >>> Values(np.zeros((2, 2, 5)), "float64").notes
    ('channel 0 of 5',)
    """

    samples: NDArray[Any]
    dtype: str
    alpha: bool = False
    gap: float | None = None
    labels: bool = False

    def reduced(self, factor: int) -> Values:
        """Return them `factor` times as small, without copies of them all.

        Means of blocks; of labels, and where pixels are missing or can be seen through, the middle one of
        each block. Rows and columns that fill no block are left out.

        Examples
        --------
        >>> Values(np.array([[0, 2, 9], [4, 6, 9]], "uint8"), "uint8").reduced(2).samples
        array([[3.]])
        >>> Values(np.array([[0, 2, 9], [4, 0, 9]], "uint8"), "uint8", gap=0).reduced(2).samples
        array([[0]], dtype=uint8)
        """
        rows, cols = (max(1, side // factor) for side in self.samples.shape[:2])
        high, wide = (min(factor, side) for side in self.samples.shape[:2])
        if self.labels or self.alpha or self.gap is not None:
            small = self.samples[high // 2 :: high, wide // 2 :: wide][:rows, :cols]
            return replace(self, samples=small)
        inner = self.samples[: rows * high, : cols * wide]
        blocks = inner.reshape(rows, high, cols, wide, *inner.shape[2:])
        return replace(self, samples=blocks.mean(axis=(1, 3), dtype=np.float64))

    @cached_property
    def _samples(self) -> NDArray[np.float64]:
        return np.atleast_3d(self.samples).astype(np.float64)

    @cached_property
    def _counted(self) -> int:
        """Channels without alpha."""
        return int(self._samples.shape[2]) - self.alpha

    @property
    def colours(self) -> NDArray[np.float64]:
        """What is drawn, (rows, cols, 1 or 3): of other numbers of channels the first."""
        return self._samples[..., : self._counted if self._counted in (1, 3) else 1]

    @cached_property
    def holes(self) -> NDArray[np.bool_]:
        """Which pixels are missing, (rows, cols)."""
        if self.gap is None:
            return np.zeros(self._samples.shape[:2], bool)
        same = np.isnan(self.colours) if np.isnan(self.gap) else self.colours == self.gap
        return np.asarray(same.any(axis=2))

    @property
    def opacity(self) -> NDArray[np.float64]:
        """How much of each pixel is there, (rows, cols), from 0 to 1."""
        if not self.alpha:
            return np.where(self.holes, 0.0, 1.0)
        return np.asarray(np.clip(self._samples[..., -1] / dtype_range(self.dtype).high, 0, 1))

    @property
    def see_through(self) -> bool:
        """Whether what lies below can be seen anywhere."""
        return self.alpha or bool(self.holes.any())

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of how they are shown."""
        return tuple(
            note
            for note, holds in (
                ("alpha on a checkerboard", self.alpha),
                (f"channel 0 of {self._counted}", self._counted not in (1, 3)),
                ("what is missing on a checkerboard", self.holes.any()),
            )
            if holds
        )
