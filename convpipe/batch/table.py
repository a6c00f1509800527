"""The table of what a run measured: a file that is complete or as it was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from convpipe.batch.job import FolderJob
from convpipe.errors import JobError
from convpipe.images import Drafts, File, Folder
from convpipe.paths import tried
from convpipe.report import Report, is_table, to_csv, to_json

TABLE = "measures.csv"
"""Its name in the output folder."""

HEAD = 64
"""Characters by which it is known."""


class Table:
    """Where the measures of a run go, looked at before the work begins.

    Parameters
    ----------
    folder : Folder
    name : str
        JSON if it ends so, else CSV.
    overwrite, resume : bool
        Replace any file of that name; or such a table.

    Raises
    ------
    JobError
        There is a file that may not be replaced.
    """

    def __init__(self, folder: Folder, name: str, *, overwrite: bool, resume: bool) -> None:
        self._folder, self._name = folder, name
        there = folder.exists(name)
        self._replace = overwrite or (resume and there and self._is_table())
        if there and not self._replace:
            raise JobError(
                f"{str(folder.path / name)!r} exists, where the measures go: --overwrite replaces any such "
                "file, --resume a table of measures alone, and --measures FILE puts them elsewhere"
            )

    def write(self, report: Report) -> str | None:
        """Write the table; return why that could not be, in a few words."""
        made = to_json if self._name.lower().endswith(".json") else to_csv
        content = made(report.rows, bool(report.accept)).encode("utf-8")
        try:
            Drafts().write(File(self._folder, self._name, [content], self._replace))
        except OSError as error:
            return f"as the table of measures cannot be written ({error.strerror or error})"
        return None

    def _is_table(self) -> bool:
        with suppress(OSError, ValueError):
            descriptor = self._folder.open(self._name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(descriptor, encoding="utf-8") as file:
                return is_table(file.read(HEAD))
        return False


@contextmanager
def opened_table(job: FolderJob, output: Folder, *, measured: bool) -> Iterator[Table | None]:
    """Open where the measures of a job go; None where there are none, or nobody asks for a file of them."""
    how = {"overwrite": job.overwrite, "resume": job.resume}
    if job.measures is not None and not measured:
        raise JobError("the job measures nothing, and so there is no table of it; 'measure:' names numbers")
    if job.measures is not None:
        try:
            folder = Folder(job.measures.parent)
        except OSError as error:
            where, why = str(job.measures.parent), f"{error.strerror}{tried(job.measures.parent)}"
            raise JobError(f"the folder {where!r} of the table of measures cannot be opened: {why}") from None
        try:
            yield Table(folder, job.measures.name, **how)
        finally:
            folder.close()
    else:
        yield Table(output, TABLE, **how) if measured and job.result is None else None
