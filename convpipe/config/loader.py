"""From a tree to validated jobs; every error points at the key or value it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from convpipe.config import tree
from convpipe.config.job import INPUT_KEYS, JOB_KEYS, OUTPUT_KEYS, InputSpec, Job, OutputSpec
from convpipe.config.overrides import override
from convpipe.config.tree import Entry, Node, Source
from convpipe.errors import ConfigError, ParameterError
from convpipe.stages import COMMON, Stage, families, find, nearest, stage
from convpipe.stages.parameters import Parameter

_SECTIONS = ("input", "output", "stages")


def load(path: str | Path, overrides: Sequence[str] = ()) -> tuple[Job, ...]:
    """Return the jobs of a config file.

    Parameters
    ----------
    path : path
    overrides : sequence of str
        ``"stages.0.sigma=2"``: set on every job of the file.

    Raises
    ------
    ConfigError
        At the first thing wrong, with file, line, column and the offending line.
    """
    jobs = []
    for job in load_each(path, overrides):
        if isinstance(job, ConfigError):
            raise job
        jobs.append(job)
    return tuple(jobs)


def load_each(path: str | Path, overrides: Sequence[str] = ()) -> tuple[Job | ConfigError, ...]:
    """Return the jobs of a config file; a job that is wrong is its error, and the others still come.

    Raises
    ------
    ConfigError
        If the file as a whole is wrong: not YAML, or an unknown key beside ``jobs``.
    """
    root = tree.read(path)
    nodes = _job_nodes(root)
    single = len(nodes) == 1
    loaded: list[Job | ConfigError] = []
    for index, node in enumerate(nodes):
        try:
            for text in overrides:
                node = override(node, text)
            name = Path(path).stem if single else f"{Path(path).stem}[{index}]"
            loaded.append(_job(node, name, str(path)))
        except ConfigError as error:
            loaded.append(error)
    return tuple(loaded)


def from_dict(mapping: Mapping[str, Any], source: str = "<dict>") -> Job:
    """Return the job of a config given as a mapping; errors name the key path.

    Examples
    --------
    >>> from_dict({"stages": [{"blur": "gaussian", "sigma": -1}]})
    Traceback (most recent call last):
        ...
    convpipe.errors.ConfigError: <dict>: stages[0].sigma: sigma needs a finite number of at least 0...
    """
    return _job(tree.locate(dict(mapping), Source(source)), "pipeline", source)


def _job_nodes(root: Node) -> list[Node]:
    entries = _mapping(root, "a config")
    if "jobs" not in entries:
        return [root]
    _known(entries, ("jobs", "defaults"), "a config with jobs")
    jobs = entries["jobs"].node
    if not isinstance(jobs.value, list) or not jobs.value:
        raise jobs.mark.error(f"jobs needs a list of jobs; given {jobs.kind()}")
    defaults = entries["defaults"].node if "defaults" in entries else Node({}, root.mark)
    _mapping(defaults, "defaults")
    return [_merged(defaults, job) for job in jobs.value]


def _merged(defaults: Node, job: Node) -> Node:
    """Return `job` over `defaults`: mappings are merged key by key, anything else is replaced."""
    if not isinstance(defaults.value, dict) or not isinstance(job.value, dict):
        return job
    entries = dict(defaults.value)
    for key, entry in job.value.items():
        node = _merged(entries[key].node, entry.node) if key in entries else entry.node
        entries[key] = Entry(node, entry.mark)
    return Node(entries, job.mark)


def _mapping(node: Node, what: str) -> dict[str, Entry]:
    if not isinstance(node.value, dict):
        raise node.mark.error(f"{what} needs a mapping of keys; given {node.kind()}")
    return node.value


def _known(entries: dict[str, Entry], known: Sequence[str], what: str) -> None:
    for key, entry in entries.items():
        if key not in known:
            raise entry.mark.error(f"unknown key {key!r} in {what}{nearest(key, known)}")


def _job(node: Node, name: str, source: str) -> Job:
    entries = _mapping(node, "a job")
    _known(entries, [*_SECTIONS, *(key.name for key in JOB_KEYS)], "a job")
    if "stages" not in entries:
        raise node.mark.error("stages is missing; a job needs a list of stages such as '- blur: gaussian'")
    values = _values(entries, JOB_KEYS)
    return Job(
        **{**values, "name": values["name"] or name},
        stages=_stages(entries["stages"].node),
        input=InputSpec(**_section(entries, "input", INPUT_KEYS)),
        output=OutputSpec(**_section(entries, "output", OUTPUT_KEYS)),
        source=source,
    )


def _section(entries: dict[str, Entry], name: str, keys: Sequence[Parameter]) -> dict[str, Any]:
    own = _mapping(entries[name].node, name) if name in entries else {}
    _known(own, [key.name for key in keys], name)
    values = _values(own, keys)
    if values["path"] is not None:
        values["path"] = Path(values["path"])
    return values


def _values(entries: dict[str, Entry], keys: Sequence[Parameter]) -> dict[str, Any]:
    values = {}
    for key in keys:
        if key.name in entries:
            values[key.name] = _parsed(key, entries[key.name].node)
        else:
            values[key.name] = key.default
    return values


def _parsed(key: Parameter, node: Node) -> Any:
    try:
        return key.parse(node.plain())
    except ParameterError as error:
        raise node.mark.error(str(error)) from None


def _stages(node: Node) -> tuple[Stage, ...]:
    if not isinstance(node.value, list) or not node.value:
        raise node.mark.error(
            f"stages needs a list of stages such as '- blur: gaussian'; given {node.kind()}"
        )
    return tuple(_stage(item) for item in node.value)


def _stage(node: Node) -> Stage:
    entries = _mapping(node, "a stage")
    named = [key for key in entries if key in families()]
    if len(named) != 1:
        raise _family_error(node, entries, named)
    family = named[0]
    label = entries[family].node
    if not isinstance(label.value, str):
        raise label.mark.error(f"{family} needs the name of a method; given {label.kind()}")
    given = {key: entry.node.plain() for key, entry in entries.items() if key != family}
    try:
        return stage(family, label.value, **given)
    except ParameterError as error:
        raise _stage_mark(node, entries, error, label).error(str(error)) from None


def _stage_mark(node: Node, entries: dict[str, Entry], error: ParameterError, label: Node) -> tree.Mark:
    """Return the position of what `error` is about: a value, an unknown key, the method, or the stage."""
    name = error.parameter
    if name is None or name not in entries:
        return node.mark
    entry = entries[name]
    if entry.node is label:
        return label.mark
    family = next(key for key in entries if entries[key].node is label)
    known = {parameter.name for parameter in find(family, label.value).accepted}
    return entry.node.mark if name in known else entry.mark


def _family_error(node: Node, entries: dict[str, Entry], named: list[str]) -> ConfigError:
    if named:
        second = entries[named[1]]
        return second.mark.error(f"a stage has one family; this one has {' and '.join(named)}")
    parameters = {parameter.name for parameter in COMMON}
    for methods in families().values():
        parameters |= {parameter.name for method in methods.values() for parameter in method.parameters}
    for key, entry in entries.items():
        if key not in parameters:
            return entry.mark.error(f"unknown stage family {key!r}{nearest(key, families())}")
    return node.mark.error(f"a stage needs its family; known are {', '.join(families())}")
