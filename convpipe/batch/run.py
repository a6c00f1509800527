"""Filter a folder of images: a thread an image, one bad image never stopping the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import field, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar, cast

from convpipe.batch.budget import Budget, default_memory
from convpipe.batch.destination import Destination, FolderDestination
from convpipe.batch.find import Found, Selection
from convpipe.batch.identity import Identity, Maker, settings
from convpipe.batch.inputs import FolderInputs, Inputs, NamedInput
from convpipe.batch.isolate import IsolatedReader
from convpipe.batch.job import FolderJob
from convpipe.batch.journal import Ledger
from convpipe.batch.listed import find_listed
from convpipe.batch.listing import find_inputs
from convpipe.batch.log import Log
from convpipe.batch.masks import Masks
from convpipe.batch.outputs import map_outputs, whole
from convpipe.batch.reader import DirectReader, Reader
from convpipe.batch.remote import StoreDestination, StoreInputs
from convpipe.batch.resume import Past, read_past
from convpipe.batch.samples import take_samples
from convpipe.batch.settle import Pair, Progress, Settler, Threads, record, signal_code
from convpipe.batch.state import Engine, Run
from convpipe.batch.table import opened_tables
from convpipe.dataclass import dataclass
from convpipe.engine import Engine as FilterEngine
from convpipe.errors import JobError
from convpipe.images import Folder
from convpipe.measures import Gauge
from convpipe.pages import ALL_PAGES
from convpipe.paths import Location, located, tried
from convpipe.report import ImageResult, Report, Sample, flow_of, printable
from convpipe.shelf import Chosen
from convpipe.stack import StackEngine, reader_of
from convpipe.stores import Url

Place = TypeVar("Place", Path, Url)
Made = TypeVar("Made")

WAITING = 8
"""Images that are on their way from or to a store, beside those that the cores filter."""


def run_folder(
    engine: Engine,
    input: str | Location,
    output: str | Location,
    *,
    gauge: Gauge | None = None,
    progress: Progress | None = None,
    log: Log | None = None,
    **options: Any,
) -> Report:
    """Filter every image below `input` into a mirrored tree below `output`.

    Of several results, the last stage's go there, and the others into trees below folders of their names.

    Parameters
    ----------
    engine : Engine
        A :class:`convpipe.Pipeline`.
    input : path or Url
        A folder, or one image.
    output : path or Url
        A folder, made if need be.
    gauge : Gauge, optional
        What is measured of every image.
    progress : callable, optional
    log : Log, optional
        Gets what happens, when it does.
    **options
        The other settings of a :class:`convpipe.batch.FolderJob`.

    Returns
    -------
    Report
        Ctrl-C (``KeyboardInterrupt``) ends the run early: the report says so, and has what was done.

    Raises
    ------
    JobError
        If the job cannot start: no input, an output that would lose something or cannot be written, another
        run that is writing to it, or, to resume, results of another job alone.
    """
    job = FolderJob(located(input), located(output), **options)
    return run_job(engine, gauge, job, Threads(), Watch(progress, log or Log()))


@dataclass(frozen=True)
class Watch:
    """Who follows a run.

    Parameters
    ----------
    progress : callable, optional
    log : Log
    """

    progress: Progress | None = None
    log: Log = field(default_factory=Log)


def run_job(engine: Engine, gauge: Gauge | None, job: FolderJob, settler: Settler, watch: Watch) -> Report:
    """Run a folder job, whoever works its images off; as :func:`run_folder`.

    Parameters
    ----------
    engine : Engine
    gauge : Gauge or None
    job : FolderJob
    settler : Settler
    watch : Watch
    """
    began = time.perf_counter()
    try:
        report = _run(engine, gauge, job, settler, watch)
    except KeyboardInterrupt as signal:  # in the scan, before the first image
        report = Report(job.name, interrupted=signal_code(signal))
    report = replace(report, backend=engine.backend, seconds=time.perf_counter() - began)
    watch.log.end(report)
    return report


@contextmanager
def opened_run(
    engine: Engine, gauge: Gauge | None, job: FolderJob, root: Location, budget: Budget
) -> Iterator[Run]:
    """Open what the images of a run share; its past is empty.

    Parameters
    ----------
    engine : Engine
    gauge : Gauge or None
    job : FolderJob
    root : Path or Url
        The input folder; the folder of the image, where the input is one.
    budget : Budget

    Raises
    ------
    JobError
        A folder cannot be opened, or the job asks for what this system or these stages cannot do.
    """
    results = job.results(name for name, _ in engine.wiring.outputs)
    reader = _reader(job)
    with (
        _destination(job) as output,
        closing(_inputs(job, root)) as input,
        _masks(job) as masks,
    ):
        run = Run(job, engine, gauge, results, reader, input, output, Past(), budget, masks, threads=1)
        if reader_of(engine.wiring.stages) is not None:
            run.stack = StackEngine(cast(FilterEngine, engine))
        yield run


def _run(engine: Engine, gauge: Gauge | None, job: FolderJob, settler: Settler, watch: Watch) -> Report:
    found = _found(job)
    _check_stack(engine, job, measured=gauge is not None)
    results = job.results(name for name, _ in engine.wiring.outputs)
    pairs: Sequence[Pair] = map_outputs(found, job.output, results, job.result)
    left = _left_out(found)
    total = len(pairs) + len(left)
    if job.shard is not None:
        pairs = Chosen(pairs, (at for at, (path, _) in enumerate(pairs) if job.shard.takes(path)))
    left = [result for result in left if _takes(job, Path(result.path))]
    hands = max(1, min(job.workers or settler.cores + _waiting(job), len(pairs)))
    with (
        opened_run(engine, gauge, job, found.root, _budget(job, hands)) as run,
        closing(_journal(run.output, job)) as journal,
        opened_tables(job, run.output, gauge) as tables,
    ):
        output, log = run.output, watch.log
        run.past = _begin(engine, gauge, job, found, pairs, journal)
        output.clear_stale({Path(), *(target.parent for _, own in pairs for target in own)})
        run.threads = None if len(pairs) == 1 else 1
        run.members, run.log = found.members, log
        where = {"input": str(job.input), "output": str(job.output / (job.result or ""))}
        where |= {} if job.shard is None else {"shard": str(job.shard)}
        log.event("begin", job=job.name, **where, images=len(pairs) + len(left), at_once=hands)
        for result in left:
            record(run, journal, result)
        interrupted = settler(run, journal, pairs, hands, watch.progress)
        if not output.in_place():
            run.give_up("as the output folder was removed or replaced")
        elif (why := journal.lost()) is not None:
            run.give_up(why)
        order = chain((str(path) for path, _ in pairs), (result.path for result in left))
        settled, count = journal.settled(order), len(pairs) + len(left)
        report = _report(run, journal, settled, hands)
        report = replace(report, interrupted=interrupted, unfinished=count - len(settled))
        report = report if tables is None else tables.write(report, journal)
        report = replace(report, samples=_samples(run, report), elsewhere=total - count)
    return replace(report, unsupported=tuple(str(path) for path in found.unsupported if _takes(job, path)))


def _takes(job: FolderJob, relative: Path) -> bool:
    """Tell whether a file is of the shard that this run is of, if it is of one."""
    return job.shard is None or job.shard.takes(relative)


def _found(job: FolderJob) -> Found:
    """Return the inputs: those that a list names, or all that the folder holds."""
    selection = Selection(tuple(job.include), tuple(job.exclude), job.recursive)
    if job.files is None:
        found = find_inputs(job.input, selection)
    else:
        found = find_listed(job.input, job.files, selection)
    if job.shard is not None and found.selection is None:
        raise JobError(f"the input {str(job.input)!r} is one image; shards are of those of a folder")
    return found.stacked() if job.stack else found


def _samples(run: Run, report: Report) -> tuple[Sample, ...]:
    """Return images to show, if they are asked for; the reader of the run is closed by now."""
    if not run.job.samples or report.ended_early is not None:
        return ()
    with closing(_reader(run.job)) as reader:
        return take_samples(run, cast(FilterEngine, run.engine), reader, report.results)


def _report(run: Run, journal: Ledger, settled: Sequence[ImageResult], hands: int) -> Report:
    """Return what became of the inputs, in their order."""
    job = run.job
    return Report(
        name=job.name,
        results=settled,
        threads=hands,
        stopped=run.stopped,
        journal=None if journal.path is None else str(journal.path),
        output=str(job.output / (job.result or "")),
        outputs=job.places(result.name for result in run.results),
        resumed=job.resume,
        shard=job.shard,
        accept=job.accept,
        flow=flow_of(run.engine.wiring),
        warnings=(*_said_of(journal, run.past, job), *run.warned.values()),
    )


def _begin(
    engine: Engine,
    gauge: Gauge | None,
    job: FolderJob,
    found: Found,
    pairs: Sequence[Pair],
    journal: Ledger,
) -> Past:
    """Begin a run in the journal, and return what it says of earlier ones, to go on with."""
    made_of = settings(engine, gauge, **job.decides)
    maker = Maker(Identity.of(engine, made_of), whole(found.root))
    past = Past()
    if job.resume:
        results = job.results(name for name, _ in engine.wiring.outputs)
        apart = [result.encoding.apart for result in results]
        targets = (target for _, own in pairs for target in zip(own, apart, strict=True))
        past = read_past(journal.lines(), maker, targets, overwrite=job.overwrite)
    journal.begin(maker, job=job.name, settings=made_of, began=_now(), **_of_shard(job, gauge))
    return past


def _of_shard(job: FolderJob, gauge: Gauge | None) -> dict[str, Any]:
    """Return what a header says of a shard, and of the tables that those of all shards become."""
    if job.shard is None:
        return {}
    tables = {} if gauge is None else {"accept": dict(job.accept), "of_objects": list(gauge.of_objects)}
    return {"shard": str(job.shard), **tables}


def _waiting(job: FolderJob) -> int:
    """Return how many images may wait for a store while others are filtered."""
    return WAITING if isinstance(job.input, Url) or isinstance(job.output, Url) else 0


def _budget(job: FolderJob, hands: int) -> Budget:
    """Return the memory that images may take; decoders of their own take some, each."""
    return Budget(job.memory or default_memory(hands if job.isolate else 0))


def _journal(output: Destination, job: FolderJob) -> Ledger:
    """Open the journal of a folder; one image beside others leaves none."""
    return output.journal(job.shard) if job.result is None else Ledger()


def _check_stack(engine: Engine, job: FolderJob, *, measured: bool) -> None:
    """Refuse what cannot be, where a stage reads several pages of a stack."""
    reader = reader_of(engine.wiring.stages)
    if reader is not None and (job.mask is not None or measured):
        what = "measures are of pages" if measured else "it takes none that a mask hides"
        raise JobError(f"{reader.name} reads several pages of a stack, every sample of them; {what}")


def _reader(job: FolderJob) -> Reader:
    pages = ALL_PAGES if job.stack else job.pages  # which are files there
    if job.isolate:
        return IsolatedReader(job.limits, job.allow_truncated, job.timeout, pages)
    return DirectReader(job.limits, job.allow_truncated, pages)


def _now() -> str:
    """Return the time, by which runs are told apart and put in order."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _destination(job: FolderJob) -> AbstractContextManager[Destination]:
    """Open the output."""
    if isinstance(job.output, Url):
        return _told(lambda url: StoreDestination(url, listed=job.result is None), job.output, "output")
    return FolderDestination(_open(job.output, "output"))


