"""How a level makes a row: copies of what it reads, a map of several rows, and what follows both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Protocol

import numpy as np

from convpipe.compile.common.levels import Level
from convpipe.compile.common.segments import Segment
from convpipe.compile.cpu import loops
from convpipe.compile.cpu.combine import across, join, keep_alpha
from convpipe.compile.cpu.steps import Frame, Place
from convpipe.dataclass import dataclass
from convpipe.ops import Map


class Recipe(Protocol):
    """What makes the rows of a level."""

    @property
    def rows(self) -> int:
        """Rows made at a time."""

    @property
    def scratch(self) -> int:
        """Rows that it needs beside those that it reads and makes."""

    @property
    def choices(self) -> list[str]:
        """How it makes them, for a person."""

    @property
    def cost(self) -> float:
        """Multiply-adds, or other operations, for a sample that it makes."""

    @property
    def lead(self) -> int:
        """Rows of its input that it needs above the window."""

    @property
    def fraction(self) -> int:
        """Fraction bits of the rows that it makes, where these are of integers that stand for others."""

    def storing(self, dtype: str, fraction: int) -> Recipe | None:
        """Return it for rows of integers, with so many fraction bits; None if it makes no such."""

    def make(self, frame: Frame) -> None:
        """Add the steps that make a row, or as many as it makes at a time."""


@dataclass(frozen=True)
class Copy:
    """Rows as they are, in a type that holds what is put beside them; or colours times alpha.

    Parameters
    ----------
    given, dtype : str
        Of the rows that it reads and makes.
    channels : int
    premultiplies : bool
    """

    given: str
    dtype: str
    channels: int
    premultiplies: bool

    rows: ClassVar[int] = 1
    lead: ClassVar[int] = 0
    scratch: ClassVar[int] = 0
    fraction: ClassVar[int] = 0

    def storing(self, dtype: str, fraction: int) -> None:
        """Copies are of the type that they are of."""

    @property
    def cost(self) -> float:
        """One, and one of colours times alpha."""
        return 1.0 + self.premultiplies

    @property
    def choices(self) -> list[str]:
        """Colours times alpha, if so."""
        return ["colours times alpha"] if self.premultiplies else []

    def make(self, frame: Frame) -> None:
        """Add the steps that make a row."""
        out, samples = frame.out(0), frame.cols * self.channels
        frame.call(loops.copy(self.given, self.dtype), [frame.given[0].sample(0, 0), out], samples)
        if self.premultiplies:
            frame.call(loops.premultiply(self.dtype, self.channels), [out], samples)


@dataclass(frozen=True)
class Join:
    """A map of samples of several rows, then the loops of what follows it.

    Parameters
    ----------
    level : Level
    segments : tuple of Segment
    constants : tuple of tuple of float
        Of each segment, and after them its tables.
    compute : str
        Type of the arithmetic.
    """

    level: Level
    segments: tuple[Segment, ...]
    constants: tuple[tuple[float, ...], ...]
    compute: str

    rows: ClassVar[int] = 1
    lead: ClassVar[int] = 0
    fraction: ClassVar[int] = 0

    def storing(self, dtype: str, fraction: int) -> Join | None:
        """Return it for rows of integers."""
        return replace(self, segments=stored_as(self.segments, dtype)) if fraction == 0 else None

    @property
    def scratch(self) -> int:
        """Rows between its loops."""
        return len(self.segments) - 1

    @property
    def cost(self) -> float:
        """What the steps take."""
        return self.level.operations

    @property
    def choices(self) -> list[str]:
        """Its map."""
        return [step.expression for step in self.level.steps[:1] if isinstance(step, Map)]

    def make(self, frame: Frame) -> None:
        """Add the steps that make a row."""
        segment, dtypes = self.segments[0], tuple(rows.dtype for rows in frame.given)
        loop = join(segment, dtypes, self.level.joins, self.compute)
        target = segment_target(frame, self.segments, 0, 0, self.compute)
        count = frame.cols * segment.output_channels
        values = np.array(self.constants[0], self.compute)
        frame.call(loop, [*(rows.sample(0, 0) for rows in frame.given), target], count, values)
        if self.level.keep_alpha:
            first = frame.given[0]
            frame.call(keep_alpha(segment, first.dtype, self.compute, 1), [first.sample(0, 0), target], count)
        add_segments(frame, self.segments, self.constants, 0, target, self.compute)


def stored_as(segments: Sequence[Segment], dtype: str) -> tuple[Segment, ...]:
    """Return the segments with rows of `dtype` for what they make."""
    return (*segments[:-1], replace(segments[-1], output=dtype))


def segment_target(frame: Frame, segments: Sequence[Segment], row: int, number: int, compute: str) -> Place:
    """Return where a segment writes: scratch, or the row that is made."""
    if number == len(segments) - 1:
        return frame.out(row)
    return frame.scratch(frame.cols * segments[number].output_channels, compute)


def add_segments(
    frame: Frame,
    segments: Sequence[Segment],
    constants: Sequence[tuple[float, ...]],
    row: int,
    given: Place,
    compute: str,
) -> None:
    """Add the steps of the segments after the first, each over the row that the one before it made."""
    for segment, values in zip(segments[1:], constants[1:], strict=True):
        target = segment_target(frame, segments, row, segment.index, compute)
        loop = across(segment, compute, compute, 1, weighted=False)
        count = frame.cols * segment.output_channels
        frame.call(loop, [given, target], count, np.array(values, compute), row=row)
        frame.measure(segment, 0, compute)
        given = target
