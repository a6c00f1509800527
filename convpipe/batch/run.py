"""Filter a folder of images: a thread an image, one bad image never stopping the rest."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from convpipe import images
from convpipe.batch.find import find_images
from convpipe.batch.outputs import check_outputs, output_path, prepare
from convpipe.errors import ConvpipeError, PlanError
from convpipe.images import DEFAULT_LIMITS, Limits
from convpipe.plan import Plan
from convpipe.report import ImageResult, Report, printable

Progress = Callable[[int, int, ImageResult], None]
"""Called with (images finished, images in all, the last result), on the thread of the caller."""


class Terminated(KeyboardInterrupt):
    """SIGTERM, raised by the signal handler of whoever runs the batch."""


class Engine(Protocol):
    """What a batch needs of a pipeline."""

    backend: str

    def plan(self, shape: Sequence[int], dtype: str = ...) -> Plan:
        """Work out extents and dtype of the result."""

    def filter(self, image: NDArray[Any], threads: int | None = ...) -> tuple[NDArray[Any], int]:
        """Return the result and the number of NaNs that became 0."""


@dataclass(frozen=True)
class Task:
    """Everything the images of a run share."""

    engine: Engine
    root: Path
    output: Path
    format: str | None
    quality: int | None
    compression: int | None
    overwrite: bool
    limits: Limits
    threads: int | None

    def __call__(self, relative: Path) -> ImageResult:
        """Read, filter and write one image; every failure becomes a result."""
        step = _Step("read")
        try:
            return self._filter(relative, step)
        except PlanError as error:
            return _failure(relative, error.stage or "plan", str(error))
        except ConvpipeError as error:
            return _failure(relative, step.name, str(error))
        except MemoryError:
            return _failure(relative, step.name, "out of memory")
        except Exception as error:  # a defect of ours or of a library: this image fails, not the run
            return _failure(relative, step.name, f"{type(error).__name__}: {error}")

    def _filter(self, relative: Path, step: _Step) -> ImageResult:
        source, target = self.root / relative, output_path(relative, self.format)
        step.name = "write"
        path = prepare(self.output, target)
        if not self.overwrite and os.path.lexists(path):
            raise images.already_exists()
        step.name = "read"
        info = images.probe(source, self.limits)
        shape = info.extent if info.channels == 1 else (*info.extent, info.channels)
        step.name = "plan"
        plan = self.engine.plan(shape, info.dtype)
        step.name = "write"
        format = images.format_of(target) or info.format
        images.check_output(format, plan.output_dtype, plan.output_channels, extent=plan.extent)
        step.name = "read"
        image = images.read(source, self.limits)
        step.name = "filter"
        result, nans = self.engine.filter(image.pixels, self.threads)
        step.name = "write"
        images.write(
            path,
            result,
            image.metadata,
            format=format,
            quality=self.quality if images.FORMATS[format].quality else None,
            compression=self.compression if images.FORMATS[format].compression else None,
            overwrite=self.overwrite,
        )
        return ImageResult(
            path=str(relative),
            status="done",
            input=info.extent,
            stages=tuple((stage.name, stage.extent) for stage in plan.stages),
            notes=image.notes,
            samples=image.pixels.size,
            nans=nans,
        )


@dataclass
class _Step:
    """Where in its way an image is."""

    name: str


def _failure(relative: Path, stage: str, reason: str) -> ImageResult:
    return ImageResult(str(relative), "failed", stage, printable(reason))


def run_folder(
    engine: Engine,
    input: Path,
    output: Path,
    *,
    name: str = "run",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    recursive: bool = True,
    format: str | None = None,
    quality: int | None = None,
    compression: int | None = None,
    overwrite: bool = False,
    workers: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Report:
    """Filter every image below `input` into a mirrored tree below `output`.

    Parameters
    ----------
    engine : Engine
        A :class:`convpipe.Pipeline`.
    input : Path
        A folder, or one image.
    output : Path
        A folder, made if need be.
    name : str
        Of the job, for the report.
    include, exclude : sequence of str
        Globs over paths relative to `input`.
    recursive : bool
    format : str, optional
        Of the results; default: that of each input's name.
    quality, compression : int, optional
        For formats that have them.
    overwrite : bool
        Replace results that exist; otherwise such an image fails with that reason.
    workers : int, optional
        Images filtered at once; default: one a core. Twice as many are held in memory at most.
    limits : Limits
        What an image file may claim.
    progress : callable, optional

    Returns
    -------
    Report

    Raises
    ------
    JobError
        If the job cannot start: no input, or an output that would lose something.
    """
    began = time.perf_counter()
    found = find_images(input, include, exclude, recursive)
    check_outputs(found, output, format, exclude)
    workers = max(1, workers or len(os.sched_getaffinity(0)))
    # A single image gets every core; many images get a core each.
    threads = None if len(found.images) == 1 else 1
    task = Task(
        engine, found.root, output, format, quality, compression, overwrite, limits, threads
    )  # fmt: skip
    results: dict[int, ImageResult] = {}
    interrupted = None
    try:
        for index, result in _each(task, found.images, workers):
            results[index] = result
            if progress is not None:
                progress(len(results), len(found.images), result)
    except KeyboardInterrupt as signal:
        interrupted = 143 if isinstance(signal, Terminated) else 130
    skipped = [ImageResult(str(path), "skipped", None, reason) for path, reason in found.skipped]
    return Report(
        name=name,
        results=(*(results[i] for i in sorted(results)), *skipped),
        seconds=time.perf_counter() - began,
        backend=engine.backend,
        threads=workers,
        interrupted=interrupted,
        found=len(found.images) + len(skipped),
    )


def _each(task: Task, relatives: Sequence[Path], workers: int) -> Iterator[tuple[int, ImageResult]]:
    """Yield results as they come, with at most twice `workers` images begun and not yet yielded.

    When the consumer is interrupted, images not begun are dropped and the running ones finish.
    """
    waiting = iter(enumerate(relatives))
    running: dict[Future[ImageResult], int] = {}
    pool = ThreadPoolExecutor(workers, thread_name_prefix="convpipe")
    try:
        while True:
            while len(running) < 2 * workers and (item := next(waiting, None)) is not None:
                index, relative = item
                running[pool.submit(task, relative)] = index
            if not running:
                return
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield running.pop(future), future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
