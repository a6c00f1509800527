"""The ``stages`` list of a job."""

from __future__ import annotations

from collections.abc import Sequence

from convpipe.config.hints import belongs
from convpipe.config.inside import inside
from convpipe.config.job import MOST_STAGES, is_free
from convpipe.config.problems import Problems
from convpipe.config.tree import BROKEN, Entry, Node
from convpipe.dataclass import dataclass
from convpipe.errors import ConfigError, ParameterError
from convpipe.stages import ANY_LABEL, COMMON, Stage, attempt, families, find, libraries, nearest
from convpipe.stages.elsewhere import advice, meant_here
from convpipe.stages.entry import is_explained
from convpipe.stages.models import PARAMETERS, stages_of

_EXAMPLE = "such as '- blur: gaussian'"


@dataclass(frozen=True)
class Placed:
    """A stage and where it stands.

    Parameters
    ----------
    stage : Stage
        Where that is wrong, one that has its name and reads what it reads, as far as that can be told.
    node : Node
    right : bool
    """

    stage: Stage
    node: Node
    right: bool


def read_stages(node: Node, problems: Problems) -> tuple[Placed, ...]:
    """Return the stages of a ``stages`` list; what is wrong is added to `problems`."""
    if node.value is BROKEN:
        return ()
    if not isinstance(node.value, list) or not node.value:
        problems.add(node.mark.error(_no_list(node)))
        return ()
    if len(node.value) > MOST_STAGES:
        message = f"more than {MOST_STAGES} stages in a job, aliases expanded"
        problems.add(node.value[MOST_STAGES].mark.error(message))
        return ()
    found = []
    for item in node.value:
        made: list[Stage] = []
        with problems.gathered():
            made = _model(item) if _is_model(item) else _stage(item, problems)
        found += [Placed(stage, item, True) for stage in made] or [Placed(_instead(item), item, False)]
    return tuple(found)


def _is_model(node: Node) -> bool:
    """Tell whether an entry stands for the stages that a model is."""
    entry = node.value.get("network") if isinstance(node.value, dict) else None
    return entry is not None and entry.node.value == "onnx"


def _model(node: Node) -> list[Stage]:
    """Return the stages of ``- network: onnx``; an error is at the parameter that it is about."""
    entries: dict[str, Entry] = node.value
    if any(entry.node.broken for entry in entries.values()):
        return []
    known = {parameter.name: parameter for parameter in PARAMETERS}
    given = {}
    for key, entry in entries.items():
        if key == "network" or is_free(key):
            continue
        if key not in known:
            raise entry.mark.error(f"network onnx has no parameter {key!r}{nearest(key, known)}")
        try:
            given[key] = known[key].parse(entry.node.plain())
        except ParameterError as error:
            raise entry.node.mark.error(str(error)) from None
    if "file" not in given:
        raise node.mark.error(f"network onnx needs file: {known['file'].doc}")
    try:
        return stages_of(**given)
    except ParameterError as error:
        at = entries.get(error.parameter or "", entries["file"])
        raise at.node.mark.error(str(error)) from None


def check_like(stages: Sequence[Placed], library: str | None, problems: Problems) -> None:
    """Add to `problems` the stages that have no meaning in the library that the job is like."""
    for placed in stages:
        try:
            placed.stage.like(library)
        except ParameterError as error:
            if placed.right:
                problems.add(placed.node.mark.error(str(error)))


def check_plugins(stages: Sequence[Placed], plugins: Sequence[str], problems: Problems) -> None:
    """Add to `problems` the stages that a plugin brings which the job does not name."""
    for placed in stages:
        method = placed.stage.method
        if method.plugin is not None and method.plugin not in plugins:
            message = f"{method.title} is of the plugin {method.plugin!r}: name it in 'plugins:' of the job"
            problems.add(placed.node.mark.error(message))


def _instead(node: Node) -> Stage:
    """Return a stage that stands for a wrong one where others refer to it."""
    entries = node.value if isinstance(node.value, dict) else {}
    given = {key: entries[key].node.plain() for key in ("name", "from") if key in entries}
    for kept in (given, {key: value for key, value in given.items() if key == "name"}, {}):
        made, _ = attempt("point", "abs", kept)
        if made is not None:
            return made
    raise AssertionError(given)


