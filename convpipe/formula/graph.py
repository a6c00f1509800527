"""From a formula to ops.

What reads one image is one chain: a window with a bank of taps for each weighted sum of pixels beside the one
that is computed, and a map of their responses. A map without a window takes numbers of the image that it
reads. All other numbers of images are images that hold them everywhere, and what reads several images is a
join of such chains. So whatever a formula is, backends see windows, maps and joins, which they know.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from functools import cached_property

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.formula.language import Leaf, Measured, Pixel, Place, Reading, read
from convpipe.ops import Graph, Map, Node, Op, Reduce, Stencil, Taps

HERE: Place = (0, 0)
"""Relative indices of the pixel that is computed."""


@dataclass(frozen=True)
class Formula:
    """An expression over images; two are equal if they are written alike, but for spaces and parentheses.

    Parameters
    ----------
    text : str
        In the language of :mod:`convpipe.formula.language`.
    before : int
        Characters that stand before it where it is written.

    Raises
    ------
    ParameterError
        If it is none of the language.

    Examples
    --------
    >>> [type(op).__name__ for op in Formula("hypot(a[0, 1] - a[0, -1], a[1, 0] - a[-1, 0])").ops]
    ['Stencil', 'Map']
    >>> Formula("fine - mean(coarse)").names
    ('coarse', 'fine')
    """

    text: str
    before: int = field(default=0, compare=False, hash=False, repr=False)
    reading: Reading = field(init=False, compare=False, hash=False, repr=False)

    def __post_init__(self) -> None:
        reading = read(self.text)
        object.__setattr__(self, "text", reading.text)
        object.__setattr__(self, "reading", reading)

    @cached_property
    def _maker(self) -> _Maker:
        maker = _Maker(dict(self.reading.leaves), dict(self.reading.places))
        maker.finish(self.reading.tree)
        return maker

    @property
    def ops(self) -> tuple[Op, ...] | Graph:
        """What it is lowered to: ops of the one image that it reads, or a graph."""
        nodes = self._maker.nodes
        if len(nodes) == 1 and not nodes[0].is_join:
            return nodes[0].ops
        return Graph(tuple(nodes))

    @property
    def names(self) -> tuple[str, ...]:
        """The images in it, in the order of the graph's inputs."""
        return Graph(tuple(self._maker.nodes)).inputs

    def place(self, name: str) -> int:
        """Return where the name of an image stands first in the text, as a character from 0."""
        return self.before + self.reading.places[name]


