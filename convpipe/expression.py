"""The language of scalar expressions: what may be written, and the few forms that backends know.

An expression is arithmetic (``+ - * /`` and ``**``), comparisons (chains too), ``and``, ``or``, ``not``, a
conditional ``a if c else b``, finite numbers, names that are known, and calls of :data:`VOCABULARY` and
:data:`WRITTEN_OUT`. Anything else is refused, so that text of a caller reaches generated source as names and
numbers alone.

:func:`parse` writes all of it with arithmetic, calls, and comparisons of two numbers that stand as the
condition of a ``where``. So one meaning is that of intervals, of arrays and of machine code: Python's, but
that ``and``, ``or`` and ``not`` give 1 or 0, as comparisons do. A number holds unless it is 0.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from convpipe.errors import ParameterError, nearest

VOCABULARY = {
    "sqrt": 1, "exp": 1, "log": 1, "sin": 1, "cos": 1, "abs": 1, "square": 1, "floor": 1, "round": 1,
    "power": 2, "arctan2": 2, "minimum": 2, "maximum": 2, "where": 3,
}  # fmt: skip
"""The functions that may be called, with the number of arguments each takes.

Halves are rounded to even. Angles are in radians.
"""

WRITTEN_OUT = {"hypot": 2, "clip": 3}
"""Functions that are calls of others.

They are ``sqrt(square(x) + square(y))``, whose squares pass the largest float32 from 1.8e19 on and vanish
below 1e-23, and ``minimum(maximum(x, low), high)``.
"""

CALLED = {**VOCABULARY, **WRITTEN_OUT}

COMPARISONS = {
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}
"""The comparisons, with NumPy's names of them."""

LONGEST = 10_000
"""Most characters of an expression."""

DEEPEST = 100
"""Most operations within each other: below what Python reads, and what walks over them have stack for."""

LARGEST = (2 - 2**-23) * 2.0**127
"""Largest float32; a larger number would be infinite in the arithmetic."""

_YES, _NO = ast.Constant(1), ast.Constant(0)

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*", re.ASCII)

_ASSIGNMENT = re.compile(r"([A-Za-z][A-Za-z0-9]*)\s*=(?!=)\s*(.+)", re.ASCII)

_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*", re.ASCII)
"""A name or a word of the language in an expression: no part of a number such as 1e5."""


def is_word(text: str) -> bool:
    """Tell whether `text` means something in every expression, so that nothing else can be called that."""
    return keyword.iskeyword(text) or text in VOCABULARY


def names(text: str) -> tuple[str, ...]:
    """Return the names in the expression `text`, as they are first written.

    Raises
    ------
    ParameterError
        If it is none of the language.

    Examples
    --------
    >>> names("sqrt(fine - 2e3*coarse) if fine > 0 else input")
    ('fine', 'coarse', 'input')
    """
    found = tuple(dict.fromkeys(word for word in _WORD.findall(text) if not is_word(word)))
    parse(text, frozenset(found))
    return found


def renamed(text: str, others: Mapping[str, str]) -> str:
    """Return the expression `text` with other names in it.

    Examples
    --------
    >>> renamed("abs(fine - 1e3*coarse)", {"fine": "a", "coarse": "e3"})
    'abs(a - 1e3*e3)'
    """
    return _WORD.sub(lambda word: others.get(word[0], word[0]), text)


def assignments(text: str) -> tuple[tuple[str, str], ...]:
    r"""Return the names and the expressions of lines such as ``chroma = high - low``, in their order.

    Raises
    ------
    ParameterError
        If a line is something else.

    Examples
    --------
    >>> assignments("d = a - b\ns = where(d == 0, 0, d / a)")
    (('d', 'a - b'), ('s', 'where(d == 0, 0, d / a)'))
    """
    found = []
    for line in filter(None, map(str.strip, text.split("\n"))):
        parts = _ASSIGNMENT.fullmatch(line)
        if parts is None:
            raise ParameterError(f"a line needs the form 'name = expression'; given {line!r}", "expression")
        found.append((parts[1], parts[2]))
    return tuple(found)


def check_names(names: Sequence[str], what: str) -> None:
    """Refuse names that :func:`check_name` refuses, and one that is given twice."""
    for name in names:
        check_name(name, what)
    if len(set(names)) < len(names):
        raise ParameterError(f"{what} needs different names; given {', '.join(names)}")