def _inputs(job: FolderJob, root: Location) -> Inputs:
    """Open the input folder, if the input is one."""
    if isinstance(root, Url):
        return _told(lambda url: StoreInputs(url, job.limits), root, "input")
    return FolderInputs(_open(root, "input")) if root == job.input else NamedInput(root)


def _masks(job: FolderJob) -> AbstractContextManager[Masks | None]:
    """Open the folder of masks, if there is one."""
    return nullcontext() if job.mask is None else closing(Masks(job.mask, job.limits))


def _open(path: Path, what: str) -> Folder:
    return _told(Folder, path, what)


def _told(opened: Callable[[Place], Made], place: Place, what: str) -> Made:
    """Return a place opened; errors say which it is."""
    try:
        return opened(place)
    except OSError as error:
        why = f"{error.strerror}{tried(place)}"
        raise JobError(f"the {what} {str(place)!r} cannot be opened: {why}") from None


def _said_of(journal: Ledger, past: Past, job: FolderJob) -> Iterator[str]:
    """Yield what a person should know of earlier runs."""
    if journal.ignored:
        yield f"damaged lines of the journal: {journal.ignored}, ignored; their images are done again"
    if past.others is not None and not job.overwrite:
        yield f"results of another run are in the way ({past.others}); they stay without --overwrite"


def _left_out(found: Found) -> list[ImageResult]:
    """Return what was found and not filtered. A folder that cannot be listed may hold images: it failed."""
    return [
        *(ImageResult(str(path), "failed", "read", printable(reason)) for path, reason in found.unreadable),
        *(ImageResult(str(path), "skipped", None, reason) for path, reason in found.skipped),
    ]
