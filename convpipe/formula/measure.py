"""Measures: formulas of numbers of whole images, which make a number.

In a formula of a stage ``mean(fine)`` is a number, and ``fine`` a pixel. A measure has no pixel of its own:
all its images stand within statistics.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import field
from typing import Any

import numpy as np

from convpipe import expression
from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.formula.language import STATISTICS, Leaf, Measured, Pixel, Reading, read

PER = ("image", "channel", "labels")
"""What a measure has a number of: the image, each of its channels, or each object that labels tell."""

Box = tuple[int, int, int | None, int | None]
"""[top, left, bottom, right] in pixels; None is the end, and below 0 is from the end."""

_CALLS = {kind: name for name, kind in STATISTICS.items() if name != "median"}


@dataclass(frozen=True)
class Counted:
    """A statistic of a measure, and the image that it is of.

    Parameters
    ----------
    name : str
        In the tree of the measure.
    statistic : Measured
    image : str
        A name, or a formula over names.
    """

    name: str
    statistic: Measured
    image: str


@dataclass(frozen=True)
class Measure:
    """A number of an image, of each of its channels or objects; two are equal if they are written alike.

    Parameters
    ----------
    formula : str
        In the language of :mod:`convpipe.formula.language`, with every image within a statistic.
    per : {'image', 'channel', 'labels'}
    box : (top, left, bottom, right), optional
        The part of each image that counts; default: all of it.
    labels : str, optional
        Of which image, a stage or a result, each number above 0 is an object; with `per` labels.
    before : int
        Characters that stand before the formula where it is written.

    Raises
    ------
    ParameterError
        If the formula is none, or a pixel stands in it.

    Examples
    --------
    >>> share = Measure("mean(result > 3) / mean(input)")
    >>> [one.image for one in share.counted], share.names
    (['where(result > 3, 1, 0)', 'input'], ('result', 'input'))
    >>> share.value({one.name: number for one, number in zip(share.counted, (0.5, 4.0))})
    0.125
    """

    formula: str
    per: str = "image"
    box: Box | None = None
    labels: str | None = None
    before: int = field(default=0, compare=False, hash=False, repr=False)
    reading: Reading = field(init=False, compare=False, hash=False, repr=False)

    def __post_init__(self) -> None:
        reading = read(self.formula)
        _check_numbers_alone(self.formula)
        object.__setattr__(self, "formula", reading.text)
        object.__setattr__(self, "reading", reading)

    def __str__(self) -> str:
        """Return what it is, for a person."""
        of = {"channel": " of each channel", "labels": f" of each object of {self.labels}"}
        each = of.get(self.per, "")
        sides = ", ".join("null" if side is None else str(side) for side in self.box or ())
        return f"{self.formula}{each}{f', in the box [{sides}]' if sides else ''}"

    @property
    def counted(self) -> tuple[Counted, ...]:
        """Its statistics."""
        leaves = self.reading.leaves
        named = [node.id for node in ast.walk(self.reading.tree) if isinstance(node, ast.Name)]
        found = []
        for name in dict.fromkeys(named):
            leaf = leaves.get(name)
            if isinstance(leaf, Measured):
                found.append(Counted(name, leaf, ast.unparse(_written(leaf.of, leaves))))
        return tuple(found)

    @property
    def names(self) -> tuple[str, ...]:
        """The images in its formula, as they are first named."""
        return tuple(self.reading.places)

    @property
    def images(self) -> tuple[str, ...]:
        """All images that it needs: those of its formula, and the labels of objects."""
        return self.names if self.labels is None else (*self.names, self.labels)

    def place(self, name: str) -> int:
        """Return where the name of an image stands first in the text, as a character from 0."""
        return self.before + self.reading.places[name]

    def of(self, per: str, box: Box | None, labels: str | None = None) -> Measure:
        """Return the same of channels, of a box or of objects; names in it stand where they stood.

        Raises
        ------
        ParameterError
            If the objects of `per` labels are those of no labels, or labels or a box are of no use.
        """
        if message := _misfit(per, box, labels):
            raise ParameterError(message, "per")
        made = copy(self)
        for name, value in (("per", per), ("box", box), ("labels", labels)):
            object.__setattr__(made, name, value)
        return made

    def value(self, numbers: Mapping[str, float]) -> float:
        """Return its number, from those of :attr:`counted` by their names; NaN where there is none."""
        return float(self.values({name: np.float64(number) for name, number in numbers.items()}))

    def values(self, numbers: Mapping[str, Any]) -> Any:
        """Return its numbers, from arrays of those of :attr:`counted`; NaN where there is none."""
        with np.errstate(all="ignore"):  # what is no number is NaN, as in an image
            return expression.evaluate(self.reading.tree, numbers, _ON_NUMBERS, np.float64)

    def to_data(self) -> Any:
        """Return it as a config has it: a formula alone, or a mapping."""
        if self.per == "image" and self.box is None:
            return self.formula
        per = {} if self.per == "image" else {"per": self.per}
        box = {} if self.box is None else {"box": list(self.box)}
        labels = {} if self.labels is None else {"labels": self.labels}
        return {"formula": self.formula, **per, **box, **labels}


def _misfit(per: str, box: Box | None, labels: str | None) -> str | None:
    """Say what of a measure does not go with the rest."""
    if per == "labels" and labels is None:
        return "'per: labels' needs 'labels', the name of a stage that numbers objects: objects: label does"
    if per != "labels" and labels is not None:
        return f"'labels' goes with 'per: labels', a number of each object; given 'per: {per}'"
    if per == "labels" and box is not None:
        return "'box' does not go with 'per: labels'; geometry: crop cuts the labels and what they are of"
    return None


_ON_NUMBERS: dict[str, Any] = {
    name: getattr(np, {"abs": "absolute", "round": "rint"}.get(name, name))
    for name in (*expression.VOCABULARY, *expression.COMPARISONS.values())
}
"""The functions of expressions, which are NumPy's."""


