"""From a tree to validated jobs; every error points at the key or value it is about, and all are found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from convpipe.config import yaml
from convpipe.config.job import (
    JOB_KEYS,
    KNOWN_KEYS,
    MOST_JOBS,
    MOST_STAGES_IN_ALL,
    RESULT_KEYS,
    SECTIONS,
    InputSpec,
    Job,
    OutputSpec,
    ResultSpec,
)
from convpipe.config.measures import check_images, read_accepted, read_measures
from convpipe.config.outputs import check_encoding, check_wiring
from convpipe.config.overrides import Override
from convpipe.config.problems import Problems
from convpipe.config.sections import check_keys, mapping_of, unknown_keys, values_of
from convpipe.config.stages import check_like, check_plugins, read_stages
from convpipe.config.tree import Entry, Node, locate
from convpipe.errors import ConfigError, ParameterError, printable
from convpipe.limits import Limits
from convpipe.paths import Location, from_home, relative_to
from convpipe.stages.plugins import load_allowed
from convpipe.stores import Url, is_url, redacted

_PATH_ALONE = ("input", "output", "mask")
"""Sections for which a path stands, where nothing else is to be said."""


def load(path: str | Location, overrides: Sequence[str] = ()) -> tuple[Job, ...]:
    """Return the jobs of a config file.

    Parameters
    ----------
    path : path, URL or Url
        Paths inside a file are relative to the working directory, and those of a config in a store to its
        place there.
    overrides : sequence of str
        ``"stages.0.sigma=2"`` or ``"NAME.sigma=2"``, with the name of a stage: set on every job of the file.

    Raises
    ------
    ConfigError
        With everything that is wrong, each with file, line, column and the offending line.
    """
    return _all_right(load_each(path, overrides))


def load_text(text: str, overrides: Sequence[str] = ()) -> tuple[Job, ...]:
    r"""Return the jobs of a config given as its text; errors as for :func:`load`, of ``<text>``.

    Examples
    --------
    >>> load_text("stages:\n  - edge: sobel\n", ["stages.0.stride=2"])[0].stages
    (stage('edge', 'sobel', stride=2),)
    """

    def read(problems: Problems) -> Node:
        return yaml.read_text(text, "<text>", problems)

    return _all_right(_loaded(read, "pipeline", "<text>", overrides))


def _all_right(loaded: Sequence[Job | ConfigError]) -> tuple[Job, ...]:
    errors = [job for job in loaded if isinstance(job, ConfigError)]
    if errors:
        raise ConfigError.together(errors)
    return tuple(job for job in loaded if isinstance(job, Job))


def load_each(path: str | Location, overrides: Sequence[str] = ()) -> tuple[Job | ConfigError, ...]:
    """Return the jobs of a config file; a job that is wrong is its errors, and the others still come.

    Raises
    ------
    ConfigError
        If the file as a whole is wrong: not YAML, an unknown key beside ``jobs``, bad defaults; or if
        an override is not of its form. With what is wrong in the jobs.
    """
    try:
        place = _place(path) if isinstance(path, str) else path
    except ParameterError as error:
        raise ConfigError(str(error), redacted(str(path))) from None
    url = place if isinstance(place, Url) else None
    stem = printable((url or Path(str(place))).stem)
    with relative_to(url and url.parent):
        return _loaded(lambda problems: yaml.read(place, problems), stem, str(place), overrides)


def _place(text: str) -> str | Url:
    """Return a URL, or a path as it is written but for ``~``: errors name it so."""
    return Url.parse(text) if is_url(text) else from_home(text)


def _loaded(
    read: Callable[[Problems], Node], stem: str, source: str, overrides: Sequence[str] = ()
) -> tuple[Job | ConfigError, ...]:
    problems = Problems()
    changes = _parsed_overrides(overrides, problems)
    nodes = _job_nodes(read(problems), problems)
    loaded: list[Job | ConfigError] = []
    names: set[str] = set()
    for index, node in enumerate(nodes):
        try:
            for change in changes:
                node = change.apply(node)
            job = _job(node, stem if len(nodes) == 1 else f"{stem}[{index}]", source)
            _check_new(job, names, node)
            loaded.append(job)
        except ConfigError as error:
            loaded.append(error)
    if problems.found:
        _add_unseen(loaded, problems)
        problems.settle()
    return tuple(loaded)


def _check_new(job: Job, names: set[str], node: Node) -> None:
    """Refuse a second job of one name, which no report could tell from the first."""
    if job.name in names:
        named = node.value.get("name")
        raise (named or node).mark.error(f"two jobs are called {job.name!r}; give each a name of its own")
    names.add(job.name)


def _add_unseen(loaded: Sequence[Job | ConfigError], problems: Problems) -> None:
    """Add the errors of jobs, without those that the defaults brought into every job."""
    seen = {(one.line, one.column) for one in problems.found}
    for job in loaded:
        for one in job.errors if isinstance(job, ConfigError) else ():
            if (one.line, one.column) not in seen:
                problems.add(one)


def from_dict(mapping: Mapping[str, Any], source: str = "<dict>") -> Job:
    """Return the job of a config given as a mapping; errors name the key path.

    Examples
    --------
    >>> from_dict({"stages": [{"blur": "gaussian", "sigma": -1}]})
    Traceback (most recent call last):
        ...
    convpipe.errors.ConfigError: <dict>: stages[0].sigma: sigma needs a finite number of at least 0...
    """
    return _job(_spelled_out(locate(mapping, source)), "pipeline", source)


def _parsed_overrides(overrides: Sequence[str], problems: Problems) -> list[Override]:
    changes = []
    for text in overrides:
        with problems.gathered():
            changes.append(Override.parse(text))
    problems.settle()
    return changes


def _job_nodes(root: Node, problems: Problems) -> list[Node]:
    """Return the job of a file, or those of its ``jobs`` list laid over its ``defaults``."""
    if not isinstance(root.value, dict) or "jobs" not in root.value:
        if isinstance(root.value, dict) and "defaults" in root.value:
            problems.add(root.value["defaults"].mark.error("defaults needs a list of jobs beside it"))
            problems.settle()
        return [_spelled_out(root)]
    entries = root.value
    check_keys(entries, ("jobs", "defaults"), "a config with jobs", problems)
    jobs = entries["jobs"].node
    if not isinstance(jobs.value, list) or not jobs.value:
        problems.add(jobs.mark.error(f"jobs needs a list of jobs; given {jobs.kind()}"))
        problems.settle()
    if len(jobs.value) > MOST_JOBS:
        problems.add(jobs.value[MOST_JOBS].mark.error(f"more than {MOST_JOBS} jobs; use several files"))
        problems.settle()
    if "defaults" not in entries:
        nodes = [_spelled_out(job) for job in jobs.value]
    else:
        defaults = _spelled_out(entries["defaults"].node)
        _fields(defaults, "defaults", problems)  # wrong defaults would be wrong in every job
        nodes = [_merged(defaults, _spelled_out(job)) for job in jobs.value]
    _check_stages_in_all(nodes, problems)
    return nodes


def _check_stages_in_all(jobs: Sequence[Node], problems: Problems) -> None:
    """Refuse more stages than a file may have, before any is made."""
    total = 0
    for job in jobs:
        stages = job.value.get("stages") if isinstance(job.value, dict) else None
        total += len(stages.node.value) if stages and isinstance(stages.node.value, list) else 0
        if total > MOST_STAGES_IN_ALL:
            message = f"more than {MOST_STAGES_IN_ALL} stages in all jobs; use several files"
            problems.add(job.mark.error(message))
            problems.settle()


def _spelled_out(job: Node) -> Node:
    """Return a job in which a path alone, as in ``input: photos``, has its key."""
    if not isinstance(job.value, dict):
        return job
    entries = dict(job.value)
    for name in _PATH_ALONE:
        node = entries[name].node if name in entries else None
        if node is not None and isinstance(node.value, str):
            entries[name] = Entry(Node({"path": Entry(node, node.mark)}, node.mark), entries[name].mark)
    return Node(entries, job.mark)


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
    problems = Problems()
    fields = _fields(_spelled_out(node), "a job", problems)
    if isinstance(node.value, dict) and not _means_stages(node.value):
        message = "stages is missing; a job needs a list of stages such as '- blur: gaussian'"
        problems.add(node.mark.error(message))
    problems.settle()
    # Without stages only where a node is broken, which `load_each` raises when it has seen all jobs.
    named = {"name": fields["name"] or name, "source": source, "text": node.mark.source.text}
    return Job(**{"stages": (), **fields, **named})


def _means_stages(entries: dict[str, Entry]) -> bool:
    """Tell whether the key is there; one that is misspelt is an error already."""
    unknown = [key for key, _ in unknown_keys(entries, KNOWN_KEYS)]
    return "stages" in entries or bool(get_close_matches("stages", unknown))


def _fields(node: Node, what: str, problems: Problems) -> dict[str, Any]:
    """Return the validated fields of a job, or of the part of one that defaults are."""
    entries = mapping_of(node, what, problems)
    check_keys(entries, KNOWN_KEYS, what, problems)
    fields = values_of(entries, JOB_KEYS, problems)
    for name, kind in (("input", InputSpec), ("output", OutputSpec), ("limits", Limits)):
        fields[name] = kind(**_section(entries, name, problems))
    fields["mask"] = _section(entries, "mask", problems)["path"]
    outputs = mapping_of(entries["outputs"].node, "outputs", problems) if "outputs" in entries else {}
    fields["outputs"] = dict(_results(outputs, fields["output"], problems))
    if "output" in entries and isinstance(entries["output"].node.value, dict):
        check_encoding(entries["output"].node.value, fields["output"], fields["output"], problems)
    measures, accepted = (
        mapping_of(entries[key].node, key, problems) if key in entries else {}
        for key in ("measure", "accept")
    )
    fields["measures"] = dict(read_measures(measures, problems))
    if what != "defaults":
        fields["accept"] = dict(read_accepted(accepted, measures, fields["measures"], problems))
    if fields["plugins"]:
        _load_plugins(entries["plugins"].node, problems)
    if "stages" in entries:
        stages = read_stages(entries["stages"].node, problems)
        check_plugins(stages, fields["plugins"], problems)
        fields["stages"] = tuple(placed.stage for placed in stages if placed.right)
        check_like(stages, fields["like"], problems)
        if stages and what != "defaults":  # which a job may complete
            measured = {name: fields["measures"].get(name) for name in measures}
            check_wiring(stages, fields["outputs"], outputs, measured, problems)
            check_images(fields["measures"], measures, stages, fields["outputs"], problems)
    return fields


def _load_plugins(node: Node, problems: Problems) -> None:
    """Load what brings stages, before they are read."""
    for named in node.value if isinstance(node.value, list) else [node]:
        try:
            load_allowed(named.value)
        except ParameterError as error:
            problems.add(named.mark.error(str(error)))


def _results(
    outputs: dict[str, Entry], whole: OutputSpec, problems: Problems
) -> Iterator[tuple[str, ResultSpec]]:
    """Yield the results below ``outputs`` that are right; the name of a stage alone stands for its `from`."""
    for name, entry in outputs.items():
        node, what = entry.node, f"the output {name!r}"
        if isinstance(node.value, str):
            node = Node({"from": Entry(node, node.mark)}, node.mark)
        before = len(problems.found)
        own = {} if node.value is None else mapping_of(node, what, problems)
        check_keys(own, [key.name for key in RESULT_KEYS], what, problems)
        values = values_of(own, RESULT_KEYS, problems)
        if len(problems.found) == before:
            spec = ResultSpec(values.pop("from") or name, **values)
            check_encoding(own, spec, whole, problems)
            yield name, spec


def _section(entries: dict[str, Entry], name: str, problems: Problems) -> dict[str, Any]:
    own = mapping_of(entries[name].node, name, problems) if name in entries else {}
    check_keys(own, [key.name for key in SECTIONS[name]], name, problems)
    return values_of(own, SECTIONS[name], problems)