def check_name(name: object, what: str) -> None:
    """Refuse a name that generated source could not hold as it is.

    Generated names are made of it with underscores and numbers, so it has no underscore of its own.

    Raises
    ------
    ParameterError
        If it is not a letter followed by letters and digits, or means something else in an expression.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ParameterError(f"{what} needs a name of letters and digits, a letter first; given {name!r}")
    if is_word(name):
        raise ParameterError(f"{what} cannot be named {name!r}, which expressions use for something else")


@lru_cache(maxsize=1024)
def parse(text: str, names: frozenset[str]) -> ast.expr:
    """Return the expression `text` over `names` as a tree of few forms.

    Its nodes are numbers, `names`, ``+ - * /``, minus signs, calls of :data:`VOCABULARY`, and, as the first
    argument of ``where`` and there alone, a comparison of two of these.

    Raises
    ------
    ParameterError
        If something else is written; the message has the column and the piece.

    Examples
    --------
    >>> ast.unparse(parse("(r > 3) * 5", frozenset("r")))
    'where(r > 3, 1, 0) * 5'
    >>> ast.unparse(parse("0 < r <= 3 or not r", frozenset("r")))
    'where(where(0 < r, where(r <= 3, 1, 0), 0) > 0.5, 1, where(r != 0, 0, 1))'
    >>> parse("r.real", frozenset("r"))
    Traceback (most recent call last):
        ...
    convpipe.errors.ParameterError: expression 'r.real', column 1: 'r.real' is none of its forms: numbers, ...
    """
    return read(syntax(text), text, names)


def syntax(text: str) -> ast.expr:
    """Return `text` as Python parses it, if its length, its depth and its characters are allowed.

    Raises
    ------
    ParameterError
        As of :func:`parse`.
    """
    if len(text) > LONGEST:
        raise refusal(text, LONGEST, f"an expression has at most {LONGEST} characters; given {len(text)}")
    # Letters beyond ASCII would be other names once parsed, and the end of a line other syntax.
    if (at := next((i for i, c in enumerate(text) if not " " <= c <= "~"), None)) is not None:
        raise refusal(text, at, f"{text[at]!r} is no character of it")
    try:
        written = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        ends = error.offset == 0 and error.msg == "invalid syntax"  # where there is no more of it
        at = len(text) if ends else max((error.offset or 1) - 1, 0)
        raise refusal(text, at, error.msg) from None
    except (MemoryError, RecursionError, ValueError) as error:
        raise refusal(text, 0, f"too deep to be read ({type(error).__name__})") from None
    _check_depth(written, text)
    return written


def read(written: ast.expr, text: str, names: frozenset[str]) -> ast.expr:
    """Return the tree of few forms of what :func:`syntax` made of `text`; errors as of :func:`parse`."""
    tree = _Reader(text, names).number(written)
    _check_depth(tree, text)  # a chain of `and` is flat as written, and nested as read
    return tree


def refusal(text: str, column: int, reason: str) -> ParameterError:
    """Return the error at a character of `text`, counted from 0."""
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    message = f"expression {shown!r}, column {column + 1}: {reason}"
    return ParameterError(message, "expression", offset=min(column, len(text)))


def _check_depth(tree: ast.expr, text: str) -> None:
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise refusal(text, 0, f"more than {DEEPEST} operations within each other")


class _Reader:
    """Checks a tree as Python has parsed it, and writes it anew in few forms."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        self._text, self._names = text, names
        self._read = 0

    def number(self, node: ast.expr) -> ast.expr:
        """Return `node` where its value is wanted."""
        self._read += 1
        if self._read > LONGEST:  # the middle of a chain of comparisons is read twice
            raise self._refusal(node, f"more than {LONGEST} operations")
        match node:
            case ast.Constant(value=int() | float() as value) if value is not True and value is not False:
                self._check_number(node, value)
                return ast.Constant(value)
            case ast.Name(id=name):
                self._check_known(node, name, self._names, "name")
                return ast.Name(name)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.number(operand)
            case ast.UnaryOp(op=ast.USub() as minus, operand=operand):
                return ast.UnaryOp(minus, self.number(operand))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return _call("power", self.number(left), self.number(right))
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() as op, right=right):
                return ast.BinOp(self.number(left), op, self.number(right))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._called(node, name, arguments)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return _call("where", self.condition(test), self.number(body), self.number(orelse))
            case ast.BoolOp() | ast.Compare() | ast.UnaryOp(op=ast.Not()):
                return self.truth(node)
        raise self._no_form(node)

    def condition(self, node: ast.expr) -> ast.Compare:
        """Return `node` where it is asked whether it holds: a comparison of two numbers."""
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                if type(op) not in COMPARISONS:
                    raise self._no_form(node)
                return ast.Compare(self.number(left), [op], [self.number(right)])
            case ast.BoolOp() | ast.Compare() | ast.UnaryOp(op=ast.Not()):
                return ast.Compare(self.truth(node), [ast.Gt()], [ast.Constant(0.5)])
        return ast.Compare(self.number(node), [ast.NotEq()], [_NO])

    def truth(self, node: ast.expr) -> ast.expr:
        """Return 1 where `node` holds, else 0."""
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return _call("where", self.condition(operand), _NO, _YES)
            case ast.BoolOp(op=op, values=[*rest, last]):
                result = self.truth(last)
                for value in reversed(rest):
                    branches = (result, _NO) if isinstance(op, ast.And) else (_YES, result)
                    result = _call("where", self.condition(value), *branches)
                return result
            case ast.Compare(ops=[_, _, *_]):
                return self.truth(ast.BoolOp(ast.And(), _pairs(node)))
        return _call("where", self.condition(node), _YES, _NO)

    def _called(self, node: ast.expr, name: str, arguments: list[ast.expr]) -> ast.expr:
        self._check_known(node, name, CALLED, "function")
        if len(arguments) != CALLED[name]:
            raise self._refusal(node, f"{name} takes {CALLED[name]} arguments; given {len(arguments)}")
        if name == "where":
            test, yes, no = arguments
            return _call(name, self.condition(test), self.number(yes), self.number(no))
        numbers = [self.number(argument) for argument in arguments]
        if name == "hypot":
            first, second = (_call("square", number) for number in numbers)
            return _call("sqrt", ast.BinOp(first, ast.Add(), second))
        if name == "clip":
            return _call("minimum", _call("maximum", *numbers[:2]), numbers[2])
        return _call(name, *numbers)

    def _check_number(self, node: ast.expr, value: float) -> None:
        if not abs(value) <= LARGEST:
            raise self._refusal(node, f"a number whose size passes {LARGEST:.3g}, the largest float32")

    def _check_known(self, node: ast.expr, name: str, known: Collection[str], what: str) -> None:
        if name not in known:
            raise self._refusal(node, f"unknown {what} {name[:80]!r}{nearest(name, known)}")

    def _no_form(self, node: ast.expr) -> ParameterError:
        piece = ast.get_source_segment(self._text, node) or ast.unparse(node)
        forms = "numbers, + - * / **, comparisons, and, or, not, if else, known names and functions"
        return self._refusal(node, f"{piece[:80]!r} is none of its forms: {forms}")

    def _refusal(self, node: ast.expr, reason: str) -> ParameterError:
        return refusal(self._text, node.col_offset, reason)


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name), list(arguments), [])


