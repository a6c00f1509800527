"""What the journals of a folder say: how many images came to what, shard by shard."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from convpipe.batch.journal_files import FOLDER, Line, journals, open_to_read, read_journals
from convpipe.batch.last import LastRecords
from convpipe.batch.remote_journal import read_lines
from convpipe.dataclass import dataclass
from convpipe.errors import JobError
from convpipe.images import Folder
from convpipe.paths import Location, located, tried
from convpipe.report import ImageResult
from convpipe.shards import Shard
from convpipe.stores import Url
from convpipe.stores.store import Store

COUNTED = ("images", "done", "failed", "skipped", "quarantined")


class Last(NamedTuple):
    """The last record of an image, and which shard it is of."""

    shard: Shard | None
    result: ImageResult


@dataclass(frozen=True)
class ShardCounts:
    """What the runs of one shard did, or whole runs.

    The last record of an image counts, where no other shard has a later one.

    Parameters
    ----------
    shard : Shard or None
    runs : int
    began : str
        When the last of them did.
    counts : mapping
        Images by what came of them.
    seconds : float
        What the images took, summed over all that ran at once.
    failed : sequence of Last
        They lie on the disk, and are read when they are asked for.
    """

    shard: Shard | None
    runs: int
    began: str
    counts: Mapping[str, int]
    seconds: float
    failed: Sequence[Last]

    @property
    def failures(self) -> Iterator[dict[str, Any]]:
        """The images that failed, as plain data."""
        names = ("path", "stage", "reason", "quarantined", "retries")
        shard = None if self.shard is None else str(self.shard)
        return ({**{name: getattr(one, name) for name in names}, "shard": shard} for _, one in self.failed)

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
    """Lines of journals, counted; the last record of each image lies on the disk until all are read."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.ignored = 0
        self.began: defaultdict[Shard | None, list[str]] = defaultdict(list)
        self._last = LastRecords[Last]()
        jobs: dict[tuple[str, str], int] = {}
        for line in lines:
            if line.maker is None:
                self.ignored += 1
            elif line.result is None:
                self.began[line.shard].append(line.began)
            else:
                job = jobs.setdefault((line.maker.root, str(line.header.get("job"))), len(jobs))
                self._last.take(line.result.path, Last(line.shard, line.result), job)

    def shards(self) -> tuple[ShardCounts, ...]:
        """Return the counts of each; they are of the last records alone, and so come at the end."""
        last = self._last.in_order()
        statuses: defaultdict[Shard | None, Counter[str]] = defaultdict(Counter)
        seconds: defaultdict[Shard | None, float] = defaultdict(float)
        failed: defaultdict[Shard | None, array[int]] = defaultdict(lambda: array("q"))
        for place, (shard, result) in enumerate(last):
            statuses[shard].update({"images": 1, result.status: 1, "quarantined": int(result.quarantined)})
            seconds[shard] += result.seconds
            if result.status == "failed":
                failed[shard].append(place)
        order = sorted(self.began, key=lambda one: (0, 0) if one is None else (one.count, one.index))
        return tuple(
            ShardCounts(
                shard,
                len(self.began[shard]),
                self.began[shard][-1],
                {name: statuses[shard][name] for name in COUNTED},
                seconds[shard],
                last.chosen(failed[shard]),
            )
            for shard in order
        )
