"""The tables of what a run measured: files that are complete or as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from convpipe.batch.destination import Destination, FolderDestination, NewFile
from convpipe.batch.job import FolderJob
from convpipe.batch.journal import Ledger
from convpipe.batch.remote import StoreDestination
from convpipe.errors import JobError, WriteError
from convpipe.images import Folder
from convpipe.measures import Gauge
from convpipe.paths import Location, tried
from convpipe.report import ObjectTable, Report, is_table, objects
from convpipe.report.measures import csv_lines, json_pieces
from convpipe.report.stream import encoded
from convpipe.shards import Shard
from convpipe.stores import Url

TABLE = "measures.csv"
"""Its name in the output folder."""

OBJECTS = "objects.csv"
"""The name of the table of objects there; beside a table that is called otherwise it is NAME-objects.csv."""

HEAD = 64
"""Bytes by which they are known."""


class Table:
    """Where a table of a run goes, looked at before the work begins.

    Parameters
    ----------
    place : Destination
    name : str
    is_one : callable
        Tells from the first characters of a file whether it is such a table.
    overwrite, resume : bool
        Replace any file of that name; or such a table.

    Raises
    ------
    JobError
        There is a file that may not be replaced.
    """

    def __init__(
        self, place: Destination, name: str, is_one: Callable[[str], bool], *, overwrite: bool, resume: bool
    ) -> None:
        self._place, self.name, self._is_one = place, name, is_one
        there = place.taken(Path(name))
        self._replace = overwrite or (resume and there and self._is_such())
        if there and not self._replace:
            raise JobError(
                f"{place.shown(Path(name))!r} exists, where the measures go: --overwrite replaces any such "
                "file, --resume a table of measures alone, and --measures FILE puts them elsewhere"
            )

    @property
    def shown(self) -> str:
        """Where it is."""
        return self._place.shown(Path(self.name))

    def write(self, pieces: Iterable[bytes]) -> str | None:
        """Write the table; return why that could not be, in a few words."""
        try:
            self._place.save([NewFile(Path(self.name), pieces, self._replace)])
        except WriteError as error:
            return (
                f"as the table of measures cannot be written ({error.reason.removeprefix('cannot write: ')})"
            )
        return None

    def _is_such(self) -> bool:
        return self._is_one(self._place.head(Path(self.name), HEAD).decode("utf-8", "replace"))


class Tables:
    """The table of the numbers of images, and that of objects if a measure is of them.

    Parameters
    ----------
    place : Destination
    name : str
        Of the former, which is JSON if it ends so, else CSV.
    beside : str
        Of the latter.
    of_objects : sequence of str
        The measures of objects.
    **how
        As for :class:`Table`.
    """

    def __init__(
        self, place: Destination, name: str, beside: str, of_objects: Sequence[str], **how: bool
    ) -> None:
        self._measures = Table(place, name, is_table, **how)
        self._objects = Table(place, beside, objects.is_table, **how) if of_objects else None
        self._of_objects = of_objects

    def write(self, report: Report, ledger: Ledger) -> Report:
        """Write both; return the report with what came of it.

        Rows of objects are read from the journal image by image, and never in memory all at once.
        """
        made = json_pieces if self._measures.name.lower().endswith(".json") else csv_lines
        unsaid = self._measures.write(encoded(made(report.rows, bool(report.accept))))
        if self._objects is not None and unsaid is None:
            count = 0

            def pieces() -> Iterator[bytes]:
                nonlocal count
                yield objects.head_of(self._of_objects).encode("utf-8")
                for result in report.results:
                    rows = list(objects.rows_of(result.path, ledger.objects(result)))
                    count += len(rows)
                    yield "".join(rows).encode("utf-8")

            unsaid = self._objects.write(pieces())
            report = replace(report, objects=ObjectTable(self._objects.shown, count))
        return replace(report, stopped=report.stopped or unsaid)


def table_name(name: str, shard: Shard | None) -> str:
    """Return the name of a table, or of the part of it that a shard makes.

    Examples
    --------
    >>> table_name(TABLE, None), table_name(TABLE, Shard(1, 4))
    ('measures.csv', 'measures.1-of-4.csv')
    """
    return name if shard is None else f"{Path(name).stem}.{shard.label}{Path(name).suffix}"


@contextmanager
def opened_tables(job: FolderJob, output: Destination, gauge: Gauge | None) -> Iterator[Tables | None]:
    """Open where the measures of a job go; None where there are none, or nobody asks for a file of them."""
    how = {"overwrite": job.overwrite, "resume": job.resume}
    if job.measures is not None and gauge is None:
        raise JobError("the job measures nothing, and so there is no table of it; 'measure:' names numbers")
    if job.measures is not None and job.shard is not None:
        raise JobError(
            f"the measures of a shard go to {table_name(TABLE, job.shard)!r} in the output folder, and those "
            "of all shards to one table by 'convpipe journal merge'; leave out --measures"
        )
    if gauge is None or (job.measures is None and job.result is not None):
        yield None
    elif job.measures is None:
        measures, beside = (table_name(name, job.shard) for name in (TABLE, OBJECTS))
        yield Tables(output.anew(), measures, beside, gauge.of_objects, **how)
    else:
        with _opened(job.measures.parent) as place:
            beside = f"{job.measures.stem}-{OBJECTS}"
            yield Tables(place, job.measures.name, beside, gauge.of_objects, **how)


def _opened(where: Location) -> AbstractContextManager[Destination]:
    """Open the place of a table."""
    what = "the folder of the table of measures"
    try:
        if isinstance(where, Url):
            return StoreDestination(where.to_write(what), listed=False)
        return FolderDestination(Folder(where))
    except OSError as error:
        why = f"{error.strerror}{tried(where)}"
        message = f"the folder {str(where)!r} of the table of measures cannot be opened: {why}"
        raise JobError(message) from None
