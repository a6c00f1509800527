"""The language of formulas: that of :mod:`convpipe.expression`, over images.

A name is an image, and stands for its pixel; ``a[-1, 2]`` is that one row up and two columns to the right of
it, as in ``numba.stencil``. ``mean(a)`` and the others of :data:`STATISTICS` are numbers of a whole image, or
of any expression over images. Numbers that make no finite one are refused: ``10**10**10``, ``1 / 0``.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from convpipe import expression
from convpipe.dataclass import dataclass
from convpipe.errors import nearest
from convpipe.statistics import Statistic

STATISTICS = {
    "mean": "mean", "std": "deviation", "var": "variance", "sum": "sum", "min": "minimum", "max": "maximum",
    "median": "percentile", "percentile": "percentile", "otsu": "otsu", "li": "li", "yen": "yen",
    "triangle": "triangle", "isodata": "isodata",
}  # fmt: skip
"""Numbers of a whole image, and what :class:`convpipe.statistics.Statistic` calls them."""

FARTHEST = 64
"""Rows and columns that a relative index reaches at most."""

MOST_PIXELS, MOST_STATISTICS, MOST_IMAGES = 128, 16, 32
"""Different pixels, numbers of images, and images of a formula."""

_IMAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)

Place = tuple[int, int]


@dataclass(frozen=True)
class Pixel:
    """A pixel of an image, so many rows down and columns to the right of the one that is computed."""

    image: str
    at: Place = (0, 0)


@dataclass(frozen=True)
class Measured:
    """A number of all pixels of an expression.

    Parameters
    ----------
    kind : str
        Of a :class:`convpipe.statistics.Statistic`.
    percent : float
        Of a percentile.
    of : ast.expr
        In the few forms of :func:`convpipe.expression.parse`.
    """

    kind: str
    percent: float
    of: ast.expr

    def named(self, name: str) -> Statistic:
        """Return the statistic, under a name."""
        return Statistic(name, self.kind, self.percent)


Leaf = Pixel | Measured


@dataclass(frozen=True)
class Reading:
    """What a text says.

    Parameters
    ----------
    tree : ast.expr
        In the few forms of :func:`convpipe.expression.parse`; each leaf has a name.
    leaves : mapping
        The leaves by their names.
    places : mapping
        Where the name of each image stands first in the text, as a character from 0; in that order.
    text : str
        As Python writes it.
    """

    tree: ast.expr
    leaves: Mapping[str, Leaf]
    places: Mapping[str, int]
    text: str


def read(text: str) -> Reading:
    """Return what the formula `text` says.

    Raises
    ------
    ParameterError
        If it is none; the message and ``offset`` say where.

    Examples
    --------
    >>> read("where(fine[0, 1] > otsu(fine), fine, input)").places
    {'fine': 6, 'input': 37}
    >>> read("sqr(a)")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    convpipe.errors.ParameterError: expression 'sqr(a)', column 1: unknown function 'sqr'; did you mean ...
    """
    written = expression.syntax(text)
    reader = _Leaves(text)
    tree = reader.tree(written)
    if not reader.leaves:
        raise expression.refusal(text, 0, "no image stands in it, such as 'input' or the name of a stage")
    places = dict(sorted(reader.places.items(), key=lambda item: item[1]))
    return Reading(tree, reader.leaves, places, ast.unparse(written))


class _Leaves(ast.NodeTransformer):
    """Gives a name to every leaf: a pixel of an image, or a number of one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._names: dict[Any, str] = {}
        self._used: list[str] = []  # names of leaves, each as often as it is met
        self.leaves: dict[str, Leaf] = {}
        self.places: dict[str, int] = {}

    def tree(self, written: ast.expr) -> ast.expr:
        """Return the tree of few forms of what is written."""
        return self._few_forms(self.visit(_copied(written)))

    def _few_forms(self, named: ast.expr) -> ast.expr:
        for constant in _constants(named):
            self._check_finite(constant)
        return expression.read(named, self._text, frozenset(self.leaves))

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Name the pixel that an image stands for."""
        self._check_image(node)
        return self._leaf(node, Pixel(node.id))

    def _check_image(self, node: ast.Name) -> None:
        if not _IMAGE.fullmatch(node.id):
            raise self._refusal(node, f"{node.id[:80]!r} cannot be the name of an image")
        if expression.is_word(node.id):
            raise self._refusal(node, f"{node.id!r} is a function, and stands before its arguments")
        self.places[node.id] = min(self.places.get(node.id, node.col_offset), node.col_offset)
        if len(self.places) > MOST_IMAGES:
            raise self._refusal(node, f"more than {MOST_IMAGES} images")

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """Name a pixel beside it."""
        form = "an image has two relative indices, whole numbers such as a[-1, 2]"
        if not isinstance(node.value, ast.Name):
            raise self._refusal(node, f"only the name of an image has indices: {form}")
        if not isinstance(node.slice, ast.Tuple) or len(node.slice.elts) != 2:
            raise self._refusal(node.slice, form)
        self._check_image(node.value)
        rows, cols = (self._index(each) for each in node.slice.elts)
        return self._leaf(node, Pixel(node.value.id, (rows, cols)))

    def _index(self, node: ast.expr) -> int:
        sign, inner = 1, node
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            sign, inner = (-1 if isinstance(node.op, ast.USub) else 1), node.operand
        if not isinstance(inner, ast.Constant) or type(inner.value) is not int:
            raise self._refusal(node, "a relative index is a whole number that stands there, such as -1 or 2")
        if inner.value > FARTHEST:
            raise self._refusal(node, f"a relative index reaches at most {FARTHEST} pixels")
        return sign * inner.value

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Name a number of an image; of other functions visit the arguments."""
        if not isinstance(node.func, ast.Name):
            raise self._refusal(node.func, "only a function of the language can be called, by its name")
        name = node.func.id
        if name not in STATISTICS:
            if name not in expression.CALLED:
                hint = _ELSEWHERE.get(name) or nearest(name, [*expression.CALLED, *STATISTICS])
                raise self._refusal(node.func, f"unknown function {name[:80]!r}{hint}")
            node.args = [self.visit(argument) for argument in node.args]
            return node
        count = 2 if name == "percentile" else 1
        if len(node.args) != count or node.keywords:
            given = "an image and a number from 0 to 100" if count == 2 else "an image"
            raise self._refusal(node, f"{name} takes {given}, as in {_EXAMPLES[count]}".replace("NAME", name))
        percent = self._percent(node.args[1]) if count == 2 else 50.0 if name == "median" else 0.0
        before = len(self._used)
        of = self.visit(node.args[0])
        if len(self._used) == before:
            raise self._refusal(node, f"{name} is of an image, and no name of one stands here")
        tree = self._few_forms(of)
        return self._leaf(node, Measured(STATISTICS[name], percent, tree), ast.dump(tree))

    def _percent(self, node: ast.expr) -> float:
        value = node.value if isinstance(node, ast.Constant) else None
        if type(value) not in (int, float) or not 0 <= value <= 100:  # type: ignore[operator]
            raise self._refusal(node, "a percentile is a number from 0 to 100 that stands there")
        return float(value)  # type: ignore[arg-type]

    def _leaf(self, node: ast.expr, leaf: Leaf, meaning: object = None) -> ast.expr:
        key = leaf if isinstance(leaf, Pixel) else (leaf.kind, leaf.percent, meaning)
        name = self._names.setdefault(key, f"v{len(self._names)}")
        self.leaves.setdefault(name, leaf)
        self._used.append(name)
        alike = sum(isinstance(each, type(leaf)) for each in self.leaves.values())
        what, most = (
            ("pixels", MOST_PIXELS) if isinstance(leaf, Pixel) else ("numbers of images", MOST_STATISTICS)
        )
        if alike > most:
            raise self._refusal(node, f"more than {most} different {what}")
        return ast.copy_location(ast.Name(name), node)

    def _check_finite(self, node: ast.expr) -> None:
        """Refuse an expression of numbers alone that has no finite value."""
        tree = expression.read(node, self._text, frozenset())
        try:
            value = expression.evaluate(tree, {}, _ON_NUMBERS)
        except (ArithmeticError, ValueError):
            value = math.inf
        if isinstance(value, complex) or not abs(value) <= expression.LARGEST:
            raise self._refusal(node, "these numbers make none that is finite and within float32")

    def _refusal(self, node: ast.expr, reason: str) -> Exception:
        return expression.refusal(self._text, node.col_offset, reason)


