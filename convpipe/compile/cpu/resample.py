"""How a level of taps of its own for every row and column makes a row: sums of rows, then along the sum."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.levels import Level
from convpipe.compile.common.segments import Segment
from convpipe.compile.cpu import loops, polyphase
from convpipe.compile.cpu.combine import Response, respond
from convpipe.compile.cpu.lanes import lanes
from convpipe.compile.cpu.recipes import add_segments, segment_target
from convpipe.compile.cpu.shapes import PASS_TAPS
from convpipe.compile.cpu.steps import Frame, Place, Step, counted
from convpipe.dataclass import dataclass
from convpipe.polyphase import Polyphase


@dataclass(frozen=True)
class Resampled:
    """Sums of rows and then of neighbours, then the loops of what follows them.

    Parameters
    ----------
    level : Level
    phases : (Polyphase, Polyphase)
        Taps of rows and columns.
    segments : tuple of Segment
        None where the sums themselves are what is made.
    constants : tuple of tuple of float
        Of each segment.
    compute : str
        Type of the arithmetic.
    """

    level: Level
    phases: tuple[Polyphase, Polyphase]
    segments: tuple[Segment, ...]
    constants: tuple[tuple[float, ...], ...]
    compute: str

    rows: ClassVar[int] = 1
    lead: ClassVar[int] = 0
    fraction: ClassVar[int] = 0

    def storing(self, dtype: str, fraction: int) -> None:
        """Its rows are of the type of the arithmetic."""

    @property
    def scratch(self) -> int:
        """Rows of sums, and between its loops."""
        return 1 + len(self.segments)

    @property
    def cost(self) -> float:
        """Its taps, those of a column for every sample of the width that rows have then, and the steps."""
        rows, cols = self.phases
        return rows.kernel * float(cols.rate) + cols.kernel + self.level.operations

    @property
    def choices(self) -> list[str]:
        """Its taps."""
        rows, cols = self.phases
        return [f"up to {rows.kernel}x{cols.kernel} taps, of their own for every row and column"]

    def make(self, frame: Frame) -> None:
        """Add the steps that make a row."""
        if self._is_short:
            self._down_to(frame)
            return
        row, dtype = self._down(frame)
        row, dtype = self._along(frame, row, dtype)
        if not self.segments:
            return
        segment, count = self.segments[0], frame.cols * self.segments[0].output_channels
        found = Response("r", (), 0) if dtype == self.compute else Response("r", ((0, 0),), kind="sample")
        loop = respond(((found,),), segment, (dtype,), self.compute, lanes(1, segment.channels))
        target = segment_target(frame, self.segments, 0, 0, self.compute)
        values = np.array(self.constants[0], self.compute)
        frame.call(loop, [row, target], count, counted(1, values.tobytes()))
        add_segments(frame, self.segments, self.constants, 0, target, self.compute)

    @property
    def _is_short(self) -> bool:
        """Tell whether it is a sum of few rows and no more."""
        rows, cols = self.phases
        return bool(self.segments) and cols.is_identity and 1 < rows.kernel <= polyphase.FEW

    def _down_to(self, frame: Frame) -> None:
        """Sum the few rows of the window, and do what follows in the same loop."""
        (rows, _), given, segment = self.phases, frame.given[0], self.segments[0]
        target = segment_target(frame, self.segments, 0, 0, self.compute)
        places = (target, *(given.sample(row, 0) for row in range(rows.kernel)))
        taps = row_taps(rows, self.compute)
        own = np.array(self.constants[0], self.compute).view(np.uint8)
        own = np.pad(own, (0, -own.size % 8))
        parameters = np.hstack([np.broadcast_to(own, (len(taps), own.size)), taps])
        loop = polyphase.down_to(given.dtype, self.compute, segment)
        count = frame.cols * segment.output_channels
        frame.steps.append(Step(loop, places, count, parameters.tobytes(), pitch=parameters.shape[1]))
        add_segments(frame, self.segments, self.constants, 0, target, self.compute)

    def _down(self, frame: Frame) -> tuple[Place, str]:
        """Sum the rows of the window; return where the sum is, and its type."""
        rows, given = self.phases[0], frame.given[0]
        if rows.picks:
            return given.sample(0, 0), given.dtype
        total = frame.scratch(given.whole, self.compute)
        places = (total, *(given.sample(row, 0) for row in range(rows.kernel)))
        taps = row_taps(rows, self.compute)
        loop, pitch = polyphase.down(given.dtype, self.compute), taps.shape[1]
        frame.steps.append(Step(loop, places, given.whole, taps.tobytes(), pitch=pitch))
        return total, self.compute

    def _along(self, frame: Frame, row: Place, dtype: str) -> tuple[Place, str]:
        """Sum neighbours in a row, a few at a time; return as :meth:`_down`."""
        cols, given = self.phases[1], frame.given[0]
        if cols.is_identity:
            return row, dtype
        samples = frame.cols * given.channels
        total = frame.scratch(samples, self.compute) if self.segments else frame.out(0)
        first, last = frame.column, frame.column + frame.cols
        begin, end = cols.alike(first, last) if _repeats(cols, given.channels) else (first, first)
        if end - begin < LEAST:
            begin = end = first
        row = row.past(-given.first * given.channels, dtype)  # of the first column that there is
        rows = _Rows(
            row, dtype, total.past(-first * given.channels, self.compute), self.compute, given.channels
        )
        for ends in ((first, begin), (end, last)):
            rows.along(frame, cols, *ends)
        rows.repeated(frame, cols, begin, end)
        return total, self.compute


LEAST = 64
"""Fewest pixels with repeated taps that are worth a loop of their own."""

MOST_SAMPLES = 8
"""Most samples from one of a repeated tap to the next: LLVM shuffles no more of them together."""


def _repeats(cols: Polyphase, channels: int) -> bool:
    """Tell whether taps that repeat can be summed by a loop that has them written out."""
    outputs, samples = cols.step.denominator, cols.step.numerator
    return max(outputs, samples) * channels <= MOST_SAMPLES


@dataclass(frozen=True)
class _Rows:
    """The row along which neighbours are summed, and that of the sums, from their columns 0 on."""

    source: Place
    dtype: str
    target: Place
    compute: str
    channels: int

    def along(self, frame: Frame, cols: Polyphase, first: int, last: int) -> None:
        """Sum the taps of some outputs, a few at a time, each with its own."""
        if first == last:
            return
        base, weights = int(cols.first[first:last].min()), cols.weights[first:last]
        places = cols.first[first:last] - base
        edges = _pieces(cols.kernel)
        for begin, end in pairwise(edges):
            taps = column_taps((places + begin) * self.channels, weights[:, begin:end], self.compute)
            loop = polyphase.along(self.dtype, self.compute, self.channels, end - begin, begin > 0)
            self._call(frame, loop, base, (first, last), taps)

    def repeated(self, frame: Frame, cols: Polyphase, first: int, last: int) -> None:
        """Sum the taps of outputs that repeat at every period, a few at a time."""
        if first == last:
            return
        period, base = cols.step.denominator, int(cols.first[first])
        starts = cols.first[first : first + period] - base
        used = [np.flatnonzero(row) for row in cols.weights[first : first + period]]
        most = max(map(len, used))
        pieces = -(-most * period // PASS_TAPS)
        for k in range(pieces):
            # Of few taps the first piece has one, and others may have none.
            taps = [near[-(-len(near) * k // pieces) : -(-len(near) * (k + 1) // pieces)] for near in used]
            shifts = [start + near for start, near in zip(starts, taps, strict=True)]
            least = min(int(near.min()) for near in shifts if len(near))
            weights = np.concatenate([cols.weights[first + at, near] for at, near in enumerate(taps)])
            loop = polyphase.repeated(
                self.dtype,
                self.compute,
                self.channels,
                cols.step.numerator,
                tuple(tuple(int(shift) - least for shift in near) for near in shifts),
                k > 0,
            )
            self._call(frame, loop, base + least, (first, last), weights.astype(self.compute).tobytes())

    def _call(self, frame: Frame, loop: loops.Loop, read: int, made: tuple[int, int], taps: bytes) -> None:
        """Add a step that reads from one column on, and makes some."""
        source = self.source.past(read * self.channels, self.dtype)
        target = self.target.past(made[0] * self.channels, self.compute)
        frame.steps.append(Step(loop, (source, target), (made[1] - made[0]) * self.channels, taps))


def _pieces(taps: int) -> list[int]:
    """Return where pieces of taps begin, and the end: the first is what is left of as many as fit a loop."""
    first = (taps - 1) % polyphase.AT_ONCE + 1
    return [0, *range(first, taps + 1, polyphase.AT_ONCE)]


def row_taps(rows: Polyphase, compute: str) -> NDArray[np.uint8]:
    """Return the taps of each row that is made as :func:`polyphase.down` takes them, a row each."""
    outputs, most = rows.weights.shape
    used = rows.weights != 0
    order = np.argsort(~used, axis=1, kind="stable")  # those that are taps first
    head = np.empty((outputs, 2 + most), np.int64)
    head[:, 0], head[:, 1], head[:, 2:] = used.sum(axis=1), most, order
    words = 8 // np.dtype(compute).itemsize
    weights = np.zeros((outputs, -(-most // words) * words), compute)
    weights[:, :most] = np.take_along_axis(rows.weights, order, axis=1)
    return np.hstack([head.view(np.uint8), weights.view(np.uint8)])


def column_taps(places: NDArray[np.int64], weights: NDArray[np.float64], compute: str) -> bytes:
    """Return the taps of each pixel that is made as :func:`polyphase.along` takes them."""
    at = np.zeros(len(places) + len(places) % 2, np.int32)
    at[: len(places)] = places
    return at.tobytes() + weights.T.astype(compute).tobytes()
