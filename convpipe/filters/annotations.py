"""What Python's types and signatures say of the parameters of filters, from what YAML's schema says."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from typing import Any

from convpipe.geometry import Border
from convpipe.stages.parameters import Parameter

_SCALARS = {
    "number": "float",
    "integer": "int",
    "boolean": "bool",
    "string": "str",
    "null": "None",
    "object": "Mapping[str, Any]",
}


def python_name(name: str) -> str:
    """Return the name of a parameter where Python reads it.

    Examples
    --------
    >>> python_name("with"), python_name("sigma")
    ('with_', 'sigma')
    """
    return f"{name}_" if keyword.iskeyword(name) else name


def annotation(parameter: Parameter) -> str:
    """Return the type of what a parameter takes, as Python writes it.

    Examples
    --------
    >>> from convpipe.stages.numbers import CountPair
    >>> annotation(CountPair("stride", "step", (1, 1)))
    'int | Sequence[int]'
    """
    kinds = _kinds(parameter.schema())
    if parameter.default is None and "None" not in kinds:
        kinds = [*kinds, "None"]
    return " | ".join(kinds)


def python_default(parameter: Parameter) -> Any:
    """Return the default of a parameter as a caller would give it; where all numbers are equal, one."""
    value = parameter.default
    if isinstance(value, Border):
        return value.name.lower()
    while isinstance(value, tuple) and len(set(value)) == 1:
        (value,) = set(value)
    return value


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    """Return the types of a union."""
    if "anyOf" in schema:
        return list(dict.fromkeys(kind for each in schema["anyOf"] for kind in _kinds(each)))
    if "enum" in schema:
        words = [word for word in schema["enum"] if isinstance(word, str)]
        return [f"Literal[{', '.join(map(repr, words))}]"] if words else ["bool"]
    if "const" in schema:
        return [f"Literal[{schema['const']!r}]"]
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return [_items(schema) if each == "array" else _SCALARS[each] for each in types]


def _items(schema: Mapping[str, Any]) -> str:
    """Return the type of a list; lists of lists may be arrays."""
    if "items" not in schema:
        return "ArrayLike"
    items = schema["items"] if isinstance(schema["items"], list) else [schema["items"]]
    kinds = list(dict.fromkeys(kind for each in items for kind in _kinds(each)))
    nested = any(kind.startswith(("Sequence", "ArrayLike")) for kind in kinds)
    return "ArrayLike" if nested else f"Sequence[{' | '.join(kinds)}]"
