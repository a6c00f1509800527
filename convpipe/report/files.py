"""A report as files: JSON and CSV for programs, a page for people. They are kept with the care of results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Self

from convpipe.errors import JobError
from convpipe.paths import Location
from convpipe.report.model import Report, summary_parts
from convpipe.report.origin import Origin
from convpipe.report.page import TITLE, to_html
from convpipe.report.places import opened_place
from convpipe.report.stream import encoded, pieces_of
from convpipe.report.table import is_image_table, lines_of

JSON, HTML, CSV = "report.json", "report.html", "report.csv"

HEAD = 300
"""Bytes of a page in which its title stands."""


class ReportFolder:
    """The folder of a report, made and opened before the work begins that the report is about.

    Parameters
    ----------
    path : Path or Url
        A folder, made if need be, or what lies below a URL.
    overwrite : bool
        Replace what has the names of the report's files.
    resume : bool
        Replace reports.

    Raises
    ------
    JobError
        It cannot be made, or files of these names are there and may not be replaced.
    """

    def __init__(self, path: Location, *, overwrite: bool = False, resume: bool = False) -> None:
        self.path = path
        self._place = opened_place(path)
        try:
            self._replace = self._may_replace(overwrite, resume)
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                why = f"the report folder {str(path)!r} cannot be read: {error.strerror}"
                raise JobError(why) from None
            raise

    def _may_replace(self, overwrite: bool, resume: bool) -> bool:
        """Tell whether files that are there may be replaced; refuse the folder where they have to be."""
        names = [name for name in (JSON, HTML, CSV) if self._place.exists(name)]
        replace = overwrite or (resume and all(map(self._is_report, names)))
        if names and not replace:
            raise JobError(
                f"the report folder {str(self.path)!r} holds {' and '.join(names)}; --overwrite replaces any "
                "such file, --resume a report alone"
            )
        return replace

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder."""
        self._place.close()

    def write(self, reports: Sequence[Report], origin: Origin | None = None) -> None:
        """Write the files of the report, each complete or not at all, and never through a link.

        Parameters
        ----------
        reports : sequence of Report
        origin : Origin, optional
            What they were made by.

        Raises
        ------
        JobError
            The disk is full, a file of that name has appeared, ...; it says why.
        """
        contents = {
            JSON: _json(reports, origin),
            CSV: lines_of(reports),
            HTML: iter([to_html(reports, origin)]),
        }
        for name, content in contents.items():
            try:
                self._place.write(name, encoded(content), self._replace)
            except OSError as error:
                where = str(self.path / name)
                raise JobError(f"the report {where!r} cannot be written: {error.strerror}") from error

    def _is_report(self, name: str) -> bool:
        """Tell whether a file is a report of an earlier run."""
        with suppress(OSError, ValueError, RecursionError), self._place.opened(name) as file:
            if name == HTML:
                return f"<title>{TITLE}</title>" in file.read(HEAD)
            if name == CSV:
                return is_image_table(file.read(HEAD))
            return {"jobs", "exit_code"} <= set(json.load(file))
        return False


def _json(reports: Sequence[Report], origin: Origin | None) -> Iterator[str]:
    """Yield the jobs as JSON, piece by piece."""
    made_by = None if origin is None else origin.to_dict()
    yield from pieces_of({**summary_parts(reports), "origin": made_by})
    yield "\n"
