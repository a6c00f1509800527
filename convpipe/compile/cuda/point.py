"""Write what becomes of a window's responses, in registers: the scalar and channel steps of a stage."""

from __future__ import annotations

import ast
from typing import ClassVar

from convpipe.compile.common.levels import Program
from convpipe.compile.common.segments import Segment, segments, translate
from convpipe.compile.common.text import Text
from convpipe.compile.cuda.passes import Pass
from convpipe.compile.cuda.tables import places
from convpipe.dataclass import dataclass
from convpipe.ops import Map


class _Rounded(ast.NodeTransformer):
    """Sums as calls, which the device's compiler does not fuse with the products that they are made of."""

    CALLS: ClassVar = {ast.Add: "add", ast.Sub: "subtract"}

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        name = self.CALLS.get(type(node.op))
        return node if name is None else ast.Call(ast.Name(name), [node.left, node.right], [])


def rounded(step: Map, names: list[str], suffix: str) -> str:
    """Return the expression of `step` as source in which every operation rounds by itself.

    Examples
    --------
    >>> rounded(Map("gain * r + 1", constants=(("gain", 2.0),)), ["v"], "0")
    'add(gain_0 * v, T(1))'
    """
    return by_itself(translate(step, names, suffix))


def by_itself(source: str) -> str:
    """Return source in which every operation rounds by itself.

    Examples
    --------
    >>> by_itself("a = b * c + d")
    'a = add(b * c, d)'
    """
    return ast.unparse(_Rounded().visit(ast.parse(source)))


@dataclass(frozen=True)
class Point:
    """The function from the responses of one sample, or of all channels of a pixel, to values.

    Parameters
    ----------
    one : Pass
    program : Program
    whole : bool
        Whether it takes all channels of a pixel at once.
    premultiply : bool
        Whether the passes that read it in the kernel want colours multiplied by alpha.
    """

    one: Pass
    program: Program
    whole: bool
    premultiply: bool

    @property
    def channels(self) -> int:
        """Channels it takes at once."""
        return self.one.level.channels if self.whole else 1

    @property
    def _segments(self) -> tuple[Segment, ...]:
        return segments(self.one.level, self.program) if self.one.final else ()

    @property
    def counts_nan(self) -> bool:
        """Whether NaNs become 0 here."""
        return bool(self._segments) and self._segments[-1].counts_nan

    def stored(self, value: str) -> str:
        """Return the expression that is stored: the value as the image's dtype, where it is the image."""
        return self._segments[-1].stored(value) if self._segments else value

    @property
    def trivial(self) -> bool:
        """Whether values are the responses themselves."""
        steps = any(segment.across is not None or segment.steps for segment in self._segments)
        return not (steps or self.premultiply)

    @property
    def values(self) -> list[str]:
        """Names of the values that it makes of a sample or pixel."""
        if self.trivial:
            return [name for channel in range(self.channels) for name in self.responses(channel)]
        return [f"v{k}" for k in range(self.one.outputs if self.whole else 1)]

    @property
    def constants(self) -> list[tuple[str, int]]:
        """Names of its constants, and their positions in the constant vector."""
        named = [pair for segment in self._segments for pair in segment.constants]
        return [] if self.trivial else [(f"c{position}", position) for _, position in named]

    @property
    def _looks_up(self) -> list[str]:
        """The vector of constants, if a step looks values up in a table there."""
        return ["c"] if any(segment.tables for segment in self._segments) else []

    def kept(self, channel: int) -> bool:
        """Tell whether `channel` is alpha that is passed on unfiltered."""
        return self.one.level.keep_alpha and channel == self.one.level.channels - 1

    def responses(self, channel: int) -> list[str]:
        """Return the names of what the window hands over for `channel`."""
        if self.kept(channel):
            return ["alpha"]
        if joins := self.one.level.joins:
            return [f"r{k}_{channel}" for k in range(len(joins))]
        return [f"{name}_{channel}" for name in self.one.names]

    def call(self, text: Text, given: list[str], column: int = 0) -> list[str]:
        """Write the call on the responses `given`; return the names of the values, of a column of several."""
        if self.trivial:
            return given
        values = [f"{value}_{column}" for value in self.values]
        arguments = ", ".join([*given, *(name for name, _ in self.constants), *self._looks_up])
        text.line(f"{', '.join(values)} = point_{self.one.index}({arguments})")
        return values

    def planes(self, values: list[str], lanes: int) -> list[tuple[int, str]]:
        """Return the plane of each of `values`; after a column pass each bank has `lanes` of its own."""
        if self.one.final:
            return list(enumerate(values))
        banks = len(self.one.banks)
        planes = []
        for channel in range(self.channels):
            for bank in range(banks):
                value = values[-1] if self.kept(channel) else values[channel * banks + bank]
                planes.append((bank * lanes + channel, value))
        return planes

    def emit(self, text: Text) -> None:
        """Write the function, unless values are the responses."""
        if self.trivial:
            return
        parameters = [name for channel in range(self.channels) for name in self.responses(channel)]
        parameters += [*(name for name, _ in self.constants), *self._looks_up]
        text.function(f"point_{self.one.index}", parameters)
        with text.indented():
            values: list[str] = []
            for segment in self._segments:
                for name, position in segment.constants:
                    text.line(f"{name} = c{position}")
                for step, table in places(self.program, self.one.level, segment).items():
                    text.line(f"table_{step} = c[{table.start}:{table.stop}]")
                values = self._segment(text, segment, values)
            if self.premultiply:
                text.line(f"a = maximum({values[-1]}, T(0))")
                values = [*(f"{value} * a" for value in values[:-1]), "a"]
            text.line(f"return {', '.join(values)}")

    def _segment(self, text: Text, segment: Segment, given: list[str]) -> list[str]:
        """Write the steps of `segment` on the values `given`; return the names of its own."""
        if segment.across is not None:
            if segment.opens:
                given = [name for channel in range(self.channels) for name in self.responses(channel)]
            text.line(*(f"{name} = {expression}" for name, expression in segment.mixed(given, rounded)))
        count = segment.output_channels if segment.across is not None else self.channels
        values = []
        for channel in range(count):
            responds = segment.opens and segment.across is None
            names = self.responses(channel) if responds else [f"p{channel}"]
            if responds and self.kept(channel):
                text.line("v = alpha", *segment.alpha_lines())
            else:
                colour = not segment.alpha or channel < count - 1
                lines = segment.scalar_lines(names, colour, rounded)
                text.line(*(lines or [f"v = {names[0]}"]))
            values.append(f"v{segment.index}_{channel}")
            text.line(f"{values[-1]} = v")
        return values
