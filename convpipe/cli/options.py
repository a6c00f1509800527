"""Options and helpers that several commands share."""

from __future__ import annotations

import io
import json
import math
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar, cast

import click

from convpipe import subject
from convpipe.cli.command import completing
from convpipe.cli.kinds import extent, pixel_type
from convpipe.cli.streams import emit
from convpipe.dataclass import dataclass
from convpipe.errors import ConfigError
from convpipe.stores import redacted

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rich.console import Console

    from convpipe.config import Job
    from convpipe.images import Image
    from convpipe.paths import Location
    from convpipe.plan import StagePlan

F = TypeVar("F", bound=Callable[..., Any])

WIDE = 160
"""Columns of a line where nothing says how wide it is to be."""


_set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    shell_complete=completing("keys"),
    help="Override a value of the config: stages.0.sigma=2, or NAME.sigma=2 with a stage's name.",
)


def _allow_plugins(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if context.resilient_parsing:  # a shell that completes a word runs none
        return
    from convpipe.stages.plugins import allow

    allow(value)


plugins_option = click.option(
    "--allow-plugins",
    is_flag=True,
    expose_value=False,
    callback=_allow_plugins,
    help="Run the packages that the config names below 'plugins'.",
)


def config_options(command: F) -> F:
    """Add the options of a command that reads configs; it gets ``overrides``."""
    return _set_option(plugins_option(command))


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


dtype_option = click.option(
    "--dtype",
    type=pixel_type,
    default="uint8",
    show_default=True,
    metavar="DTYPE",
    shell_complete=completing("dtypes"),
    help="Pixel type of the image.",
)
size_option = click.option(
    "--size", type=extent, metavar="HxW[xC]", help="Extent of the image: rows x columns [x channels]."
)


alpha_option = click.option("--alpha", is_flag=True, help="The last channel of --size is alpha.")


def together(kind: type, name: str, *options: Callable[[F], F]) -> Callable[[F], F]:
    """Return a decorator that adds options to a command, which gets them as one value.

    Parameters
    ----------
    kind : type
        A dataclass that has a field for each option.
    name : str
        Of the argument.
    *options : decorator
        In the order of ``--help``.
    """

    def decorate(command: F) -> F:
        @wraps(command)
        def call(**given: Any) -> Any:
            given[name] = kind(**{field.name: given.pop(field.name) for field in fields(kind)})
            return command(**given)

        made = cast(F, call)
        for option in reversed(options):
            made = option(made)
        return made

    return decorate


@dataclass(frozen=True)
class ImageOptions:
    """What a command is told of an image that it does not read.

    Parameters
    ----------
    size : tuple of int, optional
        Rows and columns, and channels.
    alpha : bool
        Whether the last channel is alpha.
    dtype : str
    """

    size: tuple[int, ...] | None
    alpha: bool
    dtype: str


image_kind_options = together(ImageOptions, "kind", size_option, alpha_option, dtype_option)


def stage_option(help: str) -> Callable[[F], F]:
    """Return the option that chooses a stage, by its number in the config or by its name."""
    return click.option("--stage", "chosen", metavar="STAGE", help=help, shell_complete=completing("stages"))


job_option = click.option("--job", "chosen", metavar="NAME", help="Which job of a config that has several.")


def job_number(jobs: Sequence[Job], chosen: str | None) -> int:
    """Return the position of the job of that name; of the only one."""
    names = [job.name for job in jobs]
    if chosen is None and len(jobs) == 1:
        return 0
    if chosen in names:
        return names.index(chosen)
    given = "there are several" if chosen is None else f"there is no {chosen!r}"
    raise click.BadParameter(f"{given}; the jobs are {', '.join(names)}", param_hint="--job")


def find_stage(stages: Sequence[StagePlan], chosen: str) -> StagePlan:
    """Return the one stage of that number or name."""
    own = [stage for stage in stages if stage.index is not None]
    found = [stage for stage in own if chosen in (str(stage.index), stage.name)]
    if not found:  # a method alone will do, where it is the only one
        found = [stage for stage in own if chosen in stage.name.split()]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{stage.index} ({stage.name})" for stage in own)
    problem = f"{chosen!r} is the name of {len(found)}" if found else f"there is no {chosen!r}"
    raise click.BadParameter(f"{problem}; the stages are {known}", param_hint="--stage")


def load_each(config: str | Location, overrides: Sequence[str]) -> tuple[Job | ConfigError, ...]:
    """Return the jobs of a config file; an error stands for a job, or for a file, that is wrong."""
    from convpipe import config as configs

    try:
        return configs.load_each(config, overrides)
    except ConfigError as error:
        return (error,)


def check_order(config: Location, image: Location | None) -> None:
    """Refuse IMAGE before CONFIG, with the right order."""
    suffixes = (".yaml", ".yml")
    if image and image.suffix.lower() in suffixes and config.suffix.lower() not in suffixes:
        raise click.UsageError(f"the config comes first, then the image: {image} {config}")


def read_image(path: Path, job: Job) -> Image:
    """Read an image as a run of the job would, and say what was noted; errors name the file."""
    from convpipe import images
    from convpipe.errors import ReadError
    from convpipe.paths import tried

    try:
        read = images.read(path, job.limits, page=_page(path, job), allow_truncated=job.allow_truncated)
    except ReadError as error:
        raise type(error)(f"{path}: {error}{'' if path.exists() else tried(path)}") from None
    for note in read.notes:
        complain(f"{path}: {note}", kind="note")
    return read


def _page(path: Path, job: Job) -> int | None:
    """Return which page of an image is shown: the first that a run of the job would filter."""
    from convpipe import images

    pages, damaged = job.input.pages, job.allow_truncated
    if pages is None:
        return None
    info = images.probe(path, job.limits, pages=pages, allow_truncated=damaged)
    return info.number if images.FORMATS[info.format].pages else None


def _name_of(path: Path, job: Job) -> Path:
    """Return what an image is called in a run of the job: relative to the input folder, if it lies there."""
    root = job.input.path
    return path.relative_to(root) if isinstance(root, Path) and path.is_relative_to(root) else Path(path.name)


def called(path: Path | None, job: Job) -> AbstractContextManager[None]:
    """Filter an image as a run of the job does, by its name; without a path, one that has none."""
    return nullcontext() if path is None else subject.called(_name_of(path, job), _page(path, job) or 0)


def read_mask(path: Path, job: Job) -> NDArray[Any] | None:
    """Read the mask of an image as a run of the job would, if it has masks; errors name the image."""
    from convpipe.batch import masks
    from convpipe.batch.reader import DirectReader
    from convpipe.errors import ReadError

    if job.mask is None:
        return None
    name = _name_of(path, job)
    with closing(masks.Masks(job.mask)) as folder:
        try:
            reader = DirectReader(job.limits, job.allow_truncated)
            with folder.open(name) as file, masks.opened_mask(reader, file) as mask:
                return masks.read_mask(mask)
        except ReadError as error:
            raise type(error)(f"{path}: {error}") from None


def console(*, stderr: bool = False) -> Console:
    """Return a rich console; in a pipe its lines are wide, unless COLUMNS says how wide they are to be."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if _has_width(stream) else WIDE
    # In a notebook, too, what a command prints goes to its stream, where the caller may look for it.
    return Console(stderr=stderr, highlight=False, width=width, force_jupyter=False)


def _has_width(stream: TextIO) -> bool:
    """Tell whether lines have a width to keep to: a terminal's, or that of COLUMNS."""
    return stream.isatty() or os.environ.get("COLUMNS", "").isdecimal()


def width() -> int:
    """Return the width of lines on standard output, as of :func:`console`, without loading rich."""
    return shutil.get_terminal_size().columns if _has_width(sys.stdout) else WIDE


def rendered(show: Callable[[Console], None]) -> str:
    """Return what `show` prints on a console, as standard output would show it."""
    from rich.console import Console

    like, stream = console(), io.StringIO()
    terminal, width = like.is_terminal, like.width
    show(Console(file=stream, highlight=False, width=width, force_terminal=terminal, force_jupyter=False))
    text = stream.getvalue().rstrip("\n")
    return text if like.is_terminal else "\n".join(line.rstrip() for line in text.split("\n"))


def complain(text: str, kind: str = "error") -> None:
    """Print a message on standard error; its lines stay, control characters in them are escaped."""
    from convpipe.report import printable

    emit(f"{kind}: " + "\n".join(map(printable, redacted(text).split("\n"))), err=True)


def complain_of(error: ConfigError) -> None:
    """Print all that is wrong with a config, one message each."""
    for single in error.errors[: error.most_shown]:
        complain(str(single))
    if len(error.errors) > error.most_shown:
        complain(f"{error.path}: ... and {len(error.errors) - error.most_shown} errors more")


def print_json(data: Any) -> None:
    """Print one JSON document on standard output; a number that is not finite, as JSON has none, is null."""
    emit(json.dumps(_finite(data), indent=2, allow_nan=False))


def print_json_pieces(data: Any) -> None:
    """Print one JSON document, whose iterators are arrays, without ever having all of it in memory."""
    from convpipe.report.stream import blocks, pieces_of

    for block in blocks(pieces_of(data)):
        emit(block, nl=False)
    emit()


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data
