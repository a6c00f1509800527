"""The values that ops can give, where they are few: how a bool image stays one."""

from __future__ import annotations

import ast
import itertools
import math
from collections.abc import Mapping, Sequence

from convpipe.geometry import Border
from convpipe.interval import Interval
from convpipe.ops import Alpha, Cast, Map, Op, Rank, Resample, Turn, Window

Levels = frozenset[float] | None
"""The values of an image; None if they are not few."""

MASK = 2
"""Values that a mask has, at most."""

BOOL = frozenset((0.0, 1.0))
"""The values of a bool image."""

MOST_COMBINED = 256
"""Most combinations of values, one of each image, that a join is tried on."""


def few_values(ops: Sequence[Op], entering: Sequence[Levels]) -> Levels:
    """Return the values that a chain of `ops` can give, whatever the images, from those that enter it.

    Examples
    --------
    >>> sorted(few_values([Map("full - r", constants=(("full", 1.0),))], [BOOL]))
    [0.0, 1.0]
    >>> sorted(few_values([Map("a * (1 - b)", ("a", "b"))], [BOOL, BOOL]))
    [0.0, 1.0]
    """
    first, *rest = ops
    levels = _joined(first, entering) if isinstance(first, Map) else _levels(first, entering[0])
    for op in rest:
        levels = _levels(op, levels)
    return levels


def _levels(op: Op, levels: Levels) -> Levels:
    """Return the few values that `op` can give, from those it can meet."""
    if isinstance(op, Map):
        return _joined(op, [levels])
    if isinstance(op, Window):
        picks = op.is_identity or isinstance(op, Rank) or (isinstance(op, Resample) and op.picks)
        if levels is None or len(op.names) > 1 or not picks:
            return None
        return levels | {op.value} if op.border == Border.CONSTANT and op.padding != "valid" else levels
    return levels if isinstance(op, Alpha | Cast | Turn) else None


def _ends(op: Map) -> Levels:
    """Return the two values of ``where(condition, a, b)`` with constants for both."""
    call = op.tree
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "where"):
        return None
    ends = [_constant(branch, dict(op.constants)) for branch in call.args[1:]]
    return None if None in ends else frozenset(end for end in ends if end is not None)


def _constant(node: ast.expr, constants: Mapping[str, float]) -> float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    return constants.get(node.id) if isinstance(node, ast.Name) else None


def _joined(op: Map, entering: Sequence[Levels]) -> Levels:
    """Return what the expression makes of each combination, where interval arithmetic gives one number."""
    if ends := _ends(op):
        return ends
    few = [levels for levels in entering if levels is not None]
    if len(few) < len(op.inputs) or math.prod(map(len, few)) > MOST_COMBINED:
        return None
    found = [
        op.range({name: Interval(level, level) for name, level in zip(op.inputs, levels, strict=True)})
        for levels in itertools.product(*few)
    ]
    return frozenset(each.low for each in found) if all(each.low == each.high for each in found) else None
