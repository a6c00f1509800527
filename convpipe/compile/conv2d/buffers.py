"""The rows of the input as the taps of a correlation read them: copied, or where they stand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.correlation import Correlation
from convpipe.compile.runtime.processor import VECTOR_BYTES
from convpipe.dataclass import dataclass
from convpipe.geometry import Axis, Extent, border_index

NEAR_BYTES, FAR_BYTES = 1 << 15, 1 << 18
"""What copied rows may take of the first-level cache, and of the second."""

FAR_ROWS = 16
"""Output rows of a strip that are worth the second-level cache: a strip copies what it shares with others."""

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Buffers:
    """Rows of all channels of one image and group, for a strip of output rows.

    Parameters
    ----------
    channels : int
    extent : (int, int)
        Rows and columns of the image.
    how : Correlation
    itemsize : int
        Bytes of a sample.
    plane : int
        Samples from a channel of the image to the next.
    """

    channels: int
    extent: Extent
    how: Correlation
    itemsize: int
    plane: int

    @property
    def sizes(self) -> Extent:
        """Rows and columns of a result."""
        rows, cols = (axis.output(size) for axis, size in zip(self.how.windows, self.extent, strict=True))
        return rows, cols

    @property
    def pitch(self) -> int:
        """Samples from a row to the next that the same tap reads."""
        return self.sizes[1] + (self._cols.reach - 1) // self._cols.stride

    @property
    def phases(self) -> int:
        """Pieces of a row: its columns modulo the stride, as far as they are read."""
        return min(self._cols.stride, self._cols.reach)

    def most_rows(self) -> int:
        """Return the output rows of the highest strip whose samples stay within a cache."""
        near, far = (self._fitting(nbytes) for nbytes in (NEAR_BYTES, FAR_BYTES))
        return max(near, min(far, FAR_ROWS), 1)

    def in_place(self, rows: int) -> bool:
        """Return whether samples are read where they stand, for strips of at least so many output rows.

        No more must be read than there is: a tile is as wide as a vector at least.
        """
        plain = all(axis.stride == 1 and axis.before == axis.after == 0 for axis in self.how.windows)
        total = (rows - 1) * self.extent[1] + self.sizes[1]
        return plain and total * self.itemsize >= VECTOR_BYTES

    def samples(self, rows: int) -> int:
        """Return how many samples are copied for so many output rows."""
        return self.channels * self.phases * self.piece_step(rows)

    def piece_step(self, rows: int) -> int:
        """Return the samples from a piece of a row to the next."""
        return self._slots(rows) * self.pitch

    def offsets(self, rows: int, seen: int, in_place: bool) -> Numbers:
        """Return how far each tap's sample is from the first, in strips of at most so many output rows.

        There are taps in `seen` rows: those of the kernel, or more that continue them.
        """
        shifts = np.arange(seen) * self._rows.dilation
        shift = np.arange(self._cols.kernel) * self._cols.dilation
        if in_place:
            channel, row, col = self.plane, shifts * self.extent[1], shift
        else:
            step = self.piece_step(rows)
            channel, row = self.phases * step, self._first_slots(shifts, rows) * self.pitch
            col = shift % self._cols.stride * step + shift // self._cols.stride
        channels = np.arange(self.channels) * channel
        return (channels[:, None, None] + row[:, None] + col).reshape(-1)

    def pieces(self) -> Numbers:
        """Return (first, count, from) of each piece: piece p holds the padded columns p, p + stride, ..."""
        stride, left = self._cols.stride, self._cols.before
        phase = np.arange(self.phases)
        first = np.clip(-((phase - left) // stride), 0, self.pitch)
        last = np.clip(-((phase - left - self.extent[1]) // stride), first, self.pitch)
        return np.stack([first, last - first, first * stride + phase - left], axis=1)

    def edges(self, rows: int) -> Numbers:
        """Return (at, from) of each column outside the image."""
        stride, left, step = self._cols.stride, self._cols.before, self.piece_step(rows)
        found = [
            (p * step + at, border_index(at * stride + p - left, self.extent[1], int(self.how.border)))
            for p, (first, count, _) in enumerate(self.pieces().tolist())
            for at in (*range(first), *range(first + count, self.pitch))
        ]
        return np.array(found, np.int64).reshape(-1, 2)

    def lines(self, y: int, rows: int, most: int) -> Numbers:
        """Return (at, from) of what `rows` output rows from `y` on read, in strips of at most `most`."""
        shifts = np.arange(self._rows.kernel) * self._rows.dilation
        slots = (self._first_slots(shifts, most)[:, None] + np.arange(rows)).reshape(-1)
        places = (shifts[:, None] + np.arange(y, y + rows) * self._rows.stride).reshape(-1)
        slots, which = np.unique(slots, return_index=True)
        sources = [
            border_index(place, self.extent[0], int(self.how.border))
            for place in (places[which] - self._rows.before).tolist()
        ]
        begins = [source * self.extent[1] if source >= 0 else -1 for source in sources]
        return np.stack([slots * self.pitch, np.array(begins, np.int64)], axis=1)

    @property
    def _rows(self) -> Axis:
        return self.how.windows[0]

    @property
    def _cols(self) -> Axis:
        return self.how.windows[1]

    def _first_slots(self, shifts: Numbers, rows: int) -> Numbers:
        """Return the slot of the first row that each kernel row reads; the others follow it."""
        if self._apart(rows):
            return np.arange(len(shifts)) * rows
        return shifts % self._rows.stride * self._a_phase(rows) + shifts // self._rows.stride

    def _slots(self, rows: int) -> int:
        """Return how many rows of the image are kept, of each channel."""
        return self._rows.kernel * rows if self._apart(rows) else self._shared(rows)

    def _apart(self, rows: int) -> bool:
        """Return whether each kernel row has rows of its own: where a dilated window skips most of them."""
        return self._rows.kernel * rows < self._shared(rows)

    def _shared(self, rows: int) -> int:
        return min(self._rows.stride, self._rows.reach) * self._a_phase(rows)

    def _a_phase(self, rows: int) -> int:
        """Return how many of the rows that lie a stride apart are read."""
        return rows + (self._rows.reach - 1) // self._rows.stride

    def _fitting(self, nbytes: int) -> int:
        """Return the most output rows whose samples take no more; 0 if one takes more."""
        least, most = 0, self.sizes[0]
        while least < most:
            rows = (least + most + 1) // 2
            least, most = (rows, most) if self.samples(rows) * self.itemsize <= nbytes else (least, rows - 1)
        return least
