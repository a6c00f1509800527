"""From a tree to validated jobs; every error points at the key or value it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from convpipe.config import yaml
from convpipe.config.job import INPUT_KEYS, JOB_KEYS, LIMIT_KEYS, OUTPUT_KEYS, InputSpec, Job, OutputSpec
from convpipe.config.overrides import Override
from convpipe.config.stages import read_stages
from convpipe.config.tree import Entry, Node, locate
from convpipe.errors import ConfigError, ParameterError
from convpipe.limits import Limits
from convpipe.stages import nearest
from convpipe.stages.parameters import Parameter

_KNOWN = ("input", "output", "limits", "stages", *(key.name for key in JOB_KEYS))


def load(path: str | Path, overrides: Sequence[str] = ()) -> tuple[Job, ...]:
    """Return the jobs of a config file.

    Parameters
    ----------
    path : path
        Paths inside the file are relative to the current directory.
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
        If the file as a whole is wrong: not YAML, an unknown key beside ``jobs``, bad defaults; or if
        an override is not of its form.
    """
    changes = [Override.parse(text) for text in overrides]
    nodes = _job_nodes(yaml.read(path))
    stem = Path(path).stem
    loaded: list[Job | ConfigError] = []
    for index, node in enumerate(nodes):
        try:
            for change in changes:
                node = change.apply(node)
            loaded.append(_job(node, stem if len(nodes) == 1 else f"{stem}[{index}]", str(path)))
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
    return _job(locate(mapping, source), "pipeline", source)


def _job_nodes(root: Node) -> list[Node]:
    """Return the job of a file, or those of its ``jobs`` list laid over its ``defaults``."""
    entries = _mapping(root, "a config")
    if "jobs" not in entries:
        if "defaults" in entries:
            raise entries["defaults"].mark.error("defaults needs a list of jobs beside it")
        return [root]
    _check_known(entries, ("jobs", "defaults"), "a config with jobs")
    jobs = entries["jobs"].node
    if not isinstance(jobs.value, list) or not jobs.value:
        raise jobs.mark.error(f"jobs needs a list of jobs; given {jobs.kind()}")
    if "defaults" not in entries:
        return jobs.value
    defaults = entries["defaults"].node
    _fields(defaults, "defaults")  # wrong defaults would be wrong in every job
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


def _job(node: Node, name: str, source: str) -> Job:
    fields = _fields(node, "a job")
    if "stages" not in fields:
        raise node.mark.error("stages is missing; a job needs a list of stages such as '- blur: gaussian'")
    return Job(**{**fields, "name": fields["name"] or name, "source": source})


def _fields(node: Node, what: str) -> dict[str, Any]:
    """Return the validated fields of a job, or of the part of one that defaults are."""
    entries = _mapping(node, what)
    _check_known(entries, _KNOWN, what)
    fields = _values(entries, JOB_KEYS)
    fields["input"] = InputSpec(**_section(entries, "input", INPUT_KEYS))
    fields["output"] = OutputSpec(**_section(entries, "output", OUTPUT_KEYS))
    fields["limits"] = Limits(**_section(entries, "limits", LIMIT_KEYS))
    if "stages" in entries:
        fields["stages"] = read_stages(entries["stages"].node)
    return fields


def _section(entries: dict[str, Entry], name: str, keys: Sequence[Parameter]) -> dict[str, Any]:
    own = _mapping(entries[name].node, name) if name in entries else {}
    _check_known(own, [key.name for key in keys], name)
    values = _values(own, keys)
    if values.get("path") is not None:
        values["path"] = Path(values["path"])
    return values


def _values(entries: dict[str, Entry], keys: Sequence[Parameter]) -> dict[str, Any]:
    return {
        key.name: _parsed(key, entries[key.name].node) if key.name in entries else key.default for key in keys
    }


def _parsed(key: Parameter, node: Node) -> Any:
    if node.value is None:
        raise node.mark.error(f"{key.name} has no value; it needs {key.kind()}")
    try:
        return key.parse(node.plain())
    except ParameterError as error:
        raise node.mark.error(str(error)) from None


def _mapping(node: Node, what: str) -> dict[str, Entry]:
    if not isinstance(node.value, dict):
        raise node.mark.error(f"{what} needs a mapping of keys; given {node.kind()}")
    return node.value


def _check_known(entries: dict[str, Entry], known: Sequence[str], what: str) -> None:
    for key, entry in entries.items():
        if key not in known:
            raise entry.mark.error(f"unknown key {key!r} in {what}{nearest(key, known)}")
