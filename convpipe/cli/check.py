"""``convpipe check``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convpipe.cli.options import CONFIG, complain, complain_of, json_option, load_each, print_json, set_option
from convpipe.cli.places import results
from convpipe.cli.streams import emit

if TYPE_CHECKING:
    from convpipe.config import Job
    from convpipe.errors import ConfigError


SHAPE = (2**20, 2**20, 3)
"""Of the image that is assumed where there is none: if all windows fit, ranges depend on no extent."""


@click.command("check")
@click.argument("configs", type=CONFIG, nargs=-1, required=True)
@set_option
@json_option
def command(configs: tuple[Path, ...], overrides: tuple[str, ...], as_json: bool) -> None:
    """Validate config files; every error has file, line and column. Exit code 2 if one is wrong.

    It also says where the values of 8-bit images can saturate, and which of their results no file can hold;
    `plan` says it of the images there are.
    """
    from convpipe.errors import ConfigError

    jobs = [(path, job) for path in configs for job in load_each(path, overrides)]
    code = 2 if any(isinstance(job, ConfigError) for _, job in jobs) else 0
    if as_json:
        print_json({"exit_code": code, "jobs": [_to_dict(path, job) for path, job in jobs]})
    for path, job in jobs:
        if isinstance(job, ConfigError):
            complain_of(job)
        elif not as_json:
            _show(path, job)
    sys.exit(code)


def _show(path: Path, job: Job) -> None:
    from convpipe.report import printable

    stages = ", ".join(stage.name for stage in job.stages)
    emit(printable(f"ok: {path}: {job.name}: {stages}"))
    for warning in _warnings(job):
        complain(f"{path}: {job.name}: {warning}", kind="warning")


def _to_dict(path: Path, job: Job | ConfigError) -> dict[str, Any]:
    """Return what is found as plain data, as a job of ``run --json`` with its problems."""
    from convpipe.errors import ConfigError

    wrong = job.errors if isinstance(job, ConfigError) else ()
    right = None if isinstance(job, ConfigError) else job
    return {
        "name": str(path) if right is None else right.name,
        "config": str(path),
        "stages": [] if right is None else [{"name": stage.name} for stage in right.stages],
        "problems": [{"line": one.line, "column": one.column, "reason": one.message} for one in wrong],
        "warnings": [] if right is None else _warnings(right),
        "error": str(job) if right is None else None,
    }


def _warnings(job: Job) -> list[str]:
    """Return what is to be known of 8-bit RGB images; no config says what images it will meet."""
    from convpipe.batch import unwritable
    from convpipe.errors import PlanError
    from convpipe.pipeline import Pipeline

    try:
        plan = Pipeline.from_job(job, backend="cpu").plan(SHAPE, "uint8")
    except PlanError:  # a stage for images of another kind, or windows larger than any image
        return []
    return [*plan.saturations, *unwritable(plan, results(job))]