def _no_list(node: Node) -> str:
    """Say that a list is needed, and how a stage alone becomes one."""
    message = f"stages needs a list of stages {_EXAMPLE}; given {node.kind()}"
    keys = list(node.value) if isinstance(node.value, dict) else []
    if keys and keys[0] in families():
        return f"{message}; put a dash before {keys[0]!r}"
    if keys and keys[0].startswith("-"):
        return f"{message}; a space is missing after the dash"
    return message


def _stage(node: Node, problems: Problems) -> list[Stage]:
    entries = node.value
    if entries is BROKEN:
        return []
    if not isinstance(entries, dict):
        raise node.mark.error(
            f"a stage needs a family and a method {_EXAMPLE}; given {node.kind()}{_written(entries)}"
        )
    family = _family(node, entries)
    label = entries[family].node
    given = {key: entry.node.plain() for key, entry in entries.items() if key != family and not is_free(key)}
    if any(entry.node.broken for entry in entries.values()):
        return []
    if not isinstance(label.value, str) or not label.value.isprintable() or not label.value:
        meant = _written(family)
        raise label.mark.error(f"{family} needs {_methods(family)}; given {label.kind()}{meant}")
    made, errors = attempt(family, label.value, given)
    for error in errors:
        problems.add(_located(error, node, entries, family))
    return [] if made is None else [made]


def _written(value: object) -> str:
    """Return how a stage of one word is written out."""
    if not isinstance(value, str):
        return ""
    family, colon, method = value.partition(":")
    if colon and family in families():
        return f"; a space is missing after the colon: '- {family}: {method}'"
    for family, methods in families().items():
        if value in methods:
            return f"; write '- {family}: {value}'"
    return ""


def _family(node: Node, entries: dict[str, Entry]) -> str:
    known = families()
    named = [key for key in entries if key in known or key in libraries()]
    if len(named) > 1:
        meant = _parameter(named[1], named[0], entries[named[0]].node.value)
        raise entries[named[1]].mark.error(
            f"a stage has one family; this one has {' and '.join(named)}; a stage of its own needs its dash"
            f"{meant}"
        )
    if named:
        return named[0]
    parameters = {parameter.name for parameter in COMMON}
    homes: dict[str, list[str]] = {}
    for family, methods in known.items():
        for method in methods.values():
            parameters |= {parameter.name for parameter in method.parameters}
            homes.setdefault(method.name, []).append(f"'{family}: {method.name}'")
    for key, entry in entries.items():
        if key in homes and key != ANY_LABEL and advice(entry.node.value, key) is None:
            raise entry.mark.error(f"{key!r} is a method, not a family; write {' or '.join(homes[key])}")
        if key not in parameters and not is_free(key):
            raise entry.mark.error(_unknown_family(key, entry.node))
    raise node.mark.error(f"a stage needs its family; known are {', '.join([*known, *libraries()])}")


def _parameter(word: str, family: str, name: object) -> str:
    """Return, as the end of an error, which parameter of a method is called `word` elsewhere."""
    method = families()[family].get(name) if isinstance(name, str) else None
    return meant_here(word, [parameter.name for parameter in method.parameters]) if method else ""


def _unknown_family(key: str, value: Node) -> str:
    try:
        find(key, value.value)
    except ParameterError as error:
        return str(error)
    raise AssertionError(key)


def _methods(family: str) -> str:
    """Return, in words, what the value of the family's key is."""
    if family in libraries():
        return f"one of its functions, such as {libraries()[family].names[0]}"
    names = families()[family]
    own = [name for name in names if name != ANY_LABEL]
    listed = f"one of {', '.join(own)}"
    if ANY_LABEL in names:
        return f"a label of your own, or {listed}" if own else "a label of your own"
    return listed


def _located(error: ParameterError, node: Node, entries: dict[str, Entry], family: str) -> ConfigError:
    """Return `error` at what it is about: a value, an unknown key, the method, or the whole stage."""
    name = error.parameter
    if name is None or name not in entries:
        return node.mark.error(str(error))
    value = entries[name].node
    if name == family:
        return value.mark.error(str(error))
    method = find(family, entries[family].node.value)
    known = {parameter.name: parameter for parameter in method.accepted}
    if name not in known:
        hint = "" if is_explained(name, method) else belongs(name, entries[name], "a stage")
        label = f"{family} {entries[family].node.value}"
        message = f"{label} has no parameter {name!r}{hint}" if hint else str(error)
        return entries[name].mark.error(message)
    if value.value is None:
        return value.mark.error(f"{name} has no value; it needs {known[name].kind()}")
    mark = value.mark if error.offset is None else inside(value, error.offset)
    return mark.error(str(error))
