"""``convpipe run``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from convpipe.cli.options import complain, complain_of, console, duration, json_option, print_json, set_option
from convpipe.cli.process import begin_loading
from convpipe.errors import ConfigError, ConvpipeError, JobError

if TYPE_CHECKING:
    from convpipe.batch import Progress
    from convpipe.config import Job
    from convpipe.report import Report


@click.command("run")
@click.argument("arguments", nargs=-1, required=True, metavar="CONFIG... [INPUT [OUTPUT]]")
@set_option
@click.option("--backend", type=click.Choice(["auto", "cpu", "cuda"]), help="Where it runs.")
@click.option("--jobs", "workers", type=click.IntRange(1), help="Images at once; default: one a core.")
@click.option("--overwrite", is_flag=True, help="Replace results that exist.")
@click.option("--resume", is_flag=True, help="Keep what earlier runs finished and is unchanged; do the rest.")
@click.option("--isolate", is_flag=True, help="Decode in processes, so that a crash loses one image alone.")
@click.option(
    "--timeout",
    type=duration,
    metavar="SECONDS",
    help="With --isolate: kill a decoder after so long; default: 60.",
)
@click.option(
    "--report", "report_folder", type=click.Path(path_type=Path), help="Write report.json and .html."
)
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@json_option
def command(
    arguments: tuple[str, ...],
    overrides: tuple[str, ...],
    backend: str | None,
    workers: int | None,
    overwrite: bool,
    resume: bool,
    isolate: bool,
    timeout: float | None,
    report_folder: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run the jobs of config files over folders of images.

    INPUT and OUTPUT replace the folders of a config that holds one job. Exit code: 0 all done, 1 some images
    failed, 2 a job could not start, 130 or 143 interrupted.
    """
    from convpipe.report import exit_code, summary, write_report

    configs, folders = _split(arguments)
    if timeout is not None and not isolate:
        raise click.UsageError(
            "--timeout needs --isolate: a process that hangs can be ended, a thread cannot"
        )
    options: dict[str, Any] = {"overwrite": overwrite, "resume": resume, "isolate": isolate}
    options |= {"workers": workers} | ({} if timeout is None else {"timeout": timeout})
    if report_folder is not None:
        _make_folder(report_folder)
    jobs = list(_jobs(configs, overrides, folders))
    shown = not (quiet or as_json)
    reports: list[Report] = []
    with _sigterm_interrupts():
        for job in jobs:
            reports.append(_run_job(job, folders, backend, options, progress=shown))
            _show(reports[-1], shown)
            if reports[-1].interrupted:
                break
    if as_json:
        print_json(reports[0].to_dict() if len(jobs) == 1 else summary(reports))
    elif shown and len(jobs) > 1:
        click.echo(_total(reports))
    if report_folder is not None:
        write_report(reports, report_folder)
    _leave(exit_code(reports))


