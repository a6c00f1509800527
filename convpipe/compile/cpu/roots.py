"""Thresholds of roots: what is compared is what the root would be taken of, with a level that tells the same.

A root takes a processor as long as some ten multiply-adds. Both a root and a product with a number above 0
never fall where what they are of rises, however they are rounded: so there is one number, found here, up to
which the rounded root of all is at most the level, and above which it is above it.
"""

from __future__ import annotations

import ast
from dataclasses import replace

import numpy as np

from convpipe.compile.common.segments import Segment
from convpipe.ops import Map


def without_root(segment: Segment, constants: list[float], compute: str) -> tuple[Segment, list[float]]:
    """Return a segment that begins with a threshold of a root, and its constants, without the root.

    Any other is returned as it is.

    Parameters
    ----------
    segment : Segment
    constants : list of float
        Its own, and after them its tables.
    compute : str
        Type of the arithmetic.
    """
    root = _under_root(segment)
    if root is None or not np.dtype(compute).type(constants[0]) > 0:
        return segment, constants
    first, second, *others = segment.steps
    assert isinstance(first, Map)
    steps = (Map(ast.unparse(root), first.inputs), second, *others)
    level = largest_within(constants[0], constants[1], compute)
    return replace(segment, steps=steps), [level, *constants[2:]]


def _under_root(segment: Segment) -> ast.expr | None:
    """Return x where a segment begins with a threshold of ``gain * sqrt(x)``, and x has no constant."""
    if segment.across is not None or len(segment.steps) < 2 or segment.measured:
        return None
    first, second = segment.steps[:2]
    if not (isinstance(first, Map) and isinstance(second, Map) and _is_threshold(second)):
        return None
    match first.tree:
        case ast.BinOp(ast.Name(gain), ast.Mult(), ast.Call(ast.Name("sqrt"), [root])):
            return root if [name for name, _ in first.constants] == [gain] else None
    return None


def _is_threshold(step: Map) -> bool:
    """Tell whether a map does nothing with its input but ask whether it is above its first constant."""
    asks = [name for name, _ in step.constants[:1]]
    names = [node.id for node in ast.walk(step.tree) if isinstance(node, ast.Name)]
    for node in ast.walk(step.tree):
        match node:
            case ast.Compare(ast.Name(given), [ast.Gt()], [ast.Name(level)]):
                once = names.count(given) == names.count(level) == 1
                return once and (given,) == step.inputs and [level] == asks
    return False


def largest_within(gain: float, level: float, compute: str) -> float:
    """Return the largest x for which ``gain * sqrt(x)``, rounded as `compute` is, is not above a level.

    Examples
    --------
    >>> largest_within(0.5, 2.0, "float64")
    16.000000000000004
    >>> 0.5 * 16.000000000000004**0.5, 0.5 * 16.000000000000007**0.5
    (2.0, 2.0000000000000004)
    """
    kind = np.dtype(compute).type
    if np.isinf(kind(level)):
        return level
    if level < 0:  # 0 is above it, and what has no root is not
        return float(np.nextafter(kind(0), kind(-1)))
    bits = f"int{8 * np.dtype(compute).itemsize}"
    low, high = 0, int(np.array(np.inf, compute).view(bits))  # from 0 on they are in the order of the numbers
    with np.errstate(over="ignore"):
        while high - low > 1:
            middle = (low + high) // 2
            root = np.sqrt(np.array(middle, bits).view(compute)[()])
            low, high = (low, middle) if kind(gain) * root > kind(level) else (middle, high)
    return float(np.array(low, bits).view(compute))
