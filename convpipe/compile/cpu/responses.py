"""How a level makes a row from the responses of a window, and what follows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from functools import cached_property
from math import frexp

import numpy as np

from convpipe.compile.common.banks import Bank
from convpipe.compile.common.levels import Level
from convpipe.compile.common.segments import Segment
from convpipe.compile.cpu import loops, roots
from convpipe.compile.cpu.combine import Response, across, keep_alpha, respond
from convpipe.compile.cpu.ends import ends_and_middle
from convpipe.compile.cpu.lanes import Lanes, lanes
from convpipe.compile.cpu.recipes import add_segments, segment_target, stored_as
from convpipe.compile.cpu.shapes import Geometry, Part, alike, parts, phases_of
from convpipe.compile.cpu.steps import Frame, Place, counted
from convpipe.compile.runtime.processor import WIDE
from convpipe.dataclass import dataclass
from convpipe.ops import Map
from convpipe.plan.arithmetic import KEPT
from convpipe.plan.fixed import Fixed
from convpipe.plan.homogeneous import absorbing
from convpipe.plan.rings import AT_ONCE

TOGETHER = 2
"""Rows whose samples the last loop makes at once, where what their windows share is loaded once: a Sobel of
float32 takes 0.87 of the time, four sharpenings 0.8. Of samples that are converted first it gains nothing,
and of more rows LLVM would have to compare so many addresses that it leaves the loop scalar."""


@dataclass(frozen=True)
class Responses:
    """Responses of the banks of a window, then the loops of what follows them.

    Parameters
    ----------
    level : Level
    banks : tuple of Bank
    segments : tuple of Segment
    constants : tuple of tuple of float
        Of each segment, and after them its tables.
    compute : str
        Type of the arithmetic.
    in_place : bool
    padding : (int, int)
        Pixels left and right of the rows that it reads.
    constant : (float, float)
        What a constant border holds, in the channels but the last, and there.
    fraction : int
        Fraction bits of the rows that it makes, where these are of integers.
    dtype : str
        Of the samples that it reads.
    """

    level: Level
    banks: tuple[Bank, ...]
    segments: tuple[Segment, ...]
    constants: tuple[tuple[float, ...], ...]
    compute: str
    in_place: bool = False
    padding: tuple[int, int] = (0, 0)
    constant: tuple[float, float] = (0.0, 0.0)
    fraction: int = 0
    dtype: str = field(kw_only=True)

    def storing(self, dtype: str, fraction: int) -> Responses | None:
        """Return it for rows of integers; with fraction bits only where they are the sums of integers."""
        made = replace(self, segments=stored_as(self.segments, dtype), fraction=fraction)
        return made if fraction == 0 or made.drops == 0 else None

    @property
    def drops(self) -> int | None:
        """Last bits that its one response, a sum of integers, loses as it is stored; None of any other."""
        if len(self.banks) != 1 or len(self.segments) != 1:
            return None
        sums, segment = self.banks[0].sums, self.segments[0]
        made = sums.made if sums.weighted or self.banks[0].is_shifted else None
        if made is None or not segment.is_plain or segment.output not in KEPT:
            return None
        bits = made.fraction - self.fraction
        up = Fixed(made.low, made.high + (2**bits >> 1))  # before it is rounded off
        return bits if up.narrowest([sums.dtype]) else None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the responses."""
        return tuple(bank.name for bank in self.banks)

    @cached_property
    def absorbing(self) -> tuple[int, int] | None:
        """Which constant of the map after it takes what its sums are worth, and to which power."""
        segment = self.segments[0]
        step = segment.steps[0] if segment.steps and segment.across is None else None
        return absorbing(step) if isinstance(step, Map) and not segment.measured else None

    def in_units(self) -> Responses:
        """Return it with powers of two taken out of its weights, where the map after it takes them."""
        banks = tuple(bank.in_units() for bank in self.banks)
        is_one = len({bank.worth for bank in banks}) == 1
        return replace(self, banks=banks) if is_one and self.absorbing else self

    @property
    def columns_first(self) -> bool:
        """Tell whether of the rows themselves it reads nothing beside them: sums of whole ones, or inside."""
        inside = all(bank.has_columns or self._reads_inside(bank) for bank in self.banks)
        return inside and not self.level.keep_alpha

    def _reads_inside(self, bank: Bank) -> bool:
        """Tell whether no tap of a bank, as the one under the centre, meets what lies beside a row."""
        (left, right), dilation = self.padding, self.level.dilation[1]
        last = self.level.kernel[1] - 1
        return all(left <= col * dilation and right <= (last - col) * dilation for col in bank.cols)

    @cached_property
    def geometry(self) -> Geometry:
        """What the steps of its banks share."""
        level = self.level
        given = Geometry(level.stride, level.dilation, level.kernel, self.compute, self.in_place)
        lead = level.stride[0] if any(map(given.slides, self.banks)) else 0
        stores = self._is_sum and len(self.segments) == 1
        return replace(given, lead=lead, stores=stores, phases=phases_of(self.banks, level, self.dtype))

    @property
    def _is_sum(self) -> bool:
        """Tell whether its first segment is the sum of its one bank, as it is."""
        segment = self.segments[0]
        return len(self.banks) == 1 and segment.is_plain and segment.output in (None, self.compute)

    @property
    def lead(self) -> int:
        """Rows that leave a running sum."""
        return self.geometry.lead

    @property
    def rows(self) -> int:
        """Rows made at a time."""
        if any(bank.has_columns for bank in self.banks):
            return AT_ONCE if any(map(self.geometry.shares, self.banks)) and not self.lead else 1
        return AT_ONCE if self.level.dilation[0] == 1 else 1

    @property
    def cost(self) -> float:
        """What its banks take, and the steps."""
        return sum(bank.cost for bank in self.banks) + self.level.operations

    @property
    def choices(self) -> list[str]:
        """The loop shape of each bank."""
        return [f"{bank.name}: {bank.choice}" for bank in self.banks]

    @property
    def scratch(self) -> int:
        """Rows of sums, about."""
        phases = self.geometry.phases > 1  # as long as a row of sums together
        return sum(bank.rows_of_sums + phases for bank in self.banks)

    def make(self, frame: Frame) -> None:
        """Add the steps that make a row, or two."""
        if self.level.mixes_samples:
            self._mix(frame)
        elif self.in_place and not self.columns_first:
            for part in ends_and_middle(frame, self.level, self.constant):
                self._respond(part)
        else:
            self._respond(frame)

    def _respond(self, frame: Frame) -> None:
        of_banks = [parts(bank, frame, self.geometry) for bank in self.banks]
        made = list(zip(*of_banks, strict=True))
        step = TOGETHER if self._shares(made) else 1
        for first in range(0, frame.rows, step):
            self._finish(frame, first, made[first : first + step])

    def _shares(self, made: Sequence[Sequence[Part]]) -> bool:
        """Tell whether the last loop makes samples of several rows at once, of what is left for each."""
        some = [part for of_row in made for part in of_row]
        numbers = all(part.is_left and part.sums is None and part.dtype == self.compute for part in some)
        share_most = self.level.kernel[0] > 2 * self.level.stride[0] and self.geometry.along == 1
        plain = len(made) % TOGETHER == 0 and not self.segments[0].counts_nan
        return WIDE and share_most and numbers and plain

    def _mix(self, frame: Frame) -> None:
        """Channels of the samples themselves: there is no response to wait for."""
        (bank,), segment = self.banks, self.segments[0]
        weights = [weight for weight in bank.weights[:1] if weight != 1]
        (row,), (col,) = bank.rows, bank.cols
        loop = across(segment, frame.given[0].dtype, self.compute, self.level.stride[1], bool(weights))
        values = np.array([*weights, *self.constants[0]], self.compute)
        for made in range(frame.rows):
            target = segment_target(frame, self.segments, made, 0, self.compute)
            source = frame.given[0].sample(row + made * self.level.stride[0], col)
            count = frame.cols * segment.output_channels
            frame.call(loop, [source, target], count, values, row=made)
            frame.measure(segment, len(weights), self.compute)
            add_segments(frame, self.segments, self.constants, made, target, self.compute)

    def _finish(self, frame: Frame, first: int, made: Sequence[Sequence[Part]]) -> None:
        """Responses to rows of the first segment; kept alpha; then the other segments."""
        segment, level = self.segments[0], self.level
        for row, target in enumerate(self._responded(frame, first, made), first):
            if level.keep_alpha:
                i, j = level.centre
                centre = frame.given[0].sample(self.lead + row * level.stride[0] + i, j * level.dilation[1])
                kept = keep_alpha(segment, frame.given[0].dtype, self.compute, level.stride[1])
                frame.call(kept, [centre, target], frame.cols * segment.output_channels, row=row)
            add_segments(frame, self.segments, self.constants, row, target, self.compute)

    def _responded(self, frame: Frame, first: int, made: Sequence[Sequence[Part]]) -> list[Place]:
        """Add the step that makes rows of the first segment, if they are not what was summed; return them."""
        whole = made[0][0].total
        if self._is_sum and whole is not None and not made[0][0].samples:
            return [whole]
        made, constants = self._scaled(made)
        segment, constants = roots.without_root(self.segments[0], constants, self.compute)
        rows: dict[tuple[Place, str], int] = {}
        along = lanes(self.geometry.along, frame.given[0].channels)
        responses = tuple(
            tuple(
                self._response(name, part, rows, along) for name, part in zip(self.names, of_row, strict=True)
            )
            for of_row in (alike(made) if len(made) > 1 else made)
        )
        loop = respond(responses, segment, tuple(dtype for _, dtype in rows), self.compute, along, self.drops)
        places = range(first, first + len(made))
        targets = [segment_target(frame, self.segments, row, 0, self.compute) for row in places]
        weights = [weight for part in made[0] for weight in part.factors]
        integers = [weight for part in made[0] for weight in part.integers]
        values = np.array([*weights, *constants], self.compute)
        parameters = counted(1, values.tobytes() + np.array(integers, np.int32).tobytes())
        count = frame.cols * segment.output_channels
        frame.call(loop, [*(place for place, _ in rows), *targets], count, parameters, row=first)
        frame.measure(segment, loops.counts(self.compute) + len(weights), self.compute)
        return targets

    def _scaled(self, made: Sequence[Sequence[Part]]) -> tuple[Sequence[Sequence[Part]], list[float]]:
        """Return parts of rows, and the first segment's constants, which take a power of two from sums."""
        constants = [*self.constants[0]]
        worth, *others = {part.worth for part in made[0]}
        if self.absorbing is None or others or frexp(worth)[0] != 0.5:
            return made, constants
        at, power = self.absorbing
        constants[at] *= worth**power
        return [[replace(part, worth=1.0) for part in of_row] for of_row in made], constants

    def _response(self, name: str, part: Part, rows: dict[tuple[Place, str], int], at: Lanes) -> Response:
        """Return what is left to do for a response, whose rows are numbered with those of others."""
        dtype = part.sums or self.compute
        terms = tuple(
            (rows.setdefault((place, part.dtype), len(rows)), shift) for place, shift in part.samples
        )
        total = part.total and rows.setdefault((part.total, dtype), len(rows))
        words = part.sums is not None and at.reads_words(part.dtype, part.sums)
        return Response(name, terms, total, part.kind, part.sums, words, part.units, part.worth != 1)
