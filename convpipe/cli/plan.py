"""``convpipe plan``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convpipe import subject
from convpipe.cli.command import Command
from convpipe.cli.kinds import CONFIG, PLACE, nbytes
from convpipe.cli.options import (
    ImageOptions,
    complain,
    complain_of,
    config_options,
    image_kind_options,
    json_option,
    load_each,
    print_json,
    rendered,
    together,
)
from convpipe.cli.places import nothing_found, results
from convpipe.cli.streams import emit
from convpipe.dataclass import dataclass
from convpipe.errors import ConfigError, ImageError, JobError, ParameterError, PlanError
from convpipe.pages import ALL_PAGES

if TYPE_CHECKING:
    from convpipe.batch import Forecast, Result
    from convpipe.config import Job
    from convpipe.formula import Measure
    from convpipe.paths import Location
    from convpipe.pipeline import Pipeline
    from convpipe.plan import Plan

Kind = tuple[tuple[int, ...], str, bool, str, str]
"""Shape and dtype of an image, whether its last channel is alpha, its nodata value, if that counts, and what
tables say of it."""


GROUPS = {
    "The image": "--size --alpha --dtype",
    "What it takes": "--memory",
    "What it prints": "--dot --json",
}

EXAMPLES = (
    ("convpipe plan edges.yaml --size 480x640", "For one size"),
    ("convpipe plan edges.yaml --size 2048x3072x4 --alpha --dtype uint16", "With alpha, 16 bits"),
    ("convpipe plan edges.yaml photos", "For the images of a folder, from their headers"),
    (
        "convpipe plan slide.yaml slide.tif --memory 300MB",
        "Whether it fits, or in which bands it goes",
    ),
    ("convpipe plan spots.yaml --size 512x512 --dot", "The graph of stages, for Graphviz"),
)


@dataclass(frozen=True)
class Printing:
    """What plans are printed as, if not as tables."""

    as_dot: bool
    as_json: bool


@click.command("plan", cls=Command, groups=GROUPS, examples=EXAMPLES)
@click.argument("config", type=CONFIG)
@click.argument("input", type=PLACE, required=False)
@image_kind_options
@config_options
@click.option(
    "--memory",
    type=nbytes,
    metavar="SIZE",
    help="Most that images may take together, as 2GB: print whether one fits, or in which bands it goes.",
)
@together(
    Printing,
    "printing",
    click.option("--dot", "as_dot", is_flag=True, help="Print the graph of stages as Graphviz reads it."),
    json_option,
)
def command(
    config: Location,
    input: Location | None,
    kind: ImageOptions,
    overrides: tuple[str, ...],
    memory: int | None,
    printing: Printing,
) -> None:
    """Show every stage's output size, formula, halo, range and cost; no pixel is read.

    Of stages that read others than the one before them, the graph is drawn beside them.

    Without --size, for each distinct size among the images of the input folder, from their headers. Exit
    code 1 if some images cannot be planned, 2 if the size given cannot.
    """
    if kind.size and input:
        raise click.UsageError("give INPUT or --size, not both")
    if printing.as_dot and printing.as_json:
        raise click.UsageError("give --dot or --json, not both")
    if kind.alpha and not kind.size:
        raise click.UsageError("--alpha goes with --size; files say themselves what is alpha")
    asked = (kind.size, kind.dtype, kind.alpha, "", "") if kind.size else None
    found = [_planned(job, asked, input, memory) for job in load_each(config, overrides)]
    code = max((job.exit_code(asked=asked is not None) for job in found), default=0)
    if printing.as_dot:
        for job in found:
            job.show_dot()
    elif printing.as_json:
        print_json({"exit_code": code, "jobs": [job.to_dict() for job in found]})
    else:
        for job in found:
            job.show()
    for job in found:
        job.complain()
    sys.exit(code)


@dataclass
class JobPlans:
    """The plans of a job, one for each kind of its images, and what of it cannot be planned.

    Parameters
    ----------
    name : str
    config : str
        The config file.
    outputs : tuple of (name, path)
        Each result of every image, and the folder of those of its name, where the config says it.
    results : tuple of Result
        The same with how each is encoded.
    measures : mapping of str to Measure
        Numbers of each image.
    plans : list of (int, Plan)
        With the number of images; 0 where the size was given.
    failures : list of Failure
    error : str, ConfigError or None
        Why nothing of the job can be planned.
    stack : list of str
        What stages that read several pages of a stack read, and how many are in memory.
    memory : int, optional
        What images may take, if that was asked.
    root : Path, optional
        Of the paths of images.
    many : bool
        Whether there are several images, which are filtered beside each other.
    forecasts : list of Forecast or None
        Of each plan, how an image of it is filtered in the memory that there is; None of one that fits, where
        nobody asked.
    """

    name: str
    config: str | None
    outputs: tuple[tuple[str, str], ...] = ()
    results: tuple[Result, ...] = ()
    measures: Mapping[str, Measure] = field(default_factory=dict)
    plans: list[tuple[int, Plan]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    error: str | ConfigError | None = None
    stack: list[str] = field(default_factory=list)
    memory: int | None = None
    root: Path | None = None
    many: bool = False
    forecasts: list[Forecast | None] = field(default_factory=list)

    def plan(self, job: Job, kind: Kind, paths: list[str]) -> None:
        """Add the plan for one kind of image, of which `paths` are, or why there is none."""
        from convpipe.pipeline import Pipeline
        from convpipe.stack import StackEngine, reader_of

        shape, dtype, alpha, nodata, _ = kind
        named = subject.called(Path(paths[0])) if paths else nullcontext()
        try:
            pipeline = Pipeline.from_job(job, backend="cpu")
            holes: dict[str, Any] = {
                "nodata": float(nodata) if nodata else None,
                "masked": job.mask is not None,
            }
            self.stack = [] if reader_of(pipeline.stages) is None else StackEngine(pipeline.engine).said
            with named:
                plan = pipeline.engine.plan(shape, dtype, alpha, **holes)
                if pipeline.gauge is not None:
                    pipeline.gauge.plan(shape, dtype, alpha, **holes)
        except (PlanError, ParameterError) as error:
            stage = getattr(error, "stage", None) or "plan"
            which = f"{self.name}: {'x'.join(map(str, shape))} {dtype}"
            self.failures.append(Failure(paths, stage, str(error), which))
        else:
            self.plans.append((len(paths), plan))
            self.forecasts.append(self._forecast(job, pipeline, plan, paths))

    def _forecast(self, job: Job, pipeline: Pipeline, plan: Plan, paths: list[str]) -> Forecast | None:
        """Return how an image of a plan is filtered, if that is to be told."""
        from convpipe.batch import forecast_of
        from convpipe.batch.budget import default_memory
        from convpipe.batch.streamed import Obstacles
        from convpipe.compile.runtime.environment import cores
        from convpipe.stack import reader_of

        reader = reader_of(pipeline.stages)
        obstacles = Obstacles(
            stack=None if reader is None else reader.name, measured=pipeline.gauge is not None
        )
        path = self.root / paths[0] if paths and self.root is not None else None
        image = None
        if path is not None and path.is_file():
            image = path, job.limits, job.allow_truncated
        found = forecast_of(
            plan,
            self.results,
            obstacles,
            self.memory or default_memory(),
            threads=1 if self.many else cores(),
            image=image,
        )
        return found if self.memory is not None or not found.fits else None

    def exit_code(self, *, asked: bool) -> int:
        """Return 0 if all is planned, 1 if some images are not, 2 if the job or the size asked for is not."""
        if self.error is not None:
            return 2
        return (2 if asked else 1) if self.failures else 0

    def to_dict(self) -> dict[str, Any]:
        """Return the plans as plain data, in the shape of a job of ``run --json``."""
        failures = [each for failure in self.failures for each in failure.to_dicts()]
        failed = sum(len(failure.paths) for failure in self.failures)
        stack = {"stack": self.stack} if self.stack else {}
        warnings = {text: None for _, plan in self.plans for text in self._warnings(plan)}
        return {
            "name": self.name,
            "config": self.config,
            "outputs": [{"name": name, "path": path} for name, path in self.outputs],
            "images": sum(count for count, _ in self.plans) + failed,
            "failed": failed,
            "failures": failures,
            "sizes": [
                {
                    "count": count,
                    **plan.to_dict(),
                    **stack,
                    **_written(plan, self.results, how),
                }
                for (count, plan), how in zip(self.plans, self.forecasts, strict=True)
            ],
            "warnings": list(warnings),
            "measures": {name: one.to_data() for name, one in self.measures.items()},
            "error": None if self.error is None else str(self.error),
        }

    def show(self) -> None:
        """Print a table for each plan; warnings are no results, and go to standard error."""
        from convpipe.batch import sizes_of
        from convpipe.report import number, printable, where_results_are
        from convpipe.report.planned import print_plan

        for (count, plan), how in zip(self.plans, self.forecasts, strict=True):
            images = f": {number(count, 'image')}" if count else ""
            emit(printable(f"{self.name}{images}"))
            emit(rendered(partial(print_plan, plan)))
            for said in (*sizes_of(plan, self.results), *([] if how is None else [how])):
                emit(printable(str(said)))
            for warning in self._warnings(plan):
                complain(warning, kind="warning")
        for said in self.stack if self.plans else ():
            emit(said)
        if self.plans and (where := where_results_are(self.outputs)) is not None:
            emit(f"results of each image: {where}")
        for name, one in self.measures.items() if self.plans else ():
            emit(f"measure {name}: {one}")

    def _warnings(self, plan: Plan) -> list[str]:
        """Return what is to be known of the images of a plan, and of their results."""
        from convpipe.batch import unwritable

        return [*plan.warnings, *unwritable(plan, self.results)]

    def show_dot(self) -> None:
        """Print a graph for each plan."""
        from convpipe.report.graph import dot

        for _, plan in self.plans:
            emit(dot(plan, self.name))

    def complain(self) -> None:
        """Print what cannot be planned, on standard error."""
        for failure in self.failures:
            complain(f"{failure.subject}: {failure.reason}")
        if isinstance(self.error, ConfigError):
            complain_of(self.error)
        elif self.error is not None:
            complain(f"{self.name}: {self.error}")


def _written(plan: Plan, results: tuple[Result, ...], how: Forecast | None) -> dict[str, Any]:
    """Return in which sizes results are written, and what that takes, where there is something to say."""
    from convpipe.batch import sizes_of

    levels = [each.to_dict() for each in sizes_of(plan, results)]
    memory = {} if how is None else {"memory": how.to_dict()}
    return {**({"levels": levels} if levels else {}), **memory}


@dataclass(frozen=True)
class Failure:
    """Images that cannot be planned: their paths, none where the size was given, and the stage and reason."""

    paths: list[str]
    stage: str
    reason: str
    subject: str

    def to_dicts(self) -> list[dict[str, str | None]]:
        """Return the failure of each image as plain data."""
        paths: list[str | None] = [*self.paths] or [None]
        return [{"path": path, "stage": self.stage, "reason": self.reason} for path in paths]


def _planned(
    job: Job | ConfigError, kind: Kind | None, given: Location | None, memory: int | None
) -> JobPlans:
    """Return the plans of a job for one kind of image, or for those of its input folder."""
    if isinstance(job, ConfigError):
        return JobPlans(job.path, job.path, error=job)
    found = JobPlans(job.name, job.source, _outputs(job), results(job), job.measures, memory=memory)
    if kind is not None:
        found.plan(job, kind, [])
        return found
    try:
        root = given or job.input.path
        if root is None:
            raise JobError("it has no input path; give --size, or a folder of images")
        kinds = _kinds(job, root, found)
    except JobError as error:
        found.error = str(error)
        return found
    for each, paths in sorted(kinds.items()):
        found.plan(job, each, paths)
    return found


def _outputs(job: Job) -> tuple[tuple[str, str], ...]:
    """Return where a run puts each result, as its report has it."""
    from convpipe.batch import FolderJob
    from convpipe.stages.wiring import RESULT

    if job.output.path is None:
        return ()
    return FolderJob(Path(), job.output.path).places((*job.outputs, RESULT))


def _kinds(job: Job, root: Location, plans: JobPlans) -> dict[Kind, list[str]]:
    """Return the images in a job's input by their kind; add failures of those that have none to `plans`."""
    from convpipe.batch import Selection
    from convpipe.batch.header import header_of
    from convpipe.batch.listing import find_inputs
    from convpipe.stages.boxes import boxes_of

    found = find_inputs(root, Selection(job.input.include, job.input.exclude, job.input.recursive))
    if not found.images:
        raise nothing_found(job, root, found.unsupported)
    found = found.stacked() if job.input.stack else found
    plans.root = found.root if isinstance(found.root, Path) else None
    plans.many = len(found.images) > 1
    tables = boxes_of(job.stages)
    pages = job.input.pages or ALL_PAGES
    kinds: dict[Kind, list[str]] = {}
    for relative in found.images:
        try:
            info = header_of(found, relative, pages, job.limits, allow_truncated=job.allow_truncated)
        except ImageError as error:
            plans.failures.append(Failure([str(relative)], "read", str(error), repr(str(relative))))
            continue
        channels = () if info.channels == 1 else (info.channels,)
        nodata = repr(info.nodata) if job.missing == "file" and info.nodata is not None else ""
        with subject.called(relative):
            boxes = repr([table.find() for table in tables]) if tables else ""
        kind = ((*info.extent, *channels), info.dtype, info.alpha, nodata, boxes)
        kinds.setdefault(kind, []).append(str(relative))
    return kinds