@dataclass
class _Maker:
    """Makes nodes of the parts of an expression.

    Parameters
    ----------
    leaves : dict
        What the names in the expression are. What a node gives is an image, too.
    places : dict
        Where each image stands first: the first one's alpha is that of the result.
    """

    leaves: dict[str, Leaf]
    places: dict[str, int]
    nodes: list[Node] = field(default_factory=list)
    _made: dict[str, str] = field(default_factory=dict)

    def finish(self, tree: ast.expr) -> None:
        """Make the nodes of which the last gives the value of `tree`."""
        tree = self._simplified(tree)
        if not (self.nodes and isinstance(tree, ast.Name)):
            self._add(tree)

    def _image(self, tree: ast.expr) -> str:
        """Return the name of the image that holds the value of `tree`, which is made if there is none."""
        tree = self._simplified(tree)
        leaf = self.leaves.get(tree.id) if isinstance(tree, ast.Name) else None
        return leaf.image if isinstance(leaf, Pixel) and leaf.at == HERE else self._add(tree)

    def _add(self, tree: ast.expr) -> str:
        return self._node(ast.unparse(tree), self._ops(tree), tuple(self._read(tree)))

    def _node(self, key: str, ops: tuple[Op, ...], inputs: tuple[str, ...]) -> str:
        if key not in self._made:
            self._made[key] = name = f"part {len(self.nodes)}"  # with a space, as no stage is called
            self.places[name] = min(self.places[each] for each in inputs)
            self.nodes.append(Node(name, ops, inputs))
        return self._made[key]

    def _simplified(self, tree: ast.expr) -> ast.expr:
        """Return `tree` as a chain over one image, or as a join of images: its parts are made before it."""
        is_one = len(self._read(tree)) == 1
        plain = all(isinstance(leaf, Pixel) or self._source(leaf) is not None for leaf in self._used(tree))
        measures = any(isinstance(leaf, Measured) for leaf in self._used(tree))
        # What counts under a window where pixels are missing is told sample by sample, not of an image.
        if is_one and plain and not (measures and self._has_window(tree)):
            return tree
        tree = _rewritten(tree, self._number)
        return tree if len(self._read(tree)) == 1 else _rewritten(tree, self._window)

    def _source(self, number: Measured) -> str | None:
        """Return the image, as it is, that a number is of."""
        leaf = self.leaves.get(number.of.id) if isinstance(number.of, ast.Name) else None
        return leaf.image if isinstance(leaf, Pixel) and leaf.at == HERE else None

    def _number(self, node: ast.expr) -> ast.expr | None:
        """Return, for a number of an image, an image that holds it everywhere."""
        leaf = self.leaves.get(node.id) if isinstance(node, ast.Name) else None
        if not isinstance(leaf, Measured):
            return None
        source = self._image(leaf.of)
        held = Reduce("number", statistics=(leaf.named("number"),), result=None)
        return self._pixel(self._node(f"{leaf.kind} {leaf.percent} {source}", (held,), (source,)))

    def _window(self, node: ast.expr) -> ast.expr | None:
        """Return, for a part that looks beside the pixel of one image, an image of its values."""
        if isinstance(node, ast.Compare):
            return None
        if len(self._read(node)) == 1 and self._has_window(node):
            return self._pixel(self._add(node))
        return None

    def _pixel(self, image: str) -> ast.expr:
        name = f"p{image.split()[-1]}"
        self.leaves[name] = Pixel(image)
        return ast.Name(name)

    def _used(self, tree: ast.expr) -> Iterator[Leaf]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in self.leaves:
                yield self.leaves[node.id]

    def _has_window(self, tree: ast.expr) -> bool:
        return any(isinstance(leaf, Pixel) and leaf.at != HERE for leaf in self._used(tree))

    def _read(self, tree: ast.expr) -> list[str]:
        """Return the images that `tree` reads, as they stand first; '' for what is made of several."""
        images = {
            leaf.image if isinstance(leaf, Pixel) else self._source(leaf) or "" for leaf in self._used(tree)
        }
        return sorted(images, key=lambda image: self.places.get(image, -1))

    def _ops(self, tree: ast.expr) -> tuple[Op, ...]:
        images = self._read(tree)
        if len(images) == 1:
            return _Chain(self.leaves, self._has_window(tree)).ops(tree)
        inputs = {image: f"x{k}" for k, image in enumerate(images)}

        def named(node: ast.expr) -> ast.expr | None:
            leaf = self.leaves.get(node.id) if isinstance(node, ast.Name) else None
            return ast.Name(inputs[leaf.image]) if isinstance(leaf, Pixel) else None

        return (Map(ast.unparse(_rewritten(tree, named)), tuple(inputs.values())),)