def _check_numbers_alone(text: str) -> None:
    """Refuse a pixel that stands outside every statistic."""
    for node in _outside(expression.syntax(text)):
        shown = ast.unparse(node)
        raise expression.refusal(
            text,
            node.col_offset,
            f"{shown[:80]!r} is a pixel, and a measure a number: it needs one of a whole image, such as "
            f"mean({shown[:80]})",
        )


def _outside(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the pixels of what is written that stand in no statistic."""
    if isinstance(node, ast.Name | ast.Subscript):
        yield node
        return
    children: Iterable[ast.AST] = ast.iter_child_nodes(node)
    if isinstance(node, ast.Call):
        children = () if isinstance(node.func, ast.Name) and node.func.id in STATISTICS else node.args
    for child in children:
        yield from _outside(child)


def _written(node: ast.expr, leaves: Mapping[str, Leaf]) -> ast.expr:
    """Return a tree of few forms with every leaf as it is written in a formula."""

    class _Writer(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            leaf = leaves.get(node.id)
            return node if leaf is None else _written_leaf(leaf, leaves)

    written = _Writer().visit(ast.parse(ast.unparse(node), mode="eval").body)  # which may be changed
    assert isinstance(written, ast.expr)
    return written


def _written_leaf(leaf: Leaf, leaves: Mapping[str, Leaf]) -> ast.expr:
    if isinstance(leaf, Pixel):
        at = ", ".join(map(str, leaf.at))
        return ast.parse(leaf.image if leaf.at == (0, 0) else f"{leaf.image}[{at}]", mode="eval").body
    more = [ast.Constant(leaf.percent)] if leaf.kind == "percentile" else []
    return ast.Call(ast.Name(_CALLS[leaf.kind]), [_written(leaf.of, leaves), *more], [])
