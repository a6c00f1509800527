"""Several images, combined pixel by pixel."""

from __future__ import annotations

import re
from typing import Any

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.formula import Formula
from convpipe.ops import Graph, Op
from convpipe.stages.base import method
from convpipe.stages.parameters import Text


@dataclass(frozen=True)
class FormulaText(Text):
    """An expression over images; parsed to a :class:`convpipe.formula.Formula`."""

    def parse(self, value: Any) -> Any:
        """Return the formula."""
        if not isinstance(value, str):
            raise self.refuse_type(value)
        text = re.sub(r"[\n\r\t]", " ", value)  # a blank each, so that what is wrong keeps its place
        before = len(text) - len(text.lstrip(" "))
        try:
            return self.read(text.strip(" "), before)
        except ParameterError as error:
            open_ = text.count("(") > text.count(")")
            hint = "; in {...} a comma ends a value: put the formula in quotes" if open_ else ""
            offset = before + (error.offset or 0)
            raise ParameterError(f"{self.name}: {error}{hint}", self.name, offset=offset) from None

    def read(self, text: str, before: int) -> Any:
        """Return what a line says before which so many characters stand."""
        return Formula(text, before)

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
    reads=("formula",),
    example={"formula": "abs(input - 128)"},
    numbers=True,
)
def _combine(formula: Formula) -> Graph | tuple[Op, ...]:
    return formula.ops
