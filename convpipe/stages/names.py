"""Names of stages, and how others refer to them."""

from __future__ import annotations

import re
from typing import Any

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.expression import is_word
from convpipe.stages.parameters import Parameter, Text, is_list

RESERVED = {"input": "the image that enters", "result": "what the last stage gives"}
"""What cannot be the name of a stage, and why."""

BEFORE = "x"
"""In a formula the stage before, unless a stage is called so."""

IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
"""Form of a name by which a stage, or a result, is referred to."""


@dataclass(frozen=True)
class StageName(Text):
    """What a stage is called; no word that means something else where stages are called by their names."""

    def parse(self, value: Any) -> str:
        """Return the name."""
        name = super().parse(value)
        if name in RESERVED:
            raise ParameterError(f"{self.name} cannot be {name!r}, which means {RESERVED[name]}", self.name)
        if is_word(name):
            raise ParameterError(f"{self.name} cannot be {name!r}, a word of formulas", self.name)
        return name


@dataclass(frozen=True)
class StageReference(Text):
    """The name of a stage, or ``input``."""

    def parse(self, value: Any) -> str:
        """Return the name."""
        name = super().parse(value)
        if not IDENTIFIER.fullmatch(name):
            raise self.refuse(value)
        return name

    def kind(self) -> str:
        """Return what is needed."""
        return "the name of a stage before it (letters, digits and _), or 'input'"

    def schema(self) -> dict[str, Any]:
        """Return a string of the form of a name."""
        return {"type": "string", "pattern": f"^{IDENTIFIER.pattern}$"}


@dataclass(frozen=True)
class Named:
    """Stages that are read, in an order in which one may stand several times.

    Parameters
    ----------
    items : tuple of str
    """

    items: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The stages, as they are first named."""
        return tuple(dict.fromkeys(self.items))

    def place(self, name: str) -> None:
        """Return None: a list has no places in a text."""


@dataclass(frozen=True)
class StageReferences(Parameter):
    """Names of stages, or ``input``; parsed to a :class:`Named`."""

    least: int = 1
    most: int = 4

    def parse(self, value: Any) -> Named:
        """Return the names."""
        if isinstance(value, Named):
            return value
        if not is_list(value):
            raise self.refuse_type(value)
        if not self.least <= len(value) <= self.most:
            raise ParameterError(f"{self.name} needs {self.kind()}; given {len(value)}", self.name)
        one = StageReference(self.name, self.doc)
        return Named(tuple(one.parse(item) for item in value))

    def kind(self) -> str:
        """Return what is needed."""
        return f"a list of {self.least} to {self.most} names of stages before it, or 'input'"

    def schema(self) -> dict[str, Any]:
        """Return a list of strings of the form of a name."""
        one = StageReference(self.name, self.doc).schema()
        return {"type": "array", "items": one, "minItems": self.least, "maxItems": self.most}