_ELSEWHERE = {
    "count": "; 'sum(x > 0)' counts pixels, 'max' of a stage 'objects: label' objects",
    "area": "; 'sum(x > 0)' is one in pixels, 'mean(x > 0)' a share",
    **dict.fromkeys(("average", "avg"), "; did you mean 'mean'?"),
    **dict.fromkeys(("stddev", "stdev"), "; did you mean 'std'?"),
}
"""What other tools call functions, where the nearest name misleads."""

_EXAMPLES = {1: "NAME(input)", 2: "NAME(input, 90)"}

_ON_NUMBERS: dict[str, Callable[..., Any]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "sin": math.sin,
    "cos": math.cos,
    "abs": abs,
    "square": lambda x: x * x,
    "floor": math.floor,
    "round": round,
    "power": lambda x, exponent: x**exponent,
    "arctan2": math.atan2,
    "minimum": min,
    "maximum": max,
    "where": lambda condition, yes, no: yes if condition else no,
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
    "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
    "equal": lambda a, b: a == b,
    "not_equal": lambda a, b: a != b,
}
"""The functions of expressions on numbers of Python's, which raises where there is no finite one."""


def _copied(written: ast.expr) -> ast.expr:
    """Return a tree that may be changed."""
    if not isinstance(written, ast.AST):
        return written
    copied = type(written)()
    for name, value in ast.iter_fields(written):
        each = [_copied(item) for item in value] if isinstance(value, list) else _copied(value)
        setattr(copied, name, each)
    return ast.copy_location(copied, written)


def _constants(tree: ast.expr) -> Iterator[ast.expr]:
    """Yield the largest parts of `tree` that compute with numbers alone."""
    if isinstance(tree, ast.Constant | ast.expr_context | ast.Name):
        return
    is_computed = isinstance(tree, ast.BinOp | ast.Call | ast.UnaryOp | ast.Compare | ast.BoolOp | ast.IfExp)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    if is_computed and all(node.id in expression.CALLED for node in names):
        yield tree
        return
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.expr):
            yield from _constants(child)
