"""A result that is written as its rows come: of an image that is streamed, or in several sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self, cast

import numpy as np

from convpipe.batch.store_result import EncodedStore, StoreResult, drop
from convpipe.dataclass import dataclass
from convpipe.engine import Engine
from convpipe.images import Encoded, Encoding, Folder, ImageInfo, ImageSpec, Metadata, Page, check_output
from convpipe.images.files import Apart
from convpipe.images.formats.registry import STORES
from convpipe.images.metadata.raster import Raster
from convpipe.images.output import TILE
from convpipe.images.spool import Spool
from convpipe.images.write import told
from convpipe.streaming import Options
from convpipe.streaming.grid import Grid
from convpipe.streaming.levels import Halve, Pyramid, halving, levels_of
from convpipe.streaming.sinks import FILES, Sink, Target
from convpipe.streaming.sinks.tiff import TiffSink
from convpipe.streaming.sinks.zarr import ZarrSink


def options_of(encoding: Encoding) -> Options:
    """Return how a result is written; what it may take is up to its bands.

    Examples
    --------
    >>> found = options_of(Encoding("tiff", codec="lzw", pyramid=True))
    >>> found.codec, found.tile, found.pyramid, found.smallest
    ('lzw', 256, True, 256)
    >>> options_of(Encoding("zarr", compression=15)).codec  # of whose levels this is one
    'zstd'
    """
    return Options(
        0,
        compression=encoding.compression if isinstance(encoding.compression, int) else None,
        tile=encoding.tile or TILE,
        codec="zstd" if encoding.codec is None and encoding.format in STORES else encoding.codec,
        pyramid=bool(encoding.pyramid),
        smallest=encoding.smallest or TILE,
    )


@dataclass(frozen=True)
class Space:
    """What a result takes, and where.

    Parameters
    ----------
    nbytes : int
        Of its pixels, or of its tiles, of all pages.
    folder : Folder or None
        The output, where content too large for memory is put together, too; None: the system has a place.
    targets : sequence of Path
        Of its file, or of the files of its pages, below the output.
    """

    nbytes: int
    folder: Folder | None
    targets: Sequence[Path]


class RowsResult:
    """The file of a result, or the files of its pages.

    Parameters
    ----------
    encoding : Encoding
        With a format that is written as rows come.
    pages : int
        How many come.
    space : Space
    pool : Executor
        Of threads that encode.
    """

    def __init__(self, encoding: Encoding, pages: int, space: Space, pool: Executor) -> None:
        self.options = options_of(encoding)
        self._space, self._pool = space, pool
        self._format = cast(str, encoding.format)
        self._apart = Apart(pages) if encoding.apart else None
        self._notes: list[str] = []
        self._content: Spool | StoreResult | None = None
        self._sink: Sink | None = None
        self._rows: Pyramid | None = None
        self._done: list[Encoded] = []

    def next_page(self, metadata: Metadata) -> Metadata:
        """End the page before; return what metadata say of the next one, where it has a file of its own."""
        if self._apart is None:
            return metadata
        self._end()
        return self._apart.metadata(metadata, self._notes)

    def begin(self, target: Target, halve: Halve) -> None:
        """Begin the next page.

        Parameters
        ----------
        target : Target
        halve : callable
            What makes smaller sizes of its rows.
        """
        self._notes += target.notes
        path = self._space.targets[len(self._done)]
        target = Target(path, target.levels, target.alpha, self.options, self._notes)
        with told(self._format):
            if self._sink is None:
                self._sink = self._opened(target)
            else:
                cast(TiffSink, self._sink).next_page(target)
        heights = [level.raster.extent[0] for level in target.levels]
        self._rows = Pyramid(self._sink, halve, heights, self.options.tile)

    def _opened(self, target: Target) -> Sink:
        nbytes, folder = self._space.nbytes, self._space.folder
        if self._format in STORES:
            self._content = StoreResult(cast(Folder, folder), Path(cast(Path, target.path)))
            return ZarrSink(self._content.draft, target, self._pool, resume=False)
        self._content = Spool(nbytes, folder)
        if self._format == "tiff":
            return TiffSink(self._content.file, target, self._pool, 0 if self._apart else nbytes)
        return FILES[self._format](self._content.file, target, self._pool)

    def add(self, rows: np.ndarray) -> None:
        """Take the next rows of the page."""
        with told(self._format):
            cast(Pyramid, self._rows).add(rows)

    def drop(self) -> None:
        """Remove what there is of folders."""
        drop(self._done)
        if isinstance(self._content, StoreResult):
            self._content.drop()

    def finished(self) -> list[Encoded]:
        """Return the content of its files."""
        self._end()
        return self._done

    def _end(self) -> None:
        if self._sink is None:
            return
        with told(self._format):
            self._sink.finish()
            if isinstance(self._content, Spool):
                self._content.file.flush()
        notes = tuple(dict.fromkeys(self._notes))
        if isinstance(self._content, Spool):
            self._done.append(Encoded(self._content, notes))
        else:
            self._done.append(EncodedStore([], notes, self._content))
        self._notes, self._content, self._sink, self._rows = [], None, None, None


@contextmanager
def dropped_on_failure(results: Sequence[RowsResult]) -> Iterator[None]:
    """Remove what there is of folders if anything goes wrong; no thread may write into them by then."""
    try:
        yield
    except BaseException:
        for result in results:
            result.drop()
        raise


class RowsEncoder:
    """Encodes pages that are held in memory as :class:`RowsResult`, so that they get the same bytes.

    Parameters
    ----------
    encoding : Encoding
    engine : Engine
        Of the pipeline, which halves its results.
    infos : sequence of ImageInfo
        Of the pages of the image.
    space : Space
    """

    def __init__(self, encoding: Encoding, engine: Engine, infos: Sequence[ImageInfo], space: Space) -> None:
        self._encoding, self._engine, self._pages = encoding, engine, len(infos)
        self._left, self._space = iter(infos), space
        self._open = ExitStack()
        self._result: RowsResult | None = None

    def __enter__(self) -> Self:
        pool = self._open.enter_context(ThreadPoolExecutor(1))
        self._result = RowsResult(self._encoding, self._pages, self._space, pool)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._open.close()
        if kind is not None and self._result is not None:
            self._result.drop()
        self._result = None

    def check(self, spec: ImageSpec) -> None:
        """Refuse an image that the file cannot hold; as :meth:`convpipe.images.PageEncoder.check`."""
        check_output(spec, self._encoding, 1 if self._encoding.apart else self._pages)

    def add(self, page: Page) -> None:
        """Encode the next page.

        Raises
        ------
        WriteError
            The disk is full.
        """
        result, info, notes = cast(RowsResult, self._result), next(self._left), list[str]()
        raster, metadata = Raster.of(page.pixels), result.next_page(page.metadata)
        grid = Grid.of(page.metadata)
        levels = levels_of(raster, metadata, page.sampling, grid, result.options, notes)
        halve = halving(self._engine, raster.dtype, alpha=page.alpha, nodata=info.nodata)
        result.begin(Target("", levels, page.alpha, result.options, notes), halve)
        result.add(page.pixels)

    def finish_all(self) -> list[Encoded]:
        """Return the content of its files."""
        return cast(RowsResult, self._result).finished()
