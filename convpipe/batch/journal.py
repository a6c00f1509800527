"""The journal of a folder: a line for each run and a line for each image, appended as the work is done.

Every line is one JSON object. A run begins with a header, which says what made the results that follow; each
record after it is an :class:`~convpipe.report.ImageResult`, without the fields that have their default.
Whatever is no such line is ignored, and so are the records behind a damaged header.
"""

from __future__ import annotations

import errno
import json
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from convpipe.batch.identity import Maker
from convpipe.batch.journal_files import (
    JOURNAL,
    Line,
    drop_torn_line,
    is_locked,
    journal_name,
    journals,
    lean,
    open_journal,
    open_to_read,
    read_journals,
    record_at,
    shard_of,
)
from convpipe.batch.records import header_of, record_of
from convpipe.errors import JobError
from convpipe.images import Folder
from convpipe.paths import Location
from convpipe.report import ImageResult
from convpipe.shards import Shard
from convpipe.shelf import Shelf

_JSON = json.JSONEncoder(separators=(",", ":"))

SYNC_SECONDS = 1.0
"""At most so much work is lost to the journal when the power fails; it is done again, and found the same."""


class Ledger:
    """The results of a run, by image: all that is kept of a run without a journal. They are on the disk."""

    path: Location | None = None
    ignored = 0

    def __init__(self) -> None:
        self._results: Shelf[ImageResult] = Shelf()
        self._guard = threading.Lock()

    @property
    def mark(self) -> Path | None:
        """A file of it, relative to the output, by which another machine knows that it sees the same."""
        return None

    def lines(self) -> Iterator[Line]:
        """Yield what earlier runs wrote."""
        return iter(())

    def begin(self, maker: Maker, **more: Any) -> None:
        """Begin a run."""

    def append(self, result: ImageResult) -> None:
        """Take the result of an image that is settled; from any thread."""
        self.keep(result)

    def keep(self, result: ImageResult) -> None:
        """Take over the result of an earlier run, whose record is in the journal already."""
        self._results.put(result.path, result)

    def settled(self, images: Iterable[str]) -> Sequence[ImageResult]:
        """Return the results of those of the images that have one, in their order."""
        return self._results.in_order_of(images)

    def objects(self, result: ImageResult) -> tuple[str, ...]:
        """Return the lines of the table of objects of an image, page by page."""
        return result.objects

    def lost(self) -> str | None:
        """Return why what it was told is not kept, in a few words; None where it is."""
        return None

    def close(self) -> None:
        """End the run."""


class Journal(Ledger):
    """A journal that is open for one run, and locked against any other.

    Shards of a run have a journal each, and may write at the same time. They share the lock of the journal
    of whole runs, so that no whole run goes on beside them.

    Parameters
    ----------
    folder : Folder
        The output folder.
    shard : Shard, optional

    Raises
    ------
    JobError
        If the journal cannot be written, is a link or no file, or belongs to a run that goes on.
    """

    def __init__(self, folder: Folder, shard: Shard | None = None) -> None:
        super().__init__()
        self._name, self._folder = journal_name(shard), folder
        self.path, self._held = folder.path / self._name, ExitStack()
        self.ignored = 0
        self._broken = False
        try:
            if shard is not None:
                self._open(JOURNAL, shared=True)
                self._check_shards(shard)
            self._file = self._open(self._name)
            drop_torn_line(self._file)
        except BaseException as error:
            self._held.close()
            if isinstance(error, OSError):
                why = f"the journal {str(self.path)!r} cannot be written: {_why(error)}"
                raise JobError(why) from None
            raise
        self._synced = time.monotonic()

    def _open(self, name: str, *, shared: bool = False) -> BinaryIO:
        try:
            return self._held.enter_context(open_journal(self._folder, name, shared=shared))
        except BlockingIOError:
            which = "" if (shard := shard_of(name)) is None else f" of shard {shard}"
            raise self._busy(f"another run{which} is writing") from None

    def _check_shards(self, own: Shard) -> None:
        """Refuse to run beside shards of another number, which filter the same images."""
        for name in journals(self._folder):
            other = shard_of(name)
            if other is not None and other.count != own.count and is_locked(self._folder, name):
                raise self._busy(f"shard {other}, one of another number, is writing")

    def _busy(self, who: str) -> JobError:
        return JobError(f"{who} to {str(self._folder.path)!r}; wait for it, or stop it")

    @property
    def mark(self) -> Path:
        """Its name."""
        return Path(self._name)

    def lines(self) -> Iterator[Line]:
        """Yield what earlier runs and shards wrote, oldest first, whichever journal of the folder has it.

        Lines that say nothing are counted in `ignored`.
        """
        try:
            for line in read_journals(journals(self._folder), self._opened):
                if line.maker is None:
                    self.ignored += 1
                else:
                    yield line
        except OSError as error:
            where = str(self._folder.path)
            raise JobError(f"a journal in {where!r} cannot be read: {_why(error)}") from None

    def _opened(self, name: str) -> int:
        """Open a journal of the folder to be read; this one is open, whatever became of its name."""
        return os.dup(self._file.fileno()) if name == self._name else open_to_read(self._folder, name)

    def begin(self, maker: Maker, **more: Any) -> None:
        """Write the header of a run, and bring it to the disk together with the journal's name."""
        header = {**header_of(maker), **more}
        try:
            self._write(_line(header), os.fstat(self._file.fileno()))
            self._sync()
            self._folder.sync()
        except OSError as error:
            raise JobError(f"the journal {str(self.path)!r} cannot be written: {_why(error)}") from None

    def append(self, result: ImageResult) -> None:
        """Write the record of an image that is settled; from any thread.

        Raises
        ------
        OSError
            The disk is full or failing. The result is kept for the report; nothing can be appended any more.
        """
        line = _line(record_of(result))
        with self._guard:
            found = os.fstat(self._file.fileno())
            self.keep(lean(result, (self._name, found.st_size)))
            self._write(line, found)
            if time.monotonic() - self._synced >= SYNC_SECONDS:
                self._sync()

    def objects(self, result: ImageResult) -> tuple[str, ...]:
        """Return the lines of the table of objects of an image, page by page, read anew."""
        if result.place is None:
            return result.objects
        with self._guard:
            return record_at(result.place, self._opened).objects

    def lost(self) -> str | None:
        """Say so where the journal is not the one any more that its name leads to."""
        there = self._folder.holds(self._name, self._file.fileno())
        return None if there else "as the journal was removed or replaced"

    def close(self) -> None:
        """Bring the last records to the disk; the lock ends with this."""
        with self._guard:
            try:
                if not self._broken:
                    self._sync()
            except OSError:
                pass  # what is lost is done again by the next run
            finally:
                self._broken = True
                self._held.close()

    def _write(self, line: bytes, found: os.stat_result) -> None:
        """Append a line; after the first failure there is none, so that no line follows half of one."""
        if self._broken:
            raise OSError(errno.EIO, "an earlier line could not be written")
        if not found.st_nlink:
            raise OSError(errno.ENOENT, "it was removed")
        self._broken = True
        while line:
            line = line[os.write(self._file.fileno(), line) :]
        self._broken = False

    def _sync(self) -> None:
        broken, self._broken = self._broken, True
        os.fsync(self._file.fileno())  # never tried again once it has failed
        self._broken, self._synced = broken, time.monotonic()


def _line(data: dict[str, Any]) -> bytes:
    return _JSON.encode(data).encode() + b"\n"


def _why(error: OSError) -> str:
    return error.strerror or str(error)
