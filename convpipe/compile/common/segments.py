"""Cut the pointwise steps of a level into loops, and turn expressions into source.

Scalar steps (Map, Lookup, Cast) stand in the loop that makes their input. A step across channels (Mix,
ChannelMap, Alpha) needs whole pixels, so it opens a loop of its own over a row that stays in the L1 cache.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from convpipe.compile.common import elementary
from convpipe.compile.common.levels import Level, Program
from convpipe.compile.common.text import fused
from convpipe.dataclass import dataclass
from convpipe.ops import Alpha, Cast, ChannelMap, Lookup, Map, Mix, is_integer, is_rounding, statistics


def translate(step: Map, names: list[str], suffix: str) -> str:
    """Return the expression of `step` as source, its inputs renamed to `names`.

    Number literals become literals of the arithmetic's type, which a bare ``0.5`` would promote to
    float64; so do elementary functions, which are computed in that.

    Examples
    --------
    >>> translate(Map("2 * r + bias", constants=(("bias", 1.0),)), ["v"], "0")
    'T(2) * v + bias_0'
    """
    renamed = dict(zip(step.inputs, names, strict=True))
    renamed |= {name: f"{name}_{suffix}" for name, _ in step.constants}

    class Rename(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Name:
            return ast.Name(renamed.get(node.id, node.id))

        def visit_Constant(self, node: ast.Constant) -> ast.Call:
            return ast.Call(ast.Name("T"), [node], [])

        def visit_Call(self, node: ast.Call) -> ast.Call:
            arguments = [self.visit(argument) for argument in node.args]
            called = ast.Call(node.func, arguments, [])
            is_wide = isinstance(node.func, ast.Name) and node.func.id in elementary.NAMES
            return ast.Call(ast.Name("T"), [called], []) if is_wide else called

    return ast.unparse(Rename().visit(copy.deepcopy(step.tree)))


Translate = Callable[[Map, list[str], str], str]
"""From a map, names for its inputs and a suffix for its constants to source."""

Across = Mix | ChannelMap | Alpha
"""Steps across the channels of a pixel."""


class Spot(NamedTuple):
    """Where numbers of an image go: from which parameter on, from which of the numbers, how many."""

    at: int
    first: int
    many: int


@dataclass(frozen=True)
class Segment:
    """One loop along the row.

    Parameters
    ----------
    index : int
    opens : bool
        Whether it reads the responses of the banks; otherwise the row of the segment before.
    across : Across or None
        The step across channels that it begins with.
    steps : tuple of Map, Lookup and Cast
    first : int
        Position in the constant vector of the first constant of `across` and `steps`.
    channels, output_channels : int
    keep_alpha : bool
        Whether it ends by passing the alpha of the input on.
    alpha : bool
        Whether it takes pixels whose last channel is alpha, which scalar steps leave alone.
    output : str or None
        Dtype of the image it writes; None for a row in the type of the arithmetic.
    counts_nan : bool
        Whether NaNs become 0 as it stores, and are counted.
    small : bool
        Whether what it stores is known to be NaN or a number within 32 bits.
    """

    index: int
    opens: bool
    across: Across | None
    steps: tuple[Map | Lookup | Cast, ...]
    first: int
    channels: int
    output_channels: int
    keep_alpha: bool
    alpha: bool
    output: str | None
    counts_nan: bool
    small: bool = False

    @property
    def is_plain(self) -> bool:
        """Tell whether it stores its one response with nothing done to it."""
        return not (self.steps or self.across or self.counts_nan)

    @property
    def constants(self) -> list[tuple[str, int]]:
        """Names of its constants, and their positions in the constant vector."""
        names: list[str] = []
        if isinstance(self.across, Mix):
            names += [f"m{i}_{j}" for i, row in enumerate(self.across.matrix) for j in range(len(row))]
        if isinstance(self.across, ChannelMap):
            names += [f"{name}_a" for name, _ in self.across.constants]
        for k, step in enumerate(self.steps):
            names += [f"{name}_{k}" for name, _ in step.constants] if isinstance(step, Map | Lookup) else []
        return [(name, self.first + at) for at, name in enumerate(names)]

    @property
    def tables(self) -> dict[int, tuple[float, ...]]:
        """The tables that its steps look values up in, by their positions among the steps."""
        return {k: step.table for k, step in enumerate(self.steps) if isinstance(step, Lookup)}

    @property
    def measured(self) -> tuple[Spot, ...]:
        """Which of its parameters an image gives: constants, or a table, too, which come after them."""
        at = 0
        for step in (self.across, *self.steps):
            own = len(step.constants) if isinstance(step, Map | Lookup | ChannelMap) else 0
            own = sum(map(len, step.matrix)) if isinstance(step, Mix) else own
            if isinstance(step, Lookup) and step.measured:
                before = [table for k, table in self.tables.items() if k < self.steps.index(step)]
                table = len(self.constants) + sum(map(len, before))
                return Spot(at, 0, own), Spot(table, own, len(step.table))
            if step is not None and (given := statistics(step)):
                return (Spot(at, 0, len(given)),)
            at += own
        return ()

    @property
    def pixel(self) -> list[tuple[str, str]]:
        """Assignments of the step across channels: values p0, p1, ... from the pixel of row `t`."""
        return self.mixed([f"t[x * {self.channels} + {j}]" for j in range(self.channels)])

    def mixed(self, samples: list[str], translate: Translate = translate) -> list[tuple[str, str]]:
        """Return the assignments of the step across channels: values p0, p1, ... from a pixel's `samples`."""
        if isinstance(self.across, ChannelMap):
            return _mapped(self.across, samples, translate)
        if isinstance(self.across, Mix):
            return [
                (f"p{i}", fused([(f"m{i}_{j}", sample) for j, sample in enumerate(samples)]))
                for i in range(self.output_channels)
            ]
        alpha = f"p{self.channels - 1}"
        colours = [
            (f"p{j}", f"{sample} / {alpha} if {alpha} > T(0) else T(0)")
            for j, sample in enumerate(samples[:-1])
        ]
        return [(alpha, samples[-1]), *colours]

    def scalar_lines(self, names: list[str], colour: bool, translate: Translate = translate) -> list[str]:
        """Return the statements of the scalar steps, from the responses `names` to ``v``.

        `translate` writes the expression of a map as the backend needs it.
        """
        lines: list[str] = []
        for k, step in enumerate(self.steps):
            if isinstance(step, Cast):
                lines += [] if self._stores(step) else cast_lines(step, names[0])
            elif colour and isinstance(step, Lookup):
                lines.append(f"v = looked_up(table_{k}, low_{k}, scale_{k}, last_{k}, {names[0]}, T)")
            elif colour and isinstance(step, Map):
                lines.append(f"v = {translate(step, names, str(k))}")
            names = ["v"] if lines else names
        return lines

    def alpha_lines(self) -> list[str]:
        """Return the statements that the kept alpha ``v`` goes through: casts alone."""
        casts = [step for step in self.steps if isinstance(step, Cast) and not self._stores(step)]
        return [line for step in casts for line in cast_lines(step, "v")]

    def _stores(self, step: Cast) -> bool:
        """Tell whether `step` is left to :meth:`stored`, as NaNs are counted before it."""
        return self.counts_nan and is_rounding(step)

    def count_lines(self, value: str, output: str) -> list[str]:
        """Return what counts a NaN that becomes 0 in sample `output`; kept alpha is counted by itself."""
        if not self.counts_nan:
            return []
        here = f" & (({output}) % {self.channels} != {self.channels - 1})" if self.keep_alpha else ""
        return [f"nans += ({value} != {value}){here}"]

    def stored(self, value: str) -> str:
        """Return the expression that is stored; rounded only here where NaNs are counted before it."""
        for step in self.steps:
            if isinstance(step, Cast) and self._stores(step):
                value = f"quantize_{step.dtype}({value})"
        if self.output is None or not is_integer(self.output):
            return value
        return f"store_{'small_' if self.small else ''}{self.output}({value})"