@dataclass
class _Chain:
    """Makes one window and one map of an expression over one image, and over numbers of it.

    Parameters
    ----------
    leaves : mapping
    is_window : bool
        Whether pixels beside the one that is computed stand in it.
    """

    leaves: Mapping[str, Leaf]
    is_window: bool
    banks: dict[tuple[tuple[Place, float], ...], str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)

    def ops(self, tree: ast.expr) -> tuple[Op, ...]:
        """Return the ops."""
        found = _rewritten(tree, self._named)
        if self.banks:
            window = self._stencil()
            return (
                (window,) if isinstance(found, ast.Name) else (window, Map(ast.unparse(found), window.names))
            )
        if self.numbers:
            statistics = tuple(self._measured(leaf).named(name) for leaf, name in self.numbers.items())
            return (Reduce(ast.unparse(found), statistics=statistics, result=None),)
        return (Map(ast.unparse(found)),)

    def _named(self, node: ast.expr) -> ast.expr | None:
        """Return the name of a response, or of a number, that `node` is."""
        leaf = self.leaves.get(node.id) if isinstance(node, ast.Name) else None
        if isinstance(leaf, Measured):
            assert isinstance(node, ast.Name)
            return ast.Name(self.numbers.setdefault(node.id, f"s{len(self.numbers)}"))
        if not self.is_window:
            return None if leaf is None else ast.Name("r")
        taps = self._taps(node)
        if taps is None or (leaf is None and set(taps) == {HERE}):
            return None
        return ast.Name(self.banks.setdefault(tuple(sorted(taps.items())), f"x{len(self.banks)}"))

    def _measured(self, name: str) -> Measured:
        leaf = self.leaves[name]
        assert isinstance(leaf, Measured)
        return leaf

    def _taps(self, node: ast.expr) -> dict[Place, float] | None:
        """Return the weights of pixels whose sum `node` is; None if it is none, or some pixels cancel."""
        match node:
            case ast.Name(id=name) if isinstance(leaf := self.leaves.get(name), Pixel):
                return {leaf.at: 1.0}
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _scaled(self._taps(operand), -1.0)
            case ast.BinOp(left=ast.Constant(value=int() | float() as factor), op=ast.Mult(), right=right):
                return _scaled(self._taps(right), float(factor))
            case ast.BinOp(left=left, op=ast.Mult(), right=ast.Constant(value=int() | float() as factor)):
                return _scaled(self._taps(left), float(factor))
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
                sign = 1.0 if isinstance(op, ast.Add) else -1.0
                return _summed(self._taps(left), _scaled(self._taps(right), sign))
        return None

    def _stencil(self) -> Stencil:
        """Return the window that all banks fit in, and the pixel that is computed."""
        places = [HERE, *(place for bank in self.banks for place, _ in bank)]
        (top, bottom), (left, right) = ((min(axis), max(axis)) for axis in zip(*places, strict=True))
        made = []
        for bank in self.banks:
            weights = np.zeros((bottom - top + 1, right - left + 1))
            for (row, col), weight in bank:
                weights[row - top, col - left] = weight
            made.append(Taps.separated(weights))
        return Stencil(tuple(made), tuple(self.banks.values()), anchor=(-top, -left))


_Weights = dict[Place, float] | None


def _scaled(taps: _Weights, factor: float) -> _Weights:
    return None if taps is None or factor == 0 else {place: factor * each for place, each in taps.items()}


def _summed(one: _Weights, other: _Weights) -> _Weights:
    """Return the weights of both; None where a pixel would count nothing, though a NaN there counts."""
    if one is None or other is None:
        return None
    total = {place: one.get(place, 0.0) + other.get(place, 0.0) for place in {**one, **other}}
    return total if all(total.values()) else None


def _rewritten(node: ast.expr, change: Callable[[ast.expr], ast.expr | None]) -> ast.expr:
    """Return a tree of few forms with the outermost parts changed for which `change` returns others."""
    if (changed := change(node)) is not None:
        return changed

    def each(nodes: Iterable[ast.expr]) -> list[ast.expr]:
        return [_rewritten(one, change) for one in nodes]

    match node:
        case ast.UnaryOp(op=op, operand=operand):
            return ast.UnaryOp(op, *each([operand]))
        case ast.BinOp(left=left, op=operator, right=right):
            first, second = each([left, right])
            return ast.BinOp(first, operator, second)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            first, *others = each([left, *comparators])
            return ast.Compare(first, ops, others)
        case ast.Call(func=func, args=arguments):
            return ast.Call(func, each(arguments), [])
    return node
