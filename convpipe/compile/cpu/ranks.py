"""Rank windows: the layers of a network of :mod:`convpipe.selection` as a loop.

A minimum or a maximum is one vector instruction for many pixels. Rows are in the samples' own type, or in
integers that order floating-point numbers: a vector holds four times as many samples of uint8 as of float32.
"""

from __future__ import annotations

from dataclasses import field
from functools import cache, cached_property

import numpy as np

from convpipe.compile.common.text import Text
from convpipe.compile.cpu.counted import counted, counted_together
from convpipe.compile.cpu.loops import HEADER, Loop
from convpipe.compile.cpu.order import KEYS
from convpipe.compile.cpu.responses import Responses
from convpipe.compile.cpu.shapes import Part
from convpipe.compile.cpu.steps import Frame, Place, Sample
from convpipe.compile.cpu.windowed import Windowed
from convpipe.dataclass import dataclass
from convpipe.ops import Rank
from convpipe.selection import ROWS, VECTOR, Layers, Network, layers_of, network, runs
from convpipe.selection.counts import TOGETHER, counts_bytes, is_counted, operations, shares_rows


@dataclass(frozen=True)
class Ranked(Windowed):
    """Samples by their rank among those under a footprint; as :class:`Windowed`."""

    window: Rank = field(kw_only=True)

    @property
    def rows(self) -> int:
        """Rows made at a time."""
        overlap = self.level.stride[0] == self.level.dilation[0] == 1
        if not self._counts:
            return ROWS if overlap else 1
        return TOGETHER if overlap and self._shares_rows else 1

    @property
    def _counts(self) -> bool:
        """Whether samples are counted: there are too many for a network."""
        return is_counted(self.window.count, self.window.ranks)

    @property
    def _shares_rows(self) -> bool:
        """Whether windows of neighbouring rows can be counted together."""
        return shares_rows(self.window.footprint, np.dtype(self.dtype).itemsize)

    @property
    def cost(self) -> float:
        """What the network or the counts take, and the steps."""
        window, size = self.window, np.dtype(self.dtype).itemsize
        if self._counts:
            return operations(window.footprint, window.ranks, size) + self.level.operations
        return self.network.operations + self.level.operations

    @property
    def choices(self) -> list[str]:
        """The network, or what is counted."""
        names, kind = ", ".join(self.names), KEYS.get(self.dtype, self.dtype)
        if self._counts:
            return [f"{names}: counts of {self.window.count} samples of {kind}, which slide along the row"]
        return [f"{names}: {round(self.network.operations)} minima and maxima of {kind} a sample"]

    @property
    def scratch(self) -> int:
        """Rows of samples between its loops."""
        return len(self.names)

    @cached_property
    def network(self) -> Network:
        """Minima and maxima that give the results."""
        return network(self.window.footprint, self.window.ranks, self.rows)

    @property
    def keeps_type(self) -> bool:
        """Tell whether it makes nothing but samples as they are, beside each other."""
        level = self.level
        return not (level.steps or level.keep_alpha or len(self.names) > 1) and level.stride[1] == 1

    def storing(self, dtype: str, fraction: int) -> Responses | None:
        """Return it for rows of integers; samples as they are stay of their own type."""
        return None if self.keeps_type else super().storing(dtype, fraction)

    def _respond(self, frame: Frame) -> None:
        given, pixels = frame.given[0], (frame.cols - 1) * self.level.stride[1] + 1
        count = pixels * given.channels
        direct = self.keeps_type and self.level.output in (None, self.dtype)
        made = [
            [frame.out(row) if direct else frame.scratch(count, self.dtype) for _ in self.names]
            for row in range(frame.rows)
        ]
        if not self._counts:
            self._select(frame, count, made)
        elif self.rows == TOGETHER:
            self._count_together(frame, count, made)
        else:
            self._count(frame, count, made)
        for row, places in enumerate([] if direct else made):
            parts = [Part("sample", [Sample(place, 0)], self.dtype) for place in places]
            self._finish(frame, row, [parts])

    def _select(self, frame: Frame, count: int, made: list[list[Place]]) -> None:
        """Add the step that runs the network."""
        given, height = frame.given[0], self.level.kernel[0] + frame.rows - 1
        layers = layers_of(self.network, self.level.dilation[1] * given.channels)
        places = [given.sample(row, 0) for row in range(height)]
        places += [place for row in made for place in row]
        scratch = frame.scratch(layers.scratch(len(places), np.dtype(self.dtype).itemsize), "uint8")
        numbers = np.array([height, len(places)], np.int64)
        frame.call(select(layers, self.dtype), [*places, scratch], count, numbers)

    def _count(self, frame: Frame, count: int, made: list[list[Place]]) -> None:
        """Add the step that counts."""
        given, window, (results,) = frame.given[0], self.window, made
        places = [*(given.sample(row, 0) for row in range(window.kernel[0])), *results]
        size = np.dtype(self.dtype).itemsize
        counts = counts_bytes(window.footprint, size)
        scratch = [frame.scratch(counts, "uint8"), frame.scratch(8 * window.count, "uint8")]
        neighbours = runs(np.argwhere(window.footprint).tolist())
        step = self.level.dilation[1] * given.channels
        numbers = [window.kernel[0], len(places), step, len(neighbours), len(window.ranks)]
        numbers += [end for row, cols in neighbours for end in (row, cols.start, cols.stop)]
        numbers += window.ranks
        frame.call(counted(self.dtype), [*places, *scratch], count, np.array(numbers, np.int64))

    def _count_together(self, frame: Frame, count: int, made: list[list[Place]]) -> None:
        """Add the step that counts windows of neighbouring rows together."""
        given, (high, wide) = frame.given[0], self.window.kernel
        places = [given.sample(row, 0) for row in range(high + frame.rows - 1)]
        places += [place for row in made for place in row]
        size = np.dtype(self.dtype).itemsize
        places.append(frame.scratch(counts_bytes(self.window.footprint, size), "uint8"))
        step, ranks = self.level.dilation[1] * given.channels, self.window.ranks
        numbers = np.array([high, wide, step, len(ranks), *ranks], np.int64)
        frame.call(counted_together(self.dtype), places, count, numbers)


