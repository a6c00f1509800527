"""``convpipe run``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convpipe.cli.options import console, json_option, print_json, set_option
from convpipe.errors import ConfigError, ConvpipeError

if TYPE_CHECKING:
    from convpipe.batch.run import Progress
    from convpipe.config import Job
    from convpipe.report import Report


@click.command("run")
@click.argument("arguments", nargs=-1, required=True, metavar="CONFIG... [INPUT [OUTPUT]]")
@set_option
@click.option("--backend", type=click.Choice(["auto", "cpu", "cuda"]), help="Where it runs.")
@click.option("--jobs", "workers", type=click.IntRange(1), help="Images at once; default: one a core.")
@click.option("--overwrite", is_flag=True, help="Replace results that exist.")
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
    shown = not (quiet or as_json)
    reports: list[Report] = []
    with _sigterm_interrupts():
        for job in _jobs(configs, overrides, folders):
            report = _run_job(job, folders, backend, workers, overwrite, progress=shown)
            reports.append(report)
            if shown:
                _show(report)
            if report.interrupted:
                break
    if report_folder is not None:
        write_report(reports, report_folder)
    if as_json:
        print_json(reports[0].to_dict() if len(reports) == 1 else summary(reports))
    elif shown and len(reports) > 1:
        total = summary(reports)
        click.echo(
            f"{len(reports)} jobs: {total['images']} images: {total['done']} done, {total['failed']} failed"
        )
    sys.exit(exit_code(reports))


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
    workers: int | None,
    overwrite: bool,
    progress: bool,
) -> Report:
    from convpipe.pipeline import Pipeline
    from convpipe.report import Report

    if isinstance(job, ConfigError):
        return Report(name=job.path, error=str(job))
    source = folders[0] if folders else job.input.path
    target = folders[1] if len(folders) > 1 else job.output.path
    try:
        if source is None or target is None:
            missing = "input" if source is None else "output"
            raise ConfigError(
                f"job {job.name!r} has no {missing} path; set it, or give INPUT and OUTPUT", job.source
            )
        with _progress(job.name, progress) as advance:
            return Pipeline.from_job(job, backend=backend).run_folder(
                source,
                target,
                include=job.input.include,
                exclude=job.input.exclude,
                recursive=job.input.recursive,
                format=job.output.format,
                quality=job.output.quality,
                compression=job.output.compression,
                overwrite=overwrite,
                workers=workers,
                progress=advance,
            )
    except ConvpipeError as error:
        return Report(name=job.name, error=str(error))


def _show(report: Report) -> None:
    from convpipe.report.terminal import print_report

    print_report(report, console(stderr=report.error is not None))


@contextmanager
def _progress(name: str, shown: bool) -> Iterator[Progress | None]:
    """Show a bar on a terminal, and say when a pipeline is compiled; nothing in a pipe."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from convpipe.compile.cache import announced
    from convpipe.report import printable

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
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
    finally:
        signal.signal(signal.SIGTERM, before)
