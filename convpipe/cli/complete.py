"""What a shell completes: files by kind, filters, and what the config given on the line has.

Whatever is wrong - a config, a folder - completes to nothing: a person who types is not told of errors.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from convpipe.cli.places import SUFFIXES
from convpipe.paths import from_home

if TYPE_CHECKING:
    from convpipe.config import Job
    from convpipe.stages.parameters import Parameter

    Items = list[CompletionItem[str]]  # a generic class only in later versions of click

MOST_FILES = 1000
"""That are listed of a folder."""


def _items(pairs: Mapping[str, str] | Iterable[tuple[str, str]], incomplete: str) -> Items:
    """Return those of (word, what it is) that begin as what is typed."""
    found = dict(pairs)
    return [
        CompletionItem(word, help=what or None) for word, what in found.items() if word.startswith(incomplete)
    ]


def configs(context: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Return config files, and the folders that may hold some."""
    return [CompletionItem(path, path=True) for path in _files(incomplete, SUFFIXES)]


def arguments(context: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Return what `run` takes: configs first, then any file or folder, too."""
    if context.params.get("arguments"):
        return [CompletionItem(incomplete, type="file")]
    return configs(context, parameter, incomplete)


def _files(incomplete: str, suffixes: Sequence[str]) -> list[str]:
    folder, begun = os.path.split(incomplete)
    found = []
    with os.scandir(os.path.expanduser(folder) or ".") as entries:
        for entry in entries:
            if not entry.name.startswith(begun) or (entry.name.startswith(".") and not begun):
                continue
            shown = os.path.join(folder, entry.name)
            if entry.is_dir():
                found.append(shown + os.sep)
            elif entry.name.lower().endswith(tuple(suffixes)):
                found.append(shown)
            if len(found) == MOST_FILES:
                break
    return sorted(found)


def families(context: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Return families of filters, and libraries."""
    from convpipe.stages import families, libraries

    own = {family: ", ".join(methods) for family, methods in families().items()}
    return _items(own | {name: library.summary for name, library in libraries().items()}, incomplete)


def methods(context: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Return the methods of the family that was given."""
    from convpipe.stages import families, libraries

    family = context.params["family"]
    if family in libraries():
        return _items(((name, "") for name in libraries()[family].names), incomplete)
    return _items(((name, method.summary) for name, method in families()[family].items()), incomplete)


def dtypes(context: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Return the types of pixels."""
    from convpipe.ops import COMPUTE

    return _items(((name, "") for name in COMPUTE), incomplete)


def recipes(context: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Return the recipes."""
    from convpipe import config

    return _items(((name, one.line) for name, one in config.recipes().items()), incomplete)


def topics(context: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Return the topics of help, and the commands."""
    from convpipe.cli import COMMANDS
    from convpipe.cli.topics import TOPICS

    return _items({name: topic.summary for name, topic in TOPICS.items()} | COMMANDS, incomplete)


def stages(context: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Return the stages of the config that was given: by name where they have one, else by number."""
    found: dict[str, str] = {}
    for job in _jobs(context):
        for index, stage in enumerate(_own(job)):
            named = stage.common["name"]
            found.setdefault(named or str(index), f"{stage.method.family}: {stage.method.name}")
    return _items(found, incomplete)


def keys(context: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Return keys of the config that was given, step by step: ``stages.``, ``stages.0.``, and so on.

    After the equals sign, the words that the key takes, if it takes words.
    """
    known = {key: one for job in _jobs(context) for key, one in _keys(job)}
    key, equals, _ = incomplete.partition("=")
    if equals:
        return _items(((f"{key}={word}", "") for word in getattr(known[key], "choices", ())), incomplete)
    found: dict[str, str] = {}
    for each, one in known.items():
        if each.startswith(incomplete):
            step, dot, _ = each[len(incomplete) :].partition(".")
            found.setdefault(incomplete + step + (dot or "="), "" if dot else one.doc)
    return _items(found, incomplete)


def _keys(job: Job) -> Iterator[tuple[str, Parameter]]:
    from convpipe.config.job import JOB_KEYS, SECTIONS

    for index, stage in enumerate(_own(job)):
        own = (*stage.method.parameters, *stage.method.common)
        places = [f"stages.{index}"] + [stage.common["name"]] * bool(stage.common["name"])
        yield from ((f"{place}.{one.name}", one) for place in places for one in own if one.name != "name")
    for section, parameters in SECTIONS.items():
        yield from ((f"{section}.{one.name}", one) for one in parameters)
    yield from ((one.name, one) for one in JOB_KEYS)


def _own(job: Job) -> list[Any]:
    return [stage for stage in job.stages if not stage.implied]


def _jobs(context: click.Context) -> list[Job]:
    """Return the jobs of the configs on the line that are right; packages of theirs are not run.

    Of a line that is not whole click parses no arguments, so all words are looked at.
    """
    from convpipe.cli import ARGUMENTS
    from convpipe.config import load_each
    from convpipe.errors import ConfigError

    words = [from_home(word) for word in context.meta[ARGUMENTS] if word.lower().endswith(SUFFIXES)]
    jobs = [job for word in words if Path(word).is_file() for job in load_each(word, ())]
    return [job for job in jobs if not isinstance(job, ConfigError)]


COMPLETERS: Mapping[str, Callable[[click.Context, click.Parameter, str], Items]] = {
    one.__name__: one
    for one in (configs, arguments, families, methods, dtypes, recipes, topics, stages, keys)
}
"""By the names that options and arguments give."""
