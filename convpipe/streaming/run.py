"""From an image to its results, in memory that does not grow with it.

Bands are read, filtered and encoded by one pool of threads, several at a time; what they give is written in
order. Every result is complete, or absent.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import accumulate
from typing import TypeVar

import numpy as np

from convpipe.compile.backend import Banded
from convpipe.dataclass import dataclass
from convpipe.engine import Engine
from convpipe.errors import PlanError
from convpipe.images import DEFAULT_LIMITS, Limits, Metadata
from convpipe.images.encoded import write_errors
from convpipe.images.metadata.raster import Raster
from convpipe.images.rows import Rows
from convpipe.losses import Losses
from convpipe.paths import Location, located
from convpipe.plan import IMAGE, Output, Plan
from convpipe.plan.demand import Span
from convpipe.statistics import numbers_of
from convpipe.streaming import sinks, sources
from convpipe.streaming.bands import Band, Bands, banded
from convpipe.streaming.identity import identity_of
from convpipe.streaming.levels import Halve, Pyramid, halving, levels_of
from convpipe.streaming.options import Options
from convpipe.streaming.passes import Passed, PassedSamples
from convpipe.streaming.places import check_places
from convpipe.streaming.recorder import Recorder
from convpipe.streaming.sinks import Target
from convpipe.streaming.sources import Source
from convpipe.streaming.watch import Watch

EXPECTED = 2
"""Bands, behind those that are begun, whose rows are fetched where they are not here."""

Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Streamed:
    """How an image was streamed.

    Parameters
    ----------
    bands : Bands
        In which it was done.
    losses : Losses
        Of the whole image, that part too which an earlier run made.
    notes : tuple of str
        What a person should know: of the image's metadata, what its results cannot say.
    """

    bands: Bands
    losses: Losses
    notes: tuple[str, ...]


def stream(
    engine: Engine,
    source: Source,
    targets: Mapping[str, str | Location],
    options: Options,
    *,
    limits: Limits = DEFAULT_LIMITS,
) -> Streamed:
    """Filter the first page of an image file, band by band.

    Results have the bytes that the image filtered as a whole has, in bands of any height.

    Parameters
    ----------
    engine : Engine
    source : path-like, URL, Raw or Zarr
    targets : mapping
        The path or URL of each result, by its name; the ending of the path says the format.
    options : Options
    limits : Limits, optional
        What the file may claim.

    Returns
    -------
    Streamed

    Raises
    ------
    PlanError
        A stage needs the whole image.
    LimitError
        The bands take more memory than they may, or the file claims more than `limits`.
    ReadError
        The file is damaged, or its rows cannot be read one by one.
    WriteError
        A result is there already, has the name of a format that is not written row by row, or cannot be
        written; ``errno`` is the system's.
    """
    places = {name: located(target) for name, target in targets.items()}
    check_places(source, places.values(), overwrite=options.overwrite)
    with sources.opened(source, limits) as image:
        info, reader = image.info, image.reader
        plan = engine.plan(info.shape, info.dtype, info.alpha, nodata=info.nodata)
        bands = banded(
            plan,
            options.memory,
            threads=options.threads,
            block=reader.height,
            tile=options.tile,
            pyramid=options.pyramid,
        )
        pool = ThreadPoolExecutor(bands.threads)
        notes: list[str] = []
        made = [
            replace(target_of(plan, output, image, options, reader.metadata, notes), path=places[output.name])
            for output in plan.outputs
        ]
        resumable = any(sinks.format_of(path) == "zarr" for path in places.values())
        identity = identity_of(engine, source, options) if resumable else ""
        with write_errors(), sinks.opened(made, pool, identity) as writing, pool:
            bands = replace(bands, done=writing.done)
            takers = {
                output.name: _taker(
                    sink, target, halving(engine, output.dtype, alpha=info.alpha, nodata=info.nodata)
                )
                for output, target, sink in zip(plan.outputs, made, writing.sinks, strict=True)
            }
            recorder = Recorder(writing, bands.tallest)
            lost = run(engine.banded(plan), reader, bands, pool, takers, Watch(passed=recorder.passed))
            writing.finish()
        notes += [*reader.notes, *(note for target in made for note in target.notes)]
    return Streamed(bands, writing.lost + lost, tuple(dict.fromkeys(notes)))


def _taker(sink: sinks.Sink, target: Target, halve: Halve) -> Callable[[np.ndarray], None]:
    """Return what takes the rows of a result, and makes its levels."""
    heights = [level.raster.extent[0] for level in target.levels]
    return Pyramid(sink, halve, heights, target.options.tile).add


def run(
    maker: Banded,
    reader: Rows,
    bands: Bands,
    pool: ThreadPoolExecutor,
    takers: Mapping[str, Callable[[np.ndarray], None]],
    watch: Watch | None = None,
) -> Losses:
    """Make bands on a pool of threads, a few ahead, and hand their rows over, each result's in order.

    Parameters
    ----------
    maker : Banded
    reader : Rows
        Of the image.
    bands : Bands
    pool : ThreadPoolExecutor
    takers : mapping of str to callable
        What takes the rows of each result.
    watch : Watch, optional

    Returns
    -------
    Losses
        As of the image filtered as a whole.
    """
    maker.warm()
    watch = watch or Watch()
    numbers = _numbers(maker, reader, bands, pool, watch)

    def made(band: Band) -> tuple[dict[str, np.ndarray], Losses]:
        span = band.reads or Span(0, 0)  # of constants alone nothing is read, but its type
        with watch.step("read"):
            rows = reader.read(span.first, span.last + 1)
        with watch.step("filter"):
            return maker.band(rows, span.first, band.first, band.last, numbers)

    kept, losses = iter(bands.kept_from[1:]), Losses()
    coming = _announced(bands, reader, lambda band: band.reads)
    for band, (results, lost) in zip(bands, _in_order(pool, made, coming, bands.ahead), strict=True):
        watch.check()
        losses += lost
        for name, rows in results.items():
            if len(rows):
                takers[name](rows)
        watch.passed(band.last, losses)
        reader.forget(next(kept, reader.rows))
    return losses


def _numbers(
    maker: Banded, reader: Rows, bands: Bands, pool: ThreadPoolExecutor, watch: Watch
) -> dict[int, list[float]]:
    """Pass over bands for the numbers of whole images that parts need, and return them by the parts."""
    found: dict[int, list[float]] = {}
    for number, part in enumerate(bands.plan.parts):
        head = part.nodes[0]
        if head.statistics:
            of = _Looks(maker, reader, bands, pool, watch)
            try:
                found[number] = numbers_of(head.statistics, of.samples(part.reads[0], found))
            except PlanError as error:
                raise PlanError(f"{head.origin}: {error}", head.origin.name) from error
    return found


@dataclass(frozen=True)
class _Looks:
    """What passes over the bands of an image for the samples that numbers are of; as for :func:`run`."""

    maker: Banded
    reader: Rows
    bands: Bands
    pool: ThreadPoolExecutor
    watch: Watch

    def samples(self, at: int, numbers: Mapping[int, Sequence[float]]) -> PassedSamples:
        """Return the samples of an image that a part reads, with the numbers of those parts before it."""
        plan, known = self.bands.plan, dict(numbers)
        dtype, channels = self.maker.kind(at)
        extent = plan.input if at == IMAGE else plan.nodes[at].extent
        passed = Passed(lambda: self._look(at, known), dtype, math.prod(extent), channels)
        return PassedSamples(passed, self.maker.counter())

    def _look(self, at: int, numbers: Mapping[int, Sequence[float]]) -> Iterator[np.ndarray]:
        reader, watch = self.reader, self.watch

        def made(band: tuple[Span, Span]) -> np.ndarray:
            span, reads = band[0], band[1] or Span(0, 0)
            with watch.step("read"):
                rows = reader.read(reads.first, reads.last + 1)
            with watch.step("filter"):
                return self.maker.samples(at, rows, reads.first, span, numbers)

        spans = list(self.bands.measured_of(at))
        least = [reads.first if reads else reader.rows for _, reads in spans]
        kept = list(accumulate(reversed(least), min))[::-1]
        coming = _announced(spans, reader, lambda band: band[1])
        for done, samples in enumerate(_in_order(self.pool, made, coming, self.bands.ahead), start=1):
            watch.check()
            reader.forget(kept[done] if done < len(kept) else reader.rows)
            yield samples


def _announced(items: Iterable[Item], reader: Rows, read: Callable[[Item], Span | None]) -> Iterator[Item]:
    """Yield items; of each the reader is told a few items before which rows it reads."""
    waiting: deque[Item] = deque()
    for item in items:
        if (span := read(item)) is not None:
            reader.expect(span.first, span.last + 1)
        waiting.append(item)
        if len(waiting) > EXPECTED:
            yield waiting.popleft()
    yield from waiting


def _in_order(
    pool: ThreadPoolExecutor, make: Callable[[Item], Made], items: Iterable[Item], ahead: int
) -> Iterator[Made]:
    """Yield what is made of items on a pool of threads, in order, of at most so many begun."""
    begun: deque[Future[Made]] = deque()
    try:
        for item in items:
            begun.append(pool.submit(make, item))
            if len(begun) >= ahead:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        for future in begun:
            future.cancel()


def target_of(
    plan: Plan,
    output: Output,
    image: sources.RowSource,
    options: Options,
    metadata: Metadata,
    notes: list[str],
) -> Target:
    """Return a result as it is written, with the levels that are asked for; its path is up to the caller.

    Parameters
    ----------
    plan : Plan
    output : Output
    image : RowSource
    options : Options
    metadata : Metadata
        Of the image.
    notes : list of str
        Told what of it is not true of the values of the result.
    """
    node = plan.nodes[output.node]
    if not plan.keeps_values(output.node):
        metadata = metadata.revalued(notes)
    raster, said = Raster(node.extent, node.channels, output.dtype), list[str]()
    levels = levels_of(raster, metadata, plan.sampling(output.node), image.grid, options, said)
    return Target("", levels, image.info.alpha, options, said)
