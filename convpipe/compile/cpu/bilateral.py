"""Bilateral windows: rows of colours apart, and a loop over each pair of opposite places of the window.

The weight of a place is one exponential, of the distances of colours and of places together. It is written
out, so that all types of samples share vector code: to read a table of weights, as of 8 bits, is slower.
"""

from __future__ import annotations

from dataclasses import field
from functools import cache

import numpy as np

from convpipe.compile.common.bilateral import exponents, weigh_pair, weighted_mean
from convpipe.compile.cpu.loops import Loop, begun, name_sources
from convpipe.compile.cpu.responses import Responses
from convpipe.compile.cpu.shapes import Part
from convpipe.compile.cpu.steps import Frame, Place, Sample
from convpipe.compile.cpu.windowed import Windowed
from convpipe.dataclass import dataclass
from convpipe.ops import Bilateral
from convpipe.ops.bilateral import Distance
from convpipe.plan.costs import WEIGHED
from convpipe.plan.rings import AT_ONCE


@dataclass(frozen=True)
class Weighed(Windowed):
    """The mean under a bilateral window; as :class:`Windowed`."""

    window: Bilateral = field(kw_only=True)

    @property
    def rows(self) -> int:
        """Rows made at a time, which share those that are read."""
        return AT_ONCE if self.level.stride[0] == self.level.dilation[0] == 1 else 1

    @property
    def cost(self) -> float:
        """What the weights take, and the steps."""
        return WEIGHED * self.window.count + self.level.operations

    @property
    def choices(self) -> list[str]:
        """How many weights."""
        of = "" if self._colours == 1 else f", of {self._colours} colours together"
        return [f"r: {self.window.count} weights by how alike samples are{of}"]

    @property
    def scratch(self) -> int:
        """Rows of samples, of sums, and of what is made."""
        return self.level.kernel[0] + 2 * self.rows + 2

    @property
    def _colours(self) -> int:
        return self.level.channels - self.level.keep_alpha

    def storing(self, dtype: str, fraction: int) -> Responses | None:
        """Return it for rows of integers."""
        return super().storing(dtype, fraction) if fraction == 0 else None

    def _respond(self, frame: Frame) -> None:
        level, colours = self.level, range(self._colours)
        (high, wide), (_, across) = level.kernel, level.dilation
        count = (frame.cols - 1) * level.stride[1] + 1
        halo = (wide - 1) * across
        planes = [self._planes(frame, row, count + halo) for row in range(high + frame.rows - 1)]
        sums = [frame.scratch(count, self.compute) for _ in range(1 + self._colours)]
        made = [frame.scratch(count * level.channels, self.compute) for _ in range(frame.rows)]

        def under(row: int, place: tuple[int, int]) -> list[Place]:
            return [plane.past(place[1] * across, self.compute) for plane in planes[row + place[0]]]

        factor, near = exponents(self.window)
        weigh = weighed(self.compute, len(colours), self.window.distance)
        for row, target in enumerate(made):
            centre = under(row, self.window.centre)
            frame.call(fill(self.compute, len(colours)), sums, count)
            for ((i, j), _), one in zip(self.window.pairs, near, strict=True):
                pair = [*under(row, (i, j)), *under(row, (high - 1 - i, wide - 1 - j))]
                parameters = np.array([factor, one], self.compute)
                frame.call(weigh, [*centre, *pair, *sums], count, parameters)
            frame.call(divide(self.compute, len(colours), level.channels), [*centre, *sums, target], count)
            self._finish(frame, row, [[Part("sample", [Sample(target, 0)], self.compute)]])

    def _planes(self, frame: Frame, row: int, pixels: int) -> list[Place]:
        """Return a row of each colour, in the type of the arithmetic, of the pixels of a row that is read."""
        given = frame.given[0]
        read = given.sample(row, 0)
        if given.channels == 1 and self.dtype == self.compute:
            return [read]
        made = [frame.scratch(pixels, self.compute) for _ in range(self._colours)]
        frame.call(apart(self.dtype, self.compute, len(made), given.channels), [read, *made], pixels)
        return made


@cache
def apart(sample: str, compute: str, colours: int, channels: int) -> Loop:
    """The colours of pixels, each in a row of its own. Rows: the samples, then those."""
    text = begun(compute)
    with text.indented():
        name_sources(text, [sample])
        text.line(*(f"t{c} = target(rows, {1 + c}, T)" for c in range(colours)))
        text.line("for x in range(n):")
        at = "x" if channels == 1 else f"x * {channels} + {{}}"
        text.line(*(f"    t{c}[x] = T(s0[{at.format(c)}])" for c in range(colours)), "return 0")
    return Loop(f"{colours} colours of {sample} apart", str(text))


@cache
def fill(compute: str, colours: int) -> Loop:
    """The sum of the weights is 1, that of the centre; those of the differences are 0. Rows: these."""
    text = begun(compute)
    with text.indented():
        text.line(*(f"t{c} = target(rows, {c}, T)" for c in range(colours + 1)))
        text.line("for x in range(n):", "    t0[x] = T(1)")
        text.line(*(f"    t{c + 1}[x] = T(0)" for c in range(colours)), "return 0")
    return Loop(f"sums of {colours} colours of nothing but the centre", str(text))


@cache
def weighed(compute: str, colours: int, distance: Distance) -> Loop:
    """The weights of two places, and the differences from the centre times these, onto their sums.

    Parameters: what the square of a distance is multiplied by, and the logarithm of the places' weight, both
    to the base 2. Rows: those of the centre's colours, of either place's, the sum of the weights, and those
    of the colours.
    """
    text, each = begun(compute), range(colours)
    with text.indented():
        name_sources(text, [compute] * 3 * colours)
        first = 3 * colours
        text.line(*(f"t{c} = target(rows, {first + c}, T)" for c in range(colours + 1)))
        text.line("factor, near = values(p, 0, 2, T)", "for x in range(n):")
        with text.indented():
            centre, *pair = ([f"s{first + c}[x]" for c in each] for first in (0, colours, 2 * colours))
            sums = "t0[x]", [f"t{c + 1}[x]" for c in each]
            text.line(*weigh_pair(compute, distance, centre, (pair[0], pair[1]), sums))
        text.line("return 0")
    kind = "" if colours == 1 else f", {distance} distance of {colours} colours"
    return Loop(f"weights of two places by how alike {compute} are{kind}", str(text))


@cache
def divide(compute: str, colours: int, channels: int) -> Loop:
    """The centre's colours and the means of the differences from them, side by side; 0 in other channels.

    Rows: the colours of the centre, the sum of the weights, those of the differences, and the pixels.
    """
    text = begun(compute)
    with text.indented():
        name_sources(text, [compute] * (2 * colours + 1))
        text.line(f"t0 = target(rows, {2 * colours + 1}, T)", "for x in range(n):")
        for c in range(channels):
            value = (
                weighted_mean(f"s{c}[x]", f"s{colours}[x]", f"s{colours + 1 + c}[x]")
                if c < colours
                else "T(0)"
            )
            text.line(f"    t0[{f'x * {channels} + {c}' if channels > 1 else 'x'}] = {value}")
        text.line("return 0")
    return Loop(f"means of {colours} colours of {channels} channels", str(text))
