"""``convpipe plan``."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convpipe.cli.options import (
    CONFIG,
    alpha_option,
    complain,
    complain_of,
    dtype_option,
    json_option,
    print_json,
    rendered,
    set_option,
    size_option,
)
from convpipe.cli.streams import emit
from convpipe.errors import ConfigError, ImageError, JobError, ParameterError, PlanError

if TYPE_CHECKING:
    from convpipe.config import Job
    from convpipe.plan import Plan

Kind = tuple[tuple[int, ...], str, bool]
"""Shape and dtype of an image, and whether its last channel is alpha."""


@click.command("plan")
@click.argument("config", type=CONFIG)
@click.argument("input", type=click.Path(path_type=Path), required=False)
@size_option
@alpha_option
@dtype_option
@set_option
@json_option
def command(
    config: Path,
    input: Path | None,
    size: tuple[int, ...] | None,
    alpha: bool,
    dtype: str,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show every stage's output size, formula, halo, range and cost; no pixel is read.

    Without --size, for each distinct size among the images of the input folder, from their headers. Exit
    code 1 if some images cannot be planned, 2 if the size given cannot.
    """
    from convpipe.config import load_each

    if size and input:
        raise click.UsageError("give INPUT or --size, not both")
    if alpha and not size:
        raise click.UsageError("--alpha goes with --size; files say themselves what is alpha")
    planner = _Planner()
    found: list[tuple[Job, int | None, Plan]] = []
    for job in load_each(config, overrides):
        if isinstance(job, ConfigError):
            planner.cannot_start(job)
        elif size is None:
            found += [(job, count, plan) for count, plan in planner.folder(job, input)]
        elif plan := planner.plan(job, (size, dtype, alpha)):
            found.append((job, None, plan))
    if as_json:
        print_json([_to_dict(*each) for each in found])
    else:
        for each in found:
            _show(*each)
    for error in planner.errors:
        complain_of(error) if isinstance(error, ConfigError) else complain(error)
    if planner.unstarted:
        sys.exit(2)
    sys.exit((2 if size else 1) if planner.errors else 0)


class _Planner:
    """Plans images, and keeps what is to be said of those that cannot be planned without stopping at them."""

    def __init__(self) -> None:
        self.errors: list[str | ConfigError] = []
        self.unstarted = False

    def refuse(self, message: str) -> None:
        self.errors.append(message)

    def cannot_start(self, error: str | ConfigError) -> None:
        """Keep why nothing of a job can be planned; the other jobs go on."""
        self.unstarted = True
        self.errors.append(error)

    def plan(self, job: Job, kind: Kind) -> Plan | None:
        """Return the plan for one kind of image; None, after a message, if there is none."""
        from convpipe.pipeline import Pipeline

        shape, dtype, alpha = kind
        try:
            return Pipeline.from_job(job, backend="cpu").engine.plan(shape, dtype, alpha)
        except (PlanError, ParameterError) as error:
            self.refuse(f"{job.name}: {'x'.join(map(str, shape))} {dtype}: {error}")
            return None

    def folder(self, job: Job, given: Path | None) -> Iterator[tuple[int, Plan]]:
        """Yield a plan for each kind of image in a job's input, with the number of images of it."""
        root = given or job.input.path
        try:
            if root is None:
                raise JobError("it has no input path; give --size, or a folder of images")
            kinds = self._kinds(job, root)
        except JobError as error:
            self.cannot_start(f"{job.name}: {error}")
            return
        for kind, count in sorted(kinds.items()):
            plan = self.plan(job, kind)
            if plan is not None:
                yield count, plan

    def _kinds(self, job: Job, root: Path) -> Counter[Kind]:
        from convpipe import images
        from convpipe.batch import find_images
        from convpipe.paths import tried

        found = find_images(root, job.input.include, job.input.exclude, job.input.recursive)
        if not found.images:
            raise JobError(f"no image is found in {str(root)!r}{tried(root)}")
        kinds: Counter[Kind] = Counter()
        for relative in found.images:
            try:
                path = found.root / relative
                info = images.probe(path, job.limits, allow_truncated=job.allow_truncated)
            except ImageError as error:
                self.refuse(f"{str(relative)!r}: {error}")
                continue
            channels = () if info.channels == 1 else (info.channels,)
            kinds[(*info.extent, *channels), info.dtype, info.alpha] += 1
        return kinds


def _to_dict(job: Job, count: int | None, plan: Plan) -> dict[str, Any]:
    images = {} if count is None else {"images": count}
    return {"job": job.name, **images, **plan.to_dict()}


def _show(job: Job, count: int | None, plan: Plan) -> None:
    from convpipe.report import printable
    from convpipe.report.terminal import print_plan

    images = "" if count is None else f": {count} image{'s' if count > 1 else ''}"
    emit(printable(f"{job.name}{images}"))
    emit(rendered(lambda screen: print_plan(plan, screen)))
    for warning in plan.warnings:
        complain(warning, kind="warning")
