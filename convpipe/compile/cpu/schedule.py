"""Decide how a plan runs on the processor: which rows are kept, in which type, and what makes each of them.

A level makes rows of samples from the rows under its window. It keeps as many as those that read them need at
one time, in a ring; the last level writes the image. So the image is read once and written once, and between
two levels stand a few rows. Nothing here is compiled: a schedule is data, and pipelines share loops.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from convpipe.compile.common import levels
from convpipe.compile.common.banks import choose
from convpipe.compile.common.segments import Segment, segments
from convpipe.compile.cpu.bilateral import Weighed
from convpipe.compile.cpu.ranks import Ranked
from convpipe.compile.cpu.recipes import Copy, Join, Recipe
from convpipe.compile.cpu.resample import Resampled
from convpipe.compile.cpu.responses import Responses
from convpipe.dataclass import dataclass
from convpipe.geometry import Axis, Border, Extent
from convpipe.ops import Bilateral, Rank, Resample, Stencil
from convpipe.plan import NodePlan
from convpipe.plan.ahead import Ahead, Reader, look_ahead
from convpipe.plan.arithmetic import Sums, kept
from convpipe.plan.rings import AT_ONCE
from convpipe.polyphase import Polyphase

WIDE = 1024
"""From this many samples in a row on an image is read where it is, but for the ends of its rows: to copy it
first would have the processor wait for memory and for arithmetic one after the other."""

TALL = 8
"""Above so many rows of a rank window an image is copied first: rows of 4096 bytes would share the ways of a
cache (31 of them take 2.6 times as long), and ends of rows as short as those of 1024 pixels cost as much as
the rest."""

PLAIN = Axis(1)


@dataclass(frozen=True)
class Input:
    """What a level reads, and how.

    Parameters
    ----------
    source : int
        Position of the level whose rows they are; -1, -2, ... are the images that enter.
    extent : (rows, cols)
    channels : int
    dtype : str
    axes : (Axis, Axis)
        The window over rows and over columns.
    border : Border
        Of columns; and of rows, if `row_border` is None.
    constant : (float, float)
        What a constant border holds, in the channels but the last, and there.
    row_border : Border, optional
    fraction : int
        Fraction bits of its samples, if they are integers that stand for others.
    """

    source: int
    extent: Extent
    channels: int
    dtype: str
    axes: tuple[Axis, Axis] = (PLAIN, PLAIN)
    border: Border = Border.EDGE
    constant: tuple[float, float] = (0.0, 0.0)
    row_border: Border | None = None
    fraction: int = 0

    @property
    def padding(self) -> tuple[int, int]:
        """Pixels left and right of its rows."""
        return self.axes[1].before, self.axes[1].after

    @property
    def is_padded(self) -> bool:
        """Tell whether it can read what lies outside."""
        return any(side > 0 for axis in self.axes for side in (axis.before, axis.after))

    @property
    def margin(self) -> tuple[Border, tuple[float, float]] | None:
        """What lies beside the rows that it reads, if it reads there."""
        return (self.border, self.constant) if max(self.padding) > 0 else None


STREAMED = 1 << 25
"""Bytes of a result from which on it is written past the caches, which hold about as many."""


@dataclass(frozen=True)
class Level:
    """What makes rows, and where they are kept.

    Parameters
    ----------
    title : str
        For a person.
    inputs : tuple of Input
    extent : (rows, cols)
        Of its output.
    channels : int
    dtype : str
        Of its rows.
    recipe : Recipe
        The loops that make a row.
    output : int
        Which of the images that are written its rows are, from 1; 0 for rows in a ring.
    margin : (Border, (float, float)) or None
        What is put beside its rows.
    """

    title: str
    inputs: tuple[Input, ...]
    extent: Extent
    channels: int
    dtype: str
    recipe: Recipe
    output: int = 0
    margin: tuple[Border, tuple[float, float]] | None = None

    @property
    def is_streamed(self) -> bool:
        """Tell whether it makes a result that is larger than the caches."""
        samples = self.extent[0] * self.extent[1] * self.channels
        return self.output > 0 and samples * np.dtype(self.dtype).itemsize >= STREAMED

    def reach(self, given: Input) -> int:
        """Rows of an input that it needs to make the rows of a step, from the first to the last."""
        axis = given.axes[0]
        if given.border == Border.WRAP and self.reads(given) > 1 and max(axis.before, axis.after) > 0:
            return given.extent[0]  # which are few: see `_wraps_around`
        return axis.reach + self.recipe.lead * axis.dilation + (self.recipe.rows - 1) * axis.stride

    def reads(self, given: Input) -> int:
        """How many of those it reads."""
        axis = given.axes[0]
        return axis.kernel + self.recipe.lead + (self.recipe.rows - 1) * axis.stride

    def reader(self, at: int, given: Input) -> Reader:
        """Return how it reads an input, itself being level `at`; windows that lie unevenly lie within it."""
        axis = given.axes[0]
        above, below = axis.spread
        uneven = above + below - axis.reach
        lead = self.recipe.lead * axis.dilation
        return Reader(at, given.source, float(axis.rate), above + lead, self.reach(given) + uneven)


@dataclass(frozen=True)
class Schedule:
    """Levels, those that are read before those that read them.

    Parameters
    ----------
    levels : tuple of Level
    compute : str
        Type of the arithmetic.
    images : int
        How many enter.
    """

    levels: tuple[Level, ...]
    compute: str
    images: int = 1

    @property
    def sinks(self) -> list[int]:
        """Positions of the levels that write an image, in the order of these."""
        return [at for at, level in enumerate(self.levels) if level.output]

    def readers(self, at: int) -> Iterator[tuple[int, Input]]:
        """Yield the levels that read the rows of level `at`, and how."""
        for reader, level in enumerate(self.levels):
            yield from ((reader, given) for given in level.inputs if given.source == at)

    @cached_property
    def slots(self) -> tuple[int, ...]:
        """Rows that the ring of each level holds; none of those that are written."""
        found = []
        for at, level in enumerate(self.levels):
            readers = list(self.readers(at))
            if len(readers) == 1:
                ((reader, given),) = readers
                needed = self.levels[reader].reach(given)
            else:
                needed = self._ahead[at].rows
            rows = level.extent[0] + level.recipe.rows - 1
            found.append(0 if level.output else min(rows, needed + level.recipe.rows - 1))
        return tuple(found)

    @cached_property
    def _ahead(self) -> list[Ahead]:
        readers = [level.reader(at, given) for at, level in enumerate(self.levels) for given in level.inputs]
        tallest = max(self.levels[at].extent[0] for at in self.sinks)
        sinks = {at: self.levels[at].extent[0] / tallest for at in self.sinks}
        return look_ahead([level.recipe.rows for level in self.levels], readers, sinks)


def schedule_of(program: levels.Program) -> Schedule:
    """Return the schedule of levels that are one loop."""
    return _Maker(program).schedule()


class _Maker:
    """Makes the levels of a schedule from those of a program, and copies of what cannot be read as it is."""

    def __init__(self, program: levels.Program) -> None:
        self._program = program
        self._made: list[Level] = []
        self._rows: list[Input] = []  # of each level of the program, as others read them
        self._outputs = 0

    def schedule(self) -> Schedule:
        """Return all of it."""
        for level, node in zip(self._program.levels, self._program.heads, strict=True):
            made = self._level(level, node)
            if level.output is not None:
                self._outputs += 1
                made = replace(made, output=self._outputs, dtype=level.output)
            else:
                made = self._narrowed(level, made)
            self._made.append(made)
            at = len(self._made) - 1
            rows = Input(at, made.extent, made.channels, made.dtype, fraction=made.recipe.fraction)
            self._rows.append(rows)
        return Schedule(tuple(self._made), self._program.compute, len(self._program.images))

    def _narrowed(self, level: levels.Level, made: Level) -> Level:
        """Return a level whose rows are of integers, where these are shorter and those who read them know."""
        program, whole = self._program, self._program.tails[level.index].arithmetic.made
        pairs = zip(program.levels, program.heads, strict=True)
        dtype = kept(
            whole, [node.ops for reader, node in pairs if level.index in reader.inputs], program.compute
        )
        if dtype is None or whole is None:
            return made
        recipe = made.recipe.storing(dtype, whole.fraction)
        return made if recipe is None else replace(made, dtype=dtype, recipe=recipe)

    def _entering(self, source: int) -> Input:
        """Return the rows of a level of the program, or of an image, as they are."""
        if source >= 0:
            return self._rows[source]
        image = self._program.images[-1 - source]
        return Input(source, image.extent, image.channels, image.dtype)

    def _level(self, level: levels.Level, node: NodePlan) -> Level:
        if level.joins:
            return self._join(level)
        if isinstance(node.window, Resample):
            return self._resample(level, node.window)
        return self._window(level, node)

    def _join(self, level: levels.Level) -> Level:
        inputs = tuple(map(self._entering, level.inputs))
        chain, values = self._segments(level)
        compute = self._program.compute
        recipe = Join(level, chain, values, compute)
        return Level(level.title, inputs, inputs[0].extent, level.output_channels, compute, recipe)

    def _window(self, level: levels.Level, node: NodePlan) -> Level:
        compute, entering = self._program.compute, self._entering(level.inputs[0])
        value, opaque = (each * 2.0**entering.fraction for each in levels.constant_pixel(node))
        border = node.window.border
        given = replace(entering, axes=node.axes, border=border, constant=(value, opaque))
        window = self._recipe(level, node, given)
        if _needs_copy(level, window, given) or self._is_beside_another(given):
            self._made.append(_copies(level, given, compute))
            given = _padded(self._made[-1], len(self._made) - 1, given)
            window = self._recipe(level, node, given)
        elif given.source >= 0 and given.margin is not None:
            self._made[given.source] = replace(self._made[given.source], margin=given.margin)
        extent = (given.axes[0].output(given.extent[0]), given.axes[1].output(given.extent[1]))
        keeps = isinstance(window, Ranked) and window.keeps_type
        dtype = given.dtype if keeps else compute
        return Level(level.title, (given,), extent, level.output_channels, dtype, window)

    def _resample(self, level: levels.Level, window: Resample) -> Level:
        compute = self._program.compute
        given = replace(self._entering(level.inputs[0]), axes=window.phases)
        if level.premultiply:
            self._made.append(_copies(level, given, compute))
            given = _padded(self._made[-1], len(self._made) - 1, given)
        rows, cols = window.phases
        extent = rows.output(given.extent[0]), cols.output(given.extent[1])
        if window.along_first:
            given, cols = self._along(level, given, cols), Polyphase.identity(1)
        chain, values = self._segments(level)
        recipe = Resampled(level, (rows, cols), chain, values, compute)
        return Level(level.title, (given,), extent, level.output_channels, compute, recipe)

    def _along(self, level: levels.Level, given: Input, cols: Polyphase) -> Input:
        """Add a level of sums along each row, if these come first; return its rows as they are then read."""
        if cols.is_identity:
            return given
        compute, extent = self._program.compute, (given.extent[0], cols.output(given.extent[1]))
        recipe = Resampled(level, (Polyphase.identity(1), cols), (), (), compute)
        read = replace(given, axes=(PLAIN, cols))
        title = f"{level.title}, along rows"
        self._made.append(Level(title, (read,), extent, given.channels, compute, recipe))
        rows, at = given.axes[0], len(self._made) - 1
        return Input(at, extent, given.channels, compute, (rows, PLAIN))

    def _is_beside_another(self, given: Input) -> bool:
        """Tell whether others find something else beside the rows than this would."""
        if given.source < 0 or given.margin is None:
            return False
        return self._made[given.source].margin not in (None, given.margin)

    def _recipe(self, level: levels.Level, node: NodePlan, given: Input) -> Responses:
        """Return how `level` makes a row from what it is given."""
        compute, (chain, values) = self._program.compute, self._segments(level)
        in_place = given.source < 0 and given.is_padded
        shared = (chain, values, compute, in_place, given.padding, given.constant)
        slid, floating = node.window, Sums(compute)
        if isinstance(slid, Bilateral):
            return Weighed(level, (), *shared, window=slid, dtype=given.dtype)
        if isinstance(slid, Rank):
            return Ranked(level, (), *shared, window=slid, dtype=given.dtype)
        assert isinstance(slid, Stencil)
        # Rows of floating point are summed as such, whatever they are known to hold.
        sums = [floating] * len(slid.banks) if np.dtype(given.dtype).kind == "f" else node.arithmetic.sums
        banks = tuple(
            choose(*bank, slid.tiles).reading(given.fraction)
            for bank in zip(slid.names, slid.banks, sums, strict=True)
        )
        made = Responses(level, banks, *shared, dtype=given.dtype)
        return made.in_units() if self._program.reads_small(level) else made

    def _segments(self, level: levels.Level) -> tuple[tuple[Segment, ...], tuple[tuple[float, ...], ...]]:
        """Return the loops of what happens pixel by pixel, and the constants of each, then its tables."""
        chain, constants = segments(level, self._program), self._program.constants
        chain = (*chain[:-1], replace(chain[-1], small=self._program.stores_small(level)))
        return chain, tuple(
            (*(constants[at] for _, at in segment.constants), *itertools.chain(*segment.tables.values()))
            for segment in chain
        )


def _needs_copy(level: levels.Level, window: Responses, given: Input) -> bool:
    """Tell whether it has to read padded copies of the rows that it is given."""
    if level.premultiply:
        return True
    if given.source >= 0:
        return _wraps_around(given)
    if isinstance(window, Ranked) and level.kernel[0] > TALL:
        return True
    if not given.is_padded or window.columns_first:
        return given.border == Border.CONSTANT and given.is_padded
    plain = not any(bank.has_columns for bank in window.banks)
    wide = given.extent[1] * given.channels >= WIDE
    return not (plain and wide and _holds(given))


def _copies(level: levels.Level, given: Input, compute: str) -> Level:
    """Return what makes padded copies of what `level` reads."""
    holds = not level.premultiply and _holds(given)
    dtype = given.dtype if holds else compute
    rows = given.axes[0]
    # Rows of a window that wraps around are far apart in what is read; among copies they are neighbours.
    around = Axis(1, before=rows.before, after=rows.after)
    axes = (around if _wraps_around(given) else PLAIN, PLAIN)
    extent = (axes[0].output(given.extent[0]), given.extent[1])
    plain = replace(given, axes=axes)
    recipe = Copy(given.dtype, dtype, given.channels, level.premultiply)
    return Level("padded copies", (plain,), extent, given.channels, dtype, recipe, margin=given.margin)


def _padded(copies: Level, at: int, given: Input) -> Input:
    """Return how the padded copies that level `at` makes are read, in place of `given`."""
    read = replace(given, source=at, extent=copies.extent, dtype=copies.dtype)
    if not _wraps_around(given):
        return read
    rows, cols = given.axes
    return replace(read, axes=(replace(rows, before=0, after=0), cols), row_border=Border.EDGE)


def _wraps_around(given: Input) -> bool:
    """Tell whether a window can read the first rows and the last, but not all of them at once."""
    rows = given.axes[0]
    at_once = rows.reach + AT_ONCE * rows.stride
    return given.border == Border.WRAP and max(rows.before, rows.after) > 0 and at_once < given.extent[0]


def _holds(given: Input) -> bool:
    """Tell whether the samples' type holds what is outside a constant border exactly."""
    if given.border != Border.CONSTANT or np.dtype(given.dtype).kind == "f":
        return True
    limits = np.iinfo(given.dtype)
    return all(value.is_integer() and limits.min <= value <= limits.max for value in given.constant)
