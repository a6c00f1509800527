"""The values that a chain of ops can give, where they are few: how a bool image stays one."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from convpipe.geometry import Border
from convpipe.interval import Interval
from convpipe.ops import Alpha, Cast, Map, Op, Stencil


def stays_bool(ops: Iterable[Op]) -> bool:
    """Tell whether what `ops` make of 0 and 1 is 0 and 1 again, whatever the image.

    Examples
    --------
    >>> stays_bool([Map("full - r", constants=(("full", 1.0),))]), stays_bool([Map("r / 2")])
    (True, False)
    """
    levels: frozenset[float] | None = frozenset((0.0, 1.0))
    for op in ops:
        levels = _levels(op, levels)
    return levels is not None and levels <= {0.0, 1.0}


def _levels(op: Op, levels: frozenset[float] | None) -> frozenset[float] | None:
    """Return the few values that `op` can give, from those it can meet; None if they are not few."""
    if isinstance(op, Map):
        return _ends(op) or _mapped(op, levels)
    if isinstance(op, Stencil):
        if op.kernel != (1, 1) or len(op.banks) > 1 or op.banks[0].weight(0, 0) != 1 or levels is None:
            return None
        return levels | {op.value} if op.border == Border.CONSTANT and op.padding != "valid" else levels
    return levels if isinstance(op, Alpha | Cast) else None


def _ends(op: Map) -> frozenset[float] | None:
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


def _mapped(op: Map, levels: frozenset[float] | None) -> frozenset[float] | None:
    """Return what the expression makes of each level, where interval arithmetic gives one number."""
    if levels is None or len(op.inputs) > 1:
        return None
    ranges = [op.range({op.inputs[0]: Interval(level, level)}) for level in levels]
    return frozenset(each.low for each in ranges) if all(each.low == each.high for each in ranges) else None
