"""Several images, combined pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from convpipe import expression
from convpipe.errors import ParameterError
from convpipe.ops import Graph, Map, Node, Op
from convpipe.stages.base import method
from convpipe.stages.parameters import Text


@dataclass(frozen=True)
class Formula:
    """An expression over images.

    Parameters
    ----------
    text : str
        In the language of :mod:`convpipe.expression`.
    """

    text: str

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The images in it, as they are first written."""
        return expression.names(self.text)

    @property
    def map(self) -> Map:
        """The expression over inputs that are numbered, so that what images are called compiles nothing."""
        single = len(self.names) == 1
        inputs = {name: "r" if single else f"x{number}" for number, name in enumerate(self.names)}
        return Map(expression.renamed(self.text, inputs), tuple(inputs.values()))


@dataclass(frozen=True)
class FormulaText(Text):
    """An expression over images; parsed to a :class:`Formula`."""

    def parse(self, value: Any) -> Formula:  # type: ignore[override]
        """Return the formula."""
        formula = Formula(super().parse(" ".join(value.split()) if isinstance(value, str) else value))
        try:
            if not formula.names:
                raise ParameterError(f"no image in {value!r}; write 'input' or the names of stages")
        except ParameterError as error:
            open_ = formula.text.count("(") > formula.text.count(")")
            hint = "; in {...} a comma ends a value: put the formula in quotes" if open_ else ""
            raise ParameterError(f"{self.name}: {error}{hint}", self.name) from None
        return formula

    def kind(self) -> str:
        """Return what is needed."""
        return "an expression over names of stages and 'input', such as 'fine - coarse'"


@method(
    "combine",
    None,
    "a formula over the results of stages, pixel by pixel; the value of the key is a label of your own",
    reference="numpy.ufunc: each operation on each pixel",
    parameters=(
        FormulaText(
            "formula",
            "expression over names of stages, and 'input' for the image that enters; all of one extent",
        ),
    ),
    reads="formula",
    example={"formula": "abs(input - 128)"},
)
def _combine(formula: Formula) -> Graph | tuple[Op, ...]:
    if len(formula.names) == 1:
        return (formula.map,)
    return Graph((Node("result", (formula.map,), formula.names),))
