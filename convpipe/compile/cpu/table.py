"""A schedule as numbers: the table that the driver walks, and the parameters of its loops.

One array of int64 holds all of it, so that one driver, compiled once, runs every pipeline: where a level's
rows are, what it reads, which loops make a row and what they get. Addresses of loops are of this process. All
else is counted from the address of an image, of the result, of the parameters or of a band's own memory.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.segments import Spot
from convpipe.compile.cpu import layout
from convpipe.compile.cpu.layout import OUT, PARAMETERS
from convpipe.compile.cpu.loops import Loop
from convpipe.compile.cpu.schedule import Input, Level, Schedule
from convpipe.compile.cpu.steps import Frame, Given, Place, Step, beside, joined, margin, outside_pixel
from convpipe.compile.cpu.strips import Span, strips
from convpipe.dataclass import dataclass
from convpipe.geometry import Border
from convpipe.memory import PAGE
from convpipe.plan.rings import ALIGNMENT, aligned, pitch
from convpipe.polyphase import Polyphase


@dataclass(frozen=True)
class Table:
    """What the driver is given for an image extent.

    Parameters
    ----------
    words : ndarray of int64
    parameters : ndarray of uint8
    loops : tuple of Loop
        Those that are called.
    calls : ndarray of int64, shape (n, 2)
        Where in `words` the address of which loop goes.
    steps : tuple of tuple of Step
        Of each level, in the first strip.
    measured : tuple of Spot
        Where in `parameters`, in bytes, numbers of the image go.
    """

    words: NDArray[np.int64]
    parameters: NDArray[np.uint8]
    loops: tuple[Loop, ...]
    calls: NDArray[np.int64]
    steps: tuple[tuple[Step, ...], ...]
    measured: tuple[Spot, ...]

    @property
    def thread_bytes(self) -> int:
        """Bytes that a thread works in, beside the images."""
        return int(self.words[layout.MEMORY] + self.words[layout.NUMBERS] * self.words.itemsize)

    def with_measured(self, values: NDArray[np.floating]) -> NDArray[np.uint8]:
        """Return the parameters with the numbers that an image gives, in the type of the arithmetic."""
        parameters = self.parameters.copy()
        for at, first, many in self.measured:
            given = values[first : first + many]
            parameters[at : at + given.nbytes] = given.view(np.uint8)
        return parameters

    def with_loops(self, addresses: Sequence[int]) -> NDArray[np.int64]:
        """Return the words with the addresses of the loops."""
        words = self.words.copy()
        words[self.calls[:, 0] + layout.LOOP] = np.array(addresses, np.int64)[self.calls[:, 1]]
        return words


def make_table(schedule: Schedule) -> Table:
    """Return the table of a schedule; the addresses of its loops are still to be put in."""
    builder = _Builder(schedule)
    packed = [builder.strip(spans) for spans in strips(schedule)]
    words = max(len(strip) for strip in packed)
    levels, sinks = schedule.levels, schedule.sinks
    head = np.zeros(layout.HEAD_WORDS + len(sinks), np.int64)
    # Wherever its first byte is, there is room from a place in a page that the driver looks for.
    memory = builder.memory + PAGE + ALIGNMENT
    head[[layout.STRIPS, layout.MEMORY, layout.LEVELS]] = len(packed), memory, len(levels)
    kept = builder.addresses, builder.most_rows, builder.slots
    head[[layout.ADDRESSES, layout.MOST_ROWS, layout.SLOTS]] = kept
    images = schedule.images + len(sinks)
    head[layout.NUMBERS] = sum(kept) + layout.MAKING_WORDS * (len(levels) + 1) + len(sinks) + images
    head[layout.PLACES_OF_ALL] = images
    head[[layout.STRIP, layout.STRIP_WORDS]] = len(head), words
    head[layout.TALLEST] = max(levels[at].extent[0] for at in sinks)
    head[layout.AT_ONCE] = max(levels[at].recipe.rows for at in sinks)
    head[layout.SINKS] = len(sinks)
    head[layout.SINK :] = [at * layout.LEVEL_WORDS for at in sinks]
    table = np.concatenate([head, *(np.pad(strip, (0, words - len(strip))) for strip in packed)])
    calls = [
        (len(head) + k * words + at, loop) for k, strip in enumerate(builder.calls) for at, loop in strip
    ]
    parameters = np.frombuffer(bytes(builder.parameters.content), np.uint8)
    where = np.array(calls, np.int64).reshape(-1, 2)
    return Table(table, parameters, tuple(builder.loops), where, builder.steps, tuple(builder.measured))


class _Parameters:
    """Parameters of all steps; equal ones once, where they are known."""

    def __init__(self) -> None:
        self.content = bytearray()
        self._known: dict[bytes, int] = {}

    def add(self, given: bytes) -> int:
        """Return where `given` is."""
        if given not in self._known:
            self._known[given] = self.append(given)
        return self._known[given]

    def append(self, given: bytes) -> int:
        """Return where `given` is, and nothing else."""
        self.content += bytes(-len(self.content) % 64)
        self.content += given
        return len(self.content) - len(given)


@dataclass(frozen=True)
class _Ring:
    """Where a level keeps its rows, in the memory of a band.

    Parameters
    ----------
    first : int
        Bytes to the first pixel of its first row, a multiple of 64.
    left, right : int
        Pixels beside a row.
    pitch : int
        Bytes from a row to the next.
    slots : int
    """

    first: int
    left: int
    right: int
    pitch: int
    slots: int

    @property
    def end(self) -> int:
        """Bytes to what comes after it: its last row has no row after it to end in."""
        return self.first + self.slots * self.pitch


class _Builder:
    """Strips as words, and what they share."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.parameters = _Parameters()
        self.loops: dict[Loop, int] = {}
        self.calls: list[list[tuple[int, int]]] = []
        self.measured: list[Spot] = []
        self._of_images: dict[tuple[bytes, tuple[Spot, ...]], int] = {}
        self.memory = self.addresses = self.slots = self.most_rows = 0
        self.steps: tuple[tuple[Step, ...], ...] = ()

    def strip(self, spans: Sequence[Span]) -> NDArray[np.int64]:
        """Return the words of one strip."""
        rings = self._rings(spans)
        taken, addresses, keys = max(ring.end for ring in rings), 0, 0
        heads: list[NDArray[np.int64]] = []
        inputs: list[NDArray[np.int64]] = []
        every: list[list[Step]] = []
        for level, span, ring in zip(self.schedule.levels, spans, rings, strict=True):
            frame = self._frame(level, span, spans, taken)
            level.recipe.make(frame)
            if level.margin is not None:
                for row in range(frame.rows):
                    frame.steps += self._margin(level, span, ring, row)
            every.append(joined(frame.steps))
            head = np.zeros(layout.LEVEL_WORDS, np.int64)
            head[[layout.INPUTS, layout.INPUT_COUNT]] = len(inputs), len(level.inputs)
            inputs += [self._input(*pair, level) for pair in zip(level.inputs, frame.given, strict=True)]
            head[[layout.AT, layout.MADE, layout.MADE_ROWS]] = addresses, frame.rows, level.extent[0]
            size = level.channels * np.dtype(level.dtype).itemsize
            where = (span.first * size, level.extent[1] * size) if level.output else (ring.first, ring.pitch)
            head[[layout.RING, layout.RING_PITCH]] = where
            head[[layout.RING_SLOTS, layout.KEYS, layout.OUTPUT]] = (
                ring.slots,
                keys,
                level.output + (self.schedule.images - 1 if level.output else 0),
            )
            spare = self._ring(level, span, ring.left, ring.right, int(frame.rows > 1), frame.taken)
            head[layout.SPARE] = spare.first
            if not heads:
                head[layout.STAGGER] = _stagger(level, frame, ring)
            heads.append(head)
            taken, keys = spare.end, keys + ring.slots + 1
            addresses += OUT + frame.rows + sum(level.reads(given) for given in level.inputs)
        self.memory, self.addresses = max(self.memory, taken), max(self.addresses, addresses)
        self.slots = max(self.slots, keys)
        self.steps = self.steps or tuple(map(tuple, every))
        return self._packed(np.array(heads), np.array(inputs), every)

    def _packed(
        self, heads: NDArray[np.int64], inputs: NDArray[np.int64], every: Sequence[Sequence[Step]]
    ) -> NDArray[np.int64]:
        """Return levels, then what they read, then their steps, then the places of those."""
        programs = [
            [step for step in steps if step.when in ("always", when)]
            for steps in every
            for when in ("anew", "after")
        ]
        heads[:, layout.INPUTS] = heads.size + layout.INPUT_WORDS * heads[:, layout.INPUTS]
        first_step = heads.size + inputs.size
        first_place = first_step + layout.STEP_WORDS * sum(map(len, programs))
        rows: list[tuple[int, ...]] = []
        places: list[Place] = []
        calls: list[tuple[int, int]] = []
        for at, steps in enumerate(programs):
            columns = [layout.ANEW, layout.ANEW_STEPS] if at % 2 == 0 else [layout.AFTER, layout.AFTER_STEPS]
            heads[at // 2, columns] = first_step + layout.STEP_WORDS * len(rows), len(steps)
            for step in steps:
                calls.append((first_step + layout.STEP_WORDS * len(rows), self._loop(step.loop)))
                where = first_place + layout.PLACE_WORDS * len(places)
                given = self._given(step)
                rows.append((0, given, step.count, where, len(step.places), step.row, step.pitch))
                places += step.places
                self.most_rows = max(self.most_rows, len(step.places))
        self.calls.append(calls)
        return np.concatenate([np.array(part, np.int64).ravel() for part in (heads, inputs, rows, places)])

    def _given(self, step: Step) -> int:
        """Return where the parameters of a step are."""
        if not step.measured:
            return self.parameters.add(step.parameters)
        known = step.parameters, step.measured
        if known not in self._of_images:
            at = self._of_images[known] = self.parameters.append(step.parameters)
            self.measured += [spot._replace(at=at + spot.at) for spot in step.measured]
        return self._of_images[known]

    def _loop(self, loop: Loop) -> int:
        return self.loops.setdefault(loop, len(self.loops))

    def _rings(self, spans: Sequence[Span]) -> list[_Ring]:
        """Return where each level keeps its rows."""
        rings: list[_Ring] = []
        end = 0
        for at, (level, span) in enumerate(zip(self.schedule.levels, spans, strict=True)):
            left = right = 0
            if level.margin is not None:
                reads = [
                    read
                    for reader, other in zip(self.schedule.levels, spans, strict=True)
                    for given, read in zip(reader.inputs, other.reads, strict=True)
                    if given.source == at
                ]
                left, right = max(read.left for read in reads), max(read.right for read in reads)
            rings.append(self._ring(level, span, left, right, self.schedule.slots[at], end))
            end = rings[-1].end
        return rings

    @staticmethod
    def _ring(level: Level, span: Span, left: int, right: int, slots: int, taken: int) -> _Ring:
        """Return rows whose first pixel is aligned, after `taken` bytes."""
        size = level.channels * np.dtype(level.dtype).itemsize
        first = aligned(taken + left * size)
        return _Ring(first, left, right, pitch((left + span.cols + right) * size), slots)

    @staticmethod
    def _frame(level: Level, span: Span, spans: Sequence[Span], taken: int) -> Frame:
        """Return what the steps of a level need to know."""
        rows, window, seen = level.recipe.rows, OUT + level.recipe.rows, []
        for given, read in zip(level.inputs, span.reads, strict=True):
            begins = 0 if given.source < 0 else spans[given.source].first
            origin = (read.low - begins) * given.channels * np.dtype(given.dtype).itemsize
            inside = read.high - read.low
            seen.append(
                Given(
                    given.channels,
                    given.dtype,
                    read.left,
                    inside,
                    read.right,
                    origin,
                    window,
                    given.border,
                    read.low,
                )
            )
            window += level.reads(given)
        size = level.channels * np.dtype(level.dtype).itemsize
        frame = Frame(tuple(seen), span.cols, rows, taken, pixel=size, column=span.first)
        return replace(frame, streams=level.is_streamed)

    def _input(self, given: Input, seen: Given, level: Level) -> NDArray[np.int64]:
        """Return how a level finds the rows that it reads."""
        words, rows = np.zeros(layout.INPUT_WORDS, np.int64), given.axes[0]
        size = given.channels * np.dtype(given.dtype).itemsize
        source = given.source
        words[layout.SOURCE] = source if source < 0 else source * layout.LEVEL_WORDS
        words[[layout.WINDOW, layout.STRIDE, layout.DILATION]] = (
            level.reads(given),
            rows.stride,
            rows.dilation,
        )
        words[layout.TOP] = rows.before + level.recipe.lead * rows.dilation
        words[layout.FIRST] = layout.EVENLY
        if isinstance(rows, Polyphase):
            words[layout.FIRST] = self.parameters.add(rows.first.tobytes())
        border = given.border if given.row_border is None else given.row_border
        if max(rows.before, rows.after) <= 0:
            border = Border.EDGE  # of rows beyond the last, which are made to spare
        words[[layout.ROWS, layout.BORDER]] = given.extent[0], int(border)
        words[layout.PITCH] = given.extent[1] * size
        if source < 0 and seen.inside < given.extent[1]:
            words[layout.AHEAD] = math.ceil(level.recipe.rows * rows.rate)
            words[[layout.BEGIN, layout.END]] = seen.origin, seen.origin + seen.inside * size
        if given.border == Border.CONSTANT and given.is_padded:
            pixel = outside_pixel(given.constant, given.channels, given.dtype)
            row = self.parameters.add(np.tile(pixel, seen.whole // given.channels).tobytes())
            words[layout.CONSTANT] = row + seen.left * size - seen.origin
        return words

    def _margin(self, level: Level, span: Span, ring: _Ring, row: int) -> list[Step]:
        """Return the steps that put beside a row what those who read it find there."""
        assert level.margin is not None
        border, constant = level.margin
        pixel = self.parameters.add(outside_pixel(constant, level.channels, level.dtype).tobytes())
        first = Place(OUT + row, 0).past(-ring.left * level.channels, level.dtype)
        pairs = beside((ring.left, span.cols, ring.right), border)
        return margin(first, level.dtype, level.channels, pairs, Place(PARAMETERS, pixel))


def _stagger(level: Level, frame: Frame, ring: _Ring) -> int:
    """Return where in a page the memory of a band begins, from where the image that a level reads does.

    What the level writes first is then half a page from what it reads, all along a row: see `staggered`.
    """
    given = level.inputs[0]
    if np.dtype(given.dtype).itemsize != np.dtype(level.dtype).itemsize:
        return layout.ANYWHERE
    first = frame.scratches[0] if frame.scratches else ring.first
    return (frame.given[0].origin + PAGE // 2 - first) % PAGE // ALIGNMENT * ALIGNMENT
