"""``convpipe check``."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from convpipe.cli.command import Command
from convpipe.cli.kinds import CONFIG
from convpipe.cli.options import complain, complain_of, config_options, json_option, load_each, print_json
from convpipe.cli.places import results
from convpipe.cli.streams import emit

if TYPE_CHECKING:
    from convpipe.config import Job
    from convpipe.engine import Engine
    from convpipe.errors import ConfigError
    from convpipe.paths import Location


EXTENT = (2**20, 2**20)
"""Of the image that is assumed where there is none: if all windows fit, ranges depend on no extent."""

CHANNELS = (3, 1, 2, 4)
"""Of that image: the first of them that the stages take."""

TYPES = ("uint8", "uint16", "int8", "int16", "uint32", "int32", "float32", "float64")
"""Of the pixels that files hold."""


EXAMPLES = (
    ("convpipe check edges.yaml spots.yaml", "Several configs"),
    ("convpipe check edges.yaml --set stages.0.sigma=2", "With another value"),
)


@click.command("check", cls=Command, examples=EXAMPLES)
@click.argument("configs", type=CONFIG, nargs=-1, required=True)
@config_options
@json_option
def command(configs: tuple[Location, ...], overrides: tuple[str, ...], as_json: bool) -> None:
    """Validate config files; every error has file, line and column. Exit code 2 if one is wrong.

    It also says where the values of 8-bit images can saturate, which of their results no file can hold, and
    images of which types a stage does not take; `plan` says it of the images there are.
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


def _show(path: Location, job: Job) -> None:
    from convpipe.report import printable

    stages = ", ".join(stage.name for stage in job.stages)
    emit(printable(f"ok: {path}: {job.name}: {stages}"))
    for warning in _warnings(job):
        complain(f"{path}: {job.name}: {warning}", kind="warning")


def _to_dict(path: Location, job: Job | ConfigError) -> dict[str, Any]:
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
    """Return what is to be known of the images of files; no config says which it will meet."""
    from convpipe.batch import unwritable
    from convpipe.pipeline import Pipeline

    whole = Pipeline.from_job(replace(job, missing=None, mask=None), backend="cpu").engine
    shape = _shape(whole)
    if shape is None:
        return []
    plan = whole.plan(shape, "uint8")
    return [
        *_idle(job),
        *plan.saturations,
        *plan.unsuited,
        *unwritable(plan, results(job)),
        *_refused(job, shape),
    ]


def _idle(job: Job) -> list[str]:
    """Say which stages have a value for a constant border, and another border."""
    from convpipe.geometry import Border

    found = []
    for at, stage in enumerate(job.stages):
        own = stage.common["border"]
        border = job.border if own is None else own
        if stage.common["value"] and border != Border.CONSTANT:
            what = f"it is of a constant border, not of {border.name.lower()}"
            found.append(f"stage {at} ({stage.name}): 'value' does nothing: {what}")
    return found


def _shape(engine: Engine) -> tuple[int, int, int] | None:
    """Return the shape of an image that the stages take; None if their windows are larger than any image."""
    from convpipe.errors import PlanError

    for channels in CHANNELS:
        with suppress(PlanError):
            engine.plan((*EXTENT, channels))
            return (*EXTENT, channels)
    return None


def _refused(job: Job, shape: tuple[int, int, int]) -> list[str]:
    """Say images of which types a stage does not take, with what the job says is missing in them."""
    from convpipe.errors import PlanError
    from convpipe.pipeline import Pipeline

    pipeline = Pipeline.from_job(job, backend="cpu")
    engine = pipeline.gauge or pipeline.engine
    found: dict[str, list[str]] = {}
    for dtype in TYPES:
        try:
            engine.plan(shape, dtype, nodata=0.0, masked=job.mask is not None)
        except PlanError as error:
            found.setdefault(str(error), []).append(dtype)
    tagged = " with a value for no data" if job.missing == "file" and job.mask is None else ""
    return [f"of {_listed(dtypes)} images{tagged}: {reason}" for reason, dtypes in found.items()]


def _listed(dtypes: list[str]) -> str:
    """Return types of pixels in a row of words.

    Examples
    --------
    >>> _listed(["uint8", "int8", "int16"]), _listed(list(TYPES))
    ('uint8, int8 and int16', 'all')
    """
    *others, last = dtypes
    return "all" if dtypes == list(TYPES) else " and ".join(filter(None, [", ".join(others), last]))
