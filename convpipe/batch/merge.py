"""The journals of shards made one, as one run would have left it, and their tables of measures."""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

from convpipe.batch.destination import FolderDestination
from convpipe.batch.identity import Identity
from convpipe.batch.journal import Journal
from convpipe.batch.journal_files import JOURNAL, journals, open_to_read, shard_of
from convpipe.batch.last import LastRecords
from convpipe.batch.table import OBJECTS, TABLE, Tables, table_name
from convpipe.dataclass import dataclass
from convpipe.errors import JobError
from convpipe.images import Drafts, File, Folder
from convpipe.paths import Location, located, tried
from convpipe.report import ImageResult, Report
from convpipe.report.measures import guarded
from convpipe.shards import Shard
from convpipe.shelf import Shelf
from convpipe.stores import Url


@dataclass(frozen=True)
class Merged:
    """What was made one.

    Parameters
    ----------
    journal : Path
    shards : tuple of Shard
        Whose journals are part of it now, and gone.
    ignored : int
        Damaged lines, which were left out.
    table : Path or None
        Of the measures of all shards.
    missing : tuple of Shard
        Whose measures are not there, for want of which there is no table.
    """

    journal: Path
    shards: tuple[Shard, ...]
    ignored: int
    table: Path | None
    missing: tuple[Shard, ...]


def merge_journals(output: str | Location) -> Merged:
    """Make the journals of shards one journal, and their tables of measures one table.

    Runs stand in it in the order in which they began. Where this ends before its end, all journals are still
    there, or the merged one beside some: it can be done again, and no run is in it twice.

    Parameters
    ----------
    output : path
        The output folder.

    Raises
    ------
    JobError
        There is no journal, it is in a store, a run goes on, or what is needed cannot be read or written.
    """
    if isinstance(place := located(output), Url):
        raise JobError(f"the journals in {str(place)!r} are read together: none has to be merged")
    try:
        with Folder(place) as folder, ExitStack() as stack:
            return _merge(folder, stack)
    except OSError as error:
        why = f"{error.strerror or error}{tried(place)}"
        raise JobError(f"the journals in {str(place)!r} cannot be merged: {why}") from None


def _merge(folder: Folder, stack: ExitStack) -> Merged:
    names = journals(folder)
    if not names:
        raise JobError(f"there is no journal in {str(folder.path)!r}, the output folder of a run")
    journal = stack.enter_context(closing(Journal(folder)))  # which locks out all runs
    own = [name for name in names if shard_of(name) is not None]
    ignored = 0
    if own:
        Drafts().write(File(folder, JOURNAL, _once(journal), True))
        folder.sync()
        ignored = journal.ignored
        journal = stack.enter_context(closing(Journal(folder)))  # the new one, before the old is let go of
    table, missing = _merge_tables(folder, journal)
    for name in own:
        folder.unlink(name)
    folder.sync()
    assert isinstance(journal.path, Path)
    shards = tuple(shard for name in own if (shard := shard_of(name)))
    return Merged(journal.path, shards, ignored, table, missing)


def _once(journal: Journal) -> Iterator[bytes]:
    """Yield the lines of all journals; a run that two have, as a merge broke off, stands there once."""
    first: dict[bytes, str] = {}
    again = False
    for line in journal.lines():
        if line.result is None:
            again = first.setdefault(line.text, line.name) != line.name
        if not again:
            yield line.text


def _merge_tables(folder: Folder, journal: Journal) -> tuple[Path | None, tuple[Shard, ...]]:
    """Write the tables of all shards as those of one run; return where, and which shards have none."""
    parts = _parts(folder)
    if not parts:
        return None, ()
    past = _Measured(journal)
    counts = {shard.count for shard in parts}
    sets = [[Shard(index, count) for index in range(count)] for count in sorted(counts)]
    whole = [every for every in sets if all(shard in parts for shard in every)]
    if not whole:
        return None, tuple(shard for shard in sets[-1] if shard not in parts)
    known = [every for every in whole if all(shard in past.headers for shard in every)]
    latest = max(known, key=past.began, default=whole[-1])
    identity = past.identity(latest)
    if identity is None:
        raise JobError(f"the tables of shards in {str(folder.path)!r} are of several jobs, or of none known")
    if not (past.identity([None]) == identity and past.began([None]) > past.began(latest)):
        _write_tables(folder, journal, past, {shard: parts[shard] for shard in latest})
    for shard, name in parts.items():
        folder.unlink(name)
        with suppress(FileNotFoundError):
            folder.unlink(table_name(OBJECTS, shard))
    return folder.path / TABLE, ()