@cache
def select(layers: Layers, dtype: str) -> Loop:
    """Some samples by their ranks.

    Parameters: how many rows the windows have, and with those of the results. Rows: these, then the slots.
    """
    text, size = Text(), np.dtype(dtype).itemsize
    pitch, short, lanes = layers.pitch(size), layers.short(size), VECTOR // size
    text.block(HEADER)
    text.line(
        "from convpipe.compile.cpu.compiled.order import layer, narrow, widen",
        "",
        f"T = np.{KEYS.get(dtype, dtype)}",
    )
    for k, each in enumerate(layers.layers):
        text.line(f'layer{k} = layer("{each.code}", "{dtype}", {pitch})')
    text.line("", "", "@inline", "def loop(rows, n, p):")
    with text.indented():
        text.line("windows, count = values(p, 0, 2, np.int64)", "slots = rows[count]")
        text.line(f"spare, whole = slots + {layers.slots * pitch}, max(n, {lanes})")
        text.line("if n < whole:", f"    widen(rows, windows, count, n + {layers.reach}, spare, {short}, T)")
        text.line(f"first, made = 0, min(whole, {pitch // size - layers.reach})", "while first < whole:")
        with text.indented():
            text.line("first = min(first, whole - made)")
            for k, each in enumerate(layers.layers):
                wide = f"made + {each.more}" if each.more else "made"
                text.line(f"for b in range(({wide} + {lanes - 1}) // {lanes}):")
                text.line(f"    x = min(b * {lanes}, {wide} - {lanes})")
                text.line(f"    layer{k}(rows, windows, slots, first + x, x)")
            text.line("first += made")
        text.line("if n < whole:", f"    narrow(windows, count, n, spare, {short}, T)", "return 0")
    return Loop(f"ranks of {dtype}, by a network of {len(layers.layers)} layers", str(text))
