"""What a run did: one object, whoever shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.drawing.flow import FlowStage
from convpipe.geometry import Extent
from convpipe.losses import Losses
from convpipe.report.measures import Range, Rows, Spread, columns_of, spreads, to_dicts
from convpipe.report.objects import ObjectTable
from convpipe.report.result import ImageResult, Steps
from convpipe.report.samples import Sample
from convpipe.report.stream import listed
from convpipe.report.tally import Tally
from convpipe.shards import Shard
from convpipe.shelf import Chosen


@dataclass(frozen=True)
class SizeGroup:
    """The images of one input extent."""

    input: Extent
    count: int
    stages: tuple[tuple[str, Extent], ...]
    channels: int | None = None
    """Of the last stage's result, where they are more than 4."""

    @property
    def shapes(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The stages with their extents, and the channels of the last where they are many."""
        *before, (name, extent) = self.stages
        return *before, (name, extent if self.channels is None else (*extent, self.channels))

    def to_dict(self) -> dict[str, Any]:
        """Return the group as plain data."""
        stages = [{"name": name, "output": list(extent)} for name, extent in self.stages]
        many = {} if self.channels is None else {"channels": self.channels}
        return {"input": list(self.input), "count": self.count, "stages": stages, **many}


@dataclass(frozen=True)
class Report:
    """What one job did.

    Parameters
    ----------
    name : str
    results : sequence of ImageResult
        In the order of the inputs. Those of a folder are on the disk, and read when they are asked for.
    seconds : float
        Wall time.
    backend : str
    threads : int
        Images filtered at once.
    interrupted : int or None
        Exit code of the signal that ended the run early.
    unfinished : int
        Images it left undone.
    stopped : str or None
        Why the run gave up early, as on a full disk.
    journal : str or None
        Path of the journal that holds every result.
    error : str or None
        Why the job could not start.
    config : str or None
        The config file.
    output : str or None
        Where the results are: a folder, or the one result.
    outputs : tuple of (name, path)
        Each result of every image, and the folder of those of its name, or the one result.
    unsupported : tuple of str
        Files in the input folder whose names say no format that is read.
    resumed : bool
        Whether it went on with earlier runs.
    warnings : tuple of str
        Where values can saturate, of each dtype among the images that were filtered.
    accept : tuple of (name, (float or None, float or None))
        The least and the most that measures may be in an image that passes.
    strict : bool
        Whether an image that does not is a failure.
    objects : ObjectTable or None
        Where the table of the objects in all images is, and how many there are.
    flow : tuple of FlowStage
        The stages.
    samples : tuple of Sample
        Images whose stages a page shows.
    source : str or None
        The text of the config file.
    shard : Shard or None
        Which of the images it was to filter, where it was one of several runs.
    elsewhere : int
        Images of the other shards.
    """

    name: str
    results: Sequence[ImageResult] = ()
    seconds: float = 0.0
    backend: str = "cpu"
    threads: int = 1
    interrupted: int | None = None
    unfinished: int = 0
    stopped: str | None = None
    journal: str | None = None
    error: str | None = None
    config: str | None = None
    output: str | None = None
    outputs: tuple[tuple[str, str], ...] = ()
    unsupported: tuple[str, ...] = ()
    resumed: bool = False
    warnings: tuple[str, ...] = ()
    accept: tuple[tuple[str, Range], ...] = ()
    strict: bool = False
    objects: ObjectTable | None = None
    flow: tuple[FlowStage, ...] = ()
    samples: tuple[Sample, ...] = ()
    source: str | None = None
    shard: Shard | None = None
    elsewhere: int = 0

    @cached_property
    def tally(self) -> Tally:
        """What the images come to together."""
        return Tally.of(self.results, dict(self.accept))

    def _those(self, places: Iterable[int]) -> Sequence[ImageResult]:
        return Chosen(self.results, places)

    @property
    def images(self) -> int:
        """Number of images found: done, failed, existing, skipped and left undone."""
        return len(self.results) + self.unfinished

    @property
    def done(self) -> int:
        """Number of images whose results are there, by this run or an earlier one."""
        return self.tally.statuses["done"]

    @property
    def written(self) -> int:
        """Number of images whose results this run made."""
        return self.tally.written

    @property
    def failed(self) -> int:
        """Number of images that failed, without those whose results exist already."""
        return len(self.tally.failures)

    @property
    def skipped(self) -> int:
        """Number of inputs that are no files to read: folders, pipes, dangling links, ..."""
        return self.tally.statuses["skipped"]

    @property
    def kept(self) -> int:
        """Number of images, done or failed, that an earlier run settled and this one left as they are."""
        return self.tally.kept

    @property
    def retried(self) -> int:
        """Number of images that this run tried more than once, done or failed in the end."""
        return self.tally.retried

    @property
    def failures(self) -> Sequence[ImageResult]:
        """The images that failed, each with its stage and reason, without those of :attr:`existing`."""
        return self._those(self.tally.failures)

    @property
    def existing(self) -> int:
        """Number of images that were not filtered, as a file has the name of their result already."""
        return len(self.tally.untouched)

    @property
    def untouched(self) -> Sequence[ImageResult]:
        """The images of :attr:`existing`."""
        return self._those(self.tally.untouched)

    @property
    def skips(self) -> Sequence[ImageResult]:
        """The inputs that were skipped, each with its reason."""
        return self._those(self.tally.skips)

    @cached_property
    def sizes(self) -> list[SizeGroup]:
        """Every stage's output extent, for each distinct input extent of the images done."""
        return [
            SizeGroup(key.input, count, key.stages, key.channels or None)
            for key, count in sorted(self.tally.sizes.items())
        ]

    @property
    def steps(self) -> Steps:
        """Seconds that images of this run spent in each step, summed over threads."""
        return self.tally.steps

    @property
    def megapixels(self) -> float:
        """Million pixels (rows times columns, of all pages) that this run filtered."""
        return self.tally.pixels / 1e6

    @property
    def bytes_read(self) -> int:
        """Bytes of the image files that this run filtered."""
        return self.tally.bytes_read

    @property
    def bytes_written(self) -> int:
        """Bytes of the results that this run made."""
        return self.tally.bytes_written

    @property
    def pages(self) -> int:
        """Number of pages filtered: more than images done where TIFFs hold several."""
        return self.tally.pages

    @property
    def losses(self) -> Losses:
        """How many samples were lost on the way to the results."""
        return self.tally.losses

    @property
    def notes(self) -> Iterator[tuple[str, str]]:
        """What there is to know of how images were read, each with the path of its image."""
        noted = self.results if self.tally.notes else ()
        return ((result.path, note) for result in noted for note in result.notes)

    @property
    def rows(self) -> Rows:
        """The numbers of every image that was measured, a row for each page."""
        return Rows(self.results if self.tally.measured else (), dict(self.accept))

    @cached_property
    def columns(self) -> dict[str, NDArray[np.float64]]:
        """The numbers of each measure, of the rows that have it."""
        return columns_of(self.rows)

    @property
    def spreads(self) -> dict[str, Spread]:
        """What each measure is over all images."""
        return spreads(self.columns)

    @property
    def rejections(self) -> Rows:
        """Those by which an image does not pass."""
        return Rows(self._those(self.tally.rejected), dict(self.accept), rejected=True)

    @property
    def rejected(self) -> int:
        """Number of images whose measures are not all accepted; their results are there."""
        return len(self.tally.rejected)

    @property
    def ended_early(self) -> str | None:
        """Why the run ended before its last image, in a few words, if it did."""
        if self.interrupted is not None:
            return "interrupted"
        return None if self.stopped is None else f"stopped early, {self.stopped}"

    @property
    def exit_code(self) -> int:
        """0 all done, 1 some failed, existed or given up, 2 could not start, 130 or 143 interrupted.

        Images that are rejected count as failed where that is `strict`.
        """
        if self.error is not None:
            return 2
        failed = self.failed + self.existing + self.strict * self.rejected
        return self.interrupted or int(failed > 0 or self.stopped is not None)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data: a job in ``run --json``, all keys always there."""
        found: dict[str, Any] = listed(self.parts())
        return found

    def parts(self) -> dict[str, Any]:
        """Return the same with iterators in the place of lists that have an entry for each image."""
        return {
            "name": self.name,
            "config": self.config,
            "stages": [stage.to_dict() for stage in self.flow],
            "output": self.output,
            "outputs": [{"name": name, "path": path} for name, path in self.outputs],
            "images": self.images,
            "done": self.done,
            "failed": self.failed,
            "existing": self.existing,
            "skipped": self.skipped,
            "unsupported": len(self.unsupported),
            "kept": self.kept,
            "written": self.written,
            "retried": self.retried,
            "unfinished": self.unfinished,
            "failures": (
                {"path": result.path, "stage": result.stage, "reason": result.reason}
                for result in self.failures
            ),
            "sizes": [group.to_dict() for group in self.sizes],
            "warnings": list(self.warnings),
            "measures": {name: spread.to_dict() for name, spread in self.spreads.items()},
            "measured": to_dicts(self.rows, bool(self.accept)),
            "accept": {name: list(within) for name, within in self.accept},
            "objects": None if self.objects is None else vars(self.objects),
            "rejected": self.rejected,
            "rejections": (
                {"path": row.path, "page": row.page, "reason": reason}
                for row in self.rejections
                for reason in row.rejected
            ),
            "seconds": round(self.seconds, 3),
            "steps": {name: round(spent, 3) for name, spent in self.steps._asdict().items()},
            "megapixels": round(self.megapixels, 6),
            "bytes_read": self.bytes_read,
            "bytes_written": self.bytes_written,
            "backend": self.backend,
            "threads": self.threads,
            "interrupted": self.interrupted is not None,
            "stopped": self.stopped,
            "journal": self.journal,
            "shard": None if self.shard is None else {**vars(self.shard), "elsewhere": self.elsewhere},
            "skips": ({"path": result.path, "reason": result.reason} for result in self.skips),
            "notes": ({"path": path, "note": note} for path, note in self.notes),
            "nans": self.losses.nans,
            "overflows": self.losses.overflows,
            "pages": self.pages,
            "unsupported_files": list(self.unsupported),
            "error": self.error,
        }


def exit_code(reports: Sequence[Report]) -> int:
    """Return the worst exit code of several jobs: interrupted, could not start, some failed, all done."""
    return max((report.exit_code for report in reports), default=0)


def summary(reports: Sequence[Report]) -> dict[str, Any]:
    """Return jobs as plain data, the shape of ``run --json``: the counts of all, and each job."""
    found: dict[str, Any] = listed(summary_parts(reports))
    return found


def summary_parts(reports: Sequence[Report]) -> dict[str, Any]:
    """Return the same with iterators in the place of lists that have an entry for each image or job."""
    counts = {
        key: sum(getattr(report, key) for report in reports)
        for key in ("images", "done", "failed", "existing", "rejected", "skipped")
    }
    return {
        **counts,
        "unsupported": sum(len(report.unsupported) for report in reports),
        "seconds": round(sum(report.seconds for report in reports), 3),
        "exit_code": exit_code(reports),
        "jobs": (report.parts() for report in reports),
    }
