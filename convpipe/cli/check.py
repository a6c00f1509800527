"""``convpipe check``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convpipe.cli.options import CONFIG, complain, complain_of, set_option
from convpipe.cli.streams import emit

if TYPE_CHECKING:
    from convpipe.config import Job


SHAPE = (2**20, 2**20, 3)
"""Of the image that is assumed where there is none: if all windows fit, ranges depend on no extent."""


@click.command("check")
@click.argument("configs", type=CONFIG, nargs=-1, required=True)
@set_option
def command(configs: tuple[Path, ...], overrides: tuple[str, ...]) -> None:
    """Validate config files; every error has file, line and column. Exit code 2 if one is wrong.

    It also says where the values of 8-bit images can saturate; `plan` says it of the images there are.
    """
    from convpipe.config import load_each
    from convpipe.errors import ConfigError
    from convpipe.report import printable

    wrong = False
    for path in configs:
        try:
            jobs = load_each(path, overrides)
        except ConfigError as error:
            jobs = (error,)
        for job in jobs:
            if isinstance(job, ConfigError):
                wrong = True
                complain_of(job)
            else:
                stages = ", ".join(stage.name for stage in job.stages)
                emit(printable(f"ok: {path}: {job.name}: {stages}"))
                for warning in _saturations(job):
                    complain(f"{path}: {job.name}: {warning}", kind="warning")
    sys.exit(2 if wrong else 0)


def _saturations(job: Job) -> list[str]:
    """Return where the values of 8-bit RGB images can saturate; no config says what images it will meet."""
    from convpipe.errors import PlanError
    from convpipe.pipeline import Pipeline

    try:
        return Pipeline.from_job(job, backend="cpu").plan(SHAPE, "uint8").saturations
    except PlanError:  # a stage for images of another kind, or windows larger than any image
        return []
