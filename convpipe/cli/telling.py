"""What ``convpipe run`` tells: tables, errors, and lines of a log."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from convpipe import __version__
from convpipe.cli import streams
from convpipe.cli.info import versions
from convpipe.cli.options import complain, complain_of, rendered
from convpipe.dataclass import dataclass
from convpipe.errors import ConfigError, ConvpipeError

if TYPE_CHECKING:
    from convpipe.batch import Log
    from convpipe.paths import Location
    from convpipe.report import Report


@dataclass(frozen=True)
class Telling:
    """What a run tells, and where.

    Parameters
    ----------
    folder : Path or Url, optional
        Of report.json and report.html.
    log : Path or Url, optional
        A file, or a folder of logs in a store.
    quiet, verbose, as_json : bool
    """

    folder: Location | None
    log: Location | None
    quiet: bool
    verbose: bool
    as_json: bool

    @property
    def shown(self) -> bool:
        """Whether it prints tables."""
        return not (self.quiet or self.as_json)


@contextmanager
def opened_log(place: Location | None, arguments: Sequence[str]) -> Iterator[Log | None]:
    """Open the log of a command, if there is one; it begins with the command, and what runs it."""
    if place is None:
        yield None
        return
    from convpipe.batch import opened_log as opened

    with closing(opened(place, complain)) as log:
        made_by = {"convpipe": __version__, "python": platform.python_version(), **versions()}
        log.event("start", command=["convpipe", *arguments], versions=made_by)
        yield log


def not_started(report: Report, error: ConvpipeError, log: Log | None) -> Report:
    """Say why a job could not start, and return that as its report; the other jobs go on."""
    if log is not None:
        log.event("error", level="error", job=report.name, reason=str(error))
    # A config error begins with its place, file:line:column, as in `convpipe check`.
    if isinstance(error, ConfigError):
        complain_of(error)
    else:
        complain(f"{report.name}: {error}")
    return replace(report, error=str(error))


def show(report: Report, shown: bool, verbose: bool) -> None:
    """Print what a job did: its tables, or without them its failures, on standard error."""
    if shown and report.error is None:
        from convpipe.report.terminal import print_report

        streams.emit(rendered(lambda screen: print_report(report, screen, verbose=verbose)))
    elif not shown:
        from convpipe.report import existing_advice, named

        for result in report.failures:
            complain(f"{report.name}: {str(result.path)!r}: {result.stage}: {result.reason}")
        for row in report.rejections:
            complain(f"{report.name}: {named(row)!r}: rejected: {'; '.join(row.rejected)}")
        if (advice := existing_advice(report)) is not None:
            complain(f"{report.name}: {advice}")
        if report.ended_early is not None:
            complain(f"{report.name}: {report.ended_early}: {report.unfinished} left undone")


def total(reports: Sequence[Report]) -> str:
    """Return what several jobs did together, as a line."""
    from convpipe.report import summary

    counts = summary(reports)
    line = f"{len(reports)} jobs: {counts['images']} images: {counts['done']} done, {counts['failed']} failed"
    line += f", {counts['existing']} existing" if counts["existing"] else ""
    line += f", {counts['rejected']} rejected" if counts["rejected"] else ""
    unstarted = sum(report.error is not None for report in reports)
    return f"{line}; {unstarted} could not start" if unstarted else line
