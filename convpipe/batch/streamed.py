"""An image that takes more memory than it may, filtered band by band: its results have the same pixels.

It is read by rows, and its results are written as rows come; :mod:`convpipe.streaming` has the way of one
page. A TIFF of which nobody says how it is tiled gets tiles of 256: of strips, none is whole before the last
column is.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import cast

from convpipe.batch.budget import Need
from convpipe.batch.encode import ResultEncoder
from convpipe.batch.masks import MaskedRows, MaskRows
from convpipe.batch.reader import Opened
from convpipe.batch.rows import RowsResult, dropped_on_failure
from convpipe.batch.state import Run
from convpipe.compile.runtime.environment import cores
from convpipe.dataclass import dataclass
from convpipe.engine import Engine
from convpipe.errors import ConvpipeError, LimitError, PlanError, ReadError, WriteError
from convpipe.images import Encoded, Encoding
from convpipe.images.output import TILE
from convpipe.images.rows import RowReader
from convpipe.losses import Losses
from convpipe.plan import Plan
from convpipe.streaming import Bands, banded, check_bands
from convpipe.streaming.levels import halving
from convpipe.streaming.looks import looks_of
from convpipe.streaming.run import run, target_of
from convpipe.streaming.sources import RowSource
from convpipe.streaming.watch import Watch, Watched

LARGE = 1 << 26
"""Bytes of an image and its results, from which on those in tiles are streamed though they would fit: bands
are decoded, filtered and encoded beside each other."""

STREAMED = ("tiff", "npy", "png", "zarr")
"""Formats of results that are written as rows come."""


@dataclass(frozen=True)
class Giant:
    """An image that is streamed: its pages one by one, each band by band.

    Parameters
    ----------
    run : Run
    image : Opened
        Its other pages are still to be read.
    plans : sequence of Plan
        Of all pages.
    encoder : ResultEncoder
        Which says where and how results are written.
    first : RowReader
        Of its first page.
    mask : MaskRows or None
    bands : Bands
        Of the first page.
    """

    run: Run
    image: Opened
    plans: Sequence[Plan]
    encoder: ResultEncoder
    first: RowReader
    mask: MaskRows | None
    bands: Bands

    @property
    def need(self) -> Need:
        """The memory that it takes: where pages are unlike, all that images may take."""
        alike = all(plan == self.plans[0] for plan in self.plans)
        return Need.of_bands(self.plans[0], self.bands.nbytes if alike else self.run.budget.nbytes)

    @property
    def notes(self) -> list[str]:
        """What is to be known of results whose layout nobody chose."""
        named = zip(self.run.results, self.encoder.encodings, strict=True)
        chosen = [each for each, encoding in named if encoding.format == "tiff" and encoding.tile is None]
        return [each.of(f"larger than the memory: written in tiles of {TILE}") for each in chosen]

    def encode(self, watch: Watch) -> tuple[list[Encoded], Losses, list[str]]:
        """Filter all pages; return the content of each file, what was lost, and what is to be noted.

        Raises
        ------
        ReadError
            The image is damaged, or its mask.
        WriteError
            The disk is full.
        PlanError
            A number of the image needs all samples at once.
        """
        notes, losses, engine = list[str](), Losses(), cast(Engine, self.run.engine)
        pool = ThreadPoolExecutor(self.bands.threads)
        results = self._results(Watched(pool, watch, "write"))
        with dropped_on_failure(results), pool:
            for number, (info, plan) in enumerate(zip(self.image.infos, self.plans, strict=True)):
                reader = self.image.rows() if number else self.first
                bands = self._bands_of(plan, reader) if number else self.bands
                takers, meant = {}, list[str]()
                for result, output in zip(results, plan.outputs, strict=True):
                    metadata, source = result.next_page(reader.metadata), RowSource(info, reader)
                    target = target_of(plan, output, source, result.options, metadata, meant)
                    halve = halving(engine, output.dtype, alpha=info.alpha, nodata=info.nodata)
                    result.begin(target, halve)
                    takers[output.name] = result.add
                rows = reader if self.mask is None else MaskedRows(reader, self.mask, alpha=info.alpha)
                losses += run(engine.banded(plan), rows, bands, pool, takers, watch)
                notes += [*reader.notes, *meant]
            return [each for result in results for each in result.finished()], losses, notes

    def _results(self, pool: Executor) -> list[RowsResult]:
        return [
            RowsResult(encoding, len(self.plans), space, pool)
            for encoding, space in zip(self.encoder.encodings, self.encoder.spaces, strict=True)
        ]

    def _bands_of(self, plan: Plan, reader: RowReader) -> Bands:
        return _banded(self.run, plan, reader, self.mask, self.encoder.encodings)


def giant_of(
    run: Run, image: Opened, mask: Opened | None, plans: Sequence[Plan], encoder: ResultEncoder, need: Need
) -> Giant | None:
    """Return how an image is streamed; None where it fits into memory, and is not quicker so.

    Parameters
    ----------
    run : Run
    image : Opened
        Of which no page was read.
    mask : Opened or None
    plans : sequence of Plan
        Of its pages.
    encoder : ResultEncoder
    need : Need
        What it takes as a whole.

    Raises
    ------
    LimitError, PlanError
        It does not fit, and cannot be streamed; the message says why, and what to do.
    """
    crowded = need.total > run.budget.nbytes
    if not crowded and not _is_quicker(run, plans, encoder.encodings):
        return None
    try:
        stack = None if run.stack is None else run.stack.reader
        Obstacles(run.job.isolate, stack, run.gauge is not None).check(plans, encoder.encodings)
        first = image.rows()
        shown = None if mask is None else MaskRows(mask)
        bands = _banded(run, plans[0], first, shown, encoder.encodings)
    except (PlanError, ReadError, WriteError) as why:
        if not crowded:
            return None
        raise _refused(f"{run.budget.refusal(need)}; and it cannot be streamed: {why}", why) from why
    return Giant(run, image, plans, encoder, first, shown, bands)


def _refused(reason: str, why: ConvpipeError) -> ConvpipeError:
    return PlanError(reason, why.stage) if isinstance(why, PlanError) else LimitError(reason)


def _is_quicker(run: Run, plans: Sequence[Plan], encodings: Sequence[Encoding]) -> bool:
    """Tell whether an image that fits into memory is streamed all the same."""
    large = max(plan.input_bytes + plan.output_bytes for plan in plans) >= LARGE
    return large and all(each.tile for each in encodings) and run.engine.backend == "cpu"


@dataclass(frozen=True)
class Obstacles:
    """What in a job keeps all of its images from being streamed.

    Parameters
    ----------
    isolated : bool
        Whether decoders are processes of their own.
    stack : str, optional
        Name of the stage that reads several pages.
    measured : bool
        Whether images are measured.
    """

    isolated: bool = False
    stack: str | None = None
    measured: bool = False

    def check(self, plans: Sequence[Plan], encodings: Sequence[Encoding]) -> None:
        """Refuse an image whose pages have these plans, before it is read; say what would be streamed.

        Raises
        ------
        PlanError, ReadError, WriteError
        """
        if self.isolated:
            raise ReadError("a decoder of its own (--isolate) hands over whole images; leave that out")
        if self.stack is not None:
            raise PlanError(f"{self.stack} reads several pages of a stack, each as a whole", self.stack)
        if self.measured:
            raise PlanError("measures are of whole images; leave them to a run of smaller ones")
        for encoding in encodings:
            _check_encoding(encoding, len(plans))
        for plan in plans:
            check_bands(plan)
            looks_of(plan)


def _check_encoding(encoding: Encoding, pages: int) -> None:
    format = encoding.format
    if format not in STREAMED:
        able = ", ".join(STREAMED)
        raise WriteError(f"{format} is encoded as a whole; 'output: {{format: tiff}}' is not, of {able}")
    if isinstance(encoding.compression, str):
        raise WriteError(f"compression {encoding.compression} is of strips; a level, 1 to 9, is of tiles")
    if encoding.channels == "pages":
        raise WriteError("'channels: pages' writes one channel of the whole image after the other")
    if pages > 1 and not encoding.apart and format != "tiff":
        raise WriteError(f"{format} holds one image, and there are {pages} pages")


def _banded(
    run: Run, plan: Plan, reader: RowReader, mask: MaskRows | None, encodings: Sequence[Encoding]
) -> Bands:
    """Return the bands of a page, which take no more than images may."""
    block = max(reader.height, 0 if mask is None else mask.height)
    threads = run.threads or cores()
    tile, pyramid = tile_of(encodings), in_sizes(encodings)
    return banded(plan, run.budget.nbytes, threads=threads, block=block, tile=tile, pyramid=pyramid)


def tile_of(encodings: Sequence[Encoding]) -> int:
    """Return the side of the largest tiles that results are written in."""
    return max(encoding.tile or TILE for encoding in encodings)


def in_sizes(encodings: Sequence[Encoding]) -> bool:
    """Tell whether any result is written in smaller sizes, too."""
    return any(encoding.pyramid for encoding in encodings)
