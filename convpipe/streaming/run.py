"""From a TIFF to tiled TIFFs, in memory that does not grow with the image.

Bands are read, filtered and encoded by one pool of threads, several at a time; what they give is written in
order. Every result is complete, or absent.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from itertools import accumulate
from typing import TypeVar

import numpy as np

from convpipe.compile.backend import Banded
from convpipe.engine import Engine
from convpipe.errors import PlanError
from convpipe.images import (
    DEFAULT_LIMITS,
    Drafts,
    File,
    Folder,
    ImageInfo,
    Limits,
    Metadata,
    already_exists,
    open_image,
)
from convpipe.images.metadata.raster import Raster
from convpipe.images.rows import RowReader
from convpipe.images.tiff.tiled import Sheet, TiledWriter
from convpipe.images.write import fitted
from convpipe.plan import IMAGE, Output, Plan
from convpipe.plan.demand import Span
from convpipe.statistics import numbers_of
from convpipe.streaming.bands import Band, Bands, banded
from convpipe.streaming.options import Options
from convpipe.streaming.passes import Passed, PassedSamples

Item = TypeVar("Item")
Made = TypeVar("Made")


def stream(
    engine: Engine,
    source: str | os.PathLike[str],
    targets: Mapping[str, str | os.PathLike[str]],
    options: Options,
    *,
    limits: Limits = DEFAULT_LIMITS,
) -> Bands:
    """Filter the first page of a TIFF into tiled TIFFs, band by band.

    Results have the bytes that the image filtered as a whole has, in bands of any height.

    Parameters
    ----------
    engine : Engine
    source : path-like
    targets : mapping
        The path of each result, by its name.
    options : Options
    limits : Limits, optional
        What the file may claim.

    Returns
    -------
    Bands
        In which it was done.

    Raises
    ------
    PlanError
        A stage needs the whole image.
    LimitError
        The bands take more memory than they may, or the file claims more than `limits`.
    ReadError
        The file is no TIFF, damaged, or its rows cannot be read one by one.
    WriteError
        A result is there already.
    """
    _check_absent(targets.values(), options.overwrite)
    with open_image(source, limits, first=True) as image:
        (info,) = image.infos
        plan = engine.plan(info.shape, info.dtype, info.alpha, nodata=info.nodata)
        reader = image.rows()
        bands = banded(plan, options.memory, threads=options.threads, block=reader.height, tile=options.tile)
        with ExitStack() as stack:
            files = []
            for output in plan.outputs:
                folder, name = os.path.split(targets[output.name])
                opened = stack.enter_context(Folder(folder or os.curdir))
                files.append(File(opened, name, [], options.overwrite))
            contents = stack.enter_context(Drafts().writing(*files))
            pool = stack.enter_context(ThreadPoolExecutor(bands.threads))
            writers = {
                output.name: TiledWriter(content, _sheet(plan, output, info, reader.metadata, options), pool)
                for output, content in zip(plan.outputs, contents, strict=True)
            }
            run(engine.banded(plan), reader, bands, pool, {name: each.add for name, each in writers.items()})
            for writer in writers.values():
                writer.finish()
    return bands


def run(
    maker: Banded,
    reader: RowReader,
    bands: Bands,
    pool: ThreadPoolExecutor,
    takers: Mapping[str, Callable[[np.ndarray], None]],
) -> None:
    """Make bands on a pool of threads, a few ahead, and hand their rows over, each result's in order.

    Parameters
    ----------
    maker : Banded
    reader : RowReader
        Of the image.
    bands : Bands
    pool : ThreadPoolExecutor
    takers : mapping of str to callable
        What takes the rows of each result.
    """
    maker.warm()
    numbers = _numbers(maker, reader, bands, pool)

    def made(band: Band) -> dict[str, np.ndarray]:
        span = band.reads or Span(0, 0)  # of constants alone nothing is read, but its type
        rows = reader.read(span.first, span.last + 1)
        return maker.band(rows, span.first, band.first, band.last, numbers)

    kept = iter(bands.kept_from[1:])
    for results in _in_order(pool, made, bands, bands.ahead):
        for name, rows in results.items():
            if len(rows):
                takers[name](rows)
        reader.forget(next(kept, reader.rows))


def _numbers(
    maker: Banded, reader: RowReader, bands: Bands, pool: ThreadPoolExecutor
) -> dict[int, list[float]]:
    """Pass over bands for the numbers of whole images that parts need, and return them by the parts."""
    found: dict[int, list[float]] = {}
    for number, part in enumerate(bands.plan.parts):
        head = part.nodes[0]
        if head.statistics:
            samples = _samples(maker, reader, bands, pool, part.reads[0], found)
            try:
                found[number] = numbers_of(head.statistics, samples)
            except PlanError as error:
                raise PlanError(f"{head.origin}: {error}", head.origin.name) from error
    return found


def _samples(
    maker: Banded,
    reader: RowReader,
    bands: Bands,
    pool: ThreadPoolExecutor,
    at: int,
    numbers: Mapping[int, Sequence[float]],
) -> PassedSamples:
    """Return what passes over the samples of an image that a part reads."""
    known = dict(numbers)

    def made(band: tuple[Span, Span]) -> np.ndarray:
        span, reads = band[0], band[1] or Span(0, 0)
        rows = reader.read(reads.first, reads.last + 1)
        return maker.samples(at, rows, reads.first, span, known)

    def look() -> Iterator[np.ndarray]:
        spans = list(bands.measured_of(at))
        least = [reads.first if reads else reader.rows for _, reads in spans]
        kept = list(accumulate(reversed(least), min))[::-1]
        for done, samples in enumerate(_in_order(pool, made, spans, bands.ahead), start=1):
            reader.forget(kept[done] if done < len(kept) else reader.rows)
            yield samples

    dtype, channels = maker.kind(at)
    extent = bands.plan.input if at == IMAGE else bands.plan.nodes[at].extent
    return PassedSamples(Passed(look, dtype, math.prod(extent), channels), maker.counter())


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


def _check_absent(paths: Iterable[str | os.PathLike[str]], overwrite: bool) -> None:
    if not overwrite and any(map(os.path.lexists, paths)):
        raise already_exists()


def _sheet(plan: Plan, output: Output, info: ImageInfo, metadata: Metadata, options: Options) -> Sheet:
    """Return a result as it is written: with what is true of it of the image's metadata."""
    node, notes = plan.nodes[output.node], list[str]()
    raster = Raster(node.extent, node.channels, output.dtype)
    if not plan.keeps_values(output.node):
        metadata = metadata.revalued(notes)
    metadata = metadata.followed(plan.sampling(output.node), raster, notes)
    metadata = fitted(metadata, node.channels, "tiff", notes)
    return Sheet(raster, info.alpha, metadata, options.compression, options.tile)
