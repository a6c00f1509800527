"""``convpipe explain``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from numpy.typing import NDArray

from convpipe.cli.command import Command
from convpipe.cli.options import (
    CONFIG,
    PATH,
    called,
    check_order,
    config_options,
    read_image,
    read_mask,
    size_option,
    stage_option,
    together,
)
from convpipe.cli.streams import emit
from convpipe.errors import ParameterError

if TYPE_CHECKING:
    from convpipe.config import Job
    from convpipe.explain.account import Account
    from convpipe.explain.run import Run
    from convpipe.pipeline import Pipeline
    from convpipe.plan import StagePlan


@dataclass(frozen=True)
class Place:
    """An output pixel.

    Parameters
    ----------
    at : (int, int)
        Row and column.
    chosen : str, optional
        Of which stage, by its number or name; default: the first with a window.
    channel : int
        Of the stage's output.
    """

    at: tuple[int, int]
    chosen: str | None
    channel: int


GROUPS = {
    "Which pixel": "--at --stage --channel",
    "The image": "--size",
}

EXAMPLES = (
    ("convpipe explain edges.yaml photo.jpg --at 120 80", "A pixel of an image"),
    ("convpipe explain edges.yaml --stage 1 --at 0 0", "A corner, on a small made image"),
)


@click.command("explain", cls=Command, groups=GROUPS, examples=EXAMPLES)
@click.argument("config", type=CONFIG)
@click.argument("image", type=PATH, required=False)
@size_option
@together(
    Place,
    "place",
    click.option(
        "--at", nargs=2, type=click.IntRange(0), default=(0, 0), show_default=True, metavar="ROW COL"
    ),
    stage_option("Number or name; default: the first with a window."),
    click.option(
        "--channel",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        help="Channel of the stage's output.",
    ),
)
@config_options
def command(
    config: Path,
    image: Path | None,
    size: tuple[int, ...] | None,
    place: Place,
    overrides: tuple[str, ...],
) -> None:
    """Show the size of every stage, and the arithmetic of output pixel ROW COL of one stage.

    Without IMAGE, of an image (10x10, or of --size) whose pixel in row r, column c holds 10*r + c. Numbers in
    brackets lie outside the image and are made by the border's rule.
    """
    from convpipe.config import load
    from convpipe.pipeline import Pipeline

    if image and size:
        raise click.UsageError("give IMAGE or --size, not both")
    check_order(config, image)
    for job in load(config, overrides):
        run = _run(Pipeline.from_job(job), job, image, size)
        with called(image, job):
            _explain(run, place)


def _explain(run: Run, place: Place) -> None:
    """Show the sizes of all stages, and the arithmetic of a pixel."""
    from convpipe.cli.options import find_stage
    from convpipe.explain.account import Account
    from convpipe.explain.arithmetic import explain
    from convpipe.explain.pixel import Pixel
    from convpipe.explain.stage import describe

    stages, sizes = run.plan.stages, Account()
    for stage in stages:
        describe(stage, sizes)
    _show(sizes)
    chosen = place.chosen
    found = _with_window(stages) if chosen is None else find_stage(stages, chosen)
    _check(place, found, run.plan.alpha)
    position = next(at for at, one in enumerate(stages) if one is found)
    pixel = Pixel(run, position, place.at, place.channel)
    explain(pixel)
    emit()
    _show(pixel.account)


def _run(pipeline: Pipeline, job: Job, image: Path | None, size: tuple[int, ...] | None) -> Run:
    """Return a pipeline over an image that is read, or over one that is numbered."""
    from convpipe.explain.run import Run

    if image is None:
        return Run(pipeline, _numbered(size or (10, 10)))
    read = read_image(image, job)
    return Run(pipeline, read.pixels, read.alpha, read.metadata.nodata, read_mask(image, job))


def _check(place: Place, stage: StagePlan, alpha: bool) -> None:
    """Refuse a pixel that a stage's output does not have."""
    from convpipe.explain.pixel import channel_names

    rows, cols = stage.extent
    if place.at[0] >= rows or place.at[1] >= cols:
        raise ParameterError(f"--at needs a row below {rows} and a column below {cols}; given {place.at}")
    if place.channel >= stage.channels:
        known = ", ".join(f"{i} ({name})" for i, name in enumerate(channel_names(stage.channels, alpha)))
        raise ParameterError(f"--channel needs one of {known}; given {place.channel}")


def _show(account: Account) -> None:
    from convpipe.explain.text import lines

    for line in lines(account.parts):
        emit(line)


def _numbered(shape: tuple[int, ...]) -> NDArray[Any]:
    rows, cols = np.indices(shape[:2])
    plane = ((10 * rows + cols) % 256).astype(np.uint8)
    return plane if len(shape) == 2 else np.repeat(plane[..., None], shape[2], axis=2)


def _with_window(stages: tuple[StagePlan, ...]) -> StagePlan:
    """Return the first stage that looks at more than one pixel, or else the first."""
    own = [stage for stage in stages if stage.index is not None]
    return next((stage for stage in own if any(axis.kernel > 1 for axis in stage.axes)), own[0])
