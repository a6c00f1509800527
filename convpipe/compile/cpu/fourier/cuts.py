"""Which samples each tile reads, and which outputs it makes: positions alone say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from convpipe import memory
from convpipe.compile.cpu.fourier import job as at
from convpipe.dataclass import dataclass
from convpipe.fourier import Side, Tiles
from convpipe.geometry import Border, Extent, border_index


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


@dataclass(frozen=True)
class Grid:
    """All tiles of an image.

    Parameters
    ----------
    tiles : Tiles
    extent : (rows, cols)
        Of the image.
    channels : int
        Of its pixels.
    border : Border
    """

    tiles: Tiles
    extent: Extent
    channels: int
    border: Border

    @cached_property
    def cuts(self) -> list[tuple[Cut, Cut]]:
        """What each tile reads and makes along rows and columns; two that follow each other are a pair."""
        sides = zip((self.tiles.rows, self.tiles.cols), self.extent, strict=True)
        rows, cols = (list(cuts(*side, self.border)) for side in sides)
        return list(product(rows, cols))

    @property
    def pairs(self) -> int:
        """How many pairs they make; of an odd number the last is alone."""
        return -(-len(self.cuts) // 2)

    @cached_property
    def words(self) -> NDArray[np.int64]:
        """The cuts as a job takes them, but for what becomes of responses; for as long as this lives."""
        described = np.zeros((len(self.cuts), at.CUT_WORDS), np.int64)
        for words, (rows, cols) in zip(described, self.cuts, strict=True):
            listed = self._columns[cols.outputs.start]
            words[[at.ROW_LIST, at.READ_ROWS]] = memory.address(rows.sources), len(rows.sources)
            words[[at.COL_LIST, at.READ_COLS]] = memory.address(listed), len(listed)
            words[at.COL_FIRST] = cols.first if self.channels == 1 else -1
            words[[at.OUT_ROWS, at.OUT_COLS]] = rows.count, cols.count
            words[[at.TOP, at.DOWN]] = rows.outputs.start, rows.outputs.step
            words[[at.LEFT, at.ACROSS]] = cols.outputs.start, cols.outputs.step
        return described

    @cached_property
    def _columns(self) -> dict[int, NDArray[np.int64]]:
        """Which samples of a row the tiles read, by the first output that they make."""
        found = {cols.outputs.start: cols.sources for _, cols in self.cuts}
        return {start: np.where(each < 0, -1, each * self.channels) for start, each in found.items()}
