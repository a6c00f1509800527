"""A result as an image of OME-Zarr 0.5: arrays of Zarr 3, one for each level, in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from convpipe.errors import WriteError
from convpipe.losses import Losses
from convpipe.streaming.drafts import Draft, sync
from convpipe.streaming.ome import attributes_of
from convpipe.streaming.options import Options
from convpipe.streaming.sinks.model import Level, Target

ACROSS = 16
"""Chunks that lie side by side in a file, a shard. Of 256 x 256 bytes each they are a megabyte at most."""

DEFLATE_LEVEL, ZSTD_LEVEL = 6, 3
"""What the libraries themselves take where nobody says."""

TAIL = "tail-{mark}-{level}.npy"
"""Rows of a level that fill no row of chunks yet."""


class ZarrSink:
    """Writes a result as rows of shards; as :class:`convpipe.streaming.sinks.Sink`.

    Parameters
    ----------
    draft : Draft
    target : Target
    pool : Executor
        Of threads that encode and write.
    resume : bool
        Go on with what the draft has recorded; else begin anew.

    Raises
    ------
    WriteError
        The package zarr is not installed.
    """

    def __init__(self, draft: Draft, target: Target, pool: Executor, *, resume: bool) -> None:
        self._draft, self._mark = draft, 0
        state = draft.recorded() if resume else None
        if state is None:
            draft.clear()
            arrays = _created(draft.folder, target)
        else:
            arrays = _arrays(draft.folder, len(target.levels))
        self._levels = [
            _Rows(array, draft.folder / str(at), target.options.tile, pool) for at, array in enumerate(arrays)
        ]
        if state is not None:
            self._mark = int(state["mark"])
            for at, (level, rows) in enumerate(zip(self._levels, state["levels"], strict=True)):
                level.restore(int(rows), np.load(self._tail(self._mark, at)))

    @property
    def left(self) -> Sequence[tuple[int, np.ndarray]]:
        """What is there of each level: how many rows, and those that fill no row of shards yet."""
        return [(level.rows, level.tail_rows) for level in self._levels]

    def add(self, rows: np.ndarray, level: int = 0) -> None:
        """Take the next rows of a level."""
        self._levels[level].add(rows)

    def finish(self) -> None:
        """Write what is left, and give the folder its name."""
        for level in self._levels:
            level.finish()
        self._remove_tails(self._mark)

    def record(self, done: int, losses: Losses) -> None:
        """Record that all rows have come that belong to the first `done` of the tallest result.

        And what was lost in all results to there.
        """
        before, self._mark = self._mark, self._mark + 1
        for at, level in enumerate(self._levels):
            level.settle()
            tail = self._tail(self._mark, at)
            np.save(tail, level.tail)
            sync(tail)
        levels = [level.rows for level in self._levels]
        self._draft.record({"done": done, "losses": asdict(losses), "mark": self._mark, "levels": levels})
        self._remove_tails(before)

    def _tail(self, mark: int, level: int) -> Path:
        return self._draft.folder / TAIL.format(mark=mark, level=level)

    def _remove_tails(self, mark: int) -> None:
        for at in range(len(self._levels)):
            self._tail(mark, at).unlink(missing_ok=True)


class _Rows:
    """An array that is filled row by row.

    Parameters
    ----------
    array : zarr.Array, (rows, cols) or (channels, rows, cols)
    folder : Path
        Where its shards lie.
    tile : int
        Rows of a shard.
    pool : Executor
    """

    def __init__(self, array: Any, folder: Path, tile: int, pool: Executor) -> None:
        self._array, self._folder, self._tile, self._pool = array, folder, tile, pool
        *channels, self._height, self._cols = array.shape
        self._channels = channels[0] if channels else 1
        self._width = (array.shards or array.chunks)[-1]
        self.rows = 0
        self._buffer = self._empty()
        self._pending: list[Future[Path]] = []
        self._unsynced: list[Path] = []

    def add(self, rows: np.ndarray) -> None:
        """Take the next rows, (rows, cols) or (rows, cols, channels)."""
        if self.rows + len(rows) > self._height:
            raise ValueError(f"{self.rows + len(rows)} rows of an image of {self._height}")
        planes = rows.reshape(len(rows), self._cols, self._channels).transpose(2, 0, 1)
        done = 0
        while done < len(rows):
            top = self.rows % self._tile
            taken = min(self._tile - top, len(rows) - done)
            self._buffer[:, top : top + taken] = planes[:, done : done + taken]
            done, self.rows = done + taken, self.rows + taken
            if self.rows % self._tile == 0 or self.rows == self._height:
                self._write()

    def finish(self) -> None:
        """Wait for what is being written; all rows have come."""
        if self.rows != self._height:
            raise ValueError(f"{self.rows} rows of an image of {self._height}")
        self._wait()

    def settle(self) -> None:
        """Bring what is written to the disk."""
        self._wait()
        for path in self._unsynced:
            sync(path)
        self._unsynced.clear()

    @property
    def tail(self) -> np.ndarray:
        """Rows that fill no row of shards yet, (channels, rows, cols)."""
        whole = self.rows == self._height
        return self._buffer[:, : 0 if whole else self.rows % self._tile]

    @property
    def tail_rows(self) -> np.ndarray:
        """The same as rows of an image, (rows, cols) or (rows, cols, channels)."""
        rows = self.tail.transpose(1, 2, 0)
        return rows if self._array.ndim == 3 else rows[..., 0]

    def restore(self, rows: int, tail: np.ndarray) -> None:
        """Go on from so many rows, of which the last fill no row of shards."""
        self.rows = rows
        self._buffer[:, : tail.shape[1]] = tail

    def _empty(self) -> np.ndarray:
        return np.empty((self._channels, self._tile, self._cols), self._array.dtype)

    def _write(self) -> None:
        """Have the row of shards that is full written, once the one before is."""
        self._wait()
        first = (self.rows - 1) // self._tile * self._tile
        rows, self._buffer = self._buffer[:, : self.rows - first], self._empty()
        for plane in range(self._channels):
            for left in range(0, self._cols, self._width):
                shard = rows[plane, :, left : left + self._width]
                self._pending.append(self._pool.submit(self._store, shard, plane, first, left))

    def _store(self, shard: np.ndarray, plane: int, first: int, left: int) -> Path:
        before = (plane,) if self._array.ndim == 3 else ()
        last, right = first + shard.shape[0], left + shard.shape[1]
        self._array[(*before, slice(first, last), slice(left, right))] = shard
        return self._folder.joinpath("c", *map(str, (*before, first // self._tile, left // self._width)))

    def _wait(self) -> None:
        self._unsynced += [future.result() for future in self._pending]
        self._pending.clear()


def _created(folder: Path, target: Target) -> list[Any]:
    """Return the arrays of all levels, all their samples 0."""
    zarr = _library()
    group = zarr.open_group(str(folder), mode="a", zarr_format=3)
    name = Path(str(target.path)).name.removesuffix(".zarr").removesuffix(".ome")
    dimensions = 3 if target.raster.channels > 1 else 2
    group.attrs.update(attributes_of(name, dimensions, [level.grid for level in target.levels]))
    return [_array(group, str(at), level, target) for at, level in enumerate(target.levels)]


def _array(group: Any, name: str, level: Level, target: Target) -> Any:
    options, raster = target.options, level.raster
    before = (raster.channels,) if raster.channels > 1 else ()
    own = (1,) * len(before)
    tile, across = options.tile, min(ACROSS, -(-raster.extent[1] // options.tile))
    return group.create_array(
        name,
        shape=(*before, *raster.extent),
        dtype=raster.dtype,
        chunks=(*own, tile, tile),
        shards=(*own, tile, tile * across) if across > 1 else None,
        compressors=_compressors(options),
        dimension_names=["c", "y", "x"][-2 - len(before) :],
        fill_value=0,
    )


def _compressors(options: Options) -> list[Any]:
    from zarr.codecs import GzipCodec, ZstdCodec

    level = options.compression
    if options.codec == "lzw":
        raise WriteError("zarr has no LZW; it has zstd, deflate and none")
    if options.codec == "none":
        return []
    if options.codec == "deflate":
        return [GzipCodec(level=DEFLATE_LEVEL if level is None else level)]
    return [ZstdCodec(level=ZSTD_LEVEL if level is None else level)]


def _arrays(folder: Path, levels: int) -> list[Any]:
    """Return the arrays of all levels, as they were left."""
    group = _library().open_group(str(folder), mode="r+")
    return [group[str(at)] for at in range(levels)]


def _library() -> Any:
    try:
        import zarr
    except ModuleNotFoundError as error:
        raise WriteError(
            "the package zarr writes it, and is not installed: pip install convpipe[zarr]"
        ) from error
    return zarr
