"""Which samples each tile reads, and which outputs it makes: positions alone say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convpipe.fourier import Side
from convpipe.geometry import Border, border_index


@dataclass(frozen=True)
class Cut:
    """What one tile reads and makes along one axis.

    Parameters
    ----------
    outputs : slice
        Of the result.
    sources : ndarray of int64
        Where its samples come from in the image; -1 is outside.
    """

    outputs: slice
    sources: NDArray[np.int64]

    @property
    def count(self) -> int:
        """Number of its outputs."""
        return len(range(self.outputs.start, self.outputs.stop, self.outputs.step))

    @property
    def first(self) -> int:
        """Where its samples begin if they lie side by side in the image, else -1."""
        inside = self.sources[0] >= 0 and (np.diff(self.sources) == 1).all()
        return int(self.sources[0]) if inside else -1


def cuts(side: Side, size: int, border: Border) -> Iterator[Cut]:
    """Yield the tiles along an axis of `size` samples, plane after plane."""
    window = side.window
    for phase in range(min(side.phases, side.outputs)):
        outputs = range(phase, side.outputs, side.phases)
        first = phase * window.stride - window.before
        reads = (len(outputs) - 1) * side.step + window.kernel
        sources = _sources(range(first, first + reads * window.dilation, window.dilation), size, border)
        for begin in range(0, len(outputs), side.makes):
            made = outputs[begin : begin + side.makes]
            at = begin * side.step
            read = sources[at : at + (len(made) - 1) * side.step + window.kernel]
            yield Cut(slice(made.start, made.stop, made.step), read)


def _sources(positions: Sequence[int], size: int, border: Border) -> NDArray[np.int64]:
    """Return where padded positions come from; -1 is outside."""
    sources = np.array(positions, np.int64)
    outside = (sources < 0) | (sources >= size)
    sources[outside] = [border_index(at, size, int(border)) for at in sources[outside].tolist()]
    return sources
