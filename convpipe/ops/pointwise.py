"""Ops that look at one pixel at a time."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from functools import cached_property, reduce

import numpy as np

from convpipe import expression, interval
from convpipe.branches import branches
from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.interval import UNBOUNDED, Interval
from convpipe.ops.dtypes import COMPUTE, dtype_range, is_integer
from convpipe.ops.taps import Taps
from convpipe.statistics import EXTREMES, Statistic


@dataclass(frozen=True)
class Map:
    """A scalar expression of one or more responses, written once and compiled for every backend.

    Parameters
    ----------
    expression : str
        Over `inputs` and the names of `constants`, in the language of :mod:`convpipe.expression`.
    inputs : tuple of str
        Names of the responses it combines.
    constants : tuple of (name, value)
        Numbers, handed over at run time, so that another value compiles nothing; finite ones, unless
        `result` is given.
    result : Interval, optional
        Encloses the value of the expression, where more is known of it than intervals can see.

    Raises
    ------
    ParameterError
        If the expression is none of the language, or a name or number is not of its form.

    Examples
    --------
    >>> m = Map("gain * sqrt(square(gx) + square(gy))", ("gx", "gy"), (("gain", 0.5),))
    >>> m.range({"gx": Interval(-6, 6), "gy": Interval(-8, 8)})
    Interval(low=0.0, high=5.0)
    >>> Map("(r > 3) * 5").range({"r": Interval(0, 255)})
    Interval(low=0.0, high=5.0)
    """

    expression: str
    inputs: tuple[str, ...] = ("r",)
    constants: tuple[tuple[str, float], ...] = ()
    result: Interval | None = None

    def __post_init__(self) -> None:
        expression.check_names(
            (*self.inputs, *(name for name, _ in self.constants)), "an input or a constant"
        )
        for name, value in self.constants:
            if not isinstance(value, int | float) or not (self.result or math.isfinite(value)):
                raise ParameterError(f"constant {name} needs a finite number; given {value!r}", name)
        assert self.tree is not None

    @property
    def tree(self) -> ast.expr:
        """The expression in the few forms of :func:`convpipe.expression.parse`."""
        return expression.parse(self.expression, frozenset([*self.inputs, *dict(self.constants)]))

    def range(self, responses: Mapping[str, Interval]) -> Interval:
        """Enclose the value of the expression."""
        if self.result is not None:
            return self.result
        constants = {name: Interval(value, value) for name, value in self.constants}
        values = {**constants, **responses}
        result: Interval = expression.evaluate(self.tree, values, interval.FUNCTIONS, _exactly, branches)
        return result


def _exactly(number: float) -> Interval:
    return Interval(float(number), float(number))


@dataclass(frozen=True)
class Reduce(Map):
    """A map that also needs numbers of all samples that enter it: see :mod:`convpipe.statistics`.

    Nothing before it can be fused with anything after it.

    Parameters
    ----------
    statistics : tuple of Statistic
        By default ``low`` and ``high``, the smallest and largest sample. They are the first constants.
    result : Interval, optional
        Encloses the value of the expression, whatever the numbers are. None: what follows from the range of
        the samples.
    """

    result: Interval | None = UNBOUNDED
    statistics: tuple[Statistic, ...] = EXTREMES

    def __post_init__(self) -> None:
        _name_measured(self)
        super().__post_init__()

    def range(self, responses: Mapping[str, Interval], samples: Interval = UNBOUNDED) -> Interval:
        """Enclose the value of the expression, where the numbers are of `samples`."""
        return super().range({**{one.name: one.range(samples) for one in self.statistics}, **responses})


def _name_measured(op: Reduce | ChannelMap) -> None:
    """Put the numbers that an image gives before the other constants of `op`."""
    given = tuple((one.name, 0.0) for one in op.statistics)
    if op.constants[: len(given)] != given:  # as of a copy, which has them
        object.__setattr__(op, "constants", (*given, *op.constants))


@dataclass(frozen=True)
class Mix:
    """A matrix across channels: output channel i is the sum of ``matrix[i][j] * channel j``."""

    matrix: tuple[tuple[float, ...], ...]

    def made(self, channels: int) -> int:
        """Return how many channels a pixel of `channels` has after it."""
        return len(self.matrix)

    def taken(self, channels: int) -> int:
        """Return how many a pixel had."""
        return len(self.matrix[0])

    def range(self, samples: Interval) -> Interval:
        """Enclose every output channel, each input channel ranging over `samples`."""
        rows = [Taps([row]).response(samples) for row in self.matrix]
        return Interval(min(r.low for r in rows), max(r.high for r in rows))


@dataclass(frozen=True)
class ChannelMap:
    r"""Channels of a pixel from its channels, by expressions that name them; those after them stay.

    Parameters
    ----------
    text : str
        Lines ``name = expression`` in the language of :mod:`convpipe.expression`, over the inputs, the
        constants and the names of earlier lines.
    inputs, outputs : tuple of str
        The first channels of the pixel, and what stands for them afterwards; alpha is called ``alpha``.
    constants : tuple of (name, value)
        As of a :class:`Map`.
    proven : (Interval, Interval), optional
        What encloses every output if all inputs lie in the first: where interval arithmetic cannot show it.
    statistics : tuple of Statistic
        Numbers of all samples that enter, which are the first constants.

    Raises
    ------
    ParameterError
        If a line is none of the language, a name is given twice, or an output is never made.

    Examples
    --------
    >>> op = ChannelMap("d = abs(a - b)\nc = d / 2", ("a", "b"), ("c",))
    >>> op.range(Interval(0, 8))
    Interval(low=0.0, high=4.0)
    >>> op.made(4)
    3
    """

    text: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    constants: tuple[tuple[str, float], ...] = ()
    proven: tuple[Interval, Interval] | None = None
    statistics: tuple[Statistic, ...] = ()

    def __post_init__(self) -> None:
        _name_measured(self)
        assigned = [name for name, _ in expression.assignments(self.text)]
        given = (*self.inputs, *(name for name, _ in self.constants))
        expression.check_names((*given, *assigned), "a channel, a constant or a line")
        if missing := [name for name in self.outputs if name not in assigned]:
            raise ParameterError(f"no line makes {', '.join(missing)}", "expression")
        assert self.lines is not None

    @property
    def reads_alpha(self) -> bool:
        """Tell whether alpha is among its inputs, whose range is not that of the colours."""
        return "alpha" in self.inputs

    @cached_property
    def lines(self) -> tuple[tuple[str, Map], ...]:
        """Names, and the map that makes each of inputs and earlier ones."""
        known, made = dict(self.constants), []
        names = list(self.inputs)
        for name, text in expression.assignments(self.text):
            used = expression.names(text)
            inputs = tuple(each for each in names if each in used)
            constants = tuple((each, known[each]) for each in used if each in known)
            made.append((name, Map(text, inputs, constants)))
            names.append(name)
        return tuple(made)

    @property
    def reads(self) -> tuple[tuple[bool, ...], ...]:
        """Which of the inputs each output is made of."""
        found = {name: {name} for name in self.inputs}
        for name, line in self.lines:
            found[name] = set().union(*(found[each] for each in line.inputs))
        return tuple(tuple(each in found[name] for each in self.inputs) for name in self.outputs)

    def made(self, channels: int) -> int:
        """Return how many channels a pixel of `channels` has after it."""
        return channels - len(self.inputs) + len(self.outputs)

    def taken(self, channels: int) -> int:
        """Return how many a pixel had that has `channels` after it."""
        return channels - len(self.outputs) + len(self.inputs)

    def range(self, samples: Interval) -> Interval:
        """Enclose every output, each input ranging over `samples`."""
        if self.proven and samples.within(self.proven[0]) and not samples.nan:
            return self.proven[1]
        values = dict.fromkeys(self.inputs, samples)
        measured = dict.fromkeys((one.name for one in self.statistics), UNBOUNDED)
        for name, line in self.lines:
            values[name] = line.range({**measured, **{each: values[each] for each in line.inputs}})
        first, *others = (values[name] for name in self.outputs)
        return reduce(Interval.join, others, first)


@dataclass(frozen=True)
class Alpha:
    """Multiply (or, with `undo`, divide) the colour channels by the last channel.

    A blur of plain colour would bleed the hidden colour of transparent pixels into visible ones; a
    blur of colour times alpha does not. A pixel cannot count for less than nothing, so alpha below 0 is 0.
    Where alpha is 0 afterwards, so is colour. Source: T. Porter and T. Duff, "Compositing digital images",
    SIGGRAPH 1984.
    """

    undo: bool = False


@dataclass(frozen=True)
class Cast:
    """Round half to even to a dtype, and go on in the type of the arithmetic.

    Integers saturate, and NaN becomes 0. What float16 does not hold becomes infinite.
    """

    dtype: str

    def __post_init__(self) -> None:
        if self.dtype not in COMPUTE:
            raise ParameterError(f"a cast needs one of {', '.join(COMPUTE)}; given {self.dtype!r}", "dtype")

    def range(self, samples: Interval) -> Interval:
        """Enclose the rounded values.

        What the arithmetic rounds off may decide to which side a half goes: the range takes in both.

        Examples
        --------
        >>> Cast("uint8").range(Interval(-3, 19.5))
        Interval(low=0.0, high=20.0)
        """
        if not is_integer(self.dtype):
            rounded, either = np.dtype(self.dtype).type, samples.slack if self.dtype == "float16" else 0.0
            with np.errstate(over="ignore"):
                low, high = float(rounded(samples.low - either)), float(rounded(samples.high + either))
            return Interval(low, high, samples.nan)
        limits, either = dtype_range(self.dtype), min(samples.slack, 0.49)
        ends = (samples.low - either, samples.high + either)
        low, high = (min(max(float(np.rint(end)), limits.low), limits.high) for end in ends)
        cast = Interval(low, high)
        return cast.join(Interval(0.0, 0.0)) if samples.nan else cast