def _mapped(op: ChannelMap, samples: list[str], translate: Translate) -> list[tuple[str, str]]:
    """Return the assignments of a map of channels; those beyond its inputs stay."""
    count = len(op.inputs)
    made = {name: f"q{k}" for k, name in enumerate(op.inputs)}
    lines = [(made[name], sample) for name, sample in zip(op.inputs, samples[:count], strict=True)]
    for name, line in op.lines:
        lines.append((f"{name}_l", translate(line, [made[each] for each in line.inputs], "a")))
        made[name] = f"{name}_l"
    values = [*(made[name] for name in op.outputs), *samples[count:]]
    return [*lines, *((f"p{k}", value) for k, value in enumerate(values))]


def cast_lines(step: Cast, value: str) -> list[str]:
    """Return the statements of a cast of `value` to ``v``; float64 holds whatever is computed."""
    return [] if step.dtype == "float64" else [f"v = quantize_{step.dtype}({value})"]


@cache
def segments(level: Level, program: Program) -> tuple[Segment, ...]:
    """Return the loops of `level`, in order."""
    groups: list[tuple[Across | None, list[Map | Lookup | Cast]]] = [(None, [])]
    for step in level.steps:
        if isinstance(step, Across):
            if level.mixes_samples and step is level.steps[0]:
                groups.clear()  # no response to wait for: the loop mixes the samples themselves
            groups.append((step, []))
        else:
            groups[-1][1].append(step)
    result: list[Segment] = []
    channels, first = level.channels, level.constants
    for index, (across, steps) in enumerate(groups):
        ends = index == len(groups) - 1
        output_channels = across.made(channels) if isinstance(across, Mix | ChannelMap) else channels
        segment = Segment(
            index=index,
            opens=index == 0,
            across=across,
            steps=tuple(steps),
            first=first,
            channels=channels,
            output_channels=output_channels,
            keep_alpha=level.keep_alpha and index == 0,
            alpha=isinstance(across, Alpha) or (isinstance(across, Mix | ChannelMap) and level.keep_alpha),
            output=level.output if ends else None,
            counts_nan=ends
            and program.counts_nans
            and (
                any(map(is_rounding, level.steps)) or (level.output is not None and is_integer(level.output))
            ),
        )
        result.append(segment)
        channels, first = output_channels, first + len(segment.constants)
    return tuple(result)
