"""From a TIFF to tiled TIFFs, in memory that does not grow with the image.

Bands are read, filtered and encoded by one pool of threads, several at a time; what they give is written in
order. Every result is complete, or absent.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np

from convpipe.compile.backend import Banded
from convpipe.engine import Engine
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
from convpipe.plan import Output, Plan
from convpipe.plan.demand import Span
from convpipe.streaming.bands import Band, Bands, banded
from convpipe.streaming.options import Options


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

    def made(band: Band) -> dict[str, np.ndarray]:
        span = band.reads or Span(0, 0)  # of constants alone nothing is read, but its type
        rows = reader.read(span.first, span.last + 1)
        return maker.band(rows, span.first, band.first, band.last)

    begun: deque[Future[dict[str, np.ndarray]]] = deque()
    kept = iter(bands.kept_from[1:])

    def hand_over() -> None:
        for name, rows in begun.popleft().result().items():
            if len(rows):
                takers[name](rows)
        reader.forget(next(kept, reader.rows))

    try:
        for band in bands:
            begun.append(pool.submit(made, band))
            if len(begun) >= bands.ahead:
                hand_over()
        while begun:
            hand_over()
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
