"""What the condition of a ``where`` says of the variables in its two branches.

In ``where(r > 3, a, b)`` the samples that reach ``a`` are above 3; those that reach ``b`` are not, or NaN.
A bound is taken as far off as rounding can move either side of the comparison: a sample that lies on it
counts in both branches.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import replace

from convpipe.interval import Interval

Ranges = Mapping[str, Interval]
"""Of the variables of an expression, by name."""

TINY = 2.0**-126
"""Least normal float32: what is smaller has fewer digits, or is flushed to 0."""


def branches(test: ast.Compare, left: Interval, right: Interval, ranges: Ranges) -> tuple[Ranges, Ranges]:
    """Return the ranges where a comparison holds, and where it does not.

    Parameters
    ----------
    test : ast.Compare
        Of two expressions.
    left, right : Interval
        Their values.
    ranges : mapping
        Of the variables.

    Examples
    --------
    >>> test = ast.parse("2 * r > 100", mode="eval").body
    >>> holds, fails = branches(test, Interval(0, 510), Interval(100, 100), {"r": Interval(0, 255)})
    >>> holds["r"].low.__round__(), holds["r"].high, fails["r"].low, fails["r"].high.__round__()
    (50, 255, 0, 50)
    """
    (op,) = test.ops
    off = max(left.slack, right.slack) + TINY
    holds, fails = ranges, ranges
    for side, other, below in (
        (test.left, right, isinstance(op, ast.Lt | ast.LtE)),
        (test.comparators[0], left, isinstance(op, ast.Gt | ast.GtE)),
    ):
        least = Interval(other.low - off, math.inf)
        most = Interval(-math.inf, other.high + off)
        near = Interval(least.low, most.high)
        if isinstance(op, ast.Eq):
            holds = _narrowed(side, near, holds, nan=False)
        elif isinstance(op, ast.NotEq):
            fails = _narrowed(side, near, fails, nan=False)
        else:
            holds = _narrowed(side, most if below else least, holds, nan=False)
            if not other.nan:  # beside NaN, any number fails
                fails = _narrowed(side, least if below else most, fails, nan=True)
    return holds, fails


def _narrowed(side: ast.expr, within: Interval, ranges: Ranges, *, nan: bool) -> Ranges:
    """Return the ranges where a side lies within bounds; `nan` tells whether it can be NaN beside them."""
    match side:
        case ast.Name(id=name):
            return {**ranges, name: _meeting(ranges[name], within, nan)}
        case ast.UnaryOp(operand=operand):
            return _narrowed(operand, -within, ranges, nan=nan)
        case ast.BinOp(left=left, op=ast.Add() | ast.Mult() as op, right=right):
            for inner, outer in ((left, right), (right, left)):
                if (number := _number(outer, ranges)) is not None:
                    return _undone(inner, op, number, within, ranges, nan)
        case ast.BinOp(left=left, op=ast.Sub() | ast.Div() as op, right=right):
            if (number := _number(right, ranges)) is not None:
                return _undone(left, op, number, within, ranges, nan)
    return ranges


def _undone(
    inner: ast.expr, op: ast.operator, number: float, within: Interval, ranges: Ranges, nan: bool
) -> Ranges:
    """Return the ranges where what an operation with a number makes of `inner` lies within bounds."""
    if isinstance(op, ast.Add | ast.Sub):
        return _narrowed(inner, within + (-number if isinstance(op, ast.Add) else number), ranges, nan=nan)
    if abs(number) < TINY:
        return ranges
    return _narrowed(inner, within * (number if isinstance(op, ast.Div) else 1 / number), ranges, nan=nan)


def _number(node: ast.expr, ranges: Ranges) -> float | None:
    """Return the value of a number, or of a name that has one value alone."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name) if ranges[name].low == ranges[name].high and not ranges[name].nan:
            return ranges[name].low
    return None


def _meeting(own: Interval, within: Interval, nan: bool) -> Interval:
    """Return what of a range lies within bounds; all of it where nothing does, as no sample comes there."""
    off = own.slack
    low, high = max(own.low, within.low - off), min(own.high, within.high + off)
    if low > high:
        return own
    # Of a smaller range rounding is taken to move less; what it could bring across zero, it still can.
    low = low - off if low == own.low and 0 < low <= off else low
    high = high + off if high == own.high and -off <= high < 0 else high
    return replace(own, low=low, high=high, nan=own.nan and nan)
