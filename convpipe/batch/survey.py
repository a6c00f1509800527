"""What the journals of a folder say: how many images came to what, shard by shard."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convpipe.batch.journal_files import FOLDER, Line, journals, open_to_read, read_journals
from convpipe.batch.remote_journal import read_lines
from convpipe.errors import JobError
from convpipe.images import Folder
from convpipe.paths import Location, located, tried
from convpipe.report import ImageResult
from convpipe.shards import Shard
from convpipe.stores import Url
from convpipe.stores.store import Store


@dataclass(frozen=True)
class ShardCounts:
    """What the runs of one shard did, or whole runs.

    Parameters
    ----------
    shard : Shard or None
    runs : int
    began : str
        When the last of them did.
    results : tuple of ImageResult
        The last record of each image, where no other shard has a later one.
    """

    shard: Shard | None
    runs: int
    began: str
    results: tuple[ImageResult, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Images by what came of them."""
        found = Counter(result.status for result in self.results)
        return {
            "images": len(self.results),
            **{status: found[status] for status in ("done", "failed", "skipped")},
            "quarantined": sum(result.quarantined for result in self.results),
        }

    @property
    def seconds(self) -> float:
        """What the images took, summed over all that ran at once."""
        return sum(result.seconds for result in self.results)

    @property
    def failures(self) -> list[dict[str, Any]]:
        """The images that failed, as plain data."""
        names = ("path", "stage", "reason", "quarantined", "retries")
        failed = (result for result in self.results if result.status == "failed")
        shard = None if self.shard is None else str(self.shard)
        return [{**{name: getattr(result, name) for name in names}, "shard": shard} for result in failed]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, but for the failures."""
        shard = None if self.shard is None else str(self.shard)
        runs = {"shard": shard, "runs": self.runs, "began": self.began}
        return {**runs, **self.counts, "seconds": round(self.seconds, 3)}


@dataclass(frozen=True)
class Survey:
    """What journals say.

    Parameters
    ----------
    journals : tuple of Path or Url
    shards : tuple of ShardCounts
        Whole runs come first.
    ignored : int
        Lines that say nothing.
    """

    journals: tuple[Location, ...]
    shards: tuple[ShardCounts, ...]
    ignored: int


def survey(place: str | Location) -> Survey:
    """Return what journals say, also while runs go on.

    Parameters
    ----------
    place : path or Url
        An output folder, or one journal.

    Raises
    ------
    JobError
        There is no journal, or it cannot be read.
    """
    place = located(place)
    if isinstance(place, Url):
        return _of_store(place)
    try:
        with Folder(place if place.is_dir() else place.parent) as folder:
            names = journals(folder) if place.is_dir() else [place.name]
            tally = _Tally(read_journals(names, lambda name: open_to_read(folder, name)))
    except OSError as error:
        why = f"{error.strerror or error}{tried(place)}"
        raise JobError(f"the journal {str(place)!r} cannot be read: {why}") from None
    if not names:
        raise JobError(f"there is no journal in {str(place)!r}, the output folder of a run")
    if tally.ignored and not tally.began:
        raise JobError(f"{str(place)!r} is no journal: no line says which run wrote it")
    return Survey(tuple(folder.path / name for name in names), tally.shards(), tally.ignored)


def _of_store(url: Url) -> Survey:
    """Return what the journals of runs say that wrote to a store."""
    where = url / FOLDER
    try:
        tally = _Tally(read_lines(Store(where)))
    except OSError as error:
        raise JobError(f"the journal {str(where)!r} cannot be read: {error.strerror}") from None
    if not tally.began:
        raise JobError(f"there is no journal in {str(url)!r}, the output of a run")
    return Survey((where,), tally.shards(), tally.ignored)


class _Tally:
    """Lines of journals, counted."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.ignored = 0
        self.began: defaultdict[Shard | None, list[str]] = defaultdict(list)
        self._last: dict[tuple[str, str, str], tuple[Shard | None, ImageResult]] = {}
        for line in lines:
            if line.maker is None:
                self.ignored += 1
            elif line.result is None:
                self.began[line.shard].append(line.began)
            else:
                key = line.maker.root, str(line.header.get("job")), line.result.path
                self._last[key] = line.shard, line.result

    def shards(self) -> tuple[ShardCounts, ...]:
        """Return the counts of each."""
        results: defaultdict[Shard | None, list[ImageResult]] = defaultdict(list)
        for shard, result in self._last.values():
            results[shard].append(result)
        order = sorted(self.began, key=lambda one: (0, 0) if one is None else (one.count, one.index))
        return tuple(
            ShardCounts(
                shard,
                len(self.began[shard]),
                self.began[shard][-1],
                tuple(sorted(results[shard], key=lambda one: Path(one.path))),
            )
            for shard in order
        )
