"""``convpipe compile``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from convpipe.cli.command import Command
from convpipe.cli.kinds import CONFIG
from convpipe.cli.options import ImageOptions, config_options, image_kind_options
from convpipe.cli.streams import emit

if TYPE_CHECKING:
    from convpipe.paths import Location

GROUPS = {
    "The image": "--size --alpha --dtype",
    "What it does": "--backend --show",
}

EXAMPLES = (
    ("convpipe compile edges.yaml --size 480x640x3", "For colour images"),
    ("convpipe compile edges.yaml --show", "The schedule and the loops"),
)


@click.command("compile", cls=Command, groups=GROUPS, examples=EXAMPLES)
@click.argument("config", type=CONFIG)
@click.option("--show", is_flag=True, help="Print the generated Python, with the stage each part came from.")
@click.option("--backend", type=click.Choice(["auto", "cpu", "cuda"]), help="Where it is to run.")
@image_kind_options
@config_options
def command(
    config: Location,
    show: bool,
    backend: str | None,
    kind: ImageOptions,
    overrides: tuple[str, ...],
) -> None:
    """Compile a pipeline ahead of its first run, or show its code.

    --size matters for the channels, and for kernels of 100 taps and more, which on a small image have another
    loop than on a large one: a pipeline compiled for one extent runs on any.
    """
    from convpipe.compile.cuda.groups import Tiling
    from convpipe.compile.cuda.kernels import make_kernels
    from convpipe.config import load
    from convpipe.pipeline import Pipeline
    from convpipe.report import printable

    shape, dtype, alpha = kind.size or (256, 256), kind.dtype, kind.alpha
    for job in load(config, overrides):
        device = (backend or job.backend) == "cuda"
        pipeline = Pipeline.from_job(job, backend="cpu" if show and device else backend)
        if show and device:  # kernels are written without a device, too
            parts = make_kernels(pipeline.engine.plan(shape, dtype, alpha), Tiling())
            emit("\n".join(part.source for part in parts))
            continue
        if show:
            emit(pipeline.source(shape, dtype, alpha))
            continue
        began = time.perf_counter()
        pipeline.warm(shape, dtype, alpha)
        emit(f"{printable(job.name)}: ready in {time.perf_counter() - began:.2f} s")