def _write_tables(folder: Folder, journal: Journal, past: _Measured, parts: Mapping[Shard, str]) -> None:
    """Write what the journal has of the images that stand in the tables of shards."""
    identity, said = past.headers[next(iter(parts))]
    found, named = past.measured[identity].in_order(), _Named(folder, parts)
    results = found.chosen(place for place, result in enumerate(found) if named.has(result.path))
    try:
        accept = tuple((str(name), (least, most)) for name, (least, most) in said["accept"].items())
        of_objects = tuple(map(str, said["of_objects"]))
    except (LookupError, AttributeError, TypeError, ValueError):
        raise JobError(f"the journal {str(journal.path)!r} does not say what tables of shards hold") from None
    tables = Tables(FolderDestination(folder), TABLE, OBJECTS, of_objects, overwrite=False, resume=True)
    if (why := tables.write(Report("merge", results, accept=accept), journal).stopped) is not None:
        raise JobError(f"the journals are merged, and the tables are not, {why}")


def _parts(folder: Folder) -> dict[Shard, str]:
    """Return the tables of shards by their shards."""
    begin, end = table_name(TABLE, Shard(0, 1)).split(Shard(0, 1).label)
    inner = (name for name in folder.names() if name.startswith(begin) and name.endswith(end))
    shards = (Shard.labelled(name[len(begin) : -len(end)]) for name in inner)
    return {shard: table_name(TABLE, shard) for shard in shards if shard is not None}


class _Measured:
    """What a journal says of measures.

    Attributes
    ----------
    headers : dict
        By shards, and None for whole runs: who made the last run, and its header.
    measured : dict
        By identities: the last record of each image that has measures.
    """

    def __init__(self, journal: Journal) -> None:
        self.headers: dict[Shard | None, tuple[Identity, Mapping[str, Any]]] = {}
        self.measured: defaultdict[Identity, LastRecords[ImageResult]] = defaultdict(LastRecords)
        for line in journal.lines():
            assert line.maker is not None
            if line.result is None:
                self.headers[line.shard] = line.maker.identity, line.header
            elif line.result.measures:
                self.measured[line.maker.identity].take(line.result.path, line.result)

    def began(self, shards: Iterable[Shard | None]) -> str:
        """Return when the last run of some shards did."""
        return max(str(self.headers[shard][1].get("began")) for shard in shards)

    def identity(self, shards: Iterable[Shard | None]) -> Identity | None:
        """Return who made the last runs of shards; None where that is not one, or not known."""
        found = {self.headers[shard][0] if shard in self.headers else None for shard in shards}
        return found.pop() if len(found) == 1 else None


class _Named:
    """The images that stand in the tables of shards, on the disk.

    Parameters
    ----------
    folder : Folder
    parts : mapping of Shard to str
        The tables, of all shards that there are.
    """

    def __init__(self, folder: Folder, parts: Mapping[Shard, str]) -> None:
        self._count, self._shown = len(parts), Shelf[bool]()
        for shard, name in parts.items():
            for text in _first_cells(folder, name):
                self._shown.put(f"{shard}\0{text}", True)

    def has(self, path: str) -> bool:
        """Tell whether an image stands in the table of its shard, as tables show paths."""
        return bool(self._shown.get(f"{Shard.of(Path(path), self._count)}\0{guarded(path)}"))


def _first_cells(folder: Folder, name: str) -> Iterator[str]:
    """Yield what begins the rows of a table."""
    with os.fdopen(open_to_read(folder, name), encoding="utf-8", errors="replace", newline="") as file:
        try:
            yield from (row[0] for row in csv.reader(file) if row)
        except csv.Error as error:
            raise JobError(f"the table {str(folder.path / name)!r} cannot be read: {error}") from None
