"""Kinds of parameter: each parses a value from YAML or Python and describes itself to the JSON Schema."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError, ParameterTypeError
from convpipe.geometry import BORDER_NAMES, BORDERS_OF_SCIPY, Border, border_hint
from convpipe.ops import COMPUTE
from convpipe.padding import PADDING_RULES, padding_forms, parse_padding
from convpipe.stages.slips import slip

REQUIRED: Any = object()
"""Default of a parameter that has none."""


@dataclass(frozen=True)
class Parameter:
    """Declaration of one parameter; subclasses say what values it takes.

    Parameters
    ----------
    name : str
    doc : str
        One line for ``--help``, the docs page and the schema.
    default : object
        :data:`REQUIRED` when the caller must give it.
    """

    name: str
    doc: str
    default: Any = REQUIRED

    @property
    def required(self) -> bool:
        """Tell whether a value must be given."""
        return self.default is REQUIRED

    def parse(self, value: Any) -> Any:
        """Return `value` in the form the mathematics uses, or raise ParameterError."""
        raise NotImplementedError

    def kind(self) -> str:
        """Return, in words, what values are taken."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        raise NotImplementedError

    def refuse(self, value: Any) -> ParameterError:
        """Return the error for a value of the right type but outside its meaning."""
        return ParameterError(f"{self.name} needs {self.kind()}; given {value!r}", self.name)

    def refuse_type(self, value: Any) -> ParameterTypeError:
        """Return the error for a value of the wrong type."""
        return ParameterTypeError(
            f"{self.name} needs {self.kind()}; given {type(value).__name__} {value!r}{slip(value)}",
            self.name,
        )


@dataclass(frozen=True)
class Flag(Parameter):
    """True or false."""

    def parse(self, value: Any) -> bool:
        """Return the bool, NumPy's too; 0, 1, `yes` and `no` are not bools."""
        if value is not True and value is not False and not isinstance(value, np.bool_):
            raise self.refuse_type(value)
        return bool(value)

    def kind(self) -> str:
        """Return the two words."""
        return "true or false"

    def schema(self) -> dict[str, Any]:
        """Return a boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True)
class Choice(Parameter):
    """One of a few words; `aliases` are others that mean one of them.

    `elsewhere` are words of other tools, each with what to say of it. With `any_case`, letter case does not
    matter.
    """

    choices: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict, hash=False)
    elsewhere: Mapping[str, str] = field(default_factory=dict, hash=False)
    any_case: bool = False

    def parse(self, value: Any) -> Any:
        """Return the word."""
        if not isinstance(value, str):
            raise self.refuse_type(value)
        word = value.lower() if self.any_case else value
        word = self.aliases.get(word, word)
        if word not in self.choices and value.lower() in self.elsewhere:
            raise ParameterError(f"{self.refuse(value)}; {self.elsewhere[value.lower()]}", self.name)
        if word not in self.choices:
            close = difflib.get_close_matches(value.lower(), [*self.choices, *self.aliases], n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise ParameterError(f"{self.refuse(value)}{hint}", self.name)
        return str(word)

    def kind(self) -> str:
        """Return the words."""
        return f"one of {', '.join(self.choices)}"

    def schema(self) -> dict[str, Any]:
        """Return the enumeration."""
        words = [*self.choices, *self.aliases]
        if not self.any_case:
            return {"enum": words}
        spelled = ("".join(f"[{letter}{letter.upper()}]" for letter in word) for word in words)
        return {"anyOf": [{"enum": words}, {"type": "string", "pattern": f"^({'|'.join(spelled)})$"}]}


@dataclass(frozen=True)
class BorderName(Choice):
    """The name of a border rule; parsed to a :class:`convpipe.geometry.Border`."""

    choices: tuple[str, ...] = tuple(BORDER_NAMES)
    elsewhere: Mapping[str, str] = field(
        default_factory=lambda: {name: border_hint(name) for name in BORDERS_OF_SCIPY}, hash=False
    )

    def parse(self, value: Any) -> Border:
        """Return the Border of that name."""
        return value if isinstance(value, Border) else BORDER_NAMES[super().parse(value)]


@dataclass(frozen=True)
class PixelType(Choice):
    """The name of a pixel dtype."""

    choices: tuple[str, ...] = tuple(name for name in COMPUTE if name != "bool")  # which no file holds


@dataclass(frozen=True)
class PaddingForm(Parameter):
    """Any padding form, or one that is no word; parsed to a :data:`convpipe.geometry.Padding`."""

    rules: tuple[str, ...] = PADDING_RULES

    def parse(self, value: Any) -> Any:
        """Return the parsed form."""
        return parse_padding(value, self.rules, self.name)

    def kind(self) -> str:
        """Return the forms in words."""
        return padding_forms(self.rules)

    def schema(self) -> dict[str, Any]:
        """Return the union of the forms."""
        side = {"type": "integer", "minimum": 0}
        sides = [{"type": "array", "items": side, "minItems": n, "maxItems": n} for n in (2, 4)]
        words = [{"enum": list(self.rules)}] if self.rules else []
        return {"anyOf": [side, *sides, *words]}


@dataclass(frozen=True)
class Text(Parameter):
    """A line of text."""

    def parse(self, value: Any) -> str:
        """Return the text."""
        if not isinstance(value, str):
            raise self.refuse_type(value)
        if not value.isprintable() or not value:
            raise self.refuse(value)
        return str(value)

    def kind(self) -> str:
        """Return what is needed."""
        return "a line of text"

    def schema(self) -> dict[str, Any]:
        """Return a string."""
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True)
class TextList(Text):
    """Lines of text, or one alone; parsed to a tuple of str."""

    def parse(self, value: Any) -> tuple[str, ...]:  # type: ignore[override]
        """Return the lines."""
        if isinstance(value, str):
            value = [value]
        if not is_list(value):
            raise self.refuse_type(value)
        return tuple(super(TextList, self).parse(item) for item in value)

    def kind(self) -> str:
        """Return what is needed."""
        return "a list of text"

    def schema(self) -> dict[str, Any]:
        """Return a string or a list of them."""
        one = super().schema()
        return {**one, "type": ["string", "array"], "items": one}


def is_list(value: Any) -> bool:
    """Tell whether the value is a list, and not text."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))
