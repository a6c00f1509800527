"""From a Python function to the text of a formula: its source is read, and never run.

The body is assignments to names and a ``return``, each of one expression. Numbers of the module or of the
function around it are written out, as Numba takes them for constants; functions of NumPy and :mod:`math` are
those of formulas that have their names.
"""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np

from convpipe import expression
from convpipe.errors import ParameterError
from convpipe.formula.language import STATISTICS

_LIBRARIES = (np, math)

_NAMES = {"absolute": "abs", "fabs": "abs", "rint": "round", "atan2": "arctan2", "pow": "power"}
"""Functions that have another name in formulas."""

_OF_TWO = {"min": "minimum", "max": "maximum"}


def text_of(function: Callable[..., Any]) -> tuple[str, tuple[str, ...], dict[str, float]]:
    """Return the formula of a function, the images that it takes, and its other parameters with defaults.

    Parameters
    ----------
    function : callable
        Takes images by position, and numbers, each with a default, by name alone.

    Raises
    ------
    ParameterError
        If its source cannot be read, or holds what is no formula; with file and line.
    """
    where = f"{getattr(function, '__name__', function)!r}"
    try:
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines))).body[0]
    except (OSError, TypeError, SyntaxError, IndexError):
        raise ParameterError(f"{where} needs a function whose source can be read") from None
    if not isinstance(tree, ast.FunctionDef):
        raise ParameterError(f"{where} needs a function made by 'def'")
    file = inspect.getsourcefile(function)
    return _Reader(function, f"{file}:{{}}: {tree.name}", first - 1).formula(tree)


class _Reader:
    def __init__(self, function: Callable[..., Any], where: str, before: int) -> None:
        self._where, self._before = where, before
        found = inspect.getclosurevars(inspect.unwrap(function))
        self._outside: Mapping[str, Any] = {**found.builtins, **found.globals, **found.nonlocals}

    def formula(self, tree: ast.FunctionDef) -> tuple[str, tuple[str, ...], dict[str, float]]:
        images, numbers = self._parameters(tree)
        local: dict[str, ast.expr] = {name: ast.Name(name) for name in (*images, *numbers)}
        *lines, last = [line for line in tree.body if not _is_docstring(line)]
        for line in lines:
            match line:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    local[name] = self._written_out(value, local)
                case _:
                    self._refuse(line, "a line of its body is 'name = expression', and the last a return")
        if not isinstance(last, ast.Return) or last.value is None:
            self._refuse(last, "its last line returns an expression")
        return ast.unparse(self._written_out(last.value, local)), images, numbers

    def _parameters(self, tree: ast.FunctionDef) -> tuple[tuple[str, ...], dict[str, float]]:
        given = tree.args
        if given.vararg or given.kwarg or given.defaults:
            self._refuse(tree, "it takes images by position, and numbers with defaults by name alone")
        numbers: dict[str, float] = {}
        for parameter, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
            try:
                value = ast.literal_eval(default) if default is not None else None
            except ValueError:
                value = None
            if type(value) not in (int, float):
                self._refuse(parameter, f"{parameter.arg} needs a number as its default")
            numbers[parameter.arg] = value  # type: ignore[assignment]
        images = tuple(each.arg for each in (*given.posonlyargs, *given.args))
        if not images:
            self._refuse(tree, "it takes no image")
        return images, numbers

    def _written_out(self, value: ast.expr, local: Mapping[str, ast.expr]) -> ast.expr:
        """Return an expression with what its names stand for in their place."""
        reader = self

        class Names(ast.NodeTransformer):
            left = expression.LONGEST

            def visit_Name(self, node: ast.Name) -> ast.expr:
                made = local.get(node.id)
                if made is None:
                    made = reader._number(node, reader._outside.get(node.id))
                self.left -= sum(1 for _ in ast.walk(made))
                if self.left < 0:
                    reader._refuse(node, f"it has more than {expression.LONGEST} operations")
                return made

            def visit_Call(self, node: ast.Call) -> ast.expr:
                name = reader._function(node.func, len(node.args), local)
                return ast.Call(ast.Name(name), [self.visit(each) for each in node.args], node.keywords)

            def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
                return reader._number(node, reader._of_library(node))

        found: ast.expr = Names().visit(value)
        return found

    def _number(self, node: ast.expr, value: Any) -> ast.expr:
        if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
            return ast.Constant(value.item() if isinstance(value, np.generic) else value)
        shown = ast.unparse(node)
        return self._refuse(node, f"{shown!r} is no image, no line before it, and no number around it")

    def _of_library(self, node: ast.expr) -> Any:
        """Return what ``np.pi`` stands for, or ``math.sqrt``."""
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if (
                self._outside.get(module) in _LIBRARIES
            ):
                return getattr(self._outside[module], name, None)
        return None

    def _function(self, node: ast.expr, count: int, local: Mapping[str, ast.expr]) -> str:
        """Return what formulas call a function."""
        shown = ast.unparse(node)
        name = shown if isinstance(node, ast.Name) and node.id not in local else ""
        known = self._outside.get(name) if name else self._of_library(node)
        if known is not None:
            libraries = [vars(library).get(getattr(known, "__name__", "")) for library in _LIBRARIES]
            is_known = any(known is each for each in (*libraries, abs, round, min, max, pow))
            name = known.__name__ if is_known else ""
        name = _OF_TWO.get(name, name) if count == 2 else name
        name = _NAMES.get(name, name)
        if name not in expression.CALLED and name not in STATISTICS:
            self._refuse(node, f"{shown!r} is no function of formulas")
        return name

    def _refuse(self, node: ast.AST, reason: str) -> NoReturn:
        line = self._before + getattr(node, "lineno", 1)
        raise ParameterError(f"{self._where.format(line)}: {reason}")


def _is_docstring(line: ast.stmt) -> bool:
    value = line.value if isinstance(line, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
