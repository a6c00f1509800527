"""``convpipe plan``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convpipe.cli.options import (
    CONFIG,
    console,
    dtype_option,
    json_option,
    print_json,
    set_option,
    size_option,
)
from convpipe.errors import ConfigError, ImageError, JobError, PlanError

if TYPE_CHECKING:
    from convpipe.config import Job
    from convpipe.plan import Plan

Kind = tuple[tuple[int, ...], str]
"""Shape and dtype of an image."""


@click.command("plan")
@click.argument("config", type=CONFIG)
@click.argument("input", type=click.Path(path_type=Path), required=False)
@size_option
@dtype_option
@set_option
@json_option
def command(
    config: Path,
    input: Path | None,
    size: tuple[int, ...] | None,
    dtype: str,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show every stage's output size, formula, halo, range and cost; no pixel is read.

    Without --size, for each distinct size among the images of the input folder, from their headers.
    """
    from convpipe.config import load

    found = []
    for job in load(config, overrides):
        kinds = {(size, dtype): 0} if size else _kinds(job, input)
        found += [(job, count, _plan(job, kind)) for kind, count in sorted(kinds.items())]
    if as_json:
        print_json([{"job": job.name, "images": count, **plan.to_dict()} for job, count, plan in found])
        return
    from convpipe.report.terminal import print_plan

    screen = console()
    for job, count, plan in found:
        screen.print(f"{job.name}: {count} images" if count else job.name, markup=False)
        print_plan(plan, screen)


def _plan(job: Job, kind: Kind) -> Plan:
    from convpipe.pipeline import Pipeline

    shape, dtype = kind
    try:
        return Pipeline.from_job(job).plan(shape, dtype)
    except PlanError as error:
        raise ConfigError(f"{'x'.join(map(str, shape))} {dtype}: {error}", job.source) from None


def _kinds(job: Job, given: Path | None) -> Counter[Kind]:
    """Count the images of a job's input by shape and dtype; a file that is no image is named and left out."""
    from convpipe import images
    from convpipe.batch import find_images

    root = given or job.input.path
    if root is None:
        raise ConfigError("has no input path; give --size, or a folder of images", job.source)
    found = find_images(root, job.input.include, job.input.exclude, job.input.recursive)
    kinds: Counter[Kind] = Counter()
    for relative in found.images:
        try:
            info = images.probe(found.root / relative)
        except ImageError as error:
            click.echo(f"warning: {relative}: {error}", err=True)
            continue
        channels = () if info.channels == 1 else (info.channels,)
        kinds[(*info.extent, *channels), info.dtype] += 1
    if not kinds:
        raise JobError(f"no image in {str(root)!r}")
    return kinds
