"""Filter a folder of images: a thread an image, one bad image never stopping the rest."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from convpipe import images
from convpipe.batch.find import Found, find_images, within
from convpipe.batch.identity import Identity, settings
from convpipe.batch.image import Encoding, Engine, Job
from convpipe.batch.isolate import IsolatedReader
from convpipe.batch.journal import Journal
from convpipe.batch.outputs import map_outputs
from convpipe.batch.reader import DirectReader, Reader
from convpipe.batch.resume import Past, read_past
from convpipe.batch.settle import Progress, record, settle_all, signal_code
from convpipe.images import DEFAULT_LIMITS, Limits
from convpipe.report import ImageResult, Report, printable

DEFAULT_TIMEOUT = 60.0
"""Seconds that an isolated decoder may take."""


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
    resume: bool = False,
    isolate: bool = False,
    timeout: float = DEFAULT_TIMEOUT,
    workers: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    allow_truncated: bool = False,
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
        A folder, made if need be. Its journal gets a record of every image.
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
    resume : bool
        Keep what earlier runs of the same job finished and what is unchanged since, by content; do the rest.
    isolate : bool
        Decode in processes of their own, so that a decoder that crashes or hangs takes its image alone.
    timeout : float
        Seconds that such a decoder may take.
    workers : int, optional
        Images filtered, and held in memory, at once; default: one a core. A single image gets all cores.
    limits : Limits
        What an image file may claim.
    allow_truncated : bool
        Read a JPEG that breaks off, see :func:`convpipe.images.read`.
    progress : callable, optional

    Returns
    -------
    Report
        Ctrl-C (``KeyboardInterrupt``) ends the run early: the report says so, and has what was done.

    Raises
    ------
    JobError
        If the job cannot start: no input, an output that would lose something or cannot be written, another
        run that is writing to it, or, to resume, the journal of another job.
    """
    began = time.perf_counter()
    try:
        found = find_images(input, include, exclude, recursive)
        targets = map_outputs(found, output, format)
        encoding = Encoding(format, quality, compression)
        made_of = settings(engine, **asdict(encoding), allow_truncated=allow_truncated)
        identity = Identity.of(engine, made_of)
        reader = _reader(limits, allow_truncated, timeout if isolate else None)
        with closing(Journal(output)) as journal:
            past = Past()
            if resume:
                past = read_past(journal.lines(), identity, targets.values(), overwrite=overwrite)
            journal.begin(identity, job=name, settings=made_of, input=str(found.root), began=_now())
            _clear_stale(output, targets.values())
            threads = None if len(targets) == 1 else 1
            job = Job(engine, reader, found.root, output, past, overwrite, resume, threads, encoding)
            for result in (left := _left_out(found)):
                record(job, journal, result)
            hands = max(1, min(workers or _cores(), len(targets)))
            interrupted = settle_all(job, journal, list(targets.items()), hands, progress)
        order = [*map(str, targets), *(result.path for result in left)]
        results = tuple(journal.results[path] for path in order if path in journal.results)
        return Report(
            name=name,
            results=results,
            seconds=time.perf_counter() - began,
            backend=engine.backend,
            threads=hands,
            interrupted=interrupted,
            unfinished=len(order) - len(results),
            stopped=job.stopped,
            journal=str(journal.path),
        )
    except KeyboardInterrupt as signal:  # in the scan, before the first image
        seconds = time.perf_counter() - began
        return Report(name, seconds=seconds, backend=engine.backend, interrupted=signal_code(signal))


def _reader(limits: Limits, allow_truncated: bool, timeout: float | None) -> Reader:
    if timeout is None:
        return DirectReader(limits, allow_truncated)
    return IsolatedReader(limits, allow_truncated, timeout)


def _cores() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _clear_stale(output: Path, targets: Iterable[Path]) -> None:
    """Remove what dead runs left unfinished in the folders that this one writes to."""
    for folder in {output, *(output / target.parent for target in targets)}:
        with suppress(OSError):  # not made yet, or not ours to list
            if within(folder, output):
                images.clear_stale(folder)


def _left_out(found: Found) -> list[ImageResult]:
    """Return what was found and not filtered. A folder that cannot be listed may hold images: it failed."""
    return [
        *(ImageResult(str(path), "failed", "read", printable(reason)) for path, reason in found.unreadable),
        *(ImageResult(str(path), "skipped", None, reason) for path, reason in found.skipped),
    ]
