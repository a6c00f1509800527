"""Maps that a power of two passes through: ``f(2^-k x)`` is ``2^-kd f(x)``, bit for bit, for some degree d.

Floating point rounds what is scaled by a power of two to the same digits, wherever exponents fit. So the
fraction bits of sums of integers need not be multiplied away before such a map: a constant that it multiplies
its result with takes them.
"""

from __future__ import annotations

import ast

from convpipe.ops import Map

LARGEST_DEGREE = 2
"""Of 16-bit integers with at most 32 fraction bits, powers up to this one have exponents within float32's."""

CONSTANTS = (2.0**-40, 2.0**40)
"""From and to which size a constant keeps products with them there."""


def absorbing(step: Map) -> tuple[int, int] | None:
    """Return which constant a map multiplies its result with, and the degree of what it multiplies.

    None where it is of another form, or the constant is so small or large that exponents may not fit.

    Examples
    --------
    >>> absorbing(Map("gain * sqrt(square(gx) + square(gy))", ("gx", "gy"), (("gain", 0.5),)))
    (0, 1)
    >>> absorbing(Map("gain * r + bias", constants=(("gain", 0.5), ("bias", 1.0)))) is None
    True
    """
    tree, names = step.tree, [name for name, _ in step.constants]
    if not (isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mult)):
        return None
    if not (isinstance(tree.left, ast.Name) and tree.left.id in names):
        return None
    at, power = names.index(tree.left.id), _degree(tree.right, frozenset(step.inputs))
    least, most = CONSTANTS
    return (at, power) if power and least <= abs(step.constants[at][1]) <= most else None


def _degree(tree: ast.expr, inputs: frozenset[str]) -> int | None:
    """Return the degree of an expression of inputs alone; None if it has none, or one that is too large."""
    found: int | None = None
    if isinstance(tree, ast.Name):
        return 1 if tree.id in inputs else None
    if isinstance(tree, ast.UnaryOp):
        return _degree(tree.operand, inputs)
    if isinstance(tree, ast.BinOp):
        left, right = _degree(tree.left, inputs), _degree(tree.right, inputs)
        if left is None or right is None:
            return None
        if isinstance(tree.op, ast.Add | ast.Sub):
            found = left if left == right else None
        elif isinstance(tree.op, ast.Mult):
            found = left + right
    elif isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
        found = _of_call(tree.func.id, [_degree(each, inputs) for each in tree.args])
    return found if found is not None and found <= LARGEST_DEGREE else None


def _of_call(function: str, degrees: list[int | None]) -> int | None:
    """Return the degree of a function of expressions of some degrees."""
    first = degrees[0]
    if first is None:
        return None
    if function == "square":
        return 2 * first
    if function == "sqrt":
        return first // 2 if first % 2 == 0 else None
    alike = all(each == first for each in degrees)
    return first if function in ("abs", "minimum", "maximum") and alike else None
