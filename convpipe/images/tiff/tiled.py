"""A TIFF of tiles that is written as rows of its image come, in memory that does not grow with it."""

from __future__ import annotations

import io
import itertools
import math
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np

from convpipe.images.metadata.raster import Raster
from convpipe.images.source import Page
from convpipe.images.tiff import ifd
from convpipe.images.tiff.compressed import encoder_of
from convpipe.images.tiff.sheet import Sheet, nbytes_of
from convpipe.images.tiff.tags import written
from convpipe.images.tiff.write import CLASSIC_BYTES, ORDER

TILE_OFFSETS, TILE_COUNTS, SUB_DIRECTORIES = 324, 325, 330
REDUCED = 1
"""A page's NewSubfileType: a smaller size of another."""

LONG, LONG8 = 4, 16

RUN_BYTES = 1 << 20
"""Of tiles that one thread encodes together: to hand over a small one costs as much as to encode it."""


@contextmanager
def paged(out: BinaryIO, compression: int | None, nbytes: int, tile: int) -> Iterator[Callable[[Page], None]]:
    """Encode pages in tiles; as :func:`convpipe.images.tiff.write.paged`.

    Parameters
    ----------
    out : file
    compression : int or None
    nbytes : int
        Of the tiles of all pages, where there are several.
    tile : int
    """
    writers: list[TiledWriter] = []
    with ThreadPoolExecutor(1) as pool:

        def write(page: Page) -> None:
            pixels, alpha, metadata, _ = page
            sheet = Sheet(Raster.of(pixels), alpha, metadata, compression, tile)
            if writers:
                writers[0].next_page(sheet)
            else:
                writers.append(TiledWriter(out, sheet, pool, nbytes))
            writers[0].add(pixels)

        yield write
        for writer in writers:
            writer.finish()


class TiledWriter:
    """Writes a page as tiles, from rows that come one after the other; and then further pages.

    Tiles are encoded by `pool` while the next rows are made; two rows of them are held. The file has the same
    bytes however many rows come at a time, and however many threads encode.

    Parameters
    ----------
    out : file
        Empty, open to write and to be read back.
    sheet : Sheet
        The first page, with those below it.
    pool : Executor
        Of threads.
    nbytes : int, optional
        Of the tiles of all pages, decoded, where there are several: above 4 GB the file is a BigTIFF.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from convpipe.images import Metadata
    >>> sheet = Sheet(Raster((40, 50), 1, "uint8"), alpha=False, metadata=Metadata(), compression=6, tile=16)
    >>> with io.BytesIO() as out, ThreadPoolExecutor(1) as pool:
    ...     writer = TiledWriter(out, sheet, pool)
    ...     for first in range(0, 40, 10):
    ...         writer.add(np.full((10, 50), first, np.uint8))
    ...     writer.finish()
    ...     out.getvalue().startswith(b"II")
    True
    """

    def __init__(self, out: BinaryIO, sheet: Sheet, pool: Executor, nbytes: int = 0) -> None:
        import tifffile

        self._out, self._pool = out, pool
        self._big = max(nbytes, sheet.nbytes) > CLASSIC_BYTES
        handle = tifffile.FileHandle(out, name="tiles")  # it takes no file without a name
        self._directories = tifffile.TiffWriter(handle, bigtiff=self._big, byteorder=ORDER)
        self._added: list[ifd.Added] = []
        self._below: list[list[list[ifd.Field]]] = []
        self._levels = self._begun(sheet)

    def add(self, rows: np.ndarray, level: int = 0) -> None:
        """Take the next rows of the page, (rows, cols) or (rows, cols, channels), or of a size below it.

        Raises
        ------
        OSError
            The disk is full.
        ValueError
            They are more than the page has.
        """
        self._levels[level].add(rows)

    def next_page(self, sheet: Sheet) -> None:
        """Begin another page.

        Raises
        ------
        ValueError
            Rows of the one before are missing.
        """
        self._end_page()
        self._levels = self._begun(sheet)

    def finish(self) -> None:
        """Complete the file.

        Raises
        ------
        ValueError
            Rows are missing.
        """
        self._end_page()
        self._directories.close()
        layout, offset = ifd.layout_of(self._out), ifd.first(self._out)
        for (own, _), below in zip(self._added, self._below, strict=True):
            page = ifd.Directory.at(self._out, layout, offset)
            offset = page.following
            if below:
                old = page.numbers(SUB_DIRECTORIES)
                places = [ifd.moved(self._out, at, each) for at, each in zip(old, below, strict=True)]
                own.append(ifd.pointers(SUB_DIRECTORIES, places, layout))
        ifd.extend(self._out, self._added)

    def _end_page(self) -> None:
        page, *levels = self._levels
        own, below = written(page.sheet.metadata)
        self._added.append(([*own, *page.finish(self._big)], below))
        self._below.append([[*written(each.sheet.metadata)[0], *each.finish(self._big)] for each in levels])

    def _begun(self, sheet: Sheet) -> list[_TileRows]:
        """Write the directories of a page and those below it, and return what takes rows of each."""
        self._write_directory(sheet, subifds=len(sheet.below) or None)
        for each in sheet.below:
            self._write_directory(each, subfiletype=REDUCED)
        return [_TileRows(self._out, each, self._pool) for each in (sheet, *sheet.below)]

    def _write_directory(self, sheet: Sheet, **options: Any) -> None:
        """Write a directory of tiles that are all absent as yet."""
        rows, cols = sheet.raster.extent
        channels = [sheet.raster.channels] if sheet.raster.channels > 1 else []
        # One tile that is the whole page, as it is: tifffile takes its bytes alone, and they are taken back.
        alone = (rows, cols) == (sheet.tile, sheet.tile) and sheet.used == "none"
        there = nbytes_of(sheet.raster, sheet.tile) if alone else 0
        tiles = itertools.repeat(b"", sheet.planes * math.prod(sheet.grid))
        self._out.seek(0, io.SEEK_END)
        self._directories.write(
            iter([bytes(there)]) if there else tiles,
            shape=(*channels, rows, cols) if sheet.planes > 1 else (rows, cols, *channels),
            dtype=sheet.dtype,
            tile=(sheet.tile, sheet.tile),
            **sheet.tags,
            **options,
            metadata=None,
            software=False,
        )
        self._out.truncate(self._out.seek(-there, io.SEEK_END))


