"""Filter a folder of images: a thread an image, one bad image never stopping the rest."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from numpy.typing import NDArray

from convpipe import images
from convpipe.batch.find import Found, find_images
from convpipe.batch.outputs import check_inside, make_folder, map_outputs
from convpipe.errors import ConvpipeError, PlanError, ReadError
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
class Job:
    """Everything the images of a run share.

    Parameters
    ----------
    threads : int or None
        Threads that filter one image; None: all cores.
    stop : Event
        Once set, images in hand are dropped at their next step, unless it is the last.
    """

    engine: Engine
    root: Path
    output: Path
    format: str | None
    quality: int | None
    compression: int | None
    overwrite: bool
    limits: Limits
    threads: int | None
    stop: Event = field(default_factory=Event)


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
        Globs over paths relative to `input`, see :class:`convpipe.batch.Selection`.
    recursive : bool
        Whether to look into folders below `input`.
    format : str, optional
        Of the results; default: that of each input's name.
    quality, compression : int, optional
        For formats that have them.
    overwrite : bool
        Replace results that exist; otherwise such an image fails with that reason.
    workers : int, optional
        Images filtered, and held in memory, at once; default: one a core. A single image gets all cores.
    limits : Limits
        What an image file may claim.
    progress : callable, optional

    Returns
    -------
    Report
        Ctrl-C (``KeyboardInterrupt``) ends the run early: the report says so, and has what was done.

    Raises
    ------
    JobError
        If the job cannot start: no input, or an output that would lose something.
    """
    began = time.perf_counter()
    found = find_images(input, include, exclude, recursive)
    targets = map_outputs(found, output, format)
    threads = None if len(targets) == 1 else 1
    job = Job(engine, found.root, output, format, quality, compression, overwrite, limits, threads)
    workers = max(1, min(workers or _cores(), len(targets)))
    results, interrupted = _run_all(job, list(targets.items()), workers, progress)
    return Report(
        name=name,
        results=(*results, *_left_out(found)),
        seconds=time.perf_counter() - began,
        backend=engine.backend,
        threads=workers,
        interrupted=interrupted,
        unfinished=len(targets) - len(results),
    )


def _cores() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _left_out(found: Found) -> list[ImageResult]:
    """Return what was found and not filtered. A folder that cannot be listed may hold images: it failed."""
    return [
        *(_failure(path, "read", reason) for path, reason in found.unreadable),
        *(ImageResult(str(path), "skipped", None, reason) for path, reason in found.skipped),
    ]


def _run_all(
    job: Job, pairs: Sequence[tuple[Path, Path]], workers: int, progress: Progress | None
) -> tuple[list[ImageResult], int | None]:
    """Return the results in the order of `pairs`, and the exit code of the signal that ended the run early.

    At most twice `workers` images are queued or in hand. On a signal those being written are finished, the
    others dropped at their next step.
    """
    results: dict[int, ImageResult] = {}

    def process(index: int) -> ImageResult | None:
        result = _process(job, *pairs[index])
        if result is not None:
            results[index] = result  # here, on the worker's thread, so that a signal loses none
        return result

    waiting = iter(range(len(pairs)))
    running: set[Future[ImageResult | None]] = set()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="convpipe")
    interrupted = None
    finished = 0
    try:
        while True:
            running |= {pool.submit(process, index) for index in islice(waiting, 2 * workers - len(running))}
            if not running:
                break
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                finished += 1
                if progress is not None and (result := future.result()) is not None:
                    progress(finished, len(pairs), result)
    except KeyboardInterrupt as signal:
        interrupted = 143 if isinstance(signal, Terminated) else 130
    finally:
        job.stop.set()
        pool.shutdown()
    return [results[index] for index in sorted(results)], interrupted


class _Dropped(Exception):  # noqa: N818
    """The run was stopped before this image was done."""


class _Step:
    """Where in its way an image is."""

    def __init__(self, stop: Event) -> None:
        self.name = "read"
        self._stop = stop

    def enter(self, name: str) -> None:
        """Begin a step, unless the run was stopped."""
        if self._stop.is_set():
            raise _Dropped
        self.name = name


def _process(job: Job, relative: Path, target: Path) -> ImageResult | None:
    """Read, filter and write one image; every failure becomes a result. None: dropped."""
    step = _Step(job.stop)
    try:
        return _filter(job, relative, target, step)
    except _Dropped:
        return None
    except PlanError as error:
        return _failure(relative, error.stage or "plan", str(error))
    except ConvpipeError as error:
        return _failure(relative, step.name, str(error))
    except MemoryError:
        return _failure(relative, step.name, "not enough memory")
    except Exception as error:  # a defect of ours or of a library: this image fails, not the run
        return _failure(relative, step.name, f"{type(error).__name__}: {error}")


def _filter(job: Job, relative: Path, target: Path, step: _Step) -> ImageResult:
    """Whatever can be refused from names and headers is, before a pixel is decoded."""
    source, path = job.root / relative, job.output / target
    step.enter("write")
    check_inside(path, job.output)
    if not job.overwrite and os.path.lexists(path):
        raise images.already_exists()
    step.enter("read")
    info = images.probe(source, job.limits)
    step.enter("plan")
    plan = job.engine.plan(info.extent if info.channels == 1 else (*info.extent, info.channels), info.dtype)
    step.enter("write")
    encoding = _encoding(job, images.format_of(target) or info.format)
    images.check_output(
        channels=plan.output_channels, dtype=plan.output_dtype, extent=plan.extent, **encoding
    )
    step.enter("read")
    size = source.stat().st_size
    image = images.read(source, job.limits)
    if image.pixels.shape[:2] != info.extent:
        raise ReadError("the file was changed while it was read")
    step.enter("filter")
    result, nans = job.engine.filter(image.pixels, job.threads)
    step.enter("write")
    make_folder(path)
    images.write(path, result, image.metadata, overwrite=job.overwrite, **encoding)
    return ImageResult(
        path=str(relative),
        status="done",
        input=info.extent,
        stages=tuple((stage.name, stage.extent) for stage in plan.stages),
        notes=image.notes,
        bytes_read=size,
        bytes_written=path.stat().st_size,
        nans=nans,
    )


def _encoding(job: Job, format: str) -> dict[str, Any]:
    """Return the format of a result, and those of the job's options that it has."""
    return {
        "format": format,
        "quality": job.quality if images.FORMATS[format].quality else None,
        "compression": job.compression if images.FORMATS[format].compression else None,
    }


def _failure(relative: Path, stage: str, reason: str) -> ImageResult:
    return ImageResult(str(relative), "failed", stage, printable(reason))
