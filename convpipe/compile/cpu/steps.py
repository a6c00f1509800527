"""What makes a row: calls of loops, one after the other, on rows that stand somewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from itertools import chain, groupby
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.segments import Segment, Spot
from convpipe.compile.cpu.layout import OUT, WORKSPACE
from convpipe.compile.cpu.loops import COUNT, Loop, fill_beside
from convpipe.dataclass import dataclass
from convpipe.geometry import Border, border_index
from convpipe.plan.rings import staggered


class Place(NamedTuple):
    """Where a row of samples begins: at which of a step's rows, and how many bytes from there."""

    row: int
    offset: int

    def past(self, samples: int, dtype: str) -> Place:
        """Return the place so many samples further."""
        return Place(self.row, self.offset + samples * np.dtype(dtype).itemsize)


class Sample(NamedTuple):
    """A sample that a loop reads: so many from where a row begins.

    Samples of one row share its address, so that a processor of sixteen registers has enough of them.
    """

    row: Place
    shift: int


When = Literal["always", "anew", "after"]
"""Which rows a step is for: all; those whose predecessor was not made just before; those whose was."""


@dataclass(frozen=True)
class Step:
    """One call of a loop: on rows, for a number of samples, with parameters, for some rows.

    Where the image gives some of the parameters, `measured` says which, with places in bytes; `row` says for
    which of the rows that are made at a time it counts NaNs. Where each row that is made has parameters of
    its own, `pitch` is the bytes from those of one to those of the next.
    """

    loop: Loop
    places: tuple[Place, ...]
    count: int
    parameters: bytes
    when: When = "always"
    measured: tuple[Spot, ...] = ()
    row: int = 0
    pitch: int = 0


@dataclass(frozen=True)
class Given:
    """Rows that a level reads in a strip of columns.

    Parameters
    ----------
    channels : int
    dtype : str
    left, inside, right : int
        Pixels that are read: outside at the left, in the rows, outside at the right.
    origin : int
        Bytes from the address of a row to the first pixel inside.
    window : int
        The first of them among a step's rows.
    border : Border
    first : int
        Which column of its input the first pixel inside is.
    pitch : int, optional
        Bytes from one to the next, if they are copies in the memory of a band.
    """

    channels: int
    dtype: str
    left: int
    inside: int
    right: int
    origin: int
    window: int
    border: Border
    first: int = 0
    pitch: int | None = None

    @property
    def whole(self) -> int:
        """Samples of a row, with what lies outside."""
        return (self.left + self.inside + self.right) * self.channels

    def sample(self, row: int, col: int) -> Place:
        """Return where the pixel in column `col`, counted from the first outside, of row `row` is."""
        if self.pitch is None:
            first = Place(self.window + row, self.origin)
        else:
            first = Place(WORKSPACE, self.origin + row * self.pitch)
        return first.past((col - self.left) * self.channels, self.dtype)


@dataclass
class Frame:
    """A level in a strip of columns: where things are, and the steps that make its rows.

    Parameters
    ----------
    given : tuple of Given
        Of each of its inputs.
    cols : int
        Pixels that it makes.
    rows : int
        Rows made at a time.
    taken : int
        Bytes of a band's memory that are in use.
    steps : list of Step
    first : int
        Bytes of a row that is made to the first pixel.
    pixel : int
        Bytes of a pixel that is made.
    column : int
        Which of the level's columns the first that it makes is.
    streams : bool
        Whether what it makes is better written past the caches.
    scratches : list of int
        Where what is written of rows in the workspace begins.
    """

    given: tuple[Given, ...]
    cols: int
    rows: int
    taken: int
    steps: list[Step] = field(default_factory=list)
    first: int = 0
    pixel: int = 0
    column: int = 0
    streams: bool = False
    scratches: list[int] = field(default_factory=list)

    def out(self, row: int) -> Place:
        """Return where a row that is made begins."""
        return Place(OUT + row, self.first)

    def scratch(self, samples: int, dtype: str, beside: int = 0) -> Place:
        """Return a new row in the workspace, of which so many samples are `beside` what a loop writes.

        What it writes begins a line of the cache: its vectors, as long as one, would else lie in two each.
        """
        size = np.dtype(dtype).itemsize
        first = staggered(self.taken + beside * size, samples * size, self.scratches)
        self.scratches.append(first)
        at = first - beside * size
        self.taken = at + samples * size
        return Place(WORKSPACE, at)

    def call(
        self,
        loop: Loop,
        places: Sequence[Place],
        count: int,
        parameters: NDArray[Any] | None = None,
        when: When = "always",
        row: int = 0,
    ) -> None:
        """Add a step."""
        given = b"" if parameters is None else parameters.tobytes()
        self.steps.append(Step(loop, tuple(places), count, given, when, row=row))

    def measure(self, segment: Segment, before: int, compute: str) -> None:
        """Have the last step take what the image gives for a segment, whose parameters follow some others."""
        size = np.dtype(compute).itemsize
        spots = (spot._replace(at=(before + spot.at) * size) for spot in segment.measured)
        self.steps[-1] = replace(self.steps[-1], measured=tuple(spots))


