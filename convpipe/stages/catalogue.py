"""The catalogue of filters, written out of their declarations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from convpipe.geometry import Border
from convpipe.stages.base import ANY_LABEL, Method, families
from convpipe.stages.common import COMMON
from convpipe.stages.parameters import Parameter


def example(method: Method) -> str:
    """Return a YAML entry that uses `method`.

    Examples
    --------
    >>> print(example(families()["blur"]["gaussian"]))
    - blur: gaussian
      sigma: 1.4
    """
    label = "my filter" if method.name == ANY_LABEL else method.name
    given = (
        f"  {name}: {json.dumps(value) if isinstance(value, list) else value}"
        for name, value in method.example.items()
    )
    return "\n".join([f"- {method.family}: {label}", *given])


def default(parameter: Parameter) -> str:
    """Return the default of a parameter, as YAML would have it; empty if it must be given."""
    value = parameter.default
    if parameter.required:
        return ""
    if isinstance(value, Border):
        return value.name.lower()
    if isinstance(value, tuple):
        return str(value[0]) if len(set(value)) == 1 else json.dumps(value)
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def to_dict(method: Method) -> dict[str, Any]:
    """Return the declaration of `method` as plain data."""
    return {
        "family": method.family,
        "method": None if method.name == ANY_LABEL else method.name,
        "summary": method.summary,
        "formula": method.formula or None,
        "reference": method.reference,
        "alpha": method.alpha,
        "example": example(method),
        "like": {
            dialect.library: {"call": dialect.call, "sets": str(dialect)} for dialect in method.dialects
        },
        "parameters": list(map(_parameter, method.accepted)),
        "stack": list(map(_parameter, over_stack(method))),
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "doc": parameter.doc,
        "takes": parameter.kind(),
        "required": parameter.required,
        "default": default(parameter) or None,
    }


def over_stack(method: Method) -> tuple[Parameter, ...]:
    """Return the parameters that are others with ``axis: stack``: those of windows over pages."""
    return () if method.stacked is None else method.stacked.parameters


def markdown(picture: Callable[[Method], str] = lambda method: "") -> str:
    """Return the whole catalogue as a Markdown page.

    Parameters
    ----------
    picture : callable, optional
        From a method to the line that shows what it does; default: none.
    """
    return "\n".join(_markdown(picture)) + "\n"


def _markdown(picture: Callable[[Method], str]) -> Iterator[str]:
    yield "# Stages"
    yield "\nStages take these parameters beside their own, where nothing else is said:\n"
    yield from _table(COMMON)
    for family, methods in families().items():
        yield f"\n## {family}"
        for method in methods.values():
            summary = method.summary[0].upper() + method.summary[1:]
            yield f"\n### {family}: {method.name}\n\n{summary}. Source: {method.reference}.\n"
            if shown := picture(method):
                yield f"{shown}\n"
            if method.formula:
                yield f"```text\n{method.formula}\n```\n"
            yield f"```yaml\n{example(method)}\n```\n"
            yield from _table(method.parameters)
            if stacked := over_stack(method):
                yield "\nWith `axis: stack`:\n"
                yield from _table(stacked)
            if method.unused:
                yield f"\nTakes no {', '.join(method.unused)}."


def _table(parameters: Iterable[Parameter]) -> Iterator[str]:
    rows = [(p.name, p.doc, p.kind(), default(p) or "required") for p in parameters]
    if rows:
        yield "| parameter | meaning | takes | default |\n| --- | --- | --- | --- |"
        yield from (f"| {' | '.join(row)} |" for row in rows)
