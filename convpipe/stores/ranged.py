"""An object that is read by ranges: those that are asked for, and some that will be."""

from __future__ import annotations

import errno
import io
import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

if TYPE_CHECKING:
    from convpipe.stores.store import Object, Store

REQUESTS = 8
"""That are made at a time: one alone waits for the network most of its time."""

MOST_AHEAD = 32 << 20
"""Bytes that are held of what will be asked for, and of the gaps that come with it."""

GAP, MOST_TOGETHER = 32 << 10, 4 << 20
"""Spans that lie closer are fetched by one request, up to so many bytes: a request costs what a gap does."""

BLOCK, MOST_BLOCKS = 64 << 10, 32
"""Of what is read bit by bit, as headers are: bytes fetched at a time, and how many such blocks are kept."""


class Span(NamedTuple):
    """Where bytes lie in an object."""

    begin: int
    size: int

    @property
    def end(self) -> int:
        """The byte behind the last."""
        return self.begin + self.size


class _Coming:
    """Bytes that one request fetches for several spans, held until the last of them is asked for."""

    def __init__(self, group: Sequence[Span], fetch: Callable[[int, int], Future[bytes]]) -> None:
        self.begin, end = group[0].begin, max(span.end for span in group)
        self.size, self.left = end - self.begin, len(group)
        self.future = fetch(self.begin, end)


class Ranges:
    """An object of which ranges are fetched, all of one version; from any thread.

    Where its server has no ranges, all of it is fetched with the first.

    Parameters
    ----------
    store : Store
    found : Object
        Which version.
    """

    def __init__(self, store: Store, found: Object) -> None:
        self.found = found
        self._store, self._room = store, MOST_AHEAD
        self._guard, self._fetching = Lock(), RLock()
        self._coming: dict[Span, _Coming] = {}
        self._whole: BinaryIO | None = None
        self._pool = ThreadPoolExecutor(REQUESTS, thread_name_prefix="convpipe-ranges")

    def close(self) -> None:
        """Ask for nothing more."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        if self._whole is not None:
            self._whole.close()

    def expect(self, spans: Iterable[tuple[int, int]]) -> None:
        """Begin to fetch spans, (begin, count), that will be asked for: the first of them, as room is."""
        with self._guard:
            if self._whole is not None:
                return
            wanted: set[Span] = set()
            room = self._room
            for span in (Span(*each) for each in spans):
                if span.size and span not in self._coming and span not in wanted:
                    room -= span.size
                    if room < 0:
                        break
                    wanted.add(span)
            for group in _together(sorted(wanted), self._room):
                coming = _Coming(group, self._begin)
                self._room -= coming.size
                self._coming.update((span, coming) for span in group)

    def at(self, begin: int, count: int) -> bytes:
        """Return bytes, fewer at the end of the object.

        Raises
        ------
        OSError
            They cannot be fetched, or the object was changed.
        """
        span = Span(begin, count)
        with self._guard:
            coming = self._coming.pop(span, None)
            if coming is not None:
                coming.left -= 1
                self._room += 0 if coming.left else coming.size
        if coming is None:
            return self._fetch(begin, begin + count)
        at = begin - coming.begin
        return coming.future.result()[at : at + count]

    def whole(self) -> BinaryIO:
        """Fetch all of it, to a file that has no name, and read that from now on."""
        with self._fetching:
            if self._whole is None:
                path = self.found.path
                found, file = self._store.fetch(path, _nameless)
                if found.stamp != self.found.stamp:
                    file.close()
                    where = self._store.url / path
                    raise OSError(errno.ESTALE, f"it was changed while it was read ({where})")
                file.flush()
                self._whole = file
            return self._whole

    def _begin(self, begin: int, end: int) -> Future[bytes]:
        return self._pool.submit(self._fetch, begin, end)

    def _fetch(self, begin: int, end: int) -> bytes:
        end = min(end, self.found.size)
        if begin >= end:
            return b""
        if self._whole is None:
            try:
                return self._store.read_version(self.found, begin, end)
            except OSError as error:
                if error.errno != errno.ENOTSUP:
                    raise
        file = self.whole()
        with self._fetching:
            file.seek(begin)
            return file.read(end - begin)


def _nameless(size: int) -> BinaryIO:
    return cast(BinaryIO, tempfile.TemporaryFile())


def _together(spans: Iterable[Span], room: int) -> Iterator[list[Span]]:
    """Yield spans, in their order, in groups that one request fetches: those that have room, with gaps.

    Examples
    --------
    >>> spans = [Span(0, 9), Span(10, 9), Span(1 << 20, 9)]
    >>> [len(group) for group in _together(spans, room=28)]
    [2, 1]
    >>> [len(group) for group in _together(spans, room=18)]
    [1]
    """
    group: list[Span] = []
    end = 0
    for span in spans:
        joins = bool(group) and span.begin - end <= GAP and span.end - group[0].begin <= MOST_TOGETHER
        if group and not joins:
            yield group
            group = []
        room -= max(0, span.end - end) if joins else span.size
        if room < 0:
            break
        end = max(end, span.end) if joins else span.end
        group.append(span)
    if group:
        yield group


class RangedFile(io.RawIOBase):
    """The same as a file that is read; one thread at a time, but for :attr:`ranges`.

    Parameters
    ----------
    ranges : Ranges
        Not closed with it.
    """

    def __init__(self, ranges: Ranges) -> None:
        super().__init__()
        self.ranges = ranges
        self._position = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        """Tell that it is."""
        return True

    def seekable(self) -> bool:
        """Tell that it is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go somewhere; nothing is fetched."""
        base = (0, self._position, self.ranges.found.size)[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """Return where it stands."""
        return self._position

    def fileno(self) -> int:
        """Fetch all of it, and return the descriptor of that."""
        return self.ranges.whole().fileno()

    def readinto(self, buffer: Any) -> int:
        """Read as much as there is room for, or is left."""
        view = memoryview(buffer).cast("B")
        if len(view) >= BLOCK:
            data = self.ranges.at(self._position, len(view))
            view[: len(data)] = data
            count = len(data)
        else:
            count = 0
            while count < len(view) and (data := self._block(self._position + count)):
                data = data[: len(view) - count]
                view[count : count + len(data)] = data
                count += len(data)
        self._position += count
        return count

    def _block(self, at: int) -> bytes:
        """Return what is kept from a byte on to the end of its block."""
        number, within = divmod(at, BLOCK)
        if number not in self._blocks:
            self._blocks[number] = self.ranges.at(number * BLOCK, BLOCK)
            if len(self._blocks) > MOST_BLOCKS:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(number)
        return self._blocks[number][within:]
