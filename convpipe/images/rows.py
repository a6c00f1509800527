"""Rows of an image, decoded as they are asked for: what is too large for memory is read so."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Any, BinaryIO, Protocol, cast

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.errors import ReadError
from convpipe.images.colour import orient
from convpipe.images.metadata.model import Metadata
from convpipe.stores.ranged import RangedFile, Ranges

PIECE_BYTES = 1 << 20
"""Of samples that lie in a file as they are: what is read of them at a time."""

TURNED = 5
"""Orientations from this on exchange rows and columns."""


@dataclass(frozen=True)
class Blocks:
    """How an image is decoded piece by piece.

    Parameters
    ----------
    height : int
        Rows of a block; the last may have fewer.
    rows : int
        Of the image, as stored.
    decoded : callable
        Returns a block by its number, (rows, cols) or (rows, cols, channels). Called from many threads.
    soon : callable, optional
        Told a block that will be asked for, begins to fetch what it is made of; if that is not here.
    in_order : bool
        Whether it can only be called for one block after the other, by one thread at a time; the first begins
        anew.
    """

    height: int
    rows: int
    decoded: Callable[[int], np.ndarray]
    in_order: bool = False
    soon: Callable[[int], None] | None = None


def blocks_of_samples(file: BinaryIO, begin: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Blocks:
    """Return the rows of an image whose samples lie in a file as they are.

    Parameters
    ----------
    file : file
        Open to be read; its position is moved.
    begin : int
        Byte at which they begin.
    shape : (rows, cols) or (rows, cols, channels)
    dtype : dtype
        With its byte order.

    Examples
    --------
    >>> import io
    >>> blocks = blocks_of_samples(io.BytesIO(bytes(range(14))), 2, (3, 2, 2), np.dtype("u1"))
    >>> blocks.decoded(0)[2].tolist()
    [[10, 11], [12, 13]]
    """
    rows, *row = shape
    row_bytes = math.prod(row) * dtype.itemsize
    height = min(max(1, PIECE_BYTES // row_bytes), rows)
    reading = Lock()

    def decoded(number: int) -> np.ndarray:
        first = number * height
        samples = np.empty((min(height, rows - first), *row), dtype)
        with reading:
            file.seek(begin + first * row_bytes)
            read_into(file, samples)
        return samples

    if isinstance(file, RangedFile):
        return _fetched(file.ranges, begin, shape, dtype, height)
    return Blocks(height, rows, decoded)


def _fetched(ranges: Ranges, begin: int, shape: tuple[int, ...], dtype: np.dtype[Any], height: int) -> Blocks:
    """Return the rows of an image whose samples lie in an object as they are."""
    rows, *row = shape
    row_bytes = math.prod(row) * dtype.itemsize

    def span(number: int) -> tuple[int, int]:
        first = number * height
        return begin + first * row_bytes, min(height, rows - first) * row_bytes

    def decoded(number: int) -> np.ndarray:
        data = bytearray(ranges.at(*span(number)))
        return np.frombuffer(data, dtype).reshape(-1, *row)

    return Blocks(height, rows, decoded, soon=lambda number: ranges.expect([span(number)]))


def read_into(file: BinaryIO, samples: np.ndarray) -> None:
    """Fill an array, C-contiguous, with what follows in a file.

    Raises
    ------
    ReadError
        The file ends before.
    """
    view = samples.reshape(-1).view(np.uint8).data
    while view:
        count = cast(io.BufferedIOBase, file).readinto(view)
        if not count:
            raise ReadError(f"the file is truncated: {len(view)} bytes are missing")
        view = view[count:]


class Rows(Protocol):
    """Rows of an image, decoded as they are asked for."""

    @property
    def rows(self) -> int:
        """Rows of the image."""

    def read(self, first: int, last: int) -> np.ndarray:
        """Return rows `first` to before `last`."""

    def expect(self, first: int, last: int) -> None:
        """Take note that rows `first` to before `last` will be read soon, and begin to fetch them."""

    def forget(self, first: int) -> None:
        """Let go of what is kept of the rows before `first`."""


class RowReader:
    """Rows of an image, upright. A block is decoded once, until it is let go of.

    All methods may be called from many threads at once.

    Parameters
    ----------
    blocks : Blocks
    orientation : int
        EXIF's, 1 to 4: rows stay rows.
    metadata : Metadata
        Of the image, upright.
    notes : list of str
        What was converted; it may grow while rows are read.

    Attributes
    ----------
    rows : int
        Of the image.
    height : int
        Of a block, which is decoded for any of its rows.

    Raises
    ------
    ReadError
        The image is stored on its side, or upside down where blocks come in order.

    Examples
    --------
    >>> stored = np.arange(10)[:, None]
    >>> reader = RowReader(Blocks(4, 10, lambda at: stored[4 * at : 4 * at + 4]), 3, Metadata(), [])
    >>> reader.read(0, 3).ravel()
    array([9, 8, 7])
    """

    def __init__(self, blocks: Blocks, orientation: int, metadata: Metadata, notes: list[str]) -> None:
        if orientation >= TURNED:
            raise ReadError(
                f"stored on its side (orientation {orientation}): its rows cannot be read one by one; "
                "turn the file first"
            )
        self.rows, self.height = blocks.rows, blocks.height
        self.metadata, self.notes = metadata, notes
        self._blocks, self._orientation = blocks, orientation
        self._backwards = orientation in (3, 4)
        if self._backwards and blocks.in_order:
            raise ReadError(
                f"stored upside down (orientation {orientation}), and its rows come from the first on; "
                "turn the file first"
            )
        self._turn, self._next, self._least = Lock(), blocks.rows, 0
        self._changing = Lock()
        self._kept: dict[int, Future[np.ndarray]] = {}

    def read(self, first: int, last: int) -> np.ndarray:
        """Return rows `first` to before `last`, C-contiguous, in native byte order.

        Raises
        ------
        ReadError
            A strip or tile is damaged.
        ValueError
            The image has no such rows.
        """
        if not 0 <= first < last <= self.rows:
            raise ValueError(f"rows {first} to {last} of an image of {self.rows}")
        low, high = self._stored(first, last)
        height, parts = self.height, []
        for number in range(low // height, (high - 1) // height + 1):
            top = number * height
            parts.append(self._block(number)[max(low - top, 0) : high - top])
        stored = parts[0] if len(parts) == 1 else np.concatenate(parts)
        upright = orient(stored, self._orientation)
        return np.ascontiguousarray(upright, upright.dtype.newbyteorder("="))

    def expect(self, first: int, last: int) -> None:
        """Begin to fetch rows `first` to before `last`, if they are of an image that is not here."""
        if self._blocks.soon is None:
            return
        low, high = self._stored(first, last)
        with self._changing:
            new = [
                number
                for number in range(low // self.height, (high - 1) // self.height + 1)
                if number not in self._kept
            ]
        for number in new:
            self._blocks.soon(number)

    def _stored(self, first: int, last: int) -> tuple[int, int]:
        """Return which rows of the file some of the image are."""
        return (self.rows - last, self.rows - first) if self._backwards else (first, last)

    def forget(self, first: int) -> None:
        """Let go of the blocks before row `first`; one that is asked for again is decoded again."""
        with self._changing:
            for number in list(self._kept):
                top, end = number * self.height, min((number + 1) * self.height, self.rows)
                if (self.rows - top if self._backwards else end) <= first:
                    del self._kept[number]
            self._least = max(self._least, first // self.height)

    def _block(self, number: int) -> np.ndarray:
        """Return a block: the first thread that asks decodes it, and others wait for that."""
        if self._blocks.in_order:
            with self._turn:
                return self._in_turn(number)
        with self._changing:
            found = self._kept.get(number)
            mine = found is None
            if found is None:
                found = self._kept[number] = Future()
        if mine:
            try:
                found.set_result(self._blocks.decoded(number))
            except BaseException as error:
                found.set_exception(error)
        return found.result()

    def _in_turn(self, number: int) -> np.ndarray:
        """Return a block, once those before it are decoded: others will ask for them, if not forgotten."""
        with self._changing:
            if number in self._kept:
                return self._kept[number].result()
            begin = self._next
            if not begin <= number:
                begin, self._least = 0, number
        for at in range(begin, number + 1):
            self._next = self._blocks.rows  # if this fails, the next begins anew
            rows = self._blocks.decoded(at)
            self._next = at + 1
            with self._changing:
                if at >= self._least:
                    self._kept[at] = future = Future[np.ndarray]()
                    future.set_result(rows)
        return rows
