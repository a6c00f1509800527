"""What a run did: one object, whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from convpipe.geometry import Extent

Status = Literal["done", "failed", "skipped"]


@dataclass(frozen=True)
class ImageResult:
    """What became of one image.

    Parameters
    ----------
    path : str
        Relative to the input folder.
    status : {'done', 'failed', 'skipped'}
    stage : str or None
        Where it failed: read, write, or the name of a stage.
    reason : str or None
        Why it failed or was skipped, in one line.
    input : (rows, cols) or None
        Extent, once known.
    stages : tuple of (name, (rows, cols))
        Output extent of every stage.
    notes : tuple of str
        What a person should know of how it was read.
    samples : int
        Rows times columns times channels.
    nans : int
        NaNs that became 0.
    """

    path: str
    status: Status
    stage: str | None = None
    reason: str | None = None
    input: Extent | None = None
    stages: tuple[tuple[str, Extent], ...] = ()
    notes: tuple[str, ...] = ()
    samples: int = 0
    nans: int = 0


@dataclass(frozen=True)
class SizeGroup:
    """The images of one input extent."""

    input: Extent
    count: int
    stages: tuple[tuple[str, Extent], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the group as plain data."""
        stages = [{"name": name, "output": list(extent)} for name, extent in self.stages]
        return {"input": list(self.input), "count": self.count, "stages": stages}


@dataclass(frozen=True)
class Report:
    """What one job did.

    Parameters
    ----------
    name : str
    results : tuple of ImageResult
        In the order of the inputs.
    seconds : float
        Wall time.
    backend : str
    threads : int
        Images filtered at once.
    interrupted : int or None
        Exit code of the signal that ended the run early.
    error : str or None
        Why the job could not start.
    """

    name: str
    results: tuple[ImageResult, ...] = ()
    seconds: float = 0.0
    backend: str = "cpu"
    threads: int = 1
    interrupted: int | None = None
    error: str | None = None
    found: int = field(default=0)

    def _count(self, status: Status) -> int:
        return sum(result.status == status for result in self.results)

    @property
    def images(self) -> int:
        """Number of images found."""
        return max(self.found, len(self.results))

    @property
    def done(self) -> int:
        """Number of images written."""
        return self._count("done")

    @property
    def failed(self) -> int:
        """Number of images that failed."""
        return self._count("failed")

    @property
    def skipped(self) -> int:
        """Number of inputs that are no image files, and why: directories, dangling links, ..."""
        return self._count("skipped")

    @property
    def failures(self) -> list[ImageResult]:
        """The images that failed."""
        return [result for result in self.results if result.status == "failed"]

    @property
    def sizes(self) -> list[SizeGroup]:
        """Every stage's output extent, for each distinct input extent of the images done."""
        groups: dict[tuple[Extent, Any], int] = {}
        for result in self.results:
            if result.status == "done" and result.input is not None:
                key = (result.input, result.stages)
                groups[key] = groups.get(key, 0) + 1
        return [SizeGroup(extent, count, stages) for (extent, stages), count in sorted(groups.items())]

    @property
    def megasamples(self) -> float:
        """Million input samples (pixels times channels) of the images done."""
        return sum(result.samples for result in self.results if result.status == "done") / 1e6

    @property
    def exit_code(self) -> int:
        """0 all done, 1 some failed, 2 could not start, 130 or 143 interrupted."""
        if self.error is not None:
            return 2
        return self.interrupted or int(self.failed > 0)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data, the shape of ``run --json``."""
        data = {
            "name": self.name,
            "images": self.images,
            "done": self.done,
            "failed": self.failed,
            "skipped": self.skipped,
            "failures": [
                {"path": result.path, "stage": result.stage, "reason": result.reason}
                for result in self.failures
            ],
            "sizes": [group.to_dict() for group in self.sizes],
            "seconds": round(self.seconds, 3),
            "megasamples": round(self.megasamples, 3),
            "backend": self.backend,
            "threads": self.threads,
            "interrupted": self.interrupted is not None,
            "notes": [
                {"path": result.path, "note": note} for result in self.results for note in result.notes
            ],
            "nans": sum(result.nans for result in self.results),
        }
        return data if self.error is None else {**data, "error": self.error}


def exit_code(reports: list[Report]) -> int:
    """Return the worst exit code of several jobs: interrupted, could not start, some failed, all done."""
    codes = [report.exit_code for report in reports]
    return max(codes, default=0)


def summary(reports: list[Report]) -> dict[str, Any]:
    """Return several jobs as plain data: the counts of all, and each job."""
    counts = {
        key: sum(getattr(report, key) for report in reports)
        for key in ("images", "done", "failed", "skipped")
    }
    return {
        **counts,
        "seconds": round(sum(report.seconds for report in reports), 3),
        "exit_code": exit_code(reports),
        "jobs": [report.to_dict() for report in reports],
    }
