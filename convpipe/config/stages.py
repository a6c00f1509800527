"""The ``stages`` list of a job."""

from __future__ import annotations

from convpipe.config.tree import Entry, Node
from convpipe.errors import ConfigError, ParameterError
from convpipe.stages import ANY_LABEL, COMMON, Stage, families, find, nearest, stage

_EXAMPLE = "such as '- blur: gaussian'"


def read_stages(node: Node) -> tuple[Stage, ...]:
    """Return the validated stages of a ``stages`` list.

    Raises
    ------
    ConfigError
        At the first thing wrong, where it stands.
    """
    if not isinstance(node.value, list) or not node.value:
        raise node.mark.error(f"stages needs a list of stages {_EXAMPLE}; given {node.kind()}")
    return tuple(_stage(item) for item in node.value)


def _stage(node: Node) -> Stage:
    entries = node.value
    if not isinstance(entries, dict):
        raise node.mark.error(f"a stage needs a family and a method {_EXAMPLE}; given {node.kind()}")
    family = _family(node, entries)
    label = entries[family].node
    if not isinstance(label.value, str) or not label.value.isprintable() or not label.value:
        raise label.mark.error(f"{family} needs {_methods(family)}; given {label.kind()}")
    given = {key: entry.node.plain() for key, entry in entries.items() if key != family}
    try:
        return stage(family, label.value, **given)
    except ParameterError as error:
        raise _located(error, node, entries, family) from None


def _family(node: Node, entries: dict[str, Entry]) -> str:
    known = families()
    named = [key for key in entries if key in known]
    if len(named) > 1:
        raise entries[named[1]].mark.error(f"a stage has one family; this one has {' and '.join(named)}")
    if named:
        return named[0]
    parameters = {parameter.name for parameter in COMMON}
    homes = {}
    for family, methods in known.items():
        for method in methods.values():
            parameters |= {parameter.name for parameter in method.parameters}
            homes[method.name] = family
    for key, entry in entries.items():
        if key in homes and key != ANY_LABEL:
            raise entry.mark.error(f"{key!r} is a method, not a family; write '{homes[key]}: {key}'")
        if key not in parameters:
            raise entry.mark.error(f"unknown stage family {key!r}{nearest(key, known)}")
    raise node.mark.error(f"a stage needs its family; known are {', '.join(known)}")


def _methods(family: str) -> str:
    """Return, in words, what the value of the family's key is."""
    names = families()[family]
    return "a label of your own" if ANY_LABEL in names else f"one of {', '.join(names)}"


def _located(error: ParameterError, node: Node, entries: dict[str, Entry], family: str) -> ConfigError:
    """Return `error` at what it is about: a value, an unknown key, the method, or the whole stage."""
    name = error.parameter
    if name is None or name not in entries:
        return node.mark.error(str(error))
    value = entries[name].node
    if name == family:
        return value.mark.error(str(error))
    known = {parameter.name: parameter for parameter in find(family, entries[family].node.value).accepted}
    if name not in known:
        return entries[name].mark.error(str(error))
    if value.value is None:
        return value.mark.error(f"{name} has no value; it needs {known[name].kind()}")
    return value.mark.error(str(error))