def _leave(code: int) -> NoReturn:
    """End the process, without waiting for a thread that a signal could not stop."""
    from convpipe.batch import at_work

    if at_work():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _make_folder(folder: Path) -> None:
    """Make the folder of the report before the work begins that it is about."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JobError(f"the report folder {str(folder)!r} cannot be made: {error.strerror}") from None


def _split(arguments: Sequence[str]) -> tuple[list[str], list[Path]]:
    """Return the config files, and the folders that follow the last of them."""
    configs = [argument for argument in arguments if argument.lower().endswith((".yaml", ".yml"))]
    rest = list(arguments[len(configs) :])
    if not configs or list(arguments[: len(configs)]) != configs:
        raise click.UsageError("needs config files (.yaml) first, then INPUT and OUTPUT")
    if len(rest) > 2 or (rest and len(configs) > 1):
        raise click.UsageError("INPUT and OUTPUT go with one config file")
    return configs, [Path(folder) for folder in rest]


def _jobs(
    configs: Sequence[str], overrides: Sequence[str], folders: list[Path]
) -> Iterator[Job | ConfigError]:
    from convpipe import config

    for path in configs:
        try:
            jobs = config.load_each(path, overrides)
        except ConfigError as error:
            yield error
            continue
        if folders and len(jobs) > 1:
            raise click.UsageError(f"INPUT and OUTPUT go with one job; {path} holds {len(jobs)}")
        yield from jobs


def _run_job(
    job: Job | ConfigError,
    folders: list[Path],
    backend: str | None,
    options: Mapping[str, Any],
    progress: bool,
) -> Report:
    if isinstance(job, ConfigError):
        return _not_started(job.path, job)
    source = folders[0] if folders else job.input.path
    target = folders[1] if len(folders) > 1 else job.output.path
    try:
        if source is None or target is None:
            missing = "input" if source is None else "output"
            raise JobError(f"the job has no {missing} path; set it, or give INPUT and OUTPUT")
        with _progress(job.name, progress) as advance:
            report = _filter(job, source, target, backend, {**options, "progress": advance})
    except ConvpipeError as error:
        return _not_started(job.name, error)
    if not report.images and not report.interrupted:
        return _not_started(job.name, JobError(f"the input {str(source)!r} holds no image to filter"))
    return report


def _filter(
    job: Job,
    source: Path,
    target: Path,
    backend: str | None,
    options: Mapping[str, Any],
) -> Report:
    from convpipe.pipeline import Pipeline

    pipeline = Pipeline.from_job(job, backend=backend)
    if pipeline.backend == "cpu":
        begin_loading()
    return pipeline.run_folder(
        source,
        target,
        include=job.input.include,
        exclude=job.input.exclude,
        recursive=job.input.recursive,
        format=job.output.format,
        quality=job.output.quality,
        compression=job.output.compression,
        limits=job.limits,
        allow_truncated=job.allow_truncated,
        **options,
    )


def _not_started(name: str, error: ConvpipeError) -> Report:
    """Say why a job could not start, and return that as its report; the other jobs go on."""
    from convpipe.report import Report

    # A config error begins with its place, file:line:column, as in `convpipe check`.
    if isinstance(error, ConfigError):
        complain_of(error)
    else:
        complain(f"{name}: {error}")
    return Report(name=name, error=str(error))


def _show(report: Report, shown: bool) -> None:
    """Print what a job did: its tables, or without them its failures, on standard error."""
    if shown and report.error is None:
        from convpipe.report.terminal import print_report

        print_report(report, console())
    elif not shown:
        for result in report.failures:
            complain(f"{report.name}: {str(result.path)!r}: {result.stage}: {result.reason}")
        if report.ended_early is not None:
            complain(f"{report.name}: {report.ended_early}: {report.unfinished} left undone")


def _total(reports: list[Report]) -> str:
    from convpipe.report import summary

    total = summary(reports)
    line = f"{len(reports)} jobs: {total['images']} images: {total['done']} done, {total['failed']} failed"
    unstarted = sum(report.error is not None for report in reports)
    return f"{line}; {unstarted} could not start" if unstarted else line


@contextmanager
def _progress(name: str, shown: bool) -> Iterator[Progress | None]:
    """Show a bar on a terminal, and say when a pipeline is compiled; nothing in a pipe."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from convpipe.compile.cache import announced
    from convpipe.report import printable

    label = TextColumn("{task.description}", markup=False)
    columns = (label, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(printable(name), total=None)

        def advance(finished: int, total: int, result: Any) -> None:
            bar.update(task, completed=finished, total=total, description=printable(name))

        def compiling() -> None:
            bar.update(task, description="compiling (first run of this pipeline)")

        with announced(compiling):
            yield advance


@contextmanager
def _sigterm_interrupts() -> Iterator[None]:
    """Treat SIGTERM like Ctrl-C: finish the images in hand, write the report, leave with 143."""
    from convpipe.batch import Terminated

    def terminate(number: int, frame: Any) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    except Terminated:  # between two runs, where there is nothing to report
        sys.exit(143)
    finally:
        signal.signal(signal.SIGTERM, before)
