"""``convpipe preview``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from convpipe.cli.command import Command
from convpipe.cli.kinds import CONFIG, PATH
from convpipe.cli.options import (
    called,
    check_order,
    config_options,
    find_stage,
    read_image,
    read_mask,
    stage_option,
)
from convpipe.cli.saved import overwrite_option, saving
from convpipe.cli.streams import emit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convpipe.display import Panel, Shown, Values
    from convpipe.paths import Location
    from convpipe.pipeline import Pipeline


GROUPS = {
    "What it writes": "--stage --output --overwrite",
}

EXAMPLES = (
    ("convpipe preview edges.yaml photo.jpg", "Every stage, in preview.png"),
    ("convpipe preview edges.yaml photo.jpg --stage 0 -o blur.png", "One stage"),
)


@click.command("preview", cls=Command, groups=GROUPS, examples=EXAMPLES)
@click.argument("config", type=CONFIG)
@click.argument("image", type=PATH)
@stage_option("Show this stage alone: its number in the config, or its name.")
@click.option("-o", "--output", type=PATH, default=Path("preview.png"), show_default=True)
@overwrite_option
@config_options
def command(
    config: Location,
    image: Path,
    chosen: str | None,
    output: Path,
    overwrite: bool,
    overrides: tuple[str, ...],
) -> None:
    """Save the image and the result of every stage, side by side, as one labelled 8-bit picture.

    More than five stand in lines. Values that 8 bits do not hold (16-bit, floating point, negative) are
    stretched for the eye, and the label says from where to where. Transparent and missing pixels lie on a
    checkerboard.
    """
    from convpipe import images
    from convpipe.config import load
    from convpipe.display import Shown, sheet
    from convpipe.pipeline import Pipeline
    from convpipe.report import printable

    check_order(config, image)
    panels: list[Panel] = []
    for job in load(config, overrides):
        read = read_image(image, job)
        shown = Shown(read.pixels, read.alpha, read.metadata.nodata, read_mask(image, job))
        with called(image, job):
            panels += _panels(Pipeline.from_job(job), shown, chosen)
    with saving(output):
        images.write(output, sheet(panels), overwrite=overwrite)
    for panel in panels:
        emit(printable(f"  {', '.join(panel.label)}"))


def _panels(pipeline: Pipeline, image: Shown, chosen: str | None) -> Iterator[Panel]:
    """Yield the panel of the image, and those of the stages."""
    from convpipe.display import scale_of, stage_values

    planned = pipeline.engine.plan(image.pixels.shape, image.pixels.dtype.name, image.alpha).stages
    wanted = None if chosen is None else find_stage(planned, chosen).index
    scale = scale_of(max(image.pixels.shape[:2]))
    yield _panel("image", image.values(pipeline.engine), scale)
    for number, name, values in stage_values(pipeline.engine, image, wanted):
        yield _panel(f"{number}: {name}", values, scale)


def _panel(name: str, values: Values, scale: int) -> Panel:
    """Return values as a labelled picture."""
    from convpipe.display import Panel, picture
    from convpipe.report import extent, printable

    drawn = picture(values, scale)
    size = ", ".join(filter(None, [extent(values.samples.shape[:2]), drawn.scale_note]))
    return Panel(drawn.pixels, tuple(map(printable, (name, size, *drawn.notes))))
