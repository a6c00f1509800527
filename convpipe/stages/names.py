"""Names of stages, and how others refer to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from convpipe.errors import ParameterError
from convpipe.expression import is_word
from convpipe.stages.parameters import Text

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