class _TileRows:
    """The tiles of one page, behind what the file holds already."""

    def __init__(self, out: BinaryIO, sheet: Sheet, pool: Executor) -> None:
        self.sheet = sheet
        self._out, self._pool = out, pool
        self._places = np.zeros((2, sheet.planes, *sheet.grid), np.uint64)
        self._rows = self._written = 0  # of the image, and rows of tiles
        self._pending: deque[list[Future[list[bytes]]]] = deque()
        self._buffer = self._empty()

    def add(self, rows: np.ndarray) -> None:
        sheet, tile = self.sheet, self.sheet.tile
        height, cols = sheet.raster.extent
        if self._rows + len(rows) > height:
            raise ValueError(f"{self._rows + len(rows)} rows of an image of {height}")
        planes = rows.reshape(len(rows), cols, sheet.planes, sheet.samples).transpose(2, 0, 1, 3)
        done = 0
        while done < len(rows):
            top = self._rows % tile
            taken = min(tile - top, len(rows) - done)
            self._buffer[:, top : top + taken, :cols] = planes[:, done : done + taken]
            done, self._rows = done + taken, self._rows + taken
            if self._rows % tile == 0 or self._rows == height:
                self._encode()

    def finish(self, big: bool) -> list[ifd.Field]:
        """Return the fields that say where the tiles are, once all are written."""
        height, _ = self.sheet.raster.extent
        if self._rows != height:
            raise ValueError(f"{self._rows} rows of an image of {height}")
        while self._pending:
            self._write(self._pending.popleft())
        kind, size = (LONG8, 8) if big else (LONG, 4)
        return [
            ifd.Field(tag, kind, values.size, values.ravel().astype(f"{ORDER}u{size}").tobytes())
            for tag, values in zip((TILE_OFFSETS, TILE_COUNTS), self._places, strict=True)
        ]

    def _empty(self) -> np.ndarray:
        """Return a row of tiles to be filled: 0 beyond the image."""
        sheet = self.sheet
        return np.zeros((sheet.planes, sheet.tile, sheet.grid[1] * sheet.tile, sheet.samples), sheet.dtype)

    def _encode(self) -> None:
        """Have the row of tiles that is full encoded, and write the one before."""
        sheet, rows = self.sheet, self._buffer
        cols = max(1, RUN_BYTES * sheet.grid[1] // sheet.row_bytes) * sheet.tile
        runs = [
            rows[plane, :, first : first + cols]
            for plane in range(sheet.planes)
            for first in range(0, rows.shape[2], cols)
        ]
        encode = encoder_of(sheet.used, sheet.level, sheet.dtype)
        self._pending.append([self._pool.submit(_encoded, run, encode, sheet.tile) for run in runs])
        self._buffer = self._empty()
        while len(self._pending) > 1:
            self._write(self._pending.popleft())

    def _write(self, runs: list[Future[list[bytes]]]) -> None:
        """Write a row of tiles."""
        tiles = (tile for run in runs for tile in run.result())
        places = self._places[:, :, self._written].reshape(2, -1)
        end = self._out.seek(0, io.SEEK_END)
        for number, tile in enumerate(tiles):
            places[:, number] = end, len(tile)
            self._out.write(tile)
            self._out.write(b"\0" * (len(tile) % 2))
            end += len(tile) + len(tile) % 2
        self._places[:, :, self._written] = places.reshape(2, self.sheet.planes, -1)
        self._written += 1


def _encoded(rows: np.ndarray, encode: Callable[[np.ndarray], bytes], tile: int) -> list[bytes]:
    """Encode the tiles of some columns."""
    return [encode(rows[:, first : first + tile]) for first in range(0, rows.shape[1], tile)]
