"""Which configs, inputs and outputs the arguments of ``convpipe run`` name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convpipe.errors import ConfigError, JobError
from convpipe.paths import Location, from_home, located, tried
from convpipe.stores import Url, is_url

if TYPE_CHECKING:
    from convpipe.batch import Result
    from convpipe.config import Job

SUFFIXES = (".yaml", ".yml")
"""How the name of a config ends, which tells it from INPUT and OUTPUT."""

_OUTPUT = "OUTPUT comes last: convpipe run CONFIG INPUT OUTPUT"
INSTEAD = {
    **dict.fromkeys(("--input", "--in", "-i"), "INPUT follows CONFIG: convpipe run CONFIG INPUT [OUTPUT]"),
    **dict.fromkeys(("--output", "--out", "-o"), _OUTPUT),
    **dict.fromkeys(("--config", "-c"), "CONFIG comes first: convpipe run CONFIG [INPUT [OUTPUT]]"),
    **dict.fromkeys(("--threads", "--workers", "-j"), "--jobs N sets how many images are filtered at once"),
    **dict.fromkeys(("--force", "-f"), "--overwrite replaces results"),
    **dict.fromkeys(("--dry-run", "-n"), "convpipe plan shows what a run would do"),
}
"""Options that other tools have for what `run` takes otherwise."""


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the config files, and the paths that follow the last of them; ``~`` is the home folder."""
    arguments = [from_home(argument) for argument in arguments]
    configs = [argument for argument in arguments if _is_config(argument)]
    rest = arguments[len(configs) :]
    if not configs or arguments[: len(configs)] != configs:
        order = " ".join(sorted(arguments, key=lambda argument: argument not in configs))
        right = order if configs else f"given {arguments[0]!r}; convpipe init writes a config"
        raise click.UsageError(f"needs config files (.yaml) first, then INPUT and OUTPUT: {right}")
    if rest and len(configs) > 1:
        raise click.UsageError(
            f"INPUT and OUTPUT go with one config file, and there are {len(configs)}: leave out {rest[0]!r}, "
            "or run the configs one by one"
        )
    if len(rest) > 2:
        raise click.UsageError(
            f"there is one INPUT and one OUTPUT, and {rest[2]!r} is too many; quote a path that has spaces, "
            "and of several images name their folder"
        )
    return configs, rest


def _is_config(argument: str) -> bool:
    """Tell whether a path or URL has the name of a config.

    Examples
    --------
    >>> _is_config("s3://bucket/edges.yaml"), _is_config("https://host/a.yml?X-Amz-Signature=5f")
    (True, True)
    """
    path = argument.partition("?")[0] if is_url(argument) else argument
    return path.lower().endswith(SUFFIXES)


def check_log(log: Location, jobs: Iterable[Job | ConfigError], paths: Sequence[str]) -> None:
    """Refuse a log that would be made where an output is to be."""
    own = (job.output.path for job in jobs if not isinstance(job, ConfigError))
    outputs = [located(path) for path in (paths[1:] or own) if path is not None]
    if any(_same(log, output) for output in outputs):
        raise click.UsageError(
            f"--log needs a file beside the output; given {str(log)!r}, which is the output"
        )


def _same(one: Location, other: Location) -> bool:
    if isinstance(one, Url) or isinstance(other, Url):
        return isinstance(one, Url) and isinstance(other, Url) and one.below(other) == ""
    return one.absolute() == other.absolute()


def places(job: Job, paths: Sequence[str]) -> tuple[Location, Location, str | None]:
    """Return the input, the output folder, and the name of the one result if OUTPUT is a file."""
    from convpipe.batch import is_new, place
    from convpipe.batch.listing import is_file
    from convpipe.images import WRITTEN_EXTENSIONS, format_of

    source = located(paths[0]) if paths else job.input.path
    target = paths[1] if len(paths) > 1 else job.output.path
    if source is None or target is None:
        missing = "input" if source is None else "output"
        raise JobError(
            f"the job has no {missing} path; set '{missing}: {{path: FOLDER}}', or give INPUT and OUTPUT"
        )
    folder, result = place(source, target)
    is_folder = result is None if isinstance(source, Url) else source.is_dir() and not is_file(source)
    whole = located(target)
    if len(paths) > 1 and is_folder and format_of(whole.name) and is_new(target):
        raise JobError(
            f"the input {str(source)!r} is a folder, and {str(whole)!r} has the name of one image; "
            f"for a folder of that name, write {str(whole) + os.sep!r}"
        )
    if result is None or format_of(result) is not None:
        return source, folder, result
    if len(paths) > 1:
        raise JobError(
            f"the output {str(whole)!r} is no folder that is there, and no file of a format that is written "
            f"({', '.join(WRITTEN_EXTENSIONS)}); for a new folder, end it in a slash"
        )
    return source, whole, None  # a config's output path is a folder, unless it is plainly an image


def written_as(job: Job) -> dict[str, Any]:
    """Return how the output of a job says that results are written, as ``run_folder`` takes it."""
    from convpipe.config.job import ENCODINGS

    said = {name: getattr(job.output, name) for name in ENCODINGS}
    return {"output_pages": said.pop("pages"), **said}


def results(job: Job) -> tuple[Result, ...]:
    """Return the results that a run makes of every image, in the order of those of its plan."""
    from convpipe.batch import FolderJob
    from convpipe.images import Encoding
    from convpipe.stages.wiring import RESULT

    own = tuple((name, Encoding(**spec.encoding)) for name, spec in job.outputs.items())
    whole = FolderJob(Path(), Path(), outputs=own, **written_as(job))
    return whole.results((*job.outputs, RESULT))


def nothing_found(job: Job, source: Location, unsupported: Sequence[str | Path]) -> JobError:
    """Return the error of an input without an image: what selects them, and what there is instead."""
    from convpipe.report import number

    text = f"the input {str(source)!r} holds no image to filter{tried(source)}"
    globs = {"include": job.input.include, "exclude": job.input.exclude}
    chosen = [f"{key}: [{', '.join(map(repr, given))}]" for key, given in globs.items() if given]
    chosen += [] if job.input.recursive else ["recursive: false"]
    if chosen:
        text += f" by {', '.join(chosen)}"
    if unsupported:
        kinds = sorted({Path(path).suffix.lower() or "without extension" for path in unsupported})
        text += f", but {number(len(unsupported), 'file')} whose format is not read ({', '.join(kinds)})"
    return JobError(text)