def joined(steps: Sequence[Step]) -> list[Step]:
    """Return the steps, where those are one that follow each other and differ in their rows alone.

    They are where their loop joins; the first of their parameters is 1 then, of one set of rows.
    """
    found: list[Step] = []
    for _, group in groupby(steps, _but_for_rows):
        first, *others = group
        if others and first.loop.joins:
            rows = chain(first.places, *(step.places for step in others))
            parameters = counted(1 + len(others), first.parameters[COUNT:]).tobytes()
            found.append(replace(first, places=tuple(rows), parameters=parameters))
        else:
            found += [first, *others]
    return found


def _but_for_rows(step: Step) -> Step:
    return replace(step, places=(), row=0)


def counted(sets: int, parameters: bytes) -> NDArray[np.uint8]:
    """Return parameters of a loop, after how many sets of rows it is of."""
    return np.frombuffer(np.int64(sets).tobytes() + parameters, np.uint8)


def packed(numbers: Sequence[int], values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return parameters of a loop: whole numbers, and after them others."""
    return np.frombuffer(np.array(numbers, np.int64).tobytes() + values.tobytes(), np.uint8)


def margin(
    row: Place,
    dtype: str,
    channels: int,
    pairs: Sequence[tuple[int, int]],
    constant: Place | None = None,
) -> list[Step]:
    """Return what fills the pixels beside a row.

    Parameters
    ----------
    row : Place
    dtype : str
    channels : int
    pairs : sequence of (int, int)
        Of each pixel, where in the row it is and where it comes from, as :func:`beside` gives them.
    constant : Place, optional
        The pixel that a constant border holds.
    """
    if not pairs:
        return []
    numbers = np.array(pairs, np.int64)
    return [Step(fill_beside(dtype, channels), (row, constant or row), len(pairs), numbers.tobytes())]


def beside(spans: tuple[int, int, int], border: Border) -> list[tuple[int, int]]:
    """Return which pixels are beside a row, counted from the first outside, and what each is a copy of.

    What a constant border holds is a copy of -1.

    Parameters
    ----------
    spans : (left, inside, right)
        Pixels outside, of the row, and outside.
    border : Border

    Examples
    --------
    >>> beside((2, 3, 1), Border.REFLECT), beside((1, 3, 0), Border.CONSTANT)
    ([(0, 4), (1, 3), (5, 3)], [(0, -1)])
    """
    left, inside, right = spans
    outside = [*range(left), *range(left + inside, left + inside + right)]
    return [(at, left + k if k >= 0 else k) for at, k in sources(outside, left, inside, border)]


def outside_pixel(constant: tuple[float, float], channels: int, dtype: str) -> NDArray[Any]:
    """Return the pixel that a constant border holds, of its value in the channels but the last, and there."""
    return np.array([*[constant[0]] * (channels - 1), constant[1]]).astype(dtype)


def sources(columns: Sequence[int], left: int, inside: int, border: Border) -> Iterator[tuple[int, int]]:
    """Yield columns, counted from the first outside, and where each is from, from the first inside."""
    for col in columns:
        yield col, border_index(col - left, inside, int(border))