def _pairs(chain: ast.Compare) -> list[ast.expr]:
    """Return the comparisons of two that a chain of them is."""
    sides = [chain.left, *chain.comparators]
    pairs = zip(sides, chain.ops, sides[1:], strict=False)
    return [ast.copy_location(ast.Compare(left, [op], [right]), chain) for left, op, right in pairs]


Branches = Callable[[ast.Compare, Any, Any, Mapping[str, Any]], tuple[Mapping[str, Any], Mapping[str, Any]]]


def evaluate(
    tree: ast.expr,
    values: Mapping[str, Any],
    functions: Mapping[str, Callable[..., Any]],
    number: Callable[[float], Any] = float,
    branches: Branches | None = None,
) -> Any:
    """Return the value of a parsed expression.

    Parameters
    ----------
    tree : ast.expr
        Made by :func:`parse`.
    values : mapping
        What its names stand for, all of one kind: intervals, arrays.
    functions : mapping
        :data:`VOCABULARY` and :data:`COMPARISONS` on values of that kind.
    number : callable
        Makes such a value of a number.
    branches : callable, optional
        From a comparison, its two sides' values and `values` to those for either branch of a ``where``.
    """

    def where(test: ast.Compare, yes: ast.expr, no: ast.expr, values: Mapping[str, Any]) -> Any:
        (op,), (comparator,) = test.ops, test.comparators
        left, right = of(test.left, values), of(comparator, values)
        condition = functions[COMPARISONS[type(op)]](left, right)
        holds, fails = branches(test, left, right, values) if branches else (values, values)
        return functions["where"](condition, of(yes, holds), of(no, fails))

    def of(node: ast.expr, values: Mapping[str, Any]) -> Any:
        match node:
            case ast.Constant(value=value):
                return number(value)  # type: ignore[arg-type]
            case ast.Name(id=name):
                return values[name]
            case ast.UnaryOp(operand=operand):
                return -of(operand, values)
            case ast.BinOp(left=left, op=op, right=right):
                return _arithmetic(op, of(left, values), of(right, values))
            case ast.Call(func=ast.Name(id="where"), args=[ast.Compare() as test, yes, no]):
                return where(test, yes, no, values)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return functions[name](*(of(argument, values) for argument in arguments))
        raise AssertionError(ast.dump(node))  # parse gives no other

    return of(tree, values)


def _arithmetic(op: ast.operator, left: Any, right: Any) -> Any:
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
    return left / right
