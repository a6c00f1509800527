"""Which configs, inputs and outputs the arguments of ``convpipe run`` name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convpipe.errors import JobError

if TYPE_CHECKING:
    from convpipe.config import Job


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the config files, and the paths that follow the last of them."""
    configs = [argument for argument in arguments if argument.lower().endswith((".yaml", ".yml"))]
    rest = list(arguments[len(configs) :])
    if not configs or list(arguments[: len(configs)]) != configs:
        raise click.UsageError("needs config files (.yaml) first, then INPUT and OUTPUT")
    if len(rest) > 2 or (rest and len(configs) > 1):
        raise click.UsageError("INPUT and OUTPUT go with one config file")
    return configs, rest


def places(job: Job, paths: Sequence[str]) -> tuple[Path, Path, str | None]:
    """Return the input, the output folder, and the name of the one result if OUTPUT is a file."""
    from convpipe.batch import is_new, place
    from convpipe.images import BY_EXTENSION, format_of

    source = Path(paths[0]) if paths else job.input.path
    target = paths[1] if len(paths) > 1 else job.output.path
    if source is None or target is None:
        missing = "input" if source is None else "output"
        raise JobError(f"the job has no {missing} path; set it, or give INPUT and OUTPUT")
    folder, result = place(source, target)
    if len(paths) > 1 and source.is_dir() and format_of(target) and is_new(target):
        raise JobError(
            f"the input {str(source)!r} is a folder; a folder for its results that is called {str(target)!r} "
            "must be there, or end in a slash"
        )
    if result is None or format_of(result) is not None:
        return source, folder, result
    if len(paths) > 1:
        raise JobError(
            f"the output {str(target)!r} is no folder that is there, and no file of a format that is written "
            f"({', '.join(BY_EXTENSION)}); for a new folder, end it in a slash"
        )
    return source, Path(target), None  # a config's output path is a folder, unless it is plainly an image
