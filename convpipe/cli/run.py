"""``convpipe run``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from convpipe.cli import ARGUMENTS, streams
from convpipe.cli.command import Command, completing
from convpipe.cli.kinds import PLACE, Count, duration, nbytes, shard
from convpipe.cli.options import complain, config_options, json_option, load_each, print_json, together
from convpipe.cli.places import check_log, nothing_found, places, split, written_as
from convpipe.cli.process import begin_loading, begin_work, end, sigterm_interrupts
from convpipe.cli.progress import shown_progress
from convpipe.cli.telling import Telling, not_started, opened_log, show, total
from convpipe.errors import ConfigError, ConvpipeError, JobError
from convpipe.pages import ALL_PAGES
from convpipe.stores import redacted

if TYPE_CHECKING:
    from convpipe.config import Job
    from convpipe.paths import Location
    from convpipe.pipeline import Pipeline
    from convpipe.report import Report, ReportFolder


GROUPS = {
    "Which images": "--files-from --null --shard",
    "What it does": "--jobs --memory --backend --isolate --timeout --retries --cluster --scheduler",
    "Results that exist": "--overwrite --resume",
    "What it tells": "--quiet --verbose --json --report --samples --log --measures --strict",
}

MOST_RETRIES = 20

SAMPLES = 3
"""Images of which a report has pictures, if nothing else is said."""

EXAMPLES = (
    ("convpipe run edges.yaml", "The folders that the config names"),
    ("convpipe run edges.yaml photos out/edges", "Other folders"),
    ("convpipe run edges.yaml photo.jpg edges.png", "One image"),
    ("convpipe run edges.yaml --set stages.0.sigma=2 --overwrite", "Another value, results replaced"),
    (
        "convpipe run edges.yaml --resume --report out/report",
        "On from where a run ended, with a page that says what happened",
    ),
    (
        "convpipe run edges.yaml --files-from - --retries 3 --log run.log",
        "The images that a list on standard input names, with a log",
    ),
    ("convpipe run edges.yaml --shard 0/4 --resume", "The part of the first of four machines"),
    ("convpipe run edges.yaml --scheduler tcp://head:8786", "On the workers of a Dask cluster"),
)


@click.command("run", cls=Command, groups=GROUPS, examples=EXAMPLES)
@click.argument(
    "arguments",
    nargs=-1,
    required=True,
    metavar="CONFIG... [INPUT [OUTPUT]]",
    shell_complete=completing("arguments"),
)
@config_options
@click.option(
    "--files-from",
    type=click.File("rb"),
    metavar="FILE",
    help="Filter the images that a list names, one a line, in the input folder; - is standard input.",
)
@click.option("-0", "--null", is_flag=True, help="The names of that list end with null characters.")
@click.option(
    "--shard",
    type=shard,
    metavar="I/N",
    help="Filter one of N equal parts of the images, from 0 to N-1, beside the runs that filter the others.",
)
@click.option("--backend", type=click.Choice(["auto", "cpu", "cuda"]), help="Where it runs.")
@click.option("--jobs", "workers", type=Count(1), metavar="N", help="Images at once; default: one a core.")
@click.option(
    "--memory",
    type=nbytes,
    metavar="SIZE",
    help="Most that images may take together, as 2GB; default: three quarters of the machine's.",
)
@click.option("--overwrite", is_flag=True, help="Replace results that exist.")
@click.option("--resume", is_flag=True, help="Keep what earlier runs finished and is unchanged; do the rest.")
@click.option(
    "--measures",
    type=PLACE,
    metavar="FILE",
    help="Where the table of measures goes, .csv or .json; default: measures.csv in the output folder.",
)
@click.option("--isolate", is_flag=True, help="Decode in processes, so that a crash loses one image alone.")
@click.option(
    "--timeout",
    type=duration,
    metavar="SECONDS",
    help="With --isolate: kill a decoder after so long; default: 60.",
)
@click.option(
    "--retries",
    type=Count(0, MOST_RETRIES),
    default=0,
    metavar="N",
    help="Try images again that fail by I/O errors, want of memory or a lost decoder, after pauses.",
)
@click.option(
    "--cluster",
    metavar="local:N",
    help="Filter in N processes of this machine, by Dask: for work that threads share badly.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Filter on the workers of a Dask cluster, whose scheduler is at tcp://HOST:PORT.",
)
@together(
    Telling,
    "telling",
    click.option("--report", "folder", type=PLACE, metavar="DIR", help="Write report.html, .json and .csv."),
    click.option("--log", type=PLACE, metavar="FILE", help="Append what happens, as lines of JSON."),
    click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors."),
    click.option("-v", "--verbose", is_flag=True, help="List every size, failure and note, however many."),
    json_option,
)
@click.option(
    "--samples",
    type=Count(0, 20),
    metavar="N",
    help=f"Images whose stages the report has pictures of; default: {SAMPLES}.",
)
@click.option("--strict", is_flag=True, help="Exit code 1 where an image is rejected by `accept:`.")
def command(
    arguments: tuple[str, ...],
    overrides: tuple[str, ...],
    backend: str | None,
    telling: Telling,
    strict: bool,
    **options: Any,
) -> None:
    """Run the jobs of config files over folders of images.

    INPUT and OUTPUT replace the folders of a config that holds one job. INPUT may be one image; OUTPUT is
    then a file, or a folder that exists or ends in a slash, which it has to be where a job has `outputs`:
    those go into folders of their names below it. Exit code: 0 all done, 1 some images failed, 2 a
    job could not start, 130 or 143 interrupted.
    """
    from convpipe.report import ReportFolder

    configs, paths = split(arguments)
    if options["timeout"] is None:
        del options["timeout"]
    elif not options["isolate"]:
        raise click.UsageError(
            "--timeout needs --isolate: a process that hangs can be ended, a thread cannot"
        )
    options["files"] = _listed(options.pop("files_from"), options.pop("null"))
    if options["samples"] is not None and telling.folder is None:
        raise click.UsageError("--samples goes with --report, which has the pictures")
    if options["samples"] is None:
        options["samples"] = SAMPLES if telling.folder else 0
    options |= _cluster(options.pop("cluster"), options.pop("scheduler"), telling)
    jobs = list(_jobs(configs, overrides, paths))
    if options["measures"] and len(jobs) > 1:
        raise click.UsageError("--measures goes with one job: the tables of several would be one file")
    if telling.folder is not None and options["shard"] is not None:
        telling = replace(telling, folder=telling.folder / options["shard"].label)
    if telling.log is not None:
        check_log(telling.log, jobs, paths)
    may = {name: options[name] for name in ("overwrite", "resume")}
    given = click.get_current_context().meta.get(ARGUMENTS, ())
    with (
        opened_log(telling.log, given) as log,
        ReportFolder(telling.folder, **may) if telling.folder else nullcontext() as folder,
    ):
        reports = run_jobs(jobs, paths, backend, {**options, "log": log}, telling, strict=strict)
        code = _told(reports, telling, folder, given)
        if log is not None:
            log.event("exit", level="error" if code else "info", exit_code=code)
    if log is not None:
        code = max(code, int(not log.whole))  # known when its last events are written
    end(code)


def _cluster(local: str | None, scheduler: str | None, telling: Telling) -> dict[str, Any]:
    """Return the options of a run on a cluster, if it is on one."""
    if local is not None and scheduler is not None:
        raise click.UsageError("--cluster starts one, and --scheduler is for one that runs; give one of them")
    where = local or scheduler
    if where is None:
        return {}
    if click.get_current_context().params["workers"] is not None:
        raise click.UsageError("--jobs is for threads of this process; a cluster has those of its workers")
    if local is not None and not local.startswith("local:"):
        raise click.UsageError(
            f"--cluster needs local:N; given {local!r}; for a cluster that runs, --scheduler"
        )
    return {"cluster": where, "told": partial(streams.emit, err=True) if telling.verbose else None}


def _listed(list: BinaryIO | None, null: bool) -> tuple[str, ...] | None:
    """Return the paths that a list names, if there is one."""
    from convpipe.batch import read_list

    if list is None:
        if null:
            raise click.UsageError("--null goes with --files-from: it says how the names of that list end")
        return None
    try:
        return read_list(list, null=null)
    except OSError as error:
        raise JobError(f"the list {list.name!r} cannot be read: {error.strerror or error}") from None


def run_jobs(
    jobs: Sequence[Job | ConfigError],
    paths: Sequence[str],
    backend: str | None,
    options: Mapping[str, Any],
    telling: Telling,
    *,
    strict: bool = False,
) -> list[Report]:
    """Run jobs one after the other, and tell of each what it did.

    Parameters
    ----------
    jobs : sequence of Job or ConfigError
        An error is told, too, and the others are run.
    paths : sequence of str
        INPUT and OUTPUT, as far as they are given.
    backend : str or None
    options : mapping
        Settings of all folder jobs, and their ``log``.
    telling : Telling
    strict : bool, optional
        Of the reports.
    """
    reports: list[Report] = []
    with sigterm_interrupts():
        for job in jobs:
            report = _run_job(job, paths, backend, options, progress=telling.shown)
            reports.append(replace(report, strict=strict))  # here: each report counts its images anew
            show(reports[-1], telling.shown, telling.verbose)
            if reports[-1].interrupted:
                break
    return reports


def _told(
    reports: Sequence[Report], telling: Telling, folder: ReportFolder | None, given: Sequence[str]
) -> int:
    """Print and write what all jobs did together, and return the exit code; `given` is the command."""
    from convpipe.report import exit_code, summary

    if telling.as_json:
        print_json(summary(reports))
    elif telling.shown and len(reports) > 1:
        streams.emit(total(reports))
    code = exit_code(reports)
    return code if folder is None else max(code, _write(folder, reports, given))


def _write(folder: ReportFolder, reports: Sequence[Report], given: Sequence[str]) -> int:
    """Write the report, and return the exit code for that."""
    from convpipe.report import Origin

    try:
        folder.write(reports, Origin.of(given))
    except JobError as error:
        complain(str(error))
        return 1
    return 0


def _jobs(
    configs: Sequence[str], overrides: Sequence[str], paths: Sequence[str]
) -> Iterator[Job | ConfigError]:
    for path in configs:
        jobs = load_each(path, overrides)
        if paths and len(jobs) > 1:
            raise click.UsageError(f"INPUT and OUTPUT go with one job; {path} holds {len(jobs)}")
        yield from jobs


def _run_job(
    job: Job | ConfigError,
    paths: Sequence[str],
    backend: str | None,
    options: Mapping[str, Any],
    progress: bool,
) -> Report:
    from convpipe.pipeline import Pipeline
    from convpipe.report import Report

    if isinstance(job, ConfigError):
        return not_started(Report(job.path, config=job.path), job, options["log"])
    named = Report(job.name, config=job.source)
    try:
        source, target, result = places(job, paths)
        named = replace(named, output=str(target / (result or "")))
        pipeline = Pipeline.from_job(job, backend=backend)
        begin_work()
        if pipeline.backend == "cpu" and "cluster" not in options:
            begin_loading(tables=progress)
        with shown_progress(job.name, progress) as advance:
            how = {**options, "result": result, "progress": advance}
            report = _filter(job, pipeline, source, target, how)
        if not report.images and not report.elsewhere and not report.interrupted:
            raise nothing_found(job, source, report.unsupported)
    except ConvpipeError as error:
        return not_started(named, error, options["log"])
    return replace(report, config=job.source, source=redacted(job.text))


def _filter(
    job: Job, pipeline: Pipeline, source: Location, target: Location, how: Mapping[str, Any]
) -> Report:
    return pipeline.run_folder(
        source,
        target,
        include=job.input.include,
        exclude=job.input.exclude,
        recursive=job.input.recursive,
        pages=job.input.pages or ALL_PAGES,
        stack=job.input.stack,
        mask=job.mask,
        outputs={name: spec.encoding for name, spec in job.outputs.items()},
        accept=job.accept,
        limits=job.limits,
        allow_truncated=job.allow_truncated,
        **written_as(job),
        **how,
    )
