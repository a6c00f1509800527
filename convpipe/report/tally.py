"""What the images of a run come to together: counted in one pass, as each may be read from the disk."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import PurePath
from typing import NamedTuple

from convpipe.dataclass import dataclass
from convpipe.geometry import Extent
from convpipe.losses import Losses
from convpipe.report.measures import Range, rows_of
from convpipe.report.result import ImageResult, Status, Steps


class SizeKey(NamedTuple):
    """What the images of one size have in common; `channels` is 0 where they are those of a picture."""

    input: Extent
    stages: tuple[tuple[str, Extent], ...]
    channels: int


@dataclass
class Codec:
    """Files of one format, read or written."""

    files: int = 0
    bytes: int = 0
    seconds: float = 0.0
    pixels: int = 0

    def add(self, nbytes: int, seconds: float, pixels: int) -> None:
        """Count a file."""
        self.files += 1
        self.bytes += nbytes
        self.seconds += seconds
        self.pixels += pixels


def _places() -> array[int]:
    return array("q")


@dataclass
class Tally:
    """The counts of a run, and at which places its results stand that somebody asks for.

    What this run made, and did not find made, is counted in `written` and all from `steps` on but `notes`.
    """

    statuses: Counter[Status] = field(default_factory=Counter)
    kept: int = 0
    retried: int = 0
    pages: int = 0
    measured: int = 0
    losses: Losses = field(default_factory=Losses)
    sizes: Counter[SizeKey] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    failures: array[int] = field(default_factory=_places)
    untouched: array[int] = field(default_factory=_places)
    skips: array[int] = field(default_factory=_places)
    rejected: array[int] = field(default_factory=_places)
    written: int = 0
    steps: Steps = field(default_factory=Steps)
    timed: int = 0
    pixels: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    codecs: dict[tuple[str, str], Codec] = field(default_factory=dict)

    @classmethod
    def of(cls, results: Iterable[ImageResult], accept: Mapping[str, Range]) -> Tally:
        """Count results; `accept` has what measures may be."""
        tally = cls()
        for at, result in enumerate(results):
            tally._add(at, result)
            if result.measures:
                tally.measured += 1
                if any(row.rejected for row in rows_of([result], accept)):
                    tally.rejected.append(at)
        return tally

    def _add(self, at: int, result: ImageResult) -> None:
        self.statuses[result.status] += 1
        self.kept += result.kept
        self.retried += result.retries > 0 and not result.kept
        self.losses += result.losses
        self.notes.update(result.notes)
        if result.status == "done":
            self._add_done(result)
        elif result.status == "skipped":
            self.skips.append(at)
        else:
            (self.untouched if result.existed else self.failures).append(at)

    def _add_done(self, result: ImageResult) -> None:
        self.pages += result.pages
        if result.input is not None:
            self.sizes[SizeKey(result.input, result.stages, result.channels or 0)] += 1
        if not result.kept:
            self.written += 1
            self.pixels += result.pixels
            self.bytes_read += result.bytes_read
            self.bytes_written += result.bytes_written + sum(file.bytes_written for file in result.beside)
            if result.steps is not None:
                self._add_times(result, result.steps)

    def _add_times(self, result: ImageResult, steps: Steps) -> None:
        self.timed += 1
        self.steps = Steps(*map(sum, zip(self.steps, steps, strict=True)))
        self._codec("read", result.path).add(result.bytes_read, steps.read, result.pixels)
        self._codec("written", result.output or "").add(result.bytes_written, steps.write, result.pixels)

    def _codec(self, what: str, path: str) -> Codec:
        """Return the counts of the format that a name tells."""
        return self.codecs.setdefault((what, PurePath(path).suffix.lower() or "none"), Codec())
