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
from convpipe.polyphase import Polyphase

if TYPE_CHECKING:
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
    from convpipe.cli.options import find_stage
    from convpipe.cli.pixel import Pixel
    from convpipe.config import load
    from convpipe.pipeline import Pipeline

    if image and size:
        raise click.UsageError("give IMAGE or --size, not both")
    check_order(config, image)
    for job in load(config, overrides):
        read = read_image(image, job) if image else None
        pixels = read.pixels if read else _numbered(size or (10, 10))
        pipeline = Pipeline.from_job(job)
        nodata, alpha = (read.metadata.nodata, read.alpha) if read else (None, False)
        mask = read_mask(image, job) if image else None
        masked = mask is not None
        with called(image, job):
            plan = pipeline.engine.plan(pixels.shape, pixels.dtype.name, alpha, nodata=nodata, masked=masked)
            for stage in plan.stages:
                _describe(stage)
            chosen = place.chosen
            found = _with_window(plan.stages) if chosen is None else find_stage(plan.stages, chosen)
            Pixel(pipeline, plan, pixels, found, place.at, place.channel, nodata, mask).explain()


def _numbered(shape: tuple[int, ...]) -> NDArray[Any]:
    rows, cols = np.indices(shape[:2])
    plane = ((10 * rows + cols) % 256).astype(np.uint8)
    return plane if len(shape) == 2 else np.repeat(plane[..., None], shape[2], axis=2)


def _with_window(stages: tuple[StagePlan, ...]) -> StagePlan:
    """Return the first stage that looks at more than one pixel, or else the first."""
    own = [stage for stage in stages if stage.index is not None]
    return next((stage for stage in own if any(axis.kernel > 1 for axis in stage.axes)), own[0])


def _describe(stage: StagePlan) -> None:
    """Print where a stage's output size comes from."""
    rows, cols = stage.axes
    title = f"{stage.place}, {stage.name}"
    if isinstance(rows, Polyphase):
        emit(f"{title}: up to {rows.kernel}x{cols.kernel} taps, of their own for every row and column")
    else:
        slid = [node for node in stage.nodes if not (node.is_join or node.apart)]
        axes = [stage.axes] if stage.rates else [node.axes for node in slid]
        sizes = ["x".join(str(axis.kernel) for axis in each) for each in axes]
        wide = dict.fromkeys(size for size in sizes if size != "1x1") or ["1x1"]
        window = f"{'a window' if len(axes) == 1 else 'windows'} of {', '.join(wide)}"
        emit(
            f"{title}: {window} taps,"
            f" stride {rows.stride}x{cols.stride}, dilation {rows.dilation}x{cols.dilation},"
            f" padding {rows.before} above, {rows.after} below, {cols.before} left, {cols.after} right"
        )
        if stage.rates:
            emit(f"  {stage.rates}")
        emit("  output = floor((input + padding - dilation*(taps-1) - 1)/stride) + 1")
    for name, formula in zip(("rows", "columns"), stage.formulas, strict=True):
        emit(f"  {name:<7} = {formula}")
    reach = "x".join(str(field.reach) for field in stage.field)
    emit(f"  each output pixel depends on {reach} pixels of the image")
